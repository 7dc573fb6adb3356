"""A full day at the kiosk and at reception: what is said, and who still gets in."""

from __future__ import annotations

import pytest
from django.db.models import F

from mawaeed.availability.models import Interval
from mawaeed.centres.models import Offering
from mawaeed.hall.models import Ticket
from mawaeed.kernel.models import History
from mawaeed.people.models import Person
from staff_desk import Desk, key_on

KIOSK, PAGE = "/kiosk/dana/", "/desk/dana/"


@pytest.fixture
def full(desk: Desk) -> Offering:
    """Everything at Dana is taken; the service somebody comes for."""
    Interval.objects.filter(pool=desk.world.dana_pool).update(taken_public=F("capacity"))
    return Offering.objects.get(centre=desk.world.dana, service=desk.world.renewal)


def give(desk: Desk, **fields: str) -> str:
    client = desk.client("reception")
    key = key_on(client.get(PAGE).content.decode())
    answer = client.post(f"{PAGE}walk-in/", {"key": key, "language": "ar", **fields}, follow=True)
    return answer.content.decode()


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_kiosk_says_what_to_do_instead_in_both_languages(
    desk: Desk, full: Offering, language: str
) -> None:
    client = desk.client("", language)
    path = f"{KIOSK}{language}/services/renewal/"
    key = key_on(client.get(path).content.decode())
    answer = client.post(path, {"key": key})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'role="alert"' in page
    assert "%(" not in page
    assert not Ticket.objects.exists()
    if language == "en":
        assert "go to reception" in page


def test_the_kiosk_names_the_next_free_time_in_the_centres_zone(desk: Desk, full: Offering) -> None:
    Interval.objects.filter(pool=desk.world.dana_pool, session__date__gt=desk.at.date()).update(
        taken_public=0
    )
    client = desk.client("")
    path = f"{KIOSK}en/services/renewal/"
    page = client.post(path, {"key": key_on(client.get(path).content.decode())}).content.decode()
    assert "7:00\u00a0am" in page


def test_reception_is_refused_too_unless_it_gives_a_reason(desk: Desk, full: Offering) -> None:
    page = give(desk, offering=str(full.pk))
    assert "The rest of the day is taken" in page
    assert not Ticket.objects.exists()
    give(desk, offering=str(full.pk), although_full="Sent back by counter 2")
    ticket = Ticket.objects.get()
    assert ticket.priority_class == "walk_in"
    row = History.objects.get(subject_kind="ticket", subject_id=ticket.pk)
    assert (row.reason, row.actor_id) == ("Sent back by counter 2", desk.staff["reception"].pk)


def test_reception_gives_priority_by_the_card_and_the_age_gives_it_itself(
    desk: Desk, full: Offering, person: Person
) -> None:
    give(desk, offering=str(full.pk), priority="yes")
    assert Ticket.objects.get().priority_class == "priority"
    Ticket.objects.all().delete()
    Person.objects.filter(pk=person.pk).update(birth_date="1950-01-01")
    client = desk.client("reception")
    session = client.session
    session["visitor:dana"] = [person.pk, person.beneficiary_id]
    session.save()
    page = client.get(PAGE).content.decode()
    fields = {"key": key_on(page), "offering": str(full.pk), "person": str(person.pk)}
    client.post(f"{PAGE}walk-in/", fields)
    assert Ticket.objects.get().priority_class == "priority"
