"""What a simulated day came to, and whether its figures agree with each other."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import fmean, median, quantiles
from typing import Any

from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre
from mawaeed.commands.simulation.play import TICK, Day, Played
from mawaeed.feedback.models import Rating
from mawaeed.hall.models import CounterSession, Ticket, WaitEstimate
from mawaeed.hall.queries import TicketTimes, waits_from_history
from mawaeed.hall.waits.queries import accuracy
from mawaeed.insight.sampling import littles_law
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.deliveries import backlog
from mawaeed.notifications.models import Message

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Spread:
    """Minutes: how many, mean, median, nine tenths."""

    count: int
    mean: float
    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class Report:
    """The day in figures; times in minutes."""

    centre: str
    day: str
    outcomes: dict[str, int]
    tickets_by_state: dict[str, int]
    open_tickets: int
    wait: Spread
    wait_after_due: Spread
    service: Spread
    shown_waits_compared: int
    largest_shown_difference_seconds: float
    mean_waiting_sampled: float
    arrival_rate_times_mean_wait: float
    littles_law_difference: float
    ledger_differences: int
    ratings: int
    mean_rating: float | None
    messages: int
    message_parts: int
    # Of the ranges announced at issue: share called by the upper end, mean error of the middle.
    waits_announced: int
    announced_waits_held: float | None
    announced_waits_mean_error: float | None
    announced_again: int

    def as_json(self) -> dict[str, Any]:
        """For `--report`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Whole:
    """Several centres' day together."""

    centres: int
    visits: int
    hours: float
    seconds: float
    times_real_time: float
    left_open: dict[str, int]
    ledger_differences: int
    largest_shown_difference_seconds: float
    outcomes: dict[str, int]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was left open and every figure agrees."""
        return not (any(self.left_open.values()) or self.ledger_differences)

    def as_json(self) -> dict[str, Any]:
        """For `--report`."""
        return asdict(self)


def whole(days: Sequence[Day], reports: Sequence[Report], seconds: float) -> Whole:
    """The centres' figures added up; `seconds` is what playing them took in real time."""
    hours = (max(day.closes_at for day in days) - min(day.opens_at for day in days)) / HOUR
    outcomes: Tally[str] = Tally()
    for report in reports:
        outcomes.update(report.outcomes)
    return Whole(
        centres=len(days),
        visits=sum(sum(report.tickets_by_state.values()) for report in reports),
        hours=round(hours, 2),
        seconds=round(seconds, 1),
        times_real_time=round(hours * 3600 / max(seconds, 0.1), 1),
        left_open=left_open(max(day.closes_at for day in days)),
        ledger_differences=len(ledger_differences()),
        largest_shown_difference_seconds=max(
            (report.largest_shown_difference_seconds for report in reports), default=0.0
        ),
        outcomes=dict(sorted(outcomes.items())),
    )


def left_open(until: datetime) -> dict[str, int]:
    """What waits for somebody although the day (up to `until`, UTC) is over, anywhere."""
    over = Appointment.objects.filter(ends_at__lte=until)
    owed = backlog()
    return {
        "tickets": Ticket.objects.filter(state__in=Ticket.OPEN).count(),
        "counters": CounterSession.objects.filter(closed_at=None).count(),
        "appointments": over.filter(state__in=("booked", "checked_in")).count(),
        "events": owed.waiting_events + owed.pending + owed.failed,
        "messages": Message.objects.filter(state=Message.State.WAITING).count(),
    }


def report_on(day: Day) -> Report:
    """Read the day back from the database and compare it with what the screens showed.

    Messages and the ledger are those of the whole database.
    """
    centre, played = day.centre, day.played
    assert played.began_at is not None
    assert played.ended_at is not None
    date = local_date(day.opens_at, centre.timezone)
    times = waits_from_history(centre, date, played.ended_at)
    law = littles_law(played.samples, times, len(played.samples) * TICK)
    states = [item.state for item in times]
    compared, largest = _compare_shown(centre, played, times)
    scores = [
        score
        for score in Rating.objects.filter(ticket__centre=centre, ticket__day=date).values_list(
            "overall", flat=True
        )
        if score is not None
    ]
    announced = accuracy(centre, date, days=1)
    messages = list(Message.objects.values_list("parts", flat=True))
    return Report(
        centre=centre.code,
        day=date.isoformat(),
        outcomes=dict(sorted(played.outcomes.items())),
        tickets_by_state={state: states.count(state) for state in sorted(set(states))},
        open_tickets=sum(state in Ticket.OPEN for state in states),
        wait=spread([item.wait for item in times]),
        wait_after_due=spread([w for item in times if (w := item.wait_after_due) is not None]),
        service=spread([item.service for item in times if item.finished_at]),
        shown_waits_compared=compared,
        largest_shown_difference_seconds=largest,
        mean_waiting_sampled=round(law.mean_waiting, 4),
        arrival_rate_times_mean_wait=round(law.arrivals_per_minute * law.mean_wait_minutes, 4),
        littles_law_difference=round(law.difference, 5),
        ledger_differences=len(ledger_differences()),
        ratings=len(scores),
        mean_rating=round(fmean(scores), 2) if scores else None,
        messages=len(messages),
        message_parts=sum(messages),
        waits_announced=announced.tickets,
        announced_waits_held=_rounded(announced.kept_share),
        announced_waits_mean_error=_rounded(announced.mae),
        announced_again=WaitEstimate.objects.filter(centre=centre, day=date, first=False).count(),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def spread(durations: list[timedelta]) -> Spread:
    """Of any number of durations, also none."""
    minutes = [duration.total_seconds() / 60 for duration in durations]
    if not minutes:
        return Spread(0, 0.0, 0.0, 0.0)
    p90 = quantiles(minutes, n=10)[-1] if len(minutes) > 1 else minutes[0]
    return Spread(len(minutes), round(fmean(minutes), 2), round(median(minutes), 2), round(p90, 2))


def _compare_shown(centre: Centre, played: Played, times: list[TicketTimes]) -> tuple[int, float]:
    """Each ticket's last wait on the screen against its history, cut at the same moment."""
    if not times or not played.shown:
        return 0, 0.0
    from mawaeed.hall.queries import changes_of
    from mawaeed.hall.rules import time_in_states

    tickets = list(Ticket.objects.select_related("centre").filter(pk__in=list(played.shown)))
    changes = changes_of(tickets)
    differences = []
    for ticket in tickets:
        at, seconds = played.shown[ticket.pk]
        until_then = [change for change in changes[ticket.pk] if change.at <= at]
        recomputed = time_in_states(until_then, at)["waiting"].total_seconds()
        differences.append(abs(recomputed - seconds))
    return len(differences), max(differences)
