"""Breaks, parts of a ticket, people to send to, tickets revived, services given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hall_day import (
    CLERK,
    KIOSK,
    arrived,
    booked,
    fresh,
    offering_of,
    state_of_appointment,
    walked_in,
    working,
)
from mawaeed.centres.models import Pool
from mawaeed.conduct.models import Event
from mawaeed.hall import actions, errors
from mawaeed.hall.models import CounterBreak, CounterSession, ServiceGiven, Ticket, TicketLeg
from mawaeed.hall.notes import holds_personal_data
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import Malformed, NotFound, Stale
from mawaeed.kernel.models import History, PolicyValue
from mawaeed.kernel.policies import forget_policies
from small_world import NOW, World, both, local, make_person, make_world

pytestmark = pytest.mark.django_db

NINE = local(9)


@pytest.fixture
def world() -> World:
    return make_world(places=2, days=1)


@pytest.fixture
def session(world: World) -> CounterSession:
    return working(world)


def call(session: CounterSession, minute: int) -> Ticket:
    ticket = actions.call_next(counter_session=session, now=local(9, minute), actor=CLERK)
    assert ticket is not None
    return ticket


def serving(session: CounterSession, minute: int) -> Ticket:
    called = call(session, minute)
    return actions.start_service(ticket=called, actor=CLERK, now=local(9, minute))


def test_a_second_call_waits_for_the_visitor_to_come(world: World, session: CounterSession) -> None:
    walked_in(world.dana, NINE)
    ticket = call(session, 1)
    with pytest.raises(errors.RecallTooSoon) as refused:
        actions.recall(ticket=ticket, actor=CLERK, now=local(9, 1) + timedelta(seconds=7))
    assert refused.value.data == {"seconds": 13}
    again = actions.recall(ticket=ticket, actor=CLERK, now=local(9, 1) + timedelta(seconds=20))
    assert again.calls == 2


def test_nobody_is_called_to_a_counter_on_a_break(world: World, session: CounterSession) -> None:
    walked_in(world.dana, NINE)
    press: dict[str, Any] = {"counter_session": session, "actor": CLERK}
    pause = actions.start_break(**press, now=NINE)
    assert actions.start_break(**press, now=local(9, 1)) == pause
    with pytest.raises(errors.OnBreak):
        actions.call_next(**press, now=local(9, 2))
    ended = actions.end_break(**press, now=local(9, 3))
    assert ended is not None
    assert (ended.began_at, ended.ended_at) == (NINE, local(9, 3))
    assert actions.end_break(**press, now=local(9, 4)) is None
    call(session, 5)
    with pytest.raises(errors.CounterBusy):
        actions.start_break(**press, now=local(9, 6))
    rows = History.objects.filter(subject_kind="counter").order_by("pk")
    assert list(rows.values_list("to_state", flat=True)) == ["open", "on_break", "open"]


def test_closing_the_counter_ends_its_break(session: CounterSession) -> None:
    actions.start_break(counter_session=session, now=NINE, actor=CLERK)
    actions.close_counter(counter_session=session, now=local(9, 5))
    assert CounterBreak.objects.get().ended_at == local(9, 5)
    with pytest.raises(errors.CounterClosed):
        actions.start_break(counter_session=session, now=local(9, 6), actor=CLERK)


def test_several_services_on_one_number(world: World, session: CounterSession) -> None:
    photo = Pool.objects.create(centre=world.dana, code="photo", name=both("Photo"))
    passport = offering_of(world.dana, "passport")
    type(passport).objects.filter(pk=passport.pk).update(pool=photo)
    passport = offering_of(world.dana, "passport")
    person = make_person(4)
    walked_in(world.dana, NINE, person=person)
    ticket = serving(session, 1)
    added: dict[str, Any] = {
        "ticket": ticket,
        "offering": passport,
        "actor": CLERK,
        "now": local(9, 2),
    }
    leg = actions.add_service(**added)
    assert actions.add_service(**added) == leg

    onward = actions.finish_service(ticket=ticket, actor=CLERK, now=local(9, 9))

    assert (onward.state, onward.number, onward.pool_id) == ("waiting", ticket.number, photo.pk)
    assert (onward.due_at, onward.counter, onward.calls) == (NINE, None, 0)
    assert list(Event.objects.values_list("kind", flat=True)) == ["attended"]
    Ticket.objects.filter(pk=ticket.pk).update(state="serving")
    last = actions.finish_service(ticket=fresh(ticket), actor=CLERK, now=local(9, 20))
    assert last.state == "served"
    assert Event.objects.count() == 1  # one visit
    assert list(TicketLeg.objects.values_list("done", flat=True)) == [True, True]
    with pytest.raises(Stale):
        actions.add_service(**added)


def test_a_ticket_takes_four_services_of_its_own_centre(
    world: World, session: CounterSession
) -> None:
    ticket = walked_in(world.dana, NINE)
    press: dict[str, Any] = {"ticket": ticket, "actor": CLERK, "now": NINE}
    with pytest.raises(NotFound):
        actions.add_service(offering=offering_of(world.muharraq), **press)
    most = PolicyValue(key="visit.legs", scope_kind="agency", scope_id=0, value=2)
    most.effective_from = local(0)
    most.save()
    forget_policies()
    actions.add_service(offering=offering_of(world.dana, "passport"), **press)
    with pytest.raises(errors.TooManyServices) as refused:
        actions.add_service(offering=offering_of(world.dana, "customs"), **press)
    forget_policies()
    assert refused.value.data == {"most": 2}


def test_a_part_added_while_the_last_is_finished_is_not_lost(
    world: World, session: CounterSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clerk's copy knows of no further part, but one was added in this very moment."""
    walked_in(world.dana, NINE)
    ticket = serving(session, 1)
    actions.add_service(
        ticket=ticket, offering=offering_of(world.dana, "passport"), actor=CLERK, now=NINE
    )
    monkeypatch.setattr("mawaeed.hall.actions.legs.following", lambda ticket: None)
    with pytest.raises(Stale):
        actions.finish_service(ticket=ticket, actor=CLERK, now=local(9, 9))
    assert fresh(ticket).state == "serving"


