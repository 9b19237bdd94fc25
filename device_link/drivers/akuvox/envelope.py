"""The JSON envelope of the Akuvox API: requests out, replies in (device API 1.1). Pure; any bytes may come in.

Real units send wrong content types, bytes after the JSON, bytes that are not UTF-8, numbers as texts and texts as
numbers. All of that is taken; what is left over is a `NonsenseError`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from device_link.errors import NonsenseError, said_by

Record = dict[str, Any]
"""One item of a reply: members by name, values as they came."""

TEXT_LIMIT = 4096
"""Characters of one value that are kept; the longest true ones are lists of numbers in a setting."""

_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
_YES = re.compile(r"(ok|success|succeed|succeeded|done)\b", re.IGNORECASE)
_UNSUPPORTED = re.compile(
    r"api unsupported|unsupport(ed)? action|no (handlers?|hanlders?) for|invalid http request", re.IGNORECASE
)
_UNSAFE = re.compile(
    # Controls, lone surrogates, private use, and the marks that turn the direction of text. Joiners stay: names
    # in Persian and Hindi need them.
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A decoded reply. `retcode` None: the device sent none. `message` is cleaned."""

    retcode: int | None
    action: str = ""
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """The rule of device API 1.1: 0 is yes, negative is no, positive is what the message says."""
        if self.retcode is None:
            return _YES.match(self.message) is not None
        return self.retcode == 0 or (self.retcode > 0 and _YES.match(self.message) is not None)

    @property
    def unsupported(self) -> bool:
        """Whether the device says that it has no such call."""
        return not self.accepted and _UNSUPPORTED.search(self.message) is not None

    @property
    def items(self) -> list[Record]:
        """The records under `item`; what is no record is left out."""
        found = self.data.get("item")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def request_body(target: str, action: str, data: Mapping[str, Any] | None = None) -> bytes:
    """A request's JSON. All values go out as the caller gives them: texts as texts."""
    document: dict[str, Any] = {"target": target, "action": action}
    if data is not None:
        document["data"] = dict(data)
    return msgspec.json.encode(document)


def first_value(body: bytes) -> Any:
    """The first JSON value of a body; what follows it is ignored. NonsenseError when there is none."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff\x00 \t\r\n")
    if not text:
        raise NonsenseError("an empty body")
    try:
        value, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as fault:
        raise NonsenseError("a web page" if text.startswith("<") else "something that is no JSON") from fault
    return value


def read_reply(body: bytes) -> Reply:
    """A reply from the bytes of a body; NonsenseError when they are no envelope."""
    value = first_value(body)
    if not isinstance(value, dict):
        raise NonsenseError("JSON that is no object")
    if not value.keys() & {"retcode", "message", "data", "action"}:
        raise NonsenseError("JSON of another kind of device")
    data = value.get("data")
    if isinstance(data, list):
        data = {"item": data}
    return Reply(
        retcode=_retcode(value.get("retcode")),
        action=said_by(text_of(value.get("action"))),
        message=said_by(text_of(value.get("message"))),
        data=data if isinstance(data, dict) else {},
    )


def _retcode(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


def text_of(value: object, limit: int = TEXT_LIMIT) -> str:
    """A scalar as a safe text: whatever the device's firmware made of it. Empty for null, lists and objects."""
    if isinstance(value, str) and len(value) <= limit and value.isascii() and value.isprintable():
        return value.strip()  # Nearly every member of ten thousand records is as plain as that.
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int) and abs(value) > 10**30:
        return ""
    return _UNSAFE.sub("", str(value)[:limit]).strip()


def number_of(value: object) -> int | None:
    """A whole number from a number or a text; None when it is none."""
    text = text_of(value, 32)
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,15}", text) else None


def member(record: Mapping[str, Any], *names: str) -> str:
    """The first of several names that a record has, as a text; empty when it has none of them."""
    for name in names:
        if name in record:
            return text_of(record[name])
    return ""


def page_title(body: bytes) -> str:
    """What a web server's error page says; empty when the body is none."""
    text = body[:4000].decode("latin-1")
    found = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return said_by(re.sub(r"<[^>]*>", " ", found[1])) if found else ""
