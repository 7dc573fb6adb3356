from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils import translation

from mawaeed.web.styleguide.samples import sample
from mawaeed.web.styleguide.views import SCREENS
from mawaeed.web.templatetags import web_charts, web_components

# Tuesday 24 November 2026, 10:30 in Bahrain.
AT = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (AT, "10:30\u00a0am"),
        (datetime(2026, 11, 24, 9, 0, tzinfo=UTC), "12:00\u00a0pm"),
        (datetime(2026, 11, 23, 21, 5, tzinfo=UTC), "12:05\u00a0am"),
    ],
)
def test_clock_time_is_local_with_half_of_day(at: datetime, words: str) -> None:
    with translation.override("en"):
        assert web_components.clock_time(at) == words


def test_clock_time_in_a_named_zone() -> None:
    assert web_components.clock_time_24(AT, "Asia/Dubai") == "11:30"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (AT, "Today, Tuesday 24 November"),
        (AT - timedelta(days=1), "Tomorrow, Tuesday 24 November"),
        # 23:30 of the day before in Bahrain, though the same day in UTC.
        (datetime(2026, 11, 23, 20, 30, tzinfo=UTC), "Tomorrow, Tuesday 24 November"),
        (AT - timedelta(days=3), "Tuesday 24 November"),
        ("", "Tuesday 24 November"),
    ],
)
def test_day_words_say_today_only_when_now_is_known(now: object, words: str) -> None:
    with translation.override("en"):
        assert web_components.day_words(AT, now) == words


@pytest.mark.parametrize(("days", "words"), [(1, "tomorrow, "), (3, "")])
def test_within_a_sentence_only_near_days_lose_their_capital(days: int, words: str) -> None:
    with translation.override("en"):
        told = web_components.day_words(AT, AT - timedelta(days=days))
        assert web_components.in_sentence(told) == f"{words}Tuesday 24 November"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(1, "1 minute"), (31.5, "32 minutes"), (60, "1 hour"), (65, "1 hour and 5 minutes")],
)
def test_minutes_words(minutes: float, words: str) -> None:
    with translation.override("en"):
        assert web_components.minutes_words(minutes) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, 0.8, "A minute or less"),
        (0, 5, "Up to 5 minutes"),
        (5, 5, "About 5 minutes"),
        (10, 15, "Between 10 and 15 minutes"),
    ],
)
def test_wait_range(low: float, high: float, words: str) -> None:
    with translation.override("en"):
        assert web_components.wait_range(low, high) == words


def test_digits_are_western_in_arabic() -> None:
    with translation.override("ar"):
        shown = web_components.moment_words(AT, AT) + web_components.minutes_words(31)

    assert [digit for digit in shown if digit.isdigit() and not digit.isascii()] == []


def test_markup_in_a_reference_is_escaped() -> None:
    assert web_components.bdi("<b>") == '<bdi dir="ltr">&lt;b&gt;</bdi>'


def test_slots_are_parted_by_local_hour() -> None:
    slots = [{"starts_at": AT + timedelta(hours=hours)} for hours in (0, 2, 7)]

    parts = web_components.by_day_part(slots)

    assert [(part["icon"], len(part["slots"])) for part in parts] == [
        ("morning", 1),
        ("afternoon", 1),
        ("evening", 1),
    ]


class Question(forms.Form):
    number = forms.CharField(label="Number", help_text="Nine digits")
    who = forms.ChoiceField(label="Who", choices=[("me", "Me"), ("child", "A child")])


def test_field_shows_what_was_typed_beside_its_error() -> None:
    form = Question({"number": "", "who": "child"})
    form.is_valid()

    with translation.override("en"):
        html = render_to_string("web/components/field.html", {"field": form["number"]})
        choices = render_to_string("web/components/choice_list.html", {"field": form["who"]})
        summary = render_to_string("web/components/error_summary.html", {"form": form})

    assert 'aria-invalid="true" aria-describedby="id_number-hint id_number-error"' in html
    assert '<label class="label" for="id_number">Number</label>' in html
    assert 'value="child" checked' in choices
    assert 'value="me" checked' not in choices
    assert '<a href="#id_number">This field is required.</a>' in summary


def test_password_is_never_written_back() -> None:
    context = {"name": "password", "label": "Password", "type": "password", "value": "secret"}

    assert "secret" not in render_to_string("web/components/field.html", context)


def bars(values: list[int], capacity: int | None = None) -> list[dict[str, Any]]:
    return [
        {"label": str(n), "value": value, "capacity": capacity} for n, value in enumerate(values)
    ]


@pytest.mark.parametrize(("language", "first_is_leftmost"), [("en", True), ("ar", False)])
def test_chart_runs_with_the_page(language: str, first_is_leftmost: bool) -> None:
    with translation.override(language):
        drawn = web_charts.bar_chart(bars([1, 2, 3]), "Arrivals")["chart"]["bars"]

    assert (drawn[0]["x"] < drawn[-1]["x"]) is first_is_leftmost


def test_chart_marks_what_is_above_capacity() -> None:
    chart = web_charts.bar_chart(bars([4, 6], capacity=5), "Arrivals")["chart"]

    assert [bar["over"] for bar in chart["bars"]] == [False, True]


def test_chart_of_nothing_is_drawn() -> None:
    chart = web_charts.bar_chart([], "Arrivals")["chart"]

    assert chart["bars"] == []
    assert [rule["label"] for rule in chart["rules"]] == [1, 2, 3, 4]


@pytest.mark.parametrize("highest", [1, 3, 4, 5, 18, 99, 1000])
def test_chart_never_leaves_its_frame(highest: int) -> None:
    chart = web_charts.bar_chart(bars([highest]), "Arrivals")["chart"]

    assert chart["rules"][-1]["label"] >= highest
    assert chart["bars"][0]["y"] >= 0


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("screen", SCREENS)
def test_sample_screen_names_no_missing_file(screen: str, language: str) -> None:
    with translation.override(language):
        html = render_to_string(f"web/styleguide/{screen}.html", sample(language))

    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in html
    assert "style=" not in html
    assert "<h1" in html


def test_a_day_is_taken_as_it_is() -> None:
    with translation.override("en"):
        assert web_components.day_words(date(2026, 11, 24)) == "Tuesday 24 November"


@pytest.mark.parametrize(("language", "words"), [("ar", "1، 2، 12"), ("en", "1, 2, 12")])
def test_numbers_of_counters_are_joined_in_the_page_s_own_way(language: str, words: str) -> None:
    with translation.override(language):
        html = render_to_string("staff/closing_figures.html", {"counters": [1, 2, 12]})
    assert f"({words})" in html.replace("<bdi>", "").replace("</bdi>", "")
