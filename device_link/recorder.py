"""The flight recorder: the last exchanges with devices, secrets masked before anything is kept.

Thin: a ring in memory and a hook for whoever keeps them longer. Nothing here writes a file.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.base.words import clean
from core.rules.settings import is_secret

MASK = "••••"
MORE = "…"
"""Begins the last item of a list that was shortened."""
_LIST_LENGTHS = (1000, 20, 5, 1)
_BODY_LIMIT = 4000
"""Characters of a body that are kept: a whole list of people is megabytes, its beginning tells what it was."""

_SECRET_MEMBERS = frozenset(
    {
        *(
            "privatepin",
            "cardcode",
            "code",
            "qrcodeurl",
            "bleauthcode",
            "ble_authcode",
            "licenseplate",
            "nameorcode",
        ),
        *("newpassword", "oldpassword", "password", "pwd", "token", "encrypt", "session", "faceurl"),
    }
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it. `request` and `reply` are masked and cut; `status` 0: no answer."""

    at: datetime
    url: str
    method: str
    path: str
    request: str = ""
    status: int = 0
    reply: str = ""
    took_ms: int = 0
    error: str = ""


class FlightRecorder:
    """Keeps the last `size` exchanges and passes each on to `sink`. A sink must not raise and must not wait."""

    def __init__(self, size: int = 500, sink: Callable[[Exchange], None] | None = None) -> None:
        self._ring: deque[Exchange] = deque(maxlen=size)
        self._sink = sink

    def record(self, exchange: Exchange) -> None:
        """Take one exchange."""
        self._ring.append(exchange)
        if self._sink is not None:
            self._sink(exchange)

    def recent(self, url: str = "") -> list[Exchange]:
        """The exchanges kept, oldest first; with `url`, those with that device."""
        return [one for one in self._ring if not url or one.url == url]


def masked(value: Any, name: str = "", depth: int = 0) -> Any:
    """A decoded JSON value with every secret member replaced by dots, however deep it lies."""
    if depth > 12:
        return "…"
    if isinstance(value, dict):
        return {key: masked(inner, str(key), depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, name, depth + 1) for inner in value]
    secret = name.lower() in _SECRET_MEMBERS or is_secret(name)
    return MASK if secret and value not in {"", None, "--"} else value


def masked_path(path: str) -> str:
    """A request's path and query with the values of secret parameters replaced."""
    pattern = re.compile(r"(?P<name>[A-Za-z_]+)=[^&]*")
    head, mark, query = path.partition("?")

    def hide(found: re.Match[str]) -> str:
        name = found["name"]
        return f"{name}={MASK}" if name.lower() in _SECRET_MEMBERS else found[0]

    return clean(head + mark + pattern.sub(hide, query), limit=400)


def shown(value: Any) -> str:
    """A decoded JSON value as one masked line of JSON; long lists are shortened, so that it stays JSON."""
    kept, text = masked(value), ""
    for most in _LIST_LENGTHS:
        text = json.dumps(_shortened(kept, most), ensure_ascii=False)
        if len(text) <= _BODY_LIMIT:
            break
    return clean(text, limit=_BODY_LIMIT)


def _shortened(value: Any, most: int) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(inner, most) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    left = [f"{MORE} {len(value) - most} more"] if len(value) > most else []
    return [*(_shortened(inner, most) for inner in value[:most]), *left]


def without_secrets(text: str, secrets: frozenset[str]) -> str:
    """A device's words without the codes that were sent to it: some firmware repeats them in its complaint."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = re.sub(
                rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])", MASK, text, flags=re.IGNORECASE
            )
    return text
