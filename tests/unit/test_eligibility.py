"""What may be answered by meaning: the form of a request, its words, the answer's words."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import GOOD, prompt, reply
from tests.unit.never_words import IMAGE
from tests.unit.test_memory import PROMPTS
from tokenomics_shared.memory.admission import objection, objection_to_matching
from tokenomics_shared.memory.deixis import content_words, dangling, standalone
from tokenomics_shared.memory.eligibility import Limits, refusal_to_match
from tokenomics_shared.memory.subject import subject
from tokenomics_shared.memory.volatile import left_to_chance, personal, time_bound
from tokenomics_shared.types import Message, Prompt

QUESTION = "How do I reset the password of an account?"
LIMITS = Limits()


def refusal(ask: Prompt, limits: Limits = LIMITS) -> str | None:
    return refusal_to_match(ask, subject(ask) or "", limits)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"params": {"temperature": 1, "n": 1}}, None),
        ({"params": {"temperature": None, "n": None}}, None),
        ({"params": {"temperature": 1.2}}, "temperature 1.2"),
        ({"params": {"temperature": "hot"}}, "temperature hot"),
        ({"params": {"n": 2}}, "several samples"),
        ({"tools": ({"name": "search"},)}, "offers tools"),
        ({"response_format": {"type": "json_object"}}, "asks for a format"),
        ({"response_format": {"type": "text"}}, None),
    ],
)
def test_the_form_of_a_request_may_forbid_matching(
    fields: dict[str, Any], reason: str | None
) -> None:
    assert refusal(prompt(QUESTION, **fields)) == reason


def test_what_the_application_allows_is_matched() -> None:
    ask = prompt(QUESTION, tools=({"name": "a"},), response_format="json")
    assert refusal(ask, Limits(allow_tools=True, allow_structured=True)) is None
    assert refusal(prompt("What is my account balance?"), Limits(scoped=True)) is None
    assert refusal(prompt("What is the weather today?"), Limits(allow_time_bound=True)) is None
    cold = Limits(max_temperature=0)
    assert refusal(prompt(QUESTION, params={"temperature": 0.1}), cold) == "temperature 0.1"


@pytest.mark.parametrize(
    "last",
    [
        Message("tool", "12 results"),
        Message("ai", "The answer is"),
        Message("system", "Be brief."),
        Message("human", [{"type": "text", "text": QUESTION}, IMAGE]),
        Message("human", [IMAGE]),
        Message("human", " \n"),
        Message("human", []),
    ],
)
def test_only_a_human_turn_of_text_alone_has_a_subject(last: Message) -> None:
    ask = Prompt((Message("human", QUESTION), last))
    assert subject(ask) is None
    assert refusal(ask) == "last turn isn't a human message of text alone"


def test_the_callers_own_text_is_the_subject() -> None:
    stuffed = prompt("Context: much.\n\nQuestion: What is it?", cache_text="How big is Oslo?")
    assert subject(stuffed) == "How big is Oslo?"
    assert subject(replace(stuffed, cache_text=" ")) is None
    assert subject(Prompt(())) is None


def test_long_texts_are_not_matched() -> None:
    assert refusal(prompt("word " * 151)) == "151 words, more than 150"


DANGLING = """How big is it?|And what is its population?|Tell me more.|Can you show an example?|
Why?|Make it shorter.|Is it worth it?|Does it include support?|
What about the second one?|Who wrote it?|Translate that into Spanish.|yes|continue|
Why is that important?|How does this work?|And in Berlin?|Explain again|Try again|
Can you elaborate?|rewrite it as a poem|When did he die?|Which one is better?|
What else?|Go on.|thanks|Do they ship abroad?|Can it be exported to PDF?|
what do you mean?"""
WHOLE = """How do I reset my password?|What are your opening hours?|When are you open?|
Is it possible to change a PIN at an ATM?|
How much does it cost to send money abroad?|
My card hasn't arrived yet. Where is it?|What are you?|who made you|
Does NATO have its own army?|I think that my card was stolen|List countries that are not in the EU|
What is this charge of $5 on my card?|C++|bitcoin|
Wie setze ich mein Passwort zur\u00fcck?|\u00bfC\u00f3mo cambio mi contrase\u00f1a?|
\u041a\u0430\u043a \u0441\u0431\u0440\u043e\u0441\u0438\u0442\u044c
 \u043f\u0430\u0440\u043e\u043b\u044c?|
