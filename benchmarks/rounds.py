"""Timing: contenders take turns in small batches, so that noise meets them all alike.

Nothing but the standard library is imported, so that a peer's own environment can run it.
"""

import gc
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from statistics import median
from typing import Any, Literal

TURNS = 12
"""Batches of each contender in a round. Few calls a batch keep those that are compared within
milliseconds of each other; whoever shares the processor changes what it can do by the second."""

Run = Callable[[Sequence[Any]], Sequence[Any]]
"""Makes a call with each of these inputs, one after another, and returns the answers."""


@dataclass(frozen=True, slots=True)
class Background:
    """Work that calls leave to a thread.

    Attributes:
        settle: waits until it is done.
        cpu_s: seconds of CPU time that the thread has used so far.
    """

    settle: Callable[[], object]
    cpu_s: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Contender:
    """Something to time.

    Attributes:
        run: makes the calls of a batch.
        inputs: makes that many inputs; not timed.
        check: raises when an answer is not what was to be timed; not timed.
        calls: calls in a batch.
        background: what the calls leave to a thread; timed, wherever in a round it falls.
    """

    run: Run
    inputs: Callable[[int], Sequence[Any]]
    check: Callable[[Any], None]
    calls: int
    background: Background | None = None


Group = Mapping[str, Contender]
"""Contenders that are compared with each other, and so take turns."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Seconds that a call took in one batch, on average."""

    cpu_s: float
    wall_s: float


Timings = Mapping[str, Sequence[Batch]]
"""Batches by contender, in order of time."""


def alternate(
    groups: Sequence[Group], rounds: int, turns: int = TURNS, warm: int | None = None
) -> Timings:
    """Time all contenders in turn, after one round that isn't counted.

    Args:
        groups: contenders by name; no name comes twice.
        rounds: of `turns` batches of each contender.
        turns: batches of each contender in a round.
        warm: batches of each in the round that isn't counted; as in the others when None.

    Raises:
        RuntimeError: an answer was not what was to be timed.
    """
    for group in groups:
        _round(group, warm or turns)
    # What is here by now stays; without it collecting before each round is quick.
    gc.collect()
    gc.freeze()
    timings: dict[str, list[Batch]] = {name: [] for group in groups for name in group}
    for _ in range(rounds):
        for group in groups:
            for name, batches in _round(group, turns).items():
                timings[name].extend(batches)
    gc.unfreeze()
    return timings


def _round(group: Group, turns: int) -> dict[str, list[Batch]]:
    """`turns` batches of each, with the work of threads spread over their contender's calls."""
    threads = {name: c.background for name, c in group.items() if c.background is not None}

    def cpu_s() -> float:
        return time.process_time() - sum(thread.cpu_s() for thread in threads.values())

    gc.collect()
    before = {name: thread.cpu_s() for name, thread in threads.items()}
    taken: dict[str, list[Batch]] = {name: [] for name in group}
    for turn in range(turns):
        # There and back, so that nobody always comes after the same neighbour.
        for name in list(group)[:: -1 if turn % 2 else 1]:
            taken[name].append(_time(group[name], cpu_s))
    for name, thread in threads.items():
        thread.settle()
        share = (thread.cpu_s() - before[name]) / (turns * group[name].calls)
        taken[name] = [replace(batch, cpu_s=batch.cpu_s + share) for batch in taken[name]]
    return taken


def _time(contender: Contender, cpu_s: Callable[[], float]) -> Batch:
    inputs = contender.inputs(contender.calls)
    cpu, wall = cpu_s(), time.perf_counter()
    answers = contender.run(inputs)
    used, waited = cpu_s() - cpu, time.perf_counter() - wall
    for answer in answers:
        contender.check(answer)
    return Batch(used / contender.calls, waited / contender.calls)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One contender against another.

    Attributes:
        contender: who is measured.
        base: against whom; None when the contender was measured above it already.
        unit: units in a second, for what the contender adds; None for the ratio of the two.
        clock: which of a batch's times are compared.
    """

    contender: str
    base: str | None
    unit: float | None = None
    clock: Literal["cpu_s", "wall_s"] = "cpu_s"

    def of(self, contender: float, base: float) -> float:
        """Compare two times."""
        return contender / base if self.unit is None else (contender - base) * self.unit


@dataclass(frozen=True, slots=True)
class Compared:
    """How a comparison came out.

    Attributes:
        value: median of the comparisons of neighbouring batches, by the comparison's clock.
        low, high: 95 % confidence interval of that median.
        at_best: as `value`, at the speed of the base's least time; a processor that others slow
            down makes every difference longer.
        minimum: the comparison of the two's least times.
        wall: as `value`, in wall time.
    """

    value: float
    low: float
    high: float
    at_best: float
    minimum: float
    wall: float


def compare(timings: Timings, comparison: Comparison) -> Compared:
    """Compare two contenders batch by batch: what disturbs one disturbs its neighbour."""
    ours = timings[comparison.contender]
    none = [Batch(0.0, 0.0)] * len(ours)
    base = none if comparison.base is None else timings[comparison.base]
    pairs = list(zip(ours, base, strict=True))
    read: Callable[[Batch], float] = attrgetter(comparison.clock)
    times = [(read(one), read(other)) for one, other in pairs]
    compared = sorted(comparison.of(one, other) for one, other in times)
    low, high = _interval(compared)
    best, best_base = read(least(ours)), read(least(base))
    usual = best_base * median(one / other for one, other in times) if best_base else best
    return Compared(
        value=median(compared),
        low=low,
        high=high,
        at_best=comparison.of(usual, best_base),
        minimum=comparison.of(best, best_base),
        wall=median(comparison.of(one.wall_s, other.wall_s) for one, other in pairs),
    )


def least(batches: Iterable[Batch]) -> Batch:
    """The least CPU and the least wall time."""
    return _each(min, batches)


def middle(batches: Iterable[Batch]) -> Batch:
    """The median CPU and the median wall time."""
    return _each(median, batches)


def _each(choose: Callable[[Iterable[float]], float], batches: Iterable[Batch]) -> Batch:
    times = [(batch.cpu_s, batch.wall_s) for batch in batches]
    return Batch(*map(choose, zip(*times, strict=True)))


def _interval(ordered: Sequence[float]) -> tuple[float, float]:
    """The 95 % confidence interval of these values' median, by order statistics."""
    rank = max(0, math.floor((len(ordered) - 1.96 * math.sqrt(len(ordered))) / 2))
    return ordered[rank], ordered[-1 - rank]
