"""Which language a page speaks, and whether its Arabic is whole: plurals, dates, short texts."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils.translation import ngettext, override
from pytest_django import Settings as SettingsWrapper

from mawaeed.booking.models import Appointment
from mawaeed.centres.loading import read_catalogue
from mawaeed.centres.models import Centre
from mawaeed.commands.catalogue_load import load_catalogue
from mawaeed.conduct.errors import PersonBlocked
from mawaeed.hall.models import Ticket
from mawaeed.insight.queries import HallState, sentence
from mawaeed.kernel import clock
from mawaeed.kernel.actor import SYSTEM
from mawaeed.notifications import wording
from mawaeed.notifications.parts import count_parts
from mawaeed.web.kiosk.pairing import COOKIE, device_pass
from mawaeed.web.templatetags.web_components import (
    clock_time,
    day_words,
    limit_words,
    minutes_words,
    moment_words,
    wait_range,
)
from small_world import NOW, local, make_world

CATALOGUE = Path(__file__).resolve().parents[2] / "catalogue" / "bahrain"
COUNTS = (0, 1, 2, 3, 11, 100)
DIRECTIONS = {"ar": "rtl", "en": "ltr"}
PUBLIC_PATHS = (
    "/",
    "/services/",
    "/services/?q=%D8%B1%D8%AE%D8%B5%D8%A9",
    "/services/?q=%D8%B2%D8%B2%D8%B2%D8%B2",
    "/services/vehicle-transfer/",
    "/services/vehicle-transfer/times/",
    "/sign-in/",
    "/news/",
    "/contact/",
    "/privacy/",
    "/nothing-here/",
    "/desk/sign-in/",
    "/kiosk/traffic-dana/ar/",
    "/kiosk/traffic-dana/ar/help/",
    "/kiosk/traffic-dana/ar/check-in/",
    "/kiosk/traffic-dana/ar/services/",
)
# The brand, the other language's own name, and what is written in Latin letters on purpose.
LATIN_ALLOWED = {"Mawaeed", "English"}
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
SPOKEN_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")
SECRET = "abcd-EFGH_12"


class Spoken(HTMLParser):
    """What a reader of a page sees or hears: its text and its labels, not its code."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        self.words += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def latin_words(html: str) -> list[str]:
    spoken = Spoken()
    spoken.feed(html)
    found = LATIN_WORD.findall(" ".join(spoken.words))
    # A single letter is a key or part of a ticket number.
    return [word for word in found if word not in LATIN_ALLOWED]


