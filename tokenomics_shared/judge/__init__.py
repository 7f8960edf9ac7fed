"""Judges: is this answer good enough for its question?"""

from tokenomics_shared.judge.agreement import AgreementJudge
from tokenomics_shared.judge.checks import Checks
from tokenomics_shared.judge.comparison import Comparison, compare
from tokenomics_shared.judge.conclusion import conclusion, same_conclusion
from tokenomics_shared.judge.confidence import ConfidenceJudge
from tokenomics_shared.judge.function import FunctionJudge
from tokenomics_shared.judge.llm import LLMJudge
from tokenomics_shared.judge.panel import Panel
from tokenomics_shared.judge.quick import QuickCheck
from tokenomics_shared.judge.reference import ReferenceJudge
from tokenomics_shared.judge.scorer import Scorer

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
    "Scorer",
    "compare",
    "conclusion",
    "same_conclusion",
]