def test_sent_to_a_person_at_work_and_kept_for_them(world: World, session: CounterSession) -> None:
    other = working(world, 2)
    walked_in(world.dana, NINE)
    ticket = call(session, 1)
    sent = actions.transfer(ticket=ticket, staff=other.staff, actor=CLERK, now=local(9, 2))
    assert (sent.wanted_staff, sent.due_at) == (other.staff, NINE)
    nobody = actions.call_next(counter_session=session, now=local(9, 3), actor=CLERK)
    assert nobody is None
    assert call(other, 4) == ticket
    actions.leave(ticket=fresh(ticket), actor=CLERK, now=local(9, 5))
    actions.close_counter(counter_session=other, now=local(9, 5))
    waiting = walked_in(world.dana, local(9, 5))
    with pytest.raises(errors.NotAtWork):
        actions.transfer(ticket=waiting, staff=other.staff, actor=CLERK, now=local(9, 6))


def test_the_due_time_starts_again_where_the_centre_wants_it(world: World) -> None:
    PolicyValue.objects.create(
        key="hall.transfer_keeps_due",
        scope_kind="agency",
        scope_id=0,
        value=False,
        effective_from=local(0),
    )
    forget_policies()
    ticket = walked_in(world.dana, NINE)
    passport = offering_of(world.dana, "passport")
    sent = actions.transfer(ticket=ticket, offering=passport, actor=CLERK, now=local(9, 7))
    forget_policies()
    assert sent.due_at == local(9, 7)


def test_whoever_fetched_a_document_comes_back_to_the_clerk_who_knows_the_case(
    world: World, session: CounterSession
) -> None:
    other = working(world, 2)
    mine = Actor("staff", session.staff_id)
    walked_in(world.dana, NINE)
    parked = actions.park(ticket=call(session, 1), actor=mine, now=local(9, 2))
    resumed = actions.resume(ticket=parked, actor=CLERK, now=local(9, 9))
    assert (resumed.wanted_staff, resumed.due_at) == (session.staff, NINE)
    assert actions.call_next(counter_session=other, now=local(9, 10), actor=CLERK) is None
    assert call(session, 10) == parked
    parked = actions.park(ticket=fresh(parked), actor=mine, now=local(9, 11))
    actions.start_break(counter_session=session, now=local(9, 12), actor=mine)
    resumed = actions.resume(ticket=parked, actor=CLERK, now=local(9, 13))
    assert resumed.wanted_staff is None
    assert call(other, 14) == parked


