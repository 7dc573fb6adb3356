"""Every page of the administration, in both languages, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import reverse
from playwright.sync_api import Browser, Page

from browser.conftest import LOCALES, THOROUGH
from browser.gate import Scheme, grave_faults_in
from browser.served_house import ADMINISTRATOR, Place, served_house
from browser.test_every_page import SCHEMES, window
from browser.visit import take_picture
from mawaeed.availability.models import Closure, OpeningRule
from mawaeed.centres.admin import FromFiles
from mawaeed.conduct.models import Block
from mawaeed.content.models import ContactChannel
from small_world import both

EDITED = (("changelist", "add"), ("change", "history", "delete"))
# Of what the catalogue's files keep, all histories look alike, and nothing is added or deleted.
KEPT = (("changelist",), ("change",))
# Rows that cannot be changed share their templates: dark colours are looked at on these.
LOOKED_AT_IN_THE_DARK = ("content.announcement", "people.staff", "auth.group", "centres.offering")
ALONE = ("admin:index", "admin:password_change")


@pytest.fixture
def place(transactional_db: None) -> Iterator[Place]:
    with served_house() as place:
        _one_of_everything(place)
        yield place


def _one_of_everything(place: Place) -> None:
    """What the small world lacks."""
    world, at = place.house.world, place.house.at
    Group.objects.create(name="محررو الأخبار")
    ContactChannel.objects.create(
        agency=world.agency, code="call", kind="phone", label=both("a"), value="17000000"
    )
    Block.objects.create(person=place.house.person, starts_at=at, ends_at=at)
    Closure.objects.create(
        agency=world.agency, code="feast", name=both("a"), from_date=at, until_date=at
    )
    if not OpeningRule.objects.exists():
        OpeningRule.objects.create(
            centre=world.dana,
            code="week",
            weekdays="71234",
            opens_time="07:00",
            closes_time="14:00",
            effective_from=at,
        )


@pytest.mark.parametrize("language", LOCALES if THOROUGH else ["ar"])
def test_no_page_of_the_administration_has_a_grave_fault(
    place: Place, browser: Browser, language: str
) -> None:
    strays: list[str] = []
    with window(browser, place, ADMINISTRATOR, language, "desktop", strays) as page:
        faults = [
            fault
            for path, schemes in _addresses()
            for fault in _faults_at(page, place.site.url + path, language, schemes)
        ]
    assert [each for each in strays if not is_djangos_own(each)] == []
    assert faults == []


def is_djangos_own(stray: str) -> bool:
    """The administration's date fields set a style that the policy rightly refuses."""
    return "/manage/" in stray and "inline style" in stray


def _addresses() -> Iterator[tuple[str, tuple[Scheme, ...]]]:
    """Every list, form, history and deletion, with the colours to look at."""
    for name in ALONE:
        yield reverse(name), SCHEMES
    for model in site._registry:
        dark = model._meta.label_lower in LOOKED_AT_IN_THE_DARK
        schemes: tuple[Scheme, ...] = SCHEMES if dark else ("light",)
        for path in _paths_of(model):
            yield path, schemes


def _paths_of(model: type[Model]) -> list[str]:
    prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.order_by("pk").first()
    assert row is not None, f"nothing to look at: {model._meta.label}"
    of_all, of_one = KEPT if isinstance(site.get_model_admin(model), FromFiles) else EDITED
    return [
        *(reverse(f"{prefix}_{page}") for page in of_all),
        *(reverse(f"{prefix}_{page}", args=[row.pk]) for page in of_one),
    ]


def _faults_at(page: Page, url: str, language: str, schemes: tuple[Scheme, ...]) -> list[str]:
    status = page.request.get(url, max_redirects=0).status
    if status == 403 and url.endswith(("/add/", "/delete/")):  # a block, which nobody makes by hand
        return []
    assert status == 200, f"{status} for {url}"
    page.goto(url)
    take_picture(page, f"page-{url.partition('/manage/')[2].replace('/', '-')}admin-{language}")
    return [f"{url}: {fault}" for fault in grave_faults_in(page, *schemes)]
