"""What a bulk act wrote, kept so that it can be taken back. Read from the outbox of its own transaction."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select, text

from core.base.ids import new_id
from core.entities import BY_NUMBER
from core.entities.record import UNDO_ENTRY, UndoEntry
from core.store.reader import Reader
from core.store.tables import OUTBOX
from core.store.tx import Tx


def last_number(tx: Tx) -> int:
    """The number of the newest mutation so far; what comes after belongs to the act that begins now."""
    tx.flush()
    found = tx.connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")).scalar()
    return int(found or 0)


def keep_undo(tx: Tx, since: int, *, site_id: str = "", act: str = "") -> str:
    """Write the undo entry of everything after mutation `since` in this transaction; returns its id.

    `act` names it where it is not the transaction's own act.
    """
    steps = steps_since(tx, since)
    entry = UndoEntry(
        id=new_id(),
        act=(act or tx.act)[:120],
        at=tx.now,
        who=tx.author.name,
        site_id=site_id,
        rows=len({step["id"] for step in steps}),
        steps={"steps": steps},
    )
    tx.put(UNDO_ENTRY, entry)
    return entry.id


def steps_since(tx: Tx, since: int) -> list[dict[str, Any]]:
    """The synced rows that this transaction wrote after mutation `since`, in order, in stored form."""
    tx.flush()
    query = select(OUTBOX).where(OUTBOX.c.n > since).order_by(OUTBOX.c.n)
    return [
        {
            "entity": BY_NUMBER[row["entity"]].name,
            "id": row["entity_id"],
            "scope": row["scope"],
            "op": row["op"],
            "fields": json.loads(row["fields"]),
            "old": json.loads(row["old"]),
        }
        for row in tx.connection.execute(query).mappings()
    ]


def entries(reader: Reader, *, limit: int = 100) -> list[UndoEntry]:
    """The newest undo entries first."""
    found = sorted(reader.find(UNDO_ENTRY), key=lambda e: (e.at, e.id), reverse=True)
    return found[:limit]
