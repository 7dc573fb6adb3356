"""The API's documents for people: one page, written from the OpenAPI schema on the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html_join
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from mawaeed.api.schema_words import Kind, example_of, kind_of

Schema = Mapping[str, Any]
FIRST_REFUSAL = 400


@dataclass(frozen=True, slots=True)
class Entry:
    """A parameter, or a member of an object."""

    name: str
    kind: Kind
    required: bool
    place: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One status an operation may answer with."""

    status: int
    words: str
    kind: Kind | None

    @property
    def refuses(self) -> bool:
        """Whether it is a refusal."""
        return self.status >= FIRST_REFUSAL


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked for at one address with one method."""

    anchor: str
    method: str
    path: str
    about: list[str]
    needs_token: bool
    parameters: list[Entry]
    body: Kind | None
    members: list[Entry]
    answers: list[Answer]
    example: str


@dataclass(frozen=True, slots=True)
class Shape:
    """An object that goes in or comes out."""

    name: str
    about: list[str]
    members: list[Entry]


class Documents(DocsBase):
    """The page at `/api/v1/docs`."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **path: Any) -> HttpResponse:
        """Everything there is, by subject, in the site's layout and without a script."""
        schema = api.get_openapi_schema(path_params=path)
        shapes = schema["components"]["schemas"]
        site = request.build_absolute_uri("/").rstrip("/")
        context = {
            "about": _marked(schema["info"]["description"]),
            "schema_url": self.get_openapi_url(api, path),
            "subjects": _subjects(schema["paths"], shapes, site),
            "shapes": [_shape(name, shapes[name]) for name in sorted(shapes)],
        }
        return render(request, "api/documents.html", context)


def _subjects(
    paths: Mapping[str, Mapping[str, Schema]], shapes: Schema, site: str
) -> list[tuple[str, list[Operation]]]:
    """(subject, its operations), in the order of the schema."""
    found: dict[str, list[Operation]] = {}
    for path, methods in paths.items():
        for method, told in methods.items():
            subject = (told.get("tags") or ["other"])[0]
            operation = _operation(method.upper(), path, told, shapes, site)
            found.setdefault(subject, []).append(operation)
    return list(found.items())


def _operation(method: str, path: str, told: Schema, shapes: Schema, site: str) -> Operation:
    body = _content(told.get("requestBody", {}))
    return Operation(
        anchor=told["operationId"],
        method=method,
        path=path,
        about=_paragraphs(told.get("description") or told.get("summary", "")),
        needs_token=bool(told.get("security")),
        parameters=[_parameter(each) for each in told.get("parameters", [])],
        body=kind_of(body) if body else None,
        members=_members(_resolved(body, shapes)) if body else [],
        answers=[_answer(int(status), each) for status, each in told["responses"].items()],
        example=_curl(method, path, told, shapes, site),
    )


def _parameter(told: Schema) -> Entry:
    return Entry(
        name=told["name"],
        kind=kind_of(told["schema"]),
        required=bool(told.get("required")),
        place=told["in"],
        about=_marked(told.get("description", "")),
    )


def _answer(status: int, told: Schema) -> Answer:
    schema = _content(told)
    return Answer(status, told.get("description", ""), kind_of(schema) if schema else None)


def _shape(name: str, schema: Schema) -> Shape:
    return Shape(name, _paragraphs(schema.get("description", "")), _members(schema))


def _members(schema: Schema) -> list[Entry]:
    required = schema.get("required", [])
    return [
        Entry(name, kind_of(each), name in required, about=_marked(each.get("description", "")))
        for name, each in schema.get("properties", {}).items()
    ]


def _content(told: Schema) -> Schema | None:
    content: Schema | None = told.get("content", {}).get("application/json", {}).get("schema")
    return content


def _resolved(schema: Schema, shapes: Schema) -> Schema:
    reference = str(schema.get("$ref", ""))
    found: Schema = shapes[reference.rpartition("/")[2]] if reference else schema
    return found


def _paragraphs(text: str) -> list[str]:
    return [_marked(part.strip()) for part in text.split("\n\n") if part.strip()]


def _marked(text: str) -> str:
    """The text with what stands between backticks as code."""
    parts = text.replace("\n", " ").split("`")
    told = (("code" if number % 2 else "span", part) for number, part in enumerate(parts) if part)
    return format_html_join("", "<{0}>{1}</{0}>", told)


def _curl(method: str, path: str, told: Schema, shapes: Schema, site: str) -> str:
    """The operation as a command to try, with invented values."""
    asked = []
    lines = [] if method == "GET" else [f"-X {method}"]
    for each in told.get("parameters", []):
        value = example_of(each["name"], each["schema"], shapes)
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(value))
        elif each["in"] == "query" and each.get("required"):
            asked.append(f"{each['name']}={value}")
        elif each["in"] == "header" and each.get("required"):
            lines.append(f'-H "{each["name"]}: {value}"')
    if told.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    body = _content(told.get("requestBody", {}))
    if body:
        sent = json.dumps(example_of("", body, shapes), ensure_ascii=False)
        lines += ['-H "Content-Type: application/json"', f"-d '{sent}'"]
    query = f"?{'&'.join(asked)}" if asked else ""
    return " \\\n  ".join([f'curl "{site}{path}{query}"', *lines])
