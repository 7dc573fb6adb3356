"""What came true of what was announced, written beside it. Ranges are minutes from `made_at`."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from mawaeed.centres.models import Centre
from mawaeed.hall.models import Ticket, WaitEstimate
from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.statements import Question, given, update_where


def fill_outcomes(event: OutboxEvent, now: datetime) -> None:
    """A ticket was called: fill `waited` and `kept` of what was said to it. A repeat finds none.

    Inside the delivery's transaction. The call counts from the event, not from when it is told of.
    """
    called_at = event.at
    for pk, made_at, high in _OPEN.all(ticket=event.subject_id, called_at=called_at):
        waited = (called_at - made_at).total_seconds() / 60
        outcome = {"waited": round(waited, 3), "kept": waited <= high}
        update_where(WaitEstimate, {"pk": pk, "waited": None}, outcome)


_OPEN = Question(
    lambda: WaitEstimate.objects.filter(
        ticket_id=given("ticket"), waited__isnull=True, made_at__lte=given("called_at")
    ).values_list("pk", "made_at", "high")
)


def count_broken(centre: Centre, day: date, now: datetime) -> int:
    """Promises whose time has passed while the ticket still waits are broken already.

    Else the short waits, which are known first, would shrink every range.
    """
    open_ones = WaitEstimate.objects.filter(
        centre=centre, day=day, kept__isnull=True, ticket__state=Ticket.State.WAITING
    )
    over = [
        pk
        for pk, made_at, high in open_ones.values_list("pk", "made_at", "high")
        if made_at + timedelta(minutes=high) < now
    ]
    if not over:
        return 0
    return WaitEstimate.objects.filter(pk__in=over, kept__isnull=True).update(kept=False)


def forget_promises(event: OutboxEvent, now: datetime) -> None:
    """The visitor asked for more time or was put aside: what was said before is owed no more.

    The rows stay, but the first of them counts no more in how well ranges held.
    """
    rows = WaitEstimate.objects.filter(
        ticket_id=event.subject_id, waited__isnull=True, made_at__lte=event.at
    )
    rows.update(first=False)
