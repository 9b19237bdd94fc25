"""A page comes out of its packing in bites as it does at once, and what is no page is refused alike."""

from __future__ import annotations

import msgspec
import pytest

from core.base.errors import DataError
from core.base.ids import new_id
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import PullPage, ScopeGrant, WireRow
from sync import pages
from sync.pages import let_go, unpack_page


@pytest.fixture(autouse=True)
def _small_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "BITE", 3)


def page_of(rows: int) -> PullPage:
    """A page with every member, and texts that look like bounds of rows."""
    found = [
        WireRow(n % 3, new_id(), "s", n, "d" if n % 4 == 0 else "p", ["]],[[", '"é\\', None, n - 5])
        for n in range(rows)
    ]
    told = {
        "scopes": [ScopeGrant("s", "site", "S", 2)],
        "withdrawn": ["x"],
        "widths": {3: 9},
        "filled": ["s"],
    }
    return msgspec.structs.replace(
        PullPage(epoch="e", head=9, next=7, more=True, rows=found, tenant="t", access_seq=3, partial="p"),
        **told,
    )


@pytest.mark.parametrize("packing", list(Packing))
@pytest.mark.parametrize("rows", [0, 1, 3, 7])
def test_bites_give_the_whole_page(rows: int, packing: Packing) -> None:
    page = page_of(rows)
    packed = codec.pack(page, packing)
    assert unpack_page(packed, packing) == codec.unpack(packed, PullPage, packing) == page


@pytest.mark.parametrize(
    "row",
    [
        b"7",
        b"{}",
        b'[1,"a","s",1,"p"]',
        b'[1,"a","s",1,"z",[]]',
        b'[1,"a","s","1","p",[]]',
        b'[1,"\xff","s",1,"p",[]]',
    ],
)
def test_a_row_that_is_none_makes_the_page_none(row: bytes) -> None:
    plain = msgspec.json.encode(page_of(7)).replace(b'"rows":[', b'"rows":[' + row + b",")
    with pytest.raises(DataError, match="makes no sense"):
        unpack_page(codec.pack_bytes(plain), Packing.ZSTD)


def test_a_page_that_came_damaged_is_refused() -> None:
    packed = bytearray(codec.pack(page_of(7)))
    packed[-1] ^= 1
    with pytest.raises(DataError, match="damaged"):
        unpack_page(bytes(packed), Packing.ZSTD)


def test_a_page_that_was_let_go_has_no_rows() -> None:
    page = page_of(7)
    let_go(page)
    assert page.rows == []
