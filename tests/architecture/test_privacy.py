"""No personal number, mobile, name or code leaves in an address, a log line, an event or a text."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from audience_register import audience_register
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Counter
from mawaeed.hall.models import Ticket
from mawaeed.kernel import clock, deliveries
from mawaeed.kernel.models import History, IdempotencyKey, OutboxDelivery, OutboxEvent
from mawaeed.kernel.secrets import unseal
from mawaeed.notifications.actions import send_due
from mawaeed.notifications.models import Message
from mawaeed.people.models import Role
from residents import MOBILE, NUMBER, last_code, sign_in_on_the_web
from small_world import NOW, local, make_staff, make_world
from staff_desk import key_on

CHILD, CHILDS_NUMBER = "Examplechild", "200100000"
PERSONAL = re.compile(f"{NUMBER}|{MOBILE}|{CHILD}|{CHILDS_NUMBER}")
TELLING = {"name", "number", "personal_number", "mobile", "phone", "birth_date", "code_sealed"}


class Journey:
    """Clients whose every request and answer leaves its address here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.addresses: list[str] = []
        self.at = NOW
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def client(self) -> Client:
        seen = self.addresses

        class Noting(Client):
            def request(self, **request: Any) -> Any:
                answer = super().request(**request)
                seen.append(f"{request.get('PATH_INFO')}?{request.get('QUERY_STRING')}")
                seen.append(answer.headers.get("Location", ""))
                seen.extend(re.findall(r'(?:href|action|src)="([^"]*)"', text_of(answer)))
                return answer

        return Noting(headers={"accept-language": "en"})


def text_of(answer: Any) -> str:
    return "" if answer.streaming else answer.content.decode()


def hidden(html: str) -> dict[str, str]:
    main = html[html.index("<main") :]
    found = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', main)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


@pytest.fixture
def lived(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> tuple[Journey, str]:
    """A day from signing in to rating, through the pages, every logger at its most talkative."""
    caplog.set_level(logging.DEBUG)
    journey = Journey(monkeypatch)
    _book(journey.client())
    _be_served(journey, local(9, 30))
    journey.at = local(9, 40)
    _deliver(journey.at)
    told = Message.objects.get(kind="rating_requested").text
    token = told[told.index("/r/") + 3 :].split()[0].strip("/")
    rated = journey.client().post(f"/r/{token}/", {"overall": "5", "comment": "Quick."})
    assert rated.status_code in {200, 302}
    _deliver(journey.at)
    return journey, caplog.text


def _book(resident: Client) -> None:
    make_world(days=1)
    sign_in_on_the_web(resident)
    child = {"name": CHILD, "personal_number": CHILDS_NUMBER, "relation": "child"}
    born = {"date_of_birth_day": "5", "date_of_birth_month": "1", "date_of_birth_year": "2020"}
    assert resident.post("/dependants/", {**child, **born}).status_code == 302
    for service, at in (("renewal", "06%3A30"), ("passport", "07%3A30")):
        page = f"/book/?service={service}&centre=dana&at=2026-11-22T{at}Z"
        form = hidden(resident.get(page).content.decode())
        assert resident.post("/book/", {"who": "me", **form}).status_code == 302
    resident.get("/appointments/")
    last = Appointment.objects.latest("pk").reference
    assert resident.post(f"/appointments/{last}/cancel/").status_code == 302
    wrong = resident.post("/sign-in/code/", {"code": "000000"})
    assert wrong.status_code in {200, 302, 401, 422}


def _be_served(journey: Journey, start: datetime) -> None:
    staff = journey.client()
    world_staff = _supervisor()
    staff.force_login(world_staff)
    journey.at = local(9, 15)
    found = staff.post("/desk/dana/look-up/", {"sought": NUMBER}, follow=True).content.decode()
    appointment = Appointment.objects.get(state="booked")
    assert appointment.starts_at == start
    answer = staff.post(
        "/desk/dana/check-in/", {"appointment": appointment.pk, "key": key_on(found)}
    )
    assert answer.status_code == 302
    journey.at = start
    counter = Counter.objects.get(centre__code="dana", number=1)
    staff.post("/counter/dana/open/", {"counter": counter.pk})
    for verb in ("call", "start", "finish"):
        page = staff.get("/counter/dana/").content.decode()
        ticket = Ticket.objects.get()
        form = {**hidden(page), "verb": verb, "ticket": str(ticket.pk), "key": key_on(page)}
        assert staff.post("/counter/dana/act/", form).status_code == 302
    assert Ticket.objects.get().state == "served"


def _supervisor() -> Any:
    from mawaeed.centres.models import Agency, Centre

    world: Any = type("Where", (), {"agency": Agency.objects.get()})
    centre = Centre.objects.get(code="dana")
    return make_staff(world, "supervisor", Role.SUPERVISOR, centre)


def _deliver(now: datetime) -> None:
    """The worker's turn, with the driver a real installation starts with: the log."""
    for _ in range(3):
        deliveries.fan_out()
        deliveries.deliver_due(now=now)
    send_due(now=now)


def test_a_day_leaves_nothing_personal_outside_its_place(lived: tuple[Journey, str]) -> None:
    journey, log = lived
    code = last_code()
    payloads = [event.payload for event in OutboxEvent.objects.all()]
    kept = {
        "addresses": journey.addresses,
        "log": log.splitlines(),
        "events": [json.dumps([e.payload, e.topics]) for e in OutboxEvent.objects.all()],
        "history": [json.dumps([h.details, h.reason]) for h in History.objects.all()],
        "keys": [json.dumps([k.actor, k.key, k.result]) for k in IdempotencyKey.objects.all()],
        "deliveries": [each.error for each in OutboxDelivery.objects.all()],
        "texts": [each.text for each in Message.objects.all()],
    }
    found = {where: [*filter(PERSONAL.search, lines)] for where, lines in kept.items()}

    assert found == {where: [] for where in kept}
    assert all(map(len, kept.values())), "nothing was looked through"
    assert OutboxDelivery.objects.exclude(state="done").count() == 0
    assert {"sign_in_code_issued", "ticket_called", "rating_submitted"} <= kinds()
    # The one-time code: sealed in its event, forgotten in its message, nowhere else.
    assert [unseal(p["code_sealed"]) for p in payloads if "code_sealed" in p] == [code]
    assert [each.text for each in Message.objects.filter(kind="sign_in_code")] == [""]
    assert code not in log
    assert code not in " ".join(kept["addresses"])
    assert code not in [value for payload in payloads for value in payload.values()]


def kinds() -> set[str]:
    return set(OutboxEvent.objects.values_list("kind", flat=True))


def test_no_address_has_a_place_for_personal_data() -> None:
    named = {name for each in audience_register() for name in each.arguments}

    assert named & TELLING == set()
    assert {"centre", "reference", "secret"} <= named
