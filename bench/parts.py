"""The parts of the measurement, in the order in which they run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import bulk
import catalogue
import days
import released
import statements
import world as worlds
from crew import Crew
from growth import FAMILIAR, listing_growth
from limit import people_for, run_limit
from measure import Slice, summary
from scale import Scale
from servers import web_server

import residents

# More bookings a second than any way makes here; for so many people are there.
FASTEST = 1_500 * (os.cpu_count() or 1)
BUSIEST = -1  # of the client counts
# On one file noise is less than between two programs; thirteen centres have fewer residents.
ROUNDS_ON_SQLITE, RESIDENTS_OF_FEW = 3, 20_000


class Site:
    """A loaded database, its people not used yet, and the processes that play clients."""

    def __init__(
        self, scale: Scale, environment: Mapping[str, str], centres: int, *, limit: bool
    ) -> None:
        self.scale, self.environment = scale, environment
        self.crew = Crew(environment)
        self.used = 0
        self.world = worlds.plan(
            centres, residents=scale.residents, fresh=_people(scale, limit=limit)
        )

    def take(self, people: int) -> int:
        """The number of the first of so many people whom nobody has used."""
        first, self.used = self.used, self.used + people
        return first

    def action(self, clients: int, *, popular: bool = False) -> Slice:
        """One slice of bookings through the action."""
        people = round(self.scale.seconds * FASTEST)
        return self._run("action", clients, people=people, popular=popular)

    def http(self, clients: int, port: int, *, popular: bool = False) -> Slice:
        """One slice of bookings through the server."""
        people = round(self.scale.seconds * FASTEST)
        return self._run("book", clients, people=people, popular=popular, port=port)

    def get(self, clients: int, port: int, path: str, headers: str = "") -> Slice:
        """One slice of reading one address."""
        return self._run("get", clients, people=0, port=port, path=path, headers=headers)

    def _run(self, kind: str, clients: int, *, people: int, **job: Any) -> Slice:
        return self.crew.run(
            kind,
            clients=clients,
            people=people,
            first=self.take(people),
            world=self.world,
            seconds=self.scale.seconds,
            **job,
        )


def measure_postgresql(
    scale: Scale, environment: Mapping[str, str], address: dict[str, str]
) -> dict[str, Any]:
    """Everything at all centres; one centre's listing beside a database of thirteen."""
    _set_up()
    statements.count_nothing()
    site = Site(scale, environment, scale.centres, limit=True)
    _load(site.world)
    growth = listing_growth(
        {**environment, "DATABASE_URL": _second_database(environment["DATABASE_URL"])},
        environment,
        scale.residents,
        repeats=scale.rounds * 20,
    )
    found: dict[str, Any] = {"scale": scale.as_dict(), **growth}
    _say(f"listing: {found['listing_13']} at 13 centres, {found['listing_all']} at all")
    found["plans"] = [
        *("At 13 centres\n", *found.pop("plans_13")),
        *(f"\nAt {scale.centres} centres\n",),
        *statements.listing_plans("c1", worlds.service_code(0, 0)),
    ]
    found["rows"] = _rows()
    try:
        found.update(_all_rounds(site, address))
    finally:
        site.crew.close()
    found["ledger_agrees"] = _ledger_agrees()
    return found


def measure_sqlite(scale: Scale, environment: Mapping[str, str]) -> dict[str, Any]:
    """The same on one file with thirteen centres, without the limit."""
    _set_up()
    scale = replace(
        scale,
        centres=FAMILIAR,
        rounds=min(scale.rounds, ROUNDS_ON_SQLITE),
        residents=min(scale.residents, RESIDENTS_OF_FEW),
    )
    site = Site(scale, environment, FAMILIAR, limit=False)
    _load(site.world)
    found: dict[str, Any] = {"scale": scale.as_dict(), "rows": _rows()}
    found["plans"] = statements.listing_plans("c1", worlds.service_code(0, 0))
    try:
        found.update(_all_rounds(site, None))
    finally:
        site.crew.close()
    found["ledger_agrees"] = _ledger_agrees()
    return found


