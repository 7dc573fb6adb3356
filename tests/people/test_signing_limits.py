from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from mawaeed.people import actions
from mawaeed.people.errors import TooMany
from mawaeed.people.models import SignIn, SignInCode
from mawaeed.people.queries import person_of_token
from people.signing import (
    NUMBER,
    REAL,
    RealTime,
    ask,
    sign_in,
)
from small_world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real")]


@pytest.mark.parametrize(("seconds", "passes"), [(0, False), (59.5, False), (60, True), (61, True)])
def test_request_within_the_minute_is_too_many(
    real: RealTime, seconds: float, passes: bool
) -> None:
    ask()
    real.pass_by(seconds=seconds)
    if passes:
        ask()
        return
    with pytest.raises(TooMany) as refusal:
        ask()
    assert refusal.value.data == {"retry_after": max(1, -int(-(60 - seconds) // 1))}
    assert "%" not in refusal.value.text()


def test_request_within_the_minute_tells_nothing_about_accounts(real: RealTime) -> None:
    refusals = []
    sign_in()
    real.pass_by(minutes=2)
    for number in (NUMBER, "851200000"):
        ask(number)
        with pytest.raises(TooMany) as refusal:
            ask(number)
        refusals.append((refusal.value.data, refusal.value.text()))
    assert refusals[0] == refusals[1]


def test_request_address_limit_counts_one_hour(real: RealTime, settings: Settings) -> None:
    numbers = [f"{70 + year}{month:02d}00000" for year in range(2) for month in range(1, 12)]
    for number in numbers[:20]:
        ask(number, address="192.0.2.7")
        real.pass_by(seconds=1)
    with pytest.raises(TooMany) as refusal:
        ask(numbers[20], address="192.0.2.7")
    assert refusal.value.data == {"retry_after": 3600 - 20}
    ask(numbers[20], address="192.0.2.8")
    settings.DEMO = True
    ask(numbers[21], address="192.0.2.7")
    settings.DEMO = False
    real.pass_by(hours=1)
    ask("851200000", address="192.0.2.7")


def test_token_idles_out_after_thirty_minutes(real: RealTime) -> None:
    token = sign_in().token
    assert person_of_token(token, REAL + timedelta(minutes=29, seconds=59)) is not None
    assert person_of_token(token, REAL + timedelta(minutes=59)) is not None
    assert person_of_token(token, REAL + timedelta(minutes=89)) is None
    assert person_of_token("another", REAL) is None


def test_token_ends_after_twelve_hours() -> None:
    token = sign_in().token
    for minutes in range(20, 12 * 60, 20):
        assert person_of_token(token, REAL + timedelta(minutes=minutes)) is not None
    assert person_of_token(token, REAL + timedelta(hours=12)) is None


def test_token_slides_at_most_once_a_minute() -> None:
    token = sign_in().token
    person_of_token(token, REAL + timedelta(seconds=59))
    assert SignIn.objects.get().last_used_at == REAL
    person_of_token(token, REAL + timedelta(seconds=60))
    assert SignIn.objects.get().last_used_at == REAL + timedelta(seconds=60)


def test_sign_out_ends_this_sign_in_only(real: RealTime) -> None:
    first = sign_in()
    real.pass_by(minutes=2)
    second = sign_in()
    actions.sign_out(token=first.token, now=NOW)
    actions.sign_out(token=first.token, now=NOW)
    assert person_of_token(first.token, real.now) is None
    assert person_of_token(second.token, real.now) == second.person


def test_forget_ended_sign_ins_keeps_what_is_in_force(real: RealTime) -> None:
    first = sign_in()
    real.pass_by(minutes=31)
    second = sign_in()
    assert actions.forget_ended_sign_ins() == 1
    assert [row.person for row in SignIn.objects.all()] == [second.person]
    assert person_of_token(first.token, real.now) is None
    real.pass_by(hours=25)
    assert actions.forget_ended_sign_ins() == 3
    assert not SignInCode.objects.exists()


def test_a_number_gets_so_many_codes_a_day_even_in_a_demonstration(
    real: RealTime, settings: Settings
) -> None:
    settings.DEMO = True
    for _ in range(10):
        ask()
        real.pass_by(minutes=61)
    with pytest.raises(TooMany) as refused:
        ask()
    assert refused.value.data["retry_after"] == (24 * 60 - 610) * 60
    ask(number="851200000")
    real.pass_by(minutes=24 * 60 - 610)
    ask()
