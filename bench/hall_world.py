"""One centre with a full hall, its staff with tokens. Everything in it is invented."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

ZONE = "Asia/Bahrain"
CLASSES = ("appointment", "walk_in", "walk_in", "walk_in", "priority")
# Halls of counters: share of the counters and of the visitors.
POOLS = (0.55, 0.30, 0.15)
# Services: hall, letter of the numbers, minutes.
SERVICES = (
    (0, "A", 10),
    (0, "B", 10),
    (0, "B", 15),
    (1, "C", 15),
    (1, "C", 20),
    (2, "D", 30),
)
# The longest anybody has waited already, seconds: some are past the ceiling.
WAITED = 4500


@dataclass(frozen=True, slots=True)
class Called:
    """A call as the one who pressed saw it; moments of this process's clock."""

    number: str
    sent: float
    heard: float
    alone: bool  # nobody else pressed meanwhile


@dataclass(slots=True)
class HallWorld:
    """Where to ask, with which tokens, and what the clients saw."""

    centre: Any
    services: list[str]  # by how many ask for them
    clerks: list[str]
    receptionists: list[str]
    calls: list[Called] = field(default_factory=list)
    # Number → when its answer came.
    given: dict[str, float] = field(default_factory=dict)
    alone: bool = False

    @property
    def path(self) -> str:
        """Where the centre's operations begin."""
        return f"/api/v1/staff/{self.centre.code}"


def make(waiting: int, counters: int, clients: int) -> HallWorld:
    """The hall, in a database with tables but nothing in them."""
    from mawaeed.centres import models as centres
    from mawaeed.kernel.clock import now
    from mawaeed.kernel.models import PolicyValue

    moment = now()
    centre = new_centre("c")
    pools = [
        centres.Pool.objects.create(
            centre=centre, code=f"p{place}", name=both("Hall"), places=round(share * counters)
        )
        for place, share in enumerate(POOLS)
    ]
    offerings = _offerings(centre, pools)
    PolicyValue.objects.create(
        key="hall.walk_in_limit",
        scope_kind="agency",
        scope_id=0,
        value=False,
        effective_from=moment - timedelta(days=1),
    )
    for pool in pools:
        _open_day(centre, pool, moment)
    world = HallWorld(
        centre,
        [one.service.code for one in offerings for _ in range(round(100 * _share(one)))],
        _clerks(centre, pools, counters, moment),
        [_token(centre, f"reception-{n}", "receptionist", moment)[1] for n in range(clients)],
    )
    _fill(offerings, waiting, moment)
    return world


def new_centre(code: str) -> Any:
    """A centre of a directorate of an agency of its own."""
    from mawaeed.centres import models as centres

    agency = centres.Agency.objects.create(code=code, name=both("Hall"))
    directorate = centres.Directorate.objects.create(agency=agency, code=code, name=both("Hall"))
    return centres.Centre.objects.create(
        agency=agency,
        directorate=directorate,
        code=code,
        name=both("Hall"),
        short_name=both("Hall"),
        timezone=ZONE,
    )


def both(text: str) -> dict[str, str]:
    """In both languages."""
    return {"ar": text, "en": text}


def _offerings(centre: Any, pools: list[Any]) -> list[Any]:
    from mawaeed.centres import models as centres

    groups: dict[str, Any] = {}
    made = []
    for place, (pool, letter, minutes) in enumerate(SERVICES):
        if letter not in groups:
            groups[letter] = centres.ServiceGroup.objects.create(
                centre=centre, letter=letter, name=both(letter)
            )
        service = centres.Service.objects.create(
            agency=centre.agency,
            directorate=centre.directorate,
            code=f"s{place}",
            name=both("Service"),
            duration_minutes=minutes,
        )
        made.append(
            centres.Offering.objects.create(
                service=service, centre=centre, pool=pools[pool], group=groups[letter]
            )
        )
    return made


def _share(offering: Any) -> float:
    """Of all visitors; the services of a hall share its visitors alike."""
    place = int(offering.service.code[1:])
    pool = SERVICES[place][0]
    return POOLS[pool] / sum(one[0] == pool for one in SERVICES)


