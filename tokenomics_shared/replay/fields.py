"""Reading JSON lines with care: what is wrong is told with its line and its field."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from tokenomics_shared.replay.records import LogError


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a line, for messages."""

    line: int
    name: str = ""

    def __truediv__(self, name: object) -> "Field":
        return replace(self, name=f"{self.name}.{name}" if self.name else str(name))

    def refuse(self, what: str) -> NoReturn:
        """Say what is wrong here.

        Raises:
            LogError: always.
        """
        raise LogError(f"line {self.line}: {self.name + ': ' if self.name else ''}{what}")


def json_lines(path: Path) -> Iterator[tuple[Field, Any]]:
    """Every line's value with its place; empty lines are passed over.

    Raises:
        LogError: the file can't be read, or a line isn't JSON.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LogError(f"{path} can't be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            at = Field(number)
            try:
                yield at, json.loads(line)
            except ValueError as error:
                at.refuse(f"is not JSON: {error}")


def known(at: Field, given: Any, keys: frozenset[str]) -> None:
    """Refuse what is no object, or has keys that nobody knows."""
    if not isinstance(given, dict):
        at.refuse(f"must be an object, got {_kind(given)}")
    for key in given:
        if key not in keys:
            (at / key).refuse(f"is unknown; known are {', '.join(sorted(keys))}")


def text(at: Field, given: Any) -> str:
    """A text."""
    if not isinstance(given, str):
        at.refuse(f"must be text, got {_kind(given)}")
    return given


def number(at: Field, given: Any) -> float:
    """A finite number, 0 or more; true and false count as 1 and 0."""
    if isinstance(given, bool):
        return float(given)
    if not isinstance(given, int | float) or not math.isfinite(given) or given < 0:
        at.refuse(f"must be a number, 0 or more, got {_kind(given)}")
    return float(given)


def whole(at: Field, given: Any, otherwise: int) -> int:
    """A whole number, 0 or more; `otherwise` where there is none."""
    if given is None:
        return otherwise
    count = number(at, given)
    if not count.is_integer():
        at.refuse(f"must be a whole number, got {given}")
    return int(count)


def _kind(given: Any) -> str:
    return "nothing" if given is None else json.dumps(given)[:40]
