"""Messages leave once, are tried again, and codes are forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from pytest_django import Settings

from mawaeed.kernel.clock import real_now
from mawaeed.notifications import senders
from mawaeed.notifications.actions import MAX_ATTEMPTS, retry_failed, send_due
from mawaeed.notifications.models import Message
from mawaeed.notifications.queries import counts_by_state, inbox
from mawaeed.notifications.senders import Failed, Kannel, Log, Sent, Sink, Text

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
MOBILE = "+97336001234"


def message(key: str = "1", kind: str = "appointment_booked", to: str = MOBILE) -> Message:
    return Message.objects.create(
        dedupe_key=key,
        to=to,
        kind=kind,
        language="en",
        text=f"text {key}",
        created_at=NOW,
        due_at=real_now(),
    )


class Gateway:
    """A driver that notes what it got and answers as told."""

    def __init__(self, *answers: Sent | Failed) -> None:
        self.answers = list(answers)
        self.got: list[Text] = []
        self.inside_transaction: list[bool] = []

    def send(self, message: Text) -> Sent | Failed:
        self.got.append(message)
        self.inside_transaction.append(connection.in_atomic_block)
        return self.answers.pop(0) if self.answers else Sent()


@pytest.mark.django_db
def test_send_due_sends_each_message_once_and_notes_when() -> None:
    message()
    gateway = Gateway()
    assert (send_due(now=NOW, sender=gateway), send_due(now=NOW, sender=gateway)) == (1, 0)
    row = Message.objects.get()
    assert (row.state, row.sent_at, row.attempts, row.text) == ("sent", NOW, 1, "text 1")
    assert gateway.got == [Text(MOBILE, "appointment_booked", "text 1", 1)]


@pytest.mark.django_db(transaction=True)
def test_send_due_talks_to_the_gateway_outside_any_transaction() -> None:
    message()
    gateway = Gateway()
    send_due(now=NOW, sender=gateway)
    assert gateway.inside_transaction == [False]


@pytest.mark.django_db
def test_send_due_after_a_failure_waits_and_tries_again_and_gives_up_in_the_end() -> None:
    message()
    refused = [Failed("gateway answered 503") for _ in range(MAX_ATTEMPTS)]
    gateway = Gateway(*refused)
    assert (send_due(now=NOW, sender=gateway), send_due(now=NOW, sender=gateway)) == (1, 0)
    for _ in range(MAX_ATTEMPTS):
        Message.objects.update(due_at=real_now() - timedelta(seconds=1))
        send_due(now=NOW, sender=gateway)
    row = Message.objects.get()
    assert (row.state, row.attempts) == ("failed", MAX_ATTEMPTS)
    assert retry_failed() == 1
    assert send_due(now=NOW, sender=gateway) == 1
    assert counts_by_state() == {"waiting": 0, "sent": 1, "delivered": 0, "failed": 0}


@pytest.mark.django_db
def test_send_due_leaves_a_leased_message_until_the_lease_is_over() -> None:
    message()
    Message.objects.update(leased_until=real_now() + timedelta(seconds=30))
    assert send_due(now=NOW, sender=Gateway()) == 0
    Message.objects.update(leased_until=real_now() - timedelta(seconds=1))
    assert send_due(now=NOW, sender=Gateway()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("demo", "kept"), [(False, ""), (True, "text 1")])
def test_send_due_forgets_a_sent_code_except_in_the_demonstration(
    settings: Settings, demo: bool, kept: str
) -> None:
    settings.DEMO = demo
    message(kind="sign_in_code")
    send_due(now=NOW, sender=Sink())
    assert Message.objects.get().text == kept


@pytest.mark.django_db
def test_inbox_shows_what_was_sent_newest_first_and_by_mobile() -> None:
    for key, to in (("1", MOBILE), ("2", "+97336001235"), ("3", MOBILE)):
        message(key, to=to)
    send_due(now=NOW, sender=Sink())
    message("4")
    assert [item.text for item in inbox()] == ["text 3", "text 2", "text 1"]
    assert [item.text for item in inbox(to=MOBILE, limit=1)] == ["text 3"]
    assert inbox(to=MOBILE)[0].sent_at == NOW


@pytest.mark.parametrize(("name", "driver"), [("sink", Sink), ("log", Log), ("kannel", Kannel)])
def test_configured_driver(settings: Settings, name: str, driver: type[Any]) -> None:
    settings.SMS_DRIVER = name
    assert isinstance(senders.configured(), driver)


def test_configured_refuses_an_unknown_driver(settings: Settings) -> None:
    settings.SMS_DRIVER = "pigeon"
    with pytest.raises(ValueError, match="pigeon"):
        senders.configured()


def test_log_masks_the_number_and_leaves_the_text_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        Log().send(Text(MOBILE, "sign_in_code", "code 123456", 1))
    assert "…34" in caplog.text
    assert MOBILE not in caplog.text
    assert "123456" not in caplog.text


@pytest.fixture
def gateway() -> Iterator[tuple[Kannel, list[dict[str, list[str]]], list[int]]]:
    """An HTTP gateway that answers the statuses put into the list, 202 by default."""
    asked: list[dict[str, list[str]]] = []
    statuses: list[int] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(parse_qs(urlsplit(self.path).query))
            self.send_response(statuses.pop(0) if statuses else 202)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (given name)
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/cgi-bin/sendsms"
    try:
        yield Kannel(url, "q", "pw", "MAWAEED"), asked, statuses
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_kannel_sends_the_parameters_and_takes_202_for_sent(
    gateway: tuple[Kannel, list[dict[str, list[str]]], list[int]],
) -> None:
    kannel, asked, _ = gateway
    assert kannel.send(Text(MOBILE, "k", "موعدك & 10:30", 1)) == Sent()
    kannel.send(Text(MOBILE, "k", "plain", 1))
    assert asked[0] == {
        "username": ["q"],
        "password": ["pw"],
        "from": ["MAWAEED"],
        "to": [MOBILE],
        "text": ["موعدك & 10:30"],
        "charset": ["UTF-8"],
        "coding": ["2"],
    }
    assert asked[1]["coding"] == ["0"]


def test_kannel_failing_or_absent_is_a_failure_not_an_exception(
    gateway: tuple[Kannel, list[dict[str, list[str]]], list[int]],
) -> None:
    kannel, _, statuses = gateway
    statuses.extend([503, 403])
    text = Text(MOBILE, "k", "plain", 1)
    assert kannel.send(text) == Failed("gateway answered 503")
    assert kannel.send(text) == Failed("gateway answered 403")
    absent = Kannel("http://127.0.0.1:9/sendsms", "q", "pw", "MAWAEED")
    assert isinstance(absent.send(text), Failed)