def _all_rounds(site: Site, address: dict[str, str] | None) -> dict[str, Any]:
    with web_server(site.environment, form="pages") as port:
        _warm_up(site, port)
        found = _rounds(_booking_parts(site, port, address), site.scale.rounds)
        found.update(_rounds(_listing_parts(site, port), site.scale.rounds))
        if address:
            found["statements"] = _statements(site, port)
        found["release_minute"] = _release_minute(site, port)
    with web_server(site.environment, form="embedded") as port:
        busiest = site.scale.clients[BUSIEST]
        site.http(busiest, port)
        parts = {
            f"embedded_http_{busiest}": lambda: site.http(busiest, port),
            f"embedded_slots_warm_{busiest}": lambda: site.get(busiest, port, _slots_path()),
        }
        found.update(_rounds(parts, site.scale.rounds))
    return found


def _warm_up(site: Site, port: int) -> None:
    """Programs that have just started load their last parts at the first requests."""
    site.action(site.scale.clients[BUSIEST])
    site.http(site.scale.clients[BUSIEST], port)


Parts = Mapping[str, Callable[[], Slice]]


def _booking_parts(site: Site, port: int, address: dict[str, str] | None) -> Parts:
    parts: dict[str, Callable[[], Slice]] = {}

    def add(clients: int, *, popular: bool) -> None:
        word = "popular_" if popular else ""
        if address:
            parts[f"{word}limit_{clients}"] = lambda: _limit(site, address, clients, popular)
        parts[f"{word}action_{clients}"] = lambda: site.action(clients, popular=popular)
        parts[f"{word}http_{clients}"] = lambda: site.http(clients, port, popular=popular)

    for clients in site.scale.clients:
        add(clients, popular=False)
    add(site.scale.clients[BUSIEST], popular=True)
    return parts


def _limit(site: Site, address: dict[str, str], clients: int, popular: bool) -> Slice:
    seconds = site.scale.seconds
    first = site.take(people_for(clients, seconds))
    return run_limit(
        site.world, address, clients=clients, seconds=seconds, first=first, popular=popular
    )


def _listing_parts(site: Site, port: int) -> Parts:
    busiest, path = site.scale.clients[BUSIEST], _slots_path()
    tag = _tag(port, path)
    known = f"If-None-Match: {tag}\r\n"
    return {
        "slots_cold": lambda: _cold(site, port, path),
        f"slots_warm_{busiest}": lambda: site.get(busiest, port, path),
        f"slots_unchanged_{busiest}": lambda: site.get(busiest, port, path, known),
    }


def _slots_path() -> str:
    return f"/api/v1/slots?service={worlds.service_code(0, 0)}"


def _tag(port: int, path: str) -> str:
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return str(answer.headers["ETag"])


def _cold(site: Site, port: int, path: str) -> Slice:
    """One client whose every question is one that no process has an answer for yet."""
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    result = Slice(1, 0.0, [])
    for _ in range(10):
        time.sleep(0.12)  # a copy is kept for one second at most: ten of them are asked in turn
        extra = f"&from={(site.world.first_day - timedelta(days=_next())):%Y-%m-%d}"
        asked = time.perf_counter()
        connection.request("GET", path + extra)
        answer = connection.getresponse()
        answer.read()
        result.latencies.append(time.perf_counter() - asked)
        result.outcomes[str(answer.status)] += 1
    connection.close()
    result.seconds = sum(result.latencies)  # without the pauses
    return result


_questions = 0


def _next() -> int:
    global _questions
    _questions += 1
    return _questions % 5_000


def _rounds(parts: Parts, rounds: int) -> dict[str, Any]:
    """Every part once in each round, so that the machine's moods fall on all alike."""
    slices: dict[str, list[Slice]] = {name: [] for name in parts}
    for number in range(rounds):
        for name, run in parts.items():
            slices[name].append(run())
            done = slices[name][-1]
            _say(f"round {number + 1}: {name} {done.rate:,.0f}/s {dict(done.outcomes)}")
    return {name: summary(found) for name, found in slices.items()}


