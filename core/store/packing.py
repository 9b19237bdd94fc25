"""A site as it can be carried in a file: its rows as the cloud has them, and how they get into another mirror.

What is unsent is not part of it: edits travel by exchange, under their marks (core.store.carrying). Rows that are here
already in a newer version stay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from core.entities import BY_NUMBER, SYNCED
from core.entities.device import DEVICE, MAC_ENTRY
from core.entities.organisation import ACCOUNT
from core.schema.entity import EntitySpec, Scope
from core.store import apply, traybook
from core.store.apply import PACKED
from core.store.reader import Reader
from core.store.tables import FIXED, OUTBOX, SHADOW, SYNC_CURSOR, SYNC_SCOPE, table_of
from core.store.tickets import HeldBook
from core.store.tx import Tx
from core.wire.messages import ScopeGrant, WireRow

TICKETS = 500
"""MAC addresses of the firm's library that go along, to be bound at the site."""


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one site and what it needs of its firm. `tickets`: how many free MAC addresses are among them;
    `left_here`: unsent edits of the site, which are not. `book`: what the cloud keeps for whoever opens this.
    """

    schema: int
    tenant: str
    epoch: str
    seq: int
    site: str
    site_name: str
    scopes: list[ScopeGrant]
    rows: list[WireRow]
    files: list[str]
    tickets: int
    left_here: int
    book: HeldBook | None = None


def free_macs(reader: Reader, limit: int) -> list[str]:
    """MAC addresses of the firm's library that are bound to no place, as many as asked for."""
    table = table_of(MAC_ENTRY)
    bound = select(table_of(DEVICE).c.mac).where(table_of(DEVICE).c.mac != "")
    query = select(table.c.mac).where(table.c.mac.not_in(bound), table.c.ver > 0).order_by(table.c.row_no)
    return list(reader.connection.execute(query.limit(limit)).scalars())


def pack(
    reader: Reader, site: str, site_name: str, tenant: str, schema: int, *, book: HeldBook | None = None
) -> Packed:
    """Everything of a site, and of its firm what work at a site takes: firmware, templates, free MAC addresses (those
    of the book before others).
    """
    held = {r.scope: r for r in reader.connection.execute(select(SYNC_SCOPE))}
    wanted = [s for s, r in held.items() if s == site or r.kind == "org"]
    first = book.macs if book is not None else []
    rows, tickets = [], 0
    for spec in SYNCED:
        if spec is ACCOUNT:
            continue
        found = _rows(reader, spec, wanted, first, limit=TICKETS if spec is MAC_ENTRY else None)
        tickets += len(found) if spec is MAC_ENTRY else 0
        rows += found
    here = apply.position(reader)
    unsent = select(OUTBOX.c.n).where(OUTBOX.c.scope == site)
    return Packed(
        schema=schema,
        tenant=tenant,
        epoch=here.epoch,
        seq=here.seq,
        site=site,
        site_name=site_name,
        scopes=[ScopeGrant(s, held[s].kind, held[s].label, 0, 0) for s in wanted],
        rows=rows,
        files=sorted(_named(rows)),
        tickets=tickets,
        left_here=len(reader.connection.execute(unsent).all()),
        book=book,
    )


def _rows(
    reader: Reader, spec: EntitySpec[Any], scopes: Sequence[str], first: Sequence[str], limit: int | None
) -> list[WireRow]:
    table = table_of(spec)
    columns = [table.c[name] for name in (*FIXED, *spec.names)]
    query = select(table.c.extra, *columns).where(table.c.scope_id.in_(scopes), table.c.ver > 0)
    if spec is MAC_ENTRY:
        query = query.where(table.c.mac.not_in(select(table_of(DEVICE).c.mac)))
        query = query.order_by(table.c.mac.not_in(first), table.c.row_no)
    below = _shadows(reader, spec)
    found = []
    for extra, row_id, scope, ver, *values in reader.connection.execute(query.limit(limit)):
        # What the cloud has, not what is unsent here.
        known, image = below.get(row_id, (ver, None))
        fields = values if image is None else [image.get(name) for name in spec.names]
        if known > 0:
            more = json.loads(extra) if extra else []
            found.append(WireRow(spec.number, row_id, scope, known, "p", [*fields, *more]))
    return found


def _shadows(reader: Reader, spec: EntitySpec[Any]) -> dict[str, tuple[int, dict[str, Any]]]:
    query = select(SHADOW.c.entity_id, SHADOW.c.ver, SHADOW.c.image).where(SHADOW.c.entity == spec.number)
    rows = reader.connection.execute(query)
    return {r[0]: (r[1] if r[2] else 0, traybook.loads(r[2])) for r in rows}


def _named(rows: Sequence[WireRow]) -> set[str]:
    """Digests of the files that rows name."""
    found: set[str] = set()
    for row in rows:
        columns = BY_NUMBER[row.entity].columns
        pairs = zip(columns, row.values, strict=False)
        found.update(digest for c, v in pairs for digest in c.kind.digests(v))
    return found


def unpack(tx: Tx, packed: Packed, *, firm: bool) -> int:
    """Put the rows into this mirror; returns how many. `firm`: whether the account sees rows of the firm at all.

    The cloud has the last word when it is next heard: it tells the scopes anew, fills each, and one that the account
    does not hold goes again.
    """
    seen = {s.scope for s in packed.scopes if s.kind != "org" or firm}
    for grant in packed.scopes:
        if grant.scope in seen:
            _hold(tx, packed, grant)
    wanted = [
        row
        for row in packed.rows
        if row.scope in seen and (firm or row.entity not in BY_NUMBER or _is_of_site(row.entity))
    ]
    tx.connection.execute(update(SYNC_CURSOR).values(access_seq=-1))
    return apply.apply_rows(tx, wanted)


def _is_of_site(entity: int) -> bool:
    return BY_NUMBER[entity].scope is Scope.SITE


def _hold(tx: Tx, packed: Packed, grant: ScopeGrant) -> None:
    values = {
        "scope": grant.scope,
        "tenant": packed.tenant,
        "kind": grant.kind,
        "label": grant.label,
        "state": "live",
        "gen": PACKED,
    }
    tx.connection.execute(upsert(SYNC_SCOPE).on_conflict_do_nothing(index_elements=["scope"]), values)
