"""Give a ticket under an idempotency key: in one round trip where the database allows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mawaeed.centres.models import Offering
from mawaeed.centres.queries import offerings_at
from mawaeed.hall.actions.arrivals import issue_step_by_step
from mawaeed.hall.answers import just_given, ticket_shaped
from mawaeed.hall.models import Ticket
from mawaeed.hall.offerings import forget_offering, kept_offering
from mawaeed.hall.statement.issuing import Issued, Kept, is_possible, issue_ticket
from mawaeed.hall.walk_in import WalkIn
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.idempotency import FirstAnswer, Repeatable, first_answer, once, repeatable
from mawaeed.people.tokens import TokenAt


def issue_walk_in_once(
    *,
    service_code: str,
    centre_code: str,
    language: str,
    actor: Actor,
    now: datetime,
    key: str,
    body: dict[str, Any],
    mobile: str = "",
    priority: bool = False,
    although_full: str = "",
    also: Sequence[str] = (),
) -> dict[str, Any]:
    """A ticket without an appointment as JSON; repeating with the same key gives it again.

    `body` is what a repeat must ask for; `also` are codes of further services. Refuses what
    `issue_walk_in` and `kernel.idempotency.once` refuse, and `NotFound` for what is not offered
    there.
    """
    request = repeatable(actor=actor, key=key, body=body)
    kind = _class(priority=priority)
    if is_possible() and not (although_full or also):
        offering = kept_offering(service_code, centre_code)
        if offering is not None:
            asked = WalkIn(offering, kind, language, mobile)
            answer = _in_one_statement(asked, actor, now, request)
            if answer is not None:
                return answer
            forget_offering(service_code, centre_code)  # it may be its terms that have changed
    try:
        offering, *further = _offered([service_code, *also], centre_code)
    except NotFound:
        known = first_answer(request)  # what was offered then may not be so now
        if known is None:
            raise
        return known
    asked = WalkIn(offering, kind, language, mobile)

    def write() -> dict[str, Any]:
        return _answer(
            issue_step_by_step(asked, actor, now, although_full=although_full, also=further)
        )

    return once(actor=actor, key=key, body=body, write=write)


def issue_walk_in_by_token(
    token: TokenAt,
    *,
    service_code: str,
    language: str,
    now: datetime,
    key: str,
    body: dict[str, Any],
    mobile: str = "",
    priority: bool = False,
) -> dict[str, Any] | None:
    """`issue_walk_in_once` by somebody who comes with a token, where one statement can do it all.

    None, with nothing written, where it cannot: look up who it is, and go the usual way.
    """
    if not is_possible():
        return None
    offering = kept_offering(service_code, token.centre_code)
    if offering is None:
        return None
    asked = WalkIn(offering, _class(priority=priority), language, mobile)
    request = repeatable(actor=Actor("staff"), key=key, body=body)
    return _in_one_statement(asked, token, now, request)


def _offered(codes: Sequence[str], centre_code: str) -> list[Offering]:
    """Each once, in this order. Refuses `NotFound`."""
    rows = offerings_at(centre_code).filter(service__code__in=codes)
    found = {offering.service.code: offering for offering in rows}
    if found.keys() != set(codes):
        raise NotFound
    return [found[code] for code in dict.fromkeys(codes)]


def _class(*, priority: bool) -> Ticket.PriorityClass:
    return Ticket.PriorityClass.PRIORITY if priority else Ticket.PriorityClass.WALK_IN


def _in_one_statement(
    asked: WalkIn, by: Actor | TokenAt, now: datetime, request: Repeatable
) -> dict[str, Any] | None:
    """The answer, or None where the plain path must find it."""
    ticket = just_given(asked, now)
    answer = {"ticket": ticket, "secret": asked.secret}
    done = issue_ticket(asked, by=by, now=now, kept=Kept(request, answer))
    if isinstance(done, Issued):
        ticket["number"] = done.number
        return answer
    if isinstance(done, FirstAnswer) and not done.is_over:
        return done.to(request)
    return None


def _answer(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket": ticket_shaped(ticket, ticket.offering.centre),
        "secret": ticket.secret,
    }
