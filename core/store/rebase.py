"""A row with unsent edits: the cloud's image lies below in `shadow`, the edits of the outbox lie on top (sync.md 3.3).

What people work with is always image plus edits, in the order of their numbers. When no edit is left, the image is the
row and the shadow goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from core.schema.entity import EntitySpec
from core.store import traybook
from core.store.journal import as_json
from core.store.tables import OUTBOX, SHADOW, table_of
from core.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Image:
    """A row as the cloud has it. `values` None: it has no such row. `gone`: it had, and `values` are the last known."""

    ver: int
    scope: str
    values: dict[str, Any] | None
    gone: bool = False


def shadow_of(connection: Connection, spec: EntitySpec[Any], row_id: str, scope: str) -> Image | None:
    """The image below a row's edits; None for a row without edits. A deleted row has a negative version there."""
    query = select(SHADOW.c.ver, SHADOW.c.image).where(
        SHADOW.c.entity == spec.number, SHADOW.c.entity_id == row_id
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    # Version 0 is a row that the cloud has never had; what lies in the shadow then was made here.
    values = traybook.loads(row.image) if row.image and row.ver else None
    if values is not None:
        values.pop("ver", None)
    return Image(abs(row.ver), scope, values, gone=row.ver < 0)


def edits_of(connection: Connection, spec: EntitySpec[Any], row_id: str) -> Sequence[Mapping[str, Any]]:
    """What the outbox holds for a row, oldest first."""
    query = select(OUTBOX).where(OUTBOX.c.entity_id == row_id, OUTBOX.c.entity == spec.number)
    return [dict(row) for row in connection.execute(query.order_by(OUTBOX.c.n)).mappings()]


def rebase(tx: Tx, spec: EntitySpec[Any], row_id: str, image: Image) -> None:
    """Write row, shadow and badge anew from the cloud's image and the edits that are left."""
    edits = edits_of(tx.connection, spec, row_id)
    entries = traybook.open_of(tx.connection, spec, row_id)
    flag = traybook.badge(entries) | (traybook.PENDING if edits else 0)
    if edits:
        _write_shadow(tx, spec, row_id, image)
    else:
        _drop_shadow(tx, spec, row_id)
    if image.values is None and traybook.has_refused_create(entries):
        # The row is only here; its values are the person's own and stay until the person settles it.
        _set_flag(tx, spec, row_id, flag)
        return
    if image.gone and not edits:
        _write_row(tx, spec, row_id, None, image=image, flag=flag)
        return
    _write_row(tx, spec, row_id, on_top(image.values, edits), image=image, flag=flag)


def on_top(values: Mapping[str, Any] | None, edits: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The image with the edits applied in order; None when the row is not there afterwards."""
    state = None if values is None else dict(values)
    for edit in edits:
        fields = traybook.loads(edit["fields"])
        if edit["op"] == "delete":
            state = None
        elif edit["op"] in {"create", "restore"} or state is not None:
            state = {**(state or {}), **fields}
    return state


def _write_shadow(tx: Tx, spec: EntitySpec[Any], row_id: str, image: Image) -> None:
    text = None if image.values is None else as_json(image.values)
    ver = -image.ver if image.gone else image.ver
    statement = upsert(SHADOW).values(entity=spec.number, entity_id=row_id, ver=ver, image=text)
    tx.connection.execute(statement.on_conflict_do_update(set_={"ver": ver, "image": text}))


def _drop_shadow(tx: Tx, spec: EntitySpec[Any], row_id: str) -> None:
    tx.connection.execute(delete(SHADOW).where(SHADOW.c.entity == spec.number, SHADOW.c.entity_id == row_id))


def _set_flag(tx: Tx, spec: EntitySpec[Any], row_id: str, flag: int) -> None:
    table = table_of(spec)
    if tx.connection.execute(update(table).where(table.c.id == row_id).values(flag=flag)).rowcount:
        tx.touch(spec.name, changed=[row_id])


def _write_row(
    tx: Tx, spec: EntitySpec[Any], row_id: str, values: dict[str, Any] | None, *, image: Image, flag: int
) -> None:
    table = table_of(spec)
    there = bool(tx.existing(spec.name, [row_id]))
    if values is None:
        if there:
            tx.connection.execute(delete(table).where(table.c.id == row_id))
            tx.touch(spec.name, removed=[row_id])
        return
    record = {"scope_id": image.scope, "ver": image.ver, "flag": flag}
    record |= {name: values.get(name) for name in spec.names}
    # Not an upsert: in a large first fill the index that it needs is made at the end.
    if there:
        tx.connection.execute(update(table).where(table.c.id == row_id).values(**record))
        tx.touch(spec.name, changed=[row_id])
    else:
        tx.connection.execute(insert(table).values(id=row_id, **record))
        tx.touch(spec.name, added=[row_id])
