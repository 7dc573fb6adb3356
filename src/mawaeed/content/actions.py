"""Staff write what the public reads; every change leaves a history row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mawaeed.centres.names import REQUIRED_LANGUAGES
from mawaeed.content.errors import TextMissing
from mawaeed.content.models import Announcement, ContactChannel
from mawaeed.kernel import history
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction

# As in the histories that loading the catalogue writes.
KINDS = {Announcement: "announcement", ContactChannel: "contact"}


def save_announcement(*, announcement: Announcement, actor: Actor, now: datetime) -> Announcement:
    """Keep a new or changed announcement. Refuses `TextMissing`."""
    _require_languages(announcement.title, announcement.body)
    _save(announcement, actor, now)
    return announcement


def delete_announcement(*, announcement: Announcement, actor: Actor, now: datetime) -> None:
    """Take an announcement away; its history stays."""
    _delete(announcement, actor, now)


def save_contact(*, contact: ContactChannel, actor: Actor, now: datetime) -> ContactChannel:
    """Keep a new or changed way of contact. Refuses `TextMissing`."""
    _require_languages(contact.label)
    if contact.hours:
        _require_languages(contact.hours)
    _save(contact, actor, now)
    return contact


def delete_contact(*, contact: ContactChannel, actor: Actor, now: datetime) -> None:
    """Take a way of contact away; its history stays."""
    _delete(contact, actor, now)


def _require_languages(*texts: dict[str, str]) -> None:
    for text in texts:
        for language in REQUIRED_LANGUAGES:
            if not text.get(language, "").strip():
                raise TextMissing(language=language)


def _save(row: Announcement | ContactChannel, actor: Actor, now: datetime) -> None:
    with write_transaction():
        before = type(row).objects.filter(pk=row.pk).first() if row.pk else None
        changed = _differences(before, row)
        row.save()
        if before is None or changed:
            deed = "created" if before is None else "changed"
            _note(row, ("" if before is None else "kept", deed), actor, now, changed)


def _delete(row: Announcement | ContactChannel, actor: Actor, now: datetime) -> None:
    with write_transaction():
        _note(row, ("kept", "deleted"), actor, now, [])
        row.delete()


def _differences(
    before: Announcement | ContactChannel | None, after: Announcement | ContactChannel
) -> list[str]:
    if before is None:
        return []
    names = [field.attname for field in after._meta.concrete_fields]
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _note(
    row: Announcement | ContactChannel,
    states: tuple[str, str],
    actor: Actor,
    now: datetime,
    fields: list[str],
) -> None:
    details: dict[str, Any] = {"code": row.code}
    if fields:
        details["fields"] = fields
    history.record(
        subject_kind=KINDS[type(row)],
        subject_id=row.pk,
        from_state=states[0],
        to_state=states[1],
        actor=actor,
        at=now,
        day=local_date(now, row.agency.timezone),
        agency_id=row.agency_id,
        centre_id=getattr(row, "centre_id", None),
        details=details,
    )
