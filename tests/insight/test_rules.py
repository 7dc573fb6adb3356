"""Arithmetic on quarter hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mawaeed.insight.rules import Span, quarter_of, quarters_between, share_of_quarters

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def test_quarter_of_is_the_start_of_its_quarter() -> None:
    moments = [quarter_of(at(minutes)) for minutes in (0, 14.99, 15, 59)]
    assert moments == [at(0), at(0), at(15), at(45)]


def test_quarters_between_includes_both_ends() -> None:
    assert quarters_between(at(7), at(31)) == [at(0), at(15), at(30)]
    assert quarters_between(at(7), at(7)) == [at(0)]


def test_a_span_across_a_quarter_is_shared_by_its_minutes() -> None:
    assert share_of_quarters([Span(at(10), at(20), 0.5)]) == {at(0): 2.5, at(15): 2.5}


def test_spans_of_one_quarter_add_up() -> None:
    spans = [Span(at(0), at(5), 0.2), Span(at(5), at(15), 0.4)]
    assert share_of_quarters(spans) == {at(0): 5.0}
