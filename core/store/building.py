"""The first fill of an empty mirror goes into tables without secondary indexes; those are made at the end, in one go.

100,000 rows with their indexes kept up cost 1.9 s of processor time here, without them and made afterwards 0.6 s
(sync.md 3.11). A mark in `sync_meta` says that they are missing, so that a killed program makes them at its next sync.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Index, select
from sqlalchemy.schema import CreateIndex, DropIndex

from core.base.killpoints import passed
from core.entities import SYNCED
from core.store import syncmeta, trigrams
from core.store.reader import Reader
from core.store.tables import table_of
from core.store.tx import Tx

WORTH = 5_000
"""Numbers in the cloud's order from which a first fill is worth it; a few rows fill faster than indexes are made."""
MARK = "building"
"""Key in `sync_meta`."""


def is_building(reader: Reader) -> bool:
    """Whether indexes are missing."""
    return syncmeta.get(reader, MARK) is not None


def begin(tx: Tx, expected: int) -> None:
    """Take the indexes away when everything is still to come; `expected`: how many rows at most."""
    if expected < WORTH or is_building(tx) or _has_rows(tx):
        return
    for index in _indexes():
        tx.connection.execute(DropIndex(index, if_exists=True))
    trigrams.suspend(tx.connection)
    syncmeta.put(tx, MARK, "1")


def finish(tx: Tx) -> None:
    """Make what is missing; nothing to do outside a first fill."""
    if not is_building(tx):
        return
    for index in _indexes():
        tx.connection.execute(CreateIndex(index, if_not_exists=True))
        passed("sync.indexed")
    trigrams.resume(tx.connection)
    syncmeta.put(tx, MARK, None)


def _indexes() -> Iterator[Index]:
    for spec in SYNCED:
        yield from sorted(table_of(spec).indexes, key=lambda index: str(index.name))


def _has_rows(tx: Tx) -> bool:
    queries: Iterator[Any] = (select(table_of(spec).c.row_no).limit(1) for spec in SYNCED)
    return any(tx.connection.execute(query).first() is not None for query in queries)
