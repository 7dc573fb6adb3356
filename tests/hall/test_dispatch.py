"""Who is called at which counter, on the database: profiles, persons, places; by few reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hall_day import CLERK, arrived, fresh, offering_of, walked_in, working
from mawaeed.centres.models import Pool
from mawaeed.hall import actions, dispatch, heads, queries
from mawaeed.hall.actions.profiles import assign_profile, retire_profile, save_profile
from mawaeed.hall.conditions import read_conditions
from mawaeed.hall.errors import NotForThisCounter, OutOfOrderReason
from mawaeed.hall.explain import why_next
from mawaeed.hall.models import CounterSession, Profile, Ticket
from mawaeed.hall.policies import rates_for
from mawaeed.hall.profiles import Kinds, KindsRatio
from mawaeed.hall.rules import order_key
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.identifiers import new_token
from mawaeed.kernel.models import History
from small_world import TODAY, World, both, local, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
NOW = local(9)


@pytest.fixture
def world() -> World:
    return make_world(places=4, days=1)


def profile(session: CounterSession, *conditions: dict[str, Any]) -> Profile:
    """This counter works by these conditions."""
    made = save_profile(
        centre=session.counter.centre,
        name=both("Profile"),
        conditions=read_conditions(list(conditions)),
        now=NOW,
        actor=CLERK,
    )
    assign_profile(counter=session.counter, profile=made, now=NOW, actor=CLERK)
    return made


def following(session: CounterSession) -> Ticket | None:
    """Who is next at the counter, asked with and without saying who works there."""
    found = dispatch.next_for_counter(session.counter, NOW, session)
    assert queries.next_for_counter(session.counter, NOW) == found
    return found


def waiting_for(world: World, service: str, minute: int) -> Ticket:
    return actions.issue_walk_in(
        offering=offering_of(world.dana, service), actor=CLERK, now=local(8, minute), language="ar"
    )


def passports(world: World) -> Pool:
    """Passports have a hall of their own, open as the other one."""
    pool = Pool.objects.create(centre=world.dana, code="passports", name=both("Passports"))
    offering = offering_of(world.dana, "passport")
    type(offering).objects.filter(pk=offering.pk).update(pool=pool)
    return pool


def crowd(world: World, count: int) -> list[Ticket]:
    """So many waiting tickets of every class and service, written at once."""
    services = [offering_of(world.dana, code) for code in ("renewal", "passport", "customs")]
    classes = Ticket.PriorityClass.values
    return Ticket.objects.bulk_create(
        Ticket(
            agency=world.agency,
            centre=world.dana,
            day=TODAY,
            group=services[0].group,
            number=f"B{number}",
            secret=new_token(9),
            offering=services[number * 7 % 100 // 34],
            pool=world.dana_pool,
            priority_class=classes[number % 11 % 3],
            due_at=local(6) + timedelta(seconds=number * 7919 % 9000),
            created_at=NOW,
        )
        for number in range(count)
    )


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        word = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{word} {sql}")
        return str(cursor.fetchall())


def test_ten_thousand_waiting_are_never_read(world: World) -> None:
    """The same few statements as for one, each by index, without and with a profile."""
    plain, special = working(world, 1), working(world, 2)
    first = [waiting_for(world, "passport", 1)]

    def asked(session: CounterSession) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert dispatch.next_for_counter(session.counter, NOW, session) is not None
        return [row["sql"] for row in captured]

    asked(plain)  # policies are read once and kept
    assert len(asked(plain)) == 5
    made = profile(
        special,
        {"kind": "only", "services": ["passport"]},
        {"kind": "ratio", "first": {"count": 2, "classes": ["appointment"]},
         "then": {"count": 1, "classes": ["walk_in"]}},
    )  # fmt: skip
    few = len(asked(special))
    assert few <= 12
    first += crowd(world, 10_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    statements = asked(special)
    assert len(statements) == few
    heads = [sql for sql in statements if sql.count('"priority_class" = ') > 1]
    assert len(heads) == 1
    assert "ticket_heads_offering" in explained(heads[0])
    # What an unprofiled counter reads beside it, and alone.
    retire_profile(profile=made, now=NOW, actor=CLERK)
    statements = asked(plain)
    assert len(statements) == 5
    for sql in statements:
        if 'FROM "hall_ticket"' in sql:
            plan = explained(sql)
            assert "Seq Scan on hall_ticket" not in plan
            assert "SCAN hall_ticket" not in plan
            assert "TEMP B-TREE FOR ORDER BY" not in plan
    heads = [sql for sql in statements if sql.count('"priority_class" = ') > 1]
    assert "ticket_heads" in explained(heads[0])


def test_the_whole_hall_is_called_in_the_order_of_the_score(world: World) -> None:
    hall = crowd(world, 60)
    session = working(world)
    places = [queries.place_of(ticket) for ticket in hall]
    order = sorted(places, key=lambda place: order_key(place, NOW, rates_for(world.dana, NOW)))
    called = []
    while (found := following(session)) is not None:
        called.append(found.pk)
        Ticket.objects.filter(pk=found.pk).update(state=Ticket.State.SERVED)
    assert called == [place.ticket_id for place in order]


def test_a_counter_for_passports_calls_nobody_else(world: World) -> None:
    session, other = working(world, 1), working(world, 2)
    renewal, passport = waiting_for(world, "renewal", 1), waiting_for(world, "passport", 30)
    profile(session, {"kind": "only", "services": ["passport"]})
    assert following(session) == passport
    assert "Profile" not in why_next(session.counter, NOW)
    actions.call_next(counter_session=session, now=NOW, actor=CLERK)
    assert following(session) is None
    assert following(other) == renewal
    assert why_next(session.counter, NOW) == "No visitor is waiting for this counter."


def test_two_appointments_for_one_walk_in_by_what_was_called(world: World) -> None:
    session = working(world)
    profile(
        session,
        {"kind": "ratio", "first": {"count": 2, "classes": ["appointment"]},
         "then": {"count": 1, "classes": ["walk_in"]}},
    )  # fmt: skip
    for minute in (40, 41, 42):
        waiting_for(world, "renewal", minute)
    for minute in (10, 20, 30):
        arrived(local(8, minute), local(8, minute))
    order = ""
    for _ in range(5):
        ticket = actions.call_next(counter_session=session, now=NOW, actor=CLERK)
        assert ticket is not None
        order += ticket.priority_class[0]
        if order == "aa":
            assert "it is this kind's turn" in why_next(session.counter, NOW)
        actions.leave(ticket=ticket, actor=CLERK, now=NOW)
    assert order == "aawaw"


def test_forty_minutes_go_first(world: World) -> None:
    session = working(world)
    old, booked = waiting_for(world, "renewal", 15), arrived(local(8, 30), local(8, 30))
    assert following(session) == booked
    assert why_next(session.counter, NOW) == (
        "A002 is next: an appointment, due 30 minutes ago, has 60 points and goes before A001 "
        "(a visitor without appointment, due 45 minutes ago), which has 45."
    )
    profile(session, {"kind": "oldest_first", "minutes": 40})
    assert following(session) == old
    assert why_next(session.counter, NOW) == (
        "A001 is next: due 45 minutes ago. This counter takes anyone over 40 minutes first, "
        "the oldest first."
    )


def test_another_hall_is_helped_when_the_own_one_is_empty(world: World) -> None:
    passports(world)
    session = working(world)
    profile(session, {"kind": "also", "pool": "passports", "when": "own_empty"})
    helped = waiting_for_passport(world, 1)
    own = waiting_for(world, "renewal", 30)
    assert following(session) == own
    actions.leave(ticket=own, actor=CLERK, now=NOW)
    assert following(session) == helped
    assert "helps another group of counters" in why_next(session.counter, NOW)


def waiting_for_passport(world: World, minute: int) -> Ticket:
    """A ticket of the passports' hall, which has no session of its own."""
    ticket = waiting_for(world, "renewal", minute)
    passport = offering_of(world.dana, "passport")
    return actions.transfer(ticket=ticket, offering=passport, actor=CLERK, now=local(8, minute))


