"""Changing a centre's days: look whom it displaces, change, move them, undo."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from mawaeed.api.appointments import Key
from mawaeed.api.audience import staff
from mawaeed.api.catalogue import Cursor, Limit
from mawaeed.api.edge import now_of
from mawaeed.api.paging import USUAL, cursor_after, page_size, position_of
from mawaeed.api.staff.calendar_shapes import (
    ChangeIn,
    ChangeList,
    ChangeOut,
    CloseIn,
    PlanIn,
    PlanOut,
    change_shaped,
    plan_shaped,
    wish_of,
)
from mawaeed.api.staff.edge import (
    REFUSALS,
    SUPERVISION,
    StaffBearer,
    actor_of,
    centre_of,
    write_once,
)
from mawaeed.availability.models import CalendarChange
from mawaeed.booking.actions.calendar import apply_change, undo_change
from mawaeed.booking.actions.displace import displace_people
from mawaeed.booking.displacing.queries import plan_change
from mawaeed.kernel.errors import Malformed, NotFound

router = Router(tags=["staff: calendar"], auth=StaffBearer())
# So many people at once, while somebody waits for the answer; the worker does the rest.
AT_ONCE = 20


@router.post("/{centre}/calendar/plan", response={200: PlanOut, **REFUSALS})
@staff(*SUPERVISION)
def plan(request: HttpRequest, response: HttpResponse, centre: str, body: PlanIn) -> dict[str, Any]:
    """Exactly whom a change would displace, and the nearest equal place of each. Writes nothing."""
    response["Cache-Control"] = "no-store"
    place = centre_of(request)
    return plan_shaped(plan_change(place, wish_of(body.wish, place), now_of(request)), place)


@router.post("/{centre}/calendar/changes", response={201: ChangeOut, **REFUSALS})
@staff(*SUPERVISION)
def change(request: HttpRequest, centre: str, body: ChangeIn, key: Key) -> Status[dict[str, Any]]:
    """Make a change and move those it displaces; who is left is moved by and by (`working`).

    It counts against nobody. Repeating with the same key tells how far it has come. Refuses
    `period_over`, `hours_too_soon`, `counter_not_here`, `counter_away_already`,
    `counter_number_taken`.
    """
    place, now = centre_of(request), now_of(request)
    if isinstance(body.wish, CloseIn) and body.choice == "keep":
        raise Malformed(field="choice")

    def write() -> dict[str, Any]:
        made = apply_change(
            centre=place,
            wish=wish_of(body.wish, place),
            choice=body.choice,
            reason=body.reason,
            actor=actor_of(request),
            now=now,
        )
        return {"change": made.pk}

    done = write_once(request, key, body.model_dump(mode="json"), write)
    made = _change(request, done["change"])
    displace_people(change=made, now=now, limit=AT_ONCE)
    return Status(201, change_shaped(made, place))


@router.get("/{centre}/calendar/changes", response={200: ChangeList, **REFUSALS})
@staff(*SUPERVISION)
def list_changes(
    request: HttpRequest,
    response: HttpResponse,
    centre: str,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """The changes made here, newest first."""
    response["Cache-Control"] = "no-store"
    place = centre_of(request)
    rows = CalendarChange.objects.filter(centre=place).order_by("-pk")
    if cursor:
        (last,) = position_of(cursor, int)
        rows = rows.filter(pk__lt=last)
    size = page_size(limit)
    page = list(rows[: size + 1])
    following = cursor_after(page[size - 1].pk) if len(page) > size else None
    return {"items": [change_shaped(each, place) for each in page[:size]], "next": following}


@router.post("/{centre}/calendar/changes/{change}/undo", response={200: ChangeOut, **REFUSALS})
@staff(*SUPERVISION)
def undo(request: HttpRequest, centre: str, change: int, key: Key) -> dict[str, Any]:
    """Take a change back; whoever was moved is not moved again.

    Refuses `cannot_undo` (people have booked in what would go), `undone_already`.
    """
    found = _change(request, change)

    def write() -> dict[str, Any]:
        undone = undo_change(change=found, actor=actor_of(request), now=now_of(request))
        return change_shaped(undone.change, centre_of(request))

    return write_once(request, key, {}, write)


def _change(request: HttpRequest, number: int) -> CalendarChange:
    if not 0 < number < 1 << 62:
        raise NotFound
    found = CalendarChange.objects.select_related("centre")
    change = found.filter(centre=centre_of(request), pk=number).first()
    if change is None:
        raise NotFound
    return change
