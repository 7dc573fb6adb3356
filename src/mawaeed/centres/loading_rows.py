"""Keeps rows like entries: created, changed where they differ, retired when they vanish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar

from django.db.models import Model, QuerySet

from mawaeed.kernel.actor import Actor
from mawaeed.kernel.history import record

Deed = Literal["created", "changed", "retired"]
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Change:
    """One row that was made, altered or retired, and which of its fields."""

    kind: str
    code: str
    deed: Deed
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = f": {', '.join(self.fields)}" if self.fields else ""
        return f"{self.deed} {self.kind} {self.code}{named}"


@dataclass(slots=True)
class CatalogueChanges:
    """What a load changed, or would change."""

    dry_run: bool = False
    changes: list[Change] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.changes)

    def count(self, deed: Deed) -> int:
        """How many rows were created, changed or retired."""
        return sum(change.deed == deed for change in self.changes)


@dataclass(frozen=True, slots=True)
class Load:
    """One load in progress: when, by whom, and what it changed so far."""

    now: datetime
    day: date
    actor: Actor
    changes: CatalogueChanges


class Rows(Generic[M]):
    """The rows of one kind, by the fields that identify them; `named` is for the report.

    `put` makes or alters one; `retire_rest` makes those that were not put inactive. Nothing is
    deleted: appointments and history may point at it. Each change leaves one history row.
    """

    def __init__(
        self,
        load: Load,
        kind: str,
        stored: QuerySet[M],
        *,
        key: tuple[str, ...] = ("code",),
        named: Callable[[M], str] = attrgetter("code"),
    ) -> None:
        self.load, self.kind, self.model = load, kind, stored.model
        self.key, self.named = key, named
        self.stored = {self._key_of(row): row for row in stored}
        self.kept: set[tuple[Any, ...]] = set()

    def put(self, **values: Any) -> M:
        """The row with these values, made or altered where it differs."""
        key = tuple(_plain(values[name]) for name in self.key)
        self.kept.add(key)
        row = self.stored.get(key)
        if row is None:
            row = self.model._default_manager.create(**values)
            self.stored[key] = row
            self._note(row, Change(self.kind, self.named(row), "created"), "")
            return row
        changed = tuple(name for name, value in values.items() if getattr(row, name) != value)
        if changed:
            was = _state(row)
            for name in changed:
                setattr(row, name, values[name])
            row.save(update_fields=changed)
            self._note(row, Change(self.kind, self.named(row), "changed", changed), was)
        return row

    def retire_rest(self) -> None:
        """Make every active row inactive that the files no longer name."""
        for key, row in self.stored.items():
            if key not in self.kept and _state(row) == "active":
                row.active = False  # type: ignore[attr-defined]
                row.save(update_fields=["active"])
                self._note(row, Change(self.kind, self.named(row), "retired"), "active")

    def _key_of(self, row: M) -> tuple[Any, ...]:
        return tuple(_plain(getattr(row, name)) for name in self.key)

    def _note(self, row: M, change: Change, was: str) -> None:
        self.load.changes.changes.append(change)
        record(
            subject_kind=self.kind,
            subject_id=row.pk,
            from_state=was,
            to_state=_state(row),
            actor=self.load.actor,
            at=self.load.now,
            day=self.load.day,
            centre_id=row.pk if self.kind == "centre" else getattr(row, "centre_id", None),
            reason="catalogue",
            details={"code": change.code, "fields": list(change.fields)},
        )


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value


def _state(row: Model) -> str:
    return "active" if getattr(row, "active", True) else "inactive"