def test_a_flexible_counter_leaves_passports_to_an_idle_passport_counter(world: World) -> None:
    flexible, narrow = working(world, 1), working(world, 2)
    profile(narrow, {"kind": "only", "services": ["passport"]})
    passport, renewal = waiting_for(world, "passport", 30), waiting_for(world, "renewal", 31)
    assert following(flexible) == renewal
    assert why_next(flexible.counter, NOW) == (
        "A002 is next: A001 would come before, but is left to counter 2, which is free and "
        "may call fewer kinds of visitors."
    )
    assert actions.call_next(counter_session=narrow, now=NOW, actor=CLERK) == passport
    next_passport = waiting_for(world, "passport", 29)
    assert following(flexible) == next_passport  # the other counter is not idle any more


def test_a_page_of_many_counters_reads_what_they_share_once(world: World) -> None:
    one, two = working(world, 1), working(world, 2)
    profile(one, {"kind": "only", "services": ["passport"]})
    first, second = waiting_for(world, "passport", 20), waiting_for(world, "passport", 30)
    renewal = waiting_for(world, "renewal", 10)
    why_next(one.counter, NOW, one)  # policies are read once and kept
    shared = dispatch.shared_reads(world.dana.pk, NOW)
    with CaptureQueriesContext(connection) as captured:
        words = [why_next(session.counter, NOW, session, shared) for session in (one, two)]
    assert len(captured) == 6
    assert words == [why_next(session.counter, NOW, session) for session in (one, two)]
    assert words[0].startswith(f"{first.number} is next")
    assert renewal.number in words[1]
    assert second.number not in "".join(words)


