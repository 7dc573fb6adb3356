"""What a night teaches: from the log of past days to the range of the next ticket."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from random import Random

import pytest

from hall_day import CLERK, walked_in, working
from mawaeed.hall import actions
from mawaeed.hall.estimates import growing
from mawaeed.hall.estimates.accuracy import Errors
from mawaeed.hall.estimates.growing import Growth
from mawaeed.hall.estimates.replay import LoggedTicket
from mawaeed.hall.models import EstimateCorrection, EstimateModel, WaitEstimate
from mawaeed.hall.waits import learning
from mawaeed.hall.waits.announcing import announce_first
from mawaeed.hall.waits.learned import learned_estimate
from mawaeed.hall.waits.log import queue_of
from small_world import TODAY, World, local, make_world

AT = local(9)


def a_day(world: World, day: date) -> list[LoggedTicket]:
    """Two hundred people at one counter that takes four minutes for each."""
    chance = Random(day.toordinal())
    queue = queue_of(world.dana_pool.pk, "walk_in")
    free, at, found = 480.0, 480.0, []
    for seq in range(200):
        at += chance.expovariate(1 / 4.2)
        free = max(at, free + 4.0)
        found.append(
            LoggedTicket(
                str(world.dana.pk), queue, day, seq, at, free, free - at, 0, 0, 4.0, clean=True
            )
        )
    return found


@pytest.mark.django_db
def test_a_night_learns_once_and_the_next_ticket_is_told_what_was_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = make_world(days=2)
    days = [TODAY - timedelta(days=back) for back in (3, 2, 1)]
    monkeypatch.setattr(learning, "days_with_tickets", lambda *_: days)
    monkeypatch.setattr(learning, "log_of_day", lambda _, day: a_day(world, day))
    monkeypatch.setattr(learning, "_announced_error", lambda *_: (60, 30.0))
    monkeypatch.setattr(growing, "learn", partial(growing.learn, growth=Growth(trees=4)))
    learning.learn_nightly(AT)
    learning.learn_nightly(AT + timedelta(hours=1))
    (model,) = EstimateModel.objects.all()
    kept = EstimateCorrection.objects.get(centre=world.dana).content
    assert (model.tickets, kept["method"]) == (400, "learned")
    working(world)
    for minute in range(6):
        walked_in(world.dana, AT + timedelta(minutes=minute))
    now = AT + timedelta(minutes=6)
    ticket = walked_in(world.dana, now)
    row = announce_first(ticket=ticket, now=now)
    assert row is not None
    assert (row.method, row.ahead) == (WaitEstimate.Method.LEARNED, 6)
    before = learned_estimate(ticket)
    # Nothing later is looked at: not the next visitor, nor a call after the issue.
    walked_in(world.dana, now + timedelta(minutes=1))
    session = working(world, 2, at=now)
    actions.call_next(counter_session=session, now=now + timedelta(minutes=2), actor=CLERK)
    assert learned_estimate(ticket) == before


@pytest.mark.parametrize(
    ("learned", "announced", "method"),
    [
        ((60, 3.0), (60, 5.0), "learned"),
        ((60, 4.9), (60, 5.0), "simulated"),
        ((20, 1.0), (60, 5.0), "simulated"),
        ((60, 1.0), (20, 5.0), "simulated"),
        (None, (60, 5.0), "simulated"),
        ((60, 1.0), (0, None), "simulated"),
    ],
)
def test_a_method_takes_anothers_place_only_where_it_proved_better(
    learned: tuple[int, float] | None, announced: tuple[int, float | None], method: str
) -> None:
    errors = Errors(count=learned[0], absolute=learned[0] * learned[1]) if learned else None
    assert learning.method_for(errors, announced) == method
