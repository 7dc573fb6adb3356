"""Reads of ratings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mawaeed.centres.models import Centre
from mawaeed.feedback.models import Dimension, Rating
from mawaeed.kernel.clock import day_bounds
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.identifiers import digest


@dataclass(frozen=True, slots=True)
class RatingsSummary:
    """A day's ratings at a centre: asked and answered counts, means from 1 to 5, None if none."""

    requested: int
    submitted: int
    overall: float | None
    scores: dict[str, float]
    comments: int


def rating_by_token(token: str) -> Rating:
    """The rating behind a link, used or not; refuses `NotFound`."""
    rating = (
        Rating.objects.select_related("ticket__centre__directorate", "ticket__offering__service")
        .filter(token_hash=digest(token))
        .first()
    )
    if rating is None:
        raise NotFound
    return rating


def is_open(rating: Rating, now: datetime) -> bool:
    """Whether the rating may still be given."""
    return rating.submitted_at is None and now < rating.expires_at


def active_dimensions() -> list[Dimension]:
    """What is asked beside the overall score, in order."""
    return list(Dimension.objects.filter(active=True).order_by("order", "code"))


def ratings_summary(centre: Centre, day: date) -> RatingsSummary:
    """What was asked for on the local `day` at `centre`, and what was answered of it since."""
    start, end = day_bounds(day, centre.timezone)
    asked = Rating.objects.filter(
        centre_id=centre.pk, requested_at__gte=start, requested_at__lt=end
    )
    answers = list(
        asked.filter(submitted_at__isnull=False).values_list("overall", "scores", "comment")
    )
    by_code: dict[str, list[int]] = {}
    for _, scores, _ in answers:
        for code, value in scores.items():
            by_code.setdefault(code, []).append(value)
    return RatingsSummary(
        requested=asked.count(),
        submitted=len(answers),
        overall=_mean([overall for overall, _, _ in answers if overall is not None]),
        scores={code: sum(values) / len(values) for code, values in sorted(by_code.items())},
        comments=sum(1 for _, _, comment in answers if comment),
    )


def _mean(values: list[int]) -> float | None:
    return sum(values) / len(values) if values else None
