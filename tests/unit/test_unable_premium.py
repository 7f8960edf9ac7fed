"""Requests that premium can't answer and another can: premium is neither asked nor climbed to."""

from dataclasses import replace
from typing import Any

import pytest

from tests.kit import GOOD, POOR, QUESTION, ROSTER, engine, prompt, reply
from tests.unit.routed import Models, ask, hopeless, routed
from tokenomics_shared import TokenomicsConfig
from tokenomics_shared.engine import Engine
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.types import Abilities, Message, Prompt, Roster

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
ALL = {"rate": 1.0, "max_rate": 1.0, "max_cost_share": 1.0}


def with_premium(**abilities: Any) -> Roster:
    able = replace(ROSTER.tiers["premium"], abilities=Abilities(**abilities))
    return replace(ROSTER, tiers={**ROSTER.tiers, "premium": able})


def picture(number: int) -> Prompt:
    text = {"type": "text", "text": f"What is on picture {number}?"}
    return Prompt((Message("human", [text, IMAGE]),))


@pytest.mark.parametrize(
    "settings",
    [{}, {"bandit": {"seed": 1, "reward": "blended"}}, {"bandit": {"enabled": False}}],
    ids=str,
)
def test_one_that_sees_answers_in_its_place(settings: dict[str, Any]) -> None:
    made = routed(audit=ALL, **settings)
    backend, roster = Models(hopeless), with_premium(images=False)
    outcomes = [ask(made, backend, picture(number), roster) for number in range(40)]
    assert set(backend.tiers) == {"cheap"}
    assert {outcome.strategy for outcome in outcomes} == {"cheap"}
    assert made.report().faults == {}
    made.close()


def test_what_is_only_too_small_by_an_estimate_is_asked_all_the_same() -> None:
    long = "What is this? " + "word " * 1_000
    small = with_premium(input_tokens=900)
    scripted = ScriptedBackend({"cheap": [reply(POOR)], "premium": [reply(GOOD)]})
    outcome = engine().run(prompt(long), small, TextCodec(), scripted)
    assert outcome.strategy == "premium"


def test_one_far_too_small_is_not() -> None:
    scripted = ScriptedBackend({"cheap": [reply(POOR)]})
    asked = prompt("word " * 2_000)
    outcome = engine().run(asked, with_premium(input_tokens=900), TextCodec(), scripted)
    assert (outcome.strategy, outcome.reply and outcome.reply.text) == ("cheap", POOR)


def test_a_failure_is_the_callers_and_not_one_of_premium() -> None:
    scripted = ScriptedBackend({"cheap": [ConnectionError("gone")]})
    with pytest.raises(ConnectionError, match="gone"):
        engine().run(picture(1), with_premium(images=False), TextCodec(), scripted)


def test_a_format_it_does_not_keep_to_of_itself_can_be_had_by_tools() -> None:
    asked = prompt(QUESTION, response_format={"type": "json_object"})
    scripted = ScriptedBackend({"cheap": [reply("{")], "premium": [reply("{}")]})
    outcome = engine().run(asked, with_premium(structured=False), TextCodec(), scripted)
    assert outcome.strategy == "premium"


def test_where_nobody_can_premium_says_so() -> None:
    blind = Abilities(images=False)
    tiers = {name: replace(tier, abilities=blind) for name, tier in ROSTER.tiers.items()}
    scripted = ScriptedBackend({"premium": [ValueError("I am blind")]})
    with pytest.raises(ValueError, match="I am blind"):
        engine().run(picture(1), replace(ROSTER, tiers=tiers), TextCodec(), scripted)


def test_with_every_part_off_premium_is_asked_whatever_is_said_of_it() -> None:
    scripted = ScriptedBackend({"premium": [reply(GOOD)]})
    off = Engine.build(TokenomicsConfig.off())
    outcome = off.run(picture(1), with_premium(images=False), TextCodec(), scripted)
    assert outcome.strategy == "premium"
