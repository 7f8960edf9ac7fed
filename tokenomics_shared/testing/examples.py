"""Values of a JSON schema, made from a text."""

import re
from collections.abc import Mapping
from typing import Any


def example(  # noqa: PLR0911 -- one for each kind of schema
    schema: Mapping[str, Any], text: str, name: str = "value", top: Any = None
) -> Any:
    """A value of this JSON schema, with numbers and quoted strings taken from the text."""
    top = schema if top is None else top
    if "$ref" in schema:
        return example(_referred(top, schema["$ref"]), text, name, top)
    for combination in ("anyOf", "oneOf", "allOf"):
        if combination in schema:
            options = [part for part in schema[combination] if part.get("type") != "null"]
            return example(options[0], text, name, top)
    if "enum" in schema or "const" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        fields = schema.get("properties", {})
        return {field: example(part, text, field, top) for field, part in fields.items()}
    if kind == "array":
        return [example(schema.get("items", {}), text, name, top)]
    return _scalar(kind, text, name)


def _scalar(kind: str, text: str, name: str) -> Any:
    numbers = re.findall(r"-?\d+", text) or ["7"]
    quoted = re.findall(r"'([^']+)'", text)
    values = {"integer": int(numbers[-1]), "number": float(numbers[-1]), "boolean": True}
    return values.get(kind, quoted[0] if quoted else f"some {name}")


def _referred(top: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    part: Any = top
    for step in reference.removeprefix("#/").split("/"):
        part = part[step]
    return part  # type: ignore[no-any-return]  # a schema inside a schema
