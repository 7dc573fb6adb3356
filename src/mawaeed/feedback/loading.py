"""Keeps the dimensions of a rating like the catalogue's; a part of the catalogue's load."""

from __future__ import annotations

from mawaeed.centres.loading_rows import Load, Rows
from mawaeed.centres.loading_values import Catalogue
from mawaeed.feedback.models import Dimension
from mawaeed.kernel.database import write_transaction


def load_dimensions(*, catalogue: Catalogue, load: Load) -> None:
    """Make the rating's dimensions those of the files; vanished ones become inactive."""
    with write_transaction():
        rows = Rows(load, "dimension", Dimension.objects.all(), named=lambda row: row.code)
        for order, entry in enumerate(catalogue.public.rating_dimensions):
            rows.put(code=entry.code, name=entry.name, order=order, active=True)
        rows.retire_rest()
