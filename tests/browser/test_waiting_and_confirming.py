"""Wait for a place and take it by the message's link; confirm that one will come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from playwright.sync_api import expect

from browser.conftest import Open
from browser.gate import grave_faults_in
from browser.test_journeys import Newcomer, sign_in, ticket_of
from browser.visit import Phone, Window
from mawaeed.commands.demo_options import OPTIONS
from mawaeed.web.request import RESIDENT_COOKIE
from running_site import RunningSite

# Offerings of the demonstration with the option on: freed places go to the list first; confirm.
(FIRST_CENTRE, FIRST_SERVICE), _, (ASKED_CENTRE, ASKED_SERVICE) = OPTIONS
AHEAD = timedelta(days=4)  # outside the day before, in which no option holds

ALI = Newcomer("870700000", ("7", "7", "1987"), "36001261", "")
SARA = Newcomer("880800000", ("8", "8", "1988"), "36001262", "")
JOHN = Newcomer("890900000", ("9", "9", "1989"), "36001263", "")
ANNE = Newcomer("900900000", ("9", "9", "1990"), "36001264", "")
LULWA = Newcomer("860800000", ("8", "8", "1986"), "36001265", "")
MARK = Newcomer("850900000", ("9", "9", "1985"), "36001266", "")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who uses the API."""

    site: str
    token: str = ""

    def call(self, method: str, path: str, body: Any = None) -> Any:
        asked = Request(
            f"{self.site}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
                **({"Idempotency-Key": f"{method}{path}"} if self.token else {}),
            },
        )
        with urlopen(asked) as answer:
            return json.load(answer)

    def book(self, service: str, centre: str) -> Any:
        """The first free time some days ahead."""
        query = urlencode({"service": service, "centre": centre, "limit": 200})
        slots = self.call("GET", f"/slots?{query}")["items"]
        earliest = datetime.fromisoformat(slots[0]["starts_at"]) + AHEAD
        starts_at = next(
            each["starts_at"]
            for each in self.all_slots(query)
            if datetime.fromisoformat(each["starts_at"]) >= earliest
        )
        wanted = {"service": service, "centre": centre, "starts_at": starts_at}
        return self.call("POST", "/appointments", wanted)

    def all_slots(self, query: str) -> list[Any]:
        found: list[Any] = []
        cursor = ""
        while True:
            page = self.call("GET", f"/slots?{query}{cursor}")
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = "&" + urlencode({"cursor": page["next"]})


def signed_in(site: RunningSite, who: Newcomer) -> Caller:
    born = f"{who.born[2]}-{int(who.born[1]):02d}-{int(who.born[0]):02d}"
    asked = {"personal_number": who.number, "date_of_birth": born, "mobile": who.mobile}
    Caller(site.url).call("POST", "/sign-in", asked)
    code = phone_of(site, who).code()
    proof = {"personal_number": who.number, "code": code}
    return Caller(site.url, Caller(site.url).call("POST", "/sign-in/verify", proof)["token"])


def phone_of(site: RunningSite, who: Newcomer) -> Phone:
    return Phone(site.url, f"+973{who.mobile}")


def test_wait_and_take_what_is_offered_in_arabic_on_a_phone(
    window: Open, running_site: RunningSite
) -> None:
    wait_and_take(window, running_site, "ar", "phone", ALI, SARA)


def test_wait_and_take_what_is_offered_in_english_on_a_desktop(
    window: Open, running_site: RunningSite
) -> None:
    wait_and_take(window, running_site, "en", "desktop", JOHN, ANNE)


def wait_and_take(
    window: Open, site: RunningSite, language: str, screen: str, who: Newcomer, holder: Newcomer
) -> None:
    other = signed_in(site, holder)
    held = other.book(FIRST_SERVICE, FIRST_CENTRE)
    mine, phone = window(language, screen), phone_of(site, who)
    mine.open(f"/waiting/join/?service={FIRST_SERVICE}&centre={FIRST_CENTRE}")
    sign_in(mine, who, phone)
    mine.sees_heading("Be told when a place becomes free")
    mine.photograph("waiting-join")
    mine.press("Put me on the waiting list")
    mine.sees("You are on the waiting list. We tell you by SMS.")
    mine.photograph("waiting")
    assert grave_faults_in(mine.page, "dark", "light") == []

    other.call("DELETE", f"/appointments/{held['reference']}")
    link = phone.link("place_offered")
    mine.open("/waiting/")
    expect(mine.link("Look at the place")).to_be_visible()
    mine.photograph("waiting-offered")
    alone = window(language, screen)
    alone.open(link)
    alone.sees_heading("A place is kept for you")
    alone.photograph("waiting-offer")
    assert grave_faults_in(alone.page, "dark", "light") == []
    alone.press("Take this time")
    alone.sees("The place is yours. The ticket is on its way by SMS.")
    shown = ticket_of(alone).locator("time").get_attribute("datetime")
    assert shown is not None
    assert datetime.fromisoformat(shown) == datetime.fromisoformat(held["starts_at"])
    phone.message("appointment_booked")
    alone.open(link)
    alone.sees("You have a place now")
    mine.open("/waiting/")
    mine.sees("You are on no waiting list")
    mine.photograph("waiting-none")


def test_confirm_by_the_link_in_arabic_on_a_phone(window: Open, running_site: RunningSite) -> None:
    asked(running_site, signed_in(running_site, LULWA))
    mine = window("ar", "phone")
    mine.open(phone_of(running_site, LULWA).link("confirmation_asked"))
    mine.photograph("confirm")
    say_yes(mine)


def test_confirm_on_the_appointment_in_english_on_a_desktop(
    window: Open, running_site: RunningSite
) -> None:
    caller = signed_in(running_site, MARK)
    reference = asked(running_site, caller)
    mine = window("en", "desktop")
    mine.choose_language()  # the API was spoken to in Arabic
    assert "/confirm" in phone_of(running_site, MARK).link("confirmation_asked")
    mine.page.context.add_cookies(
        [{"name": RESIDENT_COOKIE, "value": caller.token, "url": mine.site}]
    )
    mine.open(f"/appointments/{reference}/")
    mine.photograph("confirm-appointment")
    say_yes(mine)


def asked(site: RunningSite, who: Caller) -> str:
    """Book some days ahead; two days before the start the worker would ask."""
    held = who.book(ASKED_SERVICE, ASKED_CENTRE)
    moment = datetime.fromisoformat(held["starts_at"]) - timedelta(hours=48)
    site.shell(
        "from datetime import datetime\n"
        "from mawaeed.booking.actions import ask_to_confirm\n"
        f"ask_to_confirm(now=datetime.fromisoformat('{moment.isoformat()}'))"
    )
    return str(held["reference"])


def say_yes(mine: Window) -> None:
    assert grave_faults_in(mine.page, "dark", "light") == []
    mine.press("Yes, I will come")
    mine.sees("Thank you. Your place stays yours.")
    mine.sees("You confirmed that you will come")
    expect(mine.button("Yes, I will come")).to_have_count(0)
    mine.photograph("confirmed")
