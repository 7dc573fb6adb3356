"""Texts fit, name nobody, and fall back to the fullest wording only when none fits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from pytest_django import Settings as SettingsWrapper

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre
from mawaeed.hall.models import Ticket
from mawaeed.notifications import composing, wording
from mawaeed.notifications.parts import count_parts
from small_world import local

CENTRE = SimpleNamespace(
    short_name={"ar": "عمليات المرور", "en": "Traffic Ops"}, timezone="Asia/Bahrain"
)
SECRET = "abcd-EFGH_12"


def appointment(**changes: Any) -> Appointment:
    given = {
        "centre": CENTRE,
        "starts_at": local(10, 30, days=3),
        "reference": "ABCD2345",
        "secret": SECRET,
        **changes,
    }
    return cast("Appointment", SimpleNamespace(**given))


def ticket() -> Ticket:
    return cast("Ticket", SimpleNamespace(centre=CENTRE, number="A012", secret=SECRET))


def test_booked_says_when_where_reference_and_link(settings: SettingsWrapper) -> None:
    settings.PUBLIC_URL = "https://mawaeed.example"
    assert wording.appointment_booked(appointment(), language="en") == (
        "Your appointment: Wed 25 Nov 10:30 am, Traffic Ops. Reference ABCD2345.\n"
        f"https://mawaeed.example/e/{SECRET}"
    )


def test_booked_in_arabic_is_one_part_with_a_short_address(settings: SettingsWrapper) -> None:
    settings.PUBLIC_URL = "https://m.bh"
    text = wording.appointment_booked(appointment(), language="ar")
    assert count_parts(text) == 1
    assert text.endswith(f"\nhttps://m.bh/e/{SECRET}")
    for said in ("25/11", "10:30", "عمليات المرور", "ABCD2345"):
        assert said in text


def test_booked_in_arabic_gives_up_the_scheme_of_the_link_for_a_part_less(
    settings: SettingsWrapper,
) -> None:
    settings.PUBLIC_URL = "https://mawaeed.bh"
    text = wording.appointment_booked(appointment(), language="ar")
    assert count_parts(text) == 1
    assert text.endswith(f"\nmawaeed.bh/e/{SECRET}")


def test_booked_in_arabic_takes_two_parts_when_nothing_shorter_fits(
    settings: SettingsWrapper,
) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    text = wording.appointment_booked(appointment(), language="ar")
    assert count_parts(text) == 2
    assert text.endswith(f"\nhttp://127.0.0.1:8000/e/{SECRET}")


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_other_text_is_one_part(language: str, settings: SettingsWrapper) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    centre = cast("Any", CENTRE)
    texts = [
        wording.sign_in_code(code="123456", language=language),
        wording.appointment_cancelled(appointment(), by_person=True, language=language),
        wording.appointment_cancelled(appointment(), by_person=False, language=language),
        wording.appointment_missed(appointment(), language=language),
        wording.ticket_issued(ticket(), language=language),
        wording.conduct_warned(language=language),
        wording.person_blocked(until=local(10, 30, days=9), zone="Asia/Bahrain", language=language),
        wording.block_lifted(language=language),
        wording.appeal_refused(language=language),
        wording.mobile_reset(language=language),
        wording.mobile_replaced(language=language),
        wording.account_taken_over(language=language),
        wording.rating_requested(centre=centre, token=SECRET, language=language),
    ]
    assert [text for text in texts if count_parts(text) != 1] == []


@pytest.mark.parametrize("language", ["ar", "en"])
def test_who_is_displaced_reads_both_times_and_where_to_choose(
    language: str, settings: SettingsWrapper
) -> None:
    settings.PUBLIC_URL = "https://mawaeed.bh"
    moved = wording.appointment_displaced(
        appointment(),
        old_starts_at=local(9, days=3),
        old_zone="Asia/Bahrain",
        language=language,
    )
    assert "9:00" in moved
    assert "10:30" in moved
    assert moved.endswith(f"mawaeed.bh/e/{SECRET}")
    service = SimpleNamespace(code="renewal")
    cancelled = wording.appointment_displaced_without_place(
        appointment(service=service), language=language
    )
    assert "10:30" in cancelled
    assert cancelled.endswith("mawaeed.bh/services/renewal/times")
    assert count_parts(moved) == 1 or language == "ar"


def test_first_fitting_takes_the_fullest_when_none_fits() -> None:
    long, longer = "م" * 80, "م" * 90
    assert composing.first_fitting([longer, long]) == longer
    assert composing.first_fitting([longer, long, "م"]) == "م"


def test_when_in_a_language_without_locale_data_is_still_a_date() -> None:
    assert composing.locale_of("tlh").language == "en"


def test_a_place_kept_says_until_when_and_fits_one_part(settings: SettingsWrapper) -> None:
    settings.PUBLIC_URL = "https://mawaeed.example"
    text = wording.place_offered(
        centre=cast("Centre", CENTRE),
        starts_at=local(10, 30, days=3),
        until=local(9, 30),
        token="1-abcdEFGH_12x",
        language="en",
    )
    assert text == (
        "A place is kept for you until 9:30 am: Wed 25 Nov 10:30 am, Traffic Ops. "
        "Take it or leave it:\nhttps://mawaeed.example/w/1-abcdEFGH_12x"
    )
    assert count_parts(text) == 1


def test_the_question_to_confirm_names_both_times_and_links_to_the_answer(
    settings: SettingsWrapper,
) -> None:
    settings.PUBLIC_URL = "https://m.bh"
    text = wording.confirmation_asked(appointment(), by=local(10, 30, days=2), language="en")
    assert text == (
        "Will you come on Wed 25 Nov 10:30 am to Traffic Ops? Please confirm by "
        "Tue 24 Nov 10:30 am, or the place goes to others.\n"
        f"https://m.bh/e/{SECRET}/confirm"
    )
    assert count_parts(text) == 1


@pytest.mark.parametrize("language", ["ar", "en"])
def test_messages_about_waiting_say_when_where_and_link(
    language: str, settings: SettingsWrapper
) -> None:
    settings.PUBLIC_URL = "https://m.bh"
    told: dict[str, Any] = {"centre": CENTRE, "starts_at": local(10, 30, days=3)}
    texts = [
        wording.place_told(**told, token="1-abc", language=language),
        wording.place_offered(**told, until=local(9), token="1-abc", language=language),
        wording.confirmation_asked(appointment(), by=local(9, days=2), language=language),
        wording.appointment_not_confirmed(appointment(), language=language),
    ]
    for text in texts:
        assert "10:30" in text
        assert CENTRE.short_name[language] in text
        assert "%(" not in text
    assert all("https://m.bh/" in text for text in texts[:3])
