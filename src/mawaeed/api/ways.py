"""The operations that have a short way (`api.short_way`), each by its own schema and function."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from mawaeed.api.appointments import book_for_oneself
from mawaeed.api.schemas import BookingIn
from mawaeed.api.short_way import Asked, NotOrdinary, Way
from mawaeed.api.staff.edge import COUNTER, RECEPTION
from mawaeed.api.staff.hall import ticket_given
from mawaeed.api.staff.hall_shapes import AtCounterIn, WalkInIn
from mawaeed.hall.actions import press
from mawaeed.kernel import clock
from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Role
from mawaeed.people.queries import person_of_token, staff_at
from mawaeed.people.tokens import StaffAt


def _book(asked: Asked) -> bytes:
    body = BookingIn.model_validate(json.loads(asked.body))
    if body.beneficiary is not None or body.companion is not None:
        raise NotOrdinary
    person = person_of_token(asked.token.strip(), clock.real_now())
    if person is None:
        raise NotOrdinary
    return book_for_oneself(person, body, asked.key, asked.now)


def _give_ticket(asked: Asked) -> bytes:
    body = WalkInIn.model_validate(json.loads(asked.body))
    at, actor = _staff(asked, RECEPTION)
    told = ticket_given(at.centre, body, asked.key, _repeated(asked, body), actor, asked.now)
    return json.dumps(told).encode()


def _finish_and_call(asked: Asked) -> bytes:
    return _pressed(asked, press.finish_and_call_once)


def _start(asked: Asked) -> bytes:
    return _pressed(asked, press.start_once)


def _pressed(asked: Asked, action: Callable[..., dict[str, Any]]) -> bytes:
    body = AtCounterIn.model_validate(json.loads(asked.body))
    at, actor = _staff(asked, COUNTER)
    told = action(
        staff_id=at.staff_id,
        centre=at.centre,
        number=body.ticket,
        actor=actor,
        now=asked.now,
        key=asked.key,
        body=_repeated(asked, body),
    )
    return json.dumps(told).encode()


def _staff(asked: Asked, roles: tuple[Role, ...]) -> tuple[StaffAt, Actor]:
    at = staff_at(asked.token.strip(), asked.named["centre"], roles, clock.real_now())
    if at is None:
        raise NotOrdinary
    return at, Actor("staff", at.staff_id, "api")


def _repeated(asked: Asked, body: Any) -> dict[str, Any]:
    """What a repeat under the same key must ask for (`api.staff.edge.write_once`)."""
    return {"path": asked.path, **body.model_dump(mode="json")}


STAFF = "/api/v1/staff/(?P<centre>[-a-zA-Z0-9_]+)"
WAYS = (
    Way(re.compile("/api/v1/appointments"), HTTPStatus.CREATED, _book),
    Way(re.compile(f"{STAFF}/tickets"), HTTPStatus.CREATED, _give_ticket),
    Way(re.compile(f"{STAFF}/counter/start"), HTTPStatus.OK, _start),
    Way(re.compile(f"{STAFF}/counter/finish-and-call"), HTTPStatus.OK, _finish_and_call),
)
