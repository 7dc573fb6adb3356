"""The small world with an option switched on, and people who wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mawaeed.booking import actions
from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.kernel import deliveries, policies
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import PolicyValue
from mawaeed.notifications.models import Message
from mawaeed.people.models import Person
from small_world import NOW, local


def switch_on(**values: Any) -> None:
    """Settings of the agency, `freed__cool_down_minutes=60`, from the beginning of today."""
    for name, value in values.items():
        PolicyValue.objects.create(
            key=name.replace("__", "."), value=value, effective_from=local(0)
        )
    policies.forget_policies()


def acting(person: Person) -> Actor:
    return Actor("person", person.pk)


def book(person: Person, starts_at: datetime, **more: Any) -> Appointment:
    asked = {"service_code": "renewal", "centre_code": "dana", "now": NOW, **more}
    return actions.book_appointment(
        person=person, starts_at=starts_at, actor=acting(person), **asked
    )


def cancel(appointment: Appointment, now: datetime = NOW) -> Appointment:
    fresh = Appointment.objects.select_related("offering__centre", "person").get(pk=appointment.pk)
    return actions.cancel_appointment(appointment=fresh, actor=acting(fresh.person), now=now)


def wait(person: Person, now: datetime = NOW, **more: Any) -> WaitingEntry:
    asked = {"service_code": "renewal", **more}
    return actions.join_waiting_list(person=person, actor=acting(person), now=now, **asked)


def accept(entry: WaitingEntry, now: datetime = NOW) -> Appointment:
    fresh = WaitingEntry.objects.get(pk=entry.pk)
    return actions.accept_offer(entry=fresh, actor=acting(fresh.person), now=now)


def states(*entries: WaitingEntry) -> list[str]:
    return [WaitingEntry.objects.get(pk=each.pk).state for each in entries]


def deliver(now: datetime = NOW) -> None:
    """Carry out everything that is owed."""
    while deliveries.fan_out() + deliveries.deliver_due(now=now):
        pass


def told(*kinds: str) -> list[str]:
    """Mobiles of the messages about waiting, in order."""
    wanted = kinds or ("place_offered", "place_told")
    return list(Message.objects.filter(kind__in=wanted).order_by("pk").values_list("to", flat=True))
