"""Pruning by words: what stays is the text's own, guarded spans included, and fits the budget."""

import re
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.compression.pruning import Scored, prune, prune_all
from tokenomics_shared.compression.spans import all_kept
from tokenomics_shared.compression.words import windows, words

TEXT = (
    'The mayor, who was "very tired", has said that the tower (in Paris) is 330 metres tall.\n\n'
    "It was built by them in 1889; see https://a.b/c?x=1 for more. Was it built well?\n"
    "- an item of the list\n- don't drop it\n"
)

PIECES = st.sampled_from(
    "the tower is was tall built by well-known don't Don't re: (see below) note, note. end! why? "
    '"so he said" it\'s 330 m 1,083.5 $12 https://a.b/c?x=1 getName() foo_bar [3] {"a": 1} '
    "`code` 12:30 2024-05-01 東京 日本の ナポリ हिन्दी … — - * # ``` ^".split(" ")
)
GAPS = st.sampled_from([" ", " ", " ", "  ", "\n", "\n\n", "\t", ""])
SEEDS = st.integers(0, 99)
TEXTS = st.lists(st.tuples(PIECES, GAPS), max_size=40).map(
    lambda pairs: "".join(part for pair in pairs for part in pair)
)


def count(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def offsets(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def scored(text: str, seed: int = 0) -> Scored:
    """A text whose tokens are needed at random."""
    draw, places = Random(seed), offsets(text)
    return Scored(text, tuple(words(text, places, [round(draw.random(), 1) for _ in places])))


def liking(text: str, *wanted: str) -> Scored:
    """A text of which these tokens are needed, earlier ones more than later."""
    chances = {word: 1 - 0.01 * at for at, word in enumerate(wanted)}
    places = offsets(text)
    needed = [chances.get(text[start:end], 0.0) for start, end in places]
    return Scored(text, tuple(words(text, places, needed)))


def within(part: str, whole: str) -> bool:
    rest = iter(whole)
    return all(character in rest for character in part)


@given(TEXTS, st.integers(1, 60), SEEDS)
def test_what_stays_is_the_text_s_own_and_keeps_its_spans(
    text: str, budget: int, seed: int
) -> None:
    found = prune(scored(text, seed), budget, count)
    assert within(found, text)
    assert all_kept(text, found)


@given(st.lists(TEXTS, max_size=4), st.integers(1, 90), SEEDS)
def test_it_fits_the_budget_unless_spans_alone_do_not(
    texts: list[str], budget: int, seed: int
) -> None:
    given_texts = [scored(text, seed + at) for at, text in enumerate(texts)]
    found = prune_all(given_texts, budget, count)
    assert len(found) == len(texts)
    assert sum(map(count, found)) <= budget or found == prune_all(given_texts, 1, count)


@given(st.lists(TEXTS, max_size=3), st.integers(1, 60), SEEDS)
def test_a_second_pass_changes_nothing_whatever_the_model_finds_then(
    texts: list[str], budget: int, seed: int
) -> None:
    once = prune_all([scored(text, seed) for text in texts], budget, count)
    assert prune_all([scored(text, seed + 1) for text in once], budget, count) == once


@given(TEXTS, st.integers(1, 60), SEEDS)
def test_no_word_is_cut_or_put_together(text: str, budget: int, seed: int) -> None:
    spaced = re.sub(r"[^\x00-\x7f]", " ", text)
    found = prune(scored(spaced, seed), budget, count)
    known = {spaced[word.start : word.end] for word in words(spaced)}
    alone = [found[word.start : word.end] for word in words(found)]
    assert {word for word in alone if word[0].isalnum()} <= known


@given(st.lists(st.sampled_from("the tower was so tall, built (by them). Why?".split())), SEEDS)
def test_more_budget_keeps_no_less_of_plain_words(taken: list[str], seed: int) -> None:
    text = " ".join(taken)
    kept = [count(prune(scored(text, seed), budget, count)) for budget in (1, 5, 15, 30, 60)]
    assert kept[1:] == sorted(kept[1:])


def test_needed_words_stay_with_their_case_and_lines() -> None:
    wanted = liking(TEXT, "Paris", "tower", "tall", "built", "don", "t", "item", ".")
    assert prune(wanted, 32, count) == (
        '"very tired", tower Paris 330 metres tall.\n\n'
        "built 1889 https://a.b/c?x=1. built\nitem\ndon't"
    )


def test_within_the_budget_nothing_changes() -> None:
    assert prune(scored(TEXT), count(TEXT), count) == TEXT
    assert prune(scored(""), 1, count) == ""
    assert prune_all([], 1, count) == []


def test_guarded_spans_alone_over_the_budget_are_all_that_stays() -> None:
    found = prune(scored(TEXT), 1, count)
    assert found == '"very tired" 330 metres\n\n1889 https://a.b/c?x=1\ndon\'t' or all_kept(
        TEXT, found
    )
    assert count(found) < count(TEXT) / 2


def test_a_text_of_little_but_spans_is_left_alone() -> None:
    text = " ".join(f"{at}.5 kg" for at in range(30)) + " so"
    assert prune(scored(text), 5, count) == text


def test_spans_are_not_run_together_by_what_goes_between_them() -> None:
    text = "It was so that they sold 12 towers to 300 mayors, as it had been before them."
    assert prune(liking(text), 6, count) == "sold 12 towers to 300 mayors"


def test_one_threshold_holds_for_all_texts() -> None:
    dear, cheap = "tower height metres", "so as it were"
    found = prune_all([liking(dear, *dear.split()), liking(cheap)], 3, count)
    assert found == [dear, ""]


def test_the_full_stop_of_a_word_that_goes_ends_what_stays() -> None:
    text = "We met the mayor yesterday. He, being tired, left."
    assert prune(liking(text, "met", "mayor", ".", "left"), 5, count) == "met mayor. left."


def test_punctuation_inside_a_sentence_goes_with_its_word() -> None:
    text = "He, the mayor, left (early)."
    assert prune(liking(text, ",", "(", ")", "mayor", "left", "."), 4, count) == "mayor, left."


def test_repeats_are_dropped_when_asked_to() -> None:
    text = "really so really tall"
    wanted = liking(text, "really", "tall")
    assert prune(wanted, 3, count) == "really really tall"
    assert prune(wanted, 3, count, drop_repeats=True) == "really tall"


def test_a_word_is_as_needed_as_its_tokens_are_on_average() -> None:
    found = words("tower, it", [(0, 3), (3, 5), (5, 6), (7, 9)], [0.2, 0.4, 0.9, 0.7])
    assert [(word.start, word.end, round(word.probability, 3)) for word in found] == [
        (0, 5, 0.3),
        (5, 6, 0.3),
        (7, 9, 0.7),
    ]


def test_a_token_with_the_space_before_it_counts_for_its_word_alone() -> None:
    found = words("a tower", [(0, 1), (1, 7)], [0.1, 0.8])
    assert [word.probability for word in found] == [0.1, 0.8]


def test_scripts_without_spaces_are_words_by_character_and_names_stay_whole() -> None:
    text = "東京のナポリ हिन्दी की"
    assert [text[word.start : word.end] for word in words(text)] == [
        *"東京の",
        "ナポリ",
        "हिन्दी",
        "की",
    ]


def test_windows_end_with_a_sentence_or_at_least_with_a_word() -> None:
    text = "One two three. Four five six. Seven eight nine ten eleven twelve. End"
    places = offsets(text)
    found = [
        text[places[one.start][0] : places[one.stop - 1][1]] for one in windows(text, places, 6)
    ]
    assert found == [
        "One two three.",
        "Four five six.",
        "Seven eight nine ten eleven",
        "twelve. End",
    ]


@given(TEXTS, st.integers(2, 9))
def test_windows_hold_every_token_once(text: str, size: int) -> None:
    places = offsets(text)
    found = list(windows(text, places, size))
    assert [at for one in found for at in one] == list(range(len(places)))
    assert all(len(one) <= size for one in found)
    assert all(len(one) > size // 2 for one in found[:-1])
