"""The mirror: encryption, one writer with many readers, time limits, faults of disk and file in words."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy.exc import IntegrityError

from core.base.errors import DataError, UserError
from core.base.paths import Profile
from core.entities.device import MAC_ENTRY
from core.store.changes import ChangeSet, Origin
from core.store.mirror import Mirror, open_mirror
from core.store.reader import Reader
from core.store.tx import Tx
from tests.factories import make, plant
from tests.fixtures_core import HandClock, Planter
from tests.guards.logs import LogGuard


def reopened(profile: Profile, key: str, clock: HandClock) -> Mirror:
    return open_mirror(profile.mirror, key, clock, backups=profile.backups)


async def test_nothing_of_it_can_be_read_without_the_key(
    mirror: Mirror, profile: Profile, planted: Planter
) -> None:
    await planted(MAC_ENTRY, note="a very particular note")
    await mirror.close()
    raw = b"".join(path.read_bytes() for path in profile.root.glob("mirror.db*"))
    assert len(raw) > 4096
    for text in (b"SQLite format", b"mac_entries", b"particular", b"CREATE TABLE"):
        assert text not in raw
    plain = sqlite3.connect(profile.mirror)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        plain.execute("SELECT count(*) FROM sqlite_master")
    plain.close()


async def test_a_wrong_key_is_said_and_changes_nothing(
    mirror: Mirror, profile: Profile, mirror_secret: str, hand_clock: HandClock, planted: Planter
) -> None:
    await planted(MAC_ENTRY)
    await mirror.close()
    before = profile.mirror.read_bytes()
    with pytest.raises(DataError, match="key does not fit, or the file is damaged") as caught:
        reopened(profile, secrets.token_hex(32), hand_clock)
    assert mirror_secret not in str(caught.value)
    assert profile.mirror.read_bytes() == before
    again = reopened(profile, mirror_secret, hand_clock)
    assert len(await again.read(lambda r: r.find(MAC_ENTRY))) == 1
    again.close_now()


@pytest.mark.parametrize("damage", ["text", "head", "half", "middle"])
async def test_a_damaged_file_is_said(
    mirror: Mirror, profile: Profile, mirror_secret: str, hand_clock: HandClock, damage: str
) -> None:
    await mirror.write(lambda tx: plant(tx, MAC_ENTRY), origin=Origin.USER)
    await mirror.close()
    data = bytearray(profile.mirror.read_bytes())
    if damage == "text":
        data = bytearray(b"hello")
    elif damage == "head":
        data[:64] = bytes(64)
    elif damage == "half":
        data = data[: len(data) // 2 + 100]
    else:
        data[4096:] = secrets.token_bytes(len(data) - 4096)
    profile.mirror.write_bytes(data)

    async def use() -> None:
        damaged = reopened(profile, mirror_secret, hand_clock)
        try:
            await damaged.read(lambda r: r.find(MAC_ENTRY))
        finally:
            damaged.close_now()

    with pytest.raises(DataError) as caught:
        await use()
    assert "PRAGMA" not in str(caught.value)
    assert caught.value.code in {"mirror.unreadable", "mirror.damaged", "mirror.failed", "mirror.unopened"}


async def test_a_folder_that_is_not_there(tmp_path: Path, hand_clock: HandClock) -> None:
    with pytest.raises(DataError, match="cannot be opened"):
        open_mirror(tmp_path / "none" / "m.db", secrets.token_hex(32), hand_clock, backups=tmp_path)


async def test_any_path_will_do(tmp_path: Path, hand_clock: HandClock) -> None:
    path = tmp_path / "räume & #?%20.db"
    mirror = open_mirror(path, secrets.token_hex(32), hand_clock, backups=tmp_path)
    mirror.close_now()
    assert path.exists()


async def test_a_transaction_is_written_whole_or_not_at_all(mirror: Mirror) -> None:
    def work(tx: Tx) -> None:
        plant(tx, MAC_ENTRY)
        raise ZeroDivisionError

    heard: list[ChangeSet] = []
    mirror.feed.subscribe(heard.append)
    with pytest.raises(ZeroDivisionError):
        await mirror.write(work, origin=Origin.USER)
    assert heard == []
    counts = await mirror.read(
        lambda r: [
            r.connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()  # noqa: S608  names are ours
            for name in ("mac_entries", "outbox", "shadow", "audit_entries")
        ]
    )
    assert counts == [0, 0, 0, 0]
    assert len(await mirror.write(lambda tx: plant(tx, MAC_ENTRY).mac, origin=Origin.USER)) == 12


async def test_the_feed_tells_after_the_commit_who_touched_what(mirror: Mirror) -> None:
    heard: list[tuple[ChangeSet, int]] = []

    def listen(changes: ChangeSet) -> None:
        heard.append((changes, len(mirror.rows_now(MAC_ENTRY, [1]))))

    unsubscribe = mirror.feed.subscribe(listen)
    entry = await mirror.write(lambda tx: plant(tx, MAC_ENTRY), origin=Origin.IMPORT, act="Import file")
    changes, seen = heard[0]
    assert seen == 1
    assert (changes.origin, changes.act) == (Origin.IMPORT, "Import file")
    assert changes.touched["mac_entries"].added == {entry.id}
    assert changes.touches("mac_entries", "sites")
    assert not changes.touches("sites")
    assert changes.touched["audit_entries"].many
    await mirror.write(lambda tx: tx.patch(MAC_ENTRY, entry, note="n"), origin=Origin.USER)
    assert heard[1][0].touched["mac_entries"].changed == {entry.id}
    await mirror.write(lambda tx: tx.remove(MAC_ENTRY, entry.id), origin=Origin.USER)
    assert heard[2][0].touched["mac_entries"].removed == {entry.id}
    await mirror.write(lambda tx: tx.find(MAC_ENTRY), origin=Origin.USER)
    assert len(heard) == 3
    unsubscribe()
    assert mirror.feed.listeners == 0


async def test_a_listener_that_fails_does_not_undo_the_commit(mirror: Mirror, log_guard: LogGuard) -> None:
    log_guard.expect("listener of the change feed failed")
    heard: list[ChangeSet] = []

    def broken(_changes: ChangeSet) -> None:
        raise ZeroDivisionError

    mirror.feed.subscribe(broken)
    mirror.feed.subscribe(heard.append)
    row = await mirror.write(lambda tx: plant(tx, MAC_ENTRY), origin=Origin.USER)
    assert [c.touched[MAC_ENTRY.name].added for c in heard] == [{row.id}]


async def test_the_screen_sees_every_commit(mirror: Mirror) -> None:
    entry = await mirror.write(lambda tx: plant(tx, MAC_ENTRY, note="old"), origin=Origin.USER)
    assert mirror.rows_now(MAC_ENTRY, [1]) == [(1, entry, ())]
    changed = await mirror.write(lambda tx: tx.patch(MAC_ENTRY, entry, note="new"), origin=Origin.USER)
    assert mirror.rows_now(MAC_ENTRY, [1, 99]) == [(1, changed, ())]
    assert mirror.rows_now(MAC_ENTRY, []) == []


async def test_readers_cannot_write(mirror: Mirror) -> None:
    def write(reader: Reader) -> None:
        reader.connection.exec_driver_sql("DELETE FROM mac_entries")

    with pytest.raises(DataError, match="read-only"):
        await mirror.read(write)


async def test_readers_see_one_consistent_state_while_the_writer_works(
    mirror: Mirror, planted: Planter
) -> None:
    """One writer moves a sum between two rows; none of many readers ever sees it half moved."""
    rows = [await planted(MAC_ENTRY, note="50") for _ in range(2)]
    stop = threading.Event()

    def move(tx: Tx) -> None:
        first, second = (int(tx.require(MAC_ENTRY, row.id).note) for row in rows)
        tx.patch(MAC_ENTRY, rows[0], note=str(first - 1))
        tx.patch(MAC_ENTRY, rows[1], note=str(second + 1))

    def look(reader: Reader) -> int:
        first = int(reader.require(MAC_ENTRY, rows[0].id).note)
        stop.wait(0.001)
        return first + int(reader.require(MAC_ENTRY, rows[1].id).note)

    async def write() -> None:
        for _ in range(40):
            await mirror.write(move, origin=Origin.USER)

    async def read() -> list[int]:
        return [await mirror.read(look) for _ in range(20)]

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        readers = [group.create_task(read()) for _ in range(6)]
    sums = {total for reader in readers for total in reader.result()}
    assert sums == {100}
    assert (await mirror.read(lambda r: r.require(MAC_ENTRY, rows[0].id))).note == "10"


async def test_writes_of_many_tasks_are_taken_one_by_one(mirror: Mirror, planted: Planter) -> None:
    row = await planted(MAC_ENTRY, note="0")

    def count(tx: Tx) -> None:
        tx.patch(MAC_ENTRY, row, note=str(int(tx.require(MAC_ENTRY, row.id).note) + 1))

    await asyncio.gather(*(mirror.write(count, origin=Origin.USER) for _ in range(50)))
    assert (await mirror.read(lambda r: r.require(MAC_ENTRY, row.id))).note == "50"


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


async def test_a_question_that_takes_too_long_is_stopped(mirror: Mirror) -> None:
    with pytest.raises(UserError, match=r"longer than 0\.05 s"):
        await mirror.read(lambda r: r.connection.exec_driver_sql(ENDLESS).scalar(), limit_ms=50)
    assert await mirror.read(lambda r: r.find(MAC_ENTRY)) == []


async def test_a_full_disk_is_said_and_nothing_is_lost(mirror: Mirror, planted: Planter) -> None:
    entry = await planted(MAC_ENTRY)

    def shrink(tx: Tx) -> None:
        tx.connection.exec_driver_sql("PRAGMA max_page_count = 1")

    def grow(tx: Tx) -> None:
        tx.put_many(MAC_ENTRY, [make(MAC_ENTRY, scope_id="s", note="x" * 200) for _ in range(2000)])

    await mirror.write(shrink, origin=Origin.USER)
    with pytest.raises(DataError, match="disk is full; nothing was saved"):
        await mirror.write(grow, origin=Origin.USER)
    await mirror.write(
        lambda tx: tx.connection.exec_driver_sql("PRAGMA max_page_count = 1000000"), origin=Origin.USER
    )
    assert await mirror.read(lambda r: r.find(MAC_ENTRY)) == [entry]
    await planted(MAC_ENTRY)
    assert len(await mirror.read(lambda r: r.find(MAC_ENTRY))) == 2


async def test_a_file_that_somebody_else_holds_is_said_and_taken_up_again(
    mirror: Mirror, profile: Profile, mirror_secret: str, planted: Planter
) -> None:
    await mirror.write(
        lambda tx: tx.connection.exec_driver_sql("PRAGMA busy_timeout = 20"), origin=Origin.USER
    )
    other = sqlcipher.connect(str(profile.mirror), isolation_level=None)
    other.execute(f"PRAGMA key = \"x'{mirror_secret}'\"")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DataError, match="Another program holds"):
        await planted(MAC_ENTRY)
    other.execute("ROLLBACK")
    other.close()
    row = await planted(MAC_ENTRY)
    assert await mirror.read(lambda r: r.find(MAC_ENTRY)) == [row]


async def test_a_read_only_file_is_said(mirror: Mirror, planted: Planter) -> None:
    await mirror.write(lambda tx: tx.connection.exec_driver_sql("PRAGMA query_only = ON"), origin=Origin.USER)
    with pytest.raises(DataError, match="read-only"):
        await planted(MAC_ENTRY)


async def test_an_error_never_tells_what_was_to_be_written(mirror: Mirror, planted: Planter) -> None:
    entry = await planted(MAC_ENTRY)
    with pytest.raises((IntegrityError, sqlcipher.IntegrityError)) as caught:
        await planted(MAC_ENTRY, id=entry.id, note="4711-secret")
    chain: list[str] = []
    fault: BaseException | None = caught.value
    while fault is not None:
        chain.append(repr(fault) + str(fault))
        fault = fault.__cause__ or fault.__context__
    assert "4711-secret" not in " ".join(chain)


async def test_closing_lets_queued_writes_finish_and_may_be_done_twice(
    mirror: Mirror, profile: Profile, mirror_secret: str, hand_clock: HandClock
) -> None:
    writes = [
        asyncio.ensure_future(mirror.write(lambda tx: plant(tx, MAC_ENTRY), origin=Origin.USER))  # noqa: TID251
        for _ in range(20)
    ]
    await asyncio.sleep(0)
    await mirror.close()
    await asyncio.gather(*writes)
    await mirror.close()
    again = reopened(profile, mirror_secret, hand_clock)
    assert len(await again.read(lambda r: r.find(MAC_ENTRY))) == 20
    again.close_now()


async def test_what_a_killed_process_leaves_holds_every_commit(
    mirror: Mirror, profile: Profile, mirror_secret: str, hand_clock: HandClock, tmp_path: Path
) -> None:
    """The file and its log as they are while the mirror is open: nothing was closed."""
    for _ in range(5):
        await mirror.write(lambda tx: plant(tx, MAC_ENTRY), origin=Origin.USER)
    for path in profile.root.glob("mirror.db*"):
        shutil.copy2(path, tmp_path / path.name)
    left = open_mirror(tmp_path / "mirror.db", mirror_secret, hand_clock, backups=tmp_path)
    assert len(await left.read(lambda r: r.find(MAC_ENTRY))) == 5
    left.close_now()
