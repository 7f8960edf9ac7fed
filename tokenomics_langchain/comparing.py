"""An answer compared with premium's, in LangChain's terms."""

from tokenomics_langchain.convert import answer_of, to_result
from tokenomics_shared.baseline import BaselineComparison, Beside


def to_comparison(beside: Beside) -> BaselineComparison:
    """The comparison, with both answers as messages that say what happened."""
    optimized = baseline = answer_of(to_result(beside.optimized))
    if beside.baseline is not None:
        baseline = answer_of(to_result(beside.baseline))
    return beside.told(optimized, baseline)