def _open_day(centre: Any, pool: Any, now: datetime) -> None:
    from mawaeed.availability.models import Interval, Session
    from mawaeed.kernel.clock import local_date

    begin = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    session = Session.objects.create(
        centre=centre,
        pool=pool,
        date=local_date(now, ZONE),
        starts_at=begin,
        ends_at=begin + timedelta(hours=8),
        places=pool.places,
    )
    Interval.objects.bulk_create(
        Interval(
            session=session,
            pool=pool,
            starts_at=begin + timedelta(minutes=5 * n),
            ends_at=begin + timedelta(minutes=5 * n + 5),
            capacity=pool.places,
        )
        for n in range(96)
    )


def _clerks(centre: Any, pools: list[Any], counters: int, now: datetime) -> list[str]:
    """Tokens of whoever opened a counter, the halls mixed."""
    from mawaeed.centres.models import Counter
    from mawaeed.hall import actions as hall

    served = [pool for pool in pools for _ in range(pool.places)]
    served += [pools[0]] * (counters - len(served))
    random.Random(40).shuffle(served)
    tokens = []
    for number, pool in enumerate(served[:counters], start=1):
        counter = Counter.objects.create(centre=centre, pool=pool, number=number)
        staff, token = _token(centre, f"clerk-{number}", "clerk", now)
        hall.open_counter(counter=counter, staff=staff, now=now)
        tokens.append(token)
    return tokens


def _token(centre: Any, username: str, role: str, now: datetime) -> tuple[Any, str]:
    from mawaeed.kernel.actor import SYSTEM
    from mawaeed.people.actions import create_staff_token
    from mawaeed.people.models import Staff, StaffRole

    staff = Staff.objects.create(username=username)
    StaffRole.objects.create(staff=staff, role=role, agency=centre.agency, centre=centre)
    token, _ = create_staff_token(staff=staff, label="bench", days=1, actor=SYSTEM, now=now)
    return staff, token


def _fill(offerings: list[Any], waiting: int, now: datetime) -> None:
    """Everybody who waits, with history; the numbers of each letter go on from theirs."""
    from mawaeed.hall.models import NumberSeries
    from mawaeed.kernel.clock import local_date

    chance, day = random.Random(4), local_date(now, ZONE)
    last: dict[str, int] = {}
    chosen = chance.choices(offerings, [_share(one) for one in offerings], k=waiting)
    load_tickets(_rows(chosen, last, chance, now), now)
    centre = offerings[0].centre
    for letter, number in last.items():
        NumberSeries.objects.create(centre=centre, letter=letter, day=day, last_number=number)


def _rows(
    offerings: list[Any], last: dict[str, int], chance: random.Random, now: datetime
) -> Iterator[tuple[Any, str, str, datetime]]:
    from mawaeed.hall.rules import number_text

    for offering in offerings:
        letter = offering.group.letter
        last[letter] = last.get(letter, 0) + 1
        due_at = now - timedelta(seconds=chance.uniform(0, WAITED))
        yield offering, number_text(letter, last[letter]), chance.choice(CLASSES), due_at


TICKET = (
    *("id", "agency_id", "centre_id", "day", "group_id", "number", "secret", "offering_id"),
    *("pool_id", "priority_class", "due_at", "created_at"),
)
HISTORY = (
    *("day", "at", "subject_kind", "subject_id", "agency_id", "centre_id", "from_state"),
    *("to_state", "actor_kind", "details"),
)


def load_tickets(rows: Iterator[tuple[Any, str, str, datetime]], now: datetime) -> None:
    """Waiting tickets, each with the row of its coming, from (offering, number, class, due)."""
    from bulk import load

    from mawaeed.hall.models import Ticket
    from mawaeed.kernel.clock import local_date
    from mawaeed.kernel.models import History

    day, given = local_date(now, ZONE), json.dumps({"event": "ticket_issued"})
    newest = Ticket.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    tickets, past = [], []
    for pk, (offering, number, kind, due_at) in enumerate(rows, start=newest + 1):
        centre = offering.centre
        where = (centre.agency_id, centre.pk)
        what = (offering.group_id, number, f"bench-{pk}", offering.pk, offering.pool_id)
        tickets.append((pk, *where, day, *what, kind, due_at, due_at))
        past.append((day, due_at, "ticket", pk, *where, "", "waiting", "kiosk", given))
    load(Ticket, TICKET, tickets)
    load(History, HISTORY, past)
