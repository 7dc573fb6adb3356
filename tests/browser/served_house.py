"""The small world's Dana centre with a full hall, behind the real server, and who may see what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.core import signing
from django.test import Client

from audience_register import Address
from mawaeed.centres.models import Counter, Offering
from mawaeed.content.models import Announcement
from mawaeed.hall import actions as hall
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.identifiers import digest, new_token
from mawaeed.kernel.models import DemoClock
from mawaeed.people.models import SignIn, Staff
from mawaeed.web.board.layouts import Layout, Wanted
from residents import OTHER_BORN, OTHER_MOBILE, OTHER_NUMBER
from running_site import RunningSite, served_test_database
from small_world import both, local
from whole_house import House, make_house

NOBODY, RESIDENT, ADMINISTRATOR = "", "resident", "administrator"
ROLES = ("clerk", "receptionist", "supervisor")
WHO = (NOBODY, RESIDENT, *ROLES, ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is served, and the cookies each of `WHO` holds there."""

    site: RunningSite
    house: House
    cookies: Mapping[str, Mapping[str, str]]
    tickets: tuple[Ticket, ...]

    def paths(self, address: Address, language: str) -> list[str]:
        """The address filled in; several times where a page has several faces."""
        values = {**self.house.path_values(address.pattern), "language": language}
        if address.name == "ticket":
            return [address.path({**values, "secret": each.secret}) for each in self.tickets]
        if address.name == "ticket-leave":
            values["secret"] = self.tickets[0].secret
        if address.name == "board":
            return [address.path(values) + Wanted(layout).query for layout in Layout]
        if address.name in {"kiosk-ticket", "kiosk-paper"}:  # good for a minute only
            values["shown"] = signing.dumps(self.tickets[0].pk, salt="kiosk-ticket")
        if address.name == "book":
            at = local(9, days=0) + timedelta(hours=2)
            wanted = {"service": "customs", "centre": "dana", "at": at.isoformat()}
            return [f"{address.path(values)}?{urlencode(wanted)}"]
        if address.name in {"visit", "visit-times"}:
            together = [("leg", "renewal:me"), ("leg", "customs:me"), ("centre", "dana")]
            return [f"{address.path(values)}?{urlencode(together)}"]
        if address.name == "waiting-join":
            return [f"{address.path(values)}?service=renewal"]
        return [address.path(values)]


@contextmanager
def served_house() -> Iterator[Place]:
    """At nine in its own time: one waits, one is called, one is served, one is put aside."""
    house = make_house()
    DemoClock.objects.create(real_at=real_now(), shown_at=house.at)
    Staff.objects.filter(username=ADMINISTRATOR).update(is_staff=True, is_superuser=True)
    tickets = _fill_the_hall(house)
    Announcement.objects.create(
        agency=house.world.agency,
        code="news",
        title=both("مواعيد العمل"),
        body=both("يفتح المركز في السابعة."),
        published_from=house.at,
    )
    cookies = _cookies(house)
    with served_test_database(MAWAEED_DEMO="1") as site:
        yield Place(site, house, cookies, tickets)


def _cookies(house: House) -> dict[str, dict[str, str]]:
    held = {who: _held(house.client(who)) for who in (*ROLES, ADMINISTRATOR)}
    token, moment = new_token(), real_now()
    SignIn.objects.create(
        token_hash=digest(token),
        person=house.person,
        created_at=moment,
        last_used_at=moment,
        expires_at=moment + timedelta(hours=1),
    )
    return {**held, RESIDENT: {"resident": token}, NOBODY: _half_signed_in()}


def _half_signed_in() -> dict[str, str]:
    """The cookie of somebody who has asked for a code."""
    client = Client()
    year, month, day = OTHER_BORN.split("-")
    client.post(
        "/sign-in/",
        {
            "personal_number": OTHER_NUMBER,
            "date_of_birth_day": day,
            "date_of_birth_month": month,
            "date_of_birth_year": year,
            "mobile": OTHER_MOBILE,
        },
    )
    return _held(client)


def _held(client: Client) -> dict[str, str]:
    return {name: morsel.value for name, morsel in client.cookies.items()}


def _fill_the_hall(house: House) -> tuple[Ticket, ...]:
    """The one who waits, the one called, the one served and the one put aside."""
    offering = Offering.objects.select_related("centre", "pool", "group").get(
        centre=house.world.dana, service=house.world.renewal
    )
    for _ in range(4):
        waits = hall.issue_walk_in(offering=offering, actor=SYSTEM, now=house.at, language="ar")
    waits = hall.record_print(ticket=waits, actor=SYSTEM, now=house.at)
    hall.raise_help(centre=house.world.dana, kind="kiosk", actor=SYSTEM, now=house.at)
    clerks = CounterSession.objects.get(staff=house.staff["clerk"], closed_at=None)
    aside = _call(clerks, house)
    hall.park(ticket=aside, actor=SYSTEM, now=house.at)
    served = _call(clerks, house)
    hall.start_service(ticket=served, actor=SYSTEM, now=house.at)
    second = Counter.objects.select_related("centre").get(centre=house.world.dana, number=2)
    called = _call(
        hall.open_counter(counter=second, staff=house.staff["supervisor"], now=house.at), house
    )
    return waits, called, served, aside


def _call(session: CounterSession, house: House) -> Ticket:
    called = hall.call_next(counter_session=session, now=house.at, actor=SYSTEM)
    assert called is not None
    return called
