"""One centre with a full hall, and what its rows say afterwards. Everything in it is invented."""

from __future__ import annotations

import random
from collections import Counter as Tally
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

ZONE = "Asia/Bahrain"
CLASSES = ("appointment", "walk_in", "walk_in", "walk_in", "priority")
# As the settings are without a row: rate a minute, credit; the ceiling is for all.
SCORES = {"appointment": (2.0, 0.0), "walk_in": (1.0, 0.0), "priority": (2.0, 30.0)}
CEILING = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class HallWorld:
    """Where to ask, and with which tokens."""

    centre: Any
    service: str
    clerks: list[str]
    receptionists: list[str]

    @property
    def path(self) -> str:
        """Where the centre's operations begin."""
        from mawaeed.api.api import api  # noqa: F401 (the address is part of the product)

        return f"/api/v1/staff/{self.centre.code}"


def make(waiting: int, counters: int, clients: int) -> HallWorld:
    """Set Django up, create the tables and the hall."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from mawaeed.centres import models as centres
    from mawaeed.kernel.clock import now
    from mawaeed.kernel.models import PolicyValue

    moment = now()
    name = {"ar": "Hall", "en": "Hall"}
    agency = centres.Agency.objects.create(code="a", name=name)
    directorate = centres.Directorate.objects.create(agency=agency, code="d", name=name)
    centre = centres.Centre.objects.create(
        agency=agency, directorate=directorate, code="c", name=name, short_name=name, timezone=ZONE
    )
    group = centres.ServiceGroup.objects.create(centre=centre, letter="A", name=name)
    pool = centres.Pool.objects.create(centre=centre, code="p", name=name, places=counters)
    service = centres.Service.objects.create(
        agency=agency, directorate=directorate, code="s", name=name, duration_minutes=10
    )
    offering = centres.Offering.objects.create(
        service=service, centre=centre, pool=pool, group=group
    )
    PolicyValue.objects.create(
        key="hall.walk_in_limit",
        scope_kind="agency",
        scope_id=0,
        value=False,
        effective_from=moment - timedelta(days=1),
    )
    _open_day(centre, pool, counters, moment)
    world = HallWorld(
        centre,
        service.code,
        _clerks(centre, pool, counters, moment),
        [_token(centre, f"reception-{n}", "receptionist", moment)[1] for n in range(clients)],
    )
    _fill(offering, waiting, moment)
    import world as worlds

    worlds.settle()
    return world


def _open_day(centre: Any, pool: Any, places: int, now: datetime) -> None:
    from mawaeed.availability.models import Interval, Session
    from mawaeed.kernel.clock import local_date

    begin = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    session = Session.objects.create(
        centre=centre,
        pool=pool,
        date=local_date(now, ZONE),
        starts_at=begin,
        ends_at=begin + timedelta(hours=8),
        places=places,
    )
    Interval.objects.bulk_create(
        Interval(
            session=session,
            pool=pool,
            starts_at=begin + timedelta(minutes=5 * n),
            ends_at=begin + timedelta(minutes=5 * n + 5),
            capacity=places,
        )
        for n in range(96)
    )


def _clerks(centre: Any, pool: Any, counters: int, now: datetime) -> list[str]:
    from mawaeed.centres.models import Counter
    from mawaeed.hall import actions as hall

    tokens = []
    for number in range(1, counters + 1):
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


def _fill(offering: Any, waiting: int, now: datetime) -> None:
    from mawaeed.hall.models import NumberSeries, Ticket
    from mawaeed.hall.rules import number_text
    from mawaeed.kernel.clock import local_date

    chance, day = random.Random(4), local_date(now, ZONE)
    Ticket.objects.bulk_create(
        (
            Ticket(
                agency_id=offering.centre.agency_id,
                centre=offering.centre,
                day=day,
                group=offering.group,
                number=number_text("A", number),
                secret=f"bench-{number}",
                offering=offering,
                pool=offering.pool,
                priority_class=chance.choice(CLASSES),
                due_at=now - timedelta(seconds=chance.uniform(0, 4500)),
                created_at=now,
            )
            for number in range(1, waiting + 1)
        ),
        batch_size=2000,
    )
    NumberSeries.objects.create(centre=offering.centre, letter="A", day=day, last_number=waiting)


def compared_with_a_sort(world: HallWorld, calls: int) -> dict[str, int]:
    """Call one after another; each must be the first of a sort of everybody who waits."""
    from mawaeed.hall import actions as hall
    from mawaeed.hall.models import CounterSession, Ticket
    from mawaeed.kernel.actor import SYSTEM
    from mawaeed.kernel.clock import now

    session = (
        CounterSession.objects.select_related("counter__centre").filter(closed_at=None).first()
    )
    assert session is not None
    Ticket.objects.filter(counter=session.counter, state__in=Ticket.AT_COUNTER).update(
        state=Ticket.State.SERVED
    )
    alike = 0
    for _ in range(calls):
        moment = now()
        rows = Ticket.objects.filter(state="waiting").values_list("due_at", "pk", "priority_class")
        first = min(rows, key=lambda row: _place(row, moment), default=None)
        called = hall.call_next(counter_session=session, now=moment, actor=SYSTEM)
        if first is None or called is None:
            break
        alike += called.pk == first[1]
        Ticket.objects.filter(pk=called.pk).update(state=Ticket.State.SERVED)
    return {"calls": calls, "as_sorted": alike}


def _place(row: tuple[datetime, int, str], now: datetime) -> tuple[int, float, datetime, int]:
    due_at, identifier, kind = row
    waited = now - due_at
    if waited > CEILING:
        return 0, 0.0, due_at, identifier
    rate, credit = SCORES[kind]
    return 1, -(rate * waited.total_seconds() / 60 + credit), due_at, identifier


def doubles(world: HallWorld) -> dict[str, int]:
    """Numbers given twice, tickets called twice, and how many of each there are."""
    from mawaeed.hall.models import Ticket
    from mawaeed.kernel.models import History

    numbers = Tally(Ticket.objects.values_list("number", flat=True))
    calls = Tally(
        History.objects.filter(
            subject_kind="ticket", from_state="waiting", to_state="called"
        ).values_list("subject_id", flat=True)
    )
    return {
        "tickets": sum(numbers.values()),
        "numbers_doubled": sum(each > 1 for each in numbers.values()),
        "tickets_called": len(calls),
        "called_twice": sum(each > 1 for each in calls.values()),
    }