\u30d1\u30b9\u30ef\u30fc\u30c9\u3092\u5909\u66f4\u3059\u308b\u306b\u306f|
fix this: ```x = 1```|What is a random forest?|
How do I print a random number in Python?|Why was my payment of yesterday declined?|
How do I check my balance?|How can I see the status of my order?|
What is the current in a wire of 5 ohm?|What is the weather like in Rome in July?|
How does the stock market work?|Where can I find my account number?|
I lost my card last week, what do I do?"""


def lines(text: str) -> list[str]:
    return text.replace("\n", "").split("|")


@pytest.mark.parametrize("text", lines(DANGLING))
def test_what_asks_about_something_outside_itself_is_refused(text: str) -> None:
    assert dangling(text) is not None
    assert refusal(prompt(text)) == dangling(text)
    assert not standalone(text)


@pytest.mark.parametrize("text", lines(WHOLE))
def test_what_says_what_it_asks_passes(text: str) -> None:
    assert refusal(prompt(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Explain how vaccines train the immune system against viruses",
        "Which planets of our solar system have rings and moons",
        "Compare relational databases with document databases for analytics workloads",
    ],
)
def test_self_contained_questions_stand_alone(text: str) -> None:
    assert standalone(text)


@pytest.mark.parametrize(
    "text",
    [
        "How do I reset my password?",
        "Compare the second option with relational databases for analytics",
        "What are common side effects and interactions of the drug?",
        "But which planets of our solar system have rings and moons",
        "Explain how vaccines train the immune system against those viruses",
        "Welche Planeten unseres Sonnensystems haben Ringe, M\u00f6nche und Monde?",
    ],
)
def test_what_may_lean_on_what_was_said_does_not_stand_alone(text: str) -> None:
    assert not standalone(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's the latest news about the strike?", "latest"),
        ("Who won the match last night?", "last night"),
        ("Can I go hiking tomorrow?", None),
        ("Will it rain tomorrow?", "will it rain"),
        ("Translate 'what is the weather today' to German", None),
        ("Who is leading the race right now?", "who is leading"),
        ("I paid today and it was declined", None),
    ],
)
def test_questions_about_the_present_are_told(text: str, words: str | None) -> None:
    assert time_bound(text) == words


def test_personal_questions_and_dice_are_told() -> None:
    assert personal("What\u2019s my account balance?") == "what's my account balance"
    assert personal("Please remind me to call Anna") == "remind me"
    assert personal("How do I find my order?") is None
    assert left_to_chance("Roll a dice") == "roll a dice"
    assert left_to_chance("Why does my random number repeat?") is None


@given(PROMPTS, st.text())
def test_nothing_that_is_asked_breaks_the_rules(ask: Prompt, text: str) -> None:
    assert refusal_to_match(ask, text, LIMITS) is None or refusal_to_match(ask, text, LIMITS)
    assert standalone(text) <= (dangling(text) is None)
    assert all(content_words(text))


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m unable to assist with that request.",
        "Sorry, I cannot provide medical advice.",
        "As an AI language model, I don't have feelings.",
        "I apologize for the inconvenience.",
        "I don't have access to real-time information such as prices.",
        "I can't access your account details.",
        "As of my last update in 2023, this was open.",
        "Unfortunately, I am not able to help with this.",
    ],
)
def test_an_answer_that_declines_is_kept_for_the_same_request_alone(text: str) -> None:
    assert objection(prompt(), reply(text)) is None
    assert objection_to_matching(prompt(), reply(text)) is not None


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "Sorry to hear that your card was stolen. Freeze it in the app first.",
        "Unfortunately, cards can't be sent abroad; order one after you return.",
        'Say: "I cannot help you with that" in a friendly voice.',
        "If you can't access your account, use the reset link.",
        "Error 404 means that a page can't be found.",
        "We don't have access to your PIN; only you do.",
    ],
)
def test_an_answer_that_only_speaks_of_refusing_is_kept(text: str) -> None:
    assert objection_to_matching(prompt(), reply(text)) is None


@pytest.mark.parametrize(
    "text",
    ["Internal server error", "Error: 503", '{"error": "overloaded"}', "Rate limit exceeded."],
)
def test_an_errors_text_is_not_kept_at_all(text: str) -> None:
    assert objection(prompt(), reply(text)) == "an error's text"


def test_what_is_not_kept_at_all_is_not_matched() -> None:
    assert objection_to_matching(prompt(), reply("")) == "empty"
