"""Makes a database ready for a demonstration, and does again only what has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from mawaeed.availability.tasks import open_coming_days
from mawaeed.centres.models import Centre
from mawaeed.commands import demo_clock, preparation
from mawaeed.commands.demo_options import make_demo_options
from mawaeed.commands.demo_people import LIVELY_CENTRE, make_demo_people
from mawaeed.kernel import clock
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import Installation


def prepare_demo_database(
    say: Callable[[str], None], *, earliest: datetime | None = None
) -> datetime:
    """Migrate, load the catalogue, open the days, set the clock, make the people.

    `earliest` is a local wall time the clock shall have reached. Returns what the clock shows
    now, UTC. Refuses a database in which somebody keeps anything else.
    """
    tables = preparation.existing_tables()
    preparation.refuse_unless_empty_or_demo(tables)
    if preparation.migrate_if_needed(tables):
        say("the tables are up to date")
    preparation.refuse_unless_ours(demo=True)
    if _load_catalogue_if_changed(preparation.shipped_catalogue()):
        say("the catalogue is loaded")
    shown = _opened_and_set(Centre.objects.get(code=LIVELY_CENTRE), earliest)
    make_demo_options()
    if make_demo_people(now=shown):
        say("the demo's people are there")
    return shown


def _load_catalogue_if_changed(folder: Path) -> bool:
    current = preparation.fingerprint(list(folder.rglob("*.yaml")))
    if Installation.objects.filter(catalogue_fingerprint=current).exists():
        return False
    from mawaeed.commands.catalogue_load import load_catalogue  # reading YAML takes a while

    load_catalogue(path=folder, now=demo_clock.shown_now(clock.real_now()), actor=SYSTEM)
    Installation.objects.update(catalogue_fingerprint=current)
    return True


def _opened_and_set(centre: Centre, earliest: datetime | None) -> datetime:
    """Open the days around the clock's present value, then set it to a lively moment."""
    real = clock.real_now()
    base = demo_clock.shown_now(real)
    if earliest is not None:
        base = max(base, earliest.replace(tzinfo=ZoneInfo(centre.timezone)).astimezone(UTC))
    open_coming_days(base)
    shown = demo_clock.set_clock(real, base, centre=centre)
    if shown != base:
        open_coming_days(shown)
    return shown
