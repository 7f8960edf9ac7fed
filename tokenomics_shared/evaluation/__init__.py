"""Pairs of answers, compared: is the optimized one as good as the baseline's?"""

from tokenomics_shared.evaluation.comparing import evaluate
from tokenomics_shared.evaluation.models import JudgeModel, judge_model
from tokenomics_shared.evaluation.pairs import Pair, read_pairs
from tokenomics_shared.evaluation.result import Evaluation

__all__ = ["Evaluation", "JudgeModel", "Pair", "evaluate", "judge_model", "read_pairs"]
