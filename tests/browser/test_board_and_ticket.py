"""A call in the hall: every layout shows it, a screen says it, the visitor's phone knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from browser.conftest import LOCALES, SCREENS, listen
from browser.served_house import Place, served_house
from browser.visit import Words, take_picture, until
from mawaeed.hall import actions as hall
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.models import DemoClock
from mawaeed.web.board.layouts import Layout
from mawaeed.web.board.voice import SPOKEN, call_parts

SOUND = re.compile(r"/static/web/sounds/(.+)\.mp3$")
# Nothing else would bring it before twenty seconds; here the machine may be busy.
AT_ONCE_MS = 6_000
# Of the screen's height; a digit is 0.7 of its font size.
LEAST_HEIGHT = 0.08
DIGIT = 0.7
NUMBERS = ".board-calls .number, .board-calls .counter"
SEEN = f"""() => [...document.querySelectorAll('{NUMBERS}')].map(element => {{
    const box = element.getBoundingClientRect();
    const parent = element.closest('li, section').getBoundingClientRect();
    return {{
        text: element.textContent.trim(),
        height: parseFloat(getComputedStyle(element).fontSize) * {DIGIT} / innerHeight,
        fits: box.left >= 0 && box.right <= innerWidth && parent.bottom <= innerHeight + 1
            && element.scrollWidth <= element.clientWidth + 1,
    }};
}})"""
# What is played, when and how long, as the browser was told.
NOTE_STARTS = """(() => {
    globalThis.played = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (at, from, length) {
        globalThis.played.push([at, at + length]);
        return start.call(this, at, from, length);
    };
})()"""


@pytest.fixture
def place(transactional_db: None) -> Iterator[Place]:
    with served_house() as place:
        yield place


@pytest.fixture
def strays() -> Iterator[list[str]]:
    found: list[str] = []
    yield found
    assert found == []


def open_page(
    browser: Browser, place: Place, strays: list[str], language: str, path: str, **screen: Any
) -> Page:
    context = browser.new_context(**screen, locale=LOCALES[language], timezone_id="Asia/Bahrain")
    context.add_cookies([{"name": "language", "value": language, "url": place.site.url}])
    listen(context, place.site.url, strays)
    page = context.new_page()
    page.add_init_script(NOTE_STARTS)
    page.goto(place.site.url + path)
    return page


def test_numbers_are_readable_from_ten_metres(
    place: Place, browser: Browser, strays: list[str]
) -> None:
    page = open_page(browser, place, strays, "ar", "/board/dana/")
    for width, height in ((1920, 1080), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        for layout in Layout:
            page.goto(f"{place.site.url}/board/dana/?layout={layout}")
            seen = page.evaluate(SEEN)
            assert seen, layout
            assert [each for each in seen if each["height"] < LEAST_HEIGHT] == [], layout
            assert [each for each in seen if not each["fits"]] == [], layout
            take_picture(page, f"board-{layout}-{height}", whole=False)
    page.context.close()


@pytest.mark.parametrize("language", LOCALES)
def test_a_call_is_shown_said_and_known_on_the_phone(
    place: Place, browser: Browser, strays: list[str], language: str
) -> None:
    say = Words(language)
    # Of the two who are on hold or wait, this one is next.
    mine = place.tickets[0]
    phone = open_page(browser, place, strays, language, f"/t/{mine.secret}/", **SCREENS["phone"])
    ask_for_more_time_and_take_it_back(phone, say, mine)
    boards = [
        open_page(
            browser, place, strays, language, f"/board/dana/?layout={each}", **SCREENS["board"]
        )
        for each in Layout
    ]
    loud = boards[0]
    asked: list[str] = []
    loud.on("request", lambda request: note(request, asked))
    loud.locator("[data-sound-press]").click()
    expect(loud.locator(".board-sound")).to_have_attribute("data-sound", "on")

    called = call(place)
    assert called.pk == mine.pk
    for board in boards:
        number = board.locator(".board-calls .number", has_text=called.number).first
        expect(number).to_be_visible(timeout=AT_ONCE_MS)
    turn = phone.locator(".ticket-called .ticket-wait")
    expect(turn).to_contain_text(say("It is your turn. Go to counter"), timeout=AT_ONCE_MS)
    assert say("It is your turn: counter %(counter)s", counter=1) in phone.title()
    take_picture(phone, f"ticket-called-{language}")

    later = moment() + timedelta(seconds=30)  # clerks may not call again at once
    again = hall.recall(ticket=called, actor=SYSTEM, now=later)
    expect(loud.locator(".board-now .again")).to_be_visible(timeout=AT_ONCE_MS)
    parts = [part for each in SPOKEN for part in call_parts(again.number, 1, each)]
    least = 1 + 2 * len(parts)  # two chimes where the first call was over before the second
    until(lambda: loud.evaluate("played.length") >= least, "both calls to be said")
    assert asked == list(dict.fromkeys(["chime", *parts]))  # each is fetched once and kept
    times = loud.evaluate("played")
    ends = [end for _begin, end in times]
    assert all(begin >= end for (begin, _), end in zip(times[1:], ends, strict=False))
    told = loud.locator("[data-told]")
    expect(told).to_contain_text(f"Ticket {again.number}, counter 1")
    for page in (phone, *boards):
        page.context.close()


def moment() -> datetime:
    """What the site's own clock shows."""
    shown = DemoClock.objects.get()
    return shown.shown_at + (real_now() - shown.real_at)


def note(request: Request, asked: list[str]) -> None:
    found = SOUND.search(request.url)
    if found:
        asked.append(found[1])


def ask_for_more_time_and_take_it_back(phone: Page, say: Words, mine: Ticket) -> None:
    """The page says until when; then the pause is over."""
    phone.get_by_role("button", name=say("I need more time"), exact=True).click()
    expect(phone.locator("[data-ticket] .strong[role=status]")).to_be_visible()
    take_picture(phone, f"ticket-more-time-{say.language}")
    asked = Ticket.objects.get(pk=mine.pk)
    assert (asked.more_time_used, asked.not_before is not None) == (1, True)
    Ticket.objects.filter(pk=mine.pk).update(not_before=None)


def call(place: Place) -> Ticket:
    """The clerk's visitor is finished with and the next one called to the same counter."""
    now = moment()
    session = CounterSession.objects.select_related("counter__centre").get(
        staff=place.house.staff["clerk"], closed_at=None
    )
    served = Ticket.objects.select_related("centre", "counter").get(
        counter=session.counter, state="serving"
    )
    hall.finish_service(ticket=served, actor=SYSTEM, now=now)
    called = hall.call_next(counter_session=session, now=now, actor=SYSTEM)
    assert called is not None
    return Ticket.objects.select_related("centre", "counter").get(pk=called.pk)
