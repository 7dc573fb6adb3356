"""The limit: pgbench booking by one prepared statement over the Unix socket.

The statement touches the rows that a booking through the product touches, in the same order: the
idempotency key, the person's limit row, the intervals by start, the appointment, its history and
its outgoing event; each in a transaction of its own, as durable as the product's.
"""

from __future__ import annotations

import os

import pgbench
from measure import Slice
from world import CENTRES_PER_AGENCY, DAYS, SERVICES, STEP, TIMED_STARTS, Plan

STATEMENT = """\
WITH key AS (
  INSERT INTO kernel_idempotencykey (actor, key, body_hash, result, created_at)
  VALUES ('person:' || :person, 'limit-' || :person, repeat('0', 64), :result::jsonb, now())
  RETURNING id
), standing AS (
  UPDATE conduct_standing SET active_count = active_count + 1
  WHERE person_id = :person AND active_count < 5
    AND (blocked_until IS NULL OR blocked_until <= now())
  RETURNING person_id
), account AS (
  SELECT id, beneficiary_id FROM people_person
  WHERE id = :person AND superseded_at IS NULL
), held AS (
  SELECT id FROM availability_interval
  WHERE pool_id = :pool AND starts_at >= to_timestamp(:begin)
    AND starts_at < to_timestamp(:begin + 900)
  ORDER BY pool_id, starts_at FOR UPDATE
), taken AS (
  UPDATE availability_interval AS i SET taken_public = taken_public + 1
  FROM held, standing
  WHERE i.id = held.id AND i.shortfall = 0
    AND i.capacity > i.staff_reserve + i.walk_in_reserve + i.withheld + i.taken_public + i.cooling
  RETURNING i.id
), made AS (
  INSERT INTO booking_appointment (reference, secret, agency_id, person_id, beneficiary_id,
    offering_id, service_id, centre_id, pool_id, day, starts_at, ends_at, places, state,
    limit_ordinal, moves, created_at, leg, channel, reserve_reason)
  SELECT 'L' || :person, 'limit-' || :person, :agency::bigint, account.id,
    account.beneficiary_id, :offering::bigint, :service::bigint, :centre::bigint, :pool::bigint,
    (to_timestamp(:begin) AT TIME ZONE 'Asia/Bahrain')::date, to_timestamp(:begin),
    to_timestamp(:begin + 900), 'public', 'booked', 1, 0, now(), 1, 'api', ''
  FROM account, standing, key
  WHERE (SELECT count(*) FROM taken) = 3
  RETURNING id
), recorded AS (
  INSERT INTO kernel_history (day, at, subject_kind, subject_id, agency_id, centre_id, from_state,
    to_state, actor_kind, actor_id, reason, details)
  SELECT current_date, now(), 'appointment', made.id, :agency::bigint, :centre::bigint, '',
    'booked', 'person', :person::bigint, '', '{"event": "appointment_booked"}'
  FROM made
  RETURNING subject_id
)
INSERT INTO kernel_outboxevent (day, at, kind, subject_kind, subject_id, centre_id, topics, payload,
  fanned_out)
SELECT current_date, now(), 'appointment_booked', 'appointment', subject_id, :centre::bigint,
  'hall' || chr(58) || 'c' || :centre, '{}', false
FROM recorded;
"""
# Who, where and when; every client has people of its own.
CHOICE = """\
\\set n :n + 1
\\set person :first + :client_id * :each + :n
\\set c {centre}
\\set place mod(:c, {per_agency})
\\set agency :c / {per_agency} + 1
\\set late case when :place < 11 then 2 else 3 end
\\set directorate case when :place < 5 then 0 when :place < 9 then 1 else :late end
\\set service ((:agency - 1) * 4 + :directorate) * {services} + {services}
\\set centre :c + 1
\\set pool :c * 3 + 3
\\set offering :c * {services} + {services}
\\set begin {begin}
"""
# Bookings a second and core, more than any database makes of them.
FASTEST = 3_000
RESULT = '{"reference": "L0000000", "state": "booked", "ticket": null, "can_move": true}'


def script(world: Plan, *, popular: bool) -> str:
    """The pgbench script; `popular`: everybody wants one start."""
    opens = int(world.opens_at(0).timestamp())
    if popular:
        centre, begin = "0", str(int(world.opens_at(DAYS - 1).timestamp()))
    else:
        centre = f"random(0, {world.centres - 1})"
        begin = (
            f"{opens} + random(0, {DAYS - 2}) * 86400 + random(0, {TIMED_STARTS - 1}) * {STEP * 60}"
        )
    choice = CHOICE.format(
        centre=centre, begin=begin, per_agency=CENTRES_PER_AGENCY, services=SERVICES
    )
    return choice + STATEMENT


def run_limit(
    world: Plan, address: dict[str, str], *, clients: int, seconds: float, first: int, popular: bool
) -> Slice:
    """One slice of the limit; it uses the `EACH * clients` people from `first` on."""
    each = people_for(clients, seconds) // clients
    variables = {"n": -1, "first": world.fresh_person(first), "each": each, "result": RESULT}
    return pgbench.run(
        script(world, popular=popular),
        address,
        clients=clients,
        seconds=seconds,
        variables=variables,
    )


def people_for(clients: int, seconds: float) -> int:
    """How many people a slice may need at most."""
    return pgbench.whole(seconds) * FASTEST * min(clients, os.cpu_count() or 1)
