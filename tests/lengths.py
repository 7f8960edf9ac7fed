"""Answers' lengths that nobody measured: made by a seed."""

import random

from tokenomics_shared.planning import LengthSample
from tokenomics_shared.prediction.length_features import length_features
from tokenomics_shared.types import Complexity


def question(draws: random.Random) -> tuple[str, Complexity, float]:
    """A question, how hard it looks, and the likely length of its answer."""
    if draws.random() < 0.5:
        return f"Name the capital of region {draws.randint(1, 99)}.", "simple", 12.0
    many = draws.randint(2, 9)
    return f"Explain in detail, step by step, {many} ways to prune a tree.", "medium", 60.0 * many


def made(many: int, *, seed: int = 0, model: str = "m", times: float = 1.0) -> list[LengthSample]:
    """Samples whose lengths follow from what is asked, give or take a third."""
    draws = random.Random(seed)
    found = []
    for number in range(many):
        text, complexity, likely = question(draws)
        tokens = max(1, round(times * likely * draws.lognormvariate(0.0, 0.3)))
        features = length_features(text, complexity, len(text) // 4)
        found.append(LengthSample(float(number + 1), model, features, tokens))
    return found
