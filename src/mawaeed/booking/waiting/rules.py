"""Pure decisions of the waiting list: what suits whom, and who may be told now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody waits for: at one centre or any, between two local dates, inclusive.

    `earlier_than` is the start (UTC) of the appointment they would give up for it.
    """

    centre_id: int | None
    from_date: date
    until_date: date
    earlier_than: datetime | None = None


def suits(wish: Wish, *, centre_id: int, day: date, starts_at: datetime) -> bool:
    """Whether a place at a centre on its local `day`, from `starts_at`, is what was wished for."""
    return (
        wish.centre_id in {None, centre_id}
        and wish.from_date <= day <= wish.until_date
        and (wish.earlier_than is None or starts_at < wish.earlier_than)
    )


def quiet_time(per_day: int) -> timedelta:
    """How long after a message there is no other one, so that no 24 hours see more than allowed."""
    return timedelta(days=1) / per_day if per_day > 0 else timedelta.max


def may_tell(
    *, messages: int, last_at: datetime | None, now: datetime, per_day: int, in_all: int
) -> bool:
    """Whether one more message about a wait may be sent.

    `messages` were sent about it in all; `last_at` is the person's last one about any wait.
    """
    if per_day < 1 or messages >= in_all:
        return False
    return last_at is None or now - last_at >= quiet_time(per_day)
