"""Entity tags: whether the caller holds what would be sent."""

from __future__ import annotations

import hashlib


def tag_of(body: bytes) -> str:
    """The strong tag of a body, in quotes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether an `If-None-Match` names `tag`, weakly or strongly, or anything there is."""
    if not tag or not if_none_match:
        return False
    known = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in known or "*" in known
