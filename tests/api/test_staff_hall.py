"""The hall over the API with a staff token: who may, what happens, and a second press."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from mawaeed.api.api import api
from mawaeed.api.audience import operations
from mawaeed.booking.actions import book_appointment
from mawaeed.hall.models import Ticket, TicketLeg
from mawaeed.kernel import clock
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import History
from mawaeed.people.actions import revoke_staff_token
from mawaeed.people.models import Role, StaffToken
from small_world import World, local, make_person, make_staff, make_world
from staff_machine import STAFF_API, Machine, token_for, told

pytestmark = pytest.mark.django_db
AT = local(9)
Machines = Callable[..., Machine]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: AT)
    return make_world(days=2)


@pytest.fixture
def machine(world: World) -> Machines:
    def made(role: Role, name: str = "", *, elsewhere: bool = False) -> Machine:
        centre = world.muharraq if elsewhere else world.dana
        staff = make_staff(world, name or f"{role}-{elsewhere}", role, centre)
        return Machine(world, token_for(staff, AT))

    return made


def test_a_visit_from_ticket_to_finish(
    world: World, machine: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk, reception = machine(Role.CLERK), machine(Role.RECEPTIONIST)
    opened = clerk.post("counter/open", {"counter": 2})
    given = reception.post("tickets", {"service": "renewal"})

    assert (opened.status_code, opened.json()) == (
        200,
        {"counter": 2, "open": True, "ticket": None},
    )
    assert (given.status_code, given.json()["ticket"]["number"]) == (201, "A001")
    assert given.json()["secret"] == Ticket.objects.get().secret
    called = clerk.post("counter/call-next").json()["ticket"]
    assert (called["number"], called["state"], called["counter"]) == ("A001", "called", 2)
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(minutes=1))
    assert clerk.post("counter/recall", {"ticket": "A001"}).json()["ticket"]["calls"] == 2
    assert told(clerk.post("counter/finish", {"ticket": "A002"})) == (409, "stale")
    assert clerk.post("counter/start", {"ticket": "a001"}).json()["ticket"]["state"] == "serving"
    hall = reception.get("hall").json()
    assert (hall["waiting"], hall["counters"][0]["ticket"]["number"]) == (0, "A001")
    assert clerk.post("counter/finish", {"ticket": "A001"}).json()["ticket"]["state"] == "served"
    assert clerk.post("counter/call-next").json() == {"counter": 2, "open": True, "ticket": None}
    assert clerk.post("counter/close").json()["open"] is False
    assert told(clerk.post("counter/call-next")) == (409, "counter_closed")
    acted = History.objects.filter(subject_kind="ticket").values_list("actor_kind", flat=True)
    assert set(acted) == {"staff"}


def test_one_number_for_several_services_in_the_order_named(
    world: World, machine: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    reception = machine(Role.RECEPTIONIST)
    asked = {"service": "renewal", "also": ["customs", "renewal"]}
    given = [reception.post("tickets", asked, key="once") for _ in range(2)]

    ticket = Ticket.objects.get()  # a second press gives the same
    legs = TicketLeg.objects.filter(ticket=ticket).order_by("position")
    assert [leg.offering.service.code for leg in legs] == ["renewal", "customs"]
    assert [answer.json()["ticket"]["number"] for answer in given] == [ticket.number] * 2
    assert given[0].json()["secret"] == ticket.secret
    unknown = reception.post("tickets", {"service": "renewal", "also": ["nothing"]})
    assert told(unknown) == (404, "not_found")
    monkeypatch.setattr("mawaeed.hall.actions.arrivals.most_services", lambda *_: 1)
    assert told(reception.post("tickets", asked)) == (409, "too_many_services")
    assert Ticket.objects.count() == 1


def test_finishing_and_calling_in_one_press(machine: Machines) -> None:
    clerk, reception = machine(Role.CLERK), machine(Role.RECEPTIONIST)
    clerk.post("counter/open", {"counter": 1})
    for _ in range(2):
        reception.post("tickets", {"service": "renewal"})
    clerk.post("counter/call-next")
    clerk.post("counter/start", {"ticket": "A001"})

    pressed = clerk.post("counter/finish-and-call", {"ticket": "A001"}, key="both")
    again = clerk.post("counter/finish-and-call", {"ticket": "A001"}, key="both")
    late = clerk.post("counter/finish-and-call", {"ticket": "A001"})

    assert (pressed.status_code, pressed.json()["ticket"]["number"]) == (200, "A002")
    assert again.json() == pressed.json()
    assert told(late) == (409, "stale")
    states = dict(Ticket.objects.values_list("number", "state"))
    assert states == {"A001": "served", "A002": "called"}


def test_a_second_press_changes_nothing(machine: Machines) -> None:
    clerk, reception = machine(Role.CLERK), machine(Role.RECEPTIONIST)
    clerk.post("counter/open", {"counter": 1})

    first = reception.post("tickets", {"service": "renewal"}, key="once")
    again = reception.post("tickets", {"service": "renewal"}, key="once")
    reused = reception.post("tickets", {"service": "passport"}, key="once")

    assert again.json() == first.json()
    assert told(reused) == (422, "key_reused")
    called = clerk.post("counter/call-next", key="call")
    assert clerk.post("counter/call-next", key="call").json() == called.json()
    assert told(clerk.post("counter/call-next")) == (409, "counter_busy")
    assert told(clerk.post("counter/finish", {"ticket": "A001"}, key="call")) == (422, "key_reused")
    assert Ticket.objects.count() == 1


def test_checking_in_by_reference(world: World, machine: Machines) -> None:
    reception, person = machine(Role.RECEPTIONIST), make_person()
    booked = book_appointment(
        person=person,
        service_code="renewal",
        centre_code="dana",
        starts_at=local(9, 10),
        actor=SYSTEM,
        now=local(8),
    )

    came = reception.post("check-in", {"reference": booked.reference.lower()})

    assert (came.status_code, came.json()["ticket"]["priority_class"]) == (201, "appointment")
    other = machine(Role.RECEPTIONIST, elsewhere=True)
    elsewhere = other.post("check-in", {"reference": booked.reference}, centre="muharraq")
    assert told(elsewhere) == (404, "not_found")


def test_two_must_be_seen(world: World, machine: Machines) -> None:
    reception = machine(Role.RECEPTIONIST)
    type(world.renewal).objects.filter(pk=world.renewal.pk).update(people_present=2)
    booked = book_appointment(
        person=make_person(),
        companion=make_person(1).beneficiary,
        service_code="renewal",
        centre_code="dana",
        starts_at=local(9, 10),
        actor=SYSTEM,
        now=local(8),
    )
    asked = {"reference": booked.reference}

    assert told(reception.post("check-in", asked)) == (422, "both_needed")
    assert reception.post("check-in", {**asked, "both": True}).status_code == 201


def test_every_operation_is_for_its_roles_at_its_centre(world: World, machine: Machines) -> None:
    roles = (Role.CLERK, Role.RECEPTIONIST, Role.SUPERVISOR)
    here = {role: machine(role, f"here-{role}") for role in roles}
    elsewhere = machine(Role.SUPERVISOR, elsewhere=True)
    asked = 0
    for method, path, audience, guarded in operations(api):
        if audience[0] != "staff":
            continue
        asked += 1
        where = f"/api/v1{path}".replace("{centre}", "dana").replace("{reference}", "NONESUCH")
        where = where.replace("{change}", "1") + "?service=none"
        assert guarded, path
        anonymous = Client().generic(method, where, sane(), "application/json")
        assert told(anonymous) == (401, "sign_in_required"), where
        for who, holder in [("elsewhere", elsewhere), *here.items()]:
            answer = holder.client.generic(
                method,
                where,
                sane(),
                "application/json",
                headers={"authorization": f"Bearer {holder.token}", "idempotency-key": path},
            )
            if who == "elsewhere":
                assert told(answer) == (404, "not_found"), where
            elif who not in audience:
                assert told(answer) == (403, "not_allowed"), (who, where)
            else:
                assert answer.status_code not in {401, 403}, (who, where)
    assert asked > 10


def sane() -> str:
    """One body that every operation can read, so that only the right to ask decides."""
    return (
        '{"counter": 1, "ticket": "A001", "service": "none", "reference": "NONESUCH",'
        ' "starts_at": "2026-11-23T10:00:00+03:00", "personal_number": "900100000",'
        ' "wish": {"kind": "retire", "counter": 99}, "reason": "why"}'
    )


def test_a_token_that_is_over_opens_nothing(
    world: World, machine: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked, closed, old = (machine(Role.CLERK, name) for name in ("one", "two", "three"))
    assert revoked.get("hall").status_code == 200
    row = StaffToken.objects.get(staff__username="one")
    assert revoked.token not in {row.token_hash, row.label}
    revoke_staff_token(row=row, actor=SYSTEM, now=AT)
    type(row.staff).objects.filter(username="two").update(is_active=False)

    assert told(revoked.get("hall")) == (401, "sign_in_required")
    assert told(closed.get("hall")) == (401, "sign_in_required")
    assert old.get("hall").status_code == 200
    later = clock.real_now() + timedelta(days=1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert told(old.get("hall")) == (401, "sign_in_required")


def test_a_residents_token_is_no_staff_token(world: World) -> None:
    from residents import api_token

    client = Client()
    token = api_token(client)

    answer = client.get(f"{STAFF_API}/dana/hall", headers={"authorization": f"Bearer {token}"})

    assert told(answer) == (401, "sign_in_required")
