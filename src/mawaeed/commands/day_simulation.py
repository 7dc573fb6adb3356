"""`mawaeed day simulate`: a living day at one centre or at many, through the product's actions."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence, Sized
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mawaeed.commands.refusal import CommandRefused

if TYPE_CHECKING:
    from mawaeed.commands.simulation.arrivals_log import LoggedArrival
    from mawaeed.commands.simulation.centres import Place
    from mawaeed.commands.simulation.plan import Visitor
    from mawaeed.commands.simulation.play import Day
    from mawaeed.commands.simulation.report import Report, Whole
    from mawaeed.people.models import Person


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `day simulate`."""
    day = subparsers.add_parser("day", help="play a day at a centre")
    actions = day.add_subparsers(metavar="ACTION", required=True)
    parser = actions.add_parser("simulate", help="bookings, arrivals, calls, ratings of one day")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--centre", nargs="+", metavar="CODE", help="code of the centre, or several")
    where.add_argument("--every-centre", action="store_true", help="all that are open that day")
    parser.add_argument("--date", type=date.fromisoformat, help="default: the next working day")
    parser.add_argument("--visitors", type=int, help="in all; default: 85 %% of the day's capacity")
    parser.add_argument("--counters-times", type=float, help="so many times the counters there are")
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
    """Play the day and print its figures; 1 if something stays open or they do not agree."""
    if arguments.arrivals and not (arguments.office and arguments.log_date):
        raise CommandRefused("--arrivals needs --office and --log-date")
    if arguments.arrivals and len(arguments.centre or ()) != 1:
        raise CommandRefused("--arrivals are those of one centre: name one with --centre")
    if arguments.here and arguments.counters_times:
        raise CommandRefused("--counters-times changes the centres: it goes without --here")
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
    from mawaeed.commands.simulation.centres import add_counters, chosen_centres, open_on
    from mawaeed.commands.simulation.report import report_on, whole
    from mawaeed.kernel import clock

    centres = chosen_centres(arguments.centre)
    if arguments.counters_times:
        print(f"{add_counters(centres, arguments.counters_times)} counters added")
    day, places = open_on(centres, arguments.date, clock.now())
    logged = _logged(arguments)
    visitors = _visitors(arguments, places, logged)
    _print_plan(arguments, day, places, visitors)
    days, seconds = _run_days(arguments, places, visitors)
    reports = [report_on(one) for one in days]
    total = whole(days, reports, seconds)
    _print(reports, total)
    if logged:
        _print_comparison(reports[0], logged)
    if arguments.report:
        written = [report.as_json() for report in reports]
        figures = {**total.as_json(), "reports": written}
        arguments.report.write_text(json.dumps(figures, indent=1) + "\n")
    return 0 if total.is_clean else 1


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


def _logged(arguments: argparse.Namespace) -> list[LoggedArrival]:
    from mawaeed.commands.simulation.arrivals_log import read_arrivals

    if not arguments.arrivals:
        return []
    return read_arrivals(arguments.arrivals, office=arguments.office, day=arguments.log_date)


def _visitors(
    arguments: argparse.Namespace, places: Sequence[Place], logged: Sequence[LoggedArrival]
) -> list[list[Visitor]]:
    from mawaeed.commands.simulation.arrivals_log import map_queues, map_times
    from mawaeed.commands.simulation.centres import shares
    from mawaeed.commands.simulation.plan import plan_day, plan_from_arrivals

    if logged:
        queues = map_queues(logged, places[0].offered)
        moments = map_times(logged, queues, places[0].openings)
        return [plan_from_arrivals(moments, queues, seed=arguments.seed)]
    counts = shares(places, arguments.visitors)
    return [
        plan_day(place.offered, place.openings, visitors=count, seed=arguments.seed + number)
        for number, (place, count) in enumerate(zip(places, counts, strict=True))
    ]


def _print_plan(
    arguments: argparse.Namespace,
    day: date,
    places: Sequence[Place],
    visitors: Sequence[Sequence[Visitor]],
) -> None:
    codes = ", ".join(place.centre.code for place in places)
    count = sum(len(each) for each in visitors)
    print(f"{codes}, {day:%A %d %B %Y}: {count} visitors, seed {arguments.seed}", flush=True)


