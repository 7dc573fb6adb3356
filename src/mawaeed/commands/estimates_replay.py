"""Trains on one part of a log, replays the other, and makes the report of both.

Training sees days up to `train_until` and the offices `train_on`; what is tested are later days
and the offices `test_on`. Neither ever sees a row before its time.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from mawaeed.commands.refusal import CommandRefused
from mawaeed.hall.estimates.accuracy import BASELINES, Accuracy
from mawaeed.hall.estimates.coverage import Coverage
from mawaeed.hall.estimates.estimator import Estimator
from mawaeed.hall.estimates.replay import LoggedSample, LoggedTicket, Replayed, replay_day

FORMAT = "mawaeed-estimates-replay/1"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Split:
    """What is learned from and what is measured; None of `train_until`: every day is both."""

    train_until: date | None
    train_on: frozenset[str]
    test_on: frozenset[str]
    nightly: bool = False

    def is_trained(self, ticket: LoggedTicket | LoggedSample) -> bool:
        """Whether the model may learn from this row."""
        until = self.train_until
        return ticket.office in self.train_on and (until is None or ticket.day <= until)

    def is_tested(self, ticket: LoggedTicket | LoggedSample) -> bool:
        """Whether an estimate for this row is reported."""
        until = self.train_until
        return ticket.office in self.test_on and (until is None or ticket.day > until)


@dataclass(frozen=True, slots=True)
class Log:
    """A log in the order it happened."""

    tickets: Sequence[LoggedTicket]
    samples: Sequence[LoggedSample] = ()

    @property
    def offices(self) -> frozenset[str]:
        """The offices that gave tickets."""
        return frozenset(ticket.office for ticket in self.tickets)


@dataclass(slots=True)
class Outcome:
    """What a replay found."""

    trained: int = 0
    replayed: list[Replayed] = field(default_factory=list)


def split_of(
    log: Log,
    train_until: date | None,
    train_on: Sequence[str],
    test_on: Sequence[str],
    *,
    nightly: bool = False,
) -> Split:
    """The split asked for; refuses names the log does not have, and an empty side."""
    offices = log.offices
    unknown = sorted({*train_on, *test_on} - offices)
    if unknown:
        known = ", ".join(sorted(offices))
        raise CommandRefused(f"no tickets of {', '.join(unknown)} in the log; it has {known}")
    both = sorted(set(train_on) & set(test_on))
    if both and train_until is None:
        raise CommandRefused(f"{', '.join(both)} cannot be both trained and tested on")
    if train_until is None and not (train_on or test_on):
        raise CommandRefused("say what to learn from: --train-until DATE or --train-on OFFICES")
    tested = frozenset(test_on) or (offices - frozenset(train_on)) or offices
    trained = frozenset(train_on) or (offices - frozenset(test_on)) or offices
    split = Split(train_until, trained, tested, nightly)
    if not any(map(split.is_tested, log.tickets)):
        raise CommandRefused("no ticket is left to test on: choose an earlier day or other offices")
    return split


def run_replay(log: Log, split: Split, say: Say) -> Outcome:
    """Train, then replay; an estimate for each ticket tested."""
    estimator, outcome = Estimator(), Outcome()
    rows, waits = _examples(estimator, log, split, say)
    outcome.trained = len(rows)
    estimator.coverage = Coverage()
    _train(estimator, rows, waits, say)
    accuracy = Accuracy()
    for day, tickets, samples in _days(log, split.is_tested):
        if split.nightly and outcome.replayed:
            _train(estimator, rows, waits, say)
        for replayed in replay_day(estimator, tickets, samples):
            outcome.replayed.append(replayed)
            if replayed.ticket.clean:
                accuracy.add(replayed.estimate, replayed.ticket.wait)
                rows.append(array("d", replayed.estimate.row))
                waits.append(replayed.ticket.wait)
        error = accuracy.announced.as_json()
        say(f"{day}: {len(tickets)} tickets; so far MAE {error['mae']} minutes")
    return outcome


def _examples(
    estimator: Estimator, log: Log, split: Split, say: Say
) -> tuple[list[Sequence[float]], list[float]]:
    rows: list[Sequence[float]] = []
    waits: list[float] = []
    for day, tickets, samples in _days(log, split.is_trained):
        for replayed in replay_day(estimator, tickets, samples):
            if replayed.ticket.clean:
                rows.append(array("d", replayed.estimate.row))
                waits.append(replayed.ticket.wait)
        say(f"{day}: {len(tickets)} tickets to learn from")
    return rows, waits


def _train(estimator: Estimator, rows: list[Sequence[float]], waits: list[float], say: Say) -> None:
    from mawaeed.hall.estimates.growing import FEWEST_ROWS, learn

    if len(rows) < FEWEST_ROWS:
        say(f"{len(rows)} waits are too few to learn from: the analytic estimate is used")
        return
    say(f"learning from {len(rows)} waits …")
    estimator.model = learn(rows, waits, say=say)


def _days(
    log: Log, wanted: Callable[[LoggedTicket | LoggedSample], bool]
) -> Iterable[tuple[date, list[LoggedTicket], list[LoggedSample]]]:
    samples: dict[date, list[LoggedSample]] = {}
    for sample in filter(wanted, log.samples):
        samples.setdefault(sample.day, []).append(sample)
    tickets = sorted(filter(wanted, log.tickets), key=lambda ticket: ticket.day)
    for day, found in groupby(tickets, key=lambda ticket: ticket.day):
        yield day, list(found), samples.get(day, [])


def report_of(log: Log, split: Split, outcome: Outcome) -> dict[str, object]:
    """The report as docs/algorithms/estimates.md describes it; clean tickets are measured."""
    overall = Accuracy()
    offices: dict[str, Accuracy] = {}
    days: dict[str, Accuracy] = {}
    for replayed in outcome.replayed:
        ticket, estimate = replayed.ticket, replayed.estimate
        if ticket.clean:
            overall.add(estimate, ticket.wait)
            offices.setdefault(ticket.office, Accuracy()).add(estimate, ticket.wait)
            days.setdefault(ticket.day.isoformat(), Accuracy()).add(estimate, ticket.wait)
    return {
        "format": FORMAT,
        "split": {
            "train_until": split.train_until.isoformat() if split.train_until else None,
            "train_on": sorted(split.train_on),
            "test_on": sorted(split.test_on),
            "with_snapshots": bool(log.samples),
            "nightly": split.nightly,
            "tickets_learned_from": outcome.trained,
            "tickets_replayed": len(outcome.replayed),
        },
        "overall": overall.as_json(),
        "offices": {name: offices[name].as_json() for name in sorted(offices)},
        "days": {name: days[name].as_json() for name in sorted(days)},
        "tickets": [_ticket_json(each) for each in outcome.replayed],
    }


def _ticket_json(replayed: Replayed) -> dict[str, object]:
    ticket, estimate = replayed.ticket, replayed.estimate
    return {
        "office": ticket.office,
        "queue_id": ticket.queue,
        "date": ticket.day.isoformat(),
        "seq": ticket.seq,
        "issued_min": ticket.issued_at,
        "wait_min": ticket.wait,
        "clean": int(ticket.clean),
        "ahead": estimate.ahead,
        "p50": round(estimate.p50, 2),
        "p90": round(estimate.p90, 2),
        **{name: round(getattr(estimate.baselines, name), 2) for name in BASELINES},
    }
