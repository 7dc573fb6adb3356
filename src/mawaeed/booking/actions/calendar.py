"""Change a centre's days: the change itself first, then each person it displaces, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mawaeed.availability.calendar import changes
from mawaeed.availability.calendar.wishes import Wish
from mawaeed.availability.models import CalendarChange
from mawaeed.centres.models import Centre
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction

# Those displaced are moved to the nearest equal place, told to choose one, or stay (a shortfall
# that the hall has to live with).
Choice = Literal["move", "offer", "keep"]
CHOICES: tuple[Choice, ...] = ("move", "offer", "keep")


@dataclass(frozen=True, slots=True)
class Undone:
    """A change taken back; those moved because of it are not moved again."""

    change: CalendarChange
    people_moved: int


def apply_change(
    *, centre: Centre, wish: Wish, choice: Choice, reason: str, actor: Actor, now: datetime
) -> CalendarChange:
    """Carry a change out, so that nobody books there any more; nobody is displaced yet.

    `displace_people` does that, called next and by the worker until it is done. Refuses what
    `availability.changes.write_change` refuses. Emits `calendar_changed`.
    """
    with write_transaction():
        change = changes.write_change(
            centre=centre,
            wish=wish,
            reason=reason,
            details={"choice": choice, "settled": choice == "keep", "moved": 0, "cancelled": 0},
            actor=actor,
            now=now,
        )
        _tell(change, from_state="", to_state="made", actor=actor, now=now)
    return change


def undo_change(*, change: CalendarChange, actor: Actor, now: datetime) -> Undone:
    """Take a change back where that takes no place from anybody; nobody is moved back or told.

    Refuses `UndoneAlready`, `CannotUndo`. Emits `calendar_changed`.
    """
    with write_transaction():
        undone = changes.undo_change(change=change, actor=actor, now=now)
        _tell(undone, from_state="made", to_state="undone", actor=actor, now=now)
    details = undone.details
    return Undone(undone, details.get("moved", 0) + details.get("cancelled", 0))


def _tell(
    change: CalendarChange, *, from_state: str, to_state: str, actor: Actor, now: datetime
) -> None:
    centre = change.centre
    day = local_date(now, centre.timezone)
    told = {"change": change.pk, "kind": change.kind}
    history.record(
        subject_kind="calendar_change",
        subject_id=change.pk,
        from_state=from_state,
        to_state=to_state,
        actor=actor,
        at=now,
        day=day,
        agency_id=centre.agency_id,
        centre_id=centre.pk,
        reason=change.reason,
        details=told,
    )
    outbox.emit(
        kind="calendar_changed",
        subject_kind="calendar_change",
        subject_id=change.pk,
        at=now,
        day=day,
        centre_id=centre.pk,
        topics=[f"hall:{centre.code}"],
        payload={**told, "state": to_state},
    )