def _run_days(
    arguments: argparse.Namespace, places: Sequence[Place], visitors: Sequence[Sequence[Visitor]]
) -> tuple[list[Day], float]:
    from mawaeed.commands.simulation.cast import make_residents
    from mawaeed.commands.simulation.together import play_together

    opens_at = min(opening.starts_at for place in places for opening in place.openings)
    eve = opens_at - timedelta(hours=20)
    began = time.monotonic()
    people = make_residents(sum(map(len, visitors)), seed=arguments.seed, now=eve)
    progress = Progress(arguments.speed, opens_at)
    days = _days(arguments, places, visitors, people, progress)
    for day in days:
        day.book_ahead(eve)
        _tell(began, f"{day.centre.code}: {day.played.outcomes['booked']} booked ahead")
    booked = time.monotonic()
    play_together(days)
    ended = time.monotonic()
    print(f"booked ahead in {booked - began:.1f} s, the day itself in {ended - booked:.1f} s")
    return days, ended - began


def _days(
    arguments: argparse.Namespace,
    places: Sequence[Place],
    visitors: Sequence[Sequence[Visitor]],
    people: Sequence[Person],
    progress: Progress,
) -> list[Day]:
    from mawaeed.centres.models import Counter
    from mawaeed.commands.simulation.cast import make_clerks
    from mawaeed.commands.simulation.play import Day
    from mawaeed.commands.simulation.surroundings import Surroundings

    surroundings = Surroundings(arguments.seed)
    progress.arrived = surroundings.visitor_of
    days, first = [], 0
    for number, (place, planned) in enumerate(zip(places, visitors, strict=True)):
        counters = Counter.objects.filter(centre=place.centre, active=True).order_by("number")
        days.append(
            Day(
                centre=place.centre,
                openings=place.openings,
                visitors=planned,
                people=people[first : first + len(planned)],
                clerks=make_clerks(place.centre, list(counters)),
                seed=arguments.seed + number,
                pace=progress,
                surroundings=surroundings,
            )
        )
        first += len(planned)
    return days


class Progress:
    """Waits between moments at the asked speed and says every simulated hour where we are."""

    def __init__(self, speed: float, opens_at: datetime) -> None:
        self.speed = speed
        self.first: tuple[datetime, float] | None = None
        self.told = opens_at - timedelta(hours=1)
        self.arrived: Sized = ()
        self.began = time.monotonic()

    def __call__(self, moment: datetime) -> None:
        """Return when it is time to play `moment`. Before the first hour nobody waits."""
        if moment < self.told:
            return
        if self.first is None:
            self.first = (moment, time.monotonic())
        if self.speed > 0:
            due = self.first[1] + (moment - self.first[0]).total_seconds() / self.speed
            time.sleep(max(0.0, due - time.monotonic()))
        if moment - self.told >= timedelta(hours=1):
            self.told = moment
            _tell(self.began, f"{moment.astimezone():%H:%M}: {len(self.arrived)} arrived")


def _tell(began: float, text: str) -> None:
    print(f"  {time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)


def _print(reports: Sequence[Report], total: Whole) -> None:
    if len(reports) == 1:
        figures = reports[0].as_json()
    else:
        figures = {}
        for one in reports:
            visits = sum(one.tickets_by_state.values())
            print(f"  {one.centre}: {visits} visits, mean wait {one.wait.mean} minutes")
    for name, value in {**figures, **total.as_json()}.items():
        print(f"  {name}: {value}")
    print(f"played in {total.seconds:.1f} s, {total.times_real_time:.0f} × real time")


def _print_comparison(report: Report, logged: Sequence[LoggedArrival]) -> None:
    from mawaeed.commands.simulation.report import spread

    there = spread([timedelta(minutes=one.wait_min) for one in logged])
    here = report.wait
    print("waits in minutes        tickets    mean  median     p90")
    for name, item in (("in the log", there), ("simulated here", here)):
        print(f"  {name:<20}{item.count:>9}{item.mean:>8}{item.median:>8}{item.p90:>8}")
