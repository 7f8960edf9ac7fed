"""The router over many requests: every algorithm learns whom to ask, whatever there is to ask."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from tests.kit import CHEAP, PREMIUM, ROSTER, THREE, PriceList, prompt, reply
from tests.unit.routed import RIGHT, Models, ask, good, hopeless, lived, routed
from tokenomics_shared import Price
from tokenomics_shared.effects import Generate
from tokenomics_shared.learning import Route
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.types import Abilities, Message, Prompt, Reply, Roster, Usage

ALGORITHMS = ("linear_thompson", "thompson", "ucb", "epsilon_greedy", "linucb")
REWARDS = ("quality", "blended")
EVERY = list(product(ALGORITHMS, REWARDS))


def knowing(question: str, answer: str) -> float:
    """A judge that is always right."""
    return float(answer == RIGHT)


@pytest.mark.parametrize(("algorithm", "reward"), EVERY)
def test_a_good_cheap_model_ends_up_answering(algorithm: str, reward: str) -> None:
    # A blended reward leaves the judge's threshold as it is, and with it what is escalated.
    by = knowing if reward == "blended" else None
    made = routed(bandit={"algorithm": algorithm, "reward": reward}, by=by)
    arms = lived(made, good, 200)
    assert Counter(arms[100:])["cheap"] >= 80
    assert made.report().faults == {}
    made.close()


@pytest.mark.parametrize(("algorithm", "reward"), EVERY)
def test_a_hopeless_one_ends_up_unasked(algorithm: str, reward: str) -> None:
    made = routed(bandit={"algorithm": algorithm, "reward": reward})
    backend = Models(hopeless)
    lived(made, backend, 200)
    half = backend.tiers[len(backend.tiers) // 2 :]
    arms = lived(made, backend, 50, start=200)
    assert Counter(arms)["premium"] >= 40
    assert half.count("cheap") < half.count("premium")
    assert made.report().faults == {}
    made.close()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("cost", [0.0, 3.0])
def test_rewards_beyond_0_and_1_are_learned_too(algorithm: str, cost: float) -> None:
    bandit = {"algorithm": algorithm, "reward": "blended", "cost_lambda": cost}
    made = routed(bandit=bandit, by=lambda *_: 0.0, cascading={"enabled": False})
    lived(made, hopeless, 60)
    assert made.report().faults == {}
    made.close()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("given", [{"contextual": False}, {"forgetting": 0.95}, {"aim": None}])
def test_every_setting_runs(algorithm: str, given: Mapping[str, Any]) -> None:
    made = routed(bandit={"algorithm": algorithm, **given})
    lived(made, good, 60)
    assert made.report().faults == {}
    made.close()


@pytest.mark.parametrize("target", [0.01, 0.3, 0.5, 0.999, 1.0])
def test_every_target_runs(target: float) -> None:
    made = routed(bandit={"quality_target": target})
    arms = lived(made, hopeless, 120)
    if target >= 0.999:
        assert arms[60:].count("premium") >= 58
    assert made.report().faults == {}
    made.close()


@pytest.mark.parametrize(("algorithm", "reward"), EVERY)
def test_three_tiers_are_told_apart(algorithm: str, reward: str) -> None:
    def says(tier: str, question: str) -> str:
        return "The answer to this question is 17." if tier == "cheap" else RIGHT

    made = routed(bandit={"algorithm": algorithm, "reward": reward})
    arms = lived(made, says, 300, roster=THREE)
    late = Counter(arms[200:])
    assert late["cheap"] <= 20
    assert made.report().faults == {}
    made.close()


def test_of_three_the_cheapest_good_one_is_asked() -> None:
    def says(tier: str, question: str) -> str:
        return "The answer to this question is 17." if tier == "cheap" else RIGHT

    made = routed()
    arms = lived(made, says, 400, roster=THREE)
    assert Counter(arms[300:]).most_common(1)[0][0] == "balanced"
    made.close()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_single_tier_answers_everything(algorithm: str) -> None:
    alone = Roster({"premium": ROSTER.tiers["premium"]}, (PREMIUM,))
    made = routed(bandit={"algorithm": algorithm})
    assert set(lived(made, good, 60, roster=alone)) == {"premium"}
    assert made.report().faults == {}
    made.close()


def test_unknown_prices_are_guessed_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    made = routed(prices=PriceList())
    nobody = {name: replace(tier, model=f"nobody's-{name}") for name, tier in ROSTER.tiers.items()}
    arms = lived(made, good, 120, roster=replace(ROSTER, tiers=nobody))
    assert arms[60:].count("cheap") >= 40
    assert caplog.text.count("no price is known for nobody's-cheap") == 1
    assert made.report().faults == {}
    assert ask(made, good, "One more?").cost is None
    made.close()


def test_a_free_tier_is_asked_for_free() -> None:
    free = Price(Decimal(0), Decimal(0))
    made = routed(prices=PriceList(cheap=free, premium=free))
    lived(made, good, 60)
    assert made.report().faults == {}
    made.close()


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def test_a_tier_that_cannot_read_images_is_never_asked() -> None:
    blind = replace(ROSTER.tiers["cheap"], abilities=Abilities(images=False))
    roster = replace(ROSTER, tiers={**ROSTER.tiers, "cheap": blind})
    made = routed(audit={"rate": 1.0, "max_rate": 1.0, "max_cost_share": 1.0})
    backend = Models(good)
    for number in range(30):
        content = [{"type": "text", "text": f"What is on picture {number}?"}, IMAGE]
        ask(made, backend, Prompt((Message("human", content),)), roster)
    assert set(backend.tiers) == {"premium"}
    lived(made, backend, 10, roster=roster)
    assert "cheap" in backend.tiers
    made.close()


def test_a_prompt_that_does_not_fit_goes_to_premium() -> None:
    short = replace(ROSTER.tiers["cheap"], abilities=Abilities(input_tokens=500))
    roster = replace(ROSTER, tiers={**ROSTER.tiers, "cheap": short})
    made, backend = routed(), Models(good)
    ask(made, backend, "What is this? " + "word " * 2_000, roster)
    assert set(backend.tiers) == {"premium"}
    made.close()


class Long(ScriptedBackend):
    """Answers conversations; a provider counts what it read."""

    def __init__(self) -> None:
        super().__init__({})

    def generate(self, ask: Generate) -> Reply:
        self.asked.append(ask)
        read = sum(len(str(turn.content)) // 4 for turn in ask.prompt.messages)
        return reply(RIGHT, usage=Usage(read, 12))


@pytest.mark.parametrize("cached", [0.01, 2.5])
def test_a_conversation_stays_where_it_is_cached_when_prices_make_that_right(
    cached: float,
) -> None:
    """Premium reads again for nothing what it has; the cheap tier would read all of it anew."""
    prices = PriceList(
        cheap=Price(Decimal("2.0"), Decimal("8.0")),
        premium=Price(Decimal("2.5"), Decimal("10.0"), cache_read=Decimal(str(cached))),
    )
    bandit = {"aim": None, "cost_lambda": 1.0}
    made = routed(prices=prices, bandit=bandit, judge={"judges": ("checks",)})
    first = (Message("human", "Here is a long text. " * 2_000 + "What is it about?"),)
    turns = (*first, Message("ai", RIGHT), Message("human", "And what else?"))
    backend = Long()
    # A roster of premium alone makes the conversation begin there.
    made.run(Prompt(first), replace(ROSTER, arms=(PREMIUM,)), TextCodec(), backend)
    outcome = made.run(Prompt(turns), ROSTER, TextCodec(), backend)
    assert outcome.strategy == ("premium" if cached < 1 else "cheap")
    made.close()


class Broken:
    """A router whose every part raises."""

    def __init__(self, parts: Any, *broken: str) -> None:
        self._parts = parts
        self._broken = broken

    def __getattr__(self, name: str) -> Any:
        if name in self._broken:
            return self._raise
        return getattr(self._parts, name)

    def _raise(self, *given: Any, **named: Any) -> Any:
        raise RuntimeError("broken")


@pytest.mark.parametrize(
    ("broken", "faults"),
    [
        ("route", {"routing:RuntimeError": 1}),
        ("learn", {"learning:RuntimeError": 1}),
        ("stands", {"routing:RuntimeError": 1}),
    ],
)
def test_a_router_that_raises_costs_nobody_an_answer(broken: str, faults: dict[str, int]) -> None:
    made = routed(bandit={"aim": None, "cost_lambda": 0.5}, by=lambda q, a: 1.0)
    made.parts = replace(made.parts, router=Broken(made.parts.router, broken))
    outcome = ask(made, good)
    assert outcome.reply is not None
    assert outcome.reply.text == RIGHT
    assert outcome.strategy == ("premium" if broken == "route" else "cheap")
    assert made.report().faults == faults
    made.close()


class RaisingLearner:
    """A learner that holds nothing of anything."""

    def beliefs(self, context: Any, arms: Any) -> Any:
        raise ZeroDivisionError


def test_a_learner_that_raises_means_premium() -> None:
    made = routed()
    chooser = made.parts.router.chooser  # type: ignore[attr-defined]
    chooser._learned = chooser._learned._replace(quality=RaisingLearner())
    outcome = ask(made, good)
    assert outcome.strategy == "premium"
    assert made.report().faults == {"routing:ZeroDivisionError": 1}
    made.close()


def test_a_judge_that_fails_teaches_nothing_of_the_model() -> None:
    def failing(question: str, answer: str) -> float:
        raise ConnectionError

    made = routed(by=failing, audit={"enabled": False, "compare": lambda *_: None})
    learner = made.parts.router.chooser.learners["quality"]  # type: ignore[attr-defined]
    backend = Models(good)
    for number in range(40):
        ask(made, backend, f"What is item {number}?")
    assert "cheap" in backend.tiers[-20:]
    assert not any("cheap" in name for name in learner.news())
    made.close()


def test_an_embedder_that_fails_leaves_the_surface_to_route_by() -> None:
    def embed(texts: list[str]) -> Any:
        if down:
            raise ConnectionError
        return [[float(len(text)), 1.0, 2.0] for text in texts]

    down = False
    made = routed(bandit={"features": "embedding"}, memory={"embedder": embed})
    ask(made, good, "Is all well?")
    down = True
    outcome = ask(made, good)
    assert outcome.reply is not None
    assert set(made.report().faults) == {"features:ConnectionError"}
    assert outcome.strategy == "cheap" or outcome.escalated
    made.close()


def test_a_route_may_be_looked_at() -> None:
    made = routed(bandit={"aim": None, "cost_lambda": 3.0})
    outcome = ask(made, good)
    assert outcome.trace == ("arm:cheap:chat",)
    assert Route(CHEAP, (CHEAP,)).judged
    assert outcome.plan is not None
    made.close()


def test_the_same_seed_goes_the_same_way() -> None:
    runs = []
    for _ in range(2):
        made = routed(bandit={"seed": 7})
        runs.append([ask(made, good, prompt(f"What is {n}?")).trace for n in range(80)])
        made.close()
    assert runs[0] == runs[1]
