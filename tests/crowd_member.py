"""One process of a crowd: reads its jobs, says `ready`, waits for the word, does them, counts."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import F  # noqa: E402

from mawaeed.availability.calendar.wishes import CloseTime, SendAway  # noqa: E402
from mawaeed.availability.models import Interval  # noqa: E402
from mawaeed.availability.releases import release_due  # noqa: E402
from mawaeed.booking import actions as booking  # noqa: E402
from mawaeed.booking.actions.calendar import apply_change  # noqa: E402
from mawaeed.booking.actions.displace import displace_people  # noqa: E402
from mawaeed.booking.models import Appointment, Hold  # noqa: E402
from mawaeed.centres.models import Centre  # noqa: E402
from mawaeed.centres.models import Counter as Desk  # noqa: E402
from mawaeed.kernel.actor import SYSTEM, Actor  # noqa: E402
from mawaeed.kernel.errors import DomainError  # noqa: E402
from mawaeed.kernel.idempotency import once  # noqa: E402
from mawaeed.people.models import Person  # noqa: E402
from small_world import NOW  # noqa: E402


def book(person: int, starts_at: str, centre: str = "dana", now: str = "") -> None:
    booking.book_appointment(
        person=Person.objects.get(pk=person),
        service_code="renewal",
        centre_code=centre,
        starts_at=datetime.fromisoformat(starts_at),
        actor=SYSTEM,
        now=datetime.fromisoformat(now) if now else NOW,
    )


def move(appointment: int, starts_at: str, centre: str = "dana") -> None:
    booking.move_appointment(
        appointment=Appointment.objects.get(pk=appointment),
        starts_at=datetime.fromisoformat(starts_at),
        centre_code=centre,
        actor=SYSTEM,
        now=NOW,
    )


def hold(person: int, starts_at: str, now: str) -> None:
    booking.hold_places(
        person=Person.objects.get(pk=person),
        service_codes=["renewal"],
        centre_code="dana",
        starts_at=datetime.fromisoformat(starts_at),
        now=datetime.fromisoformat(now),
    )


def release_expired(now: str) -> None:
    booking.release_expired_holds(now=datetime.fromisoformat(now))


def book_once(person: int, starts_at: str, key: str) -> None:
    def write() -> dict[str, Any]:
        book(person, starts_at)
        return {"booked": True}

    body = {"at": starts_at}
    once(actor=Actor("person", person), key=key, body=body, write=write)


def close(starts_at: str, ends_at: str) -> None:
    """The whole of Dana for a time; everybody there is moved."""
    change = apply_change(
        centre=Centre.objects.get(code="dana"),
        wish=CloseTime(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)),
        choice="move",
        reason="race",
        actor=SYSTEM,
        now=NOW,
    )
    while not change.details["settled"]:
        displace_people(change=change, now=NOW, limit=5)


def lend(counter: int, starts_at: str, ends_at: str) -> None:
    apply_change(
        centre=Centre.objects.get(code="dana"),
        wish=SendAway(
            Desk.objects.get(pk=counter),
            datetime.fromisoformat(starts_at),
            datetime.fromisoformat(ends_at),
        ),
        choice="keep",
        reason="race",
        actor=SYSTEM,
        now=NOW,
    )


def let_go(now: str) -> None:
    release_due(now=datetime.fromisoformat(now))


def close_those_listed_before(starts_at: str, ends_at: str) -> None:
    """A control: lists whom it displaces first, then closes, and never looks again."""
    inside = {"starts_at__gte": starts_at, "starts_at__lt": ends_at, "pool__centre__code": "dana"}
    listed = list(Appointment.objects.filter(state="booked", **inside).values_list("pk", flat=True))
    WAITING.wait(timeout=1)
    taken = F("taken_public") + F("taken_staff") + F("cooling")
    Interval.objects.filter(**inside).update(capacity=0, shortfall=taken)
    for appointment in Appointment.objects.filter(pk__in=listed):
        booking.cancel_by_centre(appointment=appointment, actor=SYSTEM, reason="race", now=NOW)


def swap_in_two_steps(appointment: int, starts_at: str) -> None:
    """A control: what a design without net changes does; the old place first, then the new."""
    found = Appointment.objects.get(pk=appointment)
    length = found.ends_at - found.starts_at
    begin = datetime.fromisoformat(starts_at)
    rows = Interval.objects.filter(pool=found.pool)
    with transaction.atomic():
        old = rows.filter(starts_at__gte=found.starts_at, starts_at__lt=found.ends_at)
        old.update(taken_public=F("taken_public") - 1)
    with transaction.atomic():
        new = rows.filter(starts_at__gte=begin, starts_at__lt=begin + length)
        free = new.filter(capacity__gt=F("taken_public"))
        if free.update(taken_public=F("taken_public") + 1) == new.count():
            Appointment.objects.filter(pk=found.pk).update(starts_at=begin, ends_at=begin + length)


def reclaim_without_counting(hold_id: int) -> None:
    """A control: gives the places back whether or not it was this call that deleted the hold."""
    held = Hold.objects.filter(pk=hold_id).first()
    if held is None:
        return
    WAITING.wait(timeout=2)  # everybody has read it
    with transaction.atomic():
        Hold.objects.filter(pk=held.pk).delete()
        Interval.objects.filter(
            pool=held.pool, starts_at__gte=held.starts_at, starts_at__lt=held.ends_at
        ).update(taken_public=F("taken_public") - 1)


def book_unless_known(person: int, starts_at: str, key: str) -> None:
    """A control: looks whether the key is known, and writes it after the effect."""
    from mawaeed.kernel.clock import real_now
    from mawaeed.kernel.models import IdempotencyKey

    actor = f"control:{person}"
    if IdempotencyKey.objects.filter(actor=actor, key__startswith=key).exists():
        return
    WAITING.wait(timeout=2)
    Appointment.objects.filter(pk=person).update(moves=F("moves") + 1)
    IdempotencyKey.objects.create(
        actor=actor,
        key=f"{key}:{threading.get_ident()}",
        body_hash="",
        result={},
        created_at=real_now(),
    )


JOBS: dict[str, Callable[..., None]] = {
    job.__name__: job
    for job in (
        book,
        move,
        hold,
        release_expired,
        book_once,
        swap_in_two_steps,
        close,
        lend,
        let_go,
        close_those_listed_before,
        reclaim_without_counting,
        book_unless_known,
    )
}
WAITING = threading.Event()  # never set: a wait on it is a pause in which others catch up


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    jobs = json.loads(sys.stdin.readline())
    threads = int(sys.argv[1])
    outcome: Counter[str] = Counter()
    ready = threading.Barrier(threads + 1)
    go = threading.Event()

    def work(share: list[Any]) -> None:
        connection.ensure_connection()
        ready.wait(60)
        go.wait(60)
        for name, arguments in share:
            outcome[_outcome(JOBS[name], arguments)] += 1
        connection.close()

    workers = [
        threading.Thread(target=work, args=(jobs[number::threads],)) for number in range(threads)
    ]
    for worker in workers:
        worker.start()
    ready.wait(60)
    say("ready")
    sys.stdin.readline()
    go.set()
    for worker in workers:
        worker.join()
    say(json.dumps(outcome))


def _outcome(job: Callable[..., None], arguments: dict[str, Any]) -> str:
    try:
        job(**arguments)
    except DomainError as refusal:
        return refusal.code
    except Exception as error:  # noqa: BLE001 (told, and the test fails on it)
        return repr(error)
    return "done"


if __name__ == "__main__":
    main()
