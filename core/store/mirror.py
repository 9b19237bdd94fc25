"""The mirror: one encrypted SQLite file, one writer thread, read-only readers, WAL (style: one writer, many readers).

A commit of a person's act uses `synchronous=FULL`: with NORMAL a power cut could take back an edit that was already
sent, and its number would be given to another (sync.md 3.5). The apply of pulled pages uses NORMAL.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool, QueuePool

from core.base.clock import Clock
from core.base.errors import CancelledByPerson, DataError, UserError
from core.base.killpoints import passed
from core.schema.entity import EntitySpec, R
from core.store.changes import ChangeFeed, Origin
from core.store.faults import is_interrupt, unreadable, worded
from core.store.migrate import migrate
from core.store.query import lines_by_number
from core.store.reader import Reader
from core.store.tx import Author, Tx
from core.store.upgrade import take_in

T = TypeVar("T")
READERS = 4
STEPS_PER_CHECK = 40_000
"""SQLite virtual-machine steps between two looks at the clock, some 2 ms. A look itself costs microseconds, but needs
Python's lock: while the window's thread is busy, each may wait 5 ms for it.
"""


class Stop:
    """Ends a question that nobody waits for any more: a search, once another letter was typed. From any thread."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        self.asked = False

    def set(self) -> None:
        """Stop what was given this, or will be."""
        self.asked = True


