"""Letting a relative book for oneself, and taking that back."""

from __future__ import annotations

from datetime import datetime, timedelta

from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Malformed, NotFound
from mawaeed.kernel.secrets import keyed_hash, seal
from mawaeed.people.actions.steps import local_day
from mawaeed.people.errors import TooManyConsents
from mawaeed.people.models import Consent, Person
from mawaeed.people.numbers import clean_personal_number
from mawaeed.people.queries import account_of

# In force at a time, and given within a day: each tells somebody by message.
MOST = 5
DAY = timedelta(hours=24)


def give_consent(
    *, person: Person, personal_number: str, name: str, actor: Actor, now: datetime
) -> Consent:
    """Let the holder of `personal_number` book for `person`, who calls themselves `name` to them.

    The answer is the same whether or not the number has an account; only the holder of one is
    told. A repeat returns the first, and reaches an account opened since. Refuses `Malformed`
    (one's own number too), `TooManyConsents`. Emits `consent_given`.
    """
    number = clean_personal_number(personal_number)
    hashed, called = keyed_hash(number), " ".join(name.replace("\x00", "").split())[:120]
    if not called:
        raise Malformed(field="name")
    if hashed == person.number_hash:
        raise Malformed(field="personal_number")
    with write_transaction():
        # As for dependants: the row, not its key, makes the limit exact on every database.
        if not Person.objects.select_for_update(no_key=True).filter(pk=person.pk).exists():
            raise NotFound
        helper = account_of(hashed)
        in_force = Consent.objects.filter(grantor=person, withdrawn_at__isnull=True)
        known = in_force.filter(helper_hash=hashed).first()
        if known is not None:
            return _reach(known, helper, actor, now)
        if _is_too_much(person, now):
            raise TooManyConsents(limit=MOST)
        made = Consent.objects.create(
            grantor=person,
            helper=helper,
            helper_hash=hashed,
            helper_sealed=seal(number),
            grantor_name=called,
            given_at=now,
        )
        _note(made, "", actor, now)
        _tell(made, now)
    return made


def withdraw_consent(*, person: Person, consent_id: int, actor: Actor, now: datetime) -> Consent:
    """Take it back: from now on the helper books nothing more for `person`. Repeating is harmless.

    What is booked already stays, and may be cancelled by both. Refuses `NotFound`.
    """
    with write_transaction():
        consent = Consent.objects.filter(pk=consent_id, grantor=person).first()
        if consent is None:
            raise NotFound
        in_force = Consent.objects.filter(pk=consent.pk, withdrawn_at__isnull=True)
        if in_force.update(withdrawn_at=now):
            consent.withdrawn_at = now
            _note(consent, "given", actor, now)
    return consent


def _reach(known: Consent, helper: Person | None, actor: Actor, now: datetime) -> Consent:
    """The same consent, for the account its number has now; nobody sees a difference."""
    if helper is not None and known.helper_id != helper.pk:
        Consent.objects.filter(pk=known.pk).update(helper=helper)
        known.helper = helper
        _note(known, "given", actor, now, "account_changed")
        _tell(known, now)
    return known


def _is_too_much(person: Person, now: datetime) -> bool:
    given = Consent.objects.filter(grantor=person)
    in_force = given.filter(withdrawn_at__isnull=True).count()
    return in_force >= MOST or given.filter(given_at__gt=now - DAY).count() >= MOST


def _note(consent: Consent, before: str, actor: Actor, now: datetime, reason: str = "") -> None:
    history.record(
        subject_kind="consent",
        subject_id=consent.pk,
        from_state=before,
        to_state="withdrawn" if consent.withdrawn_at else "given",
        actor=actor,
        at=now,
        day=local_day(now),
        reason=reason,
    )


def _tell(consent: Consent, now: datetime) -> None:
    outbox.emit(
        kind="consent_given",
        subject_kind="consent",
        subject_id=consent.pk,
        at=now,
        day=local_day(now),
    )
