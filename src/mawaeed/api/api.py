"""The public API, version 1: an edge over the same actions as the pages."""

from __future__ import annotations

from ninja import NinjaAPI

from mawaeed.api import (
    appointments,
    arriving,
    care,
    catalogue,
    finding,
    holds,
    refusals,
    releases,
    signing,
    slots,
    tickets,
    visits,
    waiting,
)
from mawaeed.api.audience import public
from mawaeed.api.documents import Documents
from mawaeed.api.staff import booking as staff_booking
from mawaeed.api.staff import calendar as staff_calendar
from mawaeed.api.staff import counter as staff_counter
from mawaeed.api.staff import hall as staff_hall

api = NinjaAPI(
    title="Mawaeed",
    version="1",
    urls_namespace="api",
    description=(
        "Appointments at public service centres. Times are RFC 3339 with the centre's offset; "
        "lists are `{items, next}`; refusals are `{code, message, data}`, in the language of "
        "`Accept-Language` (Arabic otherwise). Operations under `/staff` take a staff token, which "
        "a member of staff makes on the page Tokens; it opens what their roles open at the centre "
        "in the address, and every write needs an `Idempotency-Key`."
    ),
    docs=Documents(),
    docs_decorator=public,
)
refusals.register(api)
api.add_router("", catalogue.router)
api.add_router("", slots.router)
api.add_router("", finding.router)
api.add_router("", releases.router)
api.add_router("", signing.router)
api.add_router("", appointments.router)
api.add_router("", arriving.router)
api.add_router("", care.router)
api.add_router("", holds.router)
api.add_router("", visits.open_router)
api.add_router("", visits.router)
api.add_router("", waiting.router)
api.add_router("", tickets.router)
api.add_router("/staff", staff_counter.router)
api.add_router("/staff", staff_hall.router)
api.add_router("/staff", staff_booking.router)
api.add_router("/staff", staff_calendar.router)
