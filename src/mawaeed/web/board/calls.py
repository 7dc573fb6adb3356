"""Which calls a screen shows, in which order, and which of them it says aloud."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.templatetags.static import static

from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import Board, Call
from mawaeed.web.board.voice import SPOKEN, call_parts, sound_file

# A call younger than this moves when it appears.
FRESH = timedelta(seconds=20)
# What was called longer ago is not said any more: the link was lost meanwhile.
SAID_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Said:
    """A call as the page hears of it: who knows the key has said it. `sounds`: by language."""

    key: str
    call: Call
    sounds: tuple[str, ...]


def lines_of(board: Board, most: int) -> list[Call]:
    """The newest call, then those still on their way, then the latest others; `most` at most."""
    calls = newest_first(board)
    rest = calls[1:]
    on_their_way = [call for call in rest if call.state == Ticket.State.CALLED]
    others = [call for call in rest if call.state != Ticket.State.CALLED]
    return [*calls[:1], *on_their_way, *others][:most]


def said_of(calls: Iterable[Call], now: datetime) -> list[Said]:
    """The calls of the last minute, oldest first: as they are to be said."""
    young = [call for call in calls if now - call.called_at < SAID_WITHIN]
    return [
        Said(f"{call.ticket_id}-{call.called_at.timestamp():.3f}", call, _sounds(call))
        for call in reversed(young)
    ]


def newest_first(board: Board) -> list[Call]:
    """All of them, once each."""
    known = {call.ticket_id: call for call in [*board.recent, *board.now_called]}
    return sorted(known.values(), key=lambda call: (call.called_at, call.ticket_id), reverse=True)


def _sounds(call: Call) -> tuple[str, ...]:
    return tuple(
        " ".join(
            static(sound_file(part)) for part in call_parts(call.number, call.counter, language)
        )
        for language in SPOKEN
    )
