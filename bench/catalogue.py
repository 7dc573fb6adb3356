"""Agencies, directorates, services and centres of the synthetic country."""

from __future__ import annotations

import json

from bulk import load
from world import (
    CENTRES_PER_AGENCY,
    DAYS,
    DIRECTORATE_OF,
    MINUTES,
    POOLS,
    SERVICES,
    Plan,
    centre_code,
    service_id,
)


def load_catalogue(world: Plan, *, first: int = 0) -> None:
    """Agencies, directorates, services, centres, pools and offerings from the `first` centre on."""
    from mawaeed.centres import models

    agencies = range(-(-first // CENTRES_PER_AGENCY), world.agencies)
    load(
        models.Agency, ("id", "code", "name"), ((a + 1, f"a{a}", _name("Agency")) for a in agencies)
    )
    parts = [(a, j) for a in agencies for j in range(4)]
    load(
        models.Directorate,
        ("id", "agency_id", "code", "name"),
        ((a * 4 + j + 1, a + 1, f"d{a}-{j}", _name("Directorate")) for a, j in parts),
    )
    load(
        models.Service,
        ("id", "agency_id", "directorate_id", "code", "name", "duration_minutes", "search_text"),
        (
            (
                (key := (a * 4 + j) * SERVICES + s + 1),
                a + 1,
                a * 4 + j + 1,
                f"s{key}",
                _name("Service"),
                MINUTES[s],
                "service",
            )
            for a, j in parts
            for s in range(SERVICES)
        ),
    )
    _load_centres(world, range(first, world.centres))


def _load_centres(world: Plan, centres: range) -> None:
    from mawaeed.availability.models import CentreCalendar
    from mawaeed.centres import models

    last = world.date(DAYS - 1)
    load(
        models.Centre,
        (
            "id",
            "agency_id",
            "directorate_id",
            "code",
            "name",
            "short_name",
            "latitude",
            "longitude",
        ),
        (
            (
                c + 1,
                c // 13 + 1,
                c // 13 * 4 + DIRECTORATE_OF[c % 13] + 1,
                centre_code(c),
                _name("Centre"),
                _name("Centre"),
                26.0 + c % 50 / 100,
                50.4 + c % 30 / 100,
            )
            for c in centres
        ),
    )
    load(CentreCalendar, ("centre_id", "open_until"), ((c + 1, last) for c in centres))
    load(
        models.ServiceGroup,
        ("id", "centre_id", "letter", "name"),
        ((c + 1, c + 1, "A", _name("General")) for c in centres),
    )
    load(
        models.Pool,
        ("id", "centre_id", "code", "name", "places"),
        (
            (c * 3 + p + 1, c + 1, f"p{p}", _name("Hall"), POOLS[p][0])
            for c in centres
            for p in range(3)
        ),
    )
    load(
        models.Offering,
        ("id", "service_id", "centre_id", "pool_id", "group_id"),
        (
            (c * SERVICES + s + 1, service_id(c, s), c + 1, c * 3 + p + 1, c + 1)
            for c in centres
            for p, (_, served) in enumerate(POOLS)
            for s in served
        ),
    )


def _name(text: str) -> str:
    return json.dumps({"ar": text, "en": text})
