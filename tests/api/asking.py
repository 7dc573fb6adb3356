"""Asking the API for an appointment, and reading a refusal."""

from __future__ import annotations

from typing import Any

from django.test import Client

from residents import post_json

A_TIME = "2026-11-23T10:00:00+03:00"


def authorized(token: str, key: str = "") -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}"}
    return {**headers, "Idempotency_Key": key} if key else headers


def book(client: Client, token: str, key: str = "k1", **changes: Any) -> Any:
    body = {"service": "renewal", "centre": "dana", "starts_at": A_TIME, **changes}
    return post_json(client, "/api/v1/appointments", body, **authorized(token, key))


def refusal(answer: Any) -> tuple[int, str]:
    assert set(answer.json()) == {"code", "message", "data"}
    assert answer.json()["message"]
    return answer.status_code, answer.json()["code"]
