"""Pictures, sound, films and files: sent as they came, kept apart, and by who can read them."""

import base64
import copy
import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from tests.bag import AGAIN, ASKED, FIXED
from tests.conftest import gemini_model, openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, STEADY, Make
from tests.integration.langchain.test_calls import WAYS, by, told
from tests.integration.langchain.test_shrinking import PROSE
from tokenomics_langchain import ChatTokenomics, TokenomicsConfig
from tokenomics_shared.testing import LoopbackServer

pytestmark = pytest.mark.filterwarnings(
    "ignore:OpenAI may require a filename",
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning",
)

DATA = base64.b64encode(bytes(range(256)) * 1_200).decode()
"""400,000 characters: as text, a hundred thousand tokens and more."""

OTHER = base64.b64encode(bytes(range(255, -1, -1)) * 1_200).decode()

BLOCKS: dict[str, dict[str, Any]] = {
    "image": {"type": "image", "base64": DATA, "mime_type": "image/png"},
    "image at a URL": {"type": "image", "url": "https://example.org/a.png"},
    "image of old": {
        "type": "image",
        "source_type": "base64",
        "data": DATA,
        "mime_type": "image/png",
    },
    "image of OpenAI": {
        "type": "image_url",
        "image_url": {"url": f"data:image/png;base64,{DATA}", "detail": "low"},
    },
    "image of Anthropic": {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": DATA},
    },
    "audio": {"type": "audio", "base64": DATA, "mime_type": "audio/wav"},
    "audio of OpenAI": {"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}},
    "file": {"type": "file", "base64": DATA, "mime_type": "application/pdf", "filename": "a.pdf"},
    "file of old": {
        "type": "file",
        "source_type": "base64",
        "data": DATA,
        "mime_type": "application/pdf",
    },
    "file of OpenAI": {
        "type": "file",
        "file": {"file_data": f"data:application/pdf;base64,{DATA}", "filename": "a.pdf"},
    },
    "file by id": {"type": "file", "file_id": "file-1"},
}


def showing(*blocks: dict[str, Any], text: str = "What is easy about it?") -> list[BaseMessage]:
    return [HumanMessage([{"type": "text", "text": text}, *copy.deepcopy(blocks)])]


def image(data: str = DATA) -> dict[str, Any]:
    return {"type": "image", "base64": data, "mime_type": "image/png"}


def asked(server: LoopbackServer) -> list[str]:
    return [request["model"] for request in server.requests]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", BLOCKS)
async def test_every_form_is_sent_as_the_model_alone_would_send_it(
    kind: str, way: str, make: Make, server: LoopbackServer
) -> None:
    turns = showing(BLOCKS[kind])
    before = copy.deepcopy(turns)
    await by(way, openai_model(server, CHEAP), turns)  # type: ignore[arg-type]
    llm = make(cheap=openai_model(server, CHEAP, profile={}), compression=True)
    answer = await by(way, llm, turns)  # type: ignore[arg-type]
    own, ours = server.bodies
    assert own == ours
    assert turns == before
    assert told(answer)["strategy"] == "cheap"


@pytest.mark.parametrize("kind", ["image", "image of OpenAI", "file", "audio"])
def test_escalated_and_switched_off_it_is_the_same(
    kind: str, make: Make, server: LoopbackServer, off: ChatTokenomics
) -> None:
    turns = showing(BLOCKS[kind], text="What is hard about it?")
    openai_model(server, PREMIUM).invoke(turns)
    cheap, premium = (openai_model(server, name, profile={}) for name in (CHEAP, PREMIUM))
    make(cheap=cheap, premium=premium).invoke(turns)
    off.invoke(turns)
    plain, _, escalated, switched_off = server.bodies
    assert plain == escalated == switched_off


@pytest.mark.parametrize("way", WAYS)
async def test_two_pictures_with_the_same_words_are_two_requests(
    way: str, make: Make, server: LoopbackServer
) -> None:
    llm = make(memory={"use_semantic_cache": True, **FIXED})
    hits = []
    for data in (DATA, OTHER, DATA, OTHER):
        answer = await by(way, llm, showing(image(data), text=ASKED))  # type: ignore[arg-type]
        hits.append(told(answer)["cache_type"])
    assert hits == ["none", "none", "exact", "exact"]
    assert len(server.requests) == 2


def test_pictures_before_the_question_are_part_of_it(make: Make, server: LoopbackServer) -> None:
    llm = make(memory={"use_semantic_cache": True, **FIXED})
    for data in (DATA, OTHER):
        earlier = [*showing(image(data)), AIMessage("I see.")]
        assert told(llm.invoke([*earlier, HumanMessage(ASKED)]))["cache_type"] == "none"
    assert len(server.requests) == 2


def test_nothing_with_a_picture_is_matched_or_kept_by_meaning(
    make: Make, server: LoopbackServer
) -> None:
    llm = make(memory={"use_semantic_cache": True, **FIXED})
    llm.invoke(showing(image(), text=ASKED))
    answer = llm.invoke(showing(image(), text=AGAIN))
    assert told(answer)["cache_type"] == "none"
    assert "the last turn is not plain text of a human" in told(answer)["trace"][0]
    # What was said of a picture is no answer to the same words alone.
    assert told(llm.invoke(ASKED))["cache_type"] == "none"
    assert told(llm.invoke(AGAIN))["cache_type"] == "semantic_direct"


def test_a_batch_keeps_them_apart(make: Make, server: LoopbackServer) -> None:
    inputs: Any = [showing(image(DATA)), showing(image(OTHER)), showing(image(DATA))]
    answers = make().batch(inputs, {"max_concurrency": 1})
    assert [told(answer)["cache_hit"] for answer in answers] == [False, False, True]


def test_what_a_picture_weighs_is_not_its_letters(make: Make, server: LoopbackServer) -> None:
    small = openai_model(server, CHEAP, profile={"max_input_tokens": 4_000, "image_inputs": True})
    llm = make(cheap=small, compression=True)
    answer = llm.invoke(showing(image()))
    metadata = told(answer)
    assert metadata["strategy"] == "cheap"
    assert not [note for note in metadata["trace"] if "budget" in note or "compress" in note]
    # Two of three pictures more and it is too much: they are not free either.
    assert told(llm.invoke(showing(*[image()] * 6)))["strategy"] == "premium"


@pytest.mark.parametrize("history", ["off", "window"])
def test_texts_around_a_picture_may_be_shortened_but_the_picture_stays(
    history: str, make: Make, server: LoopbackServer
) -> None:
    long = f"<context>\n{PROSE}\n</context>\n\nHow many piers has town 7?"
    llm = make(compression=True, history=history, cascading={"enabled": False})
    turns = [SystemMessage("Be brief."), *showing(image(), text=long)]
    before = copy.deepcopy(turns)
    answer = llm.invoke(turns)
    body = server.bodies[0].decode()
    assert told(answer)["component_savings"]["compression"] > 0
    assert DATA in body
    assert len(body) < len(DATA) + len(PROSE)
    assert turns == before


ABILITIES = {
    "image_inputs": "image",
    "audio_inputs": "audio of OpenAI",
    "pdf_inputs": "file of OpenAI",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ability", ABILITIES)
async def test_a_tier_that_says_it_cannot_is_not_asked(
    ability: str, way: str, make: Make, server: LoopbackServer
) -> None:
    turns: Any = showing(BLOCKS[ABILITIES[ability]])
    unable = openai_model(server, CHEAP, profile={ability: False})
    assert told(await by(way, make(cheap=unable), turns))["strategy"] == "premium"
    assert told(await by(way, make(cheap=unable), "What is easy?"))["strategy"] == "cheap"
    assert asked(server) == [PREMIUM, CHEAP]


@pytest.mark.parametrize("way", WAYS)
async def test_nor_is_premium_where_another_can(
    way: str, make: Make, server: LoopbackServer
) -> None:
    unable = openai_model(server, PREMIUM, profile={"image_inputs": False})
    turns: Any = showing(image(), text="What is hard about it?")
    answer = await by(way, make(premium=unable), turns)
    assert answer.text == "Not sure"
    assert asked(server) == [CHEAP]


def test_where_nobody_says_it_can_premium_is_asked(make: Make, server: LoopbackServer) -> None:
    blind = {"image_inputs": False}
    cheap, premium = (openai_model(server, it, profile=blind) for it in (CHEAP, PREMIUM))
    assert told(make(cheap=cheap, premium=premium).invoke(showing(image())))["tokens_used"] > 0
    assert asked(server) == [PREMIUM]


def test_switched_off_premium_is_asked_whatever_its_profile_says(server: LoopbackServer) -> None:
    off = ChatTokenomics(
        cheap=openai_model(server, CHEAP),
        premium=openai_model(server, PREMIUM, profile={"image_inputs": False}),
        config=TokenomicsConfig.off(),
    )
    off.invoke(showing(image()))
    assert asked(server) == [PREMIUM]


def test_films_go_to_who_can_watch_them(server: LoopbackServer) -> None:
    film = {"type": "video", "base64": "AAAA", "mime_type": "video/mp4"}
    cheap, premium = openai_model(server, CHEAP), gemini_model(server, "gemini-2.5-pro")
    llm = ChatTokenomics(cheap=cheap, premium=premium, **STEADY)
    llm.invoke(showing(film))
    assert asked(server) == ["gemini-2.5-pro"]
    server.requests.clear()
    swapped = ChatTokenomics(
        cheap=gemini_model(server, "gemini-2.5-flash"),
        premium=openai_model(server, PREMIUM),
        **STEADY,
    )
    swapped.invoke(showing(film, text="What is hard about it?"))
    assert asked(server) == ["gemini-2.5-flash"]


@pytest.mark.parametrize("order", [("openai", "google"), ("google", "openai")])
@pytest.mark.parametrize("kind", ["image", "image of OpenAI", "image of Anthropic", "file"])
def test_both_providers_get_the_same_file(
    kind: str, order: tuple[str, str], server: LoopbackServer
) -> None:
    made = {
        "openai": openai_model(server, CHEAP),
        "google": gemini_model(server, "gemini-2.5-flash"),
    }
    cheap, premium = (made[name] for name in order)
    llm = ChatTokenomics(
        cheap=cheap, premium=premium, **{**STEADY, "judge": lambda question, answer: 0.0}
    )
    llm.invoke(showing(BLOCKS[kind]))
    assert len(server.requests) == 2
    for request in server.requests:
        # Google's client writes two signs of base64 in another way.
        said = json.dumps(request).replace("_", "/").replace("-", "+")
        assert DATA in said
