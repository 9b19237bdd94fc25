"""The first fill of an empty mirror goes into tables without the indexes that cost most; those are made at the end.

Rows come site by site, so that an index of sites or homes is written at one place and is kept: lists of a site are
quick while the others still come. Of values that scatter (addresses, names, people, ids) each page of rows would have
most of the index written and encrypted again. Of a million rows the index of ids alone took 13 of 32 s of processor
time, and 4.2 of 5 GB that were written. Whoever opens a record meanwhile misses it (a table of 30,000 rows is read
whole in 20 ms), so a small fill keeps it.

A mark in `sync_meta` names what is missing, so that a killed program makes it at its next sync.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Index
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, DropIndex

from core.base.killpoints import passed
from core.entities import SYNCED
from core.schema.entity import EntitySpec
from core.store import direct, syncmeta, trigrams
from core.store.arriving import Block
from core.store.reader import Reader
from core.store.tables import ids_index, table_of
from core.store.tx import Tx

log = logging.getLogger(__name__)
WORTH = 5_000
"""Numbers in the cloud's order from which a first fill is worth it; a few rows fill faster than indexes are made."""
VERY_MANY = 50_000
"""Rows to come from which the index of ids, too, is made at the end."""
TOGETHER = 8
"""Consecutive rows of a page that have the same value, on average, where an index is written at one place."""
MARK = "building"
"""Key in `sync_meta`: there during a first fill, with the names of the indexes that are missing."""


def is_building(reader: Reader) -> bool:
    """Whether a first fill is under way."""
    return syncmeta.get(reader, MARK) is not None


def begin(tx: Tx, expected: int) -> None:
    """A first fill begins, if everything is still to come; `expected`: how many rows at most."""
    if expected >= WORTH and not is_building(tx) and not _has_rows(tx):
        syncmeta.put(tx, MARK, "")


def lighten(tx: Tx, block: Block) -> bool:
    """Before rows of a first fill come into a table: when it is empty, take away what is made at the end. Returns
    whether there is no index of ids now; none of the rows is in the table then.
    """
    spec = block.spec
    if not direct.ask(tx.connection, f'SELECT 1 FROM "{spec.name}" LIMIT 1'):  # noqa: S608  the name of a table of ours
        _lighten(tx, block)
    return ids_index(spec) in _missing(tx)


def need_ids(tx: Tx, spec: EntitySpec[Any]) -> None:
    """Rows come that may be there already: from here on a table has its index of ids."""
    missing = _missing(tx)
    if ids_index(spec) in missing:
        _make(tx, spec, ids_index(spec))
        _mark(tx, missing - {ids_index(spec)})


def finish(tx: Tx) -> bool:
    """Make one of the indexes that are missing; returns whether there may be more. Each in a transaction of its own:
    those of a million rows take seconds, and edits get their turn in between.
    """
    missing = _missing(tx)
    for spec in SYNCED:
        for name in sorted(missing.intersection(_names(spec))):
            _make(tx, spec, name)
            _mark(tx, missing - {name})
            passed("sync.indexed")
            return True
    if is_building(tx):
        syncmeta.put(tx, MARK, None)
    return False


def indexes_of(spec: EntitySpec[Any]) -> list[Index]:
    """The secondary indexes of a table, in a fixed order."""
    return sorted(table_of(spec).indexes, key=lambda index: str(index.name))


def _lighten(tx: Tx, block: Block) -> None:
    spec = block.spec
    [(to_come,)] = direct.ask(tx.connection, "SELECT total(rows) FROM sync_scope")
    keeps = _together(block) | (set() if to_come >= VERY_MANY else {"id"})
    scattered = [i for i in indexes_of(spec) if next(iter(i.columns)).name not in keeps]
    for index in scattered:
        tx.connection.execute(DropIndex(index, if_exists=True))
    trigrams.suspend(tx.connection, spec)
    _mark(tx, _missing(tx) | {str(i.name) for i in scattered} | set(trigrams.names_of(spec)))


def _together(block: Block) -> set[str]:
    """The columns in which consecutive rows agree mostly."""
    fields = zip(block.spec.names, block.columns, strict=False)
    columns: dict[str, Sequence[Any]] = {"scope_id": block.scopes, **dict(fields)}
    return {name for name, values in columns.items() if TOGETHER * len(set(values)) <= len(values)}


def _names(spec: EntitySpec[Any]) -> list[str]:
    return [*(str(index.name) for index in indexes_of(spec)), *trigrams.names_of(spec)]


def _make(tx: Tx, spec: EntitySpec[Any], name: str) -> None:
    if name in trigrams.names_of(spec):
        trigrams.resume(tx.connection, spec)
        return
    [index] = [i for i in indexes_of(spec) if i.name == name]
    try:
        tx.connection.execute(CreateIndex(index, if_not_exists=True))
    except IntegrityError:
        # The cloud has sent a row twice. It must not stand in the way of sync for ever.
        log.warning("Rows of %s came twice in a first fill; the later ones are kept", spec.label)
        last = f'SELECT max(row_no) FROM "{spec.name}" GROUP BY id'  # noqa: S608  as above
        direct.run(tx.connection, f'DELETE FROM "{spec.name}" WHERE row_no NOT IN ({last})')  # noqa: S608
        tx.connection.execute(CreateIndex(index, if_not_exists=True))


def _missing(reader: Reader) -> set[str]:
    return set((syncmeta.get(reader, MARK) or "").split())


def _mark(tx: Tx, missing: set[str]) -> None:
    syncmeta.put(tx, MARK, " ".join(sorted(missing)))


def _has_rows(tx: Tx) -> bool:
    each = " OR ".join(f'EXISTS(SELECT 1 FROM "{spec.name}")' for spec in SYNCED)  # noqa: S608  as above
    [(some,)] = direct.ask(tx.connection, f"SELECT {each}")
    return bool(some)
