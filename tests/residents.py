"""Residents who sign in as people do: number, date of birth, mobile, code."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.secrets import unseal

NUMBER, BORN, MOBILE = "900100000", "1990-01-15", "36001234"
OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE = "851200000", "1985-12-01", "36001235"


def last_code() -> str:
    """The newest one-time code, as its message would carry it."""
    event = OutboxEvent.objects.filter(kind="sign_in_code_issued").latest("pk")
    return unseal(event.payload["code_sealed"])


def post_json(client: Client, path: str, body: Any, **headers: str) -> Any:
    """Send JSON; headers by their HTTP name with underscores."""
    return client.post(
        path,
        json.dumps(body),
        content_type="application/json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def api_token(client: Client, number: str = NUMBER, born: str = BORN, mobile: str = MOBILE) -> str:
    """Sign in over the API; the token."""
    asked = {"personal_number": number, "date_of_birth": born, "mobile": mobile}
    answer = post_json(client, "/api/v1/sign-in", asked)
    assert (answer.status_code, answer.json()) == (202, {})
    proof = {"personal_number": number, "code": last_code()}
    answer = post_json(client, "/api/v1/sign-in/verify", proof)
    assert answer.status_code == 200, answer.content
    token: str = answer.json()["token"]
    return token


def sign_in_on_the_web(
    client: Client,
    number: str = NUMBER,
    born: str = BORN,
    mobile: str = MOBILE,
    next_page: str = "",
) -> str:
    """Fill in both pages; where that leads."""
    year, month, day = born.split("-")
    answer = client.post(
        "/sign-in/",
        {
            "personal_number": number,
            "date_of_birth_day": day,
            "date_of_birth_month": month,
            "date_of_birth_year": year,
            "mobile": mobile,
            "next": next_page,
        },
    )
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/code/")
    answer = client.post("/sign-in/code/", {"code": last_code()})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])
