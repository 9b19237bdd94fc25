"""A site's rows as they stood at a past moment, as far as this workstation's audit tells.

The audit notes what was written here, with codes masked: enough to know that somebody had a PIN, never which. What
another workstation wrote came by sync and is not in it, so an answer about the past says how far it reaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.base.clock import to_ms
from core.entities import BY_NAME
from core.entities.record import AUDIT_ENTRY
from core.rules.site_rows import SiteRows
from core.schema.entity import EntitySpec, Row
from core.store.reader import Reader
from core.store.tables import table_of

_PARTS: dict[str, str] = {
    "buildings": "buildings",
    "apartments": "apartments",
    "devices": "devices",
    "relays": "relays",
    "residents": "residents",
    "credentials": "credentials",
    "access_groups": "groups",
    "group_members": "members",
    "group_doors": "doors",
    "floor_grants": "floor_grants",
    "relay_schedules": "relay_schedules",
    "locks": "locks",
    "group_locks": "lock_doors",
}
"""Entity -> the part of SiteRows that holds its rows."""


@dataclass(frozen=True, slots=True)
class Past:
    """Rows of then, and how many changes since were taken back to get there."""

    rows: SiteRows
    changes: int


def rows_at(reader: Reader, rows: SiteRows, at: datetime) -> Past:
    """The rows of a site at an aware past moment: changes noted since are taken back, newest first."""
    table = table_of(AUDIT_ENTRY)
    wanted = select(table.c.entity, table.c.entity_id, table.c.op, table.c.changes).where(
        table.c.at > to_ms(at), table.c.entity.in_([*_PARTS, "sites"])
    )
    state = {name: {row.id: row for row in getattr(rows, part)} for name, part in _PARTS.items()}
    site: dict[str, Row] = {rows.site.id: rows.site}
    kinds = AUDIT_ENTRY.by_name["changes"].kind
    count = 0
    for name, row_id, op, changes in reader.connection.execute(wanted.order_by(table.c.row_no.desc())):
        here = site if name == "sites" else state[name]
        entry = _Entry(BY_NAME[name], row_id, op, kinds.load(changes))
        count += _take_back(here, entry, rows.site.id)
    then: dict[str, Any] = {part: tuple(state[name].values()) for name, part in _PARTS.items()}
    then["site"] = site.get(rows.site.id, rows.site)
    return Past(replace(rows, **then), count)


@dataclass(frozen=True, slots=True)
class _Entry:
    spec: EntitySpec[Any]
    row_id: str
    op: str
    changes: Mapping[str, Any]

    def old(self) -> dict[str, Any]:
        known = self.spec.by_name
        return {name: known[name].load(pair[0]) for name, pair in self.changes.items() if name in known}


def _take_back(here: dict[str, Row], entry: _Entry, site_id: str) -> int:
    """Undo one audit entry in memory; 1 when it was about a row of this site."""
    row_id = entry.row_id
    if entry.op in {"add", "bring back"}:
        return 0 if here.pop(row_id, None) is None else 1
    old = entry.old()
    if entry.op == "change" and row_id in here:
        here[row_id] = replace(here[row_id], **old)
        return 1
    if entry.op == "remove" and row_id not in here and old.get("site_id", site_id) == site_id:
        # A row that names no site is kept: without the rows that it points at, which are of one site, it opens nothing.
        columns = entry.spec.columns
        values = {c.name: old.get(c.name, None if c.optional else c.default) for c in columns}
        here[row_id] = entry.spec.row(id=row_id, scope_id=site_id, **values)
        return 1
    return 0
