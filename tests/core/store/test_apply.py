"""What the cloud sends, in the mirror: repeats, versions, rows that move, entities and fields that are not known yet,
scopes that come and go; and that a row with unsent edits is never overwritten (sync.md 3.8, 3.11, 3.12).
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP
from core.entities.site import BUILDING, SITE, Building
from core.schema.entity import EntitySpec
from core.store import apply, reconcile, syncmeta
from core.store.apply import Dropped, Position
from core.store.changes import ChangeSet, Origin
from core.store.mirror import Mirror
from core.store.reader import Reader
from core.store.tables import OUTBOX, SHADOW, table_of
from core.wire.messages import PullPage, ScopeGrant, WireRow
from tests.factories import make
from tests.fixtures_core import Planter

EPOCH = new_id()


def wire(spec: EntitySpec[Any], row: Any, ver: int = 1, **changes: Any) -> WireRow:
    """A row as the cloud would send it."""
    stored = {**spec.store(row), **changes}
    return WireRow(spec.number, row.id, row.scope_id, ver, "p", [stored[name] for name in spec.names])


def end(row: WireRow, op: str, ver: int, scope: str = "") -> WireRow:
    return WireRow(row.entity, row.id, scope or row.scope, ver, op, [])  # type: ignore[arg-type]


class Cloud:
    """Makes pages and applies them."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.seq = 0
        self.changes: list[ChangeSet] = []
        mirror.feed.subscribe(self.changes.append)

    async def send(self, *rows: WireRow, more: bool = False, **members: Any) -> apply.Applied:
        self.seq += max(1, len(rows))
        page = PullPage(
            epoch=EPOCH, head=self.seq, next=self.seq, more=more, rows=list(rows), tenant="t", **members
        )
        return await self.mirror.write(partial(apply.apply_pull, page=page), origin=Origin.PULL)

    async def grant(
        self, *scopes: str, gen: int = 1, withdrawn: tuple[str, ...] = (), access_seq: int = 1
    ) -> Any:
        """Scopes that are live at once, without a fill."""
        grants = [ScopeGrant(scope, "site", f"Site {scope[-3:]}", gen) for scope in scopes]
        done = await self.send(scopes=grants, withdrawn=list(withdrawn), access_seq=access_seq)
        for held in done.fill:
            await self.fill(held.scope)
        return done

    async def fill(self, scope: str, *rows: WireRow, more: bool = False) -> int:
        page = PullPage(epoch=EPOCH, head=self.seq, next=self.seq, more=more, rows=list(rows))
        return await self.mirror.write(partial(apply.apply_fill, scope=scope, page=page), origin=Origin.PULL)


@pytest.fixture
def cloud(mirror: Mirror) -> Cloud:
    return Cloud(mirror)


@pytest.fixture
async def scope(cloud: Cloud) -> str:
    """A live scope."""
    made = new_id()
    await cloud.grant(made)
    return made


def building(scope: str, **fields: Any) -> Building:
    return make(BUILDING, id=fields.pop("id", new_id()), site_id=scope, **fields)


async def names(mirror: Mirror) -> set[str]:
    return {b.name for b in await mirror.read(lambda r: r.find(BUILDING))}


async def test_rows_and_cursor_arrive_together(cloud: Cloud, scope: str) -> None:
    row = building(scope, name="A")
    done = await cloud.send(wire(BUILDING, row))
    assert done.rows == 1
    assert await names(cloud.mirror) == {"A"}
    assert await cloud.mirror.read(apply.position) == Position("t", EPOCH, cloud.seq, 0)
    assert cloud.changes[-1].touched[BUILDING.name].added == {row.id}
    await cloud.send(wire(BUILDING, row, 2, name="B"))
    assert cloud.changes[-1].touched[BUILDING.name].changed == {row.id}
    assert await names(cloud.mirror) == {"B"}


async def test_older_versions_and_repeats_change_nothing(cloud: Cloud, scope: str) -> None:
    row = building(scope, name="A")
    await cloud.send(wire(BUILDING, row, 3, name="new"))
    await cloud.send(wire(BUILDING, row, 2, name="old"), end(wire(BUILDING, building(scope)), "d", 9))
    assert await names(cloud.mirror) == {"new"}
    await cloud.send(end(wire(BUILDING, row), "d", 4))
    assert await names(cloud.mirror) == set()


async def test_rows_of_scopes_that_are_not_held_are_passed_over(cloud: Cloud, scope: str) -> None:
    assert (await cloud.send(wire(BUILDING, building(new_id())))).rows == 0
    assert await names(cloud.mirror) == set()


