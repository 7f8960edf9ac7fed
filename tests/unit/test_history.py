"""The history window: what stays, what goes, and that later turns never change it."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenomics_shared.orchestrator import Turn, Window, cut

HUMAN = {"human", "user"}


@st.composite
def conversations(draw: st.DrawFn) -> list[Turn]:
    """Exchanges with tool calls, parallel ones too, results in any order, some never given."""
    turns: list[Turn] = []
    sizes = st.integers(1, 40)
    if draw(st.booleans()):
        turns.append(Turn("system", draw(sizes)))
    for exchange in range(draw(st.integers(0, 14))):
        turns.append(Turn("human", draw(sizes)))
        if draw(st.integers(0, 9)) == 0:
            turns.append(Turn("system", draw(sizes)))
        for round_ in range(draw(st.integers(0, 2))):
            calls = tuple(f"{exchange}.{round_}.{n}" for n in range(draw(st.integers(1, 3))))
            turns.append(Turn("ai", draw(sizes), calls))
            turns.extend(
                Turn("tool", draw(sizes), answers=call) for call in draw(st.permutations(calls))
            )
        if draw(st.integers(0, 5)):
            turns.append(Turn("ai", draw(sizes)))
    return turns


@st.composite
def anything(draw: st.DrawFn) -> list[Turn]:
    """Turns in no order that makes sense: late results, unknown ones, ids used twice."""
    ids = st.sampled_from(["", "a", "b", "c"])
    turn = st.builds(
        Turn,
        role=st.sampled_from(["system", "human", "ai", "tool", "user", "critic"]),
        tokens=st.integers(0, 30),
        calls=st.lists(ids, max_size=2).map(tuple),
        answers=ids,
    )
    return draw(st.lists(turn, max_size=30))


budgets = st.integers(1, 300)
kept_exchanges = st.integers(1, 4)


def exchanges_of(turns: list[Turn]) -> list[int]:
    """Where each exchange begins: at a human turn that follows none."""
    return [
        place
        for place, turn in enumerate(turns)
        if turn.role in HUMAN and not (place and turns[place - 1].role in HUMAN)
    ]


@given(conversations(), budgets, kept_exchanges)
def test_calls_and_results_go_or_stay_together(
    turns: list[Turn], budget: int, keep_last: int
) -> None:
    kept = set(cut(turns, budget, keep_last).kept)
    for place, turn in enumerate(turns):
        results = [n for n, other in enumerate(turns) if other.answers in turn.calls]
        assert {n in kept for n in results} <= {place in kept}


@given(conversations(), budgets, kept_exchanges)
def test_the_system_and_the_last_exchanges_stay(
    turns: list[Turn], budget: int, keep_last: int
) -> None:
    window = cut(turns, budget, keep_last)
    system = {place for place, turn in enumerate(turns) if turn.role == "system"}
    assert system <= set(window.kept)
    starts = exchanges_of(turns)
    last = starts[-keep_last] if len(starts) >= keep_last else 0
    assert set(range(last, len(turns))) <= set(window.kept)


@given(conversations() | anything(), budgets, kept_exchanges, st.data())
def test_what_was_cut_before_is_cut_again_and_never_otherwise(
    turns: list[Turn], budget: int, keep_last: int, data: st.DataObject
) -> None:
    early = data.draw(st.integers(0, len(turns)))
    before, after = cut(turns[:early], budget, keep_last), cut(turns, budget, keep_last)
    assert after.starts[: len(before.starts)] == before.starts
    assert after.stretches[: len(before.stretches)] == before.stretches
    if after.starts == before.starts:
        assert after.kept[: len(before.kept)] == before.kept


@given(conversations() | anything(), budgets, kept_exchanges)
def test_a_window_adds_up(turns: list[Turn], budget: int, keep_last: int) -> None:
    window = cut(turns, budget, keep_last)
    assert window.tokens == sum(turns[place].tokens for place in window.kept)
    assert list(window.kept) == sorted(window.kept)
    assert list(window.starts) == sorted(set(window.starts))
    assert len(window.starts) == len(window.stretches)
    dropped = [place for stretch in window.stretches for place in stretch]
    assert not set(dropped) & set(window.kept)
    if window.starts:
        assert turns[window.starts[-1]].role in HUMAN
        assert set(dropped) == {
            place
            for place in range(window.starts[-1])
            if turns[place].role not in ("system", "developer")
        }


@given(conversations(), budgets, kept_exchanges)
def test_it_is_within_the_budget_whenever_what_must_stay_is(
    turns: list[Turn], budget: int, keep_last: int
) -> None:
    starts = exchanges_of(turns)
    last = starts[-keep_last] if len(starts) >= keep_last else 0
    must = sum(
        turn.tokens for place, turn in enumerate(turns) if place >= last or turn.role == "system"
    )
    if must <= budget:
        assert cut(turns, budget, keep_last).tokens <= budget


@given(anything(), budgets, kept_exchanges)
@settings(max_examples=300)
def test_no_kept_result_lacks_its_call(turns: list[Turn], budget: int, keep_last: int) -> None:
    kept = set(cut(turns, budget, keep_last).kept)
    made: dict[str, int] = {}
    for place, turn in enumerate(turns):
        caller = made.get(turn.answers) if turn.answers else None
        if caller is not None and place in kept and turn.role != "system":
            assert caller in kept
        if turn.role != "system" or not turn.calls:
            made.update(dict.fromkeys(turn.calls, place))


def chat(exchanges: int) -> list[Turn]:
    turns = [Turn("system", 20)]
    for _ in range(exchanges):
        turns += [Turn("human", 10), Turn("ai", 30)]
    return turns


def test_a_short_conversation_is_sent_whole() -> None:
    assert cut(chat(3), 140, 1) == Window(tuple(range(7)), (), (), 140)
    assert cut([], 10, 1) == Window((), (), (), 0)


def test_a_cut_goes_down_to_half_so_that_many_turns_pass_before_the_next() -> None:
    windows = [cut(chat(n), 400, 2) for n in range(1, 60)]
    changes = sum(early.starts != late.starts for early, late in pairwise(windows))
    assert changes <= 10
    assert all(window.tokens <= 400 for window in windows)
    assert all(window.tokens >= 150 for window in windows[9:])


def test_a_question_under_way_with_many_tool_calls_is_never_cut() -> None:
    turns = [Turn("human", 10)]
    for n in range(30):
        turns += [Turn("ai", 10, (f"{n}",)), Turn("tool", 50, answers=f"{n}")]
    assert cut(turns, 100, 1).kept == tuple(range(len(turns)))


def test_no_cut_while_results_are_due() -> None:
    turns = [*chat(4), Turn("human", 10), Turn("ai", 10, ("a", "b")), Turn("tool", 10, (), "a")]
    interrupted = [*turns, Turn("human", 200)]
    window = cut(interrupted, 100, 1)
    assert window.starts[-1] <= 9
    late = cut([*interrupted, Turn("tool", 10, (), "b")], 100, 1)
    assert {10, 11, 13} <= set(late.kept)


def test_a_result_that_comes_after_its_call_was_dropped_is_dropped() -> None:
    turns = [Turn("human", 10), Turn("ai", 90, ("a",)), Turn("human", 10), Turn("ai", 20)]
    turns += [Turn("human", 10), Turn("tool", 5, (), "a"), Turn("ai", 10)]
    assert cut(turns, 60, 1).kept == (2, 3, 4, 6)


def test_results_without_an_id_belong_to_the_last_call() -> None:
    turns = [Turn("human", 50), Turn("ai", 10, ("",)), Turn("human", 10), Turn("tool", 50)]
    assert cut(turns, 60, 1).kept == (0, 1, 2, 3)
