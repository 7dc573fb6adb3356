"""Turns events into messages, in the transaction that marks their delivery done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.booking.waiting.queries import has_live_offer, has_news, token_of
from mawaeed.centres.models import Centre
from mawaeed.conduct.models import Appeal, Block
from mawaeed.hall.models import Ticket
from mawaeed.kernel.clock import local_date, real_now
from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.secrets import unseal
from mawaeed.kernel.statements import Question, given, insert_unless_there
from mawaeed.notifications import hall_wording, trust_wording, visit_wording, wording
from mawaeed.notifications.models import Message
from mawaeed.notifications.parts import count_parts
from mawaeed.people.models import Consent, Person
from mawaeed.people.queries import grantor_to_tell

DEFAULT_ZONE = "Asia/Bahrain"


@dataclass(frozen=True, slots=True)
class Draft:
    """A text for one mobile (E.164)."""

    to: str
    language: str
    text: str


Builder = Callable[[OutboxEvent, datetime], Draft | list[Draft] | None]


def write_messages(event: OutboxEvent, now: datetime) -> None:
    """Write the messages that `event` owes, if any; a repeat writes nothing."""
    made = BUILDERS[event.kind](event, now)
    drafts = made if isinstance(made, list) else [made] if made else []
    for place, draft in enumerate(drafts):
        if draft.to:
            message = Message(
                dedupe_key=f"{event.kind}:{event.pk}:{place}",
                to=draft.to,
                kind=KINDS.get(event.kind, event.kind),
                language=draft.language,
                text=draft.text,
                parts=count_parts(draft.text),
                created_at=now,
                due_at=real_now(),
            )
            insert_unless_there(message)


def _sign_in_code(event: OutboxEvent, now: datetime) -> Draft | None:
    payload = event.payload
    expires_at = payload.get("expires_at")
    if expires_at and datetime.fromisoformat(expires_at) <= real_now():
        return None  # too late to be of use
    language = payload["language"]
    text = wording.sign_in_code(code=unseal(payload["code_sealed"]), language=language)
    return Draft(unseal(payload["to_sealed"]), language, text)


def _booked(event: OutboxEvent, appointment: Appointment) -> Draft | None:
    to, language = _contact(appointment.person)
    if parts := _parts_told(event):
        if not _tells_for_all(event):
            return None
        text = visit_wording.visit_booked(appointment, parts=parts, language=language)
        return Draft(to, language, text)
    return Draft(to, language, wording.appointment_booked(appointment, language=language))


def _moved(event: OutboxEvent, appointment: Appointment) -> Draft | None:
    to, language = _contact(appointment.person)
    if parts := _parts_told(event):
        if not _tells_for_all(event):
            return None
        text = visit_wording.visit_moved(appointment, parts=parts, language=language)
        return Draft(to, language, text)
    return Draft(to, language, wording.appointment_moved(appointment, language=language))


def _cancelled(event: OutboxEvent, appointment: Appointment) -> Draft | None:
    if appointment.state != Appointment.State.CANCELLED:
        return None  # taken back in the meantime
    to, language = _contact(appointment.person)
    parts = _parts_told(event)
    if parts and not _tells_for_all(event):
        return None
    if parts and event.payload.get("by") == "person":
        text = visit_wording.visit_cancelled(appointment, parts=parts, language=language)
        return Draft(to, language, text)
    if event.payload.get("by") == "system":
        text = wording.appointment_not_confirmed(appointment, language=language)
        return Draft(to, language, text)
    if event.payload.get("displaced"):
        text = wording.appointment_displaced_without_place(appointment, language=language)
        return Draft(to, language, text)
    by_person = event.payload.get("by") == "person"
    text = wording.appointment_cancelled(appointment, by_person=by_person, language=language)
    return Draft(to, language, text)


def _displaced(event: OutboxEvent, appointment: Appointment) -> Draft | None:
    """One message for a visit of several: for the first of it that moved with this change."""
    payload = event.payload
    if appointment.state != Appointment.State.BOOKED or payload.get("told_by_leg"):
        return None
    to, language = _contact(appointment.person)
    text = wording.appointment_displaced(
        appointment,
        old_starts_at=datetime.fromisoformat(payload["from_starts_at"]),
        old_zone=Centre.objects.get(code=payload["from_centre"]).timezone,
        language=language,
    )
    return Draft(to, language, text)


def _missed(event: OutboxEvent, now: datetime) -> Draft | None:
    """One message for a visit nobody came to: when its first part was missed."""
    appointment = _appointment(event)
    if appointment.state != Appointment.State.NO_SHOW:
        return None  # taken back in the meantime: the person is here
    if appointment.visit_id is not None:
        before = Appointment.objects.filter(visit=appointment.visit_id, leg__lt=appointment.leg)
        if before.filter(state=Appointment.State.NO_SHOW).exists():
            return None
    to, language = _contact(appointment.person)
    return Draft(to, language, wording.appointment_missed(appointment, language=language))


def _confirmation_asked(event: OutboxEvent, now: datetime) -> Draft | None:
    """One message for a visit of several: the first of it that was asked about."""
    asked = _appointment(event)
    by = asked.confirm_by
    if asked.state != Appointment.State.BOOKED or asked.confirmed_at is not None or by is None:
        return None  # answered, moved or cancelled in the meantime
    if asked.visit_id is not None:
        others = Appointment.objects.filter(visit=asked.visit_id, leg__lt=asked.leg)
        if others.filter(state=asked.state, confirm_by__isnull=False).exists():
            return None
    to, language = _contact(asked.person)
    return Draft(to, language, wording.confirmation_asked(asked, by=by, language=language))


def _place_offered(event: OutboxEvent, now: datetime) -> Draft | None:
    entry = _waiting(event)
    until = entry.offer_expires_at
    if not has_live_offer(entry, now) or until is None or not _is_last_news(entry, event):
        return None  # answered in the meantime
    to, language = _contact(entry.person)
    text = wording.place_offered(
        centre=_offered_centre(entry),
        starts_at=_offered_start(event),
        until=until,
        token=token_of(entry),
        language=language,
    )
    return Draft(to, language, text)


def _place_told(event: OutboxEvent, now: datetime) -> Draft | None:
    entry = _waiting(event)
    if not has_news(entry, now) or not _is_last_news(entry, event):
        return None
    to, language = _contact(entry.person)
    text = wording.place_told(
        centre=_offered_centre(entry),
        starts_at=_offered_start(event),
        token=token_of(entry),
        language=language,
    )
    return Draft(to, language, text)


def _waiting(event: OutboxEvent) -> WaitingEntry:
    related = WaitingEntry.objects.select_related("person", "offered_pool__centre")
    return related.get(pk=event.subject_id)


def _is_last_news(entry: WaitingEntry, event: OutboxEvent) -> bool:
    return entry.offered_pool_id == event.payload["pool_id"] and (
        entry.offered_starts_at == _offered_start(event)
    )


def _offered_start(event: OutboxEvent) -> datetime:
    return datetime.fromisoformat(event.payload["starts_at"])


def _offered_centre(entry: WaitingEntry) -> Centre:
    assert entry.offered_pool is not None
    return entry.offered_pool.centre


def _ticket_issued(event: OutboxEvent, now: datetime) -> Draft | None:
    ticket = _TICKET.get(ticket=event.subject_id)
    if ticket.day < local_date(now, ticket.centre.timezone):
        return None  # the worker was away and the day is over
    to = ticket.mobile or (ticket.person.mobile if ticket.person else "")
    language = ticket.language
    return Draft(to, language, wording.ticket_issued(ticket, language=language))


def _arrivals_warned(event: OutboxEvent, now: datetime) -> list[Draft]:
    """One message for each of them who is not here yet; for a visit of several, its first part."""
    minutes, drafts, told = event.payload["minutes"], [], set[int]()
    coming = Appointment.objects.select_related("person", "centre").filter(
        pk__in=event.payload["appointments"], state=Appointment.State.BOOKED
    )
    for appointment in coming.order_by("starts_at", "pk"):
        if appointment.visit_id is not None and appointment.visit_id in told:
            continue
        told |= {appointment.visit_id} if appointment.visit_id is not None else set()
        to, language = _contact(appointment.person)
        text = hall_wording.arrivals_warned(appointment, minutes=minutes, language=language)
        drafts.append(Draft(to, language, text))
    return drafts


def _conduct_warned(event: OutboxEvent, now: datetime) -> Draft:
    to, language = _contact(_person(event))
    return Draft(to, language, wording.conduct_warned(language=language))


def _person_blocked(event: OutboxEvent, now: datetime) -> Draft | None:
    person = _person(event)
    block = Block.objects.filter(person=person, lifted_at__isnull=True).order_by("-ends_at").first()
    if block is None:
        return None  # lifted in the meantime, which has a message of its own
    to, language = _contact(person)
    zone = _zone(event)
    text = wording.person_blocked(until=block.ends_at, zone=zone, language=language)
    return Draft(to, language, text)


def _block_lifted(event: OutboxEvent, now: datetime) -> Draft:
    to, language = _contact(_person(event))
    return Draft(to, language, wording.block_lifted(language=language))


def _appeal_decided(event: OutboxEvent, now: datetime) -> Draft | None:
    appeal = Appeal.objects.get(pk=event.payload["appeal_id"])
    if appeal.state != Appeal.State.REFUSED:
        return None  # upheld: the lifting has a message of its own
    to, language = _contact(_person(event))
    return Draft(to, language, wording.appeal_refused(language=language))


def _mobile_reset(event: OutboxEvent, now: datetime) -> list[Draft]:
    """Both numbers are told: the former one's owner may know nothing of it."""
    to, language = _sealed_contact(event)
    drafts = [Draft(to, language, wording.mobile_reset(language=language))]
    if "former_sealed" in event.payload:
        former = unseal(event.payload["former_sealed"])
        drafts.append(Draft(former, language, wording.mobile_replaced(language=language)))
    return drafts


