"""Cleaning of texts that come from outside (devices, files, the network) before they are shown or kept."""

from __future__ import annotations

import unicodedata

_DROP = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean(text: object, *, limit: int = 120) -> str:
    """One printable line of at most `limit` characters: no control, format or surrogate characters.

    Anything may be passed; what is not text is turned into text first. A cut is marked by an ellipsis.
    """
    whole = str(text)
    raw = whole[: limit * 8]
    # Nearly every text is plain already, and this runs for every row of an import.
    kept = raw if raw.isascii() and raw.isprintable() else "".join(filter(None, map(_printable, raw)))
    line = " ".join(kept.split())
    cut = len(line) > limit or (len(raw) < len(whole) and bool(line))
    return line[: limit - 1].rstrip() + "…" if cut else line


def _printable(c: str) -> str:
    if c in "\r\n\t":
        return " "
    return "" if unicodedata.category(c) in _DROP else c


def listed(items: list[str], *, limit: int = 5) -> str:
    """`a, b and c`, or `a, b, c and 7 more` when there are more than `limit`."""
    if len(items) > limit:
        return f"{', '.join(items[:limit])} and {len(items) - limit} more"
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else ""
