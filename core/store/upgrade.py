"""After an update of this program: fields that it did not know before are taken from where they were kept, without a
network (sync.md 3.12). Called when the mirror is opened, behind the migrations.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from core.entities import SYNCED
from core.schema.entity import EntitySpec
from core.store.journal import as_json
from core.store.tables import SHADOW, SYNC_META, table_of

WIDTHS = "widths"
"""Key in `sync_meta`: how many fields of each entity the program knew that wrote the mirror last."""


def take_in(connection: Connection) -> int:
    """Fill new columns from what was kept for them; returns how many rows were. Nothing to do on most days."""
    now = {str(spec.number): len(spec.names) for spec in SYNCED}
    stored = connection.execute(select(SYNC_META.c.v).where(SYNC_META.c.k == WIDTHS)).scalar()
    before: dict[str, int] = json.loads(stored) if stored else {}
    if before == now:
        return 0
    count = 0
    for spec in SYNCED:
        width = before.get(str(spec.number), len(spec.names))
        if width < len(spec.names):
            count += _fill_columns(connection, spec, width)
            _fill_shadows(connection, spec, width)
    values = {"k": WIDTHS, "v": json.dumps(now)}
    connection.execute(upsert(SYNC_META).values(**values).on_conflict_do_update(set_={"v": values["v"]}))
    return count


def _fill_columns(connection: Connection, spec: EntitySpec[Any], width: int) -> int:
    table = table_of(spec)
    rows = connection.execute(select(table.c.id, table.c.extra).where(table.c.extra.is_not(None))).all()
    for row in rows:
        kept = json.loads(row.extra)
        names = spec.names[width : width + len(kept)]
        rest = kept[len(names) :]
        fields = dict(zip(names, kept, strict=False))
        values = {**fields, "extra": json.dumps(rest, ensure_ascii=False) if rest else None}
        connection.execute(update(table).where(table.c.id == row.id).values(**values))
    return len(rows)


def _fill_shadows(connection: Connection, spec: EntitySpec[Any], width: int) -> None:
    """The images below unsent edits get the new fields too: from their rows, which no edit has touched there yet."""
    table, new = table_of(spec), spec.names[width:]
    columns = [table.c[name] for name in new]
    for shadow in connection.execute(select(SHADOW).where(SHADOW.c.entity == spec.number)).all():
        image = json.loads(shadow.image) if shadow.image else None
        row = connection.execute(select(*columns).where(table.c.id == shadow.entity_id)).one_or_none()
        if image is None or row is None:
            continue
        image = {**dict(zip(new, row, strict=True)), **image}
        this = (SHADOW.c.entity == spec.number) & (SHADOW.c.entity_id == shadow.entity_id)
        connection.execute(update(SHADOW).where(this).values(image=as_json(image)))
