"""The index of words of the MAC library: it finds what reading every row finds, whoever wrote them."""

from __future__ import annotations

import random
from array import array
from functools import partial

import pytest

from core.base.errors import CancelledByPerson
from core.base.ids import new_id
from core.entities.device import DEVICE, MAC_ENTRY, MacEntry
from core.entities.site import Site
from core.store import apply, building, query, trigrams
from core.store.changes import Origin
from core.store.mirror import Mirror, Stop
from core.store.query import Among, ListQuery, count, row_numbers, rows
from core.store.reader import Reader
from core.wire.messages import WireRow
from tests.factories import make
from tests.fixtures_core import Planter

NOTES = (
    "",
    "Box 12",
    "box twelve",
    'a "quoted" note',
    "Zähler 0C:11",
    "100% ok_",
    "0c-11 spare",
    "A3F7 is near",
)
SEARCHES = (
    "A3F", "a3f7", "0C1105", "0c:11:05:a", "11-05", "box", "BOX 12", 'quoted"', "zähler", "ok_", "% o", "3F7 x915",
    "0c:11", "nothing at all", ":-.", "x9", "5", "A3F7 R29", "1105 1105", "0c-1",
)  # fmt: skip


def entries(amount: int) -> list[MacEntry]:
    rng = random.Random(5)
    return [
        make(
            MAC_ENTRY,
            scope_id=rng.choice(("s", "t")),
            mac=f"0C1105{n * 65_537 % (1 << 24):06X}",
            model=rng.choice(("R29", "X915", "")),
            note=rng.choice(NOTES),
        )
        for n in range(1, amount + 1)
    ]


@pytest.fixture
async def library(mirror: Mirror) -> list[MacEntry]:
    made = entries(300)
    await mirror.write(lambda tx: tx.put_many(MAC_ENTRY, made), origin=Origin.PULL)
    return made


async def both_ways(mirror: Mirror, asked: ListQuery, monkeypatch: pytest.MonkeyPatch) -> array[int]:
    """The numbers of a question; with the index and without it they are the same, and so are count and rows."""
    found = await mirror.read(lambda r: row_numbers(r, asked))
    assert await mirror.read(lambda r: count(r, asked)) == len(found)
    shown = {no: row.mac for no, row, _ in mirror.rows_now(MAC_ENTRY, found)}
    assert [row.mac for row in await mirror.read(lambda r: rows(r, asked))] == [shown[no] for no in found]
    with monkeypatch.context() as patch:
        patch.setattr(query, "match_of", lambda *_: "")
        assert await mirror.read(lambda r: row_numbers(r, asked)) == found
    return found


@pytest.mark.parametrize("search", SEARCHES)
async def test_the_index_finds_what_reading_every_row_finds(
    mirror: Mirror, library: list[MacEntry], search: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 6: a keystroke in a list of a million rows."""
    for sort in ("mac", "-mac", "note"):
        asked = ListQuery(MAC_ENTRY, {"scope_id": "s"}, search, sort)
        found = await both_ways(mirror, asked, monkeypatch)
        with monkeypatch.context() as patch:
            patch.setattr(query, "SPARSE", 3)  # dense: the list is gone along instead
            assert await mirror.read(lambda r, q=asked: row_numbers(r, q)) == found  # type: ignore[misc]


async def test_it_follows_every_way_of_writing(
    mirror: Mirror, library: list[MacEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, *_ = library

    def write(tx: object) -> None:
        tx.patch(MAC_ENTRY, first, note="lighthouse")  # type: ignore[attr-defined]
        tx.remove(MAC_ENTRY, second.id)  # type: ignore[attr-defined]

    await mirror.write(write, origin=Origin.USER)
    pulled = WireRow(
        MAC_ENTRY.number, third.id, third.scope_id, 9, "p", [third.mac, third.model, "a lighthouse too"]
    )
    await mirror.write(lambda tx: apply.apply_rows(tx, [pulled]), origin=Origin.PULL)
    asked = ListQuery(MAC_ENTRY, search="lighthouse", sort="mac")
    assert len(await both_ways(mirror, asked, monkeypatch)) == 2
    gone = ListQuery(MAC_ENTRY, search=second.mac)
    assert len(await both_ways(mirror, gone, monkeypatch)) == 0
    check = "INSERT INTO mac_entries_words (mac_entries_words) VALUES ('integrity-check')"
    await mirror.write(lambda tx: tx.raw.execute(check).close(), origin=Origin.PULL)


async def test_a_first_fill_makes_the_index_at_its_end(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = partial(mirror.write, origin=Origin.PULL)
    await write(lambda tx: building.begin(tx, building.WORTH))
    wires = [WireRow(MAC_ENTRY.number, new_id(), "s", 1, "p", [e.mac, e.model, e.note]) for e in entries(40)]
    await write(lambda tx: apply.apply_rows(tx, wires, fresh=True))
    while await write(building.finish):
        pass
    assert len(await both_ways(mirror, ListQuery(MAC_ENTRY, search="0C1105"), monkeypatch)) == 40
    await write(lambda tx: tx.put(MAC_ENTRY, make(MAC_ENTRY, scope_id="s", mac="AABBCCDDEEFF")))
    assert len(await both_ways(mirror, ListQuery(MAC_ENTRY, search="bbcc"), monkeypatch)) == 1


def test_short_words_are_in_no_index_and_quotes_are_doubled() -> None:
    assert trigrams.match_of(MAC_ENTRY, "a3") == ""
    assert trigrams.match_of(MAC_ENTRY, "a3 b4 note") == '(("not" AND "ote"))'
    assert trigrams.match_of(MAC_ENTRY, '"ab') == '(("""ab"))'
    assert trigrams.match_of(MAC_ENTRY, "0:c") == ""
    assert trigrams.match_of(DEVICE, "entrance") == ""


async def test_rows_that_another_entity_has_or_has_not(
    mirror: Mirror, site: Site, planted: Planter, library: list[MacEntry]
) -> None:
    """MAC-03: bound are those that a device uses."""
    used = library[7]
    await planted(DEVICE, site_id=site.id, mac=used.mac)
    for absent, expected in ((False, 1), (True, 299)):
        asked = ListQuery(MAC_ENTRY, sort="mac", among=(Among("mac", DEVICE, "mac", absent),))
        assert await mirror.read(lambda r, q=asked: count(r, q)) == expected  # type: ignore[misc]
        assert len(await mirror.read(lambda r, q=asked: row_numbers(r, q))) == expected  # type: ignore[misc]


async def test_a_question_that_nobody_waits_for_is_stopped(mirror: Mirror) -> None:
    stop = Stop()

    def forever(reader: Reader) -> int:
        stop.set()
        endless = "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n) SELECT count(*) FROM n"
        return int(reader.connection.exec_driver_sql(endless).scalar_one())

    with pytest.raises(CancelledByPerson):
        await mirror.read(forever, limit_ms=60_000, stop=stop)
    with pytest.raises(CancelledByPerson):
        await mirror.read(lambda _r: 1, stop=stop)
    assert await mirror.read(lambda r: count(r, ListQuery(MAC_ENTRY))) == 0
