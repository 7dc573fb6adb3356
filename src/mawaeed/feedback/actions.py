"""Ask for a rating when a service ends; take it once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import QuerySet

from mawaeed.feedback.errors import RatingClosed
from mawaeed.feedback.models import Dimension, Rating
from mawaeed.feedback.rules import MAX_COMMENT, is_score, wrong_scores
from mawaeed.hall.models import Ticket
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Malformed, NotFound
from mawaeed.kernel.identifiers import digest, new_token
from mawaeed.kernel.policies import policy
from mawaeed.kernel.secrets import seal
from mawaeed.kernel.statements import Question, given, insert_unless_there

TOKEN_BYTES = 9  # 72 bits in twelve characters: short enough for one message
SUBJECT = "rating"


def request_rating(*, ticket: Ticket, now: datetime) -> Rating | None:
    """Open one rating for a served ticket whose visitor can be reached; None otherwise.

    A repeat is None too: there is one per ticket. Emits `rating_requested`, with token and
    recipient sealed.
    """
    to = ticket.mobile or (ticket.person.mobile if ticket.person else "")
    if not to or ticket.state != Ticket.State.SERVED:
        return None
    token = new_token(TOKEN_BYTES)
    scopes = [("centre", ticket.centre_id), ("directorate", ticket.centre.directorate_id)]
    open_for = timedelta(days=policy("feedback.open_days", now, scopes))
    with write_transaction():
        asked = Rating(
            ticket=ticket,
            token_hash=digest(token),
            centre_id=ticket.centre_id,
            requested_at=now,
            expires_at=now + open_for,
        )
        rating = insert_unless_there(asked)
        if rating is None:
            return None
        _tell(
            rating,
            event="rating_requested",
            states=("", "requested"),
            actor=SYSTEM,
            now=now,
            payload={
                "token_sealed": seal(token),
                "to_sealed": seal(to),
                "language": ticket.language,
            },
        )
    return rating


def withdraw_rating(*, ticket: Ticket, now: datetime) -> bool:
    """Close the link of a ticket that is not served any more; an answer given stays.

    Whether there was one to close. Finished again, the ticket gets a new link. Emits
    `rating_withdrawn`.
    """
    if ticket.state == Ticket.State.SERVED:
        return False  # finished again before this was told: one link for both
    with write_transaction():
        rating = _ratings().filter(ticket=ticket, submitted_at__isnull=True).first()
        if rating is None:
            return False
        if not Rating.objects.filter(pk=rating.pk, submitted_at__isnull=True).delete()[0]:
            return False
        _tell(
            rating,
            event="rating_withdrawn",
            states=("requested", "withdrawn"),
            actor=SYSTEM,
            now=now,
            payload={},
        )
    return True


def submit_rating(
    *, token: str, overall: int, scores: Mapping[str, int], comment: str, now: datetime
) -> Rating:
    """Take the answer behind a single-use link: `overall` and each dimension's score are 1 to 5.

    Refuses `NotFound`, `Malformed` (field `overall`, `scores` or `comment`), `RatingClosed`
    (used, or expired at `now`). Emits `rating_submitted`.
    """
    comment = comment.strip()
    _check(overall, scores, comment)
    with write_transaction():
        rating = _BY_TOKEN.first(token_hash=digest(token))
        if rating is None:
            raise NotFound
        answer = {
            "submitted_at": now,
            "overall": overall,
            "scores": dict(scores),
            "comment": comment,
        }
        taken = Rating.objects.filter(
            pk=rating.pk, submitted_at__isnull=True, expires_at__gt=now
        ).update(**answer)
        if taken != 1:
            raise RatingClosed
        for name, value in answer.items():
            setattr(rating, name, value)
        _tell(
            rating,
            event="rating_submitted",
            states=("requested", "submitted"),
            actor=Actor("person", rating.ticket.person_id),
            now=now,
            payload={},
        )
    return rating


def _ratings() -> QuerySet[Rating]:
    return Rating.objects.select_related("ticket", "ticket__centre")


_BY_TOKEN = Question(lambda: _ratings().filter(token_hash=given("token_hash")))


def _check(overall: int, scores: Mapping[str, int], comment: str) -> None:
    if not is_score(overall):
        raise Malformed(field="overall")
    dimensions = set(Dimension.objects.filter(active=True).values_list("code", flat=True))
    if wrong_scores(scores, dimensions):
        raise Malformed(field="scores")
    if len(comment) > MAX_COMMENT:
        raise Malformed(field="comment")


def _tell(
    rating: Rating,
    *,
    event: str,
    states: tuple[str, str],
    actor: Actor,
    now: datetime,
    payload: dict[str, str],
) -> None:
    ticket = rating.ticket
    day = local_date(now, ticket.centre.timezone)
    history.record(
        subject_kind=SUBJECT,
        subject_id=rating.pk,
        from_state=states[0],
        to_state=states[1],
        actor=actor,
        at=now,
        day=day,
        agency_id=ticket.agency_id,
        centre_id=rating.centre_id,
        details={"event": event, "ticket_id": ticket.pk},
    )
    outbox.emit(
        kind=event,
        subject_kind=SUBJECT,
        subject_id=rating.pk,
        at=now,
        day=day,
        centre_id=rating.centre_id,
        payload=payload,
    )
