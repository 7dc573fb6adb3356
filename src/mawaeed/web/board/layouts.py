"""What an address of the board asks for: a layout and, where wanted, only some letters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from string import ascii_uppercase
from urllib.parse import urlencode

from django.http import QueryDict


class Layout(StrEnum):
    """How the screen is divided."""

    NEWEST = "newest"  # the newest call large, the others beside it
    ONE = "one"  # one queue, as large as the screen
    MANY = "many"  # as many lines as stay readable
    NEWS = "news"  # calls beside the centre's announcements


# The most calls of each that stay readable from ten metres.
LINES = {Layout.NEWEST: 6, Layout.ONE: 3, Layout.MANY: 10, Layout.NEWS: 3}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A layout, and the letters of the tickets shown; no letter means all of them."""

    layout: Layout = Layout.NEWEST
    letters: tuple[str, ...] = ()

    @property
    def lines(self) -> int:
        """How many calls fit."""
        return LINES[self.layout]

    @property
    def query(self) -> str:
        """As it stands in an address, with its question mark; nothing for what goes unsaid."""
        said = {}
        if self.layout != Layout.NEWEST:
            said["layout"] = str(self.layout)
        if self.letters:
            said["groups"] = ",".join(self.letters)
        return f"?{urlencode(said, safe=',')}" if said else ""


def wanted_of(query: QueryDict) -> Wanted:
    """What an address asks for. What is not known is passed over: a screen never stays dark."""
    named = query.get("layout", "")
    layout = Layout(named) if named in set(Layout) else Layout.NEWEST
    asked = {
        letter.strip().upper() for each in query.getlist("groups") for letter in each.split(",")
    }
    return Wanted(layout, tuple(letter for letter in ascii_uppercase if letter in asked))
