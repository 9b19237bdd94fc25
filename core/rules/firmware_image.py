"""What can be told about a firmware file before any device sees it: by its name and its first bytes (FW-01, FW-04).

A vendor's image is closed: its name carries the version (device API 5.1) and its bytes only tell what it is not.
Images of the simulated devices begin with one readable line and are checked fully.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.base.errors import UserError
from core.base.words import clean

HEAD = 4096
SMALLEST = 64 * 1024
"""A real image has megabytes; anything below this is a mistake."""

_SIMULATED = re.compile(rb"GWSIMROM 1 (\d{1,6}) (\d{1,5}(?:\.\d{1,5}){3}) (\d{1,12}) [0-9a-f]{8,32}\n")
_NAMED = re.compile(r"(\d{1,5}(?:\.\d{1,5}){3})\.(rom|zip|bin)", re.IGNORECASE)
_OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"<", "an HTML or XML page"),
    (b"{", "a JSON document"),
)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The version a file carries and the hardware family (the version's first number)."""

    version: str
    family: int


def inspect_image(name: str, head: bytes, size: int, *, version: str = "") -> ImageFacts:
    """Facts of a file from its name, its first `HEAD` bytes and its size; `version` overrides the name.

    UserError with one sentence when it is no firmware, is cut off, or does not tell its version.
    """
    shown = clean(name, limit=80)
    simulated = _SIMULATED.match(head)
    if simulated:
        told = simulated.group(2).decode("ascii")
        if size != simulated.end() + int(simulated.group(3)):
            raise UserError(
                "firmware.truncated", f"{shown} is cut off: it has {size} bytes, not what its header says."
            )
        if version and version != told:
            raise UserError("firmware.version", f"{shown} holds version {told}, not {version}.")
        return ImageFacts(told, int(simulated.group(1)))
    _must_not_be_something_else(shown, head, size)
    named = _NAMED.fullmatch(name)
    told = version or (named.group(1) if named else "")
    if not re.fullmatch(r"\d{1,5}(\.\d{1,5}){3}", told):
        remedy = "Rename it as the vendor names it, such as 29.30.10.437.rom, or give the version."
        raise UserError("firmware.version", f"{shown} does not tell its firmware version.", remedy=remedy)
    return ImageFacts(told, int(told.split(".", 1)[0]))


def _must_not_be_something_else(shown: str, head: bytes, size: int) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, kind in _OTHER_KINDS:
        if start.startswith(magic):
            raise UserError("firmware.not_firmware", f"{shown} is no firmware: it is {kind}.")
    if size < SMALLEST:
        raise UserError("firmware.not_firmware", f"{shown} is no firmware: it has only {size} bytes.")
    printable = sum(1 for b in head if b in b"\r\n\t" or 32 <= b < 127)
    if head and printable > 0.97 * len(head):
        raise UserError("firmware.not_firmware", f"{shown} is no firmware: it is plain text.")
