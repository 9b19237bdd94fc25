"""What a bulk act wrote, kept so that it can be taken back. Read from the outbox of its own transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select, text

from core.base.ids import new_id
from core.entities import BY_NUMBER
from core.entities.record import UNDO_ENTRY, UndoEntry
from core.schema.columns import fields_json, store_columns
from core.schema.entity import EntitySpec
from core.store.journal import Noted
from core.store.reader import Reader
from core.store.tables import OUTBOX, table_of
from core.store.tx import Tx

Step = dict[str, Any]
TAKEN_BACK = "Undo: "
"""How the act is called that took another one back; taking such an entry back does the first act again."""
MOVE = "move"
"""Member of an entry's steps: the cloud's id of the move by which the entry is taken back."""


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
    rows = len({step["id"] for step in steps})
    return tx.put(UNDO_ENTRY, _entry(tx, act or tx.act, site_id, steps, rows)).id


def keep_move(tx: Tx, move_id: str, *, site_id: str, act: str, rows: int) -> UndoEntry:
    """Write the undo entry of an act that the cloud did and takes back itself (core.usecases.moves), under its id."""
    entry = _entry(tx, act, site_id, [], rows)
    return tx.put(UNDO_ENTRY, replace(entry, id=move_id, steps={"steps": [], MOVE: move_id}))


def keep_part(tx: Tx, since: int, *, head: str, act: str, site_id: str = "") -> str:
    """Write the part of an act of several transactions that this one is; returns the id of the act's entry.

    `head` empty: the first part, with which the entry itself is made. Nothing is kept of a transaction without edits.
    """
    steps, rows = made_together(tx, since)
    if not steps:
        return head
    first = tx.get(UNDO_ENTRY, head) if head else None
    if first is None:
        first = tx.put(UNDO_ENTRY, _entry(tx, act, site_id, [], 0))
    tx.put(UNDO_ENTRY, _entry(tx, act, site_id, steps, rows, part_of=first.id))
    tx.patch(UNDO_ENTRY, first, rows=first.rows + rows)
    return first.id


def opposite(act: str) -> str:
    """The name of the act that takes this one back."""
    return act.removeprefix(TAKEN_BACK) if act.startswith(TAKEN_BACK) else f"{TAKEN_BACK}{act}"


def _entry(tx: Tx, act: str, site_id: str, steps: list[Step], rows: int, *, part_of: str = "") -> UndoEntry:
    return UndoEntry(
        id=new_id(),
        act=act,
        at=tx.now,
        who=tx.author.name,
        site_id=site_id,
        rows=rows,
        steps={"steps": steps},
        part_of=part_of,
    )


def steps_since(tx: Tx, since: int) -> list[Step]:
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


def made_together(tx: Tx, since: int) -> tuple[list[Step], int]:
    """As `steps_since`, but rows that were made one after the other are one step with a digest each: an import makes
    hundred thousands, whose fields stand in the mirror anyway. Rows that were removed one after the other likewise,
    with the JSON of their fields. Also how many rows were touched.
    """
    steps: list[Step] = []
    touched: set[str] = set()
    run: tuple[int, str, str] | None = None
    for number, row_id, scope, op, fields, old in _noted(tx, since):
        touched.add(row_id)
        if op in _TOGETHER:
            word = _TOGETHER[op]
            if run != (number, scope, op):
                run = (number, scope, op)
                steps.append({"entity": BY_NUMBER[number].name, "scope": scope, "op": word, word: []})
            steps[-1][word].append([row_id, digest(fields) if op == "create" else old])
            continue
        run = None
        step = {"entity": BY_NUMBER[number].name, "id": row_id, "scope": scope, "op": op}
        steps.append({**step, "fields": json.loads(fields), "old": json.loads(old)})
    return steps, len(touched)


def _noted(tx: Tx, since: int) -> Iterable[Any]:
    """The edits after a number: from memory where none of them was written yet."""
    if (noted := tx.noted_since(since)) is not None:
        return noted
    tx.flush()
    query = select(*(OUTBOX.c[n] for n in Noted._fields)).where(OUTBOX.c.n > since).order_by(OUTBOX.c.n)
    return tx.connection.execute(query)


_TOGETHER = {"create": "made", "delete": "gone"}
"""Operation -> what the step of many rows is called."""


def spread(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps with those that hold many removed rows taken apart, one for each row."""
    for step in steps:
        if step["op"] != "gone":
            yield step
            continue
        for row_id, old in step["gone"]:
            one = {"entity": step["entity"], "id": row_id, "scope": step["scope"], "op": "delete"}
            yield {**one, "fields": {}, "old": json.loads(old)}


def digests_of(spec: EntitySpec[Any], rows: Sequence[Any]) -> dict[str, str]:
    """By row id, the digest of each row's fields, as `made_together` keeps it."""
    texts = fields_json(spec, store_columns(spec, rows), len(rows)) if rows else []
    return {row.id: digest(text) for row, text in zip(rows, texts, strict=True)}


def digest(fields: str) -> str:
    """A short digest of stored fields, for telling whether a row was changed."""
    return hashlib.blake2b(fields.encode(), digest_size=8).hexdigest()


def entries(reader: Reader, *, limit: int = 100) -> list[UndoEntry]:
    """The newest undo entries first, each act once."""
    table = table_of(UNDO_ENTRY)
    query = select(table.c.id).where(table.c.part_of == "").order_by(table.c.at.desc(), table.c.row_no.desc())
    ids = [row[0] for row in reader.connection.execute(query.limit(limit))]
    found = {entry.id: entry for entry in reader.find_in(UNDO_ENTRY, "id", ids)}
    return [found[one] for one in ids]


def parts_of(reader: Reader, head: str) -> list[str]:
    """Ids of the parts of an act that were not taken back yet, the newest first."""
    table = table_of(UNDO_ENTRY)
    query = select(table.c.id).where(table.c.part_of == head, table.c.undone_at.is_(None))
    return [row[0] for row in reader.connection.execute(query.order_by(table.c.row_no.desc()))]
