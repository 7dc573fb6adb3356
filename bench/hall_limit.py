"""The limit of a hall: pgbench finishing and calling by one prepared statement.

The statement writes what one press writes: the key of the request, the visitor who is finished with
and the next one, the history and the outgoing event of both. In a centre of its own, so that the
measured hall stays as it is.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pgbench
from hall_world import WAITED, ZONE, both, load_tickets, new_centre
from measure import Slice

POOLS = 3
STATEMENT = """\
\\set n :n + 1
\\set counter :first_counter + :client_id
\\set pool :first_pool + mod(:client_id, {pools})
WITH key AS (
  INSERT INTO kernel_idempotencykey (actor, key, body_hash, result, created_at)
  VALUES ('staff:' || :counter, 'limit-' || :turn || '-' || :n, repeat('0', 64), '{{}}'::jsonb,
    now())
  RETURNING id
), working AS (
  SELECT id FROM centres_counter WHERE id = :counter FOR NO KEY UPDATE
), finished AS (
  UPDATE hall_ticket SET state = 'served' FROM working
  WHERE counter_id = working.id AND state = 'serving'
  RETURNING hall_ticket.id
), picked AS (
  SELECT id FROM hall_ticket
  WHERE pool_id = :pool AND day = {day} AND state = 'waiting' AND priority_class = 'walk_in'
  ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
), called AS (
  UPDATE hall_ticket AS t SET state = 'serving', counter_id = :counter, calls = 1
  FROM picked, (SELECT count(*) FROM finished) AS done
  WHERE t.id = picked.id
  RETURNING t.id
), changed AS (
  SELECT id, 'serving' AS before, 'served' AS after FROM finished
  UNION ALL SELECT id, 'waiting', 'called' FROM called
), recorded AS (
  INSERT INTO kernel_history (day, at, subject_kind, subject_id, agency_id, centre_id, from_state,
    to_state, actor_kind, actor_id, reason, details)
  SELECT {day}, now(), 'ticket', id, {agency}, {centre}, before, after, 'staff', :counter, '',
    '{{"event": "service_finished", "counter": 1}}'
  FROM changed
  RETURNING subject_id
)
INSERT INTO kernel_outboxevent (day, at, kind, subject_kind, subject_id, centre_id, topics, payload,
  fanned_out)
SELECT {day}, now(), 'service_finished', 'ticket', subject_id, {centre},
  'hall' || chr(58) || 'r ticket' || chr(58) || 'abcdefghijkl', '{{"ticket_id": 1}}', false
FROM recorded;
"""
_turns = count()


@dataclass(frozen=True, slots=True)
class Reference:
    """A hall that only pgbench works in."""

    script: str
    first_pool: int
    first_counter: int

    def run(self, address: Mapping[str, str], *, clients: int, seconds: float) -> Slice:
        """One slice; each slice uses keys of its own."""
        return pgbench.run(
            self.script,
            address,
            clients=clients,
            seconds=seconds,
            variables={
                "n": -1,
                "turn": next(_turns),
                "first_pool": self.first_pool,
                "first_counter": self.first_counter,
            },
        )


def make(tickets: int, counters: int, now: datetime) -> Reference:
    """Its centre, with so many waiting."""
    from mawaeed.centres.models import Counter
    from mawaeed.hall.rules import number_text
    from mawaeed.kernel.clock import local_date

    centre = new_centre("r")
    offerings = _offerings(centre)
    pools = [offering.pool for offering in offerings]
    made = [
        Counter.objects.create(centre=centre, pool=pools[n % POOLS], number=n + 1)
        for n in range(counters)
    ]
    chance = random.Random(6)
    load_tickets(
        (
            (
                offerings[n % POOLS],
                number_text("R", n),
                "walk_in",
                now - timedelta(seconds=chance.uniform(0, WAITED)),
            )
            for n in range(1, tickets + 1)
        ),
        now,
    )
    script = STATEMENT.format(
        pools=POOLS,
        day=f"'{local_date(now, ZONE)}'::date",
        agency=f"{centre.agency_id}::bigint",
        centre=f"{centre.pk}::bigint",
    )
    return Reference(script, pools[0].pk, made[0].pk)


def _offerings(centre: Any) -> list[Any]:
    """A hall, a service in it, and that again; the ids of the halls follow each other."""
    from mawaeed.centres import models as centres

    group = centres.ServiceGroup.objects.create(centre=centre, letter="R", name=both("R"))
    pools = [
        centres.Pool.objects.create(centre=centre, code=f"r{n}", name=both("Hall"), places=10)
        for n in range(POOLS)
    ]
    return [
        centres.Offering.objects.create(
            service=centres.Service.objects.create(
                agency=centre.agency,
                directorate=centre.directorate,
                code=f"r{n}",
                name=both("Service"),
                duration_minutes=10,
            ),
            centre=centre,
            pool=pool,
            group=group,
        )
        for n, pool in enumerate(pools)
    ]


def left(reference: Reference) -> int:
    """How many still wait there: with none, less is done by each statement."""
    from mawaeed.hall.models import Ticket

    pools = range(reference.first_pool, reference.first_pool + POOLS)
    return min(Ticket.objects.filter(pool_id=pool, state="waiting").count() for pool in pools)