async def test_a_row_that_moves_leaves_one_scope_and_enters_the_other(cloud: Cloud, scope: str) -> None:
    other = new_id()
    await cloud.grant(scope, other, access_seq=2)
    row = building(scope, name="A")
    await cloud.send(wire(BUILDING, row))
    moved = building(other, id=row.id, name="A")
    await cloud.send(end(wire(BUILDING, row), "l", 2), wire(BUILDING, moved, 2))
    found = await cloud.mirror.read(lambda r: r.find(BUILDING))
    assert [(b.id, b.scope_id) for b in found] == [(row.id, other)]
    await cloud.send(end(wire(BUILDING, row), "l", 2))
    assert await names(cloud.mirror) == {"A"}, (
        "a late word of the old scope does not remove it from the new one"
    )


async def test_unknown_kinds_are_skipped_and_remembered(cloud: Cloud, scope: str) -> None:
    strange = WireRow(9999, new_id(), scope, 1, "p", ["x"])
    await cloud.send(strange, wire(BUILDING, building(scope, name="A")), strange)
    assert await names(cloud.mirror) == {"A"}
    kept = await cloud.mirror.read(lambda r: syncmeta.get(r, syncmeta.SKIPPED))
    assert json.loads(kept or "") == [9999]


async def test_fields_of_a_newer_version_are_kept_and_missing_ones_get_defaults(
    cloud: Cloud, scope: str
) -> None:
    newer, older = building(scope, name="newer"), make(ACCESS_GROUP, site_id=scope, name="older", code=5)
    long = wire(BUILDING, newer)
    short = wire(ACCESS_GROUP, older)
    await cloud.send(
        WireRow(long.entity, long.id, scope, 1, "p", [*long.values, "future", 7]),
        WireRow(short.entity, short.id, scope, 1, "p", short.values[:3]),
    )

    def extra(r: Reader) -> str | None:
        table = table_of(BUILDING)
        return r.connection.execute(select(table.c.extra).where(table.c.id == newer.id)).scalar()

    assert await cloud.mirror.read(extra) == '["future", 7]'
    assert await names(cloud.mirror) == {"newer"}
    group = await cloud.mirror.read(lambda r: r.require(ACCESS_GROUP, older.id))
    assert (group.name, group.code, group.repeat) == ("older", 5, ACCESS_GROUP.by_name["repeat"].default)


async def test_many_rows_are_told_as_many(cloud: Cloud, scope: str) -> None:
    rows = [wire(BUILDING, building(scope, name=f"B{i}")) for i in range(apply.NAMED + 1)]
    await cloud.send(*rows)
    touched = cloud.changes[-1].touched[BUILDING.name]
    assert touched.many
    assert not touched.ids()
    assert len(await names(cloud.mirror)) == apply.NAMED + 1


# --------------------------------------------------------------------------------------------------- unsent edits


async def edited(cloud: Cloud, scope: str) -> Building:
    """A row of the cloud, changed here."""
    row = building(scope, name="theirs")
    site = make(SITE, id=scope)
    await cloud.send(wire(SITE, site), wire(BUILDING, row))
    return await cloud.mirror.write(lambda tx: tx.patch(BUILDING, row, name="mine"), origin=Origin.USER)


async def below(mirror: Mirror) -> list[tuple[int, str | None]]:
    def read(r: Reader) -> list[tuple[int, str | None]]:
        found = r.connection.execute(select(SHADOW.c.ver, SHADOW.c.image)).all()
        return [(row[0], json.loads(row[1]).get("name") if row[1] else None) for row in found]

    return await mirror.read(read)


async def test_an_unsent_edit_stays_on_top_of_what_arrives(cloud: Cloud, scope: str) -> None:
    row = await edited(cloud, scope)
    await cloud.send(wire(BUILDING, row, 5, name="newer theirs"))
    [found] = await cloud.mirror.read(lambda r: r.find(BUILDING))
    assert (found.name, found.ver) == ("mine", 5)
    assert await below(cloud.mirror) == [(5, "newer theirs")]


async def test_a_row_with_unsent_edits_stays_in_view_when_the_cloud_removes_it(
    cloud: Cloud, scope: str
) -> None:
    row = await edited(cloud, scope)
    await cloud.send(end(wire(BUILDING, row), "d", 6))
    assert await names(cloud.mirror) == {"mine"}
    assert await below(cloud.mirror) == [(-6, "theirs")], "what it was stays known, to bring it back"


async def test_a_row_that_was_removed_here_stays_removed_while_changes_arrive(
    cloud: Cloud, scope: str
) -> None:
    row = await edited(cloud, scope)
    await cloud.mirror.write(lambda tx: tx.remove(BUILDING, row.id), origin=Origin.USER)
    await cloud.send(wire(BUILDING, row, 5, name="newer theirs"))
    assert await names(cloud.mirror) == set()


