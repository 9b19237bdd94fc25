"""The first fill of an empty mirror goes into tables without secondary indexes; those are made at the end, in one go.

100,000 rows with their indexes kept up cost 1.9 s of processor time here, without them and made afterwards 0.6 s
(sync.md 3.11). A mark in `sync_meta` names the tables that miss theirs, so that a killed program makes them at its next
sync. Tables into which nothing comes keep theirs: taking away and making 130 indexes of empty tables costs 0.1 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Index, select
from sqlalchemy.schema import CreateIndex, DropIndex

from core.base.killpoints import passed
from core.entities import SYNCED
from core.schema.entity import EntitySpec
from core.store import syncmeta, trigrams
from core.store.reader import Reader
from core.store.tables import table_of
from core.store.tx import Tx

WORTH = 5_000
"""Numbers in the cloud's order from which a first fill is worth it; a few rows fill faster than indexes are made."""
MARK = "building"
"""Key in `sync_meta`: there during a first fill, with the names of the tables that miss their indexes."""


def is_building(reader: Reader) -> bool:
    """Whether a first fill is under way."""
    return syncmeta.get(reader, MARK) is not None


def begin(tx: Tx, expected: int) -> None:
    """A first fill begins, if everything is still to come; `expected`: how many rows at most."""
    if expected >= WORTH and not is_building(tx) and not _has_rows(tx):
        syncmeta.put(tx, MARK, "")


def lighten(tx: Tx, spec: EntitySpec[Any]) -> None:
    """Take the indexes of a table away, before the first rows of a first fill come into it."""
    names = _light(tx)
    if spec.name in names:
        return
    for index in table_of(spec).indexes:
        tx.connection.execute(DropIndex(index, if_exists=True))
    trigrams.suspend(tx.connection, spec)
    syncmeta.put(tx, MARK, " ".join((*names, spec.name)))


def finish(tx: Tx) -> None:
    """Make what is missing; nothing to do outside a first fill."""
    if not is_building(tx):
        return
    names = _light(tx)
    for spec in [spec for spec in SYNCED if spec.name in names]:
        for index in indexes_of(spec):
            tx.connection.execute(CreateIndex(index, if_not_exists=True))
            passed("sync.indexed")
        trigrams.resume(tx.connection, spec)
    syncmeta.put(tx, MARK, None)


def indexes_of(spec: EntitySpec[Any]) -> list[Index]:
    """The secondary indexes of a table, in a fixed order."""
    return sorted(table_of(spec).indexes, key=lambda index: str(index.name))


def _light(reader: Reader) -> list[str]:
    return (syncmeta.get(reader, MARK) or "").split()


def _has_rows(tx: Tx) -> bool:
    queries: Iterator[Any] = (select(table_of(spec).c.row_no).limit(1) for spec in SYNCED)
    return any(tx.connection.execute(query).first() is not None for query in queries)