def test_a_missed_ticket_is_revived_once_and_ranks_as_a_walk_ins(
    world: World, session: CounterSession
) -> None:
    ticket = arrived(NINE)
    again = actions.recall(ticket=call(session, 1), actor=CLERK, now=local(9, 2))
    missed = actions.mark_missed(ticket=again, actor=CLERK, now=local(9, 3))
    with pytest.raises(errors.ReactivationOver) as over:
        actions.reactivate(ticket=missed, actor=CLERK, now=local(10, 4))
    assert over.value.data == {"minutes": 60}
    revived = actions.reactivate(ticket=missed, actor=CLERK, now=local(10, 3))
    assert (revived.state, revived.number, revived.counter) == ("waiting", ticket.number, None)
    assert (revived.due_at, revived.priority_class, revived.late) == (local(10, 3), "walk_in", True)
    with pytest.raises(Stale):
        actions.reactivate(ticket=missed, actor=CLERK, now=local(10, 3))
    called = actions.call_next(counter_session=session, now=local(10, 4), actor=CLERK)
    assert called is not None
    started = actions.start_service(ticket=called, actor=CLERK, now=local(10, 5))
    actions.finish_service(ticket=started, actor=CLERK, now=local(10, 9))
    assert Event.objects.get(kind="missed").reversed_at == local(10, 9)
    assert state_of_appointment(ticket.appointment) == "no_show"


def test_whoever_was_taken_up_again_has_that_ticket(world: World, session: CounterSession) -> None:
    arrived(NINE)
    again = actions.recall(ticket=call(session, 1), actor=CLERK, now=local(9, 2))
    missed = actions.mark_missed(ticket=again, actor=CLERK, now=local(9, 3))
    assert missed.appointment is not None
    missed.appointment.refresh_from_db()
    held = actions.readmit(appointment=missed.appointment, actor=CLERK, now=local(9, 5))
    assert actions.reactivate(ticket=missed, actor=CLERK, now=local(9, 6)) == held


def test_asking_again_gives_the_ticket_already_held(world: World) -> None:
    person = make_person(5, mobile="+97336001235")
    first = walked_in(world.dana, NINE, person=person)
    assert walked_in(world.dana, local(9, 1), person=person) == first
    appointment = booked(local(9, 30), person=make_person(6))
    checked_in = actions.check_in(appointment=appointment, actor=KIOSK, now=local(9, 2))
    assert walked_in(world.dana, local(9, 3), person=appointment.person) == checked_in
    assert walked_in(world.dana, local(9, 4)) not in (first, checked_in)


def test_services_given_are_recorded_and_corrected(world: World, session: CounterSession) -> None:
    walked_in(world.dana, NINE)
    ticket = call(session, 1)
    given: dict[str, Any] = {"offering": ticket.offering, "staff": session.staff, "note": ""}
    with pytest.raises(Stale):
        actions.record_service(ticket=ticket, outcome="done", now=local(9, 1), **given)
    started = actions.start_service(ticket=ticket, actor=CLERK, now=local(9, 2))
    first = actions.record_service(ticket=started, outcome="done", now=local(9, 3), **given)
    again = actions.record_service(
        ticket=started, outcome="papers_missing", now=local(9, 4), **given
    )
    assert (again, ServiceGiven.objects.get().outcome) == (first, "papers_missing")
    with pytest.raises(Malformed):
        actions.record_service(ticket=started, outcome="well", now=local(9, 5), **given)
    with pytest.raises(errors.PersonalData):
        actions.record_service(
            ticket=started, outcome="done", now=local(9, 5), **{**given, "note": "36001234"}
        )
    elsewhere: dict[str, Any] = {**given, "offering": offering_of(world.muharraq)}
    with pytest.raises(NotFound):
        actions.record_service(ticket=started, outcome="done", now=local(9, 5), **elsewhere)


@pytest.mark.parametrize(
    "note",
    [
        "CPR 900100000",
        "٩٠٠١٠٠٠٠٠",
        "call 3600 1234",
        "+973-36001234",
        "(973) 36 00 12 34",
        "a.b@example.org",
        "born 1990-01-02, 36001234",
    ],
)
def test_a_note_that_leads_to_a_person_is_seen(note: str) -> None:
    assert holds_personal_data(note)


@pytest.mark.parametrize(
    "note",
    ["", "Photo too old", "Comes back on 2026-11-24", "Fee 12.500 BD", "Form 1234, page 2 of 3"],
)
def test_an_ordinary_note_is_no_personal_data(note: str) -> None:
    assert not holds_personal_data(note)


def test_another_days_ticket_is_not_revived(world: World, session: CounterSession) -> None:
    walked_in(world.dana, NINE)
    again = actions.recall(ticket=call(session, 1), actor=CLERK, now=local(9, 2))
    missed = actions.mark_missed(ticket=again, actor=CLERK, now=local(9, 3))
    Ticket.objects.filter(pk=missed.pk).update(day=NOW.date() - timedelta(days=1))
    with pytest.raises(errors.ReactivationOver):
        actions.reactivate(ticket=fresh(missed), actor=CLERK, now=local(9, 4))
