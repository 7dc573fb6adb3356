"""References people quote and tokens nobody can guess."""

from __future__ import annotations

import hashlib
import secrets

# Crockford's alphabet without letters that look like digits or like each other.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 8


def new_reference() -> str:
    """Eight characters a citizen can read out (30^8 ≈ 6.6e11 values)."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


def new_token(size: int = 24) -> str:
    """An unguessable, URL-safe secret of `size` random bytes."""
    return secrets.token_urlsafe(size)


def digest(token: str) -> str:
    """What is stored in place of a token: SHA-256, 64 hexadecimal characters."""
    return hashlib.sha256(token.encode()).hexdigest()
