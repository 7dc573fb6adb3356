"""An ordinary booking on SQLite: bare statements in one IMMEDIATE transaction.

The same checks in the same order as book_place.sql. The transaction holds the only write lock from
its start, so nothing is locked and the key is written last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from django.db import connection

from mawaeed.booking.rules import first_free_ordinal
from mawaeed.booking.statement.parameters import Parameters
from mawaeed.booking.statement.terms import TERMS
from mawaeed.kernel.database import write_transaction

Outcome = tuple[Any, ...]

KEY = "SELECT body_hash, result, created_at FROM kernel_idempotencykey WHERE actor = ? AND key = ?"
STANDING = """
    SELECT p.superseded_at, coalesce(s.active_count, 0), s.blocked_until FROM people_person AS p
    LEFT JOIN conduct_standing AS s ON s.person_id = p.id WHERE p.id = ?
"""
ORDINALS = """
    SELECT limit_ordinal FROM booking_appointment
    WHERE beneficiary_id = ? AND service_id = ? AND state IN ('booked', 'checked_in')
"""
HOLDS = """
    SELECT id, purpose = 'form' AND pool_id = ?2 AND starts_at = ?3 AND ends_at = ?4
        AND places = 'public'
    FROM booking_hold
    WHERE person_id = ?1 AND (purpose = 'form' OR (pool_id = ?2 AND starts_at = ?3))
"""
OVER = """
    SELECT 1 FROM booking_hold
    WHERE pool_id = ? AND starts_at < ? AND ends_at > ? AND expires_at <= ? LIMIT 1
"""
INTERVALS = """
    SELECT i.id, i.session_id, i.starts_at, i.ends_at, s.starts_at, p.start_step_minutes,
        i.shortfall = 0 AND i.capacity > i.staff_reserve + i.walk_in_reserve + i.withheld
            + i.taken_public + i.cooling
    FROM availability_interval AS i JOIN availability_session AS s ON s.id = i.session_id
        JOIN centres_pool AS p ON p.id = i.pool_id
    WHERE i.pool_id = ? AND i.starts_at >= ? AND i.starts_at < ? ORDER BY i.starts_at
"""
TAKE = """
    UPDATE availability_interval SET taken_public = taken_public + 1
    WHERE pool_id = ? AND starts_at >= ? AND starts_at < ?
"""
COUNT = """
    INSERT INTO conduct_standing (person_id, active_count) VALUES (?, 1)
    ON CONFLICT (person_id) DO UPDATE SET active_count = active_count + 1
"""
APPOINTMENT = """
    INSERT INTO booking_appointment (reference, secret, agency_id, person_id, beneficiary_id,
        companion_id, offering_id, service_id, centre_id, pool_id, day, starts_at, ends_at, places,
        state, limit_ordinal, moves, created_at, leg, channel, staff_id, reserve_reason,
        confirmed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'public', 'booked', ?, 0, ?, 1, ?, ?, '', ?)
"""
HISTORY = """
    INSERT INTO kernel_history (day, at, subject_kind, subject_id, agency_id, centre_id, from_state,
        to_state, actor_kind, actor_id, reason, details)
    VALUES (?, ?, 'appointment', ?, ?, ?, '', 'booked', ?, ?, '',
        '{"event": "appointment_booked"}')
"""
EVENT = """
    INSERT INTO kernel_outboxevent (day, at, kind, subject_kind, subject_id, centre_id, topics,
        payload, fanned_out)
    VALUES (?, ?, 'appointment_booked', 'appointment', ?, ?, ?, '{}', 0)
"""
KEEP = """
    INSERT INTO kernel_idempotencykey (actor, key, body_hash, result, created_at)
    VALUES (?, ?, ?, ?, ?)
"""


class _Row(NamedTuple):
    id: int
    session_id: int
    starts_at: datetime
    ends_at: datetime
    session_starts: datetime
    step_minutes: int
    free: int


def call(parameters: Parameters) -> Outcome:
    """The row that `booking_book_place` gives. Raises Django's database errors."""
    with write_transaction(), connection.wrap_database_errors:
        return _Booking(parameters).outcome()


