"""Guessing passwords of staff ends after a few tries, on both sign-in pages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from mawaeed.kernel import clock
from mawaeed.people.actions import forget_password_tries
from mawaeed.people.models import PasswordTry
from small_world import NOW
from staff_desk import Desk

RIGHT, WRONG = "a long enough secret", "a wrong secret"
PAGES = ("/desk/sign-in/", "/manage/login/")


class RealTime:
    """The true time, set by the test."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    time = RealTime()
    monkeypatch.setattr(clock, "real_now", time)
    return time


@pytest.fixture
def clerk(desk: Desk) -> str:
    for staff in desk.staff.values():
        staff.is_staff = True
        staff.set_password(RIGHT)
        staff.save()
    return "clerk"


def sign_in(
    name: str, password: str, page: str = PAGES[0], address: str = "203.0.113.1"
) -> HttpResponse:
    client = Client(headers={"accept-language": "en"}, REMOTE_ADDR=address)
    answer = client.post(page, {"username": name, "password": password})
    assert isinstance(answer, HttpResponse)
    return answer


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("page", PAGES)
def test_a_user_name_is_closed_after_five_wrong_passwords(
    clerk: str, real: RealTime, settings: Settings, page: str, demo: bool
) -> None:
    settings.DEMO = demo
    for number in range(5):
        spelt = clerk.upper() if number % 2 else clerk
        assert sign_in(spelt, WRONG, page, f"203.0.113.{number}").status_code == 200
    refused = sign_in(clerk, RIGHT, page, "203.0.113.9")
    assert "Try again in 15 minutes" in refused.content.decode()
    assert sign_in("reception", RIGHT, page, "203.0.113.9").status_code == 302
    real.now = NOW + timedelta(minutes=15, seconds=1)
    assert sign_in(clerk, RIGHT, page, "203.0.113.9").status_code == 302


def test_the_refusal_says_when_to_come_back(clerk: str, real: RealTime) -> None:
    for _ in range(5):
        sign_in(clerk, WRONG)
    real.now = NOW + timedelta(minutes=5)
    refused = sign_in(clerk, WRONG)
    assert (refused.status_code, refused["Retry-After"]) == (429, "600")


@pytest.mark.usefixtures("clerk", "real")
def test_an_unknown_name_is_told_the_same() -> None:
    answers = [sign_in("nobody-here", WRONG) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]


@pytest.mark.usefixtures("clerk", "real")
def test_an_address_is_closed_after_twenty_and_others_are_not() -> None:
    for number in range(20):
        assert sign_in(f"nobody-{number}", WRONG).status_code == 200
    assert sign_in("clerk", RIGHT).status_code == 429
    assert sign_in("clerk", RIGHT, address="203.0.113.2").status_code == 302


@pytest.mark.usefixtures("real")
def test_a_right_password_forgets_the_users_tries_but_not_the_addresss(clerk: str) -> None:
    for _ in range(4):
        sign_in(clerk, WRONG)
    assert sign_in(clerk, RIGHT).status_code == 302
    assert PasswordTry.objects.count() == 4
    for _ in range(5):
        assert sign_in(clerk, WRONG).status_code == 200


def test_tries_that_count_no_longer_are_deleted(clerk: str, real: RealTime) -> None:
    sign_in(clerk, WRONG)
    assert forget_password_tries() == 0
    real.now = NOW + timedelta(minutes=16)
    assert forget_password_tries() == 2
    assert not PasswordTry.objects.exists()
