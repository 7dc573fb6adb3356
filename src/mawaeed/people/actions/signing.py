"""Signing in: a one-time code out, a token back. Expiries are in real time."""

from __future__ import annotations

import hmac
import math
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet

from mawaeed.kernel import clock, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import take_turns, write_transaction
from mawaeed.kernel.identifiers import digest, new_token
from mawaeed.kernel.policies import policy
from mawaeed.kernel.secrets import keyed_hash, seal, unseal
from mawaeed.people.actions.steps import (
    beneficiary_of,
    create_account,
    local_day,
    note,
    refuse_under_age,
)
from mawaeed.people.errors import TooMany, WrongCode
from mawaeed.people.models import Person, SignIn, SignInCode
from mawaeed.people.numbers import clean_mobile, clean_personal_number, parse_birth_date
from mawaeed.people.queries import account_of

CODE_DIGITS = 6
ADDRESS_WINDOW = timedelta(hours=1)
NUMBER_WINDOW = timedelta(hours=24)
# Longer than any code lives and than the windows the limits look at, or as long.
CODES_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in just made. `token` is shown once; only its digest is stored."""

    token: str
    expires_at: datetime
    person: Person


@dataclass(frozen=True, slots=True)
class _Claim:
    """What somebody who wants to sign in says, cleaned."""

    number: str
    birth_date: date
    mobile: str
    language: str
    address_hash: str

    @property
    def number_hash(self) -> str:
        return keyed_hash(self.number)


def request_sign_in(
    *,
    personal_number: str,
    date_of_birth: str | date,
    mobile: str,
    language: str,
    address: str | None,
    now: datetime,
) -> None:
    """Issue a one-time code, the same way whoever exists or not.

    It goes to the mobile on record if there is an account with this birth date, nowhere if the
    birth date is another, and to `mobile` if there is no account. Refuses `Malformed`,
    `UnderAge`, `TooMany` (per number: one a minute and so many a day; per address: so many an
    hour, not in a demonstration). Emits `sign_in_code_issued`, or `sign_in_code_withheld`, which
    nobody receives.
    """
    claim = _Claim(
        number=clean_personal_number(personal_number),
        birth_date=parse_birth_date(date_of_birth),
        mobile=clean_mobile(mobile),
        language=language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
        address_hash=keyed_hash(f"address:{address}") if address else "",
    )
    refuse_under_age(claim.birth_date, now)
    real = clock.real_now()
    with write_transaction():
        take_turns(f"sign-in:{claim.number_hash}")
        _refuse_too_many(claim, now, real)
        _issue_code(claim, now, real)


def verify_sign_in(*, personal_number: str, code: str, now: datetime) -> SignedIn:
    """Exchange a code for a token; the first time, this makes the (unverified) account.

    Every attempt uses up a try in a transaction of its own, so that a refusal keeps it used.
    Refuses `Malformed`, and `WrongCode` for a wrong, expired, used up or unknown code alike.
    """
    number = clean_personal_number(personal_number)
    real = clock.real_now()
    issued = _code_under_way(keyed_hash(number), real)
    if issued is None or not _use_up_a_try(issued, real):
        raise WrongCode
    if not hmac.compare_digest(_hash_code(issued.number_hash, _digits(code)), issued.code_hash):
        raise WrongCode
    with write_transaction():
        # The account before the code, like a reset of the mobile, which voids codes.
        person = _account_for(issued, now)
        if not SignInCode.objects.filter(pk=issued.pk, used_at__isnull=True).update(used_at=real):
            raise WrongCode
        return _sign_in(person, now, real)


def sign_out(*, token: str, now: datetime) -> None:
    """End the sign-in; harmless when it has ended already."""
    SignIn.objects.filter(token_hash=digest(token)).delete()


def forget_ended_sign_ins() -> int:
    """Delete ended sign-ins and old codes (real time); returns how many. The worker calls this."""
    real = clock.real_now()
    idle = timedelta(minutes=policy("people.session_idle_minutes", real))
    ended, _ = SignIn.objects.filter(expires_at__lte=real).delete()
    unused, _ = SignIn.objects.filter(last_used_at__lte=real - idle).delete()
    codes, _ = SignInCode.objects.filter(created_at__lte=real - CODES_KEPT).delete()
    return ended + unused + codes


def _refuse_too_many(claim: _Claim, now: datetime, real: datetime) -> None:
    pause = timedelta(seconds=policy("people.code_resend_seconds", now))
    latest = (
        SignInCode.objects.filter(number_hash=claim.number_hash, created_at__gt=real - pause)
        .order_by("-created_at")
        .first()
    )
    if latest is not None:
        raise TooMany(retry_after=_seconds(latest.created_at + pause - real))
    codes = SignInCode.objects
    of_number = codes.filter(number_hash=claim.number_hash)
    _refuse_beyond(policy("people.codes_per_day", now), of_number, NUMBER_WINDOW, real)
    if claim.address_hash and not settings.DEMO:
        of_address = codes.filter(address_hash=claim.address_hash)
        allowed = policy("people.address_codes_per_hour", now)
        _refuse_beyond(allowed, of_address, ADDRESS_WINDOW, real)


def _refuse_beyond(
    allowed: int, codes: QuerySet[SignInCode], window: timedelta, real: datetime
) -> None:
    asked = list(
        codes.filter(created_at__gt=real - window)
        .order_by("-created_at")
        .values_list("created_at", flat=True)[:allowed]
    )
    if len(asked) >= allowed:
        wait = asked[-1] + window - real if asked else window
        raise TooMany(retry_after=_seconds(wait))


def _seconds(wait: timedelta) -> int:
    return max(1, math.ceil(wait.total_seconds()))


def _issue_code(claim: _Claim, now: datetime, real: datetime) -> None:
    """Known or not, withheld or not: the same rows are written, so the answer takes as long."""
    person = account_of(claim.number_hash)
    withheld = person is not None and person.birth_date != claim.birth_date
    mobile = person.mobile if person is not None else claim.mobile
    language = person.language if person is not None else claim.language
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    hashed = _hash_code(claim.number_hash, code)
    expires_at = real + timedelta(minutes=policy("people.code_minutes", now))
    row = SignInCode.objects.create(
        number_hash=claim.number_hash,
        number_sealed=seal(claim.number),
        code_hash="" if withheld else hashed,
        mobile=mobile,
        birth_date=claim.birth_date,
        language=language,
        address_hash=claim.address_hash,
        created_at=real,
        expires_at=expires_at,
        tries_left=policy("people.code_tries", now),
    )
    payload = {
        "code_sealed": seal("" if withheld else code),
        "to_sealed": seal("" if withheld else mobile),
        "language": language,
        "expires_at": expires_at.isoformat(),
    }
    outbox.emit(
        kind="sign_in_code_withheld" if withheld else "sign_in_code_issued",
        subject_kind="sign_in_code",
        subject_id=row.pk,
        at=now,
        day=local_day(now),
        payload=payload,
    )


def _hash_code(number_hash: str, code: str) -> str:
    return keyed_hash(f"sign-in-code:{number_hash}:{code}")


def _digits(code: str) -> str:
    """Digits of any script as ASCII; what is no digit is dropped."""
    return "".join(str(int(mark)) for mark in str(code)[:30] if mark.isdecimal())


def _code_under_way(number_hash: str, real: datetime) -> SignInCode | None:
    """The latest code in force. One that was withheld never hides one that was sent."""
    in_force = SignInCode.objects.filter(
        number_hash=number_hash, used_at__isnull=True, expires_at__gt=real
    ).order_by("-created_at", "-pk")
    return in_force.exclude(code_hash="").first() or in_force.first()


def _use_up_a_try(issued: SignInCode, real: datetime) -> bool:
    with write_transaction():
        return (
            SignInCode.objects.filter(
                pk=issued.pk, tries_left__gt=0, used_at__isnull=True, expires_at__gt=real
            ).update(tries_left=F("tries_left") - 1)
            == 1
        )


def _account_for(issued: SignInCode, now: datetime) -> Person:
    """The account the code was issued for, made if there is none. Refuses `WrongCode`.

    The code went to a mobile that need not be the account's any more (somebody else registered
    the number, or the mobile was reset, after it was sent): then it opens nothing.
    """
    if account_of(issued.number_hash) is None:
        person, is_new = create_account(
            beneficiary=beneficiary_of(unseal(issued.number_sealed), issued.birth_date),
            birth_date=issued.birth_date,
            mobile=issued.mobile,
            language=issued.language,
            now=now,
        )
        if is_new:
            actor = Actor("person", person.pk)
            note(person, from_state="", to_state=person.verification, actor=actor, now=now)
            return person
    locked = (
        Person.objects.select_for_update()
        .filter(number_hash=issued.number_hash, superseded_at__isnull=True)
        .first()
    )
    if locked is None or locked.mobile != issued.mobile or locked.birth_date != issued.birth_date:
        raise WrongCode
    return locked


def _sign_in(person: Person, now: datetime, real: datetime) -> SignedIn:
    token = new_token()
    row = SignIn.objects.create(
        token_hash=digest(token),
        person=person,
        created_at=real,
        last_used_at=real,
        expires_at=real + timedelta(hours=policy("people.session_hours", now)),
    )
    SignInCode.objects.filter(number_hash=person.number_hash, used_at__isnull=True).update(
        used_at=real
    )
    return SignedIn(token=token, expires_at=row.expires_at, person=person)