async def test_nothing_that_arrives_is_sent_back(cloud: Cloud, scope: str) -> None:
    await cloud.send(wire(BUILDING, building(scope)), wire(BUILDING, building(scope)))
    assert await cloud.mirror.read(lambda r: r.connection.execute(select(OUTBOX)).all()) == []


async def test_beginning_again_touches_no_unsent_edit(cloud: Cloud, scope: str) -> None:
    await edited(cloud, scope)
    await cloud.mirror.write(lambda tx: reconcile.begin_again(tx, lost=False), origin=Origin.PULL)
    assert await cloud.mirror.read(apply.position) == Position()
    assert len(await cloud.mirror.read(lambda r: r.connection.execute(select(OUTBOX)).all())) == 1
    assert await below(cloud.mirror) == [(1, "theirs")]
    done = await cloud.send(scopes=[ScopeGrant(scope, "site", "x", 1)], access_seq=1)
    assert [s.scope for s in done.fill] == [scope]


# ----------------------------------------------------------------------------------------------------------- scopes


async def test_a_new_scope_is_filled_up_to_where_it_was_granted(cloud: Cloud) -> None:
    mine = new_id()
    done = await cloud.send(scopes=[ScopeGrant(mine, "site", "Mine", 1)], access_seq=1)
    [held] = done.fill
    assert (held.scope, held.fill_seq, held.fill_to) == (mine, 0, cloud.seq)
    await cloud.fill(mine, wire(BUILDING, building(mine, name="A")), more=True)
    assert [s.state for s in await cloud.mirror.read(apply.scopes)] == ["fill"]
    await cloud.fill(mine, wire(BUILDING, building(mine, name="B")))
    assert [s.state for s in await cloud.mirror.read(apply.scopes)] == ["live"]
    assert await names(cloud.mirror) == {"A", "B"}


async def test_another_generation_means_to_fill_again(cloud: Cloud, scope: str) -> None:
    assert (await cloud.send(scopes=[ScopeGrant(scope, "site", "Renamed", 1)], access_seq=2)).fill == ()
    assert [s.label for s in await cloud.mirror.read(apply.scopes)] == ["Renamed"]
    done = await cloud.send(scopes=[ScopeGrant(scope, "site", "Renamed", 2)], access_seq=3)
    assert [s.scope for s in done.fill] == [scope]


async def test_a_withdrawn_scope_waits_for_edits_to_be_judged_and_then_goes(cloud: Cloud, scope: str) -> None:
    await edited(cloud, scope)
    done = await cloud.send(scopes=[], withdrawn=[scope], access_seq=2)
    assert [s.scope for s in done.drop] == [scope]
    drop = partial(apply.drop_piece, scope=scope)
    assert await cloud.mirror.write(drop, origin=Origin.PULL) is Dropped.WAITING
    await cloud.mirror.write(lambda tx: tx.connection.execute(OUTBOX.delete()), origin=Origin.PULL)
    assert await cloud.mirror.write(drop, origin=Origin.PULL) is Dropped.DONE
    assert await names(cloud.mirror) == set()
    assert await cloud.mirror.read(apply.scopes) == []
    assert await below(cloud.mirror) == []


async def test_a_scope_given_back_while_it_goes_is_filled(cloud: Cloud, scope: str) -> None:
    await cloud.send(scopes=[], withdrawn=[scope], access_seq=2)
    done = await cloud.send(scopes=[ScopeGrant(scope, "site", "x", 2)], access_seq=3)
    assert ([s.scope for s in done.fill], done.drop) == ([scope], ())


async def test_a_shorter_list_is_no_withdrawal(cloud: Cloud, scope: str) -> None:
    done = await cloud.send(scopes=[], access_seq=2)
    assert (done.drop, done.again) == ((), False)
    assert [s.state for s in await cloud.mirror.read(apply.scopes)] == ["live"]


async def test_losing_most_scopes_needs_a_second_word(cloud: Cloud) -> None:
    mine = [new_id() for _ in range(3)]
    await cloud.grant(*mine)
    first = await cloud.send(scopes=[], withdrawn=mine, access_seq=2)
    assert (first.drop, first.again) == ((), True)
    assert (await cloud.mirror.read(apply.position)).access_seq == 1
    second = await cloud.send(scopes=[], withdrawn=mine, access_seq=2)
    assert (len(second.drop), second.again) == (3, False)


async def test_counts_of_an_empty_mirror(mirror: Mirror, planted: Planter) -> None:
    found = await mirror.read(syncmeta.counts)
    assert (found.laptop, found.sent, found.blocked, found.confirmed, found.tray, found.last_ok) == (
        0, 0, 0, 0, 0, None,
    )  # fmt: skip
    await planted(SITE)
    assert (await mirror.read(syncmeta.counts)).laptop >= 1
