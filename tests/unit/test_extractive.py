"""The extractive compressor keeps the sentences that matter, and says where it left out some."""

import pytest

from tests.bag import bag_of_words
from tokenomics_shared.adapters.embeddings import embedder_of
from tokenomics_shared.compression import Extractive
from tokenomics_shared.compression.relevance import MOST_EMBEDDED, Sentence, relevance
from tokenomics_shared.compression.sentences import units
from tokenomics_shared.compression.terms import cues, refers_back, stem, terms
from tokenomics_shared.compression.wishes import must_stay
from tokenomics_shared.orchestrator import estimate_tokens

EMBED = embedder_of(bag_of_words).embed
PLAIN = Extractive(estimate_tokens)

RIVER = (
    "The river is long. It was named by settlers. The bridge over the river was built in 1931. "
    "It is painted green. Many fish live there. Some are caught."
)
TOWN = (
    "The town has a market. Apples are sold there. Pears are sold, too. The mayor is Ann Lee. "
    "She was a teacher. Her brother lives abroad."
)


def test_the_answer_stays_and_gaps_are_marked() -> None:
    found = PLAIN.compress([RIVER, TOWN], "When was the bridge built?", 14)
    assert found == ["The bridge over the river was built in 1931.", ""]
    (both,) = PLAIN.compress([RIVER + " " + TOWN], "Who is the mayor, and was a bridge built?", 30)
    assert "built in 1931." in both
    assert " … The mayor is Ann Lee." in both


def test_kept_sentences_stay_in_order_and_beside_each_other_without_a_gap() -> None:
    (found,) = PLAIN.compress([RIVER], "bridge over the river painted green", 20)
    assert found == "The bridge over the river was built in 1931. It is painted green."


def test_what_two_texts_say_is_kept_once() -> None:
    again = "As is known: nothing. The bridge over a river was built in 1931. Nothing more."
    found = PLAIN.compress([RIVER, again], "When was the bridge over the river built?", 28)
    assert sum("1931" in text for text in found) == 1
    other = again.replace("1931", "1932").replace("a river", "the river")
    found = PLAIN.compress([RIVER, other], "When was the bridge over the river built?", 28)
    assert [("1931" in found[0]), ("1932" in found[1])] == [True, True]


def test_meaning_tells_sentences_without_shared_words_apart() -> None:
    def embed(texts: object) -> object:
        near = ["automobile" in text or "car" in text for text in texts]  # type: ignore[attr-defined]
        return embedder_of(lambda given: [[1.0, 5.0 * flag] for flag in near]).embed(texts)  # type: ignore[arg-type]

    text = "Apples are red. An automobile needs oil. Pears are green. Plums are blue and sweet."
    assert Extractive(estimate_tokens, embed).compress([text], "car repair", 8) == [
        "An automobile needs oil."
    ]
    assert Extractive(estimate_tokens, embed).blocking
    assert not PLAIN.blocking


def test_without_a_query_what_all_is_about_stays() -> None:
    text = "Solar panels make power. Hm. Well then. Solar power is cheap. Solar panels last. Bye."
    (found,) = PLAIN.compress([text], "", 14)
    assert "Solar" in found
    assert "Well then" not in found


def test_of_retrieved_text_the_best_stays_where_no_sentence_fits_the_budget() -> None:
    assert PLAIN.compress([TOWN, RIVER], "bridge built", 1) == [
        "",
        "The bridge over the river was built in 1931.",
    ]
    assert PLAIN.compress([RIVER], "bridge", 1, "tool") == [RIVER]


def test_a_sentence_over_half_of_the_budget_goes_by_its_clauses() -> None:
    text = "In economics there are " + ", ".join(
        f"the winner number {at} with a rather long name of his own" for at in range(9)
    )
    (found,) = PLAIN.compress([f"{text}. Other things. And more of those."], "winner number 7", 40)
    assert "winner number 7" in found
    assert "winner number 2" not in found


