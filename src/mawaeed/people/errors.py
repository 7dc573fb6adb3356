"""Refusals about identity and accounts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mawaeed.kernel.errors import DomainError


class UnderAge(DomainError):
    """Registration is from the minimum age on, on the local date; `data.minimum` in years."""

    code = "under_age"
    http_status = 422
    message = _(
        "Registration is for people aged %(minimum)s and over. "
        "A parent or guardian can book for you."
    )


class TooMany(DomainError):
    """Asked again too soon; `data.retry_after` in seconds. Says nothing about accounts."""

    code = "too_many"
    http_status = 429
    message = _("Too many requests. Please try again in %(retry_after)s seconds.")


class TooManyPasswords(TooMany):
    """Too many wrong passwords of staff; `data.retry_after` in seconds, and in `minutes`."""

    code = "too_many_passwords"
    http_status = 429
    message = _(
        "Too many wrong passwords. Try again in %(minutes)s minutes, or ask your supervisor."
    )


class WrongCode(DomainError):
    """Wrong, expired, used up or never issued: the four are never told apart."""

    code = "wrong_code"
    http_status = 401
    message = _("This code is wrong or has expired. Check the message or ask for a new code.")


class AccountExists(DomainError):
    """There is an account for this number already."""

    code = "account_exists"
    message = _("This personal number has an account already. Open it instead of making another.")


class AlreadyVerified(DomainError):
    """A verified account is never taken over."""

    code = "already_verified"
    message = _("This account is verified already. Reset its mobile number instead.")


class TooManyDependants(DomainError):
    """The cap on dependants is reached; `data.limit`."""

    code = "dependants_limit"
    message = _("You can register at most %(limit)s dependants. Please ask at a centre.")


class TooManyConsents(DomainError):
    """As many people may book for this person as allowed, or were told today; `data.limit`."""

    code = "consents_limit"
    message = _(
        "At most %(limit)s people may book for you, and as many may be added in one day. "
        "Take one back first, or try again tomorrow."
    )
