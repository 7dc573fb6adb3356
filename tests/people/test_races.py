"""Many at once: one account per number, five tries per code, one code a minute."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from mawaeed.booking.actions import book_appointment
from mawaeed.conduct.actions import record_event
from mawaeed.conduct.models import Block, Event
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.secrets import unseal
from mawaeed.people.actions import add_dependant, request_sign_in, reset_mobile, verify_sign_in
from mawaeed.people.actions.steps import beneficiary_of, create_account
from mawaeed.people.models import Beneficiary, Dependant, Person, SignIn, SignInCode
from small_world import NOW, local, make_person, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
NUMBER = "900100000"


def at_once(calls: list[Callable[[], Any]]) -> Counter[str]:
    """Run every call in a thread of its own, released together; count results and refusals."""
    barrier = threading.Barrier(len(calls))
    results: list[str] = []

    def run(call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            call()
            results.append("done")
        except DomainError as refusal:
            results.append(refusal.code)
        except Exception as error:  # noqa: BLE001 (counted, then the test fails on it)
            results.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return Counter(results)


def ask() -> None:
    request_sign_in(
        personal_number=NUMBER,
        date_of_birth="1990-01-15",
        mobile="36001234",
        language="en",
        address=None,
        now=NOW,
    )


def code_sent() -> str:
    ask()
    return unseal(OutboxEvent.objects.latest("pk").payload["code_sealed"])


def test_thirty_at_once_with_the_right_code_make_one_account() -> None:
    code = code_sent()
    results = at_once([lambda: verify_sign_in(personal_number=NUMBER, code=code, now=NOW)] * 30)
    assert results == {"done": 1, "wrong_code": 29}
    assert (Person.objects.count(), Beneficiary.objects.count()) == (1, 1)
    assert SignIn.objects.count() == 1


def test_thirty_registrations_of_one_number_make_one_account() -> None:
    made: list[tuple[int, bool]] = []

    def register() -> None:
        born = date(1990, 1, 15)
        with write_transaction():
            person, is_new = create_account(
                beneficiary=beneficiary_of(NUMBER, born),
                birth_date=born,
                mobile="+97336001234",
                language="ar",
                now=NOW,
            )
        made.append((person.pk, is_new))

    assert at_once([register] * 30) == {"done": 30}
    assert len({pk for pk, _ in made}) == 1
    assert sum(is_new for _, is_new in made) == 1
    assert (Person.objects.count(), Beneficiary.objects.count()) == (1, 1)


def test_twenty_guessing_at_once_use_up_five_tries_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = code_sent()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    compared: list[str] = []

    def see(code: str) -> str:
        compared.append(code)
        return code

    monkeypatch.setattr("mawaeed.people.actions.signing._digits", see)
    results = at_once([lambda: verify_sign_in(personal_number=NUMBER, code=wrong, now=NOW)] * 20)
    assert results == {"wrong_code": 20}
    assert len(compared) == 5
    assert SignInCode.objects.get().tries_left == 0


def test_twenty_requests_at_once_send_one_code() -> None:
    results = at_once([ask] * 20)
    assert results == {"done": 1, "too_many": 19}
    assert SignInCode.objects.count() == 1
    assert OutboxEvent.objects.count() == 1


def test_fifteen_dependants_at_once_stop_at_ten() -> None:
    person = make_person()

    def add(number: str) -> None:
        add_dependant(
            person=person, personal_number=number, name="Child", birth_date="2020-01-01", now=NOW
        )

    numbers = [f"2{n % 10}0{n // 10 + 1}00000" for n in range(15)]
    results = at_once([lambda number=number: add(number) for number in numbers])  # type: ignore[misc]
    assert results == {"done": 10, "dependants_limit": 5}
    assert Dependant.objects.count() == 10


def test_eight_events_at_once_make_one_block() -> None:
    person = make_person()

    def miss(number: int) -> None:
        with write_transaction():
            record_event(
                person_id=person.pk,
                kind=Event.Kind.MISSED,
                at=NOW,
                appointment_id=number,
                centre_id=None,
                now=real_now(),
                actor=SYSTEM,
            )

    results = at_once([lambda number=number: miss(number) for number in range(8)])  # type: ignore[misc]
    assert results == {"done": 8}
    assert Block.objects.count() == 1
    assert OutboxEvent.objects.filter(kind="conduct_warned").count() == 1


def meet(
    monkeypatch: pytest.MonkeyPatch, barrier: threading.Barrier, module: str, name: str
) -> None:
    """Let `module.name` wait for the other thread; on SQLite, where only one can be inside, not."""
    real = getattr(import_module(module), name)

    def met(*args: Any, **kwargs: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=2)
        return real(*args, **kwargs)

    monkeypatch.setattr(f"{module}.{name}", met)


def test_a_reset_while_the_code_is_typed_never_deadlocks(monkeypatch: pytest.MonkeyPatch) -> None:
    verify_sign_in(personal_number=NUMBER, code=code_sent(), now=NOW)
    SignInCode.objects.all().delete()
    person, code = Person.objects.get(), code_sent()
    barrier = threading.Barrier(2)
    meet(monkeypatch, barrier, "mawaeed.people.actions.signing", "_account_for")
    meet(monkeypatch, barrier, "mawaeed.people.actions.accounts", "end_sign_ins")
    results = at_once(
        [
            lambda: verify_sign_in(personal_number=NUMBER, code=code, now=NOW),
            lambda: reset_mobile(actor=SYSTEM, person=person, mobile="36001239", now=NOW),
        ]
    )
    # Whichever came first, the former mobile's code opens nothing afterwards.
    assert results in ({"wrong_code": 1, "done": 1}, {"done": 2})
    assert not SignIn.objects.exists()


def test_booking_for_a_new_child_beside_another_booking_never_deadlocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_world(places=2)
    person = make_person(1)
    barrier = threading.Barrier(2)
    meet(monkeypatch, barrier, "mawaeed.people.actions.dependants", "beneficiary_of")
    meet(monkeypatch, barrier, "mawaeed.booking.actions.book", "require_in_force")

    def for_a_child() -> None:
        with write_transaction():
            child = add_dependant(
                person=person,
                personal_number="200100000",
                name="Child",
                birth_date="2020-01-01",
                now=NOW,
            )
            book(person, "passport", child.beneficiary)

    results = at_once([for_a_child, lambda: book(person, "renewal")])
    assert results == {"done": 2}


def book(person: Person, service: str, comer: Beneficiary | None = None) -> None:
    book_appointment(
        person=person,
        service_code=service,
        centre_code="dana",
        starts_at=local(9, days=1),
        beneficiary=comer,
        actor=SYSTEM,
        now=NOW,
    )
