"""The neighbours' vote and the words beside it."""

from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.memory.likeness import LIKENESS, likeness, profile
from tokenomics_shared.memory.vote import (
    FEATURES,
    LEAST_SIMILARITY,
    MOST_NEIGHBOURS,
    MOST_WITNESSES,
    Neighbour,
    elect,
)


def near(*pairs: tuple[int, float]) -> list[Neighbour]:
    """Neighbours of these groups and cosines, nearest first."""
    return [Neighbour(entry, *pair) for entry, pair in enumerate(pairs)]


neighbourhoods = st.lists(
    st.tuples(st.integers(0, 4), st.floats(-1.0, 1.0)), max_size=2 * MOST_NEIGHBOURS
).map(lambda pairs: near(*sorted(pairs, key=lambda pair: -pair[1])))


def test_nobody_is_elected_by_no_neighbours_or_by_far_ones() -> None:
    assert elect([]) is None
    assert elect(near((1, LEAST_SIMILARITY - 1e-6), (1, 0.5))) is None
    assert elect(near((1, LEAST_SIMILARITY))) is not None


def test_several_witnesses_outvote_a_nearer_one() -> None:
    ballot = elect(near((1, 0.91), (2, 0.90), (2, 0.89), (2, 0.88)))
    assert ballot is not None
    assert (ballot.group, ballot.entry, ballot.similarity) == (2, 1, 0.90)
    assert (ballot.witnesses, ballot.members) == (3, (1, 2, 3))


def test_a_much_nearer_witness_outvotes_several() -> None:
    ballot = elect(near((1, 0.99), (2, 0.80), (2, 0.79), (2, 0.78)))
    assert ballot is not None
    assert ballot.group == 1


def test_features_say_how_the_vote_went() -> None:
    ballot = elect(near((1, 0.9), (1, 0.8), (2, 0.7)))
    assert ballot is not None
    found = dict(zip(FEATURES, ballot.features, strict=True))
    assert found["cosine"] == found["top_cosine"] == 0.9
    assert round(found["mean_of_three"], 6) == 0.8
    assert (found["second_cosine"], found["witnesses"], found["leading"]) == (0.8, 2.0, 2.0)
    assert round(found["margin"], 6) == 0.2
    assert 1.0 > found["share"] > found["support"] > found["blunt_share"] > 0.5


@given(neighbourhoods)
def test_a_ballot_is_sound_whatever_the_neighbours(neighbours: list[Neighbour]) -> None:
    ballot = elect(neighbours)
    if ballot is None:
        assert not neighbours or neighbours[0].similarity < LEAST_SIMILARITY
        return
    members = [one.entry for one in neighbours[:MOST_NEIGHBOURS] if one.group == ballot.group]
    assert ballot.members == tuple(members)
    assert ballot.entry == members[0]
    assert len(ballot.features) == len(FEATURES)
    found = dict(zip(FEATURES, ballot.features, strict=True))
    assert 0.0 < found["support"] < found["share"] <= 1.0
    assert 1.0 <= found["witnesses"] <= MOST_WITNESSES
    assert found["cosine"] <= found["top_cosine"]


@given(neighbourhoods, st.permutations(range(5)))
def test_groups_have_no_names(neighbours: list[Neighbour], names: list[int]) -> None:
    renamed = [Neighbour(one.entry, names[one.group], one.similarity) for one in neighbours]
    ballot, other = elect(neighbours), elect(renamed)
    assert (ballot is None) == (other is None)
    if ballot and other:
        assert (names[ballot.group], ballot.features) == (other.group, other.features)


def test_likeness_reads_content_numbers_and_polarity() -> None:
    asked = profile("How do I cancel 2 orders?")
    witnesses = [profile("How can I cancel an order"), profile("Don't cancel order 2!")]
    found = dict(zip(LIKENESS, likeness(asked, witnesses), strict=True))
    assert found["covered"] == 2 / 3
    assert found["covering"] == found["covered_by_all"] == 1.0
    assert (found["novelty"], found["other_numbers"], found["other_polarity"]) == (0.0, 1.0, 0.0)
    assert found["same_question"] == 1.0
    turned = dict(zip(LIKENESS, likeness(asked, witnesses[1:]), strict=True))
    assert (turned["other_polarity"], turned["same_question"]) == (1.0, 0.0)


def test_a_plural_and_a_past_have_their_stem() -> None:
    words = "plans planned planning stories story makes making"
    assert profile(words).content == {"plan", "story", "mak"}
    assert profile("cities passed bus").content == profile("city passes bus").content


@given(st.text(), st.lists(st.text(), min_size=1, max_size=7))
def test_likeness_is_sound_for_any_text(asked: str, stored: list[str]) -> None:
    numbers = likeness(profile(asked), [profile(text) for text in stored])
    assert len(numbers) == len(LIKENESS)
    found = dict(zip(LIKENESS, numbers, strict=True))
    for name in ("covered", "covering", "covered_by_all", "trigrams", "length_ratio"):
        assert 0.0 <= found[name] <= 1.0


@given(st.text(min_size=1))
def test_a_text_is_as_like_itself_as_can_be(text: str) -> None:
    same = profile(text)
    found = dict(zip(LIKENESS, likeness(same, [same]), strict=True))
    assert found["trigrams"] == found["length_ratio"] == found["same_question"] == 1.0
    assert found["novelty"] == found["other_numbers"] == found["other_polarity"] == 0.0