def test_sent_to_a_person_others_pass_it_over_while_that_person_is_at_work(world: World) -> None:
    one, two = working(world, 1), working(world, 2)
    mine, other = waiting_for(world, "renewal", 1), waiting_for(world, "renewal", 2)
    Ticket.objects.filter(pk=mine.pk).update(wanted_staff=two.staff)
    assert following(one) == other
    assert following(two) == mine
    assert "transferred here" in why_next(two.counter, NOW)
    profile(two, {"kind": "only", "services": ["passport"]})
    assert following(two) == mine  # somebody sent it there, whatever the profile says
    actions.close_counter(counter_session=two, now=NOW)
    assert following(one) == mine


def test_sent_to_a_counter_that_closed_nobody_is_forgotten(world: World) -> None:
    one, two = working(world, 1), working(world, 2)
    ticket = waiting_for(world, "renewal", 1)
    actions.transfer(ticket=ticket, counter=two.counter, actor=CLERK, now=NOW)
    assert (following(one), following(two)) == (None, ticket)
    actions.close_counter(counter_session=two, now=NOW)
    assert following(one) == ticket


def test_more_time_is_given_until_it_is_over(world: World) -> None:
    session = working(world)
    away, other = waiting_for(world, "renewal", 1), waiting_for(world, "renewal", 2)
    Ticket.objects.filter(pk=away.pk).update(not_before=NOW + timedelta(seconds=1))
    assert following(session) == other
    assert queries.people_ahead(fresh(other), NOW) == 0
    assert queries.people_ahead(fresh(other), NOW + timedelta(seconds=1)) == 1
    assert queries.people_ahead(fresh(away), NOW) == 0
    Ticket.objects.filter(pk=away.pk).update(not_before=NOW)
    assert following(session) == away


def test_people_ahead_counts_whom_every_counter_would_call_first(world: World) -> None:
    one, two = working(world, 1), working(world, 2)
    sent = waiting_for(world, "renewal", 1)
    general, last = waiting_for(world, "renewal", 2), waiting_for(world, "renewal", 3)
    Ticket.objects.filter(pk=sent.pk).update(wanted_counter=two.counter)

    def ahead() -> list[int]:
        return [queries.people_ahead(fresh(ticket), NOW) for ticket in (sent, general, last)]

    assert ahead() == [0, 0, 1]  # counter 1 passes the first one over
    actions.close_counter(counter_session=one, now=NOW)
    assert ahead() == [0, 1, 2]
    Ticket.objects.filter(pk=last.pk).update(wanted_counter=two.counter)
    assert ahead() == [0, 1, 2]  # its counter calls everybody
    profile(two, {"kind": "only", "services": ["passport"]})
    assert ahead() == [0, 1, 1]  # which now calls only who was sent there


