"""The live ticket and the rating, as their links open them."""

from __future__ import annotations

import pytest
from django.test import Client

from hall_day import CLERK, arrived, walked_in, working
from mawaeed.booking.actions import book_visit
from mawaeed.booking.legs import Wanted
from mawaeed.conduct.models import Event
from mawaeed.feedback.actions import request_rating
from mawaeed.feedback.models import Dimension, Rating
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Ticket
from mawaeed.hall.topics import ticket_topic
from mawaeed.kernel import clock
from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.secrets import unseal
from small_world import NOW, World, local, make_person, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: local(9, 30))
    return make_world()


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_waiting_ticket_tells_who_is_before_and_listens(world: World, client: Client) -> None:
    walked_in(world.dana, local(9))
    second = walked_in(world.dana, local(9, 5))

    html = page_of(client, f"/t/{second.secret}/")

    assert second.number in html
    assert "1 person before you" in html
    assert f'data-live="/live/{ticket_topic(second.secret)}"' in html
    assert f'data-fragment="/t/{second.secret}/part/"' in html


def test_a_called_ticket_tells_the_counter(world: World, client: Client) -> None:
    ticket = walked_in(world.dana, local(9))
    hall.call_next(counter_session=working(world, 2), now=local(9, 10), actor=CLERK)

    part = page_of(client, f"/t/{ticket.secret}/part/")

    assert "ticket-called" in part
    assert "<b><bdi>2</bdi></b>" in part
    assert "<html" not in part


def test_a_part_that_is_finished_leads_to_the_next_number(world: World, client: Client) -> None:
    first, second = book_visit(
        person=make_person(1),
        wanted=[Wanted("renewal"), Wanted("passport")],
        centre_code="dana",
        starts_at=local(9),
        actor=CLERK,
        now=NOW,
    )
    ticket = hall.check_in(appointment=first, actor=CLERK, now=local(8, 50))
    called = hall.call_next(counter_session=working(world), now=local(9), actor=CLERK)
    assert called is not None
    serving = hall.start_service(ticket=called, actor=CLERK, now=local(9, 1))
    hall.finish_service(ticket=serving, actor=CLERK, now=local(9, 10))
    following = Ticket.objects.get(appointment=second)

    html = page_of(client, f"/t/{ticket.secret}/")
    assert f'href="/t/{following.secret}/"' in html
    assert "Thank you for your visit" not in html
    assert f'href="/t/{ticket.secret}/"' not in page_of(client, f"/t/{following.secret}/")


def test_more_time_is_given_as_often_as_allowed_and_once_for_each_press(
    world: World, client: Client
) -> None:
    secret = walked_in(world.dana, local(9)).secret
    page, more = f"/t/{secret}/", f"/t/{secret}/more-time/"
    assert "You can ask 2 more times." in page_of(client, page)

    for _ in range(2):  # the same button twice
        assert client.post(more, {"used": "0"}).status_code == 302
    assert Ticket.objects.get().more_time_used == 1
    html = page_of(client, page)
    assert "You are passed over until" in html
    assert "You can ask once more." in html

    client.post(more, {"used": "1"})
    assert f'action="{more}"' not in page_of(client, page)
    client.post(more, {"used": "2"})
    assert Ticket.objects.get().more_time_used == 2
    assert "already had more time" in page_of(client, page)


def test_a_place_is_given_up_after_a_question(world: World, client: Client) -> None:
    secret = walked_in(world.dana, local(9)).secret
    assert "Give up your place?" in page_of(client, f"/t/{secret}/leave/")
    assert Ticket.objects.get().state == "waiting"

    client.post(f"/t/{secret}/leave/")

    assert Ticket.objects.get().state == "left"
    html = page_of(client, f"/t/{secret}/")
    assert "This ticket is closed" in html
    assert "data-live" not in html


