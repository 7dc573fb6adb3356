"""Numbers of the day: each given once per centre and letter."""

from __future__ import annotations

from datetime import date

from django.db.models import F

from mawaeed.centres.models import ServiceGroup
from mawaeed.hall.models import NumberSeries
from mawaeed.hall.rules import number_text
from mawaeed.kernel.statements import Question, given


def take_number(group: ServiceGroup, day: date) -> str:
    """The next number of the group's letter, inside the caller's transaction.

    The increment locks the series' row until commit, so the value read after it is ours; a
    refused transaction gives its number back.
    """
    series = NumberSeries.objects.filter(centre_id=group.centre_id, letter=group.letter, day=day)
    if not series.update(last_number=F("last_number") + 1):
        # The first of the day: whoever loses this race ignores it and increments the winner's row.
        NumberSeries.objects.bulk_create(
            [NumberSeries(centre_id=group.centre_id, letter=group.letter, day=day)],
            ignore_conflicts=True,
        )
        series.update(last_number=F("last_number") + 1)
    last = _LAST.get(centre=group.centre_id, letter=group.letter, day=day)
    return number_text(group.letter, last)


_LAST = Question(
    lambda: NumberSeries.objects.filter(
        centre_id=given("centre"), letter=given("letter"), day=given("day")
    ).values_list("last_number", flat=True)
)
