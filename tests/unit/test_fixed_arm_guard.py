"""The guard against doing worse than one arm for all requests."""

import random

import pytest

from tokenomics_shared.bandit.decision import Option, choose
from tokenomics_shared.bandit.guard import LEAST, Guard, Offer


def play(
    guard: Guard, believed: object, true: object, count: int, seed: int = 0
) -> list[int | None]:
    """Requests of two kinds; `believed` and `true` give each arm's quality by kind."""
    rng, taken = random.Random(seed), []
    for number in range(count):
        kind = rng.randrange(2)
        held = believed(kind)  # type: ignore[operator]
        options = (Option(held[0], 0.02), Option(held[1], 0.15))
        drawn = [Option(o.quality + rng.gauss(0, 0.03), o.price) for o in options]
        start = choose(drawn).index
        score = float(rng.random() < true(kind)[start])  # type: ignore[operator]
        guard.answered(str(number), Offer(options, (0.2, 0.2), start, start))
        guard.graded(str(number), score)
        taken.append(guard.fixed)
    return taken


def test_routing_that_is_misled_gives_way_to_the_best_arm() -> None:
    # What it reads says the opposite of what is so: premium where it is not needed.
    taken = play(
        Guard(),
        lambda kind: (0.9, 0.92) if kind else (0.6, 0.9),
        lambda kind: (0.5, 0.95) if kind else (0.9, 0.9),
        2_000,
    )
    assert taken[-1] == 1
    assert all(each is None for each in taken[: int(LEAST) - 1])


@pytest.mark.parametrize("seed", range(5))
def test_routing_that_is_right_is_left_alone(seed: int) -> None:
    def right(kind: int) -> tuple[float, float]:
        return (0.85, 0.9) if kind else (0.5, 0.9)

    taken = play(Guard(), right, right, 2_000, seed)
    assert sum(each is not None for each in taken) < 40


def test_the_arm_gives_way_again_when_routing_gets_it_right() -> None:
    guard = Guard()

    def right(kind: int) -> tuple[float, float]:
        return (0.85, 0.9) if kind else (0.4, 0.9)

    play(guard, lambda kind: (0.9, 0.92) if kind else (0.6, 0.9), lambda _: (0.3, 0.95), 800)
    assert guard.fixed == 1
    play(guard, right, right, 1_500, 1)
    assert guard.fixed is None


def test_an_answer_is_counted_once_and_an_unknown_one_not_at_all() -> None:
    guard = Guard()
    offer = Offer((Option(0.1, 0.0), Option(0.9, 0.1)), (0.1, 0.1), 0, 0)
    for number in range(300):
        guard.graded(f"never seen {number}", 0.0)
    assert guard.fixed is None
    guard.answered("one", offer)
    for _ in range(300):
        guard.graded("one", 0.0)
    assert guard.fixed is None


def test_with_other_arms_it_begins_anew() -> None:
    guard = Guard()
    play(guard, lambda _: (0.9, 0.92), lambda _: (0.2, 0.95), 500)
    assert guard.fixed == 1
    guard.answered("three", Offer((Option(0.5, 0.0),) * 3, (0.1,) * 3, 0, 0))
    guard.graded("three", 1.0)
    assert guard.fixed is None
