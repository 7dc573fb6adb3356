"""Each role reaches its own screens; elsewhere it is refused, at another centre nothing exists."""

from __future__ import annotations

import pytest

from staff_desk import Desk

OPEN = {
    "desk": {"reception", "supervisor", "administrator"},
    "counter": {"clerk", "second", "supervisor", "administrator"},
    "supervisor": {"supervisor", "administrator"},
}
FRAGMENTS = {"desk": "arrivals/", "counter": "", "supervisor": "now/"}
HERE = ("clerk", "reception", "supervisor", "administrator")
POSTS = (
    "desk/dana/look-up/",
    "desk/dana/check-in/",
    "desk/dana/walk-in/",
    "desk/dana/verify/",
    "desk/dana/take-over/",
    "desk/dana/mobile/",
    "desk/dana/lift/",
    "desk/dana/appeal/",
    "desk/dana/done/",
    "counter/dana/open/",
    "counter/dana/close/",
    "counter/dana/act/",
    "supervisor/dana/close-day/",
    "supervisor/dana/pardon/",
)


@pytest.mark.parametrize("role", HERE)
@pytest.mark.parametrize("surface", sorted(OPEN))
def test_page_by_role_opens_or_is_refused(desk: Desk, surface: str, role: str) -> None:
    expected = 200 if role in OPEN[surface] else 403
    client = desk.client(role)
    assert client.get(f"/{surface}/dana/").status_code == expected
    assert client.get(f"/{surface}/dana/{FRAGMENTS[surface]}").status_code == expected


@pytest.mark.parametrize("path", [*(f"{surface}/dana/" for surface in sorted(OPEN)), *POSTS])
def test_another_centres_staff_finds_nothing(desk: Desk, path: str) -> None:
    client = desk.client("elsewhere")
    answer = client.post(f"/{path}") if path in POSTS else client.get(f"/{path}")
    assert answer.status_code == 404
    assert 'action="/desk/sign-out/"' in answer.content.decode(), "not among the staff's pages"


@pytest.mark.parametrize("path", [*(f"{surface}/dana/" for surface in sorted(OPEN)), *POSTS])
def test_nobody_signed_in_is_sent_to_sign_in(desk: Desk, path: str) -> None:
    client = desk.client("")
    answer = client.post(f"/{path}") if path in POSTS else client.get(f"/{path}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/desk/sign-in/")


@pytest.mark.parametrize("role", ["clerk", "reception"])
def test_only_supervisors_close_or_pardon(desk: Desk, role: str) -> None:
    client = desk.client(role)
    assert client.post("/supervisor/dana/close-day/").status_code == 403
    assert client.post("/supervisor/dana/pardon/", {"reason": "power cut"}).status_code == 403
    assert client.post("/desk/dana/appeal/", {"appeal": "1"}).status_code == 403


def test_home_lists_only_the_persons_centres_and_screens(desk: Desk) -> None:
    page = desk.client("clerk").get("/desk/").content.decode()
    assert "/counter/dana/" in page
    assert "/desk/dana/" not in page
    assert "/supervisor/dana/" not in page
    assert "muharraq" not in page
    everything = desk.client("administrator").get("/desk/").content.decode()
    assert "/supervisor/muharraq/" in everything


@pytest.mark.parametrize("path", ["/kiosk/dana/", "/board/dana/", "/board/dana/now/"])
def test_public_screens_need_an_active_centre(desk: Desk, path: str) -> None:
    client = desk.client("")
    assert client.get(path).status_code == 200
    desk.world.dana.active = False
    desk.world.dana.save()
    assert client.get(path).status_code == 404
    assert client.get("/kiosk/nowhere/").status_code == 404


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr")])
@pytest.mark.parametrize("path", ["/desk/", "/desk/dana/", "/counter/dana/", "/supervisor/dana/"])
def test_pages_speak_the_chosen_language(
    desk: Desk, path: str, language: str, direction: str
) -> None:
    page = desk.client("administrator", language).get(path).content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in page


def test_sign_in_goes_on_to_next_within_the_site_only(desk: Desk) -> None:
    client = desk.client("")
    given = {"username": "clerk", "password": "a long enough secret"}
    wrong = client.post("/desk/sign-in/", given | {"password": "no"})
    assert wrong.status_code == 200
    assert "do not match" in wrong.content.decode()
    inside = client.post("/desk/sign-in/", given | {"next": "/counter/dana/"})
    assert inside["Location"] == "/counter/dana/"
    client.post("/desk/sign-out/")
    outside = client.post("/desk/sign-in/", given | {"next": "https://elsewhere.example/"})
    assert outside["Location"] == "/desk/"
    assert client.get("/desk/sign-out/").status_code == 405
