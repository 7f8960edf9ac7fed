"""Playing a script against the pipeline: no network, no event loop, no mock."""

from collections import deque
from collections.abc import Iterable
from typing import Any, TypeVar

from tokenomics_shared.effects import Effect, Steps

T = TypeVar("T")

Line = tuple[Effect | type[Effect], Any]
"""The effect that must come, or just its class, and what it gives; an exception is thrown in."""


def play(steps: Steps[T], script: Iterable[Line]) -> T:
    """Drive a computation through exactly these effects and return its result.

    Raises:
        AssertionError: another effect came, one was missing, or one came too many.
    """
    rest = deque(script)
    try:
        effect = next(steps)
        while rest:
            expected, given = rest.popleft()
            assert expected in (effect, type(effect)), f"came {effect!r}, not {expected!r}"
            effect = steps.throw(given) if isinstance(given, BaseException) else steps.send(given)
    except StopIteration as stop:
        assert not rest, f"ended before {rest[0][0]!r}"
        return stop.value  # type: ignore[no-any-return]  # a generator's return is untyped
    raise AssertionError(f"the script ended before {effect!r}")
