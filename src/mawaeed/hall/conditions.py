"""Conditions of a counter's profile as they are entered: read, checked and written again.

A profile is a list of conditions, kept as JSON (see docs/algorithms/order.md):

    {"kind": "only", "services": ["passport-new"], "groups": ["P"], "classes": ["appointment"]}
    {"kind": "ratio", "first": {"count": 2, "classes": ["appointment"]},
                      "then": {"count": 1, "classes": ["walk_in"]}}
    {"kind": "oldest_first", "minutes": 40}
    {"kind": "also", "pool": "licences", "when": "always" | "own_empty" | "after", "minutes": 15}

`hall.profiles` brings them to one counter. No database, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from django.utils.translation import gettext as _

from mawaeed.hall.errors import ProfileInvalid
from mawaeed.hall.rules import CLASSES

When = Literal["always", "own_empty", "after"]
WHENS: tuple[When, ...] = ("always", "own_empty", "after")
LONGEST_MINUTES = 480
LARGEST_COUNT = 9


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of a centre's tickets, by code: of any named service or group, of any named class.

    Nothing named means all. A service is chosen by its own code or by its group's letter.
    """

    services: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is named."""
        return not (self.services or self.groups or self.classes)

    @property
    def names_services(self) -> bool:
        """Whether services or groups are named, so that classes alone do not tell."""
        return bool(self.services or self.groups)


@dataclass(frozen=True, slots=True)
class Ratio:
    """So many of the first for so many of the second."""

    first: Selection
    first_count: int
    second: Selection
    second_count: int


@dataclass(frozen=True, slots=True)
class Also:
    """Another pool, by code, and when its tickets may be called."""

    pool: str
    when: When = "always"
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Conditions:
    """A profile as it was entered."""

    only: Selection | None = None
    ratio: Ratio | None = None
    oldest_first_minutes: int | None = None
    also: tuple[Also, ...] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """One service of a centre, as conditions look at it."""

    offering_id: int
    service: str
    group: str
    pool_id: int


@dataclass(frozen=True, slots=True)
class HallKinds:
    """What conditions may name at a centre: its services, and pools by code."""

    offered: tuple[Offered, ...] = ()
    pools: Mapping[str, int] = field(default_factory=dict)

    @property
    def services(self) -> frozenset[str]:
        """Codes of the services."""
        return frozenset(item.service for item in self.offered)

    @property
    def groups(self) -> frozenset[str]:
        """Letters of the groups."""
        return frozenset(item.group for item in self.offered)

    def meant_by(self, selection: Selection) -> frozenset[int] | None:
        """Offerings a selection means; None for all."""
        if not selection.names_services:
            return None
        return frozenset(
            item.offering_id
            for item in self.offered
            if item.service in selection.services or item.group in selection.groups
        )


def read_conditions(raw: Any, hall: HallKinds | None = None) -> Conditions:
    """Read a profile's JSON; refuses `ProfileInvalid`, which says what is wrong with which part.

    With `hall`, services, groups and pools must be those of the centre.
    """
    if not isinstance(raw, list):
        _refuse("", _("A profile is a list of conditions."))
    seen: dict[str, Any] = {}
    also: list[Also] = []
    for item in raw:
        kind = str(item.get("kind")) if isinstance(item, dict) else ""
        if kind not in _READERS:
            _refuse("", _("There is no condition “%(kind)s”.") % {"kind": kind})
        read = _READERS[kind](item, hall)
        if kind == "also":
            also.append(read)
        elif kind in seen:
            _refuse(kind, _("The condition “%(kind)s” may stand once only.") % {"kind": kind})
        else:
            seen[kind] = read
    if len({other.pool for other in also}) != len(also):
        _refuse("also", _("Name another pool once only."))
    return Conditions(seen.get("only"), seen.get("ratio"), seen.get("oldest_first"), tuple(also))


def written(conditions: Conditions) -> list[dict[str, Any]]:
    """The JSON of a profile; `read_conditions` reads the same conditions from it."""
    found: list[dict[str, Any]] = []
    if conditions.only is not None:
        found.append({"kind": "only", **_named(conditions.only)})
    if conditions.ratio is not None:
        ratio = conditions.ratio
        first = {"count": ratio.first_count, **_named(ratio.first)}
        then = {"count": ratio.second_count, **_named(ratio.second)}
        found.append({"kind": "ratio", "first": first, "then": then})
    if conditions.oldest_first_minutes is not None:
        found.append({"kind": "oldest_first", "minutes": conditions.oldest_first_minutes})
    for other in conditions.also:
        after = {"minutes": other.minutes} if other.when == "after" else {}
        found.append({"kind": "also", "pool": other.pool, "when": other.when, **after})
    return found


def _named(selection: Selection) -> dict[str, list[str]]:
    parts = {
        "services": selection.services,
        "groups": selection.groups,
        "classes": selection.classes,
    }
    return {name: sorted(values) for name, values in parts.items() if values}


def _refuse(part: str, problem: str) -> NoReturn:
    raise ProfileInvalid(part=part, problem=problem)


def _keys(item: Mapping[str, Any], kind: str, allowed: Collection[str]) -> None:
    unknown = sorted(set(item) - {*allowed, "kind"})
    if unknown:
        _refuse(
            kind,
            _("“%(kind)s” does not know “%(name)s”.") % {"kind": kind, "name": unknown[0]},
        )


def _selection(item: Mapping[str, Any], kind: str, hall: HallKinds | None) -> Selection:
    services = _names(item, kind, "services", hall.services if hall else None)
    groups = _names(item, kind, "groups", hall.groups if hall else None)
    found = Selection(services, groups, _names(item, kind, "classes", CLASSES))
    if found.is_everything:
        _refuse(kind, _("Choose at least one service, group or kind of visitor."))
    return found


def _names(
    item: Mapping[str, Any], kind: str, key: str, known: Collection[str] | None
) -> frozenset[str]:
    values = item.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        _refuse(kind, _("“%(name)s” must be a list of codes.") % {"name": key})
    unknown = sorted(set(values) - set(known)) if known is not None else []
    if unknown:
        _refuse(kind, _("“%(name)s” is not known at this centre.") % {"name": unknown[0]})
    return frozenset(values)


def _number(item: Mapping[str, Any], kind: str, key: str, largest: int) -> int:
    value = item.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= largest:
        _refuse(
            kind,
            _("Give a whole number from 1 to %(largest)s.") % {"largest": largest},
        )
    return value


def _only(item: Mapping[str, Any], hall: HallKinds | None) -> Selection:
    _keys(item, "only", ("services", "groups", "classes"))
    return _selection(item, "only", hall)


def _ratio(item: Mapping[str, Any], hall: HallKinds | None) -> Ratio:
    _keys(item, "ratio", ("first", "then"))
    parts: list[tuple[Selection, int]] = []
    for key in ("first", "then"):
        part = item.get(key)
        if not isinstance(part, dict):
            _refuse("ratio", _("Say of whom, and for whom."))
        _keys(part, "ratio", ("count", "services", "groups", "classes"))
        parts.append(
            (_selection(part, "ratio", hall), _number(part, "ratio", "count", LARGEST_COUNT))
        )
    (first, first_count), (second, second_count) = parts
    if _overlap(first, second, hall):
        _refuse("ratio", _("The two sides of a ratio must be different visitors."))
    return Ratio(first, first_count, second, second_count)


def _overlap(first: Selection, second: Selection, hall: HallKinds | None) -> bool:
    """Whether some ticket could be on both sides of a ratio."""
    classes = (first.classes or set(CLASSES)) & (second.classes or set(CLASSES))
    if not classes:
        return False
    if not (first.names_services and second.names_services):
        return True
    if hall is None:
        return bool(first.services & second.services or first.groups & second.groups)
    one, other = hall.meant_by(first), hall.meant_by(second)
    return bool(one and other and one & other)


def _oldest_first(item: Mapping[str, Any], hall: HallKinds | None) -> int:
    _keys(item, "oldest_first", ("minutes",))
    return _number(item, "oldest_first", "minutes", LONGEST_MINUTES)


def _also(item: Mapping[str, Any], hall: HallKinds | None) -> Also:
    _keys(item, "also", ("pool", "when", "minutes"))
    pool, when = item.get("pool"), item.get("when", "always")
    if not isinstance(pool, str) or (hall is not None and pool not in hall.pools):
        _refuse("also", _("“%(name)s” is not known at this centre.") % {"name": pool})
    if when not in WHENS:
        _refuse("also", _("Say when the other pool is served too."))
    minutes = _number(item, "also", "minutes", LONGEST_MINUTES) if when == "after" else 0
    return Also(str(pool), when, minutes)


_READERS: Mapping[str, Callable[[Mapping[str, Any], HallKinds | None], Any]] = {
    "only": _only,
    "ratio": _ratio,
    "oldest_first": _oldest_first,
    "also": _also,
}
