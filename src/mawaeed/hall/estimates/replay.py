"""A log of tickets, in the order it happened, through an estimator.

At one moment displays are read first, then earlier tickets are called, then tickets are issued,
then those called in the minute they were issued.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from mawaeed.hall.estimates.estimator import Estimate, Estimator
from mawaeed.hall.estimates.features import Row


@dataclass(frozen=True, slots=True)
class LoggedTicket:
    """One ticket of a log. Times are minutes after local midnight; waits are minutes.

    `waiting` and `counters` are what the display said last before it was issued. `clean` says that
    its wait can be trusted.
    """

    office: str
    queue: str
    day: date
    seq: int
    issued_at: float
    called_at: float
    wait: float
    waiting: int
    counters: int
    planned_minutes: float
    clean: bool


@dataclass(frozen=True, slots=True)
class LoggedSample:
    """What the display of a queue said at a moment."""

    office: str
    queue: str
    day: date
    at: float
    waiting: int
    counters: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """A ticket and what was said at its issue."""

    ticket: LoggedTicket
    estimate: Estimate


Examples = list[tuple[Row, float]]
_SAMPLE, _CALL, _ISSUE = 0, 1, 2
_Event = tuple[float, int, int, int, LoggedTicket | LoggedSample]


def replay_day(
    estimator: Estimator, tickets: Iterable[LoggedTicket], samples: Sequence[LoggedSample] = ()
) -> Iterator[Replayed]:
    """Each ticket of one day with its estimate, in the order of issue.

    Without samples the estimator is told of a queue's display what the ticket says of it.
    """
    estimator.begin_day()
    for at, _, _, _, event in sorted(_events(tickets, samples), key=lambda each: each[:4]):
        if isinstance(event, LoggedSample):
            estimator.sampled(
                event.office, event.queue, waiting=event.waiting, counters=event.counters, at=at
            )
        elif (event.office, event.queue, event.seq) in estimator.halls.office(event.office).line(
            event.queue
        ).waiting:
            _call(estimator, event)
        else:
            yield Replayed(event, _issue(estimator, event, sampled=bool(samples)))


def _events(tickets: Iterable[LoggedTicket], samples: Sequence[LoggedSample]) -> Iterator[_Event]:
    for place, sample in enumerate(samples):
        yield (sample.at, _SAMPLE, place, 0, sample)
    for ticket in tickets:
        at_once = ticket.called_at <= ticket.issued_at
        yield (ticket.issued_at, _ISSUE, ticket.seq, 0, ticket)
        yield (ticket.called_at, _ISSUE if at_once else _CALL, ticket.seq, 1, ticket)


def _key(ticket: LoggedTicket) -> tuple[str, str, int]:
    return (ticket.office, ticket.queue, ticket.seq)


def _issue(estimator: Estimator, ticket: LoggedTicket, *, sampled: bool) -> Estimate:
    if not sampled:
        estimator.sampled(
            ticket.office, ticket.queue, waiting=ticket.waiting, counters=ticket.counters, at=None
        )
    return estimator.issued(
        _key(ticket),
        ticket.office,
        ticket.queue,
        at=ticket.issued_at,
        planned_minutes=ticket.planned_minutes,
    )


def _call(estimator: Estimator, ticket: LoggedTicket) -> None:
    estimator.called(_key(ticket), ticket.office, ticket.queue, at=ticket.called_at)
