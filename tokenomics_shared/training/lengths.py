"""Learning how long answers are from an application's state, and from a log of recorded ones."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tokenomics_shared.adapters.sqlite_lengths import SqliteLengths
from tokenomics_shared.errors import MissingExtra, StoreError
from tokenomics_shared.orchestrator import complexity_of
from tokenomics_shared.planning import LengthSample
from tokenomics_shared.prediction.length_features import length_features
from tokenomics_shared.prediction.refit import FEWEST, LengthsRefit
from tokenomics_shared.replay import Log

LENGTHS_NAME = "lengths.db"
"""The file of lengths in a folder of state."""

Refitting = Callable[[str, Sequence[LengthSample], str | None], LengthsRefit]


def lengths_of(log: Log, at: float) -> Iterator[LengthSample]:
    """How long each tier's answers in a log are; a tier is taken for the model of its name.

    Args:
        log: the recorded answers; those without a text have their recorded tokens all the same.
        at: when they are said to have been given, in seconds since the epoch.
    """
    for item in log.items:
        complexity = complexity_of(item.question)
        for tier in log.tiers:
            answer = item.answers[tier]
            if answer.output_tokens > 0:
                features = length_features(item.question, complexity, answer.input_tokens)
                yield LengthSample(at, tier, features, answer.output_tokens)


def train_lengths_in(
    folder: Path, recorded: Sequence[LengthSample] = (), *, on_step: Callable[[], object]
) -> list[LengthsRefit]:
    """Refit each model's lengths, and keep in the folder what is better.

    Args:
        folder: of state.
        recorded: answers to learn from beside those that the folder holds; of a model that it
            doesn't hold, when they are enough.
        on_step: called after each model.

    Raises:
        StoreError: the folder's file of lengths is foreign, newer, unreadable or not writable.
    """
    path = folder / LENGTHS_NAME
    known = {each.model for each in recorded}
    enough = [name for name in known if sum(r.model == name for r in recorded) >= FEWEST]
    if not path.exists() and not enough:
        return []
    faults: list[Exception] = []
    store = SqliteLengths(path, on_fault=faults.append)
    try:
        refit, found = _refitting(), []
        for model in sorted({*store.counts(), *enough}):
            samples = [*store.samples(model), *(each for each in recorded if each.model == model)]
            found.append(refit(model, samples, store.model(model)))
            if found[-1].trained is not None:
                store.put_model(model, found[-1].trained)
            on_step()
    finally:
        store.close()
    if faults:
        raise StoreError(f"{path} can't be written: {faults[0]}") from faults[0]
    return found


def _refitting() -> Refitting:
    """What refits; without its extra, what says so."""
    try:
        from tokenomics_shared.adapters.fitting_lengths import refit_lengths
    except ImportError:
        reason = str(MissingExtra("learning lengths", "xgboost"))
        return lambda model, samples, _: LengthsRefit(model, len(samples), reason=reason)
    return refit_lengths
