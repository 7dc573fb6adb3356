"""Whatever arrives, an operation answers with a status its documents name, and never a 500."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from django.test import Client

from mawaeed.kernel import clock
from mawaeed.people.models import Role
from residents import api_token
from small_world import NOW, make_staff, make_world
from staff_machine import token_for

pytestmark = pytest.mark.django_db

# One list per kind of place a value goes: sane, strange, hostile.
TEXTS = ["", "renewal", "dana", "x" * 300, "\u0660\u0661", "a\tb", "';--", "\u202e", "😀"]
MOMENTS = ["2026-11-23T10:00:00+03:00", "2026-02-30T10:00:00Z", "9999-12-31T23:59:59-14:00", ""]
ODD: list[Any] = [None, 0, -1, 2**70, True, [], {}, [{}], "\u0000", "\ud800", 1e308]


def documents(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return found


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """What a schema says itself; of one that may be left out, what it is otherwise."""
    if "anyOf" in schema:
        schema = next(each for each in schema["anyOf"] if "$ref" in each)
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        found: dict[str, Any] = root["components"]["schemas"][name]
        return found
    return schema


def bodies(operation: dict[str, Any], root: dict[str, Any]) -> list[str | None]:
    """A sane body; one per field and odd value, with the others sane; some that are no object."""
    if "requestBody" not in operation:
        return [None]
    content = operation["requestBody"]["content"]["application/json"]["schema"]
    fields = resolved(content, root)["properties"]
    sane = {name: "2026-11-23T10:00:00+03:00" if name == "starts_at" else "dana" for name in fields}
    made: list[str | None] = [json.dumps(sane), "", "{", "[]", "null", "1", '"x"']
    for name in fields:
        made += [json.dumps({**sane, name: value}) for value in [*TEXTS, *MOMENTS, *ODD]]
        made.append(json.dumps({key: value for key, value in sane.items() if key != name}))
    return made


def queries(operation: dict[str, Any]) -> list[dict[str, str]]:
    """One query per parameter and odd value."""
    names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
    values = [*TEXTS, "0", "-5", "201", "2026-11-23", "0001-01-01", "\x00", "WzFd", "WyJ4IiwxXQ"]
    sane = {"service": "renewal"} if "service" in names else {}
    asked = [{**sane, name: value} for name, value in itertools.product(names, values)]
    return [sane, *asked]


def asks(
    operation: dict[str, Any], root: dict[str, Any]
) -> list[tuple[dict[str, str], str | None]]:
    """Every odd query with a sane body, and every odd body with a sane query."""
    (sane, *odd), sent = queries(operation), bodies(operation, root)
    return [*((sane, body) for body in sent), *((query, sent[0]) for query in odd)]


def references(path: str) -> list[str]:
    """Odd ones for the open place of an address; staff's own are tried with one alone."""
    if path.startswith("/api/v1/staff/"):
        return ["%00"]
    return ["NONESUCH", "%00", "a b", "\u0661"] if "{" in path else [""]


def test_every_status_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world()
    client = Client(raise_request_exception=True)
    token = api_token(client)
    supervisor = token_for(make_staff(world, "supervisor", Role.SUPERVISOR, world.dana), NOW)
    root = documents(client)
    asked = 0
    for path, operations in root["paths"].items():
        of_staff = path.startswith("/api/v1/staff/")
        for method, operation in operations.items():
            allowed = {int(status) for status in operation["responses"]}
            for (query, body), reference, signed_in in itertools.product(
                asks(operation, root),
                references(path),
                [supervisor] if of_staff else ["", token],
            ):
                headers = {"authorization": f"Bearer {signed_in}", "idempotency-key": "k" * 9}
                answer = client.generic(
                    method.upper(),
                    path.replace("{reference}", reference).replace("{centre}", "dana"),
                    body or "",
                    content_type="application/json",
                    query_params=query,
                    headers=headers if signed_in else {},
                )
                asked += 1
                assert answer.status_code in allowed, (method, path, query, body, answer.content)
                if answer.status_code >= 400:
                    assert set(answer.json()) == {"code", "message", "data"}
    assert root["openapi"].startswith("3.1")
    assert asked > 500
