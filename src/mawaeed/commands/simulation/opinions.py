"""Visitors who were asked for a rating open the link of their message and answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from mawaeed.commands.simulation.plan import Visitor, rating_for
from mawaeed.feedback.actions import submit_rating
from mawaeed.feedback.models import Dimension, Rating
from mawaeed.hall.queries import changes_of
from mawaeed.hall.rules import time_in_states
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.identifiers import digest
from mawaeed.notifications.models import Message

LINK = re.compile(r"/r/([\w-]+)")


@dataclass(frozen=True, slots=True)
class Opinion:
    """An answer that will be given `after` a while."""

    after: timedelta
    give: Callable[[datetime], None]


def opinions(
    visitors: Mapping[int, Visitor], newest: int, random: Random
) -> Iterator[tuple[int, Opinion | None]]:
    """Answers to the requests after the message `newest`, each with the id of its message.

    None from whoever does not answer.
    """
    asked = Message.objects.filter(kind="rating_requested", pk__gt=newest).order_by("pk")
    for message in asked:
        found = LINK.search(message.text)
        token = found[1] if found else ""
        rating = (
            Rating.objects.select_related("ticket__centre").filter(token_hash=digest(token)).first()
        )
        visitor = visitors.get(rating.ticket_id) if rating else None
        if rating is None or visitor is None or visitor.rating is None:
            yield message.pk, None
            continue
        after = timedelta(seconds=random.randint(20, 1500))
        yield message.pk, Opinion(after, _answer(rating, token, random))


def _answer(rating: Rating, token: str, random: Random) -> Callable[[datetime], None]:
    ticket = rating.ticket

    def give(now: datetime) -> None:
        waited = time_in_states(changes_of([ticket])[ticket.pk], now)["waiting"]
        overall = rating_for(random, waited)
        codes = Dimension.objects.filter(active=True).values_list("code", flat=True)
        scores = {code: max(1, min(5, overall + random.choice([-1, 0, 0, 1]))) for code in codes}
        try:
            submit_rating(token=token, overall=overall, scores=scores, comment="", now=now)
        except DomainError:
            return  # answered already, or too late

    return give
