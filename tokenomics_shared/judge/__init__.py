"""Judges: is this answer good enough for its question?"""

from tokenomics_shared.judge.agreement import AgreementJudge
from tokenomics_shared.judge.checks import Checks
from tokenomics_shared.judge.comparison import Comparison, compare
from tokenomics_shared.judge.conclusion import same_conclusion
from tokenomics_shared.judge.confidence import ConfidenceJudge
from tokenomics_shared.judge.function import FunctionJudge
from tokenomics_shared.judge.llm import LLMJudge
from tokenomics_shared.judge.panel import Panel
from tokenomics_shared.judge.quick import QuickCheck
from tokenomics_shared.judge.reference import ReferenceJudge

__all__ = [
    "AgreementJudge",
    "Checks",
    "Comparison",
    "ConfidenceJudge",
    "FunctionJudge",
    "LLMJudge",
    "Panel",
    "QuickCheck",
    "ReferenceJudge",
    "compare",
    "same_conclusion",
]
