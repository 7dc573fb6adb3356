"""Keeps the catalogue's announcements and ways of contact; a part of the catalogue's load."""

from __future__ import annotations

from datetime import date, datetime

from mawaeed.centres.actions import LoadedCentres
from mawaeed.centres.loading_rows import Load, Rows
from mawaeed.centres.loading_values import Catalogue
from mawaeed.content.models import Announcement, ContactChannel
from mawaeed.kernel.clock import day_bounds
from mawaeed.kernel.database import write_transaction


def load_content(*, catalogue: Catalogue, load: Load, loaded: LoadedCentres) -> None:
    """Make the announcements and contacts named in the files as they are written there.

    Announcements end by their own date; those that staff wrote have other codes and stay.
    """
    with write_transaction():
        _announcements(catalogue, load, loaded)
        _contacts(catalogue, load, loaded)


def _announcements(catalogue: Catalogue, load: Load, loaded: LoadedCentres) -> None:
    zone = loaded.agency.timezone
    stored = Announcement.objects.filter(agency=loaded.agency)
    related = stored.select_related("agency", "directorate", "centre")
    rows = Rows(load, "announcement", related, named=lambda row: row.code)
    for entry in catalogue.public.announcements:
        rows.put(
            agency=loaded.agency,
            code=entry.code,
            directorate=loaded.directorates[entry.directorate] if entry.directorate else None,
            centre=loaded.centres[entry.centre] if entry.centre else None,
            title=entry.title,
            body=entry.body,
            published_from=day_bounds(entry.from_date, zone)[0],
            published_until=_end(entry.until, zone),
            important=entry.important,
        )


def _end(last_day: date | None, zone: str) -> datetime | None:
    return day_bounds(last_day, zone)[1] if last_day else None


def _contacts(catalogue: Catalogue, load: Load, loaded: LoadedCentres) -> None:
    stored = ContactChannel.objects.filter(agency=loaded.agency).select_related("agency")
    rows = Rows(load, "contact", stored, named=lambda row: row.code)
    for order, entry in enumerate(catalogue.public.contacts):
        rows.put(
            agency=loaded.agency,
            code=entry.code,
            kind=entry.kind,
            label=entry.name,
            value=entry.value,
            hours=entry.hours or {},
            order=order,
        )
