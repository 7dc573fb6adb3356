"""Closed counters that a supervisor has asked for: a wish, until somebody opens them."""

from __future__ import annotations

from datetime import date, datetime

from mawaeed.centres.models import Centre
from mawaeed.kernel.models import History

SUBJECT, WANTED = "counter", "wanted"


def counters_wanted(centre: Centre, day: date) -> dict[int, datetime]:
    """Counter → when it was asked for today and not opened since; one query."""
    rows = History.objects.filter(centre_id=centre.pk, day=day, subject_kind=SUBJECT)
    found: dict[int, datetime] = {}
    for counter_id, to_state, at in rows.order_by("pk").values_list("subject_id", "to_state", "at"):
        if to_state == WANTED:
            found[counter_id] = at
        else:
            found.pop(counter_id, None)
    return found
