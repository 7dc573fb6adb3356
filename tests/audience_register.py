"""Every address of the product with whom it is for, read from the resolver itself.

`audience_register()` is what tests walk that concern every page: access, accessibility, looks.
The live streams (`/live/<topic>`) are no part of it: they tell numbers only, to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from mawaeed.api.api import api
from mawaeed.api.audience import operations

PUBLIC, RESIDENT, STAFF, DEMO = "public", "resident", "staff", "demo"
ADMINISTRATION, NOBODY = "administration", "nobody"
KNOWN = (PUBLIC, RESIDENT, STAFF, DEMO, ADMINISTRATION, NOBODY)
# Django's own sign-in of the administration, and ninja's root, which only says 404.
NOT_OURS = {"admin:login": (PUBLIC,), "api:api-root": (NOBODY,)}
ARGUMENT = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>|\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Address:
    """One pattern, such as `desk/<slug:centre>/`, and its audience: what, then which roles."""

    pattern: str
    name: str
    audience: tuple[str, ...]
    method: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of what the pattern leaves open."""
        return tuple(next(filter(None, found)) for found in ARGUMENT.findall(self.pattern))

    def path(self, values: Mapping[str, str]) -> str:
        """The address with its open places filled; `/` first."""

        def filled(match: re.Match[str]) -> str:
            return values[next(filter(None, match.groups()))]

        bare = self.pattern.replace("^", "").replace("$", "").replace("\\Z", "")
        return "/" + ARGUMENT.sub(filled, bare)

    def __str__(self) -> str:
        return f"{self.method} {self.pattern}".strip() or "/"


def audience_register(urlconf: str | None = None) -> list[Address]:
    """All of them, in the order of the resolver; an audience is empty where none is declared."""
    found = [each for one in _patterns(get_resolver(urlconf)) for each in _declared(*one)]
    # Operations that share an address are found once by each of their names.
    return list({(each.pattern, each.method): each for each in found}.values())


def _patterns(
    resolver: URLResolver, before: str = "", spaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...], URLPattern]]:
    for each in resolver.url_patterns:
        where = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield where, spaces, each
        else:
            inner = (*spaces, each.namespace) if each.namespace else spaces
            yield from _patterns(each, where, inner)


def _declared(pattern: str, spaces: tuple[str, ...], found: URLPattern) -> Iterator[Address]:
    name = ":".join([*spaces, found.name or ""])
    view: Any = found.callback
    declared = tuple(str(word) for word in getattr(view, "audience", ()))
    if name in NOT_OURS:
        yield Address(pattern, name, NOT_OURS[name])
    elif spaces[:1] == ("admin",):
        yield Address(pattern, name, (ADMINISTRATION,))
    elif spaces[:1] == ("api",) and not declared:
        yield from _operations(pattern, name)
    else:
        yield Address(pattern, name, declared)


def _operations(pattern: str, name: str) -> list[Address]:
    """One for each method; a view without an operation of the API has declared nothing."""
    ours = ARGUMENT.sub("*", pattern.removeprefix("api/v1"))
    found = [
        Address(pattern, name, audience, method)
        for method, path, audience, _guarded in operations(api)
        if ARGUMENT.sub("*", path) == ours
    ]
    return found or [Address(pattern, name, ())]
