"""HTTP digest authentication as the devices do it: MD5, qop `auth` and `auth-int` (device API 1.2, RFC 2617)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from enum import Enum

REALM = "HTTP API"
_NONCES_KEPT = 512
_USES_PER_NONCE = 100_000
_PAIR = re.compile(r'([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


class Verdict(Enum):
    """What became of an Authorization header; NEED_BODY: `auth-int`, judge again when the body has been read."""

    GOOD = "good"
    BAD = "bad"
    STALE = "stale"
    NEED_BODY = "need body"


def parse_digest(header: str) -> dict[str, str] | None:
    """Return the members of `Digest a="b", c=d` by lower-case name; None if it is not a digest."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    return {
        match[1].lower(): match[2].replace('\\"', '"').replace("\\\\", "\\")
        if match[2] is not None
        else match[3]
        for match in _PAIR.finditer(rest)
    }


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def expected_response(
    given: dict[str, str], method: str, password: str, body_md5: str, realm: str = REALM
) -> str:
    """Return the response that the members `given` must carry for this method, password and MD5 of the body."""
    ha1 = _md5(f"{given.get('username', '')}:{realm}:{password}")
    tail = f":{body_md5}" if given.get("qop") == "auth-int" else ""
    ha2 = _md5(f"{method}:{given.get('uri', '')}{tail}")
    return _md5(
        f"{ha1}:{given.get('nonce', '')}:{given.get('nc', '')}:{given.get('cnonce', '')}:{given.get('qop', '')}:{ha2}"
    )


class DigestGate:
    """Gives out nonces and judges answers. A restart of the device makes all nonces stale."""

    def __init__(self, realm: str = REALM) -> None:
        self._realm = realm
        self._used: OrderedDict[str, set[int]] = OrderedDict()
        self._opaque = secrets.token_hex(16)

    def restart(self) -> None:
        """Forget all nonces."""
        self._used.clear()
        self._opaque = secrets.token_hex(16)

    def challenge(self, *, stale: bool = False) -> str:
        """Return the value of a WWW-Authenticate header with a fresh nonce."""
        nonce = secrets.token_hex(16)
        self._used[nonce] = set()
        while len(self._used) > _NONCES_KEPT:
            self._used.popitem(last=False)
        tail = ", stale=true" if stale else ""
        return f'Digest realm="{self._realm}", qop="auth,auth-int", nonce="{nonce}", opaque="{self._opaque}"{tail}'

    def judge(
        self,
        given: dict[str, str],
        *,
        method: str,
        target: str,
        user: str,
        password: str,
        body_md5: str | None,
    ) -> Verdict:
        """Judge the members of an Authorization header. `body_md5` is None as long as the body was not read.

        Each nonce may be used with each count once: a second use of a count is a replay and stale.
        """
        if given.get("qop") == "auth-int" and body_md5 is None:
            return Verdict.NEED_BODY
        if not self._well_formed(given, target, user):
            return Verdict.BAD
        right = expected_response(given, method, password, body_md5 or "", self._realm)
        if not hmac.compare_digest(right, given.get("response", "").lower()):
            return Verdict.BAD
        return self._use(given["nonce"], int(given["nc"], 16), given.get("opaque", ""))

    def _well_formed(self, given: dict[str, str], target: str, user: str) -> bool:
        return (
            given.get("username") == user
            and given.get("realm") == self._realm
            and given.get("uri") == target
            and given.get("algorithm", "MD5").upper() == "MD5"
            and given.get("qop") in {"auth", "auth-int"}
            and bool(given.get("nonce"))
            and bool(given.get("cnonce"))
            and re.fullmatch(r"[0-9a-fA-F]{8}", given.get("nc", "")) is not None
        )

    def _use(self, nonce: str, count: int, opaque: str) -> Verdict:
        used = self._used.get(nonce)
        if used is None or opaque != self._opaque or count in used or len(used) >= _USES_PER_NONCE:
            return Verdict.STALE
        used.add(count)
        self._used.move_to_end(nonce)
        return Verdict.GOOD
