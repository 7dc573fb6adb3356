"""Two people for one service, and the parts of a visit: at reception and at the kiosk."""

from __future__ import annotations

import pytest

from mawaeed.booking.actions import book_visit
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Service
from mawaeed.hall.models import Ticket
from mawaeed.kernel.actor import SYSTEM
from mawaeed.people.actions.companions import name_companion
from mawaeed.people.models import Person
from small_world import NOW, local
from staff_desk import Desk, key_on

PAGE = "/desk/dana/"


@pytest.fixture
def for_two(desk: Desk, person: Person) -> Appointment:
    Service.objects.filter(code="renewal").update(people_present=2)
    second = name_companion(
        person=person, personal_number="920300000", birth_date="1992-03-01", now=NOW
    )
    [made] = book_visit(
        person=person,
        wanted=[Wanted("renewal", companion=second)],
        centre_code="dana",
        starts_at=local(8, 10),
        actor=SYSTEM,
        now=NOW,
    )
    return made


@pytest.fixture
def of_two_parts(desk: Desk, person: Person) -> list[Appointment]:
    return book_visit(
        person=person,
        wanted=[Wanted("renewal"), Wanted("customs")],
        centre_code="dana",
        starts_at=local(8, 10),
        actor=SYSTEM,
        now=NOW,
    )


def test_reception_confirms_that_both_are_there(desk: Desk, for_two: Appointment) -> None:
    client = desk.client("reception")
    page = client.post(f"{PAGE}look-up/", {"sought": for_two.reference}, follow=True)
    html = page.content.decode()
    assert 'name="both" value="yes" required' in html
    assert "•••••0000" in html
    assert "920300000" not in html
    fields = {"key": key_on(html), "appointment": str(for_two.pk)}
    told = client.post(f"{PAGE}check-in/", fields, follow=True).content.decode()
    assert "Confirm that you see both cards" in told
    assert not Ticket.objects.exists()
    client.post(f"{PAGE}check-in/", {**fields, "both": "yes"})
    assert Ticket.objects.get().appointment == for_two


def test_one_person_needs_no_confirmation(desk: Desk, person: Person) -> None:
    made = desk.booked(person, local(8, 10))
    client = desk.client("reception")
    page = client.post(f"{PAGE}look-up/", {"sought": made.reference}, follow=True)
    assert 'name="both"' not in page.content.decode()


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_kiosk_says_that_two_must_come(desk: Desk, for_two: Appointment, language: str) -> None:
    path = f"/kiosk/dana/{language}/check-in/"
    client = desk.client("")
    page = client.post(path, {"reference": for_two.reference}, follow=True)
    assert page.status_code == 200
    assert page.context["two_must_come"] is True
    assert Ticket.objects.get().number in page.content.decode()


def test_the_kiosk_says_that_another_part_follows(
    desk: Desk, of_two_parts: list[Appointment]
) -> None:
    first, second = of_two_parts
    client = desk.client("")
    page = client.post("/kiosk/dana/en/check-in/", {"reference": first.reference}, follow=True)
    assert "next part of your visit" in page.content.decode()
    assert Ticket.objects.get().appointment == first
    second.refresh_from_db()
    assert second.state == "booked"


def test_reception_sees_the_parts_of_a_visit(desk: Desk, of_two_parts: list[Appointment]) -> None:
    client = desk.client("reception")
    page = client.post(
        f"{PAGE}look-up/", {"sought": of_two_parts[0].reference}, follow=True
    ).content.decode()
    assert "Part 1 of 2 of one visit" in page
    assert "Part 2 of 2 of one visit" in page
