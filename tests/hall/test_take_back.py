"""What a clerk takes back within a minute: the call, “did not come”, the finish."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hall_day import (
    CLERK,
    KIOSK,
    arrived,
    booked,
    events_of,
    fresh,
    offering_of,
    rows_of,
    walked_in,
    working,
)
from hall_day import state_of_appointment as state_of
from mawaeed.booking import actions as booking
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment
from mawaeed.conduct.models import Event, Standing
from mawaeed.feedback.consumers import ask_for_rating, revoke_rating
from mawaeed.feedback.models import Rating
from mawaeed.hall import actions, errors
from mawaeed.hall.consumers import cancel_open_ticket
from mawaeed.hall.last_press import last_press
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.models import History, OutboxEvent
from small_world import NOW, World, local, make_person, make_world

pytestmark = pytest.mark.django_db

NINE = local(9)
PAUSE = timedelta(seconds=20)


@pytest.fixture
def world() -> World:
    return make_world(places=1, days=1)


@pytest.fixture
def session(world: World) -> CounterSession:
    return working(world)


def test_the_last_minute_alone_is_read_of_a_long_day(session: CounterSession) -> None:
    """However much happened before: by index, on both databases."""
    centre = session.counter.centre
    History.objects.bulk_create(
        History(
            day=NINE.date(),
            at=NINE - timedelta(seconds=number),
            subject_kind="ticket",
            subject_id=number,
            centre_id=centre.pk,
            from_state="waiting",
            to_state="called",
            actor_kind="staff",
            details={"event": "ticket_called", "counter": 9},
        )
        for number in range(4000, 0, -1)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        last_press(session, NINE)  # policies are read once and kept
        with CaptureQueriesContext(connection) as captured:
            assert last_press(session, NINE) is None
        (statement,) = captured
        word = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{word} {statement['sql']}")
        plan = str(cursor.fetchall())
    assert "history_centre_moment" in plan
    assert re.search(r"Index Cond: .* AND \(at >= |\bat>\?", plan), plan


def call(session: CounterSession, at: datetime) -> Ticket:
    ticket = actions.call_next(counter_session=session, now=at, actor=CLERK)
    assert ticket is not None
    return ticket


def missed(session: CounterSession, at: datetime) -> Ticket:
    ticket = call(session, at)
    ticket = actions.recall(ticket=ticket, actor=CLERK, now=at + PAUSE)
    return actions.mark_missed(ticket=ticket, actor=CLERK, now=at + 2 * PAUSE)


def finished(session: CounterSession, at: datetime) -> Ticket:
    started = actions.start_service(ticket=call(session, at), actor=CLERK, now=at)
    return actions.finish_service(ticket=started, actor=CLERK, now=at)


def back(session: CounterSession, at: datetime) -> Ticket:
    return actions.take_back(counter_session=session, now=at, actor=CLERK)


def kinds() -> list[tuple[str, bool]]:
    """Events of conduct: kind, and whether it still counts."""
    rows = Event.objects.order_by("pk").values_list("kind", "reversed_at")
    return [(kind, reversed_at is None) for kind, reversed_at in rows]


def test_a_call_goes_back_to_where_the_ticket_stood(session: CounterSession) -> None:
    ticket = walked_in(session.counter.centre, NINE)
    sent = actions.transfer(ticket=ticket, staff=session.staff, actor=CLERK, now=NINE)
    called = call(session, local(9, 1))
    actions.recall(ticket=called, actor=CLERK, now=local(9, 1) + PAUSE)
    changed = back(session, local(9, 2))
    assert (changed.state, changed.counter, changed.calls) == ("waiting", None, 0)
    assert (changed.due_at, fresh(changed).wanted_staff_id) == (NINE, sent.wanted_staff_id)
    assert rows_of(ticket)[-1] == ("called", "waiting")
    told = OutboxEvent.objects.get(kind="ticket_taken_back")
    assert told.payload == {"ticket_id": ticket.pk, "what": "call"}
    assert call(session, local(9, 3)) == ticket


def test_missed_is_called_again_with_its_place_and_without_blame(session: CounterSession) -> None:
    ticket = arrived(NINE)
    missed(session, local(9, 1))
    assert kinds() == [("missed", True)]
    changed = back(session, local(9, 2))
    assert (changed.state, changed.counter, changed.calls) == ("called", session.counter, 2)
    assert (changed.priority_class, state_of(ticket.appointment)) == ("appointment", "checked_in")
    assert kinds() == [("missed", False)]
    assert Standing.objects.get().active_count == 1
    assert ledger_differences() == []
    served = actions.start_service(ticket=changed, actor=CLERK, now=local(9, 3))
    actions.finish_service(ticket=served, actor=CLERK, now=local(9, 9))
    assert state_of(ticket.appointment) == "fulfilled"


def test_a_place_sold_meanwhile_stays_sold_and_the_visitor_goes_on_as_a_walk_in(
    session: CounterSession,
) -> None:
    ticket = arrived(NINE, service="customs")  # twenty minutes
    missed(session, local(9, 1))
    booking.book_appointment(
        person=make_person(7),
        service_code="renewal",
        centre_code="dana",
        starts_at=local(9, 10),
        actor=SYSTEM,
        now=local(9, 1) + 2 * PAUSE,
    )
    changed = back(session, local(9, 2))
    assert (changed.state, changed.priority_class, changed.late) == ("called", "walk_in", True)
    assert state_of(ticket.appointment) == "no_show"
    assert kinds() == [("missed", False)]
    assert ledger_differences() == []


def test_what_the_centre_excused_comes_back_too(session: CounterSession) -> None:
    ticket = arrived(NINE)
    missed(session, local(9, 40))
    cancelled = OutboxEvent.objects.get(kind="appointment_cancelled")
    changed = back(session, local(9, 41))
    assert (changed.state, state_of(ticket.appointment)) == ("called", "checked_in")
    cancel_open_ticket(cancelled, local(9, 41))  # told late, of what is not so any more
    assert fresh(ticket).state == "called"
    assert ledger_differences() == []


def test_finished_is_served_again_and_its_rating_is_revoked(session: CounterSession) -> None:
    ticket = arrived(NINE)
    finished(session, local(9, 1))
    done = OutboxEvent.objects.get(kind="service_finished")
    ask_for_rating(done, local(9, 1))
    changed = back(session, local(9, 2))
    assert (changed.state, changed.counter) == ("serving", session.counter)
    assert (state_of(ticket.appointment), kinds()) == ("checked_in", [("attended", False)])
    revoke_rating(OutboxEvent.objects.get(kind="ticket_taken_back"), local(9, 2))
    ask_for_rating(done, local(9, 2))  # delivered once more: nothing is finished now
    assert not Rating.objects.exists()
    actions.finish_service(ticket=changed, actor=CLERK, now=local(9, 5))
    assert (state_of(ticket.appointment), kinds()[-1]) == ("fulfilled", ("attended", True))
    ask_for_rating(OutboxEvent.objects.filter(kind="service_finished").latest("pk"), local(9, 5))
    revoke_rating(OutboxEvent.objects.get(kind="ticket_taken_back"), local(9, 6))
    assert Rating.objects.count() == 1  # of the finish that stands


def test_an_answered_rating_stays(session: CounterSession) -> None:
    arrived(NINE)
    finished(session, local(9, 1))
    ask_for_rating(OutboxEvent.objects.get(kind="service_finished"), local(9, 1))
    Rating.objects.update(submitted_at=local(9, 1), overall=5)
    back(session, local(9, 2))
    revoke_rating(OutboxEvent.objects.get(kind="ticket_taken_back"), local(9, 2))
    assert Rating.objects.count() == 1


def visit_of_two() -> tuple[Appointment, Appointment]:
    first, second = booking.book_visit(
        person=make_person(3),
        wanted=[Wanted("renewal"), Wanted("passport")],
        centre_code="dana",
        starts_at=NINE,
        actor=SYSTEM,
        now=NOW,
    )
    return first, second


def test_the_next_part_of_the_visit_waits_no_more(session: CounterSession) -> None:
    first, second = visit_of_two()
    actions.check_in(appointment=first, actor=KIOSK, now=NINE)
    finished(session, local(9, 1))
    following = Ticket.objects.get(appointment=second)
    changed = back(session, local(9, 2))
    assert (fresh(following).state, state_of(second)) == ("cancelled", "booked")
    actions.finish_service(ticket=changed, actor=CLERK, now=local(9, 5))
    again = Ticket.objects.get(appointment=second, state="waiting")
    assert (state_of(second), again != following) == ("checked_in", True)


def test_a_part_whose_ticket_was_taken_back_can_check_in_again(session: CounterSession) -> None:
    first, second = visit_of_two()
    actions.check_in(appointment=first, actor=KIOSK, now=NINE)
    finished(session, local(9, 1))
    back(session, local(9, 2))
    second.refresh_from_db()
    again = actions.check_in(appointment=second, actor=KIOSK, now=local(9, 3))
    assert (again.state, state_of(second)) == ("waiting", "checked_in")


def test_called_too_late_excuses_the_whole_visit_and_taken_back_it_is_whole_again(
    session: CounterSession,
) -> None:
    first, second = visit_of_two()
    actions.check_in(appointment=first, actor=KIOSK, now=NINE)
    missed(session, local(9, 40))
    assert booking.expire_unclaimed(now=local(9, 41)) == 0
    assert [state_of(first), state_of(second)] == ["cancelled", "cancelled"]
    assert kinds() == []
    back(session, local(9, 41))
    assert [state_of(first), state_of(second)] == ["checked_in", "booked"]
    assert Standing.objects.get().active_count == 2
    assert ledger_differences() == []


def test_a_next_part_that_was_called_keeps_the_finish(
    world: World, session: CounterSession
) -> None:
    first, _ = visit_of_two()
    actions.check_in(appointment=first, actor=KIOSK, now=NINE)
    finished(session, local(9, 1))
    following = Ticket.objects.get(state="waiting")
    Ticket.objects.filter(pk=following.pk).update(state="called")
    with pytest.raises(errors.NextPartCalled):
        back(session, local(9, 2))
    assert state_of(first) == "fulfilled"


def test_booked_again_up_to_the_limit_keeps_the_finish(session: CounterSession) -> None:
    ticket = arrived(NINE)
    finished(session, local(9, 1))
    assert ticket.person is not None
    booked(local(10), person=ticket.person)
    with pytest.raises(errors.BookedAgain):
        back(session, local(9, 2))
    assert (fresh(ticket).state, kinds()) == ("served", [("attended", True)])


def test_one_press_that_finished_and_called_is_taken_back_in_two(session: CounterSession) -> None:
    first, second = walked_in(session.counter.centre, NINE), walked_in(session.counter.centre, NINE)
    started = actions.start_service(ticket=call(session, local(9, 1)), actor=CLERK, now=local(9, 1))
    at = local(9, 5)
    following = actions.finish_and_call(
        ticket=started, counter_session=session, now=at, actor=CLERK
    )
    assert following == second
    assert back(session, at + PAUSE) == second
    assert back(session, at + PAUSE) == first
    assert [fresh(first).state, fresh(second).state] == ["serving", "waiting"]
    assert events_of(first)[-1] == events_of(second)[-1] == "ticket_taken_back"
    # What came before is the start, which nobody takes back.
    with pytest.raises(errors.TakeBackOver):
        back(session, at + timedelta(seconds=61))


def test_finish_and_call_twice_calls_once_and_finishes_where_nobody_waits(
    session: CounterSession,
) -> None:
    for _ in range(3):
        walked_in(session.counter.centre, NINE)
    started = actions.start_service(ticket=call(session, local(9, 1)), actor=CLERK, now=local(9, 1))
    press: dict[str, Any] = {
        "ticket": started,
        "counter_session": session,
        "now": local(9, 5),
        "actor": CLERK,
    }
    following = actions.finish_and_call(**press)
    with pytest.raises(Stale):
        actions.finish_and_call(**press)
    assert following is not None
    assert Ticket.objects.filter(state="waiting").count() == 1
    Ticket.objects.filter(state="waiting").delete()
    last = actions.start_service(ticket=following, actor=CLERK, now=local(9, 6))
    alone: dict[str, Any] = {**press, "ticket": last, "now": local(9, 7)}
    assert actions.finish_and_call(**alone) is None
    assert fresh(last).state == "served"


def test_only_the_last_press_of_this_work_within_the_minute(session: CounterSession) -> None:
    walked_in(session.counter.centre, NINE)
    called = call(session, local(9, 1))
    with pytest.raises(errors.TakeBackOver) as over:
        back(session, local(9, 2) + timedelta(seconds=1))
    assert over.value.data == {"seconds": 60}
    actions.start_service(ticket=called, actor=CLERK, now=local(9, 2))
    with pytest.raises(errors.NothingToTakeBack):
        back(session, local(9, 2))
    assert fresh(called).state == "serving"


def test_nothing_is_taken_back_to_a_counter_that_closed(session: CounterSession) -> None:
    walked_in(session.counter.centre, NINE)
    ticket = finished(session, local(9, 1))
    actions.close_counter(counter_session=session, now=local(9, 1))
    with pytest.raises(errors.CounterClosed):
        back(session, local(9, 2))
    again = actions.open_counter(counter=session.counter, staff=session.staff, now=local(9, 2))
    with pytest.raises(errors.TakeBackOver):  # not of this work
        back(again, local(9, 2))
    assert fresh(ticket).state == "served"


def test_a_finished_part_of_a_ticket_comes_back_to_the_counter(session: CounterSession) -> None:
    centre = session.counter.centre
    ticket = walked_in(centre, NINE)
    passport = offering_of(centre, "passport")
    actions.add_service(ticket=ticket, offering=passport, actor=CLERK, now=NINE)
    assert finished(session, local(9, 1)).offering == passport
    changed = back(session, local(9, 2))
    assert (changed.state, changed.counter) == ("serving", session.counter)
    assert changed.offering_id == ticket.offering_id
    onward = actions.finish_service(ticket=changed, actor=CLERK, now=local(9, 3))
    assert (onward.state, onward.offering, onward.number) == ("waiting", passport, ticket.number)


def test_a_recalled_call_is_taken_back_once_and_never_from_another_counter() -> None:
    world = make_world(places=2, days=1)
    mine, theirs = working(world, 1), working(world, 2)
    ticket = walked_in(world.dana, NINE)
    actions.recall(ticket=call(mine, NINE), actor=CLERK, now=NINE + PAUSE)
    back(mine, NINE + PAUSE)
    assert call(theirs, NINE + PAUSE) == ticket
    with pytest.raises(errors.TakeBackOver):
        back(mine, NINE + PAUSE)
    assert fresh(ticket).counter == theirs.counter


def test_what_somebody_else_changed_since_is_not_taken_back() -> None:
    world = make_world(places=2, days=1)
    mine, theirs = working(world, 1), working(world, 2)
    ticket = walked_in(world.dana, NINE)
    for service in ("passport", "customs"):
        added = offering_of(world.dana, service)
        actions.add_service(ticket=ticket, offering=added, actor=CLERK, now=NINE)
    finished(mine, NINE)
    finished(theirs, NINE + PAUSE)  # the second part; the third waits
    with pytest.raises(Stale):
        back(mine, NINE + PAUSE)
    assert [leg.done for leg in ticket.legs.order_by("position")] == [True, True, False]
