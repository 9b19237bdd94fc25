"""Replies of the 2N HTTP API: success with a result, or an error with a code (device API 8). Pure; any bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from core.rules.desired import Identity
from device_link.addresses import real_mac
from device_link.drivers.akuvox.envelope import first_value, number_of, text_of
from device_link.errors import NonsenseError, said_by

NOT_SUPPORTED = 1
INVALID_PATH = 2
INVALID_METHOD = 3
DISABLED = 4
WRONG_CONNECTION = 7
WRONG_AUTH = 8
SIGN_IN_NEEDED = 9
NO_PRIVILEGE = 10
INVALID_VALUE = 12

WORDS: Mapping[int, str] = MappingProxyType(
    {
        NOT_SUPPORTED: "not supported by this model or licence",
        INVALID_PATH: "no such call",
        INVALID_METHOD: "wrong method for this call",
        DISABLED: "this service of the HTTP API is switched off",
        WRONG_CONNECTION: "this service wants HTTPS",
        WRONG_AUTH: "this service wants another kind of sign-in",
        SIGN_IN_NEEDED: "sign-in needed",
        NO_PRIVILEGE: "this account may not do that",
        11: "a parameter is missing",
        INVALID_VALUE: "a value is not accepted",
        13: "the data are too large",
        14: "an error while processing",
        15: "there is no data",
        17: "it is in use otherwise at the moment",
        18: "rejected",
        19: "this version of the file is not supported",
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The device's no. `code` None: it sent none that is a number."""

    code: int | None
    param: str = ""
    description: str = ""

    @property
    def said(self) -> str:
        """The device's words, with ours for the code."""
        other = f"error number {self.code}" if self.code is not None else "an error that it does not name"
        words = WORDS.get(self.code or 0, other)
        more = ", ".join(filter(None, (self.param, self.description)))
        return said_by(f"{words} ({more})" if more else words)


def read_reply(body: bytes) -> Mapping[str, Any] | Refusal:
    """The result, or the refusal. NonsenseError when the bytes are no such reply."""
    value = first_value(body)
    if not isinstance(value, dict) or "success" not in value:
        raise NonsenseError("JSON of another kind of device" if isinstance(value, dict) else "no object")
    if value["success"] is True:
        result = value.get("result")
        return result if isinstance(result, dict) else {}
    error = value.get("error")
    if not isinstance(error, dict):
        return Refusal(None)
    return Refusal(
        number_of(error.get("code")),
        said_by(text_of(error.get("param"), 64)),
        said_by(text_of(error.get("description"), 200)),
    )


def identity_of(result: Mapping[str, Any], url: str = "") -> Identity:
    """What `system/info` says; NonsenseError when it names no variant. Older firmware tells no MAC."""
    model = said_by(text_of(result.get("variant"), 64))
    if not model:
        raise NonsenseError("a system/info that names no model", url)
    return Identity(
        mac=real_mac(result.get("macAddr")),
        model=model,
        firmware=said_by(text_of(result.get("swVersion"), 64)),
        hardware=said_by(text_of(result.get("hwVersion"), 64)),
    )


def records(result: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list in a result; what is no object is left out."""
    found = result.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
