"""`mawaeed day simulate`: a living day at one centre, through the product's own actions."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mawaeed.commands.refusal import CommandRefused

if TYPE_CHECKING:
    from mawaeed.centres.models import Centre
    from mawaeed.commands.simulation.arrivals_log import LoggedArrival
    from mawaeed.commands.simulation.plan import Offered, Opening, Visitor
    from mawaeed.commands.simulation.report import Report

DEFAULT_SHARE_OF_CAPACITY = 0.85


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `day simulate`."""
    day = subparsers.add_parser("day", help="play a day at a centre")
    actions = day.add_subparsers(metavar="ACTION", required=True)
    parser = actions.add_parser("simulate", help="bookings, arrivals, calls, ratings of one day")
    parser.add_argument("--centre", required=True, help="code of the centre")
    parser.add_argument("--date", type=date.fromisoformat, help="default: the next working day")
    parser.add_argument("--visitors", type=int, help="default: 85 %% of the day's capacity")
    parser.add_argument("--speed", type=float, default=0, help="times real time; 0: at once")
    parser.add_argument("--seed", type=int, default=1, help="the same seed plays the same day")
    parser.add_argument("--arrivals", type=Path, help="CSV(.gz) log with arrival times")
    parser.add_argument("--office", help="office in the log")
    parser.add_argument("--log-date", type=date.fromisoformat, help="day in the log")
    parser.add_argument("--here", action="store_true", help="in this database, not one of its own")
    parser.add_argument("--report", type=Path, help="write the figures as JSON")
    parser.add_argument("--catalogue", type=Path, help="default: the shipped one")
    parser.set_defaults(run=run, needs_django=False)


def run(arguments: argparse.Namespace) -> int:
    """Play the day and print its figures; 1 if they do not agree with each other."""
    if arguments.arrivals and not (arguments.office and arguments.log_date):
        raise CommandRefused("--arrivals needs --office and --log-date")
    if arguments.here:
        return _play(arguments)
    with tempfile.TemporaryDirectory(prefix="mawaeed-day-") as directory:
        os.environ["DATA_DIR"] = directory
        os.environ.pop("DATABASE_URL", None)
        os.environ["SMS_DRIVER"] = "sink"
        return _play(arguments)


def _play(arguments: argparse.Namespace) -> int:
    import django

    django.setup()
    if not arguments.here:
        _prepare_own_database(arguments)
    centre, day = _centre_and_day(arguments)
    offered, openings = _hours(centre, day)
    logged = _logged(arguments)
    visitors = _visitors(arguments, offered, openings, logged)
    print(f"{centre.code}, {day:%A %d %B %Y}: {len(visitors)} visitors, seed {arguments.seed}")
    report, seconds = _run_day(arguments, centre, openings, visitors)
    _print(report, seconds, openings)
    if logged:
        _print_comparison(report, logged)
    if arguments.report:
        arguments.report.write_text(json.dumps(report.as_json(), indent=1) + "\n")
    return 0 if report.open_tickets == 0 and report.ledger_differences == 0 else 1


