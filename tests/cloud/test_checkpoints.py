"""SQLite's log is brought into the file beside the writers, and begins anew afterwards."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.cloud.checkpoints import Checkpoints

WAIT_S = 60


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An open database whose commits leave the log alone."""
    with closing(sqlite3.connect(tmp_path / "cloud.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL").close()
        raw.execute("PRAGMA wal_autocheckpoint = 0").close()
        raw.execute("CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT)").close()
        yield raw


def _write(raw: sqlite3.Connection, rows: int) -> None:
    raw.execute("BEGIN").close()
    raw.executemany("INSERT INTO t(v) VALUES(?)", [("x" * 1000,)] * rows).close()
    raw.execute("COMMIT").close()


def _in_file(path: Path) -> int:
    """Rows that a copy of the file without its log would show: pages of 4,096 bytes hold less than four."""
    return path.stat().st_size // 4096 * 4


def _until_in_file(path: Path, rows: int) -> bool:
    end = time.monotonic() + WAIT_S
    while _in_file(path) < rows:
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.01)  # another thread's work, which tells nobody
    return True


@pytest.mark.parametrize("large", [1 << 30, 1], ids=["in a pause", "at once"])
def test_a_log_that_has_grown_is_brought_over(
    database: sqlite3.Connection, tmp_path: Path, large: int
) -> None:
    path = tmp_path / "cloud.db"
    keeper = Checkpoints(path, grown=200_000, large=large)
    try:
        _write(database, 10)
        keeper.after_write()
        assert keeper._thread is None, "a small log is left alone"
        _write(database, 400)
        assert _in_file(path) < 400
        keeper.after_write()
        assert _until_in_file(path, 400)
    finally:
        keeper.close()
    [(_busy, frames, done)] = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    assert frames == done, "nothing is left behind"
    assert database.execute("SELECT count(*) FROM t").fetchone() == (410,)


def test_after_its_end_nothing_is_started(database: sqlite3.Connection, tmp_path: Path) -> None:
    keeper = Checkpoints(tmp_path / "cloud.db", grown=1)
    keeper.close()
    _write(database, 10)
    keeper.after_write()
    assert keeper._thread is None


def test_it_ends_at_any_moment(database: sqlite3.Connection, tmp_path: Path) -> None:
    for turn in range(60):
        keeper = Checkpoints(tmp_path / "cloud.db", grown=1, large=turn % 2)
        _write(database, 1)
        keeper.after_write()
        if turn % 3:
            keeper.after_write()
        keeper.close()
        assert keeper._thread is not None
        assert not keeper._thread.is_alive()
