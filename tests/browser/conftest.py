"""Chromium, and windows of people who look at one running site."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Request,
    expect,
    sync_playwright,
)

from browser.hands import Hands, Pointer
from browser.visit import Window, Words
from running_site import RunningSite

SCREENS: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "kiosk": {"viewport": {"width": 1080, "height": 1920}, "has_touch": True},
    "board": {"viewport": {"width": 1920, "height": 1080}},
}
LOCALES = {"ar": "ar-BH", "en": "en-GB"}
# Journeys that differ only in the language are walked in both when everything is asked for.
THOROUGH = bool(os.environ.get("THOROUGH"))
Open = Callable[..., Window]
# How long to wait for what should come at once: a busy machine is no fault of the pages.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser(chromium_launch: dict[str, Any]) -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; Django would refuse its database there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_launch)
        yield browser
        browser.close()


@pytest.fixture
def window(browser: Browser, running_site: RunningSite) -> Iterator[Open]:
    """Open a window of its own person: `window("ar", "phone")`.

    Afterwards none of them may have met a script's error or asked another host for anything.
    """
    strays: list[str] = []
    with ExitStack() as closing:

        def open_window(
            language: str, screen: str, hands: Hands | None = None, **options: Any
        ) -> Window:
            context = browser.new_context(
                **SCREENS[screen],
                locale=LOCALES[language],
                timezone_id="Asia/Bahrain",
                accept_downloads=True,
                **options,
            )
            closing.callback(context.close)
            listen(context, running_site.url, strays)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            return Window(page, running_site.url, Words(language), hands or Pointer(), screen)

        yield open_window
    assert strays == []


def listen(context: BrowserContext, site: str, strays: list[str]) -> None:
    """Note every request to another host, every script's error and every blocked thing."""
    own = urlsplit(site).netloc

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != own:
            strays.append(f"asked for {request.url}")

    def on_console(message: ConsoleMessage) -> None:
        refused = "Failed to load resource" in message.text  # a refusal's own status
        if message.type == "error" and not refused:
            where = message.page.url if message.page else "a page"
            strays.append(f"{where} said {message.text}")

    context.on("request", on_request)
    context.on("console", on_console)
    context.on("weberror", lambda error: strays.append(f"failed with {error.error}"))
