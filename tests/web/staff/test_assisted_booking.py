"""Reception books, moves and cancels for somebody at the desk or on the phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from mawaeed.availability.models import Interval
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Service
from mawaeed.conduct.models import Block, Event, Standing
from mawaeed.hall.models import Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.actions import add_dependant, give_consent, register_on_phone
from mawaeed.people.models import Person
from small_world import NOW, local
from staff_desk import Desk, key_on

PAGE = "/desk/dana/"
BOOK = f"{PAGE}book/"
NUMBER, OTHER = "900100000", "851200000"
AT = "2026-11-23T06:00Z"


def registered(number: str = NUMBER, mobile: str = "36001234") -> Person:
    return register_on_phone(
        actor=Actor("staff", 1),
        personal_number=number,
        birth_date="1990-01-15",
        mobile=mobile,
        language="ar",
        now=NOW,
    )


@pytest.fixture
def resident(desk: Desk) -> Person:
    return registered()


@pytest.fixture
def clerk(desk: Desk, resident: Person) -> Client:
    """Reception, with the resident looked up."""
    client = desk.client("reception")
    client.post(f"{PAGE}look-up/", {"sought": NUMBER})
    return client


def book(client: Client, person: Person, **fields: str) -> str:
    """Through the check page; what the page after it says."""
    wanted = {"service": "renewal", "at": AT, "places": "public", **fields}
    page = client.get(BOOK, wanted)
    assert page.status_code == 200, page.content.decode()
    form = {"key": key_on(page.content.decode()), "person": str(person.pk), "who": "self", **wanted}
    return client.post(BOOK, form, follow=True).content.decode()


def reserve(desk: Desk) -> None:
    Interval.objects.filter(pool=desk.world.dana_pool).update(staff_reserve=1)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_step_is_shown_in_both_languages(desk: Desk, resident: Person, language: str) -> None:
    reserve(desk)
    client = desk.client("reception", language)
    client.post(f"{PAGE}look-up/", {"sought": NUMBER})
    for asked in (
        {},
        {"service": "renewal"},
        {"service": "renewal", "places": "staff"},
        {"service": "renewal", "at": AT},
        {"service": "renewal", "at": AT, "places": "staff"},
    ):
        answer = client.get(BOOK, asked)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "•••••0000" in page
        assert NUMBER not in page
        assert "36001234" not in page


def test_booking_for_the_person_is_theirs_and_says_by_whom(
    desk: Desk, clerk: Client, resident: Person
) -> None:
    page = book(clerk, resident, channel="phone")
    made = Appointment.objects.get()
    assert made.reference in page
    assert (made.person_id, made.channel, made.places) == (resident.pk, "phone", "public")
    assert made.staff_id == desk.staff["reception"].pk
    assert (made.reserve_reason, made.starts_at) == ("", local(9, days=1))
    row = History.objects.get(subject_kind="appointment", subject_id=made.pk)
    assert (row.actor_kind, row.actor_id) == ("staff", desk.staff["reception"].pk)
    assert OutboxEvent.objects.filter(kind="appointment_booked").count() == 1


def test_one_form_sent_twice_books_once(clerk: Client, resident: Person) -> None:
    page = clerk.get(BOOK, {"service": "renewal", "at": AT}).content.decode()
    form = {"key": key_on(page), "person": str(resident.pk), "service": "renewal", "at": AT}
    clerk.post(BOOK, form)
    again = clerk.post(BOOK, form, follow=True).content.decode()
    assert Appointment.objects.get().reference in again


def test_a_staff_place_needs_a_reason_and_takes_no_public_one(
    desk: Desk, clerk: Client, resident: Person
) -> None:
    reserve(desk)
    assert "A staff place needs a reason" in book(clerk, resident, places="staff")
    assert not Appointment.objects.exists()
    book(clerk, resident, places="staff", reason="urgent")
    made = Appointment.objects.get()
    assert (made.places, made.reserve_reason) == ("staff", "urgent")
    taken = Interval.objects.get(pool=desk.world.dana_pool, starts_at=made.starts_at)
    assert (taken.taken_public, taken.taken_staff) == (0, 1)
    row = History.objects.get(subject_kind="appointment", subject_id=made.pk)
    assert row.reason == "urgent"


def test_a_reason_in_words_is_kept_as_written(desk: Desk, clerk: Client, resident: Person) -> None:
    reserve(desk)
    book(clerk, resident, places="staff", reason="other", reason_text="  Court   on Monday ")
    assert Appointment.objects.get().reserve_reason == "Court on Monday"


def test_staff_times_are_those_with_a_staff_place_left(
    desk: Desk, clerk: Client, resident: Person
) -> None:
    ours = Interval.objects.filter(pool=desk.world.dana_pool)
    ours.filter(starts_at__gte=local(9), starts_at__lt=local(9, 20)).update(staff_reserve=1)
    page = clerk.get(BOOK, {"service": "renewal", "places": "staff"}).content.decode()
    assert page.count('class="slot"') == 2  # from 9:00 and 9:10
    ours.filter(starts_at=local(9, 5)).update(taken_staff=F("staff_reserve"))
    page = clerk.get(BOOK, {"service": "renewal", "places": "staff"}).content.decode()
    assert page.count('class="slot"') == 1


def test_a_dependant_and_one_who_consented_can_come_and_others_not(
    desk: Desk, clerk: Client, resident: Person
) -> None:
    child = add_dependant(
        person=resident, personal_number="200100000", name="Child", birth_date="2020-01-01", now=NOW
    )
    grantor = registered(OTHER, "36001235")
    consent = give_consent(
        person=grantor,
        personal_number=NUMBER,
        name="Grandmother",
        actor=Actor("person", grantor.pk),
        now=NOW,
    )
    page = clerk.get(BOOK, {"service": "renewal", "at": AT}).content.decode()
    assert f"dependant-{child.pk}" not in page  # the service does not allow it
    assert "Grandmother" in page
    book(clerk, resident, service="passport", who=f"dependant-{child.pk}")
    book(clerk, resident, who=f"consent-{consent.pk}")
    who = set(Appointment.objects.values_list("beneficiary_id", flat=True))
    assert who == {child.beneficiary_id, grantor.beneficiary_id}
    book(clerk, resident, service="customs", who="consent-999")
    assert Appointment.objects.count() == 2


def test_the_second_person_is_named_by_number(desk: Desk, clerk: Client, resident: Person) -> None:
    Service.objects.filter(code="renewal").update(people_present=2)
    wrong = book(clerk, resident, second_number=NUMBER, second_birth_day="1")
    assert "Please check what you entered" in wrong
    born = {"second_birth_day": "1", "second_birth_month": "12", "second_birth_year": "1985"}
    book(clerk, resident, second_number=OTHER, **born)
    second = Appointment.objects.get().companion
    assert second is not None
    assert second.number_hash == keyed_hash(OTHER)


def test_the_same_block_and_caps_hold_in_the_clerks_words(
    desk: Desk, clerk: Client, resident: Person
) -> None:
    book(clerk, resident)
    page = book(clerk, resident, at="2026-11-23T07:00Z")
    assert "There is an active appointment for this service and this person already" in page
    until = NOW + timedelta(days=7)
    Block.objects.create(person=resident, starts_at=NOW, ends_at=until, events=[])
    Standing.objects.filter(person=resident).update(blocked_until=until)
    page = book(clerk, resident, service="customs")
    assert "Booking is blocked for this person until" in page
    assert Appointment.objects.count() == 1


def test_another_visitor_looked_up_meanwhile_is_not_booked_for(
    clerk: Client, resident: Person
) -> None:
    page = clerk.get(BOOK, {"service": "renewal", "at": AT}).content.decode()
    registered(OTHER, "36001235")
    clerk.post(f"{PAGE}look-up/", {"sought": OTHER})
    form = {"key": key_on(page), "person": str(resident.pk), "service": "renewal", "at": AT}
    clerk.post(BOOK, form)
    assert not Appointment.objects.exists()


def test_move_and_cancel_at_the_persons_wish(desk: Desk, clerk: Client, resident: Person) -> None:
    found = desk.booked(resident, local(9, days=1))
    page = clerk.get(PAGE).content.decode()
    assert f"{PAGE}move/{found.reference}/" in page
    move = f"{PAGE}move/{found.reference}/"
    assert clerk.get(move).status_code == 200
    check = clerk.get(move, {"at": "2026-11-23T07:00Z"}).content.decode()
    clerk.post(move, {"key": key_on(check), "at": "2026-11-23T07:00Z"})
    found.refresh_from_db()
    assert (found.starts_at, found.moves) == (local(10, days=1), 1)
    cancel = f"{PAGE}cancel/{found.reference}/"
    clerk.post(cancel, {"key": key_on(clerk.get(cancel).content.decode())})
    found.refresh_from_db()
    assert found.state == "cancelled"
    told = OutboxEvent.objects.get(kind="appointment_cancelled")
    assert told.payload["by"] == "person"
    assert not Event.objects.exists()


def test_a_late_cancellation_at_the_desk_counts_as_the_persons(
    desk: Desk, clerk: Client, resident: Person
) -> None:
    found = desk.booked(resident, local(9))
    cancel = f"{PAGE}cancel/{found.reference}/"
    page = clerk.get(cancel).content.decode()
    assert "it counts as missed" in page
    clerk.post(cancel, {"key": key_on(page)})
    assert Event.objects.get().kind == "late_cancellation"


def test_only_of_the_person_looked_up_and_only_here(
    desk: Desk, clerk: Client, resident: Person
) -> None:
    stranger = registered(OTHER, "36001235")
    found = desk.booked(stranger, local(9, days=1))
    for name in ("move", "cancel"):
        path = f"{PAGE}{name}/{found.reference}/"
        assert clerk.get(path).status_code == 404
        assert clerk.post(path, {"key": "k" * 16, "at": AT}).status_code == 404
    elsewhere = desk.client("elsewhere")
    session = elsewhere.session
    session["visitor:muharraq"] = [stranger.pk, stranger.beneficiary_id]
    session.save()
    assert elsewhere.get(f"/desk/muharraq/cancel/{found.reference}/").status_code == 404
    found.refresh_from_db()
    assert found.state == "booked"


@pytest.mark.parametrize("path", ["register/", "book/", "move/ABCDEF/", "cancel/ABCDEF/"])
@pytest.mark.parametrize(("role", "status"), [("clerk", 403), ("elsewhere", 404), ("", 302)])
def test_outsiders_of_each_role_and_centre_are_refused(
    desk: Desk, path: str, role: str, status: int
) -> None:
    client = desk.client(role)
    assert client.get(PAGE + path).status_code == status
    assert client.post(PAGE + path, {"key": "k" * 16}).status_code == status
    assert not Person.objects.exists()


def fill_in(client: Client, **fields: str) -> str:
    page = client.get(f"{PAGE}register/").content.decode()
    form = {
        "key": key_on(page),
        "card": "seen",
        "personal_number": "770300000",
        "date_of_birth_day": "1",
        "date_of_birth_month": "3",
        "date_of_birth_year": "1977",
        "name": "Demo Resident",
        "mobile": "36001237",
        "language": "en",
        **fields,
    }
    return client.post(f"{PAGE}register/", form, follow=True).content.decode()


@pytest.mark.parametrize(("card", "expected"), [("seen", "card"), ("calls", "unverified")])
def test_registering_verifies_only_a_card_that_was_seen(
    desk: Desk, card: str, expected: str
) -> None:
    client = desk.client("reception")
    page = fill_in(client, card=card)
    assert "Book an appointment" in page
    assert Person.objects.get().verification == expected
    page = fill_in(client, card=card)
    assert "has an account already" in page


@pytest.mark.parametrize("language", ["ar", "en"])
def test_registering_says_what_is_wrong(desk: Desk, language: str) -> None:
    client = desk.client("reception", language)
    for wrong in ({"personal_number": "12"}, {"mobile": "1"}, {"name": ""}):
        assert "error-summary" in fill_in(client, **wrong)
    fill_in(client, date_of_birth_year="2015", card="calls")
    assert not Person.objects.exists()


def test_booking_without_a_person_leads_back_to_the_desk(desk: Desk) -> None:
    answer = desk.client("reception").get(BOOK)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert not Ticket.objects.exists()
