"""An alert's button does what it says, once; pressing it again changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hall_day import offering_of
from mawaeed.availability.models import CounterAbsence, Interval, Release
from mawaeed.availability.queries import serving_pool_id
from mawaeed.centres.models import Counter, Offering, Pool
from mawaeed.hall import actions as hall
from mawaeed.hall.actions.profiles import assign_profile, save_profile
from mawaeed.hall.conditions import read_conditions
from mawaeed.hall.models import DelayWarning, HelpCall, Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import History
from small_world import both, local, make_person, open_pool
from staff_desk import Desk

PAGE = "/supervisor/dana/"
FORM = re.compile(r'<form method="post" action="/supervisor/dana/do/">(.*?)</form>', re.DOTALL)
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.fixture
def crowd(desk: Desk) -> Desk:
    """One waits 35 minutes at the first pool; the second has a clerk with nobody."""
    other = Pool.objects.create(centre=desk.world.dana, code="other", name=both("Other"))
    open_pool(other, days=1, places=1)
    third = Counter.objects.create(centre=desk.world.dana, pool=other, number=3)
    Offering.objects.filter(centre=desk.world.dana, service__code="customs").update(pool=other)
    hall.open_counter(counter=third, staff=desk.staff["clerk"], now=desk.at)
    hall.issue_walk_in(
        offering=offering_of(desk.world.dana), actor=Actor("kiosk", 1), now=desk.at, language="ar"
    )
    desk.at += timedelta(minutes=35)
    return desk


def form_on(client: Client) -> dict[str, str]:
    """The only alert's form."""
    (form,) = FORM.findall(client.get(PAGE).content.decode())
    return {name: value for name, value in FIELD.findall(form) if name != "csrfmiddlewaretoken"}


def press(client: Client, form: dict[str, str]) -> str:
    return client.post(f"{PAGE}do/", form, follow=True).content.decode()


def test_a_clerk_with_nobody_is_lent_once_and_calls_the_one_who_waits(crowd: Desk) -> None:
    client = crowd.client("supervisor")
    form = form_on(client)
    assert form["verb"] == "lend"
    page = press(client, form)
    absence = CounterAbsence.objects.get()
    assert absence.ends_at == local(9)
    assert "is free: its clerk can call the next." in page
    assert FORM.findall(page) == []
    assert "Lent" in page
    console = crowd.client("clerk").get("/counter/dana/").content.decode()
    assert "Lent: you call for <bdi>Main hall</bdi> until" in console
    press(client, form)
    press(client, {**form, "key": "another"})
    assert CounterAbsence.objects.count() == 1
    counter = Counter.objects.select_related("centre").get(number=3)
    assert serving_pool_id(counter, crowd.at) == crowd.world.dana_pool.pk
    session = counter.work.get()
    assert hall.call_next(counter_session=session, now=crowd.at, actor=Actor("staff", 1))
    assert "Nothing needs you now." in client.get(PAGE).content.decode()
    row = History.objects.get(subject_kind="calendar_change")
    assert row.actor_id == crowd.staff["supervisor"].pk
    assert row.reason == "A001 has waited 35 minutes for General; more than 30 minutes is too long."


def test_a_closed_counter_is_asked_for_where_nobody_can_be_lent(crowd: Desk) -> None:
    Interval.objects.filter(pool__code="other").update(taken_public=1)  # its people need it
    client = crowd.client("supervisor")
    form = form_on(client)
    assert (form["verb"], form["reason"][:4]) == ("ask", "A001")
    for key in (form["key"], form["key"], "another"):
        page = press(client, {**form, "key": key})
    assert "was asked for at" in page
    assert FORM.findall(page) == []
    assert History.objects.filter(subject_kind="counter", to_state="wanted").count() == 1


def test_those_to_come_are_told_once(desk: Desk) -> None:
    first, coming = make_person(1), make_person(2)
    appointment = desk.booked(first, local(8, 10))
    soon = desk.booked(coming, local(8, 40))
    hall.check_in(appointment=appointment, actor=Actor("kiosk", 1), now=desk.at)
    for number in (1, 2):  # every counter is at work
        counter = Counter.objects.get(centre=desk.world.dana, number=number)
        hall.open_counter(
            counter=counter, staff=desk.staff[("clerk", "second")[number - 1]], now=desk.at
        )
    desk.at += timedelta(minutes=33)
    busy = Ticket.objects.filter(state="waiting")
    assert busy.count() == 1
    client = desk.client("supervisor")
    forms = [dict(FIELD.findall(each)) for each in FORM.findall(client.get(PAGE).content.decode())]
    (form,) = [each for each in forms if each["verb"] == "warn"]
    assert form["minutes"] == "20"
    for key in (form["key"], form["key"], "another"):
        page = press(client, {**form, "key": key})
    assert DelayWarning.objects.get().appointment_id == soon.pk
    assert "Tell 1 person" not in page


