"""Every policy setting: its default, unit and sentence. Values are dated rows per scope."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CACHE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Policy:
    """One setting: key, default value, unit and what it decides."""

    key: str
    default: Any
    unit: str
    sentence: str


POLICIES: dict[str, Policy] = {
    policy.key: policy
    for policy in (
        Policy("booking.horizon_days", 7, "days", "Bookable up to this many days after today."),
        Policy("booking.active_cap", 5, "appointments", "Active appointments one person may hold."),
        Policy("booking.moves_cap", 3, "moves", "How often one appointment may be moved."),
        Policy("booking.cut_off_minutes", 0, "minutes", "Cancelling and moving end before start."),
        Policy("booking.companion_required", False, "yes/no", "Name the second of two at once."),
        Policy("hold.minutes", 3, "minutes", "A place is held while its form is filled in."),
        Policy("hold.pause_seconds", 60, "seconds", "No new hold after one ran out unused."),
        Policy("visit.legs", 4, "appointments", "Services or people in one visit."),
        Policy("visit.gap_minutes", 15, "minutes", "Longest pause between two of one visit."),
        Policy("freed.cool_down_minutes", 0, "minutes", "A freed place rests, up to; 0: never."),
        Policy("freed.waiting_list_first", False, "yes/no", "Freed places go to the list first."),
        Policy("freed.never_within_hours", 24, "hours", "So near, a freed place is free at once."),
        Policy("waiting.offer_minutes", 30, "minutes", "An offer from the list is held so long."),
        Policy("waiting.messages_per_day", 1, "messages", "To one person about waiting."),
        Policy("waiting.messages_in_all", 3, "messages", "To one person about one wait."),
        Policy("waiting.told_per_place", 5, "people", "Told of one freed place at most."),
        Policy("waiting.longest_days", 30, "days", "Nobody waits longer for one thing."),
        Policy("confirm.ask_hours", 0, "hours", "Ask so long before to confirm; 0: never."),
        Policy("confirm.deadline_hours", 24, "hours", "Unconfirmed so long before, it is freed."),
        Policy("displaced.notice_minutes", 120, "minutes", "A closure moves nobody to sooner."),
        Policy("assisted.reserve_share", 20, "percent", "More staff places than this are shown."),
        Policy("people.priority_age", 60, "years", "From this age served without appointment."),
        Policy("checkin.opens_minutes", 30, "minutes", "Check-in opens before the booked start."),
        Policy("checkin.closes_minutes", 15, "minutes", "Check-in closes after the booked start."),
        Policy("checkin.grace_minutes", 15, "minutes", "Arriving later is a late arrival."),
        Policy("conduct.threshold", 3, "events", "More than this many in a run block booking."),
        Policy("conduct.window_hours", 168, "hours", "The run counts within this time."),
        Policy("conduct.block_days", 7, "days", "How long a block lasts."),
        Policy("conduct.free_cancel_minutes", 120, "minutes", "Cancelling later is an event."),
        Policy("conduct.count_all_cancellations", False, "yes/no", "Early ones count too."),
        Policy("conduct.leaving_counts", True, "yes/no", "Giving up before the call, like late."),
        Policy("conduct.block_cancels_bookings", False, "yes/no", "A block cancels bookings."),
        Policy("hall.calls_before_missed", 2, "calls", "Calls before a ticket may be missed."),
        Policy("hall.promised_range_minutes", 30, "minutes", "A call this late is our fault."),
        Policy("hall.rate_appointment", 2.0, "points/minute", "Score rate of appointments."),
        Policy("hall.rate_walk_in", 1.0, "points/minute", "Score rate of walk-ins."),
        Policy("hall.rate_priority", 2.0, "points/minute", "Score rate of priority visitors."),
        Policy("hall.credit_priority", 30.0, "points", "Head start of priority visitors."),
        Policy("hall.walk_in_limit", True, "yes/no", "Walk-ins only while the day has room."),
        Policy("hall.walk_in_ahead_minutes", 60, "minutes", "Unsold so near is for walk-ins."),
        Policy("hall.ceiling_minutes", 60, "minutes", "Waiting longer goes first, oldest first."),
        Policy("hall.recall_seconds", 20, "seconds", "Between two calls of one ticket."),
        Policy("hall.take_back_seconds", 60, "seconds", "So long a clerk may take back a press."),
        Policy("hall.more_time_minutes", 5, "minutes", "“I need more time” postpones by this."),
        Policy("hall.more_time_times", 2, "times", "“I need more time” per ticket; 0: never."),
        Policy("hall.reactivate_minutes", 60, "minutes", "A missed ticket may be revived so long."),
        Policy("hall.transfer_keeps_due", True, "yes/no", "A ticket sent on keeps its turn."),
        Policy("hall.kiosk_prints", True, "yes/no", "The kiosk offers a paper ticket."),
        Policy("presence.phone_check_in", True, "yes/no", "Check-in by the visitor's own phone."),
        Policy("presence.proof_required", False, "yes/no", "It needs the code on the wall."),
        Policy("alert.waiting_people", 30, "people", "So many waiting in one group are too many."),
        Policy("alert.waiting_minutes", 30, "minutes", "A wait so long is too long."),
        Policy("alert.service_share", 200, "percent", "Of the planned time: a long service."),
        Policy("alert.idle_minutes", 10, "minutes", "Idle so long while others wait elsewhere."),
        Policy("alert.delay_minutes", 20, "minutes", "So late, those not yet here are warned."),
        Policy("estimates.simulations", 200, "runs", "Of the hall for one estimate."),
        Policy("kiosk.set_up_round", 1, "number", "Another number: kiosks are set up anew."),
        Policy("feedback.open_days", 7, "days", "How long a rating link stays open."),
        Policy("people.minimum_age", 17, "years", "Age from which one may register."),
        Policy("people.code_minutes", 5, "minutes", "Life of a one-time code (real time)."),
        Policy("people.code_tries", 5, "tries", "Wrong tries before a code is void."),
        Policy("people.code_resend_seconds", 60, "seconds", "Between two codes (real time)."),
        Policy("people.address_codes_per_hour", 20, "codes", "Codes one address may ask for."),
        Policy("people.codes_per_day", 10, "codes", "Codes for one personal number in 24 hours."),
        Policy("people.password_tries", 5, "tries", "Wrong passwords of a member of staff."),
        Policy("people.password_tries_per_address", 20, "tries", "The same, from one address."),
        Policy("people.password_minutes", 15, "minutes", "Wrong passwords count for so long."),
        Policy("people.session_idle_minutes", 30, "minutes", "A sign-in ends after idleness."),
        Policy("people.session_hours", 12, "hours", "A sign-in ends after this in all."),
    )
}

Scope = tuple[str, int]
_cache: tuple[float, dict[tuple[str, str, int], list[tuple[datetime, Any]]]] | None = None


def policy(key: str, now: datetime, scopes: Iterable[Scope] = ()) -> Any:
    """The value of `key` in force at `now`.

    `scopes` go from narrow to wide, e.g. `[("offering", 4), ("centre", 2)]`; the agency-wide
    row (scope id 0) and the default come last.
    """
    rows = _rows()
    for kind, scope_id in (*scopes, ("agency", 0)):
        value = _in_force(rows.get((key, kind, scope_id), ()), now)
        if value is not None:
            return value
    return POLICIES[key].default


def forget_policies() -> None:
    """Drop this process's copy after a change."""
    global _cache
    _cache = None


def _in_force(rows: Iterable[tuple[datetime, Any]], now: datetime) -> Any:
    found = None
    for effective_from, value in rows:
        if effective_from <= now:
            found = value
    return found


def _rows() -> dict[tuple[str, str, int], list[tuple[datetime, Any]]]:
    global _cache
    tick = time.monotonic()
    if _cache is not None and tick - _cache[0] < CACHE_SECONDS:
        return _cache[1]
    from mawaeed.kernel.models import PolicyValue  # models are not ready when this module loads

    rows: dict[tuple[str, str, int], list[tuple[datetime, Any]]] = {}
    for row in PolicyValue.objects.order_by("effective_from"):
        rows.setdefault((row.key, row.scope_kind, row.scope_id), []).append(
            (row.effective_from, row.value)
        )
    _cache = (tick, rows)
    return rows
