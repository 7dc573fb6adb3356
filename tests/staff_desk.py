"""A morning at the small world's two centres, with staff of every role."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.test import Client

from mawaeed.booking.actions import book_appointment
from mawaeed.booking.models import Appointment
from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Person, Staff
from mawaeed.web.kiosk.pairing import COOKIE, device_pass
from small_world import NOW, World

KEY = re.compile(r'name="key" value="([^"]+)"')


@dataclass
class Desk:
    """The world, its clock and its staff."""

    world: World
    at: datetime
    staff: dict[str, Staff]

    def client(self, name: str, language: str = "en") -> Client:
        """Signed in as `name` ("" for nobody), in `language`."""
        client = Client(headers={"accept-language": language})
        client.cookies["language"] = language
        client.cookies[COOKIE] = device_pass(self.world.dana, self.at)
        if name:
            client.force_login(self.staff[name])
        return client

    def booked(self, person: Person, at: datetime, code: str = "renewal") -> Appointment:
        """An appointment at Dana, made before the day."""
        return book_appointment(
            person=person,
            service_code=code,
            centre_code="dana",
            starts_at=at,
            actor=Actor("person", person.pk),
            now=NOW,
        )


def key_on(html: str) -> str:
    """The key of a page's acting forms."""
    found = KEY.search(html)
    assert found, "the page has no acting form"
    return found.group(1)
