"""The mirror's own sums, to be compared with the cloud's: a row that was lost or altered here shows (sync.md 3.13)."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import select

from core.entities import SYNCED
from core.schema.entity import EntitySpec
from core.store.reader import Reader
from core.store.tables import FIXED, OUTBOX, SYNC_SCOPE, table_of
from core.wire.checksum import row_sum, value_sum
from core.wire.messages import ScopeSum, WireRow


def comparable(reader: Reader) -> list[str]:
    """The scopes of which everything is here and nothing is on its way to the cloud."""
    busy = select(OUTBOX.c.scope).distinct()
    query = select(SYNC_SCOPE.c.scope).where(SYNC_SCOPE.c.state == "live", SYNC_SCOPE.c.scope.not_in(busy))
    return [r[0] for r in reader.connection.execute(query.order_by(SYNC_SCOPE.c.scope))]


def sums(reader: Reader) -> dict[str, ScopeSum]:
    """Count and exclusive-or per scope, of rows that the cloud has accepted."""
    counts: dict[str, int] = defaultdict(int)
    mixed: dict[str, int] = defaultdict(int)
    for spec in SYNCED:
        table = table_of(spec)
        query = select(table.c.scope_id, table.c.id, table.c.ver).where(table.c.ver > 0)
        for scope, row_id, ver in reader.connection.execute(query):
            counts[scope] += 1
            mixed[scope] ^= row_sum(row_id, ver)
    return {scope: ScopeSum(scope, count, mixed[scope]) for scope, count in counts.items()}


def values(reader: Reader, scope: str) -> int:
    """The exclusive-or over the rows of one scope as they would travel."""
    found = 0
    for spec in SYNCED:
        table = table_of(spec)
        columns = [table.c[name] for name in (*FIXED, *spec.names)]
        query = select(table.c.extra, *columns).where(table.c.scope_id == scope, table.c.ver > 0)
        for row in reader.connection.execute(query):
            found ^= value_sum(_wire(spec, tuple(row)))
    return found


def _wire(spec: EntitySpec[Any], row: tuple[Any, ...]) -> bytes:
    extra, row_id, scope, ver, *fields = row
    more = json.loads(extra) if extra else []
    return msgspec.json.encode(WireRow(spec.number, row_id, scope, ver, "p", [*fields, *more]))
