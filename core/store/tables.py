"""The mirror's tables: one per entity, derived from its spec, and the few that are not entities (sync.md 3.3)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
    text,
)

from core.entities import ALL
from core.entities.device import MAC_ENTRY
from core.entities.event import DOOR_EVENT
from core.schema.entity import Column as Declared
from core.schema.entity import EntitySpec
from core.schema.field import Ref
from core.store import trigrams

METADATA = MetaData()
FIXED = ("id", "scope_id", "ver")
"""What stands before the fields wherever a row is a plain sequence."""

WIDER = {
    (MAC_ENTRY.name, "mac"): ("scope_id", "model", "note"),
    (DOOR_EVENT.name, "scope"): ("at",),
}
"""Further columns of an index: then a long list is read in its order, narrowed by scope and words, from the index
alone. A million MAC entries: the order 0.2 s instead of 3 s with a million rows looked up in no order.
"""


def _entity_table(spec: EntitySpec[Any]) -> Table:
    fields = [Column(c.name, Integer if c.kind.sql == "INTEGER" else Text) for c in spec.columns]
    indexes = [_index(spec, c) for c in spec.columns if c.kind.indexed]
    table = Table(
        spec.name,
        METADATA,
        Column("row_no", Integer, primary_key=True),
        Column("id", Text, nullable=False),
        Column("scope_id", Text, nullable=False),
        Column("ver", Integer, nullable=False, server_default="0"),
        *fields,
        Column("extra", Text),
        Column("flag", Integer, nullable=False, server_default="0"),
        # An index and no UNIQUE of the column: it can be taken away for a large first fill (core.store.building).
        Index(ids_index(spec), "id", unique=True),
        # Rows of the workstation's own have no scope to be found by.
        *(
            [Index(f"ix_{spec.name}_scope", "scope_id", *WIDER.get((spec.name, "scope"), ()))]
            if spec.synced
            else []
        ),
        *indexes,
    )
    for statement in trigrams.made_by(spec):
        event.listen(table, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
    return table


def ids_index(spec: EntitySpec[Any]) -> str:
    """The name of the index by which a row is found by its id."""
    return f"ix_{spec.name}_id"


def _index(spec: EntitySpec[Any], column: Declared) -> Index:
    """Of a declared field. One that points at another row has only the rows that point at one: most point at none, and
    an index is written with each row that is in it. SQLite takes it for `=` and `IN`.
    """
    name, wider = f"ix_{spec.name}_{column.name}", WIDER.get((spec.name, column.name), ())
    sparse = column.optional and isinstance(column.kind, Ref) and not wider
    return Index(
        name, column.name, *wider, sqlite_where=text(f"{column.name} IS NOT NULL") if sparse else None
    )


_TABLES = {spec.name: _entity_table(spec) for spec in ALL}


def table_of(spec: EntitySpec[Any]) -> Table:
    """The mirror table of an entity. `row_no` is local; `extra` keeps wire fields this version does not know;
    `flag` is a badge: 0 clean, 1 pending, 2 refused, 4 conflict (added up).
    """
    return _TABLES[spec.name]


SYNC_META = Table(
    "sync_meta", METADATA, Column("k", Text, primary_key=True), Column("v", Text), sqlite_with_rowid=False
)

SYNC_CURSOR = Table(
    "sync_cursor",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("access_seq", Integer, nullable=False),
    sqlite_with_rowid=False,
)

SYNC_SCOPE = Table(
    "sync_scope",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("gen", Integer, nullable=False),
    Column("fill_seq", Integer, nullable=False, server_default="0"),
    Column("fill_to", Integer, nullable=False, server_default="0"),
    Column("again", Integer, nullable=False, server_default="0"),
    Column("rows", Integer, nullable=False, server_default="0"),
    CheckConstraint("state IN ('fill','live','drop')"),
    sqlite_with_rowid=False,
)
"""`again`: 1 while a scope that is here already is filled anew; `rows`: how many there are in the cloud, about."""

SYNC_MET = Table(
    "sync_met",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("entity_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)
"""Rows that were met while a scope is filled again (core.store.reconcile)."""


def _mutation_columns() -> list[Any]:
    return [
        Column("mut_id", Text, nullable=False, unique=True),
        Column("grp", Text),
        Column("entity", Integer, nullable=False),
        Column("entity_id", Text, nullable=False),
        Column("scope", Text, nullable=False),
        Column("op", Text, nullable=False),
        Column("base_ver", Integer, nullable=False),
        Column("fields", Text, nullable=False),
        Column("old", Text, nullable=False),
        Column("needs", Integer),
        Column("supersedes", Text),
        Column("label", Text, nullable=False),
        Column("made_at", Integer, nullable=False),
        Column("schema", Integer, nullable=False),
        Column("origin", Text),
    ]


OUTBOX = Table(
    "outbox",
    METADATA,
    Column("n", Integer, primary_key=True),
    *_mutation_columns(),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    # Not `IN`: SQLite builds a table of the words anew for each row that is written, a third of the whole price.
    CheckConstraint("op='create' OR op='patch' OR op='delete' OR op='restore'"),
    CheckConstraint("state='pending' OR state='sent' OR state='blocked'"),
    Index("ix_outbox_row", "entity_id", "entity"),
    # Of the few that are set aside: each batch asks for them, and would read all that is left otherwise.
    Index("ix_outbox_aside", "n", sqlite_where=text("state='blocked'")),
    sqlite_autoincrement=True,
)
"""AUTOINCREMENT is essential: without it SQLite reuses numbers once the table is empty (sync.md 5.5)."""

OUTBOX_DONE = Table(
    "outbox_done",
    METADATA,
    Column("n", Integer, primary_key=True),
    *_mutation_columns(),
    Column("done_at", Integer, nullable=False),
)
"""Accepted mutations of the last 30 days, offered again when the cloud was restored from a backup."""

SHADOW = Table(
    "shadow",
    METADATA,
    Column("entity", Integer, primary_key=True),
    Column("entity_id", Text, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("image", Text),
)
"""The cloud's image of rows that have something in the outbox; None: the cloud has no such row.

The images lie in the order of the edits, in which they also go again, and only the short keys in that of ids: filing a
batch of a thousand edits changes a quarter of the pages that it did with the images among the keys.
"""

TRAY = Table(
    "tray",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("mut_id", Text, nullable=False, unique=True),
    Column("n", Integer, nullable=False),
    Column("entity", Integer, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("op", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("field", Text, nullable=False, server_default=""),
    Column("mine", Text, nullable=False),
    Column("theirs", Text),
    Column("base", Text),
    Column("their_name", Text),
    Column("label", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("at", Integer, nullable=False),
    Column("resolved_at", Integer),
    Column("resolution", Text),
    Column("resolved_by", Text),
    CheckConstraint("kind IN ('refused','conflict','scope_lost','gone','too_old')"),
    sqlite_autoincrement=True,
)

RECORDING = Table(
    "recording",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("mac", Text, nullable=False, index=True),
    Column("line", Text, nullable=False),
    Column("body", LargeBinary),
)
"""Flight recorder: exchanges with devices, secrets masked before they come here."""
