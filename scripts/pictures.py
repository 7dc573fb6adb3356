"""Takes the pictures of the README from a running demonstration.

    make run                                     # in one terminal; let it run for ten minutes
    .venv/bin/python scripts/pictures.py [URL]   # in another

Needs Chromium, and Playwright as `make test` installs it. Takes a ticket at the kiosk.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
CENTRE, SERVICE, MOBILE = "traffic-dana", "licence-eye-test", "36001234"
PHONE = {"viewport": {"width": 360, "height": 1000}, "device_scale_factor": 2}
LINK = re.compile(rf"{MOBILE}.*?(/t/[\w-]+)", re.DOTALL)
SCREEN = {"viewport": {"width": 1280, "height": 720}}


def main() -> None:
    """Take them all, into docs/screenshots/."""
    site = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        times(browser, site)
        ticket(browser, site)
        board(browser, site)
        browser.close()


def opened(browser: Browser, site: str, screen: dict[str, Any]) -> Page:
    """A window of its own, in Arabic."""
    context = browser.new_context(**screen, locale="ar-BH", base_url=site)
    return context.new_page()


def keep(page: Page, name: str) -> None:
    """As it stands on the screen."""
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


def times(browser: Browser, site: str) -> None:
    """Free times on a phone."""
    page = opened(browser, site, PHONE)
    page.goto(f"/services/{SERVICE}/times/?centre={CENTRE}")
    keep(page, "times-ar-phone")


def ticket(browser: Browser, site: str) -> None:
    """One number for two services at the kiosk; then its page, by the link of the message."""
    kiosk = opened(browser, site, SCREEN)
    kiosk.goto(f"/kiosk/{CENTRE}/ar/several/")
    for choice in kiosk.locator("label.kiosk-tick").all()[:2]:
        choice.click()
    keep(kiosk, "kiosk-ar")
    kiosk.locator(".kiosk-several button").click()
    kiosk.fill("#mobile", MOBILE)
    kiosk.locator(".kiosk-form button[type=submit]").click()
    kiosk.wait_for_url("**/ticket/**")
    kiosk.wait_for_timeout(3000)  # the worker sends the message
    page = opened(browser, site, PHONE)
    page.goto("/demo/inbox")
    page.goto(LINK.findall(page.content())[0])
    keep(page, "ticket-ar-phone")


def board(browser: Browser, site: str) -> None:
    """The screen in the hall."""
    page = opened(browser, site, SCREEN)
    page.goto(f"/board/{CENTRE}/")
    keep(page, "board-desktop")


if __name__ == "__main__":
    main()