def _account_taken_over(event: OutboxEvent, now: datetime) -> Draft | None:
    """The mobile of the account that ended is told, unless it is the holder's own."""
    ended = Person.objects.get(pk=event.payload["from_person_id"])
    holder = Person.objects.get(pk=event.subject_id)
    if ended.mobile == holder.mobile:
        return None
    to, language = _contact(ended)
    return Draft(to, language, wording.account_taken_over(language=language))


def _rating_requested(event: OutboxEvent, now: datetime) -> Draft:
    to, language = _sealed_contact(event)
    centre = _centre(event)
    token = unseal(event.payload["token_sealed"])
    text = wording.rating_requested(centre=centre, token=token, language=language)
    return Draft(to, language, text)


def _consent_given(event: OutboxEvent, now: datetime) -> Draft | None:
    """Nobody is told where the number has no account, or the consent is withdrawn already."""
    consent = Consent.objects.select_related("helper").filter(pk=event.subject_id).first()
    if consent is None or consent.helper is None or consent.withdrawn_at is not None:
        return None
    to, language = _contact(consent.helper)
    return Draft(to, language, trust_wording.consent_given(language=language))


def _grantor_too(
    builder: Callable[[OutboxEvent, Appointment], Draft | None], words: Callable[..., str]
) -> Builder:
    """Whoever comes by consent is told as well as the one who booked for them."""

    def drafts(event: OutboxEvent, now: datetime) -> list[Draft]:
        appointment = _appointment(event)
        made = builder(event, appointment)
        found = [made] if made else []
        if appointment.beneficiary_id == appointment.person.beneficiary_id:
            return found
        if event.kind == "appointment_displaced" and appointment.state != Appointment.State.BOOKED:
            return found  # cancelled in the meantime, which has a message of its own
        grantor = grantor_to_tell(appointment.person_id, appointment.beneficiary_id)
        if grantor is not None:
            to, language = _contact(grantor)
            found.append(Draft(to, language, words(appointment, language=language)))
        return found

    return drafts


