"""Pages of rows in small bites: Python's lock is held while JSON becomes objects and while objects go, for 7 to 20 ms
where a page of 10,000 rows does so at once, and the window waits. Nothing about what rows mean.
"""

from __future__ import annotations

import msgspec

from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import PullPage, WireRow

BITE = 500
"""Rows that come or go at once: less than a millisecond."""


class _Unread(PullPage, frozen=True, kw_only=True):
    """A page of whose rows only the bounds are known."""

    rows: list[msgspec.Raw]  # type: ignore[assignment]


def unpack_page(packed: bytes, packing: Packing) -> PullPage:
    """As `codec.unpack`, for a thread beside the window's. DataError when it is damaged, too large or no page."""
    page = codec.unpack(packed, _Unread, packing)
    rows: list[WireRow] = []
    for start in range(0, len(page.rows), BITE):
        rows += codec.parse(b"[%b]" % b",".join(page.rows[start : start + BITE]), list[WireRow])
    members = {name: getattr(page, name) for name in page.__struct_fields__}
    return PullPage(**{**members, "rows": rows})


def let_go(page: PullPage) -> None:
    """Empty a page that was written, on the thread that wrote it: else whoever holds it last gives back its memory,
    and that is the window's thread.
    """
    while page.rows:
        del page.rows[-BITE:]