class _Booking:
    """One booking; every value as the database keeps it."""

    def __init__(self, parameters: Parameters) -> None:
        self.all = parameters
        self.ask = cast("Any", connection.connection).execute
        self.starts, self.ends = _stored(parameters.starts_at), _stored(parameters.ends_at)
        self.now = _stored(parameters.now)

    def outcome(self) -> Outcome:
        """Check everything, then write everything."""
        mine = self.all
        if mine.key is not None:
            known = self.ask(KEY, (mine.key_actor, mine.key)).fetchone()
            if known:
                return "known", None, None, None, known[0], known[1], _moment(known[2])
        ordinal: int | None = None
        if self.ask(TERMS, (mine.offering,)).fetchone() != (mine.terms,):
            return _plain("other_path", None, None, None)
        refusal, until = self._refusal_of_person()
        if refusal is None:
            ordinal = self._ordinal()
            refusal = "already_booked" if ordinal is None else None
        hold: int | None = None
        if refusal is None:
            hold, refusal = self._hold()
        if refusal is None:
            refusal = self._refusal_of_place(held=hold is not None)
        if refusal is not None or ordinal is None:
            return _plain(refusal, None, None, until)
        return _plain("booked", self._written(ordinal, hold), ordinal, None)

    def _refusal_of_person(self) -> tuple[str | None, datetime | None]:
        superseded_at, active, blocked_until = self.ask(STANDING, (self.all.person,)).fetchone()
        if superseded_at is not None:
            return "stale", None
        until = _moment(blocked_until) if blocked_until else None
        if until is not None and until > self.all.now:
            return "blocked", until
        return ("limit_reached" if active >= self.all.cap else None), None

    def _ordinal(self) -> int | None:
        rows = self.ask(ORDINALS, (self.all.beneficiary, self.all.service)).fetchall()
        return first_free_ordinal({row[0] for row in rows}, self.all.limit)

    def _hold(self) -> tuple[int | None, str | None]:
        """The hold of this very place, if there is one; any other is not ordinary."""
        asked = (self.all.person, self.all.pool, self.starts, self.ends)
        holds = self.ask(HOLDS, asked).fetchall()
        if not all(fits for _, fits in holds):
            return None, "other_path"
        return (holds[0][0] if holds else None), None

    def _refusal_of_place(self, *, held: bool) -> str | None:
        asked = (self.all.pool, self.starts, self.ends)
        rows = [_Row(*row) for row in self.ask(INTERVALS, asked)]
        if len({row.session_id for row in rows}) != 1:
            return "closed"
        first = rows[0]
        if _moment(first.starts_at) != self.all.starts_at:
            return "closed"
        if _moment(rows[-1].ends_at) < self.all.ends_at:
            return "closed"
        after = first.starts_at - first.session_starts
        if after.total_seconds() % (first.step_minutes * 60):
            return "closed"
        if held or all(row.free for row in rows):
            return None
        over = self.ask(OVER, (self.all.pool, self.ends, self.starts, self.now)).fetchone()
        return "other_path" if over else "slot_taken"

    def _written(self, ordinal: int, hold: int | None) -> int:
        mine, ask = self.all, self.ask
        if hold is None:
            ask(TAKE, (mine.pool, self.starts, self.ends))
        else:
            ask("DELETE FROM booking_hold WHERE id = ?", (hold,))
        ask(COUNT, (mine.person,))
        identifier: int = ask(APPOINTMENT, tuple(self._appointment(ordinal))).lastrowid
        today = mine.today.isoformat()
        ask(
            HISTORY,
            (today, self.now, identifier, mine.agency, mine.centre, mine.actor_kind, mine.actor),
        )
        ask(EVENT, (today, self.now, identifier, mine.centre, mine.topics))
        if mine.key is not None:
            kept = (json.dumps(mine.result), _stored(mine.real))
            ask(KEEP, (mine.key_actor, mine.key, mine.body_hash, *kept))
        return identifier

    def _appointment(self, ordinal: int) -> Iterator[Any]:
        mine = self.all
        yield from (mine.reference, mine.secret, mine.agency, mine.person, mine.beneficiary)
        yield from (mine.companion, mine.offering, mine.service, mine.centre, mine.pool)
        yield from (mine.day.isoformat(), self.starts, self.ends, ordinal, self.now)
        yield from (mine.channel, mine.staff, _stored(mine.confirmed_at))


def _plain(
    outcome: str | None, identifier: int | None, ordinal: int | None, until: datetime | None
) -> Outcome:
    return outcome, identifier, ordinal, until, None, None, None


def _stored(moment: datetime | None) -> str | None:
    """As Django writes moments into SQLite: UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ") if moment else None


def _moment(read: datetime) -> datetime:
    """As Django's connection reads them: UTC, without saying so."""
    return read.replace(tzinfo=UTC)