BUILDERS: dict[str, Builder] = {
    "sign_in_code_issued": _sign_in_code,
    "appointment_booked": _grantor_too(_booked, trust_wording.booked_for_you),
    "appointment_moved": _grantor_too(_moved, trust_wording.moved_for_you),
    "appointment_displaced": _grantor_too(_displaced, trust_wording.moved_for_you),
    "appointment_cancelled": _grantor_too(_cancelled, trust_wording.cancelled_for_you),
    "appointment_missed": _missed,
    "confirmation_asked": _confirmation_asked,
    "place_offered": _place_offered,
    "place_told": _place_told,
    "ticket_issued": _ticket_issued,
    "arrivals_warned": _arrivals_warned,
    "conduct_warned": _conduct_warned,
    "person_blocked": _person_blocked,
    "block_lifted": _block_lifted,
    "appeal_decided": _appeal_decided,
    "mobile_reset": _mobile_reset,
    "account_taken_over": _account_taken_over,
    "consent_given": _consent_given,
    "rating_requested": _rating_requested,
}
# Kinds of message that are not called like their event.
KINDS = {"sign_in_code_issued": "sign_in_code"}


def _parts_told(event: OutboxEvent) -> int:
    """How many parts of a visit changed together with this one; 0 where it changed alone."""
    return int(event.payload.get("parts", 0))


def _tells_for_all(event: OutboxEvent) -> bool:
    """The first of them tells for the others."""
    return int(event.payload.get("leg", 1)) == 1


def _appointment(event: OutboxEvent) -> Appointment:
    return _APPOINTMENT.get(appointment=event.subject_id)


_TICKET = Question(
    lambda: Ticket.objects.select_related("centre", "person").filter(pk=given("ticket"))
)
_APPOINTMENT = Question(
    lambda: Appointment.objects.select_related("person", "centre", "service").filter(
        pk=given("appointment")
    )
)
_CENTRE = Question(lambda: Centre.objects.filter(pk=given("centre")))


def _person(event: OutboxEvent) -> Person:
    """Whom an event of conduct is about: its subject, or whom its block belongs to."""
    if event.subject_kind == "block":
        return Block.objects.select_related("person").get(pk=event.subject_id).person
    return Person.objects.get(pk=event.payload.get("person_id", event.subject_id))


def _contact(person: Person) -> tuple[str, str]:
    return person.mobile, person.language


def _sealed_contact(event: OutboxEvent) -> tuple[str, str]:
    """The mobile and language an event names itself, else those of its person."""
    if "to_sealed" in event.payload:
        return unseal(event.payload["to_sealed"]), event.payload.get("language", "ar")
    return _contact(_person(event))


def _zone(event: OutboxEvent) -> str:
    centre = _centre(event)
    return centre.timezone if centre else DEFAULT_ZONE


def _centre(event: OutboxEvent) -> Centre | None:
    return None if event.centre_id is None else _CENTRE.get(centre=event.centre_id)
