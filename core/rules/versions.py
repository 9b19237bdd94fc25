"""Firmware versions: four numbers, compared part by part (FW-04)."""

from __future__ import annotations

import re


def version_key(text: str) -> tuple[int, ...]:
    """The numbers of a version; () when it is none. `10.9 < 10.22`."""
    return tuple(int(p) for p in text.split(".")) if re.fullmatch(r"\d{1,6}(\.\d{1,6})*", text) else ()


def at_least(has: str, needed: str) -> bool:
    """Whether a version is the needed one or higher. False when either is unreadable or of another family."""
    left, right = version_key(has), version_key(needed)
    return bool(left and right) and left[0] == right[0] and left >= right


def same_version(left: str, right: str) -> bool:
    """Whether two texts name one version."""
    return bool(version_key(left)) and version_key(left) == version_key(right)


def family(text: str) -> int | None:
    """The first number: a hardware family, not a model (FW-04)."""
    key = version_key(text)
    return key[0] if key else None
