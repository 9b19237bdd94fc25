"""Sealing of secrets at rest: PINs, cards and device passwords never stand in the cloud's database in clear.

AES-256-GCM under a key that is kept beside the database. What a value belongs to is authenticated with it, so that a
sealed text copied to another row does not open. A blind index (HMAC) lets the cloud find equal values without opening
them; PINs have few digits, so it is worth exactly as much as the key's secrecy.
"""

from __future__ import annotations

import base64
import hmac
import os
from hashlib import blake2b, sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.base.errors import DataError

_MARK = b"\x01"
_TEXT_MARK = "s1:"
_NONCE = 12


class Seal:
    """Seals and opens under keys derived from one master key of 32 bytes."""

    def __init__(self, master: bytes) -> None:
        self._aead = AESGCM(_derive(master, b"gatewright seal 1"))
        self._pepper = _derive(master, b"gatewright blind index 1")

    def seal_bytes(self, plain: bytes, about: str = "") -> bytes:
        """Sealed bytes; `about` must be the same when they are opened."""
        nonce = os.urandom(_NONCE)
        return _MARK + nonce + self._aead.encrypt(nonce, plain, about.encode())

    def open_bytes(self, stored: bytes, about: str = "") -> bytes:
        """The plain bytes; bytes that were never sealed come back as they are (JSON does not begin with the mark)."""
        if stored[:1] != _MARK:
            return stored
        try:
            return self._aead.decrypt(stored[1 : 1 + _NONCE], stored[1 + _NONCE :], about.encode())
        except InvalidTag as fault:
            raise DataError(
                "cloud.seal", "A sealed value does not open: the key is another, or it was altered."
            ) from fault

    def seal_text(self, plain: str, about: str) -> str:
        """A sealed text for a text column."""
        return _TEXT_MARK + base64.b64encode(self.seal_bytes(plain.encode(), about)).decode("ascii")

    def open_text(self, stored: str, about: str) -> str:
        """The plain text of a sealed one."""
        if not stored.startswith(_TEXT_MARK):
            raise DataError("cloud.seal", "A value that has to be sealed is not.")
        return self.open_bytes(base64.b64decode(stored[len(_TEXT_MARK) :]), about).decode()

    def blind(self, *parts: str) -> str:
        """A keyed fingerprint of some texts: equal texts have equal ones, and nothing can be read from it."""
        return self.fingerprint("\0".join(parts).encode()).hex()

    def mark(self, content: bytes) -> bytes:
        """As `fingerprint`, by BLAKE2: a fifth of the time, for what is made for every edit."""
        return blake2b(content, key=self._pepper, digest_size=32).digest()

    def fingerprint(self, content: bytes) -> bytes:
        """A keyed fingerprint of bytes that may hold a secret."""
        return hmac.digest(self._pepper, content, sha256)


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(master)
