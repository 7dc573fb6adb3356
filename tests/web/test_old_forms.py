"""A form that is too old leads back to the page it stood on."""

from __future__ import annotations

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def links_after(referer: str, language: str = "en") -> dict[str, str]:
    """Where the page leads, by words, after a form without its token."""
    client = Client(enforce_csrf_checks=True, headers={"accept-language": language})
    response = client.post("/sign-in/", headers={"referer": referer} if referer else {})
    assert response.status_code == 403
    found = re.findall(r'<a class="button[^"]*" href="([^"]*)"[^>]*>(.*?)</a>', response.text)
    return {re.sub(r"<.*?>", "", words).strip(): href for href, words in found}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Open the page again"), ("ar", "فتح الصفحة من جديد")]
)
def test_the_page_of_the_form_is_one_press_away(language: str, words: str) -> None:
    assert links_after("http://testserver/find/?q=a", language)[words] == "/find/?q=a"


@pytest.mark.parametrize("elsewhere", ["", "https://example.com/sign-in/", "javascript:alert(1)"])
def test_nothing_leads_elsewhere(elsewhere: str) -> None:
    assert "Open the page again" not in links_after(elsewhere)
