"""Finding a time in a browser: near me, by governorate and part of the day, when all is full."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Locator, Request, expect

from browser.conftest import LOCALES, SCREENS, Open, listen
from browser.gate import grave_faults_in
from browser.hands import Pointer
from browser.visit import Window, Words
from mawaeed.availability.models import Interval
from mawaeed.centres.models import Offering
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.models import DemoClock
from running_site import RunningSite, served_test_database
from small_world import NOW, make_world

PAGE = "/services/vehicle-transfer/"
# In Muharraq, to the metre; no address may ever hold a digit of it.
HERE = {"latitude": 26.260149, "longitude": 50.620251}
ROUGHLY = {"latitude": ["26.26"], "longitude": ["50.62"]}
NEAREST, FARTHEST = "traffic-galleria", "traffic-wadi-al-sail"


def test_near_me_in_arabic_on_a_phone(window: Open) -> None:
    look_near_me(window("ar", "phone", geolocation=HERE, permissions=["geolocation"]))


def test_near_me_in_english_on_a_desktop(window: Open) -> None:
    look_near_me(window("en", "desktop", geolocation=HERE, permissions=["geolocation"]))


def look_near_me(mine: Window) -> None:
    """The nearest first, only afternoons, on another day, to a time; the place in no address."""
    asked: list[Request] = []
    # Playwright marks its listeners, which a list's own method does not bear.
    mine.page.on("request", lambda request: asked.append(request))  # noqa: PLW0108
    mine.open(PAGE)
    expect(distances(mine)).to_have_count(0)
    mine.press("Near me")
    mine.sees("The nearest come first. Where you are is not kept.")
    expect(distances(mine).first).to_have_text(about(mine, 7))
    assert weeks(mine)[0] == NEAREST
    assert weeks(mine)[-1] == FARTHEST
    mine.photograph("finding-near")

    mine.hands.press(mine.page.locator("#finder-choices"))
    assert grave_faults_in(mine.page, "dark", "light") == []
    mine.page.get_by_label(mine.say.within("part of the day", "When")).select_option("afternoon")
    mine.press("Show the times")
    expect(mine.page.locator("a.slot time").first).to_have_attribute(
        "datetime", re.compile("T(09|1[0-3]):")
    )
    mine.hands.press(mine.page.locator("a[data-day]:not(.day-tab-none)").nth(2))
    expect(mine.page.locator("a[data-day]").nth(0)).not_to_have_attribute("aria-current", "true")
    expect(distances(mine).first).to_have_text(about(mine, 7))
    sent = [parse_qs(each.post_data or "") for each in asked if each.method == "POST"]
    assert [{name: each[name] for name in ROUGHLY} for each in sent] == [ROUGHLY] * 3
    assert mine.page.url == mine.site + PAGE

    mine.hands.press(mine.page.locator("a.slot").first)
    mine.sees_heading("Sign in")
    assert [each.url for each in asked if re.search(r"26[.]2|50[.]6", each.url)] == []


def distances(mine: Window) -> Locator:
    return mine.page.locator("article .fact strong")


def about(mine: Window, kilometres: int) -> str:
    return mine.say.counted("about %(count)s km", "about %(count)s km", kilometres)


def weeks(mine: Window) -> list[str]:
    """Centres in the order shown."""
    links = mine.page.locator("article a.back-link").all()
    return [re.findall(r"centre=([\w-]+)", link.get_attribute("href") or "")[0] for link in links]


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_governorate_does_without_scripts(window: Open, language: str) -> None:
    mine = window(language, "phone", java_script_enabled=False)
    mine.open(PAGE)
    mine.hands.press(mine.page.locator("#finder-choices"))
    mine.page.get_by_label(mine.say.within("place", "Where")).select_option("southern")
    mine.page.get_by_label(mine.say.within("part of the day", "When")).select_option("morning")
    mine.press("Show the times")
    expect(mine.page).to_have_url(re.compile("governorate=southern&part=morning"))
    assert weeks(mine)[0] == FARTHEST
    mine.hands.press(mine.page.locator("a[data-day]:not(.day-tab-none)").nth(2))
    expect(mine.page).to_have_url(re.compile("governorate=southern&part=morning&day="))
    mine.photograph("finding-governorate")
    mine.hands.press(mine.page.locator("article a.back-link").first)
    mine.sees_heading("Choose a time")
    expect(mine.page.locator("aside .card-foot .small").first).to_contain_text(re.compile(r"\d"))
    mine.photograph("finding-times")
    mine.hands.press(mine.page.locator("a.slot").first)
    mine.sees_heading("Sign in")


def test_a_browser_that_tells_nothing_leads_to_the_governorates(window: Open) -> None:
    mine = window("en", "phone")
    mine.open(PAGE)
    mine.press("Near me")
    mine.sees("Your browser did not tell where you are. Choose your governorate instead.")
    assert mine.page.url == mine.site + PAGE


@pytest.fixture
def full_site(transactional_db: None) -> Iterator[RunningSite]:
    """Every place is taken; Dana takes walk-ins, Muharraq does not."""
    world = make_world()
    DemoClock.objects.create(real_at=real_now(), shown_at=NOW)
    Interval.objects.update(taken_public=2)
    Offering.objects.filter(centre=world.muharraq).update(walk_ins=False)
    with served_test_database(MAWAEED_DEMO="1") as site:
        yield site


def test_when_all_is_full_the_page_says_what_else_to_do(
    full_site: RunningSite, browser: Browser
) -> None:
    strays: list[str] = []
    for language, locale in LOCALES.items():
        context = browser.new_context(**SCREENS["phone"], locale=locale)
        listen(context, full_site.url, strays)
        mine = Window(context.new_page(), full_site.url, Words(language), Pointer(), "phone")
        mine.open("/services/renewal/")
        mine.sees_heading("Everything is booked on the coming days")
        hours = mine.page.locator(".nothing-free ul ul li")
        expect(hours).to_have_count(1)
        expect(hours.locator(".soft bdi")).to_have_count(2)
        assert grave_faults_in(mine.page, "light", "dark") == []
        mine.photograph("finding-nothing")
        mine.hands.press(mine.page.locator("a.back-link[href*='centre=muharraq']"))
        mine.sees_heading("This centre is fully booked on the coming days")
        expect(hours).to_have_count(0)
        context.close()
    assert strays == []