@pytest.fixture
def todays_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.django_db
@pytest.mark.usefixtures("todays_clock")
@pytest.mark.parametrize(
    ("cookie", "accepted", "spoken"),
    [
        ("en", "ar", "en"),
        ("ar", "en", "ar"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr;q=0.9,en;q=0.5,ar;q=0.4", "en"),
        ("", "ar-BH,en;q=0.5", "ar"),
        ("", "fr", "ar"),
        ("", "", "ar"),
        ("tlh", "en", "en"),
    ],
)
def test_language_is_the_choice_then_the_browsers_then_arabic(
    cookie: str, accepted: str, spoken: str
) -> None:
    make_world()
    client = Client(headers={"accept-language": accepted} if accepted else {})
    if cookie:
        client.cookies["language"] = cookie
    answer = client.get("/")
    opening = re.search(r"<html[^>]*>", answer.content.decode())
    assert opening is not None
    assert (answer.status_code, answer.headers["Content-Language"]) == (200, spoken)
    assert f'lang="{spoken}"' in opening[0]
    assert f'dir="{DIRECTIONS[spoken]}"' in opening[0]


@pytest.mark.django_db
@pytest.mark.usefixtures("todays_clock")
def test_arabic_public_pages_hold_no_english() -> None:
    load_catalogue(path=CATALOGUE, now=NOW, actor=SYSTEM)
    client = Client(headers={"accept-language": "ar"})
    client.cookies[COOKIE] = device_pass(Centre.objects.get(code="traffic-dana"), NOW)
    answers = {path: client.get(path, follow=True) for path in PUBLIC_PATHS}
    statuses = {path: answer.status_code for path, answer in answers.items()}
    assert statuses == {path: 404 if "nothing" in path else 200 for path in PUBLIC_PATHS}
    english = {path: latin_words(answer.content.decode()) for path, answer in answers.items()}
    assert english == {path: [] for path in PUBLIC_PATHS}


def test_the_search_for_english_finds_it_in_text_and_labels() -> None:
    page = (
        '<p>موعدك Appointment</p><a aria-label="Close" href="/en/">Mawaeed</a><script>go</script>'
    )
    assert latin_words(page) == ["Appointment", "Close"]


@pytest.mark.parametrize(
    ("singular", "plural", "forms"),
    [
        (
            "%(count)s waiting",
            "%(count)s waiting",
            [
                "لا أحد في الانتظار",
                "مراجع واحد في الانتظار",
                "مراجعان في الانتظار",
                "3 مراجعين في الانتظار",
                "11 مراجعاً في الانتظار",
                "100 مراجع في الانتظار",
            ],
        ),
        (
            "%(count)s counter closed",
            "%(count)s counters closed",
            [
                "كل الشبابيك مفتوحة",
                "شباك واحد مغلق",
                "شباكان مغلقان",
                "3 شبابيك مغلقة",
                "11 شباكاً مغلقاً",
                "100 شباك مغلق",
            ],
        ),
        (
            "%(count)s person before you",
            "%(count)s people before you",
            [
                "لا أحد قبلك",
                "شخص واحد قبلك",
                "شخصان قبلك",
                "3 أشخاص قبلك",
                "11 شخصاً قبلك",
                "100 شخص قبلك",
            ],
        ),
        (
            "%(count)s hour",
            "%(count)s hours",
            ["أقل من ساعة", "ساعة", "ساعتان", "3 ساعات", "11 ساعة", "100 ساعة"],
        ),
    ],
)
def test_arabic_counts_in_six_forms(singular: str, plural: str, forms: list[str]) -> None:
    with override("ar"):
        said = [ngettext(singular, plural, count) % {"count": count} for count in COUNTS]
    assert said == forms


def test_arabic_counts_in_six_forms_in_templates() -> None:
    template = Template(
        "{% load i18n %}{% blocktranslate trimmed count counter=free %}{{ counter }} place left"
        "{% plural %}{{ counter }} places left{% endblocktranslate %}"
    )
    with override("ar"):
        said = [template.render(Context({"free": count})) for count in COUNTS]
    assert said == [
        "لم يبقَ مكان",
        "بقي مكان واحد",
        "بقي مكانان",
        "بقيت 3 أماكن",
        "بقي 11 مكاناً",
        "بقي 100 مكان",
    ]


def test_every_hundred_repeats_the_forms() -> None:
    with override("ar"):
        said = [minutes_words(timedelta(minutes=count)) for count in (31, 60, 62, 63)]
        forms = [
            ngettext("%(count)s minute", "%(count)s minutes", n) % {"count": n}
            for n in (101, 103, 110, 111, 200)
        ]
    assert said == ["31 دقيقة", "ساعة", "ساعة ودقيقتان", "ساعة و3 دقائق"]
    assert forms == ["101 دقيقة", "103 دقائق", "110 دقائق", "111 دقيقة", "200 دقيقة"]


def test_a_limit_stands_in_the_genitive() -> None:
    with override("ar"):
        said = [limit_words(minutes) for minutes in (2, 45, 60, 120, 122, 180, 24 * 60)]
    assert said == [
        *("دقيقتين", "45 دقيقة", "ساعة", "ساعتين"),
        *("ساعتين ودقيقتين", "3 ساعات", "24 ساعة"),
    ]


def test_the_supervisors_sentence_is_one_sentence_in_arabic() -> None:
    state = SimpleNamespace(waiting=42, longest_wait=timedelta(minutes=31), counters_closed=2)
    with override("ar"):
        said = sentence(cast("HallState", state))
    assert said == "42 مراجعاً في الانتظار، أطول انتظار 31 دقيقة، وشباكان مغلقان"


def test_days_and_times_are_written_as_people_say_them() -> None:
    moment = local(10, 30)
    with override("ar"):
        said = [
            day_words(moment),
            clock_time(local(14, 5)),
            moment_words(moment, now=local(8)),
            wait_range(10, 15),
        ]
    assert said == [
        "الأحد 22 نوفمبر",
        "2:05\u00a0م",
        "اليوم، الأحد 22 نوفمبر، 10:30\u00a0ص",
        "بين 10 و15 دقيقة",
    ]


@pytest.mark.parametrize(
    ("language", "until"),
    [("ar", "الأحد 29 نوفمبر 2026، 2:30 م"), ("en", "Sunday 29 November 2026, 2:30 pm")],
)
def test_the_refusal_of_a_blocked_person_names_the_day(language: str, until: str) -> None:
    with override(language):
        said = PersonBlocked.until(local(14, 30, days=7), 3, bookings_end=True).text()
    assert f"{until}. " in said
    assert ".." not in said


@pytest.fixture(scope="module")
def short_names() -> list[dict[str, str]]:
    """Of every centre of the catalogue."""
    return [
        centre.short_name
        for directorate in read_catalogue(CATALOGUE).directorates
        for centre in directorate.centres
    ]


def texts_of(short_name: dict[str, str], starts_at: datetime, language: str) -> dict[str, str]:
    """Every text message there is, about one centre."""
    centre: Any = SimpleNamespace(short_name=short_name, timezone="Asia/Bahrain")
    given = {"centre": centre, "starts_at": starts_at, "reference": "ABCD2345", "secret": SECRET}
    appointment = cast("Appointment", SimpleNamespace(**given))
    ticket = cast("Ticket", SimpleNamespace(centre=centre, number="A012", secret=SECRET))
    at_centre = cast("Centre", centre)
    return {
        "code": wording.sign_in_code(code="123456", language=language),
        "booked": wording.appointment_booked(appointment, language=language),
        "moved": wording.appointment_moved(appointment, language=language),
        "cancelled": wording.appointment_cancelled(appointment, by_person=True, language=language),
        "withdrawn": wording.appointment_cancelled(appointment, by_person=False, language=language),
        "missed": wording.appointment_missed(appointment, language=language),
        "ticket": wording.ticket_issued(ticket, language=language),
        "warned": wording.conduct_warned(language=language),
        "blocked": wording.person_blocked(until=starts_at, zone="Asia/Bahrain", language=language),
        "lifted": wording.block_lifted(language=language),
        "refused": wording.appeal_refused(language=language),
        "reset": wording.mobile_reset(language=language),
        "replaced": wording.mobile_replaced(language=language),
        "taken over": wording.account_taken_over(language=language),
        "rating": wording.rating_requested(centre=at_centre, token=SECRET, language=language),
    }


@pytest.mark.parametrize("language", ["ar", "en"])
def test_text_messages_take_one_part_where_they_can(
    settings: SettingsWrapper, short_names: list[dict[str, str]], language: str
) -> None:
    settings.PUBLIC_URL = "https://mawaeed.bh"
    # The longest weekday, a date and a time of two digits each.
    moment = local(10, 30, days=3)
    parts: dict[str, int] = {}
    for short_name in short_names:
        for kind, text in texts_of(short_name, moment, language).items():
            parts[kind] = max(parts.get(kind, 0), count_parts(text))
    assert parts == dict.fromkeys(parts, 1)
    assert len(parts) == 15
