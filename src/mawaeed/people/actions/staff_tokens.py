"""What a machine of the house signs in with for a member of staff: made once, shown once."""

from __future__ import annotations

from datetime import datetime, timedelta

from mawaeed.kernel import clock, history
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Malformed, NotAllowed
from mawaeed.kernel.identifiers import digest, new_token
from mawaeed.people.actions.steps import local_day
from mawaeed.people.models import Staff, StaffToken

SUBJECT = "staff_token"
LABEL_LENGTH = 60
MOST_DAYS = 366
SECRET_BYTES = 32


def create_staff_token(
    *, staff: Staff, label: str, days: int, actor: Actor, now: datetime
) -> tuple[str, StaffToken]:
    """Make a token that counts for `days` days (real time); only its digest is stored.

    Returns the token, which nobody can read again, and its row. Refuses `Malformed` (`label`,
    `days`) and `NotAllowed` (the account is closed).
    """
    called = " ".join(label.replace("\x00", "").split())
    if not 0 < len(called) <= LABEL_LENGTH:
        raise Malformed(field="label")
    if not 0 < days <= MOST_DAYS:
        raise Malformed(field="days")
    if not staff.is_active:
        raise NotAllowed
    token, real = new_token(SECRET_BYTES), clock.real_now()
    with write_transaction():
        row = StaffToken.objects.create(
            staff=staff,
            label=called,
            token_hash=digest(token),
            created_at=real,
            expires_at=real + timedelta(days=days),
        )
        _note(row, from_state="", to_state="valid", actor=actor, now=now)
    return token, row


def revoke_staff_token(*, row: StaffToken, actor: Actor, now: datetime) -> StaffToken:
    """Let a token open nothing from now on; a repeat changes nothing."""
    real = clock.real_now()
    with write_transaction():
        valid = StaffToken.objects.filter(pk=row.pk, revoked_at__isnull=True)
        if valid.update(revoked_at=real) == 1:
            row.revoked_at = real
            _note(row, from_state="valid", to_state="revoked", actor=actor, now=now)
    return row


def _note(row: StaffToken, *, from_state: str, to_state: str, actor: Actor, now: datetime) -> None:
    history.record(
        subject_kind=SUBJECT,
        subject_id=row.pk,
        from_state=from_state,
        to_state=to_state,
        actor=actor,
        at=now,
        day=local_day(now),
        details={"staff_id": row.staff_id},
    )
