"""The operations that have a short way (`api.short_way`), each by its own schema and function."""

from __future__ import annotations

import json
import re
from http import HTTPStatus

from mawaeed.api.appointments import book_for_oneself
from mawaeed.api.schemas import BookingIn
from mawaeed.api.short_way import Asked, NotOrdinary, Way
from mawaeed.kernel import clock
from mawaeed.people.queries import person_of_token


def _book(asked: Asked) -> bytes:
    body = BookingIn.model_validate(json.loads(asked.body))
    if body.beneficiary is not None or body.companion is not None:
        raise NotOrdinary
    person = person_of_token(asked.token.strip(), clock.real_now())
    if person is None:
        raise NotOrdinary
    return book_for_oneself(person, body, asked.key, asked.now)


WAYS = (Way(re.compile("/api/v1/appointments"), HTTPStatus.CREATED, _book),)
