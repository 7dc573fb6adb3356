"""Loads a whole catalogue: every module's part, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from mawaeed.availability.calendar.wishes import CloseTime
from mawaeed.availability.loading import load_hours
from mawaeed.availability.models import CentreCalendar, Closure, Interval
from mawaeed.booking.actions.calendar import apply_change
from mawaeed.centres.actions import load_centres
from mawaeed.centres.loading import read_catalogue
from mawaeed.centres.loading_rows import CatalogueChanges, Change, Load
from mawaeed.centres.loading_values import Catalogue
from mawaeed.centres.models import Centre
from mawaeed.centres.names import localised
from mawaeed.content.loading import load_content
from mawaeed.feedback.loading import load_dimensions
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.database import write_transaction


def load_catalogue(
    *, path: Path, now: datetime, actor: Actor, dry_run: bool = False
) -> CatalogueChanges:
    """Make the stored catalogue that of the files in `path`; returns what changed.

    The files are checked first: `CatalogueRefused` lists every problem and nothing is changed.
    Loading the same files twice changes nothing; a dry run does it all and takes it back.
    """
    catalogue = read_catalogue(path)
    changes = CatalogueChanges(dry_run)
    day = local_date(now, catalogue.agency.agency.timezone)
    with write_transaction():
        _load(catalogue, Load(now, day, actor, changes))
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _load(catalogue: Catalogue, load: Load) -> None:
    loaded = load_centres(catalogue=catalogue, load=load)
    load_hours(catalogue=catalogue, load=load, loaded=loaded)
    _close_open_days(catalogue, load)
    load_content(catalogue=catalogue, load=load, loaded=loaded)
    load_dimensions(catalogue=catalogue, load=load)


def _close_open_days(catalogue: Catalogue, load: Load) -> None:
    """Take what is confirmed closed out of days that are open already, as the calendar page does.

    Nobody books there any more; the worker moves those who had. Repeating finds nothing open.
    """
    in_force = Closure.objects.select_related("centre").filter(
        agency__code=catalogue.agency.agency.code,
        from_catalogue=True,
        confirmed=True,
        active=True,
        until_date__gte=load.day,
    )
    for closure in in_force.order_by("from_date", "pk"):
        here = [closure.centre_id] if closure.centre_id else None
        centres = Centre.objects.filter(agency_id=closure.agency_id, active=True).order_by("pk")
        for centre in centres.filter(pk__in=here) if here else centres:
            for day in _open_days(closure, centre, load.day):
                _close(closure, centre, day, load)


def _open_days(closure: Closure, centre: Centre, today: date) -> Iterator[date]:
    opened = CentreCalendar.objects.filter(centre=centre).values_list("open_until", flat=True)
    until = min(closure.until_date, opened.first() or date.min)
    day = max(closure.from_date, today)
    while day <= until:
        yield day
        day += timedelta(days=1)


def _close(closure: Closure, centre: Centre, day: date, load: Load) -> None:
    zone = ZoneInfo(centre.timezone)
    begin, end = day_bounds(day, centre.timezone)
    if closure.from_time is not None:
        begin = datetime.combine(day, closure.from_time, zone)
    if closure.until_time is not None:
        end = datetime.combine(day, closure.until_time, zone)
    still_open = Interval.objects.filter(
        pool__centre=centre,
        starts_at__lt=end,
        ends_at__gt=max(begin, load.now),
        capacity__gt=0,
    )
    if not still_open.exists():
        return
    apply_change(
        centre=centre,
        wish=CloseTime(begin, end),
        choice="move",
        reason=localised(closure.name, settings.LANGUAGE_CODE)[:200],
        actor=load.actor,
        now=load.now,
    )
    load.changes.changes.append(Change("open_day", f"{centre.code}/{day}", "retired"))
