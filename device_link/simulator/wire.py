"""Reading untrusted JSON members: every value becomes a bounded text, every list a list of objects. Never raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

PAGE_SIZE = 10
_TEXT_LIMIT = 4096
_T = TypeVar("_T")


def text(value: object, limit: int = _TEXT_LIMIT) -> str:
    """Return a JSON scalar as the text that a device would store; empty for anything else."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        return value[:limit]
    if isinstance(value, int):
        return hex(value) if abs(value) > 1 << 64 else str(value)
    return repr(value) if isinstance(value, float) else ""


def number(value: object, otherwise: int) -> int:
    """Return a JSON number, or text holding one, as an integer; `otherwise` for anything else."""
    written = text(value, 20).strip()
    return int(written) if written.lstrip("-").isascii() and written.lstrip("-").isdigit() else otherwise


def items_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the objects under `item`; a single object counts as a list of one."""
    found = data.get("item")
    if isinstance(found, dict):
        return [found]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def page_of(all_items: Sequence[_T], page: object, *, paging: bool = True) -> tuple[list[_T], int]:
    """Return one page of ten and the number of all: no page or -1 is everything, 0 and 1 are the first ten."""
    wanted = number(page, -1)
    if not paging or wanted < 0:
        return list(all_items), len(all_items)
    start = max(wanted - 1, 0) * PAGE_SIZE
    return list(all_items[start : start + PAGE_SIZE]), len(all_items)


def listing(shown: list[dict[str, Any]], total: int) -> dict[str, Any]:
    """Build the data of a list reply; `curPageNum` is the number of records in this reply (device API 3.8)."""
    return {"num": total, "curPageNum": len(shown), "item": shown}
