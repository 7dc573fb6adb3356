"""A morning at one centre: every surface at once, through a lost link and killed programs.

Kiosk, two counters, board, a visitor's phone and the supervisor; `scripts/prove.py` plays it on
both databases.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import connection
from playwright.sync_api import Browser, Route, expect

from browser.conftest import LOCALES, PATIENCE_MS, SCREENS, THOROUGH, listen
from browser.hands import Pointer
from browser.programs import Programs, no_connections
from browser.visit import LINK, Window, Words, until
from hall_day import booked, walked_in
from mawaeed.booking.models import Appointment
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.models import DemoClock, History, OutboxDelivery, OutboxEvent
from mawaeed.notifications.models import Message
from mawaeed.people.models import Role
from running_site import MAWAEED
from small_world import World, local, make_staff, make_world
from staff_desk import Desk

OTHERS = 4
# One counter of each morning works in the other language.
LANGUAGE_HERE = "en" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "ar"
EARLY, PROMISED, DARK = "36001235", "36001236", "36001237"
OPEN = ("waiting", "called", "serving", "parked")


@dataclass
class Morning:
    """The centre, its programs and who looks at what."""

    world: World
    programs: Programs
    coming: Appointment
    kiosk: Window
    board: Window
    boss: Window
    phone: Window
    one: Window
    two: Window
    called: list[str] = field(default_factory=list)

    @property
    def live_parts(self) -> list[tuple[Window, str]]:
        sides = [(clerk, "#side") for clerk in (self.one, self.two)]
        return [(self.board, "#hall"), (self.boss, "#now"), (self.phone, "#ticket"), *sides]


@pytest.mark.parametrize("language", LOCALES if THOROUGH else [LANGUAGE_HERE])
def test_a_morning(transactional_db: None, browser: Browser, language: str) -> None:
    world = make_world(days=1)
    coming = booked(local(9, 20))
    DemoClock.objects.create(real_at=real_now(), shown_at=local(9))
    with surfaces(browser, world, coming, language) as morning:
        the_first_arrive(morning)
        both_counters_call(morning)
        an_answer_is_lost(morning)
        programs_are_killed(morning)
        if connection.vendor == "postgresql":
            the_database_is_away(morning)
        the_hall_is_served(morning)
        the_day_is_closed(morning)
    nothing_was_lost(morning)


def the_first_arrive(morning: Morning) -> None:
    """One with an appointment, some elsewhere, and one who follows the ticket on the phone."""
    kiosk = morning.kiosk
    kiosk.page.goto(f"{kiosk.site}/kiosk/dana/")
    kiosk.hands.press(kiosk.page.locator(f"a.kiosk-choice[lang={kiosk.say.language}]"))
    kiosk.hands.press(kiosk.page.locator("a.kiosk-choice[href$='/check-in/']"))
    expect(kiosk.page.locator("#reference")).to_be_focused()
    kiosk.page.keyboard.type(morning.coming.reference)
    kiosk.page.keyboard.press("Enter")
    kiosk.sees_heading("Your number")
    for _ in range(OTHERS):
        walked_in(morning.world.dana, local(9, 1))
    fill_in(kiosk, EARLY)
    kiosk.press("Take a ticket")
    kiosk.sees_heading("Your number")
    link = LINK.findall(until(lambda: sent_to(EARLY), "the ticket by text message")[0])
    morning.phone.open(link[0])
    expect(morning.phone.page.locator("#ticket [data-ticket=waiting]")).to_be_visible()


def fill_in(kiosk: Window, mobile: str) -> None:
    """As far as the last press."""
    kiosk.page.goto(f"{kiosk.site}/kiosk/dana/{kiosk.say.language}/services/renewal/")
    kiosk.hands.write(kiosk.page.locator("#mobile"), mobile)


def both_counters_call(morning: Morning) -> None:
    for number, clerk in enumerate((morning.one, morning.two), 1):
        clerk.open("/counter/dana/")
        press(clerk, str(number))
        press(clerk, "n")
        expect(morning.board.page.locator(".board-now .number")).to_have_text(shown(clerk))
    press(morning.one, "s")
    sees_figure(morning.boss, "Being served", 1)


def an_answer_is_lost(morning: Morning) -> None:
    """The press arrives, its answer does not: the second counter starts once all the same."""
    clerk, sent = morning.two, []

    def lose_the_answer(route: Route) -> None:
        sent.append(route.fetch().status)
        route.abort()

    clerk.page.route("**/act/", lose_the_answer, times=1)
    before = shown(clerk)
    with clerk.page.expect_navigation():
        clerk.page.keyboard.press("s")
        says_lost(clerk)
    assert sent == [204]
    assert shown(clerk) == before
    expect(clerk.page.locator("[data-press-notice]")).to_be_hidden()
    assert changes("called", "serving") == 2


def programs_are_killed(morning: Morning) -> None:
    """The worker first, then the web server; somebody presses at each of two screens meanwhile."""
    one, kiosk, board = morning.one, morning.kiosk, morning.board
    morning.programs.kill("worker")
    fill_in(kiosk, PROMISED)
    kiosk.press("Take a ticket")
    kiosk.sees("We also send it to your mobile.")
    fill_in(kiosk, DARK)
    before, newest = shown(one), board.page.locator(".board-now .number").inner_text()
    given = Ticket.objects.count()
    morning.programs.kill("web")

    one.page.keyboard.press("n")
    kiosk.press("Take a ticket")
    says_lost(one)
    one.page.keyboard.press("n")
    says_lost(kiosk, for_visitors=True)
    for window, part in morning.live_parts:
        expect(window.page.locator(part)).to_have_attribute("data-stale", "")
    expect(board.page.locator("[data-lost]")).to_be_visible()
    assert board.page.locator(".board-now .number").inner_text() == newest
    assert shown(one) == before
    assert Ticket.objects.count() == given
    photograph(morning, "lost")

    morning.programs.start("web")
    morning.programs.start("worker")
    kiosk.sees_heading("Your number")
    expect(one.page.locator(".console-number")).not_to_have_text(before)
    all_is_fresh(morning)
    expect(board.page.locator(".board-now .number")).to_have_text(shown(one))
    assert (changes("serving", "served"), changes("waiting", "called")) == (1, 3)
    until(lambda: sent_to(PROMISED) and sent_to(DARK), "the promised text messages")


def the_database_is_away(morning: Morning) -> None:
    """Every program lives, and none can reach the database for some seconds."""
    two, before = morning.two, shown(morning.two)
    reception = morning.boss.page.context.new_page()
    reception.goto(f"{two.site}/desk/dana/")
    reception.locator("#sought").fill(morning.coming.reference)
    with no_connections():
        two.page.keyboard.press("n")
        says_lost(two)
        reception.keyboard.press("Enter")
        expect(reception.locator("[data-say=lost]")).to_be_visible()
        for window, part in morning.live_parts:
            expect(window.page.locator(part)).to_have_attribute("data-stale", "")
        answer = morning.boss.page.request.get(f"{two.site}/board/dana/")
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    expect(two.page.locator(".console-number")).not_to_have_text(before)
    expect(reception.locator("#visitor-title")).to_be_visible()
    reception.close()
    all_is_fresh(morning)
    expect(morning.board.page.locator(".board-now .number")).to_have_text(shown(two))
    assert (changes("serving", "served"), changes("waiting", "called")) == (2, 4)


def the_hall_is_served(morning: Morning) -> None:
    clerks = [morning.one, morning.two]
    while busy := [
        each for each in clerks if not each.page.locator(".console-number-none").count()
    ]:
        for clerk in busy:
            if clerk.page.locator("button[value=start]").count():
                press(clerk, "s")
            press(clerk, "n")
    total = Ticket.objects.count()
    assert total == OTHERS + 4
    expect(morning.phone.page.locator("#ticket [data-ticket=served]")).to_be_visible()
    sees_figure(morning.boss, "Served today", total)
    photograph(morning, "served")


def the_day_is_closed(morning: Morning) -> None:
    boss = morning.boss
    boss.open("/supervisor/dana/close-day/")
    with boss.page.expect_navigation():
        boss.press("Close the day now")
    assert not Ticket.objects.filter(state__in=OPEN).exists()
    assert not CounterSession.objects.filter(closed_at=None).exists()


def nothing_was_lost(morning: Morning) -> None:
    """Every ticket called once and served, every number once, every message sent once."""
    tickets = list(Ticket.objects.order_by("pk"))
    numbers = [ticket.number for ticket in tickets]
    assert sorted(numbers) == [f"A{place:03d}" for place in range(1, len(tickets) + 1)]
    assert [(ticket.state, ticket.calls) for ticket in tickets] == [("served", 1)] * len(tickets)
    for kind in ("ticket_called", "service_finished"):
        told = OutboxEvent.objects.filter(kind=kind).values_list("subject_id", flat=True)
        assert Tally(told) == Tally(ticket.pk for ticket in tickets), kind
    for mobile in (EARLY, PROMISED, DARK):
        texts = Message.objects.filter(to__endswith=mobile)
        kinds = list(texts.values_list("kind", flat=True))
        assert len(kinds) == len(set(kinds)), (mobile, kinds)
    assert not OutboxDelivery.objects.filter(state="failed").exists()
    checked = subprocess.run(
        [*MAWAEED, "ledger", "check"],
        env=morning.programs.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def press(clerk: Window, key: str) -> None:
    """One key; the page that answers is there afterwards."""
    with clerk.page.expect_navigation():
        clerk.page.keyboard.press(key)


def shown(clerk: Window) -> str:
    return clerk.page.locator(".console-number").inner_text()


def sees_figure(boss: Window, label: str, value: int) -> None:
    """Among the figures on top of the supervisor's page."""
    figure = boss.page.locator(".stat", has_text=boss.say(label)).locator(".stat-value")
    expect(figure).to_have_text(str(value))


