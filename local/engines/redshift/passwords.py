"""Temporary passwords that GetClusterCredentials gives and the wire server checks."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class TemporaryPassword:
    """``expires`` is a time.time() value; ``create_user`` and ``groups`` apply when it is used."""

    user: str
    digest: bytes
    expires: float
    create_user: bool
    groups: tuple[str, ...]


class Passwords:
    """The temporary passwords of one cluster; only digests are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._issued: list[TemporaryPassword] = []

    def issue(
        self, user: str, seconds: int, *, create_user: bool = False, groups: tuple[str, ...] = ()
    ) -> str:
        """A new password for a database user, valid for so many seconds."""
        password = secrets.token_urlsafe(48)
        entry = TemporaryPassword(user, _digest(password), time.time() + seconds, create_user, groups)
        with self._lock:
            now = time.time()
            self._issued = [each for each in self._issued if each.expires > now]
            self._issued.append(entry)
        return password

    def check(self, user: str, password: str) -> TemporaryPassword | None:
        """What a password allows, or None when it is wrong, for another user, or expired."""
        digest, now = _digest(password), time.time()
        with self._lock:
            for entry in self._issued:
                if hmac.compare_digest(entry.digest, digest) and entry.user == user:
                    return entry if entry.expires > now else None
        return None


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()


def md5_matches(stored: str, user: str, password: str) -> bool:
    """Whether a password is the one of CREATE USER … PASSWORD (plain, or 'md5' + md5(password + user))."""
    if stored.startswith("md5") and len(stored) == 35:
        expected = hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(stored[3:], expected)
    return hmac.compare_digest(stored.encode(), password.encode())
