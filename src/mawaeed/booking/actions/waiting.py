"""The waiting list: join, leave, accept or decline what is offered; what ends by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from mawaeed.booking.actions.book import book_appointment, comer_of
from mawaeed.booking.actions.freed import Freed, announce_free, let_go
from mawaeed.booking.actions.move import move_appointment
from mawaeed.booking.actions.offers import note, turn_of
from mawaeed.booking.actions.steps import change, find_offering, require_in_force
from mawaeed.booking.errors import (
    AlreadyWaiting,
    NothingOffered,
    NotWaitable,
    OfferGone,
    SlotTaken,
    UnknownService,
)
from mawaeed.booking.holds import hold_stay
from mawaeed.booking.models import Appointment, Hold, WaitingEntry
from mawaeed.booking.waiting.queries import has_news, offered_offering, wish_of
from mawaeed.booking.waiting.rules import suits
from mawaeed.centres.models import Offering
from mawaeed.centres.queries import offerings_of
from mawaeed.conduct.actions import standing_for_update
from mawaeed.conduct.queries import refuse_if_blocked
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import take_turns, write_transaction
from mawaeed.kernel.errors import Malformed, Stale
from mawaeed.kernel.policies import policy
from mawaeed.people.models import Beneficiary, Person

State = WaitingEntry.State


def join_waiting_list(
    *,
    person: Person,
    service_code: str,
    actor: Actor,
    now: datetime,
    centre_code: str | None = None,
    beneficiary: Beneficiary | None = None,
    appointment: Appointment | None = None,
    from_date: date | None = None,
    until_date: date | None = None,
) -> WaitingEntry:
    """Wait for a place of a service, at one centre or any, between two local dates, inclusive.

    With `appointment` (the person's own, booked), for one earlier than it; who holds the only one
    the service allows waits for earlier than that. By default from today until the appointment's
    day, else for as long as may be waited. Refuses `UnknownService`, `UnknownCentre`,
    `DependantsNotAllowed`, `PersonBlocked`, `AlreadyWaiting`, `NotWaitable`, `Malformed` (dates).
    """
    offering = _offering(service_code, centre_code)
    comer = appointment.beneficiary if appointment else comer_of(person, beneficiary, offering)
    held = appointment or _only_one_held(person, comer, offering)
    if held is not None:
        _require_waitable(held, person, offering)
    first, last = _dates(offering, held, from_date, until_date, now)
    with write_transaction():
        standing = standing_for_update(person.pk)
        require_in_force(person)
        refuse_if_blocked(standing, now)
        if appointment is None:  # once more: a dependant may have been forgotten until this moment
            comer_of(person, comer, offering)
        mine = WaitingEntry.objects.filter(person=person, beneficiary=comer)
        if mine.filter(service=offering.service, state__in=WaitingEntry.OPEN).exists():
            raise AlreadyWaiting
        entry = WaitingEntry.objects.create(
            person=person,
            beneficiary=comer,
            service=offering.service,
            centre=offering.centre if centre_code else None,
            appointment=held,
            from_date=first,
            until_date=last,
            created_at=now,
        )
        note(entry, from_state="", actor=actor, now=now, event="waiting_joined")
    return entry


def leave_waiting_list(*, entry: WaitingEntry, actor: Actor, now: datetime) -> WaitingEntry:
    """Stop waiting; what was kept goes to the next. Leaving what has ended changes nothing."""
    if entry.state in WaitingEntry.OPEN:
        _close(entry, State.LEFT, actor, now, reason="left")
    return entry


def decline_offer(
    *, entry: WaitingEntry, actor: Actor, now: datetime, seen: datetime | None = None
) -> WaitingEntry:
    """Give up the place that is kept, and stay on the list; it goes to the next.

    `seen` is the start (UTC) somebody said no to, where it is known: another place kept since is
    not given up. Refuses `NothingOffered`, `OfferGone`, `Stale`.
    """
    if entry.state != State.OFFERED:
        raise NothingOffered
    if seen is not None and seen != entry.offered_starts_at:
        raise OfferGone
    _close(entry, State.WAITING, actor, now, reason="declined")
    return entry


def accept_offer(
    *, entry: WaitingEntry, actor: Actor, now: datetime, seen: datetime | None = None
) -> Appointment:
    """Take the place the entry was offered or told of last: the atomic swap.

    The appointment held moves there, or a new one is booked; the entry ends with it, in one
    transaction. `seen` is the start (UTC) somebody said yes to, where it is known: another place
    told of since is not taken instead. Refuses `NothingOffered`, `OfferGone` (somebody else has
    it; one stays on the list), and what booking and moving refuse.
    """
    offering = offered_offering(entry) if has_news(entry, now) else None
    starts_at = entry.offered_starts_at
    if offering is None or starts_at is None:
        raise NothingOffered
    if seen is not None and seen != starts_at:
        raise OfferGone
    held = entry.appointment or _only_one_held(entry.person, entry.beneficiary, offering)
    if held is not None and held.visit_id is not None:
        held = None
    try:
        with write_transaction():
            # Whoever frees a place meanwhile passes this person over: their entry is ours alone.
            take_turns(turn_of(entry))
            if held is not None and held.state == Appointment.State.BOOKED:
                taken = move_appointment(
                    appointment=held,
                    starts_at=starts_at,
                    centre_code=offering.centre.code,
                    actor=actor,
                    now=now,
                )
            else:
                taken = book_appointment(
                    person=entry.person,
                    service_code=offering.service.code,
                    centre_code=offering.centre.code,
                    starts_at=starts_at,
                    beneficiary=entry.beneficiary,
                    actor=actor,
                    now=now,
                )
            _end(entry, State.SATISFIED, actor, now, reason="accepted")
    except SlotTaken:
        raise OfferGone from None
    return taken


def pass_on_lapsed_offers(*, now: datetime, limit: int = 200) -> int:
    """Give every place whose offer ran out to the next in turn; returns how many.

    The worker calls this every few seconds. Whoever waits and did not answer stays on the list.
    """
    due = WaitingEntry.objects.select_related("person", "service", "centre").filter(
        state=State.OFFERED, offer_expires_at__lte=now
    )
    return sum(
        _close_if_unchanged(entry, State.WAITING, now, "lapsed")
        for entry in due.order_by("offer_expires_at", "pk")[:limit]
    )


def end_waiting_entries(*, now: datetime, limit: int = 200) -> int:
    """End what has come true or can no longer come true; returns how many. The worker calls this.

    Satisfied: the person has booked a place that suits since joining. Expired: the last date is
    over, or the appointment to be moved is no longer to come.
    """
    count = 0
    open_ones = WaitingEntry.objects.select_related("person", "service", "centre", "appointment")
    held = Appointment.objects.filter(
        person=OuterRef("person"),
        beneficiary=OuterRef("beneficiary"),
        service=OuterRef("service"),
        state__in=Appointment.ACTIVE,
        created_at__gte=OuterRef("created_at"),
    )
    over = Q(until_date__lt=local_date(now, settings.TIME_ZONE))
    gone = Q(appointment__isnull=False) & ~Q(appointment__state=Appointment.State.BOOKED)
    doubtful = open_ones.filter(over | gone | Exists(held), state__in=WaitingEntry.OPEN)
    # Those that go on waiting after all must not stand before the others for ever.
    for entry in list(doubtful.order_by("pk")):
        verdict = _verdict(entry, now)
        if verdict is not None:
            count += _close_if_unchanged(entry, verdict, now, verdict.value)
        if count >= limit:
            break
    return count


def end_if_moved_to_suit(
    *, appointment: Appointment, from_starts_at: datetime, now: datetime
) -> None:
    """Satisfy the entry that waited for something earlier than an appointment that moved."""
    entry = (
        WaitingEntry.objects.select_related("person", "service", "centre", "appointment")
        .filter(appointment=appointment, state__in=WaitingEntry.OPEN)
        .first()
    )
    if entry is None or appointment.starts_at >= from_starts_at:
        return
    wished = suits(
        replace(wish_of(entry), earlier_than=from_starts_at),
        centre_id=appointment.centre_id,
        day=appointment.day,
        starts_at=appointment.starts_at,
    )
    if wished:
        _close_if_unchanged(entry, State.SATISFIED, now, "moved")


def _verdict(entry: WaitingEntry, now: datetime) -> WaitingEntry.State | None:
    held = entry.appointment
    if held is not None:
        over = held.state != Appointment.State.BOOKED
    else:
        over = False
        since = Appointment.objects.filter(
            person=entry.person_id,
            beneficiary=entry.beneficiary_id,
            service=entry.service_id,
            state__in=Appointment.ACTIVE,
            created_at__gte=entry.created_at,
        )
        wish = wish_of(entry)
        if any(
            suits(wish, centre_id=each.centre_id, day=each.day, starts_at=each.starts_at)
            for each in since
        ):
            return State.SATISFIED
    zone = entry.centre.timezone if entry.centre else settings.TIME_ZONE
    over = over or entry.until_date < local_date(now, zone)
    return State.EXPIRED if over else None


def _close_if_unchanged(
    entry: WaitingEntry, to: WaitingEntry.State, now: datetime, reason: str
) -> bool:
    try:
        _close(entry, to, SYSTEM, now, reason=reason)
    except Stale:
        return False  # accepted, declined or left in this moment: that wins
    return True


def _close(
    entry: WaitingEntry, to: WaitingEntry.State, actor: Actor, now: datetime, *, reason: str
) -> None:
    """Change the entry's state and pass on what was kept for it: hold → intervals → entry."""
    with write_transaction():
        freed = _given_up(entry)
        _end(entry, to, actor, now, reason=reason)
        for stay, offering in let_go(freed, now=now):
            announce_free(stay, offering, now=now, kind="place_passed_on")


def _given_up(entry: WaitingEntry) -> list[Freed]:
    if entry.state != State.OFFERED or entry.offered_starts_at is None:
        return []
    kept = Hold.objects.select_related("offering__centre").filter(
        person=entry.person_id,
        purpose=Hold.Purpose.OFFER,
        pool=entry.offered_pool_id,
        starts_at=entry.offered_starts_at,
    )
    mine = [hold for hold in kept if Hold.objects.filter(pk=hold.pk).delete()[0] == 1]
    freed = [(hold_stay(hold), hold.offering) for hold in mine]
    change(leave=[stay for stay, _ in freed], enter=[])
    return freed


def _end(
    entry: WaitingEntry, to: WaitingEntry.State, actor: Actor, now: datetime, *, reason: str
) -> None:
    before = entry.state
    changed = WaitingEntry.objects.filter(
        pk=entry.pk, state=before, messages=entry.messages
    ).update(state=to, offer_expires_at=None)
    if changed != 1:
        raise Stale
    entry.state, entry.offer_expires_at = to, None
    note(entry, from_state=before, actor=actor, now=now, reason=reason)


def _offering(service_code: str, centre_code: str | None) -> Offering:
    if centre_code:
        return find_offering(service_code, centre_code)
    offering = offerings_of(service_code).first()
    if offering is None:
        raise UnknownService(service=service_code)
    return offering


def _only_one_held(person: Person, comer: Beneficiary, offering: Offering) -> Appointment | None:
    """What the person would have to move, where the service allows one appointment at a time.

    A part of a visit is found by joining, to be refused there; accepting never moves a whole visit.
    """
    if offering.service.limit_per_beneficiary > 1:
        return None
    return (
        Appointment.objects.select_related("service", "centre", "offering__centre", "person")
        .filter(
            person=person,
            beneficiary=comer,
            service=offering.service,
            state=Appointment.State.BOOKED,
        )
        .first()
    )


def _require_waitable(held: Appointment, person: Person, offering: Offering) -> None:
    mine = held.person_id == person.pk and held.service_id == offering.service_id
    if not mine or held.state != Appointment.State.BOOKED or held.visit_id is not None:
        raise NotWaitable


def _dates(
    offering: Offering,
    held: Appointment | None,
    from_date: date | None,
    until_date: date | None,
    now: datetime,
) -> tuple[date, date]:
    today = local_date(now, offering.centre.timezone)
    longest = today + timedelta(days=policy("waiting.longest_days", now))
    first = max(from_date or today, today)
    usual = held.day if held else longest
    last = min(until_date or usual, usual)
    if (until_date and until_date < today) or not first <= last:
        raise Malformed(field="until")
    return first, last
