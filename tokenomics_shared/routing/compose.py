"""Routing as the configuration says."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenomics_shared.adapters.sqlite_samples import SqliteSamples
from tokenomics_shared.audit import Auditing, Shortcuts
from tokenomics_shared.bandit.contexts import Contexts, NoContexts
from tokenomics_shared.bandit.controller import FixedWeight, QualityTarget, Submit
from tokenomics_shared.bandit.costs import CostModel
from tokenomics_shared.bandit.drafts import Drafts
from tokenomics_shared.bandit.gaussian import Gaussian
from tokenomics_shared.bandit.linear import LinearThompson, LinUcb
from tokenomics_shared.bandit.posterior import MakePosterior, Shrinkage
from tokenomics_shared.bandit.prior import KindPrior, TrainedPrior
from tokenomics_shared.bandit.reward import Reward
from tokenomics_shared.bandit.sessions import Sessions
from tokenomics_shared.bandit.shared import Shared, SumsFile
from tokenomics_shared.bandit.tabular import BetaThompson, By, EpsilonGreedy, Ucb
from tokenomics_shared.cascade import EscalationHistory, Ladder, NeverSkip, NoCascade
from tokenomics_shared.config import BanditConfig, CascadingConfig, TokenomicsConfig
from tokenomics_shared.errors import MissingExtra
from tokenomics_shared.learning import Learner, SampleStore
from tokenomics_shared.places import Places
from tokenomics_shared.routing.blended import Blended, RewardPrior
from tokenomics_shared.routing.chooser import Chooser
from tokenomics_shared.routing.judging import JUDGE, looks_closer
from tokenomics_shared.routing.rates import Pricing, Rates
from tokenomics_shared.routing.recent import NoSamples, RecentSamples
from tokenomics_shared.routing.router import Evidence, Reading, Routing, Vector
from tokenomics_shared.routing.targeted import Judging, Learned, Manner, Prices, Targeted
from tokenomics_shared.routing.unaudited import Unaudited
from tokenomics_shared.routing.versus import Versus

if TYPE_CHECKING:
    from tokenomics_shared.ports import Embedder

DEFAULT_BUDGET = 0.05
"""What a shortcut may lose where no quality target says."""

MOST_BUDGET = 0.5
"""What a shortcut may lose at most, however low the target: beyond it audits tell nothing."""

PRIOR_NAME = "prior.json"
"""The prior that `tokenomics train` fitted, in the folder of the state."""

MOST_BUDGET = 0.5
"""What a shortcut may lose at most, however little quality is to be kept."""

_LONG_DIMENSIONS = 12
"""Features up to which plain Python keeps up with numpy."""


@dataclass(frozen=True, slots=True)
class Given:
    """What routing is given by the engine.

    Attributes:
        pricing: what tokens cost.
        embedder: what memory reads questions with; None when it doesn't.
        decides: whether comparing an answer of this text may tell anything.
        graders: judges look at drafts whose scores are findings on quality.
        submit: runs something in the background.
        on_fault: told of each sample that could not be written.
        on_unread: told of each question that could not be read with the embedder.
        rng: draws.
        shortcuts: what audits find of cheaper ways; one that audits nothing where they are off.
    """

    pricing: Pricing
    embedder: "Embedder | None"
    decides: Callable[[str], bool]
    graders: bool
    submit: Submit
    on_fault: Callable[[Exception], object]
    on_unread: Callable[[Exception], object]
    rng: random.Random
    shortcuts: Shortcuts | Unaudited


def shortcuts(config: TokenomicsConfig, rng: random.Random) -> Shortcuts | Unaudited:
    """What holds cheaper ways to their error budget."""
    return _shortcuts(config, rng) if config.audit.enabled else Unaudited()


def routing(config: TokenomicsConfig, places: Places, given: Given) -> Routing:
    """Put routing together.

    Raises:
        ConfigError: a setting is impossible, or an extra is missing.
        StoreError: a file is foreign, newer or unreadable.
    """
    settings = config.bandit
    rng = given.rng
    if not settings.enabled and not config.audit.enabled:
        return _unlearned(config)
    reading = _reading(config, given)
    chooser = _chooser(config, places, given, reading.contexts, rng)
    shortcuts = given.shortcuts
    learned = dict(chooser.learners)
    if isinstance(shortcuts, Shortcuts):
        learned["audits"] = shortcuts
    state = Shared(learned, SumsFile(places.bandit) if places.bandit else None)
    samples: SampleStore = RecentSamples()
    if places.samples is not None:
        samples = SqliteSamples(places.samples, on_fault=given.on_fault)
    evidence = Evidence(shortcuts, samples, given.decides, state, time.time)
    steers = settings.enabled or config.cascading.enabled
    return Routing(chooser, reading, evidence, steers=steers)


def _unlearned(config: TokenomicsConfig) -> Routing:
    """The same start every time: nothing is read, kept or compared."""
    reward = Reward(config.bandit.cost_lambda, config.bandit.latency_lambda)
    chooser = Blended(None, _ladder(config.cascading), reward, cheapest=config.cascading.enabled)
    evidence = Evidence(Unaudited(), NoSamples(), lambda _: False, Shared({}), time.time)
    reading = Reading(NoContexts(), None)
    return Routing(chooser, reading, evidence, steers=config.cascading.enabled)


def versus(config: TokenomicsConfig) -> Versus:
    """What sets an answer beside premium's."""
    return Versus(config.audit.compare, JUDGE if config.judge.model is not None else None)


