"""Loads a whole catalogue: every module's part, in one transaction."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import transaction

from mawaeed.availability.loading import load_hours
from mawaeed.centres.actions import load_centres
from mawaeed.centres.loading import read_catalogue
from mawaeed.centres.loading_rows import CatalogueChanges, Load
from mawaeed.centres.loading_values import Catalogue
from mawaeed.content.loading import load_content
from mawaeed.feedback.loading import load_dimensions
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
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
    load_content(catalogue=catalogue, load=load, loaded=loaded)
    load_dimensions(catalogue=catalogue, load=load)
