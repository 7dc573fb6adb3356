"""Back-office views of hours, closures and the ledger: to look at, never to write past actions."""

from __future__ import annotations

from django.contrib import admin

from mawaeed.availability.models import CentreCalendar, Closure, OpeningRule, Session
from mawaeed.centres.admin import CENTRE_FILTER, FromFiles


@admin.register(OpeningRule)
class OpeningRuleAdmin(FromFiles):
    list_display = (
        "centre",
        "code",
        "weekdays",
        "opens_time",
        "closes_time",
        "effective_from",
        "effective_until",
        "precedence",
        "active",
    )
    list_filter = (CENTRE_FILTER, "active")
    list_select_related = ("centre__directorate",)


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
    list_display = ("centre", "pool", "date", "starts_at", "ends_at", "places")
    list_filter = (CENTRE_FILTER,)
    list_select_related = ("centre__directorate", "pool")
    date_hierarchy = "date"
