"""Fitting a prior to an application's own findings."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.bandit.posterior import Space
from tokenomics_shared.bandit.prior import KindPrior, TrainedPrior
from tokenomics_shared.learning import Graded

LEAST = 50
"""Findings below which the shipped prior is better."""

HALF = 1000.0
"""Findings from which the fitted corrections count for as much as the shipped prior."""

_RIDGE = 10.0
_BIAS_RIDGE = 1.0


def fit_prior(findings: Iterable[Graded], space: Space) -> TrainedPrior:
    """Fit what the shipped prior misses, by features and by features times place.

    Ridge regression; the corrections are then shrunk by n / (n + 1000), so that few findings, or
    findings of one sort of question, don't carry far.

    Args:
        findings: graded samples; those of features of another number are left out.
        space: of the contexts that the prior will be asked about: `Contexts.space`.

    Raises:
        ValueError: there are too few findings.
    """
    used = [each for each in findings if len(each.sample.context.features) == space.width]
    if len(used) < LEAST:
        raise ValueError(f"{len(used)} findings in {space.basis}: at least {LEAST} are needed")
    shipped = KindPrior()
    features = np.array([each.sample.context.features for each in used])
    places = np.array([each.sample.place for each in used])
    missed = np.array(
        [each.score - shipped.quality(each.sample.context, each.sample.place) for each in used]
    )
    weights = np.array([each.weight for each in used])
    solved = _ridge(np.hstack([features, features * places[:, None]]), missed, weights)
    solved *= len(used) / (len(used) + HALF)
    level, slope = (tuple(half.tolist()) for half in np.split(solved, 2))
    digest = blake2b(solved.tobytes(), digest_size=4).hexdigest()
    return TrainedPrior(space.basis, level, slope, f"trained-1-{digest}")


def _ridge(
    design: NDArray[np.float64], values: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    width = design.shape[1]
    ridge = np.full(width, _RIDGE)
    # The constants of level and slope.
    ridge[[width // 2 - 1, width - 1]] = _BIAS_RIDGE
    weighted = design * weights[:, None]
    solved = np.linalg.solve(weighted.T @ design + np.diag(ridge), weighted.T @ values)
    return np.asarray(solved, np.float64)
