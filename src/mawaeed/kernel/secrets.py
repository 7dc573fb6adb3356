"""Keys of this installation, and what is done with them: keyed hashes and sealed values."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets as random
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings

KEY_NAMES = ("django", "hash", "seal")


def read_or_make_key(directory: Path, name: str) -> str:
    """The key `name`: from the environment (`MAWAEED_KEY_NAME`), its file, or made once (0600)."""
    given = os.environ.get(f"MAWAEED_KEY_{name.upper()}")
    if given:
        return given
    path = directory / name
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}-{random.token_hex(4)}")  # threads, too
        temporary.touch(mode=0o600)
        temporary.write_text(base64.urlsafe_b64encode(random.token_bytes(32)).decode())
        try:
            os.link(temporary, path)  # fails where another process was first: its key wins
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return path.read_text().strip()


@lru_cache(maxsize=8)
def _key(directory: str, name: str) -> str:
    return read_or_make_key(Path(directory), name)


def _secret(name: str) -> bytes:
    return _key(str(settings.SECRETS_DIR), name).encode()


def keyed_hash(value: str) -> str:
    """HMAC-SHA-256 of `value` under the installation's hash key, 64 hexadecimal characters."""
    return hmac.new(_secret("hash"), value.encode(), hashlib.sha256).hexdigest()


def seal(value: str) -> str:
    """Encrypt `value` (authenticated, time-stamped)."""
    return Fernet(_secret("seal")).encrypt(value.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt what `seal` made; raises `cryptography.fernet.InvalidToken` otherwise."""
    return Fernet(_secret("seal")).decrypt(sealed.encode()).decode()


def fingerprint() -> str:
    """Tells whether a database belongs to these keys, without revealing them."""
    joined = b"|".join(_secret(name) for name in ("hash", "seal"))
    return hashlib.sha256(b"mawaeed-keys:" + joined).hexdigest()
