"""Somebody asks for a code and signs in with it; the true time is the test's own."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.secrets import unseal
from mawaeed.people.actions import SignedIn, request_sign_in, verify_sign_in
from small_world import NOW

NUMBER, BORN, MOBILE = "900100000", "1990-01-15", "36001234"
REAL = datetime(2026, 11, 22, 5, 0, tzinfo=NOW.tzinfo)


class RealTime:
    """The true time, set by the test."""

    def __init__(self) -> None:
        self.now = REAL

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def ask(
    number: str = NUMBER,
    born: str | date = BORN,
    mobile: str = MOBILE,
    *,
    address: str | None = None,
    now: datetime = NOW,
) -> None:
    request_sign_in(
        personal_number=number,
        date_of_birth=born,
        mobile=mobile,
        language="en",
        address=address,
        now=now,
    )


def last_event() -> OutboxEvent:
    return OutboxEvent.objects.latest("pk")


def code_sent() -> str:
    event = last_event()
    assert event.kind == "sign_in_code_issued"
    return unseal(event.payload["code_sealed"])


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def verify(code: str, number: str = NUMBER) -> SignedIn:
    return verify_sign_in(personal_number=number, code=code, now=NOW)


def sign_in(number: str = NUMBER, born: str = BORN, mobile: str = MOBILE) -> SignedIn:
    ask(number, born, mobile)
    return verify(code_sent(), number)
