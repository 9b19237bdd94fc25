"""Edits that one workstation carries to the cloud for another (sync.md 3.7): taken out of an outbox and put into one.

An edit stays the same on its way: mark, base, values, maker. So the cloud knows it whichever way it comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select

from core.entities import BY_NUMBER
from core.store import outbox, syncmeta, traybook
from core.store.journal import as_json
from core.store.rebase import Image, rebase, shadow_of
from core.store.tables import OUTBOX, OUTBOX_DONE, TRAY
from core.store.tx import Tx
from core.wire.messages import Mutation, Value


class CarriedEdit(msgspec.Struct, frozen=True):
    """An edit with what a person needs to read it."""

    mutation: Mutation
    old: dict[str, Value]
    label: str


def hand_over(tx: Tx, scope: str) -> list[CarriedEdit]:
    """The unsent edits of a site, marked as sent: from now on they may have been applied without our knowing. What
    waits for an entry of the tray is left here.
    """
    outbox.set_aside(tx)
    tx.flush()
    query = select(OUTBOX).where(OUTBOX.c.scope == scope, OUTBOX.c.state.in_(outbox.OPEN))
    rows = [dict(r) for r in tx.connection.execute(query.order_by(OUTBOX.c.n)).mappings()]
    outbox.mark_sent(tx, rows)
    mine = syncmeta.replica_id(tx)
    return [
        CarriedEdit(
            msgspec.structs.replace(outbox.mutation_of(row), origin=row["origin"] or mine),
            traybook.loads(row["old"]),
            row["label"],
        )
        for row in rows
    ]


def take_over(tx: Tx, edits: Sequence[CarriedEdit]) -> int:
    """Put another workstation's edits into this outbox, behind what is here; returns how many were new. Those that are
    known here by their mark (sent, settled or own ones) are passed over.
    """
    mine = syncmeta.replica_id(tx)
    known = _known(tx, [e.mutation.mut_id for e in edits])
    fresh = [e for e in edits if e.mutation.mut_id not in known and e.mutation.entity in BY_NUMBER]
    made: dict[str, int] = {}
    for edit in fresh:
        outbox.keep_image(tx, edit.mutation.entity, edit.mutation.entity_id)
        number = _insert(tx, edit, made, mine)
        if edit.mutation.op == "create":
            made[edit.mutation.entity_id] = number
    for entity, row_id, scope in {(e.mutation.entity, e.mutation.entity_id, e.mutation.scope) for e in fresh}:
        spec = BY_NUMBER[entity]
        rebase(tx, spec, row_id, shadow_of(tx.connection, spec, row_id, scope) or Image(0, scope, None))
    return len(fresh)


def _insert(tx: Tx, edit: CarriedEdit, made: dict[str, int], mine: str) -> int:
    m = edit.mutation
    values: dict[str, Any] = {
        "mut_id": m.mut_id,
        "grp": m.group,
        "entity": m.entity,
        "entity_id": m.entity_id,
        "scope": m.scope,
        "op": m.op,
        "base_ver": m.base_ver,
        "fields": as_json(m.fields),
        "old": as_json(edit.old),
        "supersedes": m.supersedes,
        "label": edit.label,
        "made_at": m.made_at,
        "schema": m.schema,
        "origin": None if m.origin == mine else m.origin,
        "state": "sent",
    }
    needs = [made[t] for t in outbox.targets(values) if t in made]
    done = tx.connection.execute(insert(OUTBOX).values(**values, needs=max(needs, default=None)))
    return int(done.inserted_primary_key[0]) if done.inserted_primary_key is not None else 0


def _known(tx: Tx, marks: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for table in (OUTBOX, OUTBOX_DONE, TRAY):
        for start in range(0, len(marks), 500):
            query = select(table.c.mut_id).where(table.c.mut_id.in_(marks[start : start + 500]))
            found.update(r[0] for r in tx.connection.execute(query))
    return found