def _prepare_own_database(arguments: argparse.Namespace) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from mawaeed.commands.catalogue import load_catalogue
    from mawaeed.commands.preparation import shipped_catalogue

    # Nobody needs this database after a power cut.
    options = settings.DATABASES["default"]["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    call_command("migrate", verbosity=0, interactive=False)
    load_catalogue(arguments.catalogue or shipped_catalogue())


def _centre_and_day(arguments: argparse.Namespace) -> tuple[Centre, date]:
    from mawaeed.availability.actions import open_days
    from mawaeed.centres.models import Centre
    from mawaeed.kernel import clock
    from mawaeed.kernel.actor import SYSTEM

    centre = Centre.objects.filter(code=arguments.centre, active=True).first()
    if centre is None:
        codes = ", ".join(Centre.objects.filter(active=True).values_list("code", flat=True))
        raise CommandRefused(f"no centre {arguments.centre}. There are: {codes}")
    now = clock.now()
    today = clock.local_date(now, centre.timezone)
    until = arguments.date or today + timedelta(days=10)
    open_days(until=until, now=now, actor=SYSTEM, centres=[centre.code])
    return centre, arguments.date or _next_day_open(centre, today)


def _next_day_open(centre: Centre, today: date) -> date:
    from mawaeed.availability.models import Session

    found = Session.objects.filter(centre=centre, date__gt=today).order_by("date").first()
    if found is None:
        raise CommandRefused(f"{centre.code} is not open within the coming days; give --date")
    return found.date


def _hours(centre: Centre, day: date) -> tuple[list[Offered], list[Opening]]:
    from mawaeed.availability.models import Session
    from mawaeed.centres.models import Offering
    from mawaeed.commands.simulation.plan import Offered, Opening

    openings = [
        Opening(row.pool_id, row.starts_at, row.ends_at, row.places)
        for row in Session.objects.filter(centre=centre, date=day).order_by("starts_at", "pk")
    ]
    if not openings:
        raise CommandRefused(f"{centre.code} is closed on {day}")
    offerings = Offering.objects.select_related("service").filter(centre=centre, active=True)
    offered = [
        Offered(one.pk, one.service.code, one.pool_id, one.duration_minutes, one.walk_ins)
        for one in offerings.order_by("pk")
        if any(opening.pool_id == one.pool_id for opening in openings)
    ]
    return offered, openings


def _logged(arguments: argparse.Namespace) -> list[LoggedArrival]:
    from mawaeed.commands.simulation.arrivals_log import read_arrivals

    if not arguments.arrivals:
        return []
    return read_arrivals(arguments.arrivals, office=arguments.office, day=arguments.log_date)


def _visitors(
    arguments: argparse.Namespace,
    offered: Sequence[Offered],
    openings: Sequence[Opening],
    logged: Sequence[LoggedArrival],
) -> list[Visitor]:
    from mawaeed.commands.simulation.arrivals_log import map_queues, map_times
    from mawaeed.commands.simulation.plan import plan_day, plan_from_arrivals

    if logged:
        queues = map_queues(logged, offered)
        moments = map_times(logged, queues, openings)
        return plan_from_arrivals(moments, queues, seed=arguments.seed)
    count = arguments.visitors or _visitors_for(offered, openings)
    return plan_day(offered, openings, visitors=count, seed=arguments.seed)


def _visitors_for(offered: Sequence[Offered], openings: Sequence[Opening]) -> int:
    total = 0.0
    for opening in openings:
        minutes = [one.minutes for one in offered if one.pool_id == opening.pool_id]
        if minutes:
            open_minutes = (opening.ends_at - opening.starts_at).total_seconds() / 60
            total += opening.places * open_minutes / (sum(minutes) / len(minutes))
    return max(1, round(total * DEFAULT_SHARE_OF_CAPACITY))


def _run_day(
    arguments: argparse.Namespace,
    centre: Centre,
    openings: Sequence[Opening],
    visitors: Sequence[Visitor],
) -> tuple[Report, float]:
    from mawaeed.centres.models import Counter
    from mawaeed.commands.simulation.cast import make_clerks, make_residents
    from mawaeed.commands.simulation.play import Day
    from mawaeed.commands.simulation.report import report_on

    eve = min(opening.starts_at for opening in openings) - timedelta(hours=20)
    began = time.monotonic()
    day = Day(
        centre=centre,
        openings=openings,
        visitors=visitors,
        people=make_residents(len(visitors), seed=arguments.seed, now=eve),
        clerks=make_clerks(
            centre,
            list(Counter.objects.filter(centre=centre, active=True).order_by("number")),
        ),
        seed=arguments.seed,
        pace=Progress(arguments.speed, openings),
    )
    day.book_ahead(eve)
    print(f"booked ahead: {day.played.outcomes['booked']}", flush=True)
    day.play()
    return report_on(day), time.monotonic() - began


class Progress:
    """Waits between moments at the asked speed and says every simulated hour where we are."""

    def __init__(self, speed: float, openings: Sequence[Opening]) -> None:
        self.speed = speed
        self.first: tuple[datetime, float] | None = None
        self.told = min(opening.starts_at for opening in openings) - timedelta(hours=1)

    def __call__(self, moment: datetime) -> None:
        """Return when it is time to play `moment`."""
        if self.first is None:
            self.first = (moment, time.monotonic())
        if self.speed > 0:
            due = self.first[1] + (moment - self.first[0]).total_seconds() / self.speed
            time.sleep(max(0.0, due - time.monotonic()))
        if moment - self.told >= timedelta(hours=1):
            self.told = moment
            print(f"  {moment.astimezone():%H:%M}", file=sys.stderr, flush=True)


def _print(report: Report, seconds: float, openings: Sequence[Opening]) -> None:
    length = max(one.ends_at for one in openings) - min(one.starts_at for one in openings)
    print(
        f"played in {seconds:.1f} s, {length.total_seconds() / max(seconds, 0.1):.0f} × real time"
    )
    for name, value in report.as_json().items():
        print(f"  {name}: {value}")


def _print_comparison(report: Report, logged: Sequence[LoggedArrival]) -> None:
    from mawaeed.commands.simulation.report import spread

    there = spread([timedelta(minutes=one.wait_min) for one in logged])
    here = report.wait
    print("waits in minutes        tickets    mean  median     p90")
    for name, item in (("in the log", there), ("simulated here", here)):
        print(f"  {name:<20}{item.count:>9}{item.mean:>8}{item.median:>8}{item.p90:>8}")
