"""`mawaeed visitors`: keeps one centre's hall of the demonstration alive, and no other's.

Invented visitors book, arrive and are served by invented clerks through the same actions as
everybody else, at the pace of the demonstration's clock. Half of the counters of each pool stay
free for whoever wants to try being a clerk.
"""

from __future__ import annotations

import argparse
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mawaeed.centres.models import Centre, Counter
    from mawaeed.commands.simulation.plan import Offered, Opening, Visitor
    from mawaeed.commands.simulation.play import Day

SHARE_OF_STAFFED_CAPACITY = 0.8
ALREADY_WAITING = 9
LOOK_AGAIN_SECONDS = 30.0


class Stopped(Exception):
    """The supervisor asked for an end."""


def register(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("visitors", help="keep the demonstration's hall alive")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Play until a signal comes; refuses a database that is no demonstration."""
    from django.conf import settings

    from mawaeed.commands.refusal import CommandRefused
    from mawaeed.kernel.models import Installation

    if not settings.DEMO or not Installation.objects.filter(is_demo=True).exists():
        raise CommandRefused("visitors are invented for a demonstration only (MAWAEED_DEMO=1)")
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    try:
        while not stop.is_set():
            _play_rest_of_day(stop)
            stop.wait(LOOK_AGAIN_SECONDS)
    except Stopped:
        pass
    return 0


def _play_rest_of_day(stop: threading.Event) -> None:
    """One day from now to its close, if the lively centre has hours left today."""
    from mawaeed.kernel import clock

    now = clock.now()
    centre, openings = _open_centre(now)
    if centre is None or not openings:
        return
    day = _day(centre, openings, now, stop)
    _finish_what_was_begun(day, now)
    day.book_ahead(now)
    day.play(from_moment=now, close=False)


def _open_centre(now: datetime) -> tuple[Centre | None, list[Opening]]:
    from mawaeed.availability.models import Session
    from mawaeed.centres.models import Centre
    from mawaeed.commands.demo_people import LIVELY_CENTRE
    from mawaeed.commands.simulation.plan import Opening
    from mawaeed.kernel.clock import local_date

    centre = Centre.objects.filter(code=LIVELY_CENTRE, active=True).first()
    if centre is None:
        return None, []
    today = local_date(now, centre.timezone)
    left = Session.objects.filter(centre=centre, date=today, ends_at__gt=now)
    openings = [
        Opening(one.pool_id, max(one.starts_at, now), one.ends_at, one.places)
        for one in left.order_by("starts_at", "pk")
    ]
    return centre, openings


def _day(centre: Centre, openings: Sequence[Opening], now: datetime, stop: threading.Event) -> Day:
    from mawaeed.commands.simulation.cast import make_clerks, make_residents
    from mawaeed.commands.simulation.play import Day

    seed = int(now.timestamp())
    counters = _counters(centre)
    visitors = _visitors(centre, openings, counters, now, seed)
    return Day(
        centre=centre,
        openings=openings,
        visitors=visitors,
        people=make_residents(len(visitors), seed=seed, now=now),
        clerks=make_clerks(centre, counters),
        seed=seed,
        pace=DemoPace(stop),
        strangers_come=True,
    )


def _counters(centre: Centre) -> list[Counter]:
    """The first half of each pool's counters, at least one."""
    from mawaeed.centres.models import Counter

    chosen: list[Counter] = []
    for pool in centre.pools.filter(active=True):
        counters = list(Counter.objects.filter(pool=pool, active=True).order_by("number"))
        chosen += counters[: (len(counters) + 1) // 2]
    return chosen


def _visitors(
    centre: Centre,
    openings: Sequence[Opening],
    counters: Sequence[Counter],
    now: datetime,
    seed: int,
) -> list[Visitor]:
    """A plan for the rest of the day that the invented clerks can serve; some are here already."""
    from mawaeed.commands.simulation.plan import plan_day

    offered = _offered(centre)
    minutes = sum(one.minutes for one in offered) / max(1, len(offered))
    hours_left = max(opening.ends_at for opening in openings) - now
    count = round(
        SHARE_OF_STAFFED_CAPACITY * len(counters) * hours_left.total_seconds() / 60 / minutes
    )
    planned = plan_day(offered, openings, visitors=max(count, ALREADY_WAITING), seed=seed)
    walk_ins = [one for one in planned if one.offered.walk_ins][:ALREADY_WAITING]
    here = {
        one.index: replace(one, booked=False, arrives_at=now + timedelta(seconds=2 + 3 * place))
        for place, one in enumerate(walk_ins)
    }
    return [here.get(one.index, one) for one in planned]


def _offered(centre: Centre) -> list[Offered]:
    from mawaeed.centres.models import Offering
    from mawaeed.commands.simulation.plan import Offered

    offerings = Offering.objects.select_related("service").filter(centre=centre, active=True)
    return [
        Offered(one.pk, one.service.code, one.pool_id, one.duration_minutes, one.walk_ins)
        for one in offerings.order_by("pk")
    ]


def _finish_what_was_begun(day: Day, now: datetime) -> None:
    """Visitors left at an invented clerk's counter by an earlier run are served to the end."""
    from mawaeed.hall import actions as hall
    from mawaeed.hall.models import Ticket

    for clerk in day.clerks:
        held = Ticket.objects.select_related("centre", "counter").filter(
            counter=clerk.counter, state__in=Ticket.AT_COUNTER
        )
        for ticket in held:
            serving = ticket
            if ticket.state == Ticket.State.CALLED:
                serving = hall.start_service(ticket=ticket, actor=clerk.actor, now=now)
            hall.finish_service(ticket=serving, actor=clerk.actor, now=now)


class DemoPace:
    """Waits until the demonstration's clock has reached a moment, or until asked to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop

    def __call__(self, moment: datetime) -> None:
        """Return at `moment` of the demonstration's clock; raises `Stopped`."""
        from mawaeed.kernel import clock

        while not self.stop.is_set():
            left = (moment - clock.now()).total_seconds()
            if left <= 0:
                return
            time.sleep(min(left, 0.5))
        raise Stopped
