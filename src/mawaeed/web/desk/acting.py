"""One press of a staff button: carried out once, told to whoever pressed, then redirected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest

from mawaeed.centres.models import Centre
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import first_answer, once, repeatable
from mawaeed.kernel.identifiers import digest, new_token
from mawaeed.people.models import Staff
from mawaeed.people.queries import staff_actor

# Fields that say how a form was sent, not what it asks for.
NOT_ASKED = ("csrfmiddlewaretoken", "key")

Write = Callable[[], dict[str, Any]]


def centre_of(request: HttpRequest) -> Centre:
    """The centre of the page; `web.audience.staff` has checked that it is this person's."""
    return cast("Centre", request.centre)  # type: ignore[attr-defined]


def staff_of(request: HttpRequest) -> Staff:
    """The signed-in member of staff of a view that only staff reach."""
    return cast("Staff", request.user)


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in member of staff as the one who acts."""
    return staff_actor(staff_of(request))


def new_key() -> str:
    """For the hidden field `key` of a page's acting forms: a second press changes nothing."""
    return new_token(12)


def write_once(request: HttpRequest, actor: Actor, write: Write) -> dict[str, Any]:
    """Carry `write` out once per form shown; a repeat gets the first result.

    The key of a page serves all its forms: the path and what is asked for are part of it, so
    that two different buttons of one page are two different requests.
    """
    asked, key = _press(request)
    return once(actor=actor, key=key, body=asked, write=write)


def done_before(request: HttpRequest, actor: Actor) -> dict[str, Any] | None:
    """What this very press was answered when it was carried out; None for a new one.

    For views that look at what the press itself has changed before they write: a press that is
    sent again must not be refused because it was done.
    """
    asked, key = _press(request)
    return first_answer(repeatable(actor=actor, key=key, body=asked)) if key else None


def _press(request: HttpRequest) -> tuple[dict[str, Any], str]:
    """What is asked for, and the key of this press of it ("" for a form without one)."""
    asked = {
        name: values[0] if len(values) == 1 else values  # ticks of one name: all of them
        for name, values in request.POST.lists()
        if name not in NOT_ASKED
    }
    given = request.POST.get("key", "")
    return asked, digest(f"{given} {request.path} {sorted(asked.items())}") if given else ""


def act(request: HttpRequest, write: Write) -> dict[str, Any] | None:
    """Carry out one press; a refusal becomes a message on the page that follows, and None."""
    try:
        return write_once(request, actor_of(request), write)
    except DomainError as refusal:
        messages.error(request, refusal.text())
        return None
