"""Back-office views of hours, closures and the ledger: to look at, never to write past actions."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.utils import dates, formats, timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.availability.models import CentreCalendar, Closure, OpeningRule, Session
from mawaeed.centres.admin import CENTRE_FILTER, FromFiles

DAYS_OF_WEEK = 7


@admin.register(OpeningRule)
class OpeningRuleAdmin(FromFiles):
    list_display = (
        "centre",
        "code",
        "shown_weekdays",
        "opens_time",
        "closes_time",
        "effective_from",
        "effective_until",
        "precedence",
        "active",
    )
    list_filter = (CENTRE_FILTER, "active")
    list_select_related = ("centre__directorate",)

    @admin.display(description=_("weekdays"), ordering="weekdays")
    def shown_weekdays(self, row: OpeningRule) -> str:
        """Their short names from Sunday on."""
        days = sorted(int(day) % DAYS_OF_WEEK for day in row.weekdays)
        return " · ".join(str(dates.WEEKDAYS_ABBR[(day - 1) % DAYS_OF_WEEK]) for day in days)


@admin.register(Closure)
class ClosureAdmin(FromFiles):
    list_display = ("code", "shown_name", "kind", "centre", "from_date", "until_date", "confirmed")
    list_filter = ("kind", "confirmed", CENTRE_FILTER)
    list_select_related = ("centre__directorate",)
    date_hierarchy = "from_date"


@admin.register(CentreCalendar)
class CentreCalendarAdmin(FromFiles):
    list_display = ("centre", "open_until", "version")
    list_select_related = ("centre__directorate",)


@admin.register(Session)
class SessionAdmin(FromFiles):
    list_display = ("centre", "pool", "date", "shown_start", "shown_end", "places")
    list_filter = (CENTRE_FILTER,)
    list_select_related = ("centre__directorate", "pool")
    date_hierarchy = "date"

    @admin.display(description=pgettext_lazy("time", "starts"), ordering="starts_at")
    def shown_start(self, row: Session) -> str:
        """Its time alone: the day stands beside it."""
        return _time(row.starts_at)

    @admin.display(description=pgettext_lazy("time", "ends"), ordering="ends_at")
    def shown_end(self, row: Session) -> str:
        """Its time alone."""
        return _time(row.ends_at)


def _time(moment: datetime) -> str:
    return formats.time_format(timezone.localtime(moment), "TIME_FORMAT")