@pytest.mark.parametrize(
    ("verb", "done"),
    [
        ("look", HelpCall.objects.count),
        ("release", Release.objects.count),
    ],
)
def test_other_buttons_act_once_too(desk: Desk, verb: str, done: Any) -> None:
    pool, counter = desk.world.dana_pool, desk.world.dana.counters.get(number=1)
    client = desk.client("supervisor")
    form = {"verb": verb, "pool": str(pool.pk), "counter": str(counter.pk), "reason": "x"}
    for key in ("one", "one", "two"):
        press(client, {**form, "key": key})
    assert done() == 1


@pytest.mark.parametrize("wrong", [{"verb": "shout"}, {"pool": "elsewhere"}, {"verb": "ask"}])
def test_what_is_not_of_this_centre_is_refused(desk: Desk, wrong: dict[str, str]) -> None:
    there = {"elsewhere": str(desk.world.muharraq_pool.pk)}
    counter = desk.world.muharraq.counters.get(number=1)
    form = {"verb": "ask", "pool": str(desk.world.dana_pool.pk), "counter": str(counter.pk)}
    fixed = {name: there.get(value, value) for name, value in wrong.items()}
    answer = desk.client("supervisor").post(f"{PAGE}do/", {**form, **fixed, "key": "k"})
    assert answer.status_code in {404, 422}
    assert not History.objects.filter(to_state="wanted").exists()


def test_whom_the_profiles_keep_away_everywhere_is_told_and_called_after_one_press(
    desk: Desk,
) -> None:
    dana, boss = desk.world.dana, Actor("staff", desk.staff["supervisor"].pk)
    counter = Counter.objects.select_related("centre").get(centre=dana, number=1)
    only_booked = save_profile(
        centre=dana,
        name=both("Booked"),
        conditions=read_conditions([{"kind": "only", "classes": ["appointment"]}]),
        now=desk.at,
        actor=boss,
    )
    assign_profile(counter=counter, profile=only_booked, now=desk.at, actor=boss)
    ticket = hall.issue_walk_in(
        offering=offering_of(dana), actor=Actor("kiosk", 1), now=desk.at, language="ar"
    )
    client = desk.client("supervisor")
    assert FORM.findall(client.get(PAGE).content.decode()) == []  # nobody works there at all
    session = hall.open_counter(counter=counter, staff=desk.staff["clerk"], now=desk.at)
    assert hall.call_next(counter_session=session, now=desk.at, actor=boss) is None
    form = form_on(client)
    assert (form["verb"], form["counter"]) == ("open_up", str(counter.pk))
    assert ticket.number in form["reason"]
    page = press(client, form)
    assert FORM.findall(page) == []
    assert "works without a profile from the next call on." in page
    kept = History.objects.filter(subject_kind="profile").latest("pk")
    assert (kept.to_state, kept.reason) == ("taken", form["reason"])
    assert hall.call_next(counter_session=session, now=desk.at, actor=boss) is not None


def test_sent_to_an_open_counter_nobody_is_kept_away(desk: Desk) -> None:
    dana, boss = desk.world.dana, Actor("staff", desk.staff["supervisor"].pk)
    counter = Counter.objects.select_related("centre").get(centre=dana, number=1)
    conditions = read_conditions([{"kind": "only", "classes": ["appointment"]}])
    only_booked = save_profile(
        centre=dana, name=both("Booked"), conditions=conditions, now=desk.at, actor=boss
    )
    assign_profile(counter=counter, profile=only_booked, now=desk.at, actor=boss)
    hall.open_counter(counter=counter, staff=desk.staff["clerk"], now=desk.at)
    ticket = hall.issue_walk_in(
        offering=offering_of(dana), actor=Actor("kiosk", 1), now=desk.at, language="ar"
    )
    hall.transfer(ticket=ticket, counter=counter, actor=boss, now=desk.at)
    assert FORM.findall(desk.client("supervisor").get(PAGE).content.decode()) == []
