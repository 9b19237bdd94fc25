"""One call of the API, found from a request, and what an endpoint answers. The routing rule is device API 2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import msgspec

from device_link.simulator.envelope import Envelope
from device_link.simulator.multipart import Part
from device_link.simulator.unit import Unit
from device_link.simulator.wire import text


class Effect(Enum):
    """What a device does after it has answered."""

    NONE = "none"
    REBOOT = "reboot"
    UPGRADE = "upgrade"


@dataclass(slots=True)
class Call:
    """Target, action and data of one request; `form` holds the parts of a multipart body."""

    target: str
    action: str
    data: dict[str, Any] = field(default_factory=dict)
    method: str = "GET"
    enveloped: bool = False
    form: list[Part] = field(default_factory=list)

    def part(self, name: str) -> Part | None:
        """Return the form's part of this name."""
        return next((part for part in self.form if part.name == name), None)

    def named(self, name: str) -> str:
        """Return a parameter from the data or from a plain field of the form, as text."""
        part = self.part(name)
        return part.text() if part is not None else text(self.data.get(name))


@dataclass(slots=True)
class Answer:
    """An envelope, or a raw file; then perhaps an effect."""

    envelope: Envelope | None = None
    effect: Effect = Effect.NONE
    raw: bytes = b""
    content_type: str = "application/json"


Handler = Callable[[Unit, Call], Answer | Envelope]


class BadCallError(Exception):
    """The request names no call that makes sense; the answer is `Invalid http request`."""


def resolve(method: str, path: str, query: dict[str, str], body: bytes, form: list[Part]) -> Call:
    """Find the call: the body's `target` and `action` first, then the path's. Raises `BadCallError`.

    In GET form the members of `data` are query parameters; a multipart body takes its parameters from there too.
    """
    parts = [part for part in path.split("/") if part]
    from_path = (parts[1], parts[2]) if len(parts) == 3 else ("", "")
    if len(parts) not in {1, 3}:
        raise BadCallError
    envelope: dict[str, Any] = {}
    if method == "POST" and body.strip() and not form:
        envelope = _json_object(body)
    target = text(envelope.get("target"), 64) or from_path[0]
    action = text(envelope.get("action"), 64) or from_path[1]
    if not target or not action:
        raise BadCallError
    data = envelope.get("data")
    members = {**query, **data} if isinstance(data, dict) else dict(query)
    return Call(target, action, members, method, "action" in envelope or "data" in envelope, form)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body.decode("utf-8", "replace").strip("\0 \r\n\t").encode("utf-8"))
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise BadCallError from error
    if not isinstance(found, dict):
        raise BadCallError
    return {str(name): value for name, value in found.items()}
