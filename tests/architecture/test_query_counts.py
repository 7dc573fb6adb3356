"""A list costs the same number of queries with one thing in it and with three."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hall_day import booked, walked_in, working
from mawaeed.booking.actions import book_appointment
from mawaeed.centres.models import Counter, Offering, ServiceGroup
from mawaeed.hall import actions as hall
from mawaeed.kernel import clock
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import Dependant, Role
from mawaeed.people.queries import account_of
from residents import NUMBER, api_token, sign_in_on_the_web
from small_world import NOW, World, _service, local, make_dependant, make_staff, make_world

pytestmark = pytest.mark.django_db

AT = local(9)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: AT)
    return make_world(places=6, days=2)


def queries(client: Client, path: str, **headers: str) -> int:
    """Of a second visit: the first one fills what a process keeps (settings, content types)."""
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(path, headers=headers)
        assert answer.status_code == 200, answer.content.decode()
    # A process's copy of the policies lives five seconds, and a sign-in is kept from going idle.
    statements = [each["sql"] for each in seen if "kernel_policyvalue" not in each["sql"]]
    return len([sql for sql in statements if "INSERT INTO" not in sql and "UPDATE" not in sql])


def grows(client: Client, path: str, add: Callable[[int], object], **headers: str) -> list[int]:
    add(1)
    queries(client, path, **headers)  # what a process reads once and keeps
    one = queries(client, path, **headers)
    add(2)
    add(3)
    return [one, queries(client, path, **headers)]


def appointment(number: int) -> None:
    """One more for the resident who is signed in: each for somebody else."""
    person = account_of(keyed_hash(NUMBER))
    assert person is not None
    book_appointment(
        person=person,
        service_code="passport",
        centre_code="dana",
        starts_at=local(9 + number, days=1),
        beneficiary=make_dependant(person, f"Child {number}"),
        actor=SYSTEM,
        now=NOW,
    )


def service(world: World, number: int) -> None:
    made = _service(world.agency, world.directorate, f"more-{number}", 10)
    for pool in (world.dana_pool, world.muharraq_pool):
        group = ServiceGroup.objects.get(centre=pool.centre)
        Offering.objects.create(service=made, centre=pool.centre, pool=pool, group=group)


def staff_client(world: World, role: Role) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_staff(world, f"the-{role}", role, world.dana))
    return client


def steady(counts: list[int]) -> bool:
    return counts[0] == counts[1] and counts[0] > 0


def test_own_appointments(world: World) -> None:
    client = Client()
    sign_in_on_the_web(client)

    counts = grows(client, "/appointments/", appointment)

    assert steady(counts), counts


def test_own_appointments_over_the_api(world: World) -> None:
    client = Client()
    token = api_token(client)

    counts = grows(client, "/api/v1/appointments", appointment, authorization=f"Bearer {token}")

    assert steady(counts), counts


def test_dependants(world: World) -> None:
    client = Client()
    sign_in_on_the_web(client)
    person = account_of(keyed_hash(NUMBER))
    assert person is not None

    counts = grows(client, "/dependants/", lambda n: make_dependant(person, f"Child {n}"))

    assert steady(counts), counts
    assert Dependant.objects.count() == 3


@pytest.mark.parametrize("path", ["/services/", "/api/v1/services", "/api/v1/centres", "/"])
def test_services_and_centres(world: World, path: str) -> None:
    counts = grows(Client(), path, lambda number: service(world, number))

    assert steady(counts), counts


@pytest.mark.parametrize(
    "path",
    ["/api/v1/slots?service=renewal", "/services/renewal/", "/services/renewal/times/?centre=dana"],
)
def test_free_times_do_not_cost_by_what_is_booked(world: World, path: str) -> None:
    counts = grows(Client(), path, lambda number: booked(local(9 + number)))

    assert steady(counts), counts


def test_board(world: World) -> None:
    def called(number: int) -> None:
        walked_in(world.dana, AT)
        session = working(world, number, at=local(8))
        assert hall.call_next(counter_session=session, now=AT, actor=SYSTEM)

    counts = grows(Client(), "/board/dana/now/", called)

    assert steady(counts), counts


@pytest.mark.parametrize("path", ["/supervisor/dana/", "/supervisor/dana/now/"])
def test_supervisor_with_people_waiting_and_at_counters(world: World, path: str) -> None:
    def came(number: int) -> None:
        for _ in "ab":
            walked_in(world.dana, AT)
        session = working(world, number, at=local(8))
        assert hall.call_next(counter_session=session, now=AT, actor=SYSTEM)

    counts = grows(staff_client(world, Role.SUPERVISOR), path, came)

    assert steady(counts), counts


@pytest.mark.parametrize("path", ["/desk/dana/", "/desk/dana/arrivals/"])
def test_reception_with_arrivals(world: World, path: str) -> None:
    def came(number: int) -> None:
        booked(local(9, 10 * number))
        hall.check_in(appointment=booked(local(9, 10 * number)), actor=SYSTEM, now=AT)

    counts = grows(staff_client(world, Role.RECEPTIONIST), path, came)

    assert steady(counts), counts


def test_waiting_list_of_a_counter(world: World) -> None:
    client = staff_client(world, Role.CLERK)
    counter = Counter.objects.get(centre=world.dana, number=1)
    client.post("/counter/dana/open/", {"counter": counter.pk})

    counts = grows(client, "/counter/dana/", lambda number: walked_in(world.dana, AT))

    assert steady(counts), counts