def _reading(config: TokenomicsConfig, given: Given) -> Reading:
    """How questions are read: with an embedding where there is one anyway, or one is asked for."""
    wanted = config.bandit.features
    embedder = given.embedder if wanted != "surface" else None
    if wanted == "embedding" and embedder is None:
        try:
            from tokenomics_shared.adapters.embeddings import embedder_of
            from tokenomics_shared.adapters.memoised import Memoised
            from tokenomics_shared.adapters.patient import Patient
        except ImportError as error:
            raise MissingExtra("bandit.features = 'embedding'", "embeddings") from error
        embedder = embedder_of(config.memory.embedder)
        if not embedder.local:
            embedder = Patient(embedder, config.memory.embedder_timeout_s)
        embedder = Memoised(embedder)
    if embedder is None:
        return Reading(Contexts(), None)
    from tokenomics_shared.adapters.projecting import Projector

    return Reading(Contexts(Projector(embedder)), _vector(embedder, given.on_unread))


def _vector(embedder: "Embedder", on_unread: Callable[[Exception], object]) -> Vector:
    """Embeds a question; None when that fails, and then its surface must do."""

    def vector(text: str) -> Any:
        try:
            return embedder.embed([text])[0]
        except Exception as error:  # noqa: BLE001 -- whatever it is, the request goes on
            on_unread(error)
            return None

    return vector


def _shortcuts(config: TokenomicsConfig, rng: random.Random) -> Shortcuts:
    target, audit = config.bandit.target, config.audit
    budget = DEFAULT_BUDGET if target is None else min(MOST_BUDGET, 1.0 - target)
    auditing = Auditing(
        confidence=audit.confidence,
        audit_rate=audit.rate,
        max_rate=audit.max_rate,
        max_share=audit.max_cost_share,
    )
    return Shortcuts(budget, draw=rng.random, clock=time.time, auditing=auditing)


def _chooser(
    config: TokenomicsConfig,
    places: Places,
    given: Given,
    contexts: Contexts | NoContexts,
    rng: random.Random,
) -> Chooser:
    settings, cascading = config.bandit, config.cascading
    if not settings.enabled or settings.reward == "blended":
        learner = _learner(settings, places, contexts, rng) if settings.enabled else None
        reward = Reward(settings.cost_lambda, settings.latency_lambda)
        return Blended(
            learner,
            _ladder(cascading),
            reward,
            cheapest=cascading.enabled,
            bounded=settings.algorithm == "thompson",
        )
    sighted = cascading.enabled and (given.graders or looks_closer(config))
    target = settings.target
    weight: QualityTarget | FixedWeight = FixedWeight(settings.cost_lambda)
    if target is not None:
        weight = QualityTarget(target, cascade=sighted, submit=given.submit)
    prices = Prices(Rates(given.pricing), Sessions(time.monotonic), settings.latency_lambda)
    learned = Learned(_learner(settings, places, contexts, rng), Drafts(), CostModel())
    judging: Judging = "broken" if cascading.enabled else "none"
    bounded = settings.algorithm == "thompson"
    manner = Manner("doubtful" if sighted else judging, given.graders, bounded)
    return Targeted(learned, prices, weight, manner, rng.random)


def _ladder(settings: CascadingConfig) -> Ladder | NoCascade:
    if not settings.enabled:
        return NoCascade()
    if not settings.use_escalation_prediction:
        return Ladder(NeverSkip())
    return Ladder(EscalationHistory(settings.escalation_prediction_threshold))


def _learner(
    settings: BanditConfig, places: Places, contexts: Contexts | NoContexts, rng: random.Random
) -> Learner:
    prior: KindPrior | TrainedPrior | RewardPrior = _prior(places.folder)
    if settings.reward == "blended":
        prior = RewardPrior(prior, prior.version, settings.cost_lambda)
    rate, forgetting = settings.exploration_rate, settings.forgetting
    by: By = "kind" if settings.contextual else "all"
    match settings.algorithm:
        case "thompson":
            return BetaThompson(prior, rng.betavariate, by=by, forgetting=forgetting)
        case "ucb":
            return Ucb(prior, exploration=rate, by=by, forgetting=forgetting)
        case "epsilon_greedy":
            return EpsilonGreedy(prior, rng, epsilon=min(1.0, rate), by=by, forgetting=forgetting)
    shrinkage = Shrinkage(forgetting=forgetting)
    space = contexts.space.above(prior.version)
    make = _posterior(space.width)
    if settings.algorithm == "linucb":
        return LinUcb(make, prior, space, shrinkage=shrinkage, exploration=rate)
    return LinearThompson(make, prior, space, rng.gauss, shrinkage=shrinkage)


def _posterior(width: int) -> MakePosterior:
    if width > _LONG_DIMENSIONS:
        from tokenomics_shared.adapters.gaussian import NumpyGaussian

        return NumpyGaussian
    return Gaussian


def _prior(folder: Path | None) -> KindPrior | TrainedPrior:
    """The prior that was trained on the application's own findings, where there is one."""
    if folder is None:
        return KindPrior()
    with suppress(FileNotFoundError):
        path = folder / PRIOR_NAME
        return TrainedPrior.from_json(path.read_text("utf-8"), str(path))
    return KindPrior()
