"""Refusals that a person can understand: one class per fact, each with a stable code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """An expected refusal: never a 500, never logged as an error.

    Subclasses set `code` (stable, documented), `http_status` and `message` (translated when
    shown; it says what to do next and may name values of `data` as `%(name)s`).
    """

    code: ClassVar[str] = "refused"
    http_status: ClassVar[int] = 409
    message: ClassVar[str | Promise] = _("This cannot be done now.")

    def __init__(self, **data: Any) -> None:
        super().__init__(self.code)
        self.data: Mapping[str, Any] = data

    def text(self) -> str:
        """The sentence for the person, in the active language."""
        text = str(self.message)
        return text % dict(self.data) if self.data and "%(" in text else text


class Malformed(DomainError):
    """Input that cannot be read; `field` names it."""

    code = "malformed"
    http_status = 422
    message = _("Please check what you entered and try again.")


class Stale(DomainError):
    """Somebody or something changed the state first: the conditional update hit no row."""

    code = "stale"
    message = _("This has changed in the meantime. Look at the page again and repeat if needed.")


class NotFound(DomainError):
    """Absent, or not this actor's to see: the two are never told apart."""

    code = "not_found"
    http_status = 404
    message = _("We could not find this. Check the address or the reference.")


class NotAllowed(DomainError):
    """The actor is known but has no such right here."""

    code = "not_allowed"
    http_status = 403
    message = _("Your role does not allow this. Ask your supervisor.")


class MethodNotAllowed(DomainError):
    """The address exists, but not with this HTTP method; the header `Allow` names those it has."""

    code = "method_not_allowed"
    http_status = 405
    message = _("This address does not take this method. Look at the list of operations.")


class KeyReused(DomainError):
    """The same idempotency key came with another body."""

    code = "key_reused"
    http_status = 422
    message = _("This request repeats an earlier one with other details. Open the page again.")


class DatabaseAway(DomainError):
    """The database cannot be reached or did not answer in time; data: `retry_after`, seconds."""

    code = "database_away"
    http_status = 503
    message = _("Our records cannot be reached now. Nothing is lost: try again in a minute.")


class StillWorking(DomainError):
    """A repeat arrived while the first request is still running."""

    code = "in_progress"
    http_status = 409
    message = _("Your first request is still being carried out. Wait a moment and look again.")
