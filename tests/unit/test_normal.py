"""Normal wordings: what is folded, what never is."""

import re
import unicodedata
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tokenomics_shared.memory.normal import LONGEST, normalise
from tokenomics_shared.memory.spans import laid_out, prose, segments, tidy

WORDS = """Hi hello please Could you tell me what What's is isn't the The IT it US us MB Mb C C#
    C++ .NET 5 5! 1,000 $3 50% 2*3 a=b don't can't not never no I'm thanks Thanks, in advance ? . !
    ... , ; `X=1` ```Do``` "May I" 'so' polish Polish 😀 Straße ДОМ 東京 top-up log-in n't A i I
    won't cannot hows dont please! don't't x² ½ ~~~ ' " ` é WHO who kW e-mail""".split()
PIECES = ["\n", "\n    ", "  ", "\t", "(see", "it)", "\u2019s", "it\u2019s"]
CHOICES = st.sampled_from([*WORDS, *PIECES])
TEXTS = st.one_of(
    st.text(),
    st.lists(CHOICES, max_size=12).map(" ".join),
    st.lists(CHOICES, max_size=8).map("".join),
)
SYMBOLS = re.compile(r"[\d+#*/%$&@=<>\\|~^_{}]|[^\W\d_a-zA-Z]")


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("What's the top-up limit?", "what is the top up limit"),
        ("  What is\n the top up LIMIT ??", "what is the top up limit"),
        ("Hi there, how do I pay?", "how do i pay"),
        ("Please tell me how I can pay, thanks in advance!", "how i can pay"),
        ("Could you please explain how TCP works?", "explain how tcp works"),
        ("I can't log in. Thank you so much for your help", "i cannot log in"),
        ("Why doesn\u2019t it work", "why does not it work"),
        ("Is the WHO a part of the UN?", "is the WHO a part of the UN"),
        ("What is 5! in the end?", "what is 5! in the end"),
        ("what is 5!", "what is 5!"),
        ("How do I print `Hello World` in C++?", "how do i print `Hello World` in C++"),
        ('Who said "May the Force be with you"?', 'who said "May the Force be with you"'),
        ("Is it Mb or MB?", "is it Mb or MB"),
        ("How much is $5 in EUR", "how much is $5 in eur"),
        ("Wo kann Ich Essen?", "Wo kann Ich Essen"),
        ("パスワードを忘れた。", "パスワードを忘れた"),
        ("How do I say thank you?", "how do i say thank you"),
        ("Hello World program in Python", "Hello World program in Python"),
        ("hello", "hello"),
        ("Please", "please"),
        ("???", "???"),
        (" ", " "),
        ("", ""),
    ],
)
def test_wordings_are_reduced_as_told(text: str, wording: str) -> None:
    assert normalise(text) == wording


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is C?", "What is C++?"),
        ("What is C#?", "What is C?"),
        ("What is the visa fee in the US?", "what is the visa fee in the us?"),
        ("what does IT do", "what does it do"),
        ("is 5 MB much", "is 5 Mb much"),
        ("What is the density of CO?", "What is the density of Co?"),
        ("is it 1.5", "is it 15"),
        ("what is 5!", "what is 5"),
        ("Can I?", "Can't I?"),
        ("What is .NET?", "What is NET?"),
        ("is it ok 😀", "is it ok 😢"),
        ("How do I sort getName", "How do I sort getname"),
        ("what does `IS` do", "what does `is` do"),
        ("what does 'Nice' mean", "what does 'nice' mean"),
        ("who speaks Polish", "who speaks polish"),
        ("what is plan A", "what is plan a"),
        ("show the result of x*y", "show the result of x/y"),
        ("what is x²", "what is x2"),
        ("see https://a.io/Ab for the id", "see https://a.io/ab for the id"),
        ("run:\n    if a:\n        b()", "run:\n    if a:\n    b()"),
        ("how do you say please", "how do you say"),
        ("the resume", "the résumé"),
    ],
)
def test_texts_of_different_meaning_stay_apart(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(TEXTS)
@example("please please tell me what what is")
@example("hi. hi. hi. hi. hi. hi. hi. hi. hi. the end is")
def test_a_normal_wording_is_its_own(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(TEXTS)
def test_no_text_is_reduced_to_nothing(text: str) -> None:
    assert bool(normalise(text)) == bool(text)


@given(TEXTS)
def test_no_number_symbol_or_foreign_letter_is_lost(text: str) -> None:
    def signs(of: str) -> Counter[str]:
        composed = unicodedata.normalize("NFC", of)
        return Counter(sign.lower() for sign in SYMBOLS.findall(composed))

    assert signs(normalise(text)) == signs(text)


@given(st.lists(st.sampled_from("is this not the no never card don't can't isn't my".split())))
def test_no_negation_is_lost(words: list[str]) -> None:
    def negations(text: str) -> int:
        return len(re.findall(r"\b(?:not?|never|cannot)\b|n't\b", text))

    assert negations(normalise(" ".join(words))) == negations(" ".join(words))


@given(TEXTS)
def test_segments_join_to_the_text(text: str) -> None:
    assert "".join(piece for piece, _ in segments(text)) == text
    assert len(prose(text)) <= len(text)


@given(TEXTS)
def test_tidying_only_touches_space(text: str) -> None:
    assert "".join(tidy(text).split()) == "".join(text.split())
    assert tidy(tidy(text)) == tidy(text)


def test_code_is_told_from_prose() -> None:
    assert segments("run `a b` now") == [("run ", False), ("`a b`", True), (" now", False)]
    assert segments("```py\nx = 1") == [("```py\nx = 1", True)]
    assert prose('say "no" now') == "say   now"
    assert laid_out("def f():\n    return 1")
    assert laid_out('{"a": [1, 2]}')
    assert not laid_out("What is\nthis?")
    assert segments("it's the dogs' and cats' food")[0][1] is False


@pytest.mark.parametrize("space", [" ", "   "])
def test_of_a_long_text_only_space_is_reduced(space: str) -> None:
    words = "Hi, how does a Long text go on? ".split() * (LONGEST // 28)
    wording = normalise(f" {space.join(words)} ")
    assert wording.split() == words
    assert wording == normalise(wording)


def test_a_text_that_is_long_for_its_space_is_reduced() -> None:
    assert normalise(f"Hi, how{' ' * LONGEST}Do I pay? \n") == "how do i pay"
