"""A JSON schema in few words, and a value that fits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
# Invented, but of the right form; the centre and the service are in the catalogue.
EXAMPLES: dict[str, Any] = {
    "service": "licence-eye-test",
    "centre": "traffic-dana",
    "reference": "K7M2P9QX",
    "starts_at": "2026-11-29T09:00:00+03:00",
    "personal_number": "770300000",
    "date_of_birth": "1977-03-15",
    "mobile": "36009876",
    "code": "123456",
    "name": "Somebody",
    "beneficiary": None,
    "companion": None,
    "Idempotency-Key": "any-text-of-your-own",
}
BY_TYPE: dict[str, Any] = {"integer": 1, "number": 26.2, "boolean": True, "string": "text"}
BY_FORMAT = {"date": "2026-11-29", "date-time": "2026-11-29T09:00:00+03:00"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is: plain words, or the name of a shape; maybe a list of it, maybe null."""

    alternatives: tuple[tuple[str, bool], ...]
    is_list: bool = False
    nullable: bool = False
    default: str = ""


def kind_of(schema: Schema) -> Kind:
    """The words for a schema; (name, True) is a shape, (word, False) a plain type."""
    if schema.get("type") == "array":
        inner = kind_of(schema.get("items", {}))
        return Kind(inner.alternatives, is_list=True, nullable=inner.nullable)
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or [schema]
    present = [each for each in choices if each.get("type") != "null"]
    if len(present) == 1 and present[0].get("type") == "array":
        inner = kind_of(present[0])
        return Kind(inner.alternatives, is_list=True, nullable=len(present) < len(choices))
    default = schema.get("default")
    return Kind(
        tuple(_plain(each) for each in present),
        nullable=len(present) < len(choices),
        default="" if default is None else str(default),
    )


def _plain(schema: Schema) -> tuple[str, bool]:
    if reference := schema.get("$ref"):
        return str(reference).rpartition("/")[2], True
    if schema.get("type") == "array":
        return f"[{_plain(schema.get('items', {}))[0]}]", False
    if "const" in schema:
        return f'"{schema["const"]}"', False
    if "enum" in schema:
        return " | ".join(f'"{each}"' for each in schema["enum"]), False
    return str(schema.get("format") or schema.get("type") or "any"), False


def example_of(name: str, schema: Schema, shapes: Schema) -> Any:
    """A value that fits; of an object only what it must have."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    if "examples" in schema:
        return schema["examples"][0]
    if reference := schema.get("$ref"):
        return example_of("", shapes[str(reference).rpartition("/")[2]], shapes)
    for choice in schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or ():
        if choice.get("type") != "null":
            return example_of("", choice, shapes)
    if schema.get("type") == "array":
        return [example_of("", schema.get("items", {}), shapes)]
    if "properties" in schema:
        needed = schema.get("required", [])
        members = schema["properties"].items()
        return {key: example_of(key, each, shapes) for key, each in members if key in needed}
    if schema.get("enum"):
        return schema["enum"][0]
    return BY_FORMAT.get(schema.get("format", "")) or BY_TYPE.get(schema.get("type", ""), "text")
