"""Judges: is this answer good enough for its question?"""

from tokenomics_shared.judge.checks import Checks
from tokenomics_shared.judge.panel import FunctionJudge, Panel
from tokenomics_shared.judge.quick import QuickCheck

__all__ = ["Checks", "FunctionJudge", "Panel", "QuickCheck"]