def _statements(site: Site, port: int) -> dict[str, float]:
    """Statements per booking, counted by the server: the sign-in's look-up is one of HTTP's."""
    found = {}
    with statements.counting() as so_far:
        for name, run in (
            ("action", lambda: site.action(1)),
            ("http", lambda: site.http(1, port)),
        ):
            before = so_far()
            done = run()
            # In process the people are read beforehand, in one statement.
            extra = 1 if name == "action" else 0
            found[name] = round((so_far() - before - extra) / max(1, len(done.latencies)), 2)
    return found


def _release_minute(site: Site, port: int) -> dict[str, Any]:
    scale, world = site.scale, site.world
    released.withhold(world, scale.crowd_places // worlds.RELEASED_PLACES)
    day = (world.first_day + timedelta(days=worlds.RELEASED_DAY)).astimezone(worlds.ZONE)
    first = site.take(scale.crowd)
    released.release(world)
    done = site.crew.run(
        "release",
        clients=site.crew.size,
        people=scale.crowd,
        first=first,
        world=world,
        port=port,
        seconds=scale.crowd_seconds,
        day=f"{day:%Y-%m-%d}",
        centre=worlds.RELEASED_CENTRE,
    )
    _say(f"release minute: {dict(done.outcomes)}")
    return {
        "people": scale.crowd,
        "places": scale.crowd_places,
        "seconds": round(done.seconds, 1),
        "requests": len(done.latencies),
        "p50_ms": round(done.percentile(0.5), 1),
        "p99_ms": round(done.percentile(0.99), 1),
        "longest_ms": round(done.percentile(1.0), 1),
        "outcomes": dict(sorted(done.outcomes.items())),
        **_released(site),
    }


def _released(site: Site) -> dict[str, int]:
    from mawaeed.booking.models import Appointment

    pool = worlds.RELEASED_CENTRE * len(worlds.POOLS) + worlds.RELEASED_POOL + 1
    opens = site.world.opens_at(worlds.RELEASED_DAY)
    booked = Appointment.objects.filter(pool_id=pool, starts_at__gte=opens, state="booked")
    return {"booked": booked.count(), "people_booked": booked.values("person").distinct().count()}


def _set_up() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _second_database(url: str) -> str:
    """An empty database of the same server."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE few")
    return url.replace("/postgres?", "/few?", 1)


def _load(world: worlds.Plan) -> None:
    began = time.perf_counter()
    residents.load_people(world)
    catalogue.load_catalogue(world)
    days.load_days(world)
    bulk.settle()
    _say(f"loaded up to {world.centres} centres in {time.perf_counter() - began:.0f} s")


def _rows() -> dict[str, int]:
    from mawaeed.availability.models import Interval
    from mawaeed.booking.models import Appointment
    from mawaeed.people.models import Person

    models = {"intervals": Interval, "appointments": Appointment, "people": Person}
    return {name: model.objects.count() for name, model in models.items()}


def _ledger_agrees() -> bool:
    """Whether places taken are the places of appointments, over the whole ledger."""
    from django.db.models import DurationField, ExpressionWrapper, F, Sum

    from mawaeed.availability.models import Interval
    from mawaeed.booking.models import Appointment

    taken = Interval.objects.aggregate(sum=Sum("taken_public"))["sum"]
    length = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField())
    covering = Appointment.objects.filter(state__in=Appointment.COVERING)
    stays = covering.aggregate(sum=Sum(length))["sum"]
    return bool(taken == stays / timedelta(minutes=worlds.GRID))


def _people(scale: Scale, *, limit: bool) -> int:
    """As many fresh people as every slice together may use."""
    by_slice = 2 * round(scale.seconds * FASTEST)
    counts = [*scale.clients, scale.clients[BUSIEST]]
    each_round = by_slice * (len(counts) + 1)
    if limit:
        each_round += sum(people_for(clients, scale.seconds) for clients in counts)
    return each_round * scale.rounds + by_slice * 4 + scale.crowd


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)
