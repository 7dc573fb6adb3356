"""What a person sees and does in one browser window, in one language."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote
from urllib.request import urlopen

from django.utils.translation import gettext, ngettext, override, pgettext
from playwright.sync_api import Locator, Page, expect

from browser.hands import Hands

CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
LINK = re.compile(r"https?://\S+")
PATIENCE_SECONDS = 30.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Words:
    """The product's own texts in one language."""

    language: str

    def __call__(self, text: str, **values: object) -> str:
        with override(self.language):
            return gettext(text) % values if values else gettext(text)

    def within(self, context: str, text: str) -> str:
        with override(self.language):
            return pgettext(context, text)

    def counted(self, one: str, many: str, count: int) -> str:
        with override(self.language):
            return ngettext(one, many, count) % {"count": count}


def until(condition: Callable[[], T | None], what: str) -> T:
    """Look until `condition` gives something; fails after a while with `what`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE_SECONDS:.0f} s in vain for {what}")


@dataclass(frozen=True, slots=True)
class Phone:
    """The messages of one mobile, read from the demonstration's inbox."""

    site: str
    mobile: str

    def messages(self, kind: str) -> list[str]:
        """Texts of one kind, newest first."""
        with urlopen(f"{self.site}/demo/inbox.json?to={quote(self.mobile)}") as answer:
            items = json.load(answer)["items"]
        return [item["text"] for item in items if item["kind"] == kind]

    def message(self, kind: str, containing: str = "") -> str:
        """The newest text of a kind once it has come."""

        def look() -> str | None:
            found = self.messages(kind)
            return found[0] if found and containing in found[0] else None

        return until(look, f"a message {kind} to {self.mobile}")

    def code(self) -> str:
        """The newest one-time code."""
        found = CODE.findall(self.message("sign_in_code"))
        assert len(found) == 1
        return str(found[0])

    def link(self, kind: str, containing: str = "") -> str:
        """The link in the newest text of a kind."""
        found = LINK.findall(self.message(kind, containing))
        assert len(found) == 1, found
        return str(found[0])


@dataclass(frozen=True, slots=True)
class Window:
    """One page of one person."""

    page: Page
    site: str
    say: Words
    hands: Hands
    suffix: str

    def open(self, path: str) -> None:
        """Go there; the page is in the person's language and direction."""
        answer = self.page.goto(path if path.startswith("http") else self.site + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        self.is_in_language()

    def choose_language(self) -> None:
        """As the switch on every page does: it goes before what is on record."""
        self.page.context.add_cookies(
            [{"name": "language", "value": self.say.language, "url": self.site}]
        )

    def is_in_language(self) -> None:
        direction = "rtl" if self.say.language == "ar" else "ltr"
        expect(self.page.locator("html")).to_have_attribute("lang", self.say.language)
        expect(self.page.locator("html")).to_have_attribute("dir", direction)

    def button(self, text: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=self.say(text), exact=True)

    def link(self, text: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("link", name=self.say(text), exact=True)

    def press(self, text: str, within: Locator | None = None) -> None:
        self.hands.press(self.button(text, within))

    def follow(self, text: str, within: Locator | None = None) -> None:
        self.hands.press(self.link(text, within))

    def write(self, label: str, text: str) -> None:
        self.hands.write(self.page.get_by_label(self.say(label), exact=True), text)

    def sees(self, text: str) -> None:
        """The text stands on the page, as a whole element's."""
        expect(self.page.get_by_text(self.say(text), exact=True).first).to_be_visible()

    def sees_heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", name=self.say(text), exact=True)).to_be_visible()

    def photograph(self, name: str, *, whole: bool = True) -> None:
        """`NAME-LANGUAGE-SCREEN.png` in $SCREENSHOTS, if that is set."""
        take_picture(self.page, f"{name}-{self.say.language}-{self.suffix}", whole=whole)


def take_picture(page: Page, name: str, *, whole: bool = True) -> None:
    """A picture of the page in the folder $SCREENSHOTS; nothing without it."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole, animations="disabled")
