"""All centres of a supervisor on one page, those in trouble first; and the list on paper."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hall_day import offering_of
from mawaeed.centres.models import Centre, Counter
from mawaeed.hall import actions as hall
from mawaeed.hall.models import HelpCall
from mawaeed.kernel import policies
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import History
from mawaeed.people.models import Person, Role, StaffRole
from residents import NUMBER
from small_world import TODAY, local, make_person
from staff_desk import Desk

KIOSK = Actor("kiosk", 1)


def arrive(desk: Desk, centre: Centre) -> None:
    hall.issue_walk_in(offering=offering_of(centre), actor=KIOSK, now=desk.at, language="en")


def text_of(html: str) -> str:
    plain = re.sub(r"[\u2066-\u2069]", "", re.sub(r"<[^>]+>", " ", html))
    return " ".join(plain.split())


def names_on(html: str) -> list[str]:
    return re.findall(r'href="/supervisor/([\w-]+)/"', html[html.index("<main") :])


def test_those_in_trouble_come_first_and_one_line_says_it_all(desk: Desk) -> None:
    arrive(desk, desk.world.muharraq)
    desk.at += timedelta(minutes=34)
    arrive(desk, desk.world.dana)
    client = desk.client("administrator")
    page = client.get("/supervisor/").content.decode()
    assert "2 centres: 2 waiting, longest 34 minutes at Traffic – Muharraq branch" in text_of(page)
    assert names_on(page) == ["muharraq", "dana"]
    assert "1 waiting, longest 34 minutes, 2 counters closed" in page
    hall.raise_help(centre=desk.world.dana, kind="emergency", actor=KIOSK, now=desk.at)
    part = client.get("/supervisor/", headers={"X-Fragment": "1"}).content.decode()
    assert "<html" not in part
    assert "An emergency was called" in part
    HelpCall.objects.update(answered_at=desk.at)


def test_only_the_centres_one_supervises_are_there(desk: Desk) -> None:
    StaffRole.objects.create(
        staff=desk.staff["supervisor"],
        role=Role.CLERK,
        agency=desk.world.agency,
        centre=desk.world.muharraq,
    )
    page = desk.client("supervisor").get("/supervisor/").content.decode()
    assert names_on(page) == ["dana"]
    assert desk.client("clerk").get("/supervisor/").status_code == 403


def test_a_hundred_centres_cost_no_more_questions_than_two(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "CACHE_SECONDS", 3600.0)
    client = desk.client("administrator")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/supervisor/").status_code == 200
        return len(queries)

    arrive(desk, desk.world.dana)
    asked()
    two = asked()
    dana = desk.world.dana
    for number in range(100):
        more = Centre.objects.create(
            agency=dana.agency,
            directorate=dana.directorate,
            code=f"more-{number}",
            name=dana.name,
            short_name=dana.short_name,
            timezone="Asia/Dubai" if number % 2 else dana.timezone,
        )
        Counter.objects.create(centre=more, pool=desk.world.dana_pool, number=1)
    arrive(desk, desk.world.muharraq)
    arrive(desk, dana)
    assert asked() == two
    assert len(names_on(client.get("/supervisor/").content.decode())) == 102


def test_the_list_is_made_by_a_press_that_history_keeps(desk: Desk, person: Person) -> None:
    booked = desk.booked(person, local(8, 30))
    desk.booked(make_person(5), local(9, days=1))
    client = desk.client("supervisor")
    page = client.get("/supervisor/dana/day-list/").content.decode()
    assert booked.reference[-4:] not in page
    assert not History.objects.filter(subject_kind="day_list").exists()
    paper = client.post("/supervisor/dana/day-list/", {"day": TODAY.isoformat()}).content.decode()
    rows = text_of(paper)
    assert re.search(rf"08:30 {booked.reference[-4:]} Renewal •+\d{{4}}", rows)
    assert booked.reference not in paper
    assert NUMBER not in paper
    assert "1 appointment. Printed Sunday 22 November, 8:00" in rows
    row = History.objects.get(subject_kind="day_list")
    assert (row.actor_id, row.to_state) == (desk.staff["supervisor"].pk, "shown")
    assert row.details == {"of": TODAY.isoformat(), "appointments": 1}


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr")])
def test_the_file_for_tomorrow_stands_alone(desk: Desk, language: str, direction: str) -> None:
    booked = desk.booked(make_person(5), local(9, days=1))
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    answer = desk.client("supervisor", language).post(
        "/supervisor/dana/day-list/", {"day": tomorrow, "as": "file"}
    )
    text = answer.content.decode()
    assert answer["Content-Disposition"] == f'attachment; filename="dana-{tomorrow}.html"'
    assert f'<html lang="{language}" dir="{direction}">' in text
    assert "@page" in text
    assert booked.reference[-4:] in text
    assert re.findall(r"(?:src|href)=", text) == []
    assert History.objects.get(subject_kind="day_list").to_state == "kept"
