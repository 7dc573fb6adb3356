"""Who does something: written into every history row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["person", "staff", "system", "kiosk"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts: a resident, a member of staff, a kiosk of a centre or the system."""

    kind: ActorKind
    id: int | None = None
    channel: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id or '-'}"


SYSTEM = Actor("system")
