"""Two ways to use a page: pointing, or the keyboard alone."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

MOST_STOPS = 120
# A ring or a frame that was not there before: what shows where the keyboard is.
SHOWS_FOCUS = """element => {
    const ring = node => {
        const style = getComputedStyle(node);
        const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
        return outlined || style.boxShadow !== 'none';
    };
    for (let node = element; node && node !== document.body; node = node.parentElement)
        if (ring(node)) return true;
    return false;
}"""


class Hands(Protocol):
    """What a person does with what stands on a page."""

    def press(self, target: Locator) -> None:
        """A link or a button."""

    def write(self, target: Locator, text: str) -> None:
        """A field."""

    def choose(self, target: Locator) -> None:
        """One of several, or something to tick."""

    def shortcut(self, page: Page, key: str, target: Locator) -> None:
        """Something that has a key of its own."""


class Pointer:
    """Mouse or finger."""

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def choose(self, target: Locator) -> None:
        target.check(force=True)

    def shortcut(self, page: Page, key: str, target: Locator) -> None:
        target.click()


class Keyboard:
    """Tab, Enter, Space and arrows; every stop on the way must show that it is the stop."""

    def press(self, target: Locator) -> None:
        self._go_to(target)
        target.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self._go_to(target)
        target.page.keyboard.press("Control+A")
        target.page.keyboard.insert_text(text)

    def choose(self, target: Locator) -> None:
        """Into the group by Tab, to the choice by arrows."""
        keyboard = target.page.keyboard
        name = target.get_attribute("name")
        for _ in range(MOST_STOPS):
            keyboard.press("Tab")
            if target.page.evaluate("document.activeElement.name") == name:
                break
        for _ in range(MOST_STOPS):
            if is_focused(target):
                break
            keyboard.press("ArrowDown")
        keyboard.press("Space")
        expect(target).to_be_checked()

    def shortcut(self, page: Page, key: str, target: Locator) -> None:
        expect(target).to_be_visible()
        page.keyboard.press(key)

    def _go_to(self, target: Locator) -> None:
        expect(target).to_be_visible()
        page = target.page
        for _ in range(MOST_STOPS):
            if is_focused(target):
                return
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            if focused.count():
                assert focused.evaluate(SHOWS_FOCUS), f"no focus to be seen: {outer(focused)}"
        raise AssertionError(f"Tab does not lead to {outer(target)} on {page.url}")


def is_focused(target: Locator) -> bool:
    """Whether the keyboard is on it now."""
    return bool(target.evaluate("element => element === document.activeElement"))


def outer(target: Locator) -> str:
    """Its opening tag, for a message."""
    return str(target.evaluate("element => element.outerHTML.slice(0, 160)"))
