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
from mawaeed.api.staff.hall import ticket_given, ticket_given_by_token
from mawaeed.api.staff.hall_shapes import AtCounterIn, WalkInIn
from mawaeed.hall.actions import press
from mawaeed.kernel import clock
from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Role
from mawaeed.people.queries import person_of_token, staff_at, token_at
from mawaeed.people.tokens import StaffAt, TokenAt


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
    repeated = _repeated(asked, body)
    told = ticket_given_by_token(_token(asked, RECEPTION), body, asked.key, repeated, asked.now)
    if told is None:
        at, actor = _staff(asked, RECEPTION)
        told = ticket_given(at.centre, body, asked.key, repeated, actor, asked.now)
    return json.dumps(told).encode()


def _finish_and_call(asked: Asked) -> bytes:
    return _pressed(asked, press.finish_and_call_by_token, press.finish_and_call_once)


def _start(asked: Asked) -> bytes:
    return _pressed(asked, press.start_by_token, press.start_once)


def _pressed(
    asked: Asked,
    by_token: Callable[..., dict[str, Any] | None],
    once: Callable[..., dict[str, Any]],
) -> bytes:
    body = AtCounterIn.model_validate(json.loads(asked.body))
    request = {"now": asked.now, "key": asked.key, "body": _repeated(asked, body)}
    told = by_token(_token(asked, COUNTER), body.ticket, **request)
    if told is None:
        at, actor = _staff(asked, COUNTER)
        told = once(
            staff_id=at.staff_id, centre=at.centre, number=body.ticket, actor=actor, **request
        )
    return json.dumps(told).encode()


def _token(asked: Asked, roles: tuple[Role, ...]) -> TokenAt:
    return token_at(asked.token.strip(), asked.named["centre"], roles, clock.real_now())


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
