"""Proof of presence: a code on the centre's wall that is another one every minute.

The code is never the only way: the kiosk and reception check everybody in.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre
from mawaeed.hall.delays import told_delays
from mawaeed.hall.errors import PhoneCheckInOff, ProofRequired, WallCodeOver
from mawaeed.hall.policies import check_in_window, scopes_of
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.policies import policy
from mawaeed.kernel.secrets import keyed_hash

MINUTE = 60
CODE_LENGTH = 20  # hexadecimal: 80 bits


@dataclass(frozen=True, slots=True)
class PhoneCheckIn:
    """What a phone may do about an appointment now; both moments are UTC."""

    opens_at: datetime
    closes_at: datetime
    is_open: bool
    needs_proof: bool


def wall_code(centre: Centre, moment: datetime) -> str:
    """The code on the centre's wall at the real `moment`: nobody without our key can make it."""
    return _code(centre, int(moment.timestamp()) // MINUTE)


def is_wall_code(centre: Centre, code: str, moment: datetime) -> bool:
    """Whether it is the code of this minute or of the one before, on this centre's wall."""
    minute = int(moment.timestamp()) // MINUTE
    # Both are compared, each in constant time.
    found = [_is_same(code, _code(centre, each)) for each in (minute, minute - 1)]
    return any(found)


def seconds_left(moment: datetime) -> int:
    """How long the code of the real `moment` stays on the wall: 1 to 60."""
    return MINUTE - int(moment.timestamp()) % MINUTE


def phone_check_in_offered(centre: Centre, now: datetime) -> bool:
    """Whether visitors of this centre may check in by phone at all."""
    return bool(policy("presence.phone_check_in", now, scopes_of(centre)))


def require_phone(centre: Centre, now: datetime, *, proven: bool) -> None:
    """Refuse `PhoneCheckInOff`, and `ProofRequired` where the centre wants it and it is missing."""
    if not phone_check_in_offered(centre, now):
        raise PhoneCheckInOff
    if policy("presence.proof_required", now, scopes_of(centre)) and not proven:
        raise ProofRequired


def require_wall_code(centre: Centre, code: str, moment: datetime) -> None:
    """Refuse `WallCodeOver` unless it is on this centre's wall at the real `moment`."""
    if not is_wall_code(centre, code, moment):
        raise WallCodeOver


def phone_check_in(appointment: Appointment, now: datetime) -> PhoneCheckIn | None:
    """What to offer on the appointment's own page; None where a phone can do nothing today."""
    centre = appointment.centre
    opens_at, closes_at = check_in_window(appointment, now)
    today = local_date(now, centre.timezone) == appointment.day
    booked = appointment.state == Appointment.State.BOOKED
    if booked and today and now >= closes_at:  # whoever was told of a delay has so much longer
        closes_at += told_delays([appointment.pk]).get(appointment.pk, timedelta())
    if not (booked and today and now < closes_at and phone_check_in_offered(centre, now)):
        return None
    return PhoneCheckIn(
        opens_at=opens_at,
        closes_at=closes_at,
        is_open=opens_at <= now,
        needs_proof=bool(policy("presence.proof_required", now, scopes_of(centre))),
    )


def _code(centre: Centre, minute: int) -> str:
    return keyed_hash(f"wall:{centre.pk}:{minute}")[:CODE_LENGTH]


def _is_same(given: str, code: str) -> bool:
    return hmac.compare_digest(given.encode(), code.encode())
