"""Entries of the tray as rows: how an edit goes in, and the badge it leaves on its row. What people do with an entry
stands in `core.store.tray`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from core.base.clock import to_ms
from core.base.words import clean
from core.entities import BY_NUMBER
from core.schema.entity import EntitySpec
from core.store import direct
from core.store.journal import as_json
from core.store.tables import SYNC_SCOPE, TRAY
from core.store.tx import Tx

PENDING, REFUSED, CONFLICT = 1, 2, 4
"""Bits of a row's flag."""
_OPEN = "SELECT entity_id FROM tray WHERE resolved_at IS NULL"

Values = dict[str, Any]


def add(
    tx: Tx,
    mutation: Mapping[str, Any],
    *,
    kind: str,
    code: str,
    message: str,
    mine: Values,
    field: str = "",
    theirs: Values | None = None,
    base: Values | None = None,
    their_name: str = "",
) -> None:
    """Put an edit into the tray. `mutation` is its outbox row; an entry is readable without the mirror's rows."""
    spec = BY_NUMBER[mutation["entity"]]
    context = {
        "kind": spec.label,
        "row": mutation["label"],
        "place": scope_label(tx.connection, mutation["scope"]),
        "fields": {name: spec.by_name[name].label for name in mine if name in spec.by_name},
        "made_at": mutation["made_at"],
    }
    entry = {name: mutation[name] for name in ("mut_id", "n", "entity", "entity_id", "scope", "op", "label")}
    words = {
        "kind": kind,
        "code": clean(code, limit=64),
        "message": clean(message, limit=400),
        "field": field,
    }
    tx.connection.execute(
        insert(TRAY).values(
            **entry,
            **words,
            mine=as_json(mine),
            theirs=None if theirs is None else as_json(theirs),
            base=None if base is None else as_json(base),
            their_name=clean(their_name, limit=128),
            context=as_json(context),
            at=to_ms(tx.now),
        )
    )


def scope_label(connection: Connection, scope: str) -> str:
    """What people call a site or firm."""
    return connection.execute(select(SYNC_SCOPE.c.label).where(SYNC_SCOPE.c.scope == scope)).scalar() or ""


def resolve(tx: Tx, resolution: str, *, who: str = "", **which: Any) -> int:
    """Close open entries that match; they stay as history. Returns how many there were."""
    statement = update(TRAY).where(TRAY.c.resolved_at.is_(None))
    for name, value in which.items():
        statement = statement.where(TRAY.c[name] == value)
    values = {"resolved_at": to_ms(tx.now), "resolution": resolution, "resolved_by": who or None}
    return tx.connection.execute(statement.values(**values)).rowcount


def open_of(connection: Connection, spec: EntitySpec[Any], row_id: str) -> list[tuple[str, str]]:
    """(kind, op) of the open entries of one row."""
    query = select(TRAY.c.kind, TRAY.c.op).where(
        TRAY.c.entity == spec.number, TRAY.c.entity_id == row_id, TRAY.c.resolved_at.is_(None)
    )
    return [(r[0], r[1]) for r in connection.execute(query)]


def badge(entries: list[tuple[str, str]]) -> int:
    """The bits that open entries put into a row's flag."""
    bits = 0
    for kind, _ in entries:
        bits |= CONFLICT if kind == "conflict" else REFUSED
    return bits


def has_refused_create(entries: list[tuple[str, str]]) -> bool:
    """Whether the row exists only here: its creation was refused, and it stays visible with a badge."""
    return any(op == "create" for _, op in entries)


def open_creates(connection: Connection) -> set[str]:
    """Ids of rows whose creation is in the tray: what builds on them cannot be sent."""
    return {r[0] for r in direct.ask(connection, f"{_OPEN} AND op='create'")}


def open_rows(connection: Connection) -> set[str]:
    """Ids of rows with any open entry."""
    return {r[0] for r in direct.ask(connection, _OPEN)}


def loads(text: str | None) -> Values:
    """Stored JSON as a dict; empty for none."""
    found = msgspec.json.decode(text) if text else {}
    return found if isinstance(found, dict) else {}