def test_giving_up_an_appointment_says_whether_it_counts_before_it_does(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, ticket = arrived(local(9), local(9)), arrived(local(9, 20))
    leave = f"/t/{ticket.secret}/leave/"
    assert "Giving up counts like a late cancellation" in page_of(client, leave)
    # A page that said otherwise, from before, is not carried out.
    again = client.post(leave, {"counts": "no"})
    assert "Giving up counts like a late cancellation" in again.content.decode()
    assert not Event.objects.exists()
    for _ in range(2):
        client.post(leave, {"counts": "yes"})
    assert Event.objects.get().kind == "late_cancellation"
    assert sorted(Ticket.objects.values_list("state", flat=True)) == ["left", "waiting"]

    monkeypatch.setattr(clock, "now", lambda: local(9, 31))
    assert "It does not count against you." in page_of(client, f"/t/{late.secret}/leave/")


def test_whoever_is_called_cannot_give_up_by_an_old_page(world: World, client: Client) -> None:
    secret = walked_in(world.dana, local(9)).secret
    hall.call_next(counter_session=working(world, 2), now=local(9, 10), actor=CLERK)

    assert client.post(f"/t/{secret}/leave/").headers["Location"] == f"/t/{secret}/"
    assert Ticket.objects.get().state == "called"


def test_a_missed_ticket_says_what_to_do_and_until_when(world: World, client: Client) -> None:
    ticket = walked_in(world.dana, local(9))
    called = hall.call_next(counter_session=working(world, 2), now=local(9, 10), actor=CLERK)
    assert called is not None
    called = hall.recall(ticket=called, actor=CLERK, now=local(9, 12))
    hall.mark_missed(ticket=called, actor=CLERK, now=local(9, 15))

    html = page_of(client, f"/t/{ticket.secret}/")

    assert "Ask at reception" in html
    assert "Until <bdi>10:15" in html


def test_two_who_must_come_are_told_while_they_wait(world: World, client: Client) -> None:
    secret = walked_in(world.dana, local(9)).secret
    assert "Two people must come" not in page_of(client, f"/t/{secret}/")
    type(world.renewal).objects.filter(pk=world.renewal.pk).update(people_present=2)
    assert "Two people must come" in page_of(client, f"/t/{secret}/part/")


def test_an_arrived_appointment_leads_to_its_ticket(client: Client) -> None:
    ticket = arrived(local(9, 30))
    assert ticket.appointment is not None

    html = page_of(client, f"/e/{ticket.appointment.secret}/")

    assert f'href="/t/{ticket.secret}/"' in html


def served_and_asked(world: World) -> tuple[Ticket, str]:
    walked_in(world.dana, local(9), mobile="+97336001234")
    session = working(world)
    ticket = hall.call_next(counter_session=session, now=local(9, 10), actor=CLERK)
    assert ticket is not None
    ticket = hall.start_service(ticket=ticket, actor=CLERK, now=local(9, 11))
    ticket = hall.finish_service(ticket=ticket, actor=CLERK, now=local(9, 20))
    request_rating(ticket=ticket, now=local(9, 20))
    event = OutboxEvent.objects.get(kind="rating_requested")
    return ticket, unseal(event.payload["token_sealed"])


def test_a_rating_is_given_once(world: World, client: Client) -> None:
    Dimension.objects.create(code="speed", name={"ar": "السرعة", "en": "Speed"})
    _, token = served_and_asked(world)
    assert "Speed" in page_of(client, f"/r/{token}/")

    incomplete = client.post(f"/r/{token}/", {"score_speed": "5", "comment": "Quick"})
    assert incomplete.status_code == 422
    assert "Quick" in incomplete.content.decode()
    form = {"overall": "4", "score_speed": "5", "comment": "Quick"}
    assert client.post(f"/r/{token}/", form).status_code == 200

    rating = Rating.objects.get()
    assert (rating.overall, rating.scores, rating.comment) == (4, {"speed": 5}, "Quick")
    assert "Already rated" in page_of(client, f"/r/{token}/")
    assert client.post(f"/r/{token}/", form).status_code == 410


def test_a_refusal_leaves_no_link_in_the_log(
    world: World, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    secret = walked_in(world.dana, local(9)).secret
    assert client.post(f"/t/{secret}/").status_code == 405
    assert client.get(f"/t/{secret}x/").status_code == 404
    assert secret not in caplog.text