def says_lost(window: Window, *, for_visitors: bool = False) -> None:
    words = (
        "The link is lost for a moment. This goes on by itself, and nothing is done twice."
        if for_visitors
        else "The link is lost. What you pressed is kept and sent again by itself;"
        " pressing again does nothing twice."
    )
    said = window.page.locator("[data-press-notice] [data-say]:visible")
    expect(said).to_have_text(window.say(words))


def all_is_fresh(morning: Morning) -> None:
    for window, part in morning.live_parts:
        expect(window.page.locator(part)).not_to_have_attribute("data-stale", re.compile(".*"))


def changes(before: str, after: str) -> int:
    """How many tickets went from one state to another so far."""
    rows = History.objects.filter(subject_kind="ticket", from_state=before, to_state=after)
    return rows.count()


def sent_to(mobile: str) -> list[str]:
    """Texts the gateway has taken."""
    done = Message.objects.filter(to__endswith=mobile, sent_at__isnull=False)
    return list(done.values_list("text", flat=True))


def photograph(morning: Morning, name: str) -> None:
    for surface in ("kiosk", "board", "boss", "phone", "one", "two"):
        getattr(morning, surface).photograph(f"morning-{name}-{surface}", whole=False)


@contextmanager
def surfaces(
    browser: Browser, world: World, coming: Appointment, language: str
) -> Iterator[Morning]:
    """Everything in one language, but the second counter in the other; no script may fail."""
    other = next(each for each in LOCALES if each != language)
    staff = {
        name: make_staff(world, name, role, world.dana)
        for name, role in (("one", Role.CLERK), ("two", Role.CLERK), ("boss", Role.SUPERVISOR))
    }
    strays: list[str] = []
    programs = Programs()
    with ExitStack() as at_the_end:
        at_the_end.callback(programs.end)
        programs.start("web")
        programs.start("worker")

        def window(screen: str, who: str = "", spoken: str = language) -> Window:
            context = browser.new_context(
                **SCREENS[screen], locale=LOCALES[spoken], timezone_id="Asia/Bahrain"
            )
            at_the_end.callback(context.close)
            held = Desk(world, local(9), staff).client(who, spoken).cookies
            url = programs.address.url
            context.add_cookies(
                [{"name": name, "value": each.value, "url": url} for name, each in held.items()]
            )
            listen(context, url, strays)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            return Window(page, url, Words(spoken), Pointer(), screen)

        morning = Morning(
            world,
            programs,
            coming,
            kiosk=window("kiosk"),
            board=window("board"),
            boss=window("desktop", "boss"),
            phone=window("phone"),
            one=window("desktop", "one"),
            two=window("desktop", "two", other),
        )
        morning.board.page.goto(f"{morning.board.site}/board/dana/")
        morning.boss.open("/supervisor/dana/")
        yield morning
    assert strays == []
