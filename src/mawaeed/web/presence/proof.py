"""What a phone keeps after it has read the wall's code: proof for the minutes a form takes.

The code itself is over after two minutes, but signing in takes longer. The proof is this device's
own, for this centre, and lasts ten minutes of real time.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from mawaeed.centres.models import Centre

COOKIE = "here"
SALT = "here-proof"
KEPT = timedelta(minutes=10)


def give_proof(response: HttpResponse, centre: Centre) -> None:
    """Let the phone remember that it was in the hall of `centre` just now."""
    response.set_cookie(
        COOKIE,
        signing.dumps(centre.code, salt=SALT),
        max_age=KEPT,
        secure=settings.SECURE_COOKIES,
        httponly=True,
        samesite="Lax",
    )


def holds_proof(request: HttpRequest, centre: Centre) -> bool:
    """Whether this phone has read the code on the wall of `centre` in the last minutes."""
    try:
        held = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        return False
    return bool(held == centre.code)
