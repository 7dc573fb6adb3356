"""What was said to each waiting ticket, and when it is said anew: never without a reason.

A range counts down by itself; a new one is announced when the old one no longer holds. Whoever
shows a new ticket first has it told at once (`announce_first`); the worker looks after everybody
(`refresh_waits`). The ticket's own live topic is signalled with each new range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from mawaeed.centres.models import Centre
from mawaeed.hall import events
from mawaeed.hall.models import Ticket, WaitEstimate
from mawaeed.hall.topics import ticket_topic
from mawaeed.hall.waits import ranges
from mawaeed.hall.waits.outcomes import count_broken
from mawaeed.hall.waits.queries import newest_estimate
from mawaeed.hall.waits.ranges import Range, Said, is_material, must_rest, reason_of
from mawaeed.hall.waits.reckoning import range_of, ranges_now
from mawaeed.kernel import outbox
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import has_turn, write_transaction
from mawaeed.kernel.models import History
from mawaeed.kernel.statements import Question, given, insert

# Live topics one event can carry.
TOPICS = 8
# What happens at a counter, as the reason people read.
AT_COUNTERS = {
    events.COUNTER_OPENED: ranges.COUNTER_OPENED,
    events.BREAK_ENDED: ranges.COUNTER_OPENED,
    events.COUNTER_CLOSED: ranges.COUNTER_CLOSED,
    events.BREAK_STARTED: ranges.COUNTER_CLOSED,
}


@dataclass(frozen=True, slots=True)
class _New:
    """A range to be announced to a ticket; without a reason if it is the first."""

    ticket: Ticket
    found: Range
    reason: str = ""
    first: bool = False

    def row(self, now: datetime) -> WaitEstimate:
        """As it is kept."""
        return WaitEstimate(
            ticket=self.ticket,
            centre_id=self.ticket.centre_id,
            day=self.ticket.day,
            made_at=now,
            first=self.first,
            p50=round(self.found.p50, 3),
            p90=round(self.found.p90, 3),
            low=self.found.low,
            high=self.found.high,
            ahead=self.found.ahead,
            method=self.found.method,
            reason=self.reason,
        )


def announce_first(*, ticket: Ticket, now: datetime) -> WaitEstimate | None:
    """Tell a waiting ticket its first range, so that what is shown is what is kept and measured.

    For whoever shows it, each time: a repeat writes nothing and returns what was said last. None
    unless the ticket waits.
    """
    if ticket.state != Ticket.State.WAITING:
        return None
    said = newest_estimate(ticket)
    if said is not None:
        return said
    found = range_of(ticket, now)
    with write_transaction():
        # Its row, so that the worker does not say something else at the same moment.
        if not _LOCKED_WAITING.all(ticket=ticket.pk):
            return None
        said = newest_estimate(ticket)
        if said is not None:
            return said
        return insert(_New(ticket, found, first=True).row(now))


_LOCKED_WAITING = Question(
    lambda: (
        Ticket.objects.select_for_update()
        .filter(pk=given("ticket"), state=Ticket.State.WAITING)
        .values_list("pk")
    )
)


def refresh_waits(*, centre: Centre, now: datetime, runs: int | None = None) -> int:
    """Look at every waiting ticket of a centre and announce what no longer holds.

    `runs` simulations, by default as the policy `estimates.simulations` says. Returns how many
    ranges were announced. One worker at a time; another one does nothing. Emits
    `waits_changed` with the topics of the tickets.
    """
    day = local_date(now, centre.timezone)
    count_broken(centre, day, now)
    found = ranges_now(centre, now, runs=runs)
    if not found:
        return 0
    tickets = Ticket.objects.in_bulk(list(found))
    said = _said(found)
    happened = _happened(centre, day, said.values())
    changes = [
        change
        for pk, each in found.items()
        if pk in tickets
        and (change := _change(tickets[pk], said.get(pk), each, happened, now)) is not None
    ]
    return _announce(centre, changes, said, now) if changes else 0


def _change(
    ticket: Ticket,
    said: Said | None,
    found: Range,
    happened: Mapping[int, Sequence[tuple[datetime, str]]],
    now: datetime,
) -> _New | None:
    if said is None:
        return _New(ticket, found, first=True)
    if not is_material(said, found, now):
        return None
    own = (*happened.get(0, ()), *happened.get(ticket.pk, ()))
    since = {event for at, event in own if at > said.made_at}
    if must_rest(said, now, since):
        return None
    return _New(ticket, found, reason_of(said, found, now, since))


def _announce(
    centre: Centre, changes: Sequence[_New], said: Mapping[int, Said], now: datetime
) -> int:
    with write_transaction():
        if not has_turn(f"waits:{centre.pk}"):
            return 0
        wanted = [change.ticket.pk for change in changes]
        still = set(
            Ticket.objects.select_for_update()
            .filter(pk__in=wanted, state=Ticket.State.WAITING)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        newest = _said(wanted)
        fresh = [
            change
            for change in changes
            if change.ticket.pk in still
            and newest.get(change.ticket.pk) == said.get(change.ticket.pk)
        ]
        WaitEstimate.objects.bulk_create([change.row(now) for change in fresh])
        _signal(centre, [change.ticket for change in fresh], now)
        return len(fresh)


def _signal(centre: Centre, tickets: Sequence[Ticket], now: datetime) -> None:
    for start in range(0, len(tickets), TOPICS):
        some = tickets[start : start + TOPICS]
        outbox.emit(
            kind="waits_changed",
            subject_kind="centre",
            subject_id=centre.pk,
            at=now,
            day=some[0].day,
            centre_id=centre.pk,
            topics=[ticket_topic(ticket.secret) for ticket in some],
        )


def _said(ticket_ids: Iterable[int]) -> dict[int, Said]:
    """Ticket id → what was said to it last."""
    rows = WaitEstimate.objects.filter(ticket_id__in=list(ticket_ids)).order_by("made_at", "pk")
    values = rows.values_list("ticket_id", "made_at", "p50", "p90", "low", "high")
    return {row[0]: Said(*row) for row in values}


def _happened(
    centre: Centre, day: date, said: Iterable[Said]
) -> dict[int, list[tuple[datetime, str]]]:
    """What happened in the hall since the oldest of these, as reasons; under 0 what concerns all.

    Under a ticket's id that it was sent on.
    """
    oldest = min((each.made_at for each in said), default=None)
    if oldest is None:
        return {}
    # Whatever is sent on waits afterwards; the name of what happened decides.
    sent_back = Q(subject_kind="ticket", to_state=Ticket.State.WAITING) & ~Q(from_state="")
    rows = History.objects.filter(
        sent_back | Q(subject_kind="counter"), centre_id=centre.pk, day=day, at__gt=oldest
    )
    found: dict[int, list[tuple[datetime, str]]] = {}
    for subject_id, at, details in rows.values_list("subject_id", "at", "details"):
        event = str(details.get("event", ""))
        if event in AT_COUNTERS:
            found.setdefault(0, []).append((at, AT_COUNTERS[event]))
        elif event == events.TICKET_TRANSFERRED:
            found.setdefault(subject_id, []).append((at, ranges.TRANSFERRED))
    issued = Ticket.objects.filter(
        centre=centre, day=day, priority_class=Ticket.PriorityClass.PRIORITY, created_at__gt=oldest
    )
    found.setdefault(0, []).extend(
        (at, ranges.PRIORITY) for at in issued.values_list("created_at", flat=True)
    )
    return found
