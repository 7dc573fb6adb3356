"""Steps the use cases share; each runs inside its caller's transaction."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from mawaeed.kernel import clock, history, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import Malformed
from mawaeed.kernel.policies import policy
from mawaeed.kernel.secrets import keyed_hash, seal
from mawaeed.people.errors import UnderAge
from mawaeed.people.models import Beneficiary, Person, SignIn, SignInCode
from mawaeed.people.queries import account_of
from mawaeed.people.rules import is_old_enough, is_plausible


def local_day(now: datetime) -> date:
    """The date where the service is, for ages and for history."""
    return clock.local_date(now, settings.TIME_ZONE)


def refuse_under_age(birth_date: date, now: datetime) -> None:
    """Refuses `Malformed` (nobody alive was born then) and `UnderAge`."""
    today = local_day(now)
    if not is_plausible(birth_date, today):
        raise Malformed(field="date_of_birth")
    minimum = policy("people.minimum_age", now)
    if not is_old_enough(birth_date, today, minimum):
        raise UnderAge(minimum=minimum)


def note(
    person: Person,
    *,
    from_state: str,
    to_state: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """The history row of a change of an account."""
    history.record(
        subject_kind="person",
        subject_id=person.pk,
        from_state=from_state,
        to_state=to_state,
        actor=actor,
        at=now,
        day=local_day(now),
        reason=reason,
    )


def tell(kind: str, person: Person, now: datetime, **payload: Any) -> None:
    """The outbox event of a change of an account; the mobile in it is sealed."""
    outbox.emit(
        kind=kind,
        subject_kind="person",
        subject_id=person.pk,
        at=now,
        day=local_day(now),
        payload={"to_sealed": seal(person.mobile), "language": person.language, **payload},
    )


def beneficiary_of(number: str, birth_date: date, name: str = "") -> Beneficiary:
    """The one row of a personal number; made if absent, never changed here."""
    row, _ = Beneficiary.objects.get_or_create(
        number_hash=keyed_hash(number),
        defaults={"number_sealed": seal(number), "birth_date": birth_date, "name": name},
    )
    return row


def create_account(
    *,
    beneficiary: Beneficiary,
    birth_date: date,
    mobile: str,
    language: str,
    now: datetime,
    **extra: str,
) -> tuple[Person, bool]:
    """The account of the beneficiary's number, and whether this call made it.

    The partial unique constraint decides a race; the loser gets the winner's row.
    """
    try:
        with transaction.atomic():
            person = Person.objects.create(
                number_hash=beneficiary.number_hash,
                number_sealed=beneficiary.number_sealed,
                beneficiary=beneficiary,
                birth_date=birth_date,
                mobile=mobile,
                language=language,
                created_at=now,
                **extra,
            )
    except IntegrityError:
        existing = account_of(beneficiary.number_hash)
        if existing is None:
            raise
        return existing, False
    return person, True


def end_sign_ins(person: Person) -> None:
    """Sign the person out everywhere and void the codes under way."""
    SignIn.objects.filter(person=person).delete()
    SignInCode.objects.filter(number_hash=person.number_hash, used_at__isnull=True).update(
        used_at=clock.real_now()
    )
