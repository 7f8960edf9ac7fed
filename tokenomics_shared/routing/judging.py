"""Who judges drafts, as the configuration says."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path

from tokenomics_shared.config import TokenomicsConfig
from tokenomics_shared.errors import ConfigError, MissingExtra
from tokenomics_shared.judge import (
    AgreementJudge,
    Checks,
    ConfidenceJudge,
    FunctionJudge,
    LLMJudge,
    Panel,
    QuickCheck,
    ReferenceJudge,
    Scorer,
)
from tokenomics_shared.judge.llm import RUBRIC
from tokenomics_shared.ports import AskingJudge, Judge
from tokenomics_shared.types import Strategy

JudgeFunction = Callable[[str, str], float]
"""`(question, answer) -> score` in [0, 1]."""

JUDGE, SECOND = Strategy("judge"), Strategy("second")
"""Whom judges ask: tiers that answer nothing themselves."""

SCORER_THRESHOLD = 0.6
"""Likelihood from which a draft stands where no quality target says, and the user states none: the
default of `quality_threshold` is on the quick check's scale."""

SCORER_NAME = "scorer.json"
"""The scorer that `tokenomics train` fitted, in the folder of the state."""


def panel(
    config: TokenomicsConfig, given: Judge | JudgeFunction | None, folder: Path | None
) -> Panel:
    """The judges of drafts.

    Args:
        config: names them.
        given: judges instead of those named, after the checks; a function may block.
        folder: of the state, where a trained scorer may be.

    Raises:
        ConfigError: what is given is no judge.
        MissingExtra: a judge needs what is not installed.
    """
    if given is not None:
        return Panel(Checks(), _patient(config, _own(config, given)))
    if not config.cascading.use_lightweight_check:
        return Panel(Checks())
    names = [name for name in dict.fromkeys(config.judge.judges) if name != "checks"]
    return Panel(Checks(), *(_named(name, config, folder) for name in names))


def graders(config: TokenomicsConfig, given: object) -> bool:
    """Whether the judges' scores say how good an answer is, and not how it looks."""
    if given is not None:
        return True
    return not {"llm", "agreement", "reference"}.isdisjoint(config.judge.judges)


def looks_closer(config: TokenomicsConfig) -> bool:
    """Whether drafts are judged by more than whether they are broken."""
    return config.cascading.use_lightweight_check and set(config.judge.judges) != {"checks"}


def _named(name: str, config: TokenomicsConfig, folder: Path | None) -> Judge | AskingJudge:
    settings = config.judge
    makers: Mapping[str, Callable[[], Judge | AskingJudge]] = {
        "scorer": lambda: _scorer(config, folder),
        "quick": lambda: QuickCheck(
            config.cascading.quality_threshold, min_length=settings.min_length
        ),
        "confidence": ConfidenceJudge,
        "agreement": lambda: AgreementJudge(SECOND),
        "llm": lambda: LLMJudge(JUDGE, rubric=settings.rubric or RUBRIC),
        "reference": lambda: _reference(config),
    }
    return makers[name]()


def _reference(config: TokenomicsConfig) -> Judge | AskingJudge:
    settings = config.judge
    known = settings.reference or (lambda _: None)
    return _patient(config, ReferenceJudge(known, _metric(settings.metric)))


def _scorer(config: TokenomicsConfig, folder: Path | None) -> Scorer:
    """The scorer; where a quality target decides what a draft needs, it only says how likely."""
    decides = not config.bandit.enabled or config.bandit.reward == "blended"
    stated = "quality_threshold" in config.cascading.model_fields_set
    alone = config.cascading.quality_threshold if stated else SCORER_THRESHOLD
    threshold = alone if decides else None
    path = None if folder is None else folder / SCORER_NAME
    if path is not None and path.exists():
        return Scorer.from_json(path.read_text("utf-8"), str(path), threshold=threshold)
    return Scorer.load(threshold=threshold)


@functools.cache
def _metric(name: str) -> Callable[[str, str], float]:
    try:
        if name == "bleu":
            from tokenomics_shared.adapters.sacrebleu import SentenceBleu

            return SentenceBleu()
        from tokenomics_shared.adapters.rouge import RougeF

        return RougeF()
    except ImportError as error:
        raise MissingExtra(f"judge.metric = {name!r}", "reference") from error


def _own(config: TokenomicsConfig, given: Judge | JudgeFunction) -> Judge | AskingJudge:
    if isinstance(given, Judge | AskingJudge):
        return given
    if callable(given):
        return FunctionJudge(given, config.cascading.quality_threshold)
    raise ConfigError(f"judge must be a judge or a function, got {type(given).__name__}")


def _patient(config: TokenomicsConfig, judge: Judge | AskingJudge) -> Judge | AskingJudge:
    """One that may hang gets a time limit; one that asks a model has the model's own."""
    if isinstance(judge, AskingJudge) or not judge.blocking:
        return judge
    from tokenomics_shared.adapters.patient_judge import PatientJudge

    return PatientJudge(judge, config.judge.timeout_s)
