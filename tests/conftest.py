"""Fixtures for every test."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import SimpleTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from mawaeed.kernel import policies
from running_site import RunningSite, demo_site, served_test_database

# A busy machine is no fault of the rule that is tried.
hypothesis_settings.register_profile(
    "mawaeed", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("mawaeed")

HERE = Path(__file__).resolve().parent

THOROUGH = bool(os.environ.get("THOROUGH"))

# What is proved on PostgreSQL too. Edges and documents hold no statements of their own: they ask
# the queries of these rooms, and journeys walk pages on both. `THOROUGH=1` proves all on both.
ROOMS_WITH_STATEMENTS = (
    *("availability", "booking", "browser", "concurrency", "conduct", "engine", "hall", "insight"),
    *("journeys", "kernel", "live", "people", "transitions"),
)
ONE_OF_EACH_EDGE = (
    *("test_journey.py", "test_counter.py", "test_supervisor.py", "test_kiosk.py"),
    *("test_public_api.py", "test_short_way.py", "test_staff_hall.py", "test_worker.py"),
)
# Of those rooms, what no database could change.
THE_SAME_EVERYWHERE = ("test_the_same_seed_plays_the_same_day",)

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The folders `browser` and `concurrency` mark what is in them; what takes longest goes first.

    Whole days and the look at every page would keep one processor core waiting if they came last.
    What asks no database, or only through others, is proved once, with the embedded one.
    """
    items.sort(key=_takes_less)
    for item in items:
        for name in ("browser", "concurrency"):
            if f"/tests/{name}/" in item.path.as_posix():
                item.add_marker(name)
    if not THOROUGH:
        again = _told_twice(items)
        config.hook.pytest_deselected(items=again)
        items[:] = [item for item in items if item not in again]
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        same = [item for item in items if not _differs(item)]
        config.hook.pytest_deselected(items=same)
        items[:] = [item for item in items if _differs(item)]


def _told_twice(items: list[pytest.Item]) -> set[pytest.Item]:
    """Journeys that are walked in the other language: of one after the other, now this, now that.

    How light the first page is, is asked in both (`browser/test_every_page.py`).
    """
    by_journey: dict[str, dict[str, pytest.Item]] = {}
    for item in items:
        told = {*getattr(getattr(item, "callspec", None), "id", "").split("-")} & {"ar", "en"}
        if "browser" in item.path.parts and item.path.name != "test_every_page.py" and told:
            [language] = told
            journey = item.nodeid.replace(f"[{language}", "[").replace(f"-{language}", "-")
            by_journey.setdefault(journey, {})[language] = item
    both = [each for each in by_journey.values() if len(each) > 1]
    return {each["en" if number % 2 else "ar"] for number, each in enumerate(both)}


def _takes_less(item: pytest.Item) -> bool:
    return "journeys" not in item.path.parts and item.path.name != "test_every_page.py"


def _differs(item: pytest.Item) -> bool:
    """Whether PostgreSQL could make a difference."""
    if not _asks_a_database(item):
        return False
    room = item.path.relative_to(HERE).parts[0]
    named = room in ROOMS_WITH_STATEMENTS or item.path.name in ONE_OF_EACH_EDGE
    return THOROUGH or (named and item.name not in THE_SAME_EVERYWHERE)


def _asks_a_database(item: pytest.Item) -> bool:
    named = set(getattr(item, "fixturenames", ()))
    if issubclass(getattr(item, "cls", None) or object, SimpleTestCase):
        return True  # Django's own classes need no mark
    return item.get_closest_marker("django_db") is not None or bool(
        named & {"db", "transactional_db", "django_db_setup", "running_site"}
    )


@pytest.fixture(autouse=True)
def _policies_of_this_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting is left over from another test, and none is read again at some odd moment."""
    monkeypatch.setattr(policies, "CACHE_SECONDS", math.inf)
    monkeypatch.setattr("mawaeed.booking.offerings.KEPT_SECONDS", 0.0)
    policies.forget_policies()
    yield
    policies.forget_policies()


@pytest.fixture
def in_english() -> Iterator[None]:
    """For tests that compare a sentence: the system's own language is Arabic."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def running_site() -> Iterator[RunningSite]:
    """A demonstration with all its programs, shared by the tests of a session.

    Background visitors are at work at one centre of it; use another one.
    """
    with demo_site(database_url=os.environ.get("DATABASE_URL", "")) as site:
        yield site


@pytest.fixture
def served_site(transactional_db: None) -> Iterator[RunningSite]:
    """The real web server over this test's own database; the test may use the models too."""
    with served_test_database() as site:
        yield site


@pytest.fixture(scope="session")
def chromium_launch() -> dict[str, object]:
    """Keyword arguments for Playwright's `chromium.launch`: the distribution's own browser."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    assert found, "Chromium is not installed; `make test` says how"
    return {"executable_path": found, "args": list(CHROMIUM_ARGUMENTS)}
