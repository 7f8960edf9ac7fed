"""JSON by its schema, as far as answers and tool arguments go wrong in practice.

A small part of JSON Schema, so that the base install needs no library for it: types, required
and unknown properties, items, enums, constants, ranges, lengths, references within the schema,
combinations. What it doesn't know it lets pass.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_DEPTH = 40
"""Levels that are looked into; a schema that refers to itself may go on forever."""

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    ),
}
_BOUNDS: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "minimum": ("number", lambda value, bound: value >= bound),
    "maximum": ("number", lambda value, bound: value <= bound),
    "exclusiveMinimum": ("number", lambda value, bound: value > bound),
    "exclusiveMaximum": ("number", lambda value, bound: value < bound),
    "minItems": ("array", lambda value, bound: len(value) >= bound),
    "maxItems": ("array", lambda value, bound: len(value) <= bound),
    "minLength": ("string", lambda value, bound: len(value) >= bound),
    "maxLength": ("string", lambda value, bound: len(value) <= bound),
}
_KEYWORDS = frozenset("properties required items enum anyOf oneOf allOf $ref const".split())


def schema_in(response_format: Any) -> Mapping[str, Any]:
    """The schema in what a request says of its answer's form; empty when it holds none."""
    given = response_format
    while isinstance(given, Mapping) and not _KEYWORDS.intersection(given):
        given = given.get("json_schema") or given.get("schema") or given.get("parameters")
    return given if isinstance(given, Mapping) else {}


def schema_fault(schema: Mapping[str, Any], value: Any, what: str) -> str | None:
    """The first thing that is wrong with a value by its schema, in words; None when nothing is.

    Args:
        schema: JSON Schema; a property's type may be in capitals, as Google's API has it.
        value: read from JSON.
        what: what the value is called.
    """
    return next(_Reading(schema).faults(schema, value, what, _DEPTH), None)


class _Reading:
    """Reads values by one schema, whose parts may refer to others of it."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def faults(self, schema: Any, value: Any, what: str, depth: int) -> Iterator[str]:
        """What is wrong with a value."""
        schema = self._resolved(schema)
        if schema is False:
            yield f"{what} must not be there"
        if not isinstance(schema, Mapping) or depth == 0:
            return
        if value is None and schema.get("nullable"):
            return
        yield from _of_type(schema, value, what)
        yield from _of_choice(schema, value, what)
        yield from _of_bounds(schema, value, what)
        yield from self._of_combination(schema, value, what, depth)
        if isinstance(value, Mapping):
            yield from self._of_object(schema, value, what, depth)
        elif isinstance(value, list):
            yield from self._of_array(schema, value, what, depth)

    def _resolved(self, schema: Any) -> Any:
        """The schema that a reference such as `#/$defs/Name` means; unknown ones allow all."""
        for _ in range(_DEPTH):
            reference = schema.get("$ref") if isinstance(schema, Mapping) else None
            if not isinstance(reference, str):
                return schema
            schema = self._root if reference.startswith("#") else None
            for step in reference.removeprefix("#").strip("/").split("/"):
                name = step.replace("~1", "/").replace("~0", "~")
                if name:
                    schema = schema.get(name) if isinstance(schema, Mapping) else None
        return None

    def _of_object(
        self, schema: Mapping[str, Any], value: Mapping[str, Any], what: str, depth: int
    ) -> Iterator[str]:
        required = schema.get("required")
        for name in required if isinstance(required, Sequence) else ():
            if name not in value:
                yield f"{what} lacks {name}"
        properties = schema.get("properties")
        known = properties if isinstance(properties, Mapping) else {}
        others = schema.get("additionalProperties", True)
        if "patternProperties" in schema:
            others = True
        for name, part in value.items():
            if name in known:
                yield from self.faults(known[name], part, f"{name} of {what}", depth - 1)
            elif others is False:
                yield f"{what} has the unknown {name}"
            else:
                yield from self.faults(others, part, f"{name} of {what}", depth - 1)

    def _of_array(
        self, schema: Mapping[str, Any], value: Sequence[Any], what: str, depth: int
    ) -> Iterator[str]:
        first = schema.get("prefixItems")
        head = first if isinstance(first, list) else []
        for place, part in enumerate(value):
            rule = head[place] if place < len(head) else schema.get("items")
            yield from self.faults(rule, part, f"item {place + 1} of {what}", depth - 1)

    def _of_combination(
        self, schema: Mapping[str, Any], value: Any, what: str, depth: int
    ) -> Iterator[str]:
        for part in _parts(schema, "allOf"):
            yield from self.faults(part, value, what, depth - 1)
        for name in ("anyOf", "oneOf"):
            faults = [
                next(self.faults(part, value, what, depth - 1), None)
                for part in _parts(schema, name)
            ]
            if faults and None not in faults:
                yield f"{what} is none of what it may be" if len(faults) > 1 else str(faults[0])


def _parts(schema: Mapping[str, Any], name: str) -> Sequence[Any]:
    parts = schema.get(name)
    return parts if isinstance(parts, list) else ()


def _of_type(schema: Mapping[str, Any], value: Any, what: str) -> Iterator[str]:
    named = schema.get("type", "object" if schema.get("properties") else None)
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    names = [name.lower() for name in names if isinstance(name, str)]
    known = all(name in _TYPES for name in names)
    if names and known and not any(_TYPES[name](value) for name in names):
        yield f"{what} is no {' or '.join(names)}"


def _of_choice(schema: Mapping[str, Any], value: Any, what: str) -> Iterator[str]:
    choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(choices, list) and not any(_equal(value, choice) for choice in choices):
        yield f"{what} is none of its choices"


def _equal(value: Any, choice: Any) -> bool:
    """Equal as JSON is: `true` is not 1."""
    return bool(value == choice) and isinstance(value, bool) == isinstance(choice, bool)


def _of_bounds(schema: Mapping[str, Any], value: Any, what: str) -> Iterator[str]:
    for name, (kind, within) in _BOUNDS.items():
        bound = schema.get(name)
        is_bound = isinstance(bound, int | float) and not isinstance(bound, bool)
        if is_bound and _TYPES[kind](value) and not within(value, bound):
            yield f"{what} breaks its {name}"
