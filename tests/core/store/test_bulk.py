"""Many rows at once: what is written into the SQL instead of being bound changes nothing; indexes of a first fill."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core.base.ids import new_id
from core.entities.credential import CREDENTIAL
from core.entities.site import BUILDING
from core.store import apply, building, bulk
from core.store.arriving import block_of
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.tx import Tx
from core.wire.messages import PullPage, ScopeGrant, WireRow

WIDTH = len(BUILDING.names)
VALUES = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.sampled_from(["", "A", "x'y", "a\0b", "ü", "[]"])
)
SAME = st.lists(VALUES, min_size=WIDTH, max_size=WIDTH)


def database() -> sqlite3.Connection:
    raw = sqlite3.connect(":memory:")
    names = ", ".join(f'"{name}"' for name in BUILDING.names)
    raw.execute(f"CREATE TABLE buildings(id UNIQUE, scope_id, ver, {names}, extra, flag DEFAULT 0)")
    return raw


@given(common=SAME, odd=SAME, which=st.sets(st.integers(0, bulk.FEW + 3)))
def test_rows_arrive_as_they_are_whatever_they_have_in_common(
    common: list[Any], odd: list[Any], which: set[int]
) -> None:
    rows = [WireRow(4, f"{n:032x}", "s", 1, "p", odd if n in which else common) for n in range(bulk.FEW + 4)]
    raw = database()
    bulk.put_rows(raw, block_of(BUILDING, "p", rows))
    found = raw.execute("SELECT * FROM buildings ORDER BY id").fetchall()
    assert found == [(r.id, r.scope, r.ver, *r.values, None, 0) for r in rows]


@pytest.mark.parametrize("more", [0, 1, bulk.TOGETHER - 1])
def test_many_rows_arrive_each_once_and_over_older_ones_only(more: int) -> None:
    raw, count = database(), bulk.MANY + more
    odd = [["x", n, *[None] * (WIDTH - 2)] for n in range(count)]
    first = [WireRow(4, f"{n:032x}", "s", n % 3, "p", odd[n]) for n in range(0, count, 7)]
    bulk.put_rows(raw, block_of(BUILDING, "p", first))
    rows = [WireRow(4, f"{n:032x}", "t", 1, "p", odd[n]) for n in range(count)]
    bulk.put_rows(raw, block_of(BUILDING, "p", rows))
    newest = {r.id: r for r in rows} | {r.id: r for r in first if r.ver >= 1}
    found = raw.execute("SELECT * FROM buildings ORDER BY id").fetchall()
    assert found == [(i, r.scope, r.ver, *r.values, None, 0) for i, r in sorted(newest.items())]


@given(width=st.integers(0, WIDTH + 2))
def test_rows_of_other_widths_get_defaults_and_keep_what_is_too_much(width: int) -> None:
    values = [f"v{n}" for n in range(width)]
    raw = database()
    bulk.put_rows(raw, block_of(BUILDING, "p", [WireRow(4, "i", "s", 1, "p", list(values))]))
    [row] = raw.execute("SELECT * FROM buildings").fetchall()
    assert list(row[3 : 3 + min(width, WIDTH)]) == values[:WIDTH]
    assert (row[-2] is not None) == (width > WIDTH)


def test_a_secret_never_stands_in_a_statement() -> None:
    stored = dict.fromkeys(CREDENTIAL.names, "") | {"code": "4711"}
    rows = [WireRow(12, f"{n}", "s", 1, "p", list(stored.values())) for n in range(bulk.FEW)]
    raw = sqlite3.connect(":memory:")
    names = ", ".join(f'"{name}"' for name in CREDENTIAL.names)
    raw.execute(f"CREATE TABLE credentials(id UNIQUE, scope_id, ver, {names}, extra)")
    seen: list[str] = []
    raw.set_trace_callback(seen.append)
    block = block_of(CREDENTIAL, "p", rows)
    literals = bulk._literals(block)
    bulk.put_rows(raw, block)
    assert seen
    assert literals[3 + CREDENTIAL.names.index("code")] is None
    assert "4711" not in bulk._statement(CREDENTIAL.name, literals, bulk.Over.OLDER)


# -------------------------------------------------------------------------------------------------------- indexes


def indexes(tx: Any) -> set[str]:
    found = tx.connection.execute(
        text("SELECT name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL")
    )
    return {row[0] for row in found}


def first_page(scope: str, head: int) -> PullPage:
    grants = [ScopeGrant(scope, "site", "Home", 1)]
    return PullPage(
        epoch=new_id(), head=head, next=head, more=False, rows=[], tenant="t", access_seq=1, scopes=grants
    )


def rows_page(scope: str, count: int) -> PullPage:
    rows = [WireRow(4, new_id(), scope, 1, "p", [scope, f"B{n}"]) for n in range(count)]
    return PullPage(epoch="e", head=count, next=count, more=False, rows=rows)


async def finished(mirror: Mirror) -> None:
    """All indexes made, each in a transaction of its own."""
    while await mirror.write(building.finish, origin=Origin.PULL):
        assert await mirror.read(building.is_building)


@pytest.mark.parametrize(
    ("together", "missing"), [(40, set()), (41, {"ix_buildings_site_id", "ix_buildings_scope"})]
)
async def test_a_large_first_fill_makes_indexes_at_the_end_but_those_it_writes_at_one_place(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, together: int, missing: set[str]
) -> None:
    monkeypatch.setattr(building, "TOGETHER", together)
    scope, before = new_id(), await mirror.read(indexes)
    write = partial(mirror.write, origin=Origin.PULL)
    done = await write(partial(apply.apply_pull, page=first_page(scope, building.WORTH)))
    assert done.building
    assert await mirror.read(indexes) == before, "tables into which nothing comes keep theirs"
    await write(partial(apply.apply_fill, scope=scope, page=rows_page(scope, 40)))
    assert await mirror.read(indexes) == before - missing
    # Killed here: the mark is in the file, and the next round finds it.
    assert (await write(partial(apply.apply_pull, page=first_page(scope, 1)))).building
    await finished(mirror)
    assert await mirror.read(indexes) == before
    assert not await mirror.read(building.is_building)
    assert len(await mirror.read(lambda r: r.find(BUILDING, site_id=scope))) == 40
    await finished(mirror)


async def begun(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> str:
    """A first fill of very many rows; the scope."""
    monkeypatch.setattr(building, "VERY_MANY", 0)
    scope = new_id()
    page = first_page(scope, building.WORTH)
    await mirror.write(partial(apply.apply_pull, page=page), origin=Origin.PULL)
    return scope


async def test_a_very_large_first_fill_makes_the_index_of_ids_at_the_end(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await mirror.read(indexes)
    scope, write = await begun(mirror, monkeypatch), partial(mirror.write, origin=Origin.PULL)
    await write(partial(apply.apply_fill, scope=scope, page=rows_page(scope, 40)))
    assert "ix_buildings_id" not in await mirror.read(indexes)
    # A row of it is edited here, one is changed by somebody else, and the rest comes.
    one, other, *_ = await mirror.read(lambda r: r.find(BUILDING))
    await mirror.write(lambda tx: tx.patch(BUILDING, one, name="mine"), origin=Origin.USER)
    news = [WireRow(4, row.id, scope, 2, "p", [scope, "theirs"]) for row in (one, other)]
    await write(partial(apply.apply_rows, rows=news))
    assert "ix_buildings_id" in await mirror.read(indexes), "rows that are there already need it"
    await write(partial(apply.apply_fill, scope=scope, page=rows_page(scope, 50)))
    await finished(mirror)
    assert await mirror.read(indexes) == before
    rows = await mirror.read(lambda r: r.find(BUILDING))
    assert (len(rows), len({row.id for row in rows})) == (90, 90)
    assert {row.name for row in rows if row.id in (one.id, other.id)} == {"mine", "theirs"}


@pytest.mark.allow_logs("came twice in a first fill")
async def test_rows_that_come_twice_in_a_very_large_first_fill_stay_once(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, page = await begun(mirror, monkeypatch), rows_page(new_id(), 40)
    first = [WireRow(row.entity, row.id, scope, row.ver, "p", [scope, row.values[1]]) for row in page.rows]
    again = [
        WireRow(row.entity, row.id, scope, 2, "p", [scope, f"{row.values[1]} later"]) for row in page.rows
    ]
    for rows in (first, again[:7]):
        await mirror.write(partial(apply.apply_rows, rows=rows, fresh=True), origin=Origin.PULL)
    await finished(mirror)
    found = await mirror.read(lambda r: r.find(BUILDING))
    assert sorted(row.name for row in found) == sorted(
        [*(f"B{n} later" for n in range(7)), *(f"B{n}" for n in range(7, 40))]
    )
    assert "ix_buildings_id" in await mirror.read(indexes)


@pytest.mark.parametrize("head", [0, building.WORTH - 1])
async def test_a_small_first_fill_leaves_the_indexes(mirror: Mirror, head: int) -> None:
    before = await mirror.read(indexes)
    done = await mirror.write(partial(apply.apply_pull, page=first_page(new_id(), head)), origin=Origin.PULL)
    assert not done.building
    assert await mirror.read(indexes) == before


async def test_a_mirror_with_rows_keeps_its_indexes(mirror: Mirror) -> None:
    def begin(tx: Tx) -> bool:
        apply.apply_rows(tx, rows_page(new_id(), 1).rows)
        building.begin(tx, building.WORTH)
        return building.is_building(tx)

    assert not await mirror.write(begin, origin=Origin.PULL)
