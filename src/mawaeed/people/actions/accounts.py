"""Accounts at the desk: seen cards, take-overs, lost mobiles. The caller checks the role."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings

from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Malformed, Stale
from mawaeed.kernel.secrets import seal
from mawaeed.people.actions.steps import (
    beneficiary_of,
    create_account,
    end_sign_ins,
    note,
    refuse_under_age,
    tell,
)
from mawaeed.people.errors import AccountExists, AlreadyVerified
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.numbers import clean_mobile, clean_personal_number, parse_birth_date

UNVERIFIED = Person.Verification.UNVERIFIED
CARD = Person.Verification.CARD


def verify_card(*, actor: Actor, person: Person, now: datetime, name: str = "") -> Person:
    """The card was seen and is the account holder's; `name` as it stands on it, if it was typed.

    Refuses `AlreadyVerified`, `Stale`. Emits `account_verified`.
    """
    if person.verification != UNVERIFIED:
        raise AlreadyVerified
    seen = name.replace("\x00", "").strip()[:120] or person.name
    with write_transaction():
        _change(person, verification=CARD, name=seen)
        Beneficiary.objects.filter(pk=person.beneficiary_id).update(name=seen)
        note(person, from_state=UNVERIFIED, to_state=CARD, actor=actor, now=now)
        tell("account_verified", person, now)
    return person


def take_over_account(
    *, actor: Actor, person: Person, mobile: str, birth_date: str | date, now: datetime
) -> Person:
    """Give the number of an unverified account to the holder of its card; returns the new account.

    The old account ends with its sign-ins; its events of conduct and dependants do not follow.
    Its appointments are booking's to cancel (`booking.actions.take_over_account`). Refuses
    `AlreadyVerified`, `Malformed`, `UnderAge`, `Stale`. Emits `account_taken_over`.
    """
    if person.verification != UNVERIFIED:
        raise AlreadyVerified
    clean, born = clean_mobile(mobile), parse_birth_date(birth_date)
    refuse_under_age(born, now)
    with write_transaction():
        _change(person, superseded_at=now)
        end_sign_ins(person)
        note(person, from_state=UNVERIFIED, to_state="superseded", actor=actor, now=now)
        _correct_birth_date(person.beneficiary, born)
        holder, is_new = create_account(
            beneficiary=person.beneficiary,
            birth_date=born,
            mobile=clean,
            language=person.language,
            now=now,
            verification=CARD,
        )
        if not is_new:
            raise Stale
        note(holder, from_state="", to_state=CARD, actor=actor, now=now, reason="took_over")
        tell("account_taken_over", holder, now, from_person_id=person.pk)
    return holder


def reset_mobile(*, actor: Actor, person: Person, mobile: str, now: datetime) -> Person:
    """Put another mobile on record: every sign-in ends, codes under way are void.

    Refuses `Malformed`, `Stale` (changed or taken over in the meantime). Emits `mobile_reset`
    with the former mobile, sealed.
    """
    clean, former = clean_mobile(mobile), person.mobile
    with write_transaction():
        changed = Person.objects.filter(
            pk=person.pk, mobile=former, superseded_at__isnull=True
        ).update(mobile=clean)
        if changed != 1:
            raise Stale
        person.mobile = clean
        end_sign_ins(person)
        state = person.verification
        note(person, from_state=state, to_state=state, actor=actor, now=now, reason="mobile_reset")
        tell("mobile_reset", person, now, former_sealed=seal(former))
    return person


def register_at_desk(
    *,
    actor: Actor,
    personal_number: str,
    birth_date: str | date,
    mobile: str,
    language: str,
    now: datetime,
    name: str = "",
) -> Person:
    """Make a verified account for somebody whose card is on the desk.

    Refuses `Malformed`, `UnderAge`, `AccountExists`. Emits `account_verified`.
    """
    with write_transaction():
        person = _register(
            personal_number, birth_date, mobile, language, name, CARD, actor=actor, now=now
        )
        _correct_birth_date(person.beneficiary, person.birth_date)
        tell("account_verified", person, now)
    return person


def register_on_phone(
    *,
    actor: Actor,
    personal_number: str,
    birth_date: str | date,
    mobile: str,
    language: str,
    now: datetime,
    name: str = "",
) -> Person:
    """Make an account for a caller: unverified, as if they had signed up themselves.

    Refuses `Malformed`, `UnderAge`, `AccountExists`.
    """
    with write_transaction():
        return _register(
            personal_number, birth_date, mobile, language, name, UNVERIFIED, actor=actor, now=now
        )


def _register(  # noqa: PLR0917 (one row, everything it is made of)
    personal_number: str,
    birth_date: str | date,
    mobile: str,
    language: str,
    name: str,
    verification: Person.Verification,
    *,
    actor: Actor,
    now: datetime,
) -> Person:
    number, clean = clean_personal_number(personal_number), clean_mobile(mobile)
    born = parse_birth_date(birth_date)
    called = " ".join(name.split())[:120]
    refuse_under_age(born, now)
    person, is_new = create_account(
        beneficiary=beneficiary_of(number, born, called),
        birth_date=born,
        mobile=clean,
        language=_known(language),
        now=now,
        name=called,
        verification=verification,
    )
    if not is_new:
        raise AccountExists
    note(person, from_state="", to_state=verification, actor=actor, now=now)
    return person


def set_language(*, person: Person, language: str) -> None:
    """Write to the person in `language` from now on. Refuses `Malformed` for an unknown one."""
    Person.objects.filter(pk=person.pk).update(language=_known(language))
    person.language = language


def _known(language: str) -> str:
    if language not in dict(settings.LANGUAGES):
        raise Malformed(field="language")
    return language


def _change(person: Person, **changes: object) -> None:
    """Change an unverified account in force, or refuse `Stale`."""
    changed = Person.objects.filter(
        pk=person.pk, verification=UNVERIFIED, superseded_at__isnull=True
    ).update(**changes)
    if changed != 1:
        raise Stale
    for field, value in changes.items():
        setattr(person, field, value)


def _correct_birth_date(beneficiary: Beneficiary, born: date) -> None:
    """What the card says replaces what anybody said before."""
    Beneficiary.objects.filter(pk=beneficiary.pk).update(birth_date=born)
    beneficiary.birth_date = born
