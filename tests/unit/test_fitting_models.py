"""Which models can answer at all."""

from dataclasses import replace

import pytest

from tests.kit import BALANCED, CHEAP, PREMIUM, THREE, TIERS, prompt
from tokenomics_shared.orchestrator import fitting, needs_of
from tokenomics_shared.types import Abilities, Message, Prompt, QueryPlan, Roster

PLAN = QueryPlan("simple", 4_000, 900, 100)
IMAGE = Prompt((Message("human", [{"type": "image_url", "image_url": {"url": "data:"}}]),))


def roster(**abilities: object) -> Roster:
    cheap = replace(TIERS["cheap"], abilities=Abilities(**abilities))  # type: ignore[arg-type]
    return Roster({**TIERS, "cheap": cheap}, (CHEAP, BALANCED, PREMIUM))


def test_what_is_unknown_is_not_held_against_a_model() -> None:
    assert fitting(needs_of(IMAGE, PLAN), THREE) == THREE.arms


@pytest.mark.parametrize(
    ("asked", "abilities"),
    [
        (prompt(), {"input_tokens": 800}),
        (prompt(tools=({"name": "search"},)), {"tools": False}),
        (prompt(response_format={"type": "json_object"}), {"structured": False}),
        (IMAGE, {"images": False}),
    ],
)
def test_a_model_that_cannot_is_left_out(asked: Prompt, abilities: dict[str, object]) -> None:
    assert fitting(needs_of(asked, PLAN), roster(**abilities)) == (BALANCED, PREMIUM)


def test_premium_stays_in_any_case() -> None:
    blind = replace(TIERS["premium"], abilities=Abilities(images=False))
    assert fitting(needs_of(IMAGE, PLAN), Roster({"premium": blind}, (PREMIUM,))) == (PREMIUM,)