def test_out_of_order_needs_a_reason_and_is_counted(world: World) -> None:
    one, two = working(world, 1), working(world, 2)
    first, second = waiting_for(world, "renewal", 1), waiting_for(world, "renewal", 2)

    def call(ticket: Ticket, reason: str, session: CounterSession = one) -> Ticket:
        return actions.call_ticket(
            counter_session=session, ticket=ticket, reason=reason, now=NOW, actor=CLERK
        )

    for reason in ("  ", "x" * 201):
        with pytest.raises(OutOfOrderReason):
            call(second, reason)
    assert call(second, "Faint, needs to sit").counter == one.counter
    row = History.objects.filter(subject_id=second.pk, subject_kind="ticket").last()
    assert row is not None
    assert (row.reason, row.details["out_of_order"]) == ("Faint, needs to sit", True)
    assert call(first, "", two) == first  # it was next: a call like any other
    assert queries.out_of_order_share(world.dana, TODAY) == (1, 2)


def test_out_of_order_reaches_no_other_hall_and_nobody_sent_elsewhere(world: World) -> None:
    passports(world)
    one, two = working(world, 1), working(world, 2)
    passport, sent = waiting_for_passport(world, 1), waiting_for(world, "renewal", 2)
    Ticket.objects.filter(pk=sent.pk).update(wanted_counter=two.counter)
    far = working(world, 1, centre=world.muharraq)
    for session, ticket, refusal in (
        (one, passport, NotForThisCounter),
        (one, sent, NotForThisCounter),
        (far, sent, NotFound),
    ):
        with pytest.raises(refusal):
            actions.call_ticket(
                counter_session=session, ticket=fresh(ticket), reason="Why", now=NOW, actor=CLERK
            )
    profile(one, {"kind": "also", "pool": "passports", "when": "own_empty"})
    waiting_for(world, "renewal", 3)
    called = actions.call_ticket(
        counter_session=one, ticket=fresh(passport), reason="Why", now=NOW, actor=CLERK
    )
    assert called == passport


def test_past_the_ceiling_the_sentence_says_so(world: World) -> None:
    session = working(world)
    old = walked_in(world.dana, local(7, 55))
    walked_in(world.dana, local(8, 30), priority=True)
    assert following(session) == old
    assert why_next(session.counter, NOW) == (
        "A001 is next: due 65 minutes ago. After 60 minutes the oldest goes first, whatever its "
        "kind."
    )


@pytest.mark.parametrize("change", [{"state": "called"}, {"wanted_counter": 2}])
def test_whoever_was_chosen_and_is_gone_meanwhile_is_chosen_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    """The choice is made from a few columns; the ticket read afterwards must still have them."""
    session, other = working(world, 1), working(world, 2)
    first, second = (waiting_for(world, "renewal", number) for number in (1, 2))
    if "wanted_counter" in change:
        change = {"wanted_counter": other.counter}
    really = dispatch.look

    def overtaken(*arguments: Any) -> dispatch.Look:
        seen = really(*arguments)
        Ticket.objects.filter(pk=first.pk).update(**change)
        return seen

    monkeypatch.setattr(dispatch, "look", overtaken)
    assert dispatch.next_for_counter(session.counter, NOW, session) == second


@pytest.mark.parametrize(("count", "called"), [(1, 1), (2, 2)])
def test_the_last_calls_are_those_of_a_while_or_of_the_day_if_these_do_not_tell(
    world: World, count: int, called: int
) -> None:
    session = working(world)
    older, newer = waiting_for(world, "renewal", 1), waiting_for(world, "passport", 2)
    for ticket, at in ((older, local(8, 5)), (newer, NOW)):
        assert actions.call_next(counter_session=session, now=at, actor=CLERK) == ticket
        actions.leave(ticket=fresh(ticket), actor=CLERK, now=at)
    walk_ins = Kinds(classes=frozenset({"walk_in"}))
    ratio = KindsRatio(walk_ins, count, Kinds(classes=frozenset({"priority"})), 1)
    asking = heads.Asking(session.counter, session.staff_id, TODAY, NOW)
    with CaptureQueriesContext(connection) as captured:
        found = heads.last_calls(asking, ratio)
    assert [offering for offering, _ in found] == [newer.offering_id, older.offering_id][:called]
    assert len(captured) == 2 * called