class Mirror:
    """Everything that persists on a workstation. Open with `open_mirror`; close it when done."""

    def __init__(self, path: Path, key_hex: str, clock: Clock) -> None:
        self.path = path
        self.feed = ChangeFeed()
        self.author = Author("this workstation")
        self._clock = clock
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="mirror-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="mirror-read")
        self._write_engine = _engine(path, key_hex, read_only=False)
        self._read_engine = _engine(path, key_hex, read_only=True)
        self._write_connection: Connection | None = None
        self._screen: Connection | None = None
        self._screen_lock = threading.Lock()

    async def write(self, fn: Callable[[Tx], T], *, origin: Origin, act: str = "") -> T:
        """Run fn in one transaction on the writer thread; publish its change set after the commit.

        Raises what fn raises, with nothing written; DataError when the disk or file fails. A caller that is cancelled
        while it waits does not learn whether the write happened.
        """
        author = self.author
        return await asyncio.get_running_loop().run_in_executor(
            self._writer, self._write, fn, origin, author, act
        )

    async def read(self, fn: Callable[[Reader], T], *, limit_ms: int = 2_000, stop: Stop | None = None) -> T:
        """Run fn on a read-only connection off the caller's thread; UserError after `limit_ms` inside SQLite, or
        CancelledByPerson soon after `stop` was set.
        """
        stop = stop or Stop()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, fn, limit_ms, stop)

    def rows_now(
        self, spec: EntitySpec[R], keys: Sequence[int | str], shows: Sequence[str] = (), *, by: str = "row_no"
    ) -> list[tuple[int, R, tuple[Any, ...]]]:
        """One screenful by row number (or `by="id"`), in any order, for painting: the only read allowed on the window's
        thread. `shows` are expressions as in `query.Computed.sql`; each row comes with what they are for it.
        """
        if not keys:
            return []
        with self._screen_lock:
            if self._screen is None:
                self._screen = self._read_engine.connect()
            # A transaction of its own each time: one that stays open would show the past for ever.
            with worded(reading=True), self._screen.begin():
                return lines_by_number(Reader(self._screen), spec, keys, shows, by=by)

    async def close(self) -> None:
        """Let queued writes finish, then close every connection. Safe to call twice."""
        # A thread of its own: the loop's default pool would outlive the mirror.
        with ThreadPoolExecutor(1, thread_name_prefix="mirror-close") as pool:
            await asyncio.get_running_loop().run_in_executor(pool, self.close_now)

    def close_now(self) -> None:
        """As `close`, for callers without a loop."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        with self._screen_lock:
            for connection in (self._screen, self._write_connection):
                if connection is not None:
                    connection.close()
            self._screen = self._write_connection = None
        self._read_engine.dispose()
        self._write_engine.dispose()

    def _write(self, fn: Callable[[Tx], T], origin: Origin, author: Author, act: str) -> T:
        level = "NORMAL" if origin is Origin.PULL else "FULL"
        with worded():
            if self._write_connection is None:
                self._write_connection = self._write_engine.connect()
            connection = self._write_connection
            # Not through SQLAlchemy, which would begin a transaction first.
            raw: Any = connection.connection.driver_connection
            raw.execute(f"PRAGMA synchronous = {level}").close()
            with connection.begin():
                tx = Tx(connection, clock=self._clock, origin=origin, author=author, act=act)
                result = fn(tx)
                tx.flush()
                passed("mirror.commit")
        passed("mirror.committed")
        changes = tx.changes()
        if changes is not None:
            self.feed.publish(changes)
        return result

    def _read(self, fn: Callable[[Reader], T], limit_ms: int, stop: Stop) -> T:
        if stop.asked:
            raise CancelledByPerson("A question")
        try:
            with worded(reading=True), self._read_engine.connect() as connection:
                return _within(connection, fn, limit_ms, stop)
        except DataError as fault:
            if fault.__cause__ is None or not is_interrupt(fault.__cause__):
                raise
            if stop.asked:
                raise CancelledByPerson("A question") from fault
            words = f"This question took longer than {limit_ms / 1000:g} s and was stopped."
            raise UserError("mirror.too_slow", words, remedy="Narrow the filter.") from fault


def _within(connection: Connection, fn: Callable[[Reader], T], limit_ms: int, stop: Stop) -> T:
    """Run fn in one consistent view; SQLite is interrupted after `limit_ms`, or when nobody waits any more."""
    raw: Any = connection.connection.driver_connection
    deadline = time.monotonic() + limit_ms / 1000
    raw.set_progress_handler(lambda: int(stop.asked or time.monotonic() > deadline), STEPS_PER_CHECK)
    try:
        with connection.begin():
            return fn(Reader(connection))
    finally:
        raw.set_progress_handler(None, 0)


def open_mirror(path: Path, key_hex: str, clock: Clock, *, backups: Path) -> Mirror:
    """Open or create the mirror and bring it to the present tables; a copy is kept before a migration.

    `key_hex`: 64 hexadecimal digits. Raises DataError for a wrong key, a damaged file, one of a newer version,
    or a folder that does not let us.
    """
    mirror = Mirror(path, key_hex, clock)
    try:
        with mirror._write_engine.connect() as connection:  # noqa: SLF001  the factory completes the object
            migrate(connection, path, backups)
            with connection.begin():
                take_in(connection)
    except DatabaseError as fault:
        mirror.close_now()
        raise unreadable(path, fault) from fault
    except BaseException:
        mirror.close_now()
        raise
    return mirror


def _engine(path: Path, key_hex: str, *, read_only: bool) -> Engine:
    pool = {"poolclass": QueuePool, "pool_size": READERS + 1} if read_only else {"poolclass": NullPool}
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        module=sqlcipher,
        hide_parameters=True,  # values are PINs and cards; they must not stand in the text of an error
        connect_args={"check_same_thread": False, "timeout": 15},
        **pool,
    )

    @event.listens_for(engine, "connect")
    def _open(raw: Any, _record: Any) -> None:
        cursor = raw.cursor()
        raw.isolation_level = None  # transactions begin where `_begin` says, not where the driver guesses
        cursor.execute("PRAGMA cipher_log_level = NONE")  # else a wrong key prints lines to stderr
        cursor.execute(f"PRAGMA key = \"x'{key_hex}'\"")  # must be the first statement that touches the file
        cursor.execute("PRAGMA busy_timeout = 15000")
        cursor.execute("PRAGMA cache_size = -49152" if not read_only else "PRAGMA cache_size = -16384")
        cursor.execute("PRAGMA temp_store = MEMORY")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA wal_autocheckpoint = 4000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
