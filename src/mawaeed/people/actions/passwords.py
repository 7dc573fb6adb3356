"""Guessing the passwords of staff: so many tries in a while, per user name and per address."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from mawaeed.kernel import clock
from mawaeed.kernel.database import take_turns, write_transaction
from mawaeed.kernel.policies import policy
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.errors import TooManyPasswords
from mawaeed.people.models import PasswordTry


def begin_password_try(*, username: str, address: str | None) -> list[PasswordTry]:
    """Use up a try before the password is looked at, so that no crowd gets more of them.

    Hand the result to `password_was_right` if it was. Times are real. Refuses
    `TooManyPasswords`, the same way whether or not there is such a user.
    """
    real = clock.real_now()
    budgets = {f"username:{username.casefold()}": policy("people.password_tries", real)}
    if address:
        budgets[f"address:{address}"] = policy("people.password_tries_per_address", real)
    hashed = {keyed_hash(f"password-try:{subject}"): most for subject, most in budgets.items()}
    with write_transaction():
        for subject in sorted(hashed):
            take_turns(f"password-try:{subject}")
            _refuse_too_many(subject, hashed[subject], real)
        return [PasswordTry.objects.create(subject_hash=each, tried_at=real) for each in hashed]


def password_was_right(*, tries: list[PasswordTry]) -> None:
    """Forget the user's tries, and of the address this one: the others there stay counted."""
    of_user, *others = tries
    with write_transaction():
        PasswordTry.objects.filter(subject_hash=of_user.subject_hash).delete()
        PasswordTry.objects.filter(pk__in=[each.pk for each in others]).delete()


def forget_password_tries() -> int:
    """Delete tries that count no longer; returns how many."""
    real = clock.real_now()
    deleted, _ = PasswordTry.objects.filter(tried_at__lte=real - _window(real)).delete()
    return deleted


def _refuse_too_many(subject: str, most: int, real: datetime) -> None:
    tries = PasswordTry.objects.filter(subject_hash=subject, tried_at__gt=real - _window(real))
    latest = list(tries.order_by("-tried_at").values_list("tried_at", flat=True)[:most])
    if len(latest) >= most:
        until = (latest[-1] if latest else real) + _window(real)
        wait = max(1, math.ceil((until - real).total_seconds()))
        raise TooManyPasswords(retry_after=wait, minutes=math.ceil(wait / 60))


def _window(real: datetime) -> timedelta:
    return timedelta(minutes=policy("people.password_minutes", real))
