"""Visits, holds and group sessions under the actions: all or nothing, one event, one message."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mawaeed.availability.models import Interval
from mawaeed.booking import actions
from mawaeed.booking.errors import SlotTaken
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment, Hold
from mawaeed.centres.models import Counter, Offering, Pool
from mawaeed.conduct.models import Event, Standing
from mawaeed.conduct.queries import as_value, unreversed_events
from mawaeed.conduct.rules import current_run
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Ticket
from mawaeed.kernel import deliveries
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.notifications.models import Message
from mawaeed.people.models import Person, Role
from small_world import NOW, World, local, make_dependant, make_person, make_staff, make_world

pytestmark = pytest.mark.django_db
TEN = local(10, days=1)


@pytest.fixture
def world() -> World:
    return make_world(places=1)


@pytest.fixture
def person(world: World) -> Person:
    return make_person(1, language="en")


def book_visit(
    person: Person, starts_at: datetime = TEN, *services: str, now: datetime = NOW
) -> list[Appointment]:
    wanted = [Wanted(each) for each in services or ("renewal", "passport")]
    return actions.book_visit(
        person=person,
        wanted=wanted,
        centre_code="dana",
        starts_at=starts_at,
        actor=Actor("person", person.pk, "web"),
        now=now,
    )


def hold(person: Person, *services: str, at: datetime = TEN, now: datetime = NOW) -> list[Hold]:
    codes = services or ("renewal",)
    return actions.hold_places(
        person=person, service_codes=codes, centre_code="dana", starts_at=at, now=now
    )


def run_of(person: Person) -> int:
    """How many events of conduct count."""
    return len(current_run(as_value(event) for event in unreversed_events(person.pk)))


def told() -> list[str]:
    while deliveries.fan_out() + deliveries.deliver_due(now=NOW):
        pass
    return list(Message.objects.order_by("pk").values_list("text", flat=True))


def test_an_expired_hold_of_another_is_reclaimed_by_a_visit(person: Person) -> None:
    for minute in (10, 20, 30):  # every start that the second part could take
        hold(make_person(minute), "renewal", at=local(10, minute, days=1))
    with pytest.raises(SlotTaken):
        book_visit(person)
    later = NOW + timedelta(minutes=3)
    assert [leg.leg for leg in book_visit(person, now=later)] == [1, 2]
    assert Hold.objects.count() == 1  # of the three only those in the way
    assert ledger_differences() == []


def test_a_visit_is_one_message(person: Person) -> None:
    legs = book_visit(person)
    [text] = told()
    assert "2 parts" in text
    assert legs[0].reference in text
    actions.move_appointment(
        appointment=legs[1], starts_at=local(11, days=1), actor=SYSTEM, now=NOW
    )
    actions.cancel_visit(appointment=Appointment.objects.get(leg=2), actor=SYSTEM, now=NOW)
    texts = told()
    assert len(texts) == 3
    assert all("2 parts" in text for text in texts)


def test_what_is_left_of_a_visit_is_told_as_an_appointment(person: Person) -> None:
    first, second = book_visit(person)
    actions.cancel_appointment(appointment=first, actor=SYSTEM, now=NOW)
    second.refresh_from_db()
    actions.move_appointment(appointment=second, starts_at=local(11, days=1), actor=SYSTEM, now=NOW)
    texts = told()
    assert len(texts) == 3
    assert ["part" in text for text in texts] == [True, False, False]


def test_a_missed_visit_is_one_event_and_one_message(person: Person) -> None:
    book_visit(person, local(9))
    assert actions.expire_unclaimed(now=local(9, 24)) == 1  # the second part has its own time
    assert actions.expire_unclaimed(now=local(9, 25)) == 1
    assert set(Appointment.objects.values_list("state", flat=True)) == {"no_show"}
    assert Event.objects.filter(person=person, kind=Event.Kind.MISSED).count() == 2
    assert run_of(person) == 1
    assert sum("You did not come" in text for text in told()) == 1


def test_a_late_cancelled_visit_counts_once(person: Person) -> None:
    legs = book_visit(person, local(9))
    actions.cancel_visit(appointment=legs[0], actor=SYSTEM, now=NOW + timedelta(minutes=1))
    assert Event.objects.filter(kind=Event.Kind.LATE_CANCELLATION).count() == 2
    assert run_of(person) == 1
    assert Standing.objects.get(person=person).active_count == 0


def serve(world: World, ticket: Ticket, now: datetime) -> None:
    counter = Counter.objects.select_related("centre").get(centre=world.dana, number=1)
    clerk = make_staff(world, f"clerk-{now:%H%M}", Role.CLERK, world.dana)
    session = hall.open_counter(counter=counter, staff=clerk, now=now)
    called = hall.call_next(counter_session=session, now=now, actor=SYSTEM)
    assert called == ticket
    hall.start_service(ticket=called, actor=SYSTEM, now=now)
    fresh = Ticket.objects.select_related("centre", "counter").get(pk=ticket.pk)
    hall.finish_service(ticket=fresh, actor=SYSTEM, now=now)


def test_finishing_one_part_gives_the_next_its_ticket(world: World, person: Person) -> None:
    first, second = book_visit(person, local(9))
    ticket = hall.check_in(appointment=first, actor=SYSTEM, now=local(8, 55))
    # Served so late that the second part's check-in would be over.
    assert actions.expire_unclaimed(now=local(9, 50)) == 0
    serve(world, ticket, local(9, 50))
    second.refresh_from_db()
    following = Ticket.objects.get(appointment=second)
    assert (second.state, following.state, following.late) == ("checked_in", "waiting", False)
    assert following.due_at == second.starts_at
    assert Ticket.objects.count() == 2


def test_a_part_cancelled_meanwhile_gets_no_ticket(world: World, person: Person) -> None:
    first, second = book_visit(person, local(9))
    ticket = hall.check_in(appointment=first, actor=SYSTEM, now=local(8, 55))
    actions.cancel_appointment(appointment=second, actor=SYSTEM, now=local(8, 56))
    serve(world, ticket, local(9))
    assert Ticket.objects.count() == 1


def test_leaving_gives_up_what_was_to_follow_without_a_strike(world: World, person: Person) -> None:
    first, _second = book_visit(person, local(9))
    ticket = hall.check_in(appointment=first, actor=SYSTEM, now=local(8, 55))
    told()
    hall.leave(ticket=ticket, actor=SYSTEM, now=local(9))
    assert set(Appointment.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Standing.objects.get(person=person).active_count == 0
    assert run_of(person) == 0
    cancelled = [text for text in told() if "cancel" in text]
    assert len(cancelled) == 1
    assert ledger_differences() == []


@pytest.fixture
def lecture() -> Pool:
    """Thirty seats, one lecture at every full hour."""
    make_world(places=30)
    Pool.objects.update(start_step_minutes=60, places=30)
    Offering.objects.filter(service__code="renewal").update(duration_override=60)
    return Pool.objects.get(centre__code="dana")


def test_thirty_people_sit_in_one_lecture(lecture: Pool) -> None:
    people = [make_person(serial) for serial in range(31)]
    for each in people[:29]:
        assert book_visit(each, TEN, "renewal")
    hold(people[29])
    with pytest.raises(SlotTaken):
        book_visit(people[30], TEN, "renewal")
    assert book_visit(people[29], TEN, "renewal")
    actions.cancel_appointment(
        appointment=Appointment.objects.first(),  # type: ignore[arg-type]
        actor=SYSTEM,
        now=NOW,
    )
    assert book_visit(people[30], TEN, "renewal")
    taken = Interval.objects.filter(
        pool=lecture, starts_at__gte=TEN, starts_at__lt=TEN.replace(hour=8)
    )
    assert set(taken.values_list("taken_public", flat=True)) == {30}
    assert ledger_differences() == []


def test_a_lecture_begins_at_its_own_times_only(lecture: Pool) -> None:
    from mawaeed.availability.queries import slots_for
    from mawaeed.booking.errors import SlotClosed

    slots = slots_for(service="renewal", centre="dana", now=NOW)
    assert {(slot.starts_at.minute, slot.places_left) for slot in slots} == {(0, 30)}
    with pytest.raises(SlotClosed):
        book_visit(make_person(1), local(10, 30, days=1), "renewal")


def test_everybody_of_a_lecture_checks_in(lecture: Pool) -> None:
    for serial in range(30):
        [appointment] = book_visit(make_person(serial), local(9), "renewal")
        hall.check_in(appointment=appointment, actor=SYSTEM, now=local(8, 45))
    assert Ticket.objects.filter(state="waiting").count() == 30


def test_a_child_and_its_parent_may_come_for_the_same_service(person: Person) -> None:
    child = make_dependant(person)
    legs = actions.book_visit(
        person=person,
        wanted=[Wanted("passport"), Wanted("passport", child)],
        centre_code="dana",
        starts_at=TEN,
        actor=SYSTEM,
        now=NOW,
    )
    assert {leg.visit_id for leg in legs} == {legs[0].visit_id}
    assert [leg.beneficiary_id for leg in legs] == [person.beneficiary_id, child.pk]