def test_of_a_question_what_is_asked_stays() -> None:
    chatter = "I walked home yesterday. The sun was shining. Birds sang in trees. " * 3
    text = f"Hello there. {chatter}Answer in JSON. What is 3 + 4? {chatter}Thank you."
    (found,) = PLAIN.compress([text], "", 40, "question")
    for kept in ("Hello there.", "Answer in JSON.", "What is 3 + 4?", "Thank you."):
        assert kept in found
    assert estimate_tokens(found) <= 40
    (least,) = PLAIN.compress([text], "", 5, "question")
    assert least == "Hello there. … Answer in JSON. What is 3 + 4? … Thank you."


def test_orders_limits_and_exact_things_must_stay() -> None:
    text = "Well. Translate this. It is so. At most a page. Use of x_y. It rains. End."
    assert must_stay(text, units(text)) == [True, True, False, True, True, False, True]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("When did it end?", "It ended in May."),
        ("What year was it?", "That was 1931."),
        ("How many came?", "Seven hundred came."),
        ("Who came?", "It was John."),
        ("Where is it?", "It is in Paris."),
    ],
)
def test_a_question_tells_what_kind_of_thing_answers_it(asked: str, sentence: str) -> None:
    (sign,) = cues(asked)
    assert sign.search(sentence)
    assert not sign.search("Nothing of the kind.")
    assert not cues("Describe it.")


def test_words_are_matched_without_their_endings() -> None:
    assert stem("painted") == stem("paints") == stem("painting") == "paint"
    assert terms("日本 is far") == ["日", "本", "far"]


def test_spellings_and_derivations_of_long_words_match() -> None:
    assert stem("naturalise") == stem("naturalization")
    assert stem("manufacturer") == stem("manufacturing")


@pytest.mark.parametrize(
    ("sentence", "refers"),
    [
        ("It was re-established in 1991.", True),
        ("During this hold, a fire began.", True),
        ("For example, the mill was one.", True),
        ("As such, it was new.", True),
        ("The mill was re-established.", False),
        ("Italy was first.", False),
        ("", False),
    ],
)
def test_some_sentences_refer_to_the_one_before(sentence: str, refers: bool) -> None:  # noqa: FBT001
    assert refers_back(sentence) is refers


def scored(*said: tuple[int, str], query: str = "the old mill") -> list[float]:
    return relevance([Sentence(text, text, words) for text, words in said], query, None)


def test_a_sentence_that_refers_to_one_that_matches_is_worth_more() -> None:
    one = (0, "The old mill stood there.")
    first, other = (
        scored(one, (0, f"{begin} burnt in May."), (0, "Nothing is known."), (0, "Rain fell."))
        for begin in ("It", "Bob")
    )
    assert first[1] > other[1]
    assert first[0] == other[0]


def test_of_equal_sentences_that_of_the_earlier_text_is_worth_more() -> None:
    first, second, _ = scored((0, "The old mill."), (1, "The old mill."), (2, "Rain."))
    assert first > second
    assert scored((0, "A mill."), (1, "A mill."), query="")[0] == pytest.approx(
        scored((0, "A mill."), (1, "A mill."), query="")[1]
    )


def test_a_clause_counts_for_the_query_with_its_whole_sentence() -> None:
    def second(*, goes_on: bool) -> float:
        return relevance(
            [
                Sentence(0, 0, "Once the old mill was sold,"),
                Sentence(0, 0, "Ann left.", goes_on),
                Sentence(0, 0, "Rain fell."),
                Sentence(0, 0, "Bob came."),
            ],
            "the old mill",
            None,
        )[1]

    assert second(goes_on=True) > second(goes_on=False)


def test_no_more_than_so_many_sentences_are_embedded() -> None:
    asked: list[int] = []

    def embed(texts: object) -> object:
        asked.append(len(texts))  # type: ignore[arg-type]
        return EMBED(texts)  # type: ignore[arg-type]

    sentences = [Sentence(0, at // 5, f"word{at} and more") for at in range(3 * MOST_EMBEDDED)]
    scores = relevance(sentences, "word7 please", embed)
    assert asked == [MOST_EMBEDDED + 1]
    assert max(range(len(scores)), key=scores.__getitem__) == 7
