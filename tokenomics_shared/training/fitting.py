"""Fits new weights, and keeps them only where they are better on answers they had not seen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zlib import crc32

from tokenomics_shared.bandit.contexts import Contexts
from tokenomics_shared.bandit.posterior import Space
from tokenomics_shared.bandit.prior import KindPrior
from tokenomics_shared.errors import MissingExtra
from tokenomics_shared.judge.scorer import Scorer
from tokenomics_shared.learning import Graded, Prior
from tokenomics_shared.training.figures import Figures, figures
from tokenomics_shared.training.findings import widest

LEAST = 50
"""Findings below which nothing is fitted."""

FOLDS = 5

What = Literal["scorer", "prior"]

Predict = Callable[[Graded], float]
"""The expected score of an answer."""

Fit = Callable[[Sequence[Graded]], tuple[str, Predict]]
"""Fits weights: as JSON, and what predicts with them."""


@dataclass(frozen=True, slots=True)
class Refit:
    """What refitting a part came to.

    Attributes:
        what: the part.
        findings: what it could be fitted to.
        before: the figures of what predicted so far: of the scorer, what it said when each answer
            was given; of the prior, the shipped one's.
        after: the new weights' figures, each finding predicted by a fit that had not seen it.
        weights: the new weights as JSON; None unless they are better.
        reason: why they are not kept, in words; empty when they are.
    """

    what: What
    findings: int
    before: Figures | None = None
    after: Figures | None = None
    weights: str | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """The file that the engine reads such weights from."""
        return f"{self.what}.json"

    def keep(self, folder: Path) -> Path:
        """Write the weights at once and whole; what was there is kept as `NAME.before`.

        Raises:
            ValueError: there are none to keep.
            OSError: the folder can't be written to.
        """
        if self.weights is None:
            raise ValueError(f"the {self.what}'s weights are not kept: {self.reason}")
        path = folder / self.name
        new = folder / f"{self.name}.new"
        new.write_text(self.weights, "utf-8")
        if path.exists():
            (folder / f"{self.name}.before").write_bytes(path.read_bytes())
        return new.replace(path)


def refit(
    findings: Sequence[Graded], *, on_step: Callable[[], object] | None = None
) -> Iterator[Refit]:
    """Refit scorer and prior; both tell how good they are, and hold weights when they are better.

    Better is a lower log-loss on findings left out, in as many folds as FOLDS; findings of one
    request are never on both sides. Where what fits is not installed, both say so.

    Args:
        findings: what answers were found to be worth.
        on_step: called after each fit, 2 * (FOLDS + 1) times at most.
    """
    try:
        from tokenomics_shared.adapters.fitting_prior import fit_prior
        from tokenomics_shared.adapters.fitting_scorer import fit_scorer
    except ImportError:
        reason = str(MissingExtra("fitting", "train"))
        yield Refit("scorer", len(findings), reason=reason)
        yield Refit("prior", len(findings), reason=reason)
        return

    def scorer(part: Sequence[Graded]) -> tuple[str, Predict]:
        text = fit_scorer(
            [found.sample.answer_features or () for found in part],
            [found.score for found in part],
            weights=[found.weight for found in part],
            made={"of": "findings of the application"},
        )
        weights = Scorer.from_json(text).weights
        return text, lambda found: weights.likelihood(found.sample.answer_features or ())

    width = widest(list(findings))
    space = Contexts().space
    if width != space.width:
        space = Space(width, f"{space.basis}+projected")

    def prior(part: Sequence[Graded]) -> tuple[str, Predict]:
        fitted = fit_prior(part, space)
        return fitted.to_json(), lambda found: _expected(fitted, found)

    step = on_step or (lambda: None)
    read = [found for found in findings if found.sample.answer_features is not None]
    yield _refit("scorer", read, _as_said, scorer, step)
    wide = [found for found in findings if len(found.sample.context.features) == width]
    shipped = KindPrior()
    yield _refit("prior", wide, lambda found: _expected(shipped, found), prior, step)


def _refit(
    what: What, findings: Sequence[Graded], so_far: Predict, fit: Fit, step: Callable[[], object]
) -> Refit:
    many = len(findings)
    if many < LEAST:
        return Refit(what, many, reason=f"{many} findings are too few, {LEAST} are needed")
    before = _figures([so_far(found) for found in findings], findings)
    try:
        predicted = _left_out(findings, fit, step)
        text, _ = fit(findings)
        step()
    except ValueError as error:
        return Refit(what, many, before, reason=f"too little to fit: {error}")
    after = _figures(predicted, findings)
    if after.log_loss >= before.log_loss:
        return Refit(what, many, before, after, reason="no better than what there is")
    return Refit(what, many, before, after, weights=text)


def _left_out(findings: Sequence[Graded], fit: Fit, step: Callable[[], object]) -> list[float]:
    folds = [crc32(found.sample.request_id.encode()) % FOLDS for found in findings]
    predicted = [0.0] * len(findings)
    for fold in range(FOLDS):
        part = [found for found, at in zip(findings, folds, strict=True) if at != fold]
        _, predict = fit(part)
        step()
        for place, (found, at) in enumerate(zip(findings, folds, strict=True)):
            if at == fold:
                predicted[place] = predict(found)
    return predicted


def _figures(predicted: Sequence[float], findings: Sequence[Graded]) -> Figures:
    return figures(
        predicted, [found.score for found in findings], [found.weight for found in findings]
    )


def _as_said(found: Graded) -> float:
    """What the scorer held of the answer before anybody had graded it."""
    said = found.sample.likelihood
    return 0.5 if said is None else said


def _expected(prior: Prior, found: Graded) -> float:
    return prior.quality(found.sample.context, found.sample.place)
