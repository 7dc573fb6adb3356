"""Health, documents, audiences and edges of the API."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import Settings

from mawaeed.api.api import api
from mawaeed.api.audience import operations
from mawaeed.kernel import clock
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import SignInCode
from residents import (
    OTHER_BORN,
    OTHER_MOBILE,
    OTHER_NUMBER,
    post_json,
    sign_in_on_the_web,
)
from small_world import NOW, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


def test_health_says_what_it_runs_on(world: World, client: Client) -> None:
    body = client.get("/healthz").json()

    assert (set(body), body["status"], body["demo"]) == (
        {"status", "database", "version", "demo"},
        "ok",
        False,
    )


def test_documents_are_served_from_here(world: World, client: Client) -> None:
    answer = client.get("/api/v1/docs")
    text = answer.content.decode().replace("http://testserver", "")

    assert answer.status_code == 200
    assert "http://" not in text
    assert "https://" not in text
    assert "<script" not in text.replace('<script type="module" src="/static/web/js/', "")


def test_documents_tell_every_operation_and_every_object(world: World, client: Client) -> None:
    text = client.get("/api/v1/docs").content.decode()
    schema = client.get("/api/v1/openapi.json").json()

    told = re.findall(r'<span class="doc-method">(\w+)</span> <code>([^<]+)</code>', text)
    shapes = re.findall(r'<h3 id="shape-(\w+)">', text)
    linked = set(re.findall(r'href="#([^"]+)"', text))
    assert set(told) == {
        (method.upper(), path) for path, methods in schema["paths"].items() for method in methods
    }
    assert set(shapes) == set(schema["components"]["schemas"])
    assert linked <= set(re.findall(r'id="([^"]+)"', text))


def test_documents_speak_the_language_chosen(world: World, client: Client) -> None:
    client.cookies["language"] = "ar"
    headings = re.findall(r"<h1>(.*?)</h1>", client.get("/api/v1/docs").content.decode())

    assert headings == ["وثائق واجهة البرمجة"]


def test_every_operation_declares_its_audience() -> None:
    found = list(operations(api))

    assert len(found) >= 10
    for method, path, audience, needs_token in found:
        if path.startswith("/staff/"):
            assert (audience[0], len(audience) > 1, needs_token) == ("staff", True, True), path
        else:
            assert audience == (("resident",) if needs_token else ("public",)), (method, path)


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_a_wrong_method_is_told_in_json(world: World, client: Client, method: str) -> None:
    answer = client.generic(method, "/api/v1/centres")

    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert answer.json()["message"].startswith("This address does not take this method.")
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize("edge", ["api", "web"])
def test_limits_go_by_the_address_the_trusted_proxy_wrote(
    world: World, client: Client, settings: Settings, edge: str
) -> None:
    settings.TRUSTED_PROXIES = 1
    through = Client(headers={"x-forwarded-for": "198.51.100.9, 203.0.113.7"})
    if edge == "web":
        sign_in_on_the_web(through)
    else:
        wanted = {
            "personal_number": OTHER_NUMBER,
            "date_of_birth": OTHER_BORN,
            "mobile": OTHER_MOBILE,
        }
        assert post_json(through, "/api/v1/sign-in", wanted).status_code == 202

    assert SignInCode.objects.get().address_hash == keyed_hash("address:203.0.113.7")
