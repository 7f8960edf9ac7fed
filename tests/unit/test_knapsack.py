"""Dividing token budgets: what every allocator must do, and how good the greedy one is."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenomics_shared.adapters.cp_sat import CpSat
from tokenomics_shared.errors import BudgetError
from tokenomics_shared.orchestrator import Greedy
from tokenomics_shared.orchestrator.knapsack import utility_of
from tokenomics_shared.planning import Allocator, Level, Piece

ALLOCATORS: list[Allocator] = [Greedy(), CpSat()]
"""One of each for all tests: they keep nothing."""


@st.composite
def pieces_of(draw: st.DrawFn, most: int = 6) -> list[Piece]:
    """Pieces with levels that grow in tokens and utility; utilities in 64ths add exactly."""
    count = draw(st.integers(0, most))
    pieces = []
    for number in range(count):
        tokens, worth = draw(st.integers(0, 12)), draw(st.integers(0, 64))
        levels = [Level(tokens, worth / 64)]
        for _ in range(draw(st.integers(0, 4))):
            tokens += draw(st.integers(1, 40))
            worth += draw(st.integers(1, 64))
            levels.append(Level(tokens, worth / 64))
        pieces.append(Piece(f"piece {number}", tuple(levels)))
    return pieces


def exact_utility(pieces: Sequence[Piece], budget: int) -> float:
    """The largest utility within the budget, by dynamic programming over the tokens."""
    best = {0: 0.0}
    for piece in pieces:
        reached: dict[int, float] = {}
        for spent, worth in best.items():
            for level in piece.levels:
                after = spent + level.tokens
                if after <= budget:
                    reached[after] = max(reached.get(after, 0.0), worth + level.utility)
        best = reached
    return max(best.values())


def least(pieces: Sequence[Piece]) -> int:
    return sum(piece.levels[0].tokens for piece in pieces)


def spent(pieces: Sequence[Piece], levels: Sequence[int]) -> int:
    return sum(piece.levels[level].tokens for piece, level in zip(pieces, levels, strict=True))


@pytest.mark.parametrize("allocator", ALLOCATORS)
@given(pieces=pieces_of(), room=st.integers(0, 300))
@settings(max_examples=60, deadline=None)
def test_never_over_the_budget_and_every_piece_has_a_level(
    allocator: Allocator, pieces: list[Piece], room: int
) -> None:
    budget = least(pieces) + room
    levels = allocator.allocate(pieces, budget)
    assert len(levels) == len(pieces)
    assert spent(pieces, levels) <= budget
    assert levels == allocator.allocate(pieces, budget)


@pytest.mark.parametrize("allocator", ALLOCATORS)
@given(pieces=pieces_of(), room=st.integers(0, 300), more=st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_more_budget_is_never_worth_less(
    allocator: Allocator, pieces: list[Piece], room: int, more: int
) -> None:
    budget = least(pieces) + room
    before = utility_of(pieces, allocator.allocate(pieces, budget))
    assert before <= utility_of(pieces, allocator.allocate(pieces, budget + more)) + 1e-9


@given(pieces=pieces_of(most=5))
@settings(max_examples=60, deadline=None)
def test_greedy_grows_with_every_single_token(pieces: list[Piece]) -> None:
    start = least(pieces)
    worth = [utility_of(pieces, Greedy().allocate(pieces, start + room)) for room in range(150)]
    assert worth == sorted(worth)


@given(pieces=pieces_of(), room=st.integers(0, 300))
@settings(max_examples=60, deadline=None)
def test_greedy_is_worth_no_more_than_the_exact_and_that_is_exact(
    pieces: list[Piece], room: int
) -> None:
    budget = least(pieces) + room
    greedy = utility_of(pieces, Greedy().allocate(pieces, budget))
    solved = utility_of(pieces, CpSat().allocate(pieces, budget))
    assert greedy <= solved
    assert solved == pytest.approx(exact_utility(pieces, budget), abs=1e-6)


@given(pieces=pieces_of())
@settings(max_examples=100, deadline=None)
def test_greedy_gains_at_least_half_where_every_level_fits_alone(pieces: list[Piece]) -> None:
    widest = max(
        (level.tokens - piece.levels[0].tokens for piece in pieces for level in piece.levels),
        default=0,
    )
    budget = least(pieces) + widest
    start = utility_of(pieces, [0] * len(pieces))
    gained = utility_of(pieces, Greedy().allocate(pieces, budget)) - start
    assert gained >= (exact_utility(pieces, budget) - start) / 2 - 1e-9


def test_greedy_is_close_to_the_exact_on_everyday_divisions() -> None:
    draw = random.Random(5)
    shares = []
    for _ in range(40):
        pieces = [_document(draw, number) for number in range(8)]
        budget = draw.randint(200, 2000)
        best = exact_utility(pieces, budget)
        shares.append(utility_of(pieces, Greedy().allocate(pieces, budget)) / best)
    assert sum(shares) / len(shares) > 0.97
    assert min(shares) > 0.85


def _document(draw: random.Random, number: int) -> Piece:
    tokens, relevance = draw.randint(30, 600), draw.random()
    sizes = [round(tokens * share) for share in (0, 0.1, 0.25, 0.5, 1)]
    return Piece(
        f"document {number}",
        tuple(Level(size, relevance * (size / tokens) ** 0.5) for size in sizes),
    )


@pytest.mark.parametrize("allocator", ALLOCATORS)
def test_a_budget_below_what_must_be_kept_is_refused_with_both_figures(
    allocator: Allocator,
) -> None:
    pieces = [Piece("system", (Level(70, 1.0),)), Piece("question", (Level(50, 1.0),))]
    with pytest.raises(BudgetError, match=r"(?s)budget is 100\b.*\b120\b"):
        allocator.allocate(pieces, 100)
    assert allocator.allocate(pieces, 120) == (0, 0)


@pytest.mark.parametrize("allocator", ALLOCATORS)
def test_of_equals_the_first_is_taken(allocator: Allocator) -> None:
    twin = Piece("twin", (Level(0, 0.0), Level(10, 1.0)))
    taken = allocator.allocate([twin, twin, twin], 10)
    assert sum(taken) == 1
    assert Greedy().allocate([twin, twin, twin], 20) == (1, 1, 0)


def test_a_large_piece_in_the_way_does_not_starve_the_small_ones() -> None:
    large = Piece("large", (Level(0, 0.0), Level(1000, 100.0)))
    small = [Piece("small", (Level(0, 0.0), Level(10, 0.5))) for _ in range(4)]
    assert Greedy().allocate([large, *small], 100) == (0, 1, 1, 1, 1)
    assert Greedy().allocate([large, *small], 1000)[0] == 1


def test_levels_below_the_hull_are_not_climbed() -> None:
    piece = Piece("piece", (Level(0, 0.0), Level(50, 0.1), Level(60, 1.0), Level(80, 1.1)))
    other = Piece("other", (Level(0, 0.0), Level(40, 0.3)))
    assert Greedy().allocate([piece, other], 100) == (2, 1)


def test_nothing_to_divide() -> None:
    for allocator in ALLOCATORS:
        assert allocator.allocate([], 0) == ()
        assert allocator.allocate([Piece("worthless", (Level(0, 0.0),))], 5) == (0,)
