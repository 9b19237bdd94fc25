"""LOG-06: the audit is chained; what is removed or changed in it is noticed."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable

from core.entities.device import MAC_ENTRY
from core.entities.record import AUDIT_ENTRY
from core.store.audit import audit_break
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.tables import table_of
from core.store.tx import Tx
from tests.factories import plant
from tests.fixtures_core import Planter

ENTRIES = table_of(AUDIT_ENTRY)


async def tamper(mirror: Mirror, statement: Executable) -> None:
    def work(tx: Tx) -> None:
        tx.connection.execute(statement)

    await mirror.write(work, origin=Origin.PULL)


async def test_an_audit_that_was_left_alone_holds_together(mirror: Mirror, planted: Planter) -> None:
    assert await mirror.read(audit_break) == ""
    for _ in range(3):
        entry = await planted(MAC_ENTRY, note="Zoë\n".strip())
        await mirror.write(lambda tx, e=entry: tx.remove(MAC_ENTRY, e.id), origin=Origin.USER)  # type: ignore[misc]
    assert len(await mirror.read(lambda r: r.find(AUDIT_ENTRY))) == 6
    assert await mirror.read(audit_break) == ""


@pytest.mark.parametrize("row", [1, 3, 5])
async def test_a_removed_entry_is_noticed(mirror: Mirror, planted: Planter, row: int) -> None:
    for _ in range(5):
        await planted(MAC_ENTRY)
    await tamper(mirror, ENTRIES.delete().where(ENTRIES.c.row_no == row))
    words = await mirror.read(audit_break)
    assert ("newest entries" in words) == (row == 5)
    assert words


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("who", "somebody else"),
        ("at", 1),
        ("changes", "{}"),
        ("entity_id", "x"),
        ("op", "remove"),
        ("title", "t"),
    ],
)
async def test_a_changed_entry_is_noticed(
    mirror: Mirror, planted: Planter, column: str, value: object
) -> None:
    for _ in range(3):
        await planted(MAC_ENTRY)
    await tamper(mirror, ENTRIES.update().where(ENTRIES.c.row_no == 2).values({column: value}))
    assert "does not hold together" in await mirror.read(audit_break)


async def test_an_inserted_entry_is_noticed(mirror: Mirror, planted: Planter) -> None:
    await planted(MAC_ENTRY)
    entry = (await mirror.read(lambda r: r.find(AUDIT_ENTRY)))[0]
    values = {"id": "other", "scope_id": "", "ver": 0, **AUDIT_ENTRY.store(entry)}
    await tamper(mirror, ENTRIES.insert().values(values))
    assert await mirror.read(audit_break)


async def test_an_audit_that_was_emptied_is_noticed(mirror: Mirror, planted: Planter) -> None:
    await planted(MAC_ENTRY)
    await tamper(mirror, ENTRIES.delete())
    assert "newest entries" in await mirror.read(audit_break)


async def test_a_part_that_was_undone_leaves_no_gap(mirror: Mirror) -> None:
    def part(tx: Tx) -> None:
        with tx.savepoint():
            plant(tx, MAC_ENTRY)
            raise ZeroDivisionError

    def work(tx: Tx) -> None:
        plant(tx, MAC_ENTRY)
        with pytest.raises(ZeroDivisionError):
            part(tx)
        plant(tx, MAC_ENTRY)

    await mirror.write(work, origin=Origin.USER)
    assert len(await mirror.read(lambda r: r.find(AUDIT_ENTRY))) == 2
    assert await mirror.read(audit_break) == ""
