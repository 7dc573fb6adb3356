"""Reception by the page alone: find, check in, tickets, cards, blocks, objections."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from mawaeed.booking.actions import book_appointment, expire_unclaimed
from mawaeed.booking.models import Appointment
from mawaeed.conduct.actions import appeal
from mawaeed.conduct.models import Appeal, Block, Event
from mawaeed.hall.models import Ticket, TicketLeg
from mawaeed.kernel.actor import Actor
from mawaeed.people.actions import register_at_desk
from mawaeed.people.models import Person
from small_world import NOW, local
from staff_desk import Desk, key_on

PAGE = "/desk/dana/"
NUMBER = "900100000"
BIRTH = {"birth_day": "15", "birth_month": "1", "birth_year": "1990"}


@pytest.fixture
def resident(desk: Desk) -> Person:
    """Somebody with a known number whose card nobody has seen."""
    made = register_at_desk(
        actor=Actor("staff", 1),
        personal_number=NUMBER,
        birth_date="1990-01-15",
        mobile="36001234",
        language="ar",
        now=NOW,
    )
    Person.objects.update(verification=Person.Verification.UNVERIFIED)
    made.refresh_from_db()
    return made


def look_up(client: Client, sought: str) -> str:
    return client.post(f"{PAGE}look-up/", {"sought": sought}, follow=True).content.decode()


def send(client: Client, action: str, **fields: str) -> str:
    key = key_on(client.get(PAGE).content.decode())
    answer = client.post(f"{PAGE}{action}/", {"key": key, **fields}, follow=True)
    return answer.content.decode()


def blocked(desk: Desk, person: Person, centre_id: int) -> Block:
    events = [
        Event.objects.create(
            person=person,
            kind=Event.Kind.MISSED,
            at=NOW - timedelta(hours=hours),
            recorded_at=NOW,
            centre_id=centre_id,
        )
        for hours in (4, 3, 2, 1)
    ]
    return Block.objects.create(
        person=person,
        starts_at=NOW - timedelta(minutes=5),
        ends_at=NOW + timedelta(days=7),
        events=[event.pk for event in events],
    )


@pytest.mark.parametrize(
    "sought",
    [
        lambda person, appointment: NUMBER,
        lambda person, appointment: "٩٠٠١ ٠٠٠٠٠",
        lambda person, appointment: appointment.reference.lower(),
        lambda person, appointment: f"http://127.0.0.1:8000/e/{appointment.secret}/",
    ],
    ids=["number", "Arabic-Indic number", "reference", "square code"],
)
def test_look_up_shows_the_visitor_masked(desk: Desk, resident: Person, sought: object) -> None:
    appointment = desk.booked(resident, local(8, 10))
    assert callable(sought)
    page = look_up(desk.client("reception"), sought(resident, appointment))
    assert "•••••0000" in page
    assert NUMBER not in page
    assert "36001234" not in page
    assert "Check in" in page


def test_look_up_redirects_to_an_address_without_anything_personal(
    desk: Desk, resident: Person
) -> None:
    client = desk.client("reception")
    answer = client.post(f"{PAGE}look-up/", {"sought": NUMBER})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert client.get(f"{PAGE}look-up/", {"sought": NUMBER}).status_code == 405


def test_another_centres_appointment_is_not_found(desk: Desk, resident: Person) -> None:
    elsewhere = book_appointment(
        person=resident,
        service_code="renewal",
        centre_code="muharraq",
        starts_at=local(8, 10),
        actor=Actor("person", resident.pk),
        now=NOW,
    )
    client = desk.client("reception")
    assert "Nothing found at this centre" in look_up(client, elsewhere.reference)
    assert "Nothing found at this centre" in look_up(client, f"/e/{elsewhere.secret}/")
    page = look_up(client, NUMBER)
    assert "No appointment here today." in page
    assert client.post(f"{PAGE}check-in/", {"appointment": str(elsewhere.pk)}).status_code == 404
    assert Appointment.objects.get(pk=elsewhere.pk).state == "booked"


def test_done_forgets_the_visitor(desk: Desk, resident: Person) -> None:
    client = desk.client("reception")
    look_up(client, NUMBER)
    page = client.post(f"{PAGE}done/", follow=True).content.decode()
    assert "•••••0000" not in page


@pytest.mark.parametrize("language", ["ar", "en"])
def test_check_in_twice_gives_one_ticket(desk: Desk, resident: Person, language: str) -> None:
    appointment = desk.booked(resident, local(8, 10))
    client = desk.client("reception", language)
    look_up(client, appointment.reference)
    key = key_on(client.get(PAGE).content.decode())
    fields = {"key": key, "appointment": str(appointment.pk)}
    page = client.post(f"{PAGE}check-in/", fields, follow=True).content.decode()
    client.post(f"{PAGE}check-in/", fields)
    assert Ticket.objects.get(appointment=appointment).number in page


def test_check_in_too_early_is_refused_with_the_time(desk: Desk, resident: Person) -> None:
    appointment = desk.booked(resident, local(10))
    client = desk.client("reception")
    page = send(client, "check-in", appointment=str(appointment.pk))
    assert "09:30" in page
    assert not Ticket.objects.exists()


def test_missed_today_is_taken_up_again(desk: Desk, resident: Person) -> None:
    appointment = desk.booked(resident, local(8, 10))
    desk.at = local(9)
    expire_unclaimed(now=desk.at)
    client = desk.client("reception")
    assert "Take up again" in look_up(client, appointment.reference)
    send(client, "check-in", appointment=str(appointment.pk))
    assert Ticket.objects.get(appointment=appointment).late


def test_walk_in_with_priority_pressed_twice_gives_one_ticket(desk: Desk) -> None:
    client = desk.client("reception")
    offering = desk.world.dana.offerings.get(service__code="renewal")
    fields = {
        "key": key_on(client.get(PAGE).content.decode()),
        "offering": str(offering.pk),
        "priority": "yes",
        "mobile": "36001235",
        "language": "en",
    }
    page = client.post(f"{PAGE}walk-in/", fields, follow=True).content.decode()
    client.post(f"{PAGE}walk-in/", fields)
    ticket = Ticket.objects.get()
    assert ticket.number in page
    assert (ticket.priority_class, ticket.language, ticket.mobile, ticket.person) == (
        "priority",
        "en",
        "+97336001235",
        None,
    )


def test_reception_gives_one_number_for_several_services(desk: Desk) -> None:
    client = desk.client("reception")
    page = client.get(PAGE).content.decode()
    offerings = desk.world.dana.offerings
    first, also = (offerings.get(service__code=code) for code in ("renewal", "customs"))
    assert page.count('name="also"') == 3
    fields = {"key": key_on(page), "offering": first.pk, "also": [also.pk, first.pk]}
    said = [client.post(f"{PAGE}walk-in/", fields, follow=True) for _ in range(2)]

    ticket = Ticket.objects.get()
    legs = TicketLeg.objects.filter(ticket=ticket).order_by("position")
    assert [leg.offering_id for leg in legs] == [first.pk, also.pk]
    assert "good for 2 services" in said[1].content.decode()
    offerings.filter(pk=also.pk).update(walk_ins=False)
    again = {**fields, "key": "another"}
    assert "good for 2" not in client.post(f"{PAGE}walk-in/", again, follow=True).content.decode()
    assert Ticket.objects.count() == 1


def test_walk_in_for_the_visitor_above_is_theirs(desk: Desk, resident: Person) -> None:
    client = desk.client("reception")
    look_up(client, NUMBER)
    offering = desk.world.dana.offerings.get(service__code="renewal")
    send(client, "walk-in", offering=str(offering.pk), person=str(resident.pk), language="ar")
    assert Ticket.objects.get().person == resident


def test_walk_in_at_another_centres_service_is_not_found(desk: Desk) -> None:
    foreign = desk.world.muharraq.offerings.all()[0]
    answer = desk.client("reception").post(f"{PAGE}walk-in/", {"offering": str(foreign.pk)})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("number", "birth", "verified"),
    [
        (NUMBER, BIRTH, True),
        ("900200000", BIRTH, False),
        (NUMBER, BIRTH | {"birth_day": "16"}, False),
        (NUMBER, BIRTH | {"birth_day": ""}, False),
    ],
    ids=["fits", "another number", "another birthday", "no birthday"],
)
def test_card_is_verified_only_when_it_fits(
    desk: Desk, resident: Person, number: str, birth: dict[str, str], *, verified: bool
) -> None:
    client = desk.client("reception")
    look_up(client, NUMBER)
    send(client, "verify", person=str(resident.pk), name="Test Person", number=number, **birth)
    resident.refresh_from_db()
    assert (resident.verification == "card") is verified
    assert (resident.name == "Test Person") is verified


def test_form_of_another_visitor_changes_nobody(desk: Desk, resident: Person) -> None:
    client = desk.client("reception")
    look_up(client, NUMBER)
    page = send(client, "mobile", person=str(resident.pk + 1), mobile="36001239")
    resident.refresh_from_db()
    assert resident.mobile == "+97336001234"
    assert "changed in the meantime" in page


def test_take_over_cancels_the_old_bookings(desk: Desk, resident: Person) -> None:
    appointment = desk.booked(resident, local(8, 10))
    client = desk.client("reception")
    look_up(client, NUMBER)
    send(
        client,
        "take-over",
        person=str(resident.pk),
        number=NUMBER,
        mobile="36001238",
        **(BIRTH | {"birth_day": "16"}),
    )
    holder = Person.objects.get(superseded_at__isnull=True)
    assert holder.pk != resident.pk
    assert (holder.mobile, holder.verification) == ("+97336001238", "card")
    assert Appointment.objects.get(pk=appointment.pk).state == "cancelled"
    assert "Verified" in client.get(PAGE).content.decode()


def test_mobile_is_changed_once(desk: Desk, resident: Person) -> None:
    client = desk.client("reception")
    look_up(client, NUMBER)
    send(client, "mobile", person=str(resident.pk), mobile="36001239")
    resident.refresh_from_db()
    assert resident.mobile == "+97336001239"


def test_block_is_lifted_with_a_reason_only(desk: Desk, resident: Person) -> None:
    block = blocked(desk, resident, desk.world.dana.pk)
    client = desk.client("reception")
    assert "Booking is blocked" in look_up(client, NUMBER)
    send(client, "lift", person=str(resident.pk), reason=" ")
    block.refresh_from_db()
    assert block.lifted_at is None
    send(client, "lift", person=str(resident.pk), reason="hospital papers seen")
    block.refresh_from_db()
    assert (block.lifted_reason, block.lifted_by_id) == (
        "hospital papers seen",
        desk.staff["reception"].pk,
    )


def test_objections_are_shown_where_the_events_happened(desk: Desk, resident: Person) -> None:
    blocked(desk, resident, desk.world.muharraq.pk)
    objection = appeal(person=resident, text="I was in hospital.", now=desk.at)
    here, there = desk.client("supervisor"), desk.client("elsewhere")
    assert "I was in hospital." not in here.get(PAGE).content.decode()
    assert "I was in hospital." in there.get("/desk/muharraq/").content.decode()
    fields = {"appeal": str(objection.pk), "decision": "upheld", "answer": "You are right."}
    assert here.post(f"{PAGE}appeal/", fields | {"key": "k"}).status_code == 404
    there.post("/desk/muharraq/appeal/", fields | {"key": "k"})
    assert Appeal.objects.get().state == "upheld"
    assert Block.objects.get().lifted_at is not None


def test_arrivals_list_says_what_became_of_each(desk: Desk, resident: Person) -> None:
    came = desk.booked(resident, local(8, 10))
    client = desk.client("reception")
    send(client, "check-in", appointment=str(came.pk))
    part = client.get(f"{PAGE}arrivals/").content.decode()
    assert "<html" not in part
    assert "08:10" in part
    assert "Checked in" in part
    assert Ticket.objects.get().number in part
    other = desk.client("elsewhere").get("/desk/muharraq/arrivals/").content.decode()
    assert "08:10" not in other
