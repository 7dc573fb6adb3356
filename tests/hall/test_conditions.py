"""Profiles as they are entered: what is read, what is refused, whose turn it is."""

from __future__ import annotations

from typing import Any

import pytest

from mawaeed.hall.conditions import HallKinds, Offered, read_conditions, written
from mawaeed.hall.errors import ProfileInvalid
from mawaeed.hall.profiles import brought_to

HALL = HallKinds(
    (
        Offered(10, "passport-new", "P", 1),
        Offered(11, "passport-lost", "P", 1),
        Offered(12, "licence", "L", 2),
    ),
    {"main": 1, "licences": 2},
)
WHOLE: list[dict[str, Any]] = [
    {"kind": "only", "services": ["licence"], "groups": ["P"], "classes": ["appointment"]},
    {
        "kind": "ratio",
        "first": {"count": 2, "classes": ["appointment"]},
        "then": {"count": 1, "classes": ["walk_in"]},
    },
    {"kind": "oldest_first", "minutes": 40},
    {"kind": "also", "pool": "licences", "when": "after", "minutes": 15},
]


def test_what_is_written_is_read_again() -> None:
    assert written(read_conditions(WHOLE, HALL)) == WHOLE


def side(count: int = 1, **named: Any) -> dict[str, Any]:
    return {"count": count, **named}


def ratio(first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "ratio", "first": first, "then": then}


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("raw", "part", "says"),
    [
        ({}, "", "a list"),
        ([{"kind": "never"}], "", "never"),
        ([{"kind": "only"}], "only", "at least one"),
        ([{"kind": "only", "services": ["passport"]}], "only", "passport"),
        ([{"kind": "only", "groups": "P"}], "only", "list of codes"),
        ([{"kind": "only", "group": ["P"]}], "only", "group"),
        ([WHOLE[0], WHOLE[0]], "only", "once"),
        ([{"kind": "oldest_first", "minutes": 0}], "oldest_first", "1 to 480"),
        ([{"kind": "oldest_first", "minutes": True}], "oldest_first", "1 to 480"),
        ([ratio(side(groups=["P"]), side(services=["passport-new"]))], "ratio", "different"),
        ([ratio(side(classes=["walk_in"]), side(groups=["P"]))], "ratio", "different"),
        ([ratio(side(10, groups=["P"]), side(groups=["L"]))], "ratio", "1 to 9"),
        ([{"kind": "ratio", "first": side(groups=["P"])}], "ratio", "for whom"),
        ([{"kind": "also", "pool": "garden"}], "also", "garden"),
        ([{"kind": "also", "pool": "licences", "when": "sometimes"}], "also", "when"),
        ([{"kind": "also", "pool": "licences", "when": "after"}], "also", "1 to 480"),
        ([WHOLE[3], WHOLE[3]], "also", "once"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(raw: Any, part: str, says: str) -> None:
    with pytest.raises(ProfileInvalid) as refused:
        read_conditions(raw, HALL)
    assert refused.value.data["part"] == part
    assert says in refused.value.text()


def test_conditions_are_brought_to_the_ids_of_a_hall() -> None:
    rules = brought_to(read_conditions(WHOLE, HALL), 1, HALL)
    assert rules.only.offerings == frozenset({10, 11, 12})
    assert rules.pool_ids == (1, 2)
    assert rules.flexibility == 3  # three services, appointments only
    assert brought_to(read_conditions([]), 1, HALL).flexibility == 6
    # A counter lent to the pool it would also serve serves it as its own.
    assert brought_to(read_conditions(WHOLE, HALL), 2, HALL).also == ()
