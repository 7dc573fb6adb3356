"""Machines that sign in with staff tokens at the small world's two centres."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from django.test import Client

from mawaeed.kernel.actor import SYSTEM
from mawaeed.people.actions import create_staff_token
from mawaeed.people.models import Staff
from residents import post_json
from small_world import World

STAFF_API = "/api/v1/staff"


def token_for(staff: Staff, now: datetime) -> str:
    return create_staff_token(staff=staff, label="machine", days=1, actor=SYSTEM, now=now)[0]


@dataclass
class Machine:
    """Calls the API as one member of staff; every write has a key of its own unless given."""

    world: World
    token: str
    keys: Any = field(default_factory=count)
    client: Client = field(default_factory=lambda: Client(headers={"accept-language": "en"}))

    def post(self, path: str, body: Any = None, *, centre: str = "dana", key: str = "") -> Any:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency_Key": key or f"key-{next(self.keys)}",
        }
        return post_json(self.client, f"{STAFF_API}/{centre}/{path}", body or {}, **headers)

    def get(self, path: str, *, centre: str = "dana") -> Any:
        headers = {"authorization": f"Bearer {self.token}"}
        return self.client.get(f"{STAFF_API}/{centre}/{path}", headers=headers)


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")
