"""Cleaning of texts that come from outside (devices, files, the network) before they are shown or kept."""

from __future__ import annotations

import unicodedata

_DROP = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean(text: object, *, limit: int = 120) -> str:
    """One printable line of at most `limit` characters: no control, format or surrogate characters.

    Anything may be passed; what is not text is turned into text first. A cut is marked by an ellipsis.
    """
    raw = str(text)[: limit * 8]
    kept = "".join(
        " " if c in "\r\n\t" else c for c in raw if c in "\r\n\t" or unicodedata.category(c) not in _DROP
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def listed(items: list[str], *, limit: int = 5) -> str:
    """`a, b and c`, or `a, b, c and 7 more` when there are more than `limit`."""
    if len(items) > limit:
        return f"{', '.join(items[:limit])} and {len(items) - limit} more"
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else ""
