"""What is no text: told by any form, counted, routed by ability, never shortened away."""

from dataclasses import replace
from typing import Any

import pytest

from tests.kit import BALANCED, CHEAP, PREMIUM, TIERS
from tokenomics_shared.orchestrator import (
    Orchestrator,
    fitting,
    media_of,
    media_tokens,
    needs_of,
    prompt_tokens,
)
from tokenomics_shared.prediction import NoLengths
from tokenomics_shared.types import Abilities, Message, Prompt, QueryPlan, Roster

PLAN = QueryPlan("simple", 4_000, 900, 100)
LONG = "A" * 400_000

BLOCKS: list[tuple[dict[str, Any], str]] = [
    ({"type": "image", "base64": LONG, "mime_type": "image/png"}, "images"),
    ({"type": "image", "url": "https://example.org/a.png"}, "images"),
    ({"type": "image", "source_type": "base64", "data": LONG, "mime_type": "image/png"}, "images"),
    ({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{LONG}"}}, "images"),
    ({"type": "image_url", "image_url": f"data:application/pdf;base64,{LONG}"}, "files"),
    ({"type": "input_image", "image_url": "https://example.org/a.png"}, "images"),
    (
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": LONG},
        },
        "images",
    ),
    (
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": LONG},
        },
        "files",
    ),
    ({"type": "audio", "base64": LONG, "mime_type": "audio/wav"}, "audio"),
    ({"type": "input_audio", "input_audio": {"data": LONG, "format": "wav"}}, "audio"),
    ({"type": "video", "base64": LONG, "mime_type": "video/mp4"}, "video"),
    ({"type": "file", "base64": LONG, "mime_type": "application/pdf"}, "files"),
    ({"type": "file", "file": {"file_data": f"data:application/pdf;base64,{LONG}"}}, "files"),
    ({"type": "file", "file_id": "file-1"}, "files"),
    ({"type": "media", "mime_type": "video/mp4", "data": LONG}, "video"),
    ({"type": "media", "mime_type": "audio/mp3", "file_uri": "gs://a/b"}, "audio"),
    ({"inline_data": {"mime_type": "image/png", "data": LONG}}, "images"),
    ({"image": {"format": "png", "source": {"bytes": "AAAA"}}}, "images"),
    ({"block_type": "image", "image": LONG}, "images"),
]


@pytest.mark.parametrize(("block", "kind"), BLOCKS, ids=lambda it: str(it)[:70])
def test_every_form_is_told_and_its_data_is_not_counted_as_text(
    block: dict[str, Any], kind: str
) -> None:
    turn = Message("human", [{"type": "text", "text": "What is it?"}, block])
    asked = Prompt((turn,))
    assert media_of(turn) == [kind]
    assert 0 < media_tokens(turn) < 3_000
    plan = Orchestrator(4_000, NoLengths()).plan(asked, Roster(TIERS, (PREMIUM,)))
    assert media_tokens(turn) < plan.input_tokens < media_tokens(turn) + 20
    assert prompt_tokens(asked) == plan.input_tokens
    assert needs_of(asked, PLAN).abilities == {kind}


@pytest.mark.parametrize(
    "content",
    [
        "data:image/png;base64,AAAA",
        ["plain"],
        [{"type": "text", "text": "an image"}],
        [{"type": "text-plain", "text": "a text", "mime_type": "text/plain"}],
        [{"type": "file", "base64": "QQ==", "mime_type": "text/csv"}],
        [{"type": "tool_result", "content": "an image"}],
        [{"type": 7}, {}],
    ],
)
def test_text_is_no_picture(content: Any) -> None:
    assert media_of(Message("human", content)) == ([] if isinstance(content, list) else ())
    assert media_tokens(Message("human", content)) == 0


def test_pictures_in_the_result_of_a_tool_take_an_ability_of_their_own() -> None:
    image = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
    block = {"type": "tool_result", "content": [image]}
    assert media_of(Message("human", [block])) == ["images"]
    needs = needs_of(Prompt((Message("tool", [image]),)), PLAN)
    assert needs.abilities == {"images", "tool_images"}
    able = replace(TIERS["cheap"], abilities=Abilities(images=True, tool_images=False))
    roster = Roster({**TIERS, "cheap": able}, (CHEAP, BALANCED, PREMIUM))
    assert fitting(needs, roster) == (BALANCED, PREMIUM)


@pytest.mark.parametrize("kind", ["images", "audio", "video", "files"])
def test_each_kind_is_an_ability(kind: str) -> None:
    block = next(block for block, its in BLOCKS if its == kind)
    needs = needs_of(Prompt((Message("human", [block]),)), PLAN)
    for able, arms in ((False, (BALANCED, PREMIUM)), (None, None), (True, None)):
        cheap = replace(TIERS["cheap"], abilities=Abilities(**{kind: able}))
        roster = Roster({**TIERS, "cheap": cheap}, (CHEAP, BALANCED, PREMIUM))
        assert fitting(needs, roster) == (arms or roster.arms)


def test_a_tier_that_has_no_form_for_a_request_is_left_out() -> None:
    asked = Prompt((Message("human", "a"),), beyond=frozenset({"cheap"}))
    roster = Roster(TIERS, (CHEAP, BALANCED, PREMIUM))
    assert fitting(needs_of(asked, PLAN), roster) == (BALANCED, PREMIUM)
