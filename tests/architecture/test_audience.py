"""Every address says whom it is for, and the others get nothing of it."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import path, reverse

from audience_register import (
    ADMINISTRATION,
    DEMO,
    KNOWN,
    NOBODY,
    PUBLIC,
    RESIDENT,
    STAFF,
    Address,
    audience_register,
)
from mawaeed.people.models import Role
from mawaeed.web.audience import resident
from residents import NUMBER
from whole_house import OUTSIDERS, ROLES, House

CLOSED = (RESIDENT, STAFF, ADMINISTRATION, NOBODY)
REFUSED = {302, 401, 403, 404, 405}
SIGN_INS = ("/sign-in/", "/desk/sign-in/", "/manage/login/")
# Pages of one's own: whoever has signed in may open them and finds nobody else's there.
OWN_PAGES = {
    "book",
    "appointments",
    "waiting",
    "standing",
    "dependants",
    "trusted",
    "desk-home",
    "desk-tokens",
    "supervisor-halls",
}


def undeclared(register: list[Address]) -> list[str]:
    return [str(each) for each in register if each.audience[:1] not in {(word,) for word in KNOWN}]


def closed() -> list[Address]:
    return [each for each in audience_register() if each.audience[0] in CLOSED]


def test_every_address_declares_its_audience() -> None:
    register = audience_register()

    assert undeclared(register) == []
    assert {each.audience[0] for each in register} == set(KNOWN)
    assert len({each.name for each in register if "admin" not in each.name}) > 60


def test_staff_pages_name_roles() -> None:
    for each in audience_register():
        if each.audience[0] == STAFF:
            assert set(each.audience[1:]) <= set(Role.values), each
            assert len(each.audience) > 1, each


def test_staff_pages_name_their_centre() -> None:
    staff_pages = [each for each in audience_register() if each.audience[0] == STAFF]

    own = [each.name for each in staff_pages if "centre" not in each.arguments]
    assert own == ["desk-home", "desk-tokens", "desk-token-revoke", "supervisor-halls"]


@pytest.mark.parametrize("visitor", OUTSIDERS)
def test_outsiders_reach_nothing(house: House, visitor: str) -> None:
    client = house.client(visitor)
    for address in closed():
        where = address.path(house.path_values(address.pattern))
        for method in [address.method] if address.method else ["GET", "POST"]:
            answer = client.generic(method, where)
            seen = f"{visitor or 'nobody'} {method} {where}: {answer.status_code}"
            assert is_refused(answer) or is_own(address, visitor, answer), seen
            body = answer.content.decode()
            assert [word for word in house.personal if word in body] == [], seen
            assert house.coming.reference not in body or house.coming.reference in where, seen


def is_api(address: Address) -> bool:
    """Staff operations look at tokens alone; tests/api says which roles reach which."""
    return address.pattern.startswith("api/")


def is_refused(answer: HttpResponseBase) -> bool:
    if answer.status_code == 302:
        return answer["Location"].startswith(SIGN_INS) or answer["Location"] == "/manage/"
    return answer.status_code in REFUSED


def is_own(address: Address, visitor: str, answer: HttpResponseBase) -> bool:
    """Whether it is a page that shows the visitor's own things and the visitor has some."""
    if visitor == "stranger":
        mine = address.audience[0] == RESIDENT
    else:
        mine = bool(visitor) and address.audience[0] == STAFF
    if address.name == "visit" and answer.status_code == 302:  # it begins with a service
        return mine and answer["Location"] == reverse("services")
    return mine and address.name in OWN_PAGES and answer.status_code in {200, 404, 422}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_the_pages_that_name_it_and_no_others(house: House, role: Role) -> None:
    client = house.client(role)
    for address in closed():
        if address.audience[0] != STAFF or is_api(address):
            continue
        where = address.path(house.path_values(address.pattern))
        answer = client.get(where)
        if str(role) in address.audience[1:]:
            # A counter's side is there for whoever works at it.
            expected = 404 if address.name == "counter-side" else 200
            assert answer.status_code in {expected, 405}, (role, where)
        else:
            assert answer.status_code in {403, 405}, (role, where)
        refused = house.client(role).post(where)  # some end the session
        if str(role) not in address.audience[1:]:
            assert refused.status_code in {403, 405}, (role, where)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_public_pages_show_nobodys_person(house: House, language: str) -> None:
    client = house.client("", language)
    for address in audience_register():
        if address.audience[0] not in {PUBLIC, DEMO}:
            continue
        where = address.path(house.path_values(address.pattern))
        body = client.generic(address.method or "GET", where).content.decode()
        found = [word for word in house.personal if word in body]
        assert found == [], where


def test_the_demonstrations_pages_are_absent_elsewhere(house: House) -> None:
    pages = [each for each in audience_register() if each.audience[0] == DEMO]

    assert [house.client("").get(each.path({})).status_code for each in pages] == [404] * len(pages)
    assert len(pages) == 2


def test_reception_does_see_the_visitor(house: House) -> None:
    """The control: what the others must not read is there for those who may."""
    client = house.client("receptionist")

    page = client.post("/desk/dana/look-up/", {"sought": NUMBER}, follow=True).content.decode()

    assert house.coming.reference in page


def open_to_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse("anybody")


urlpatterns = [
    path("forgotten/", open_to_all, name="forgotten"),
    path("mine/", resident(open_to_all), name="mine"),
]


def test_an_undeclared_address_is_seen() -> None:
    register = audience_register(__name__)

    assert undeclared(register) == ["forgotten/"]
    assert [each.audience for each in register] == [(), (RESIDENT,)]


def test_anonymous_api_calls_get_the_refusal_in_json(house: House) -> None:
    for address in closed():
        if is_api(address) and address.audience[0] != NOBODY:
            where = address.path(house.path_values(address.pattern))
            answer = Client().generic(address.method, where)
            assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_required"), where
