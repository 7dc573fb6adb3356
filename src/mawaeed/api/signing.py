"""Signing in: a code goes out by message, a token comes back."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Status

from mawaeed.api.audience import public
from mawaeed.api.edge import address_of, language_of, now_of, with_offset
from mawaeed.api.schemas import Nothing, Refusal, SignInIn, TokenOut, VerifyIn
from mawaeed.people import actions as people
from mawaeed.people.models import Person

router = Router(tags=["sign-in"])


@router.post("/sign-in", response={202: Nothing, 422: Refusal, 429: Refusal})
@public
def request_code(request: HttpRequest, body: SignInIn) -> Status[Nothing]:
    """Send a one-time code. The answer is the same whether or not an account exists."""
    people.request_sign_in(
        personal_number=body.personal_number,
        date_of_birth=body.date_of_birth,
        mobile=body.mobile,
        language=language_of(request),
        address=address_of(request),
        now=now_of(request),
    )
    return Status(202, Nothing())


@router.post("/sign-in/verify", response={200: TokenOut, 401: Refusal, 422: Refusal})
@public
def verify_code(request: HttpRequest, body: VerifyIn) -> TokenOut:
    """Exchange the code for a token: 30 minutes of idleness, 12 hours in all."""
    signed_in = people.verify_sign_in(
        personal_number=body.personal_number, code=body.code, now=now_of(request)
    )
    return TokenOut(
        token=signed_in.token,
        expires_at=with_offset(signed_in.expires_at, settings.TIME_ZONE),
        verified=signed_in.person.verification != Person.Verification.UNVERIFIED,
    )
