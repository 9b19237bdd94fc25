"""Filling a scope again that is here already: every row is taken as the cloud has it, and what it has not goes
(sync.md 3.8, 3.13).

Needed after a restore of the cloud, after an absence longer than tombstones are kept, after a scope came back, and
where the self-check found a difference. Outbox, shadow and tray lose nothing by it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import delete, insert, select, update

from core.entities import BY_NUMBER, SYNCED
from core.schema.entity import EntitySpec
from core.store import direct, outbox, syncmeta
from core.store.rebase import Image, rebase, shadow_of
from core.store.tables import OUTBOX, SYNC_CURSOR, SYNC_MET, SYNC_SCOPE, table_of
from core.store.tx import Tx

PIECE = 500


def begin_again(tx: Tx, *, lost: bool) -> int:
    """Forget the cursor: the next pull brings the list of scopes and everything is filled anew. With `lost` (the cloud
    came back from a backup) the accepted edits of the last weeks are offered again; returns how many.
    """
    tx.connection.execute(delete(SYNC_CURSOR))
    tx.connection.execute(update(SYNC_SCOPE).where(SYNC_SCOPE.c.state != "drop").values(gen=-1))
    return outbox.offer_again(tx) if lost else 0


def refill(tx: Tx, scope: str, upto: int) -> None:
    """Fetch one scope again; it stays in view meanwhile."""
    begin(tx, [scope])
    values = {"state": "fill", "fill_seq": 0, "fill_to": upto, "again": 1}
    tx.connection.execute(update(SYNC_SCOPE).where(SYNC_SCOPE.c.scope == scope).values(**values))


def refill_all(tx: Tx) -> None:
    """Have the next pull tell all scopes again, and fetch each anew: rows of a kind that was unknown are among them."""
    tx.connection.execute(update(SYNC_SCOPE).where(SYNC_SCOPE.c.state != "drop").values(gen=-1))
    tx.connection.execute(update(SYNC_CURSOR).values(access_seq=-1))


def begin(tx: Tx, scopes: Iterable[str]) -> None:
    """Nothing of the scopes has been met yet."""
    direct.run_many(tx.connection, "DELETE FROM sync_met WHERE scope=?", [(scope,) for scope in scopes])


def under_way(tx: Tx) -> set[str]:
    """The scopes that are being filled again."""
    found = direct.ask(tx.connection, "SELECT scope FROM sync_scope WHERE again=1 AND state='fill'")
    return {row[0] for row in found}


def note(tx: Tx, met: Iterable[tuple[str, str]]) -> None:
    """Remember that the cloud has these rows, as (scope, id)."""
    records = [{"scope": scope, "entity_id": row_id} for scope, row_id in met]
    if records:
        tx.connection.execute(insert(SYNC_MET).prefix_with("OR IGNORE"), records)


def finish(tx: Tx, scopes: Collection[str]) -> int:
    """The scopes have come whole: rows of them that were not met are not in the cloud any more. Returns how many went.

    Rows that the cloud has never accepted stay, and those with unsent edits: the cloud judges these first.
    """
    gone = sum(_finish(tx, scope) for scope in scopes)
    begin(tx, scopes)
    for scope in scopes:
        tx.connection.execute(update(SYNC_SCOPE).where(SYNC_SCOPE.c.scope == scope).values(again=0))
    return gone


def _finish(tx: Tx, scope: str) -> int:
    count = 0
    for spec in SYNCED:
        table = table_of(spec)
        met = select(SYNC_MET.c.entity_id).where(SYNC_MET.c.scope == scope)
        query = select(table.c.id, table.c.ver).where(table.c.scope_id == scope, table.c.id.not_in(met))
        rows = tx.connection.execute(query.where(table.c.ver > 0)).all()
        for row in rows:
            _unmet(tx, spec, row.id, row.ver, scope)
        count += len(rows)
    return count


def _unmet(tx: Tx, spec: EntitySpec[Any], row_id: str, ver: int, scope: str) -> None:
    """The row was removed, or the cloud never had it (its lost creation is offered again then)."""
    edits = select(OUTBOX.c.op).where(OUTBOX.c.entity_id == row_id, OUTBOX.c.entity == spec.number)
    ops = {r[0] for r in tx.connection.execute(edits)}
    if "create" in ops:
        rebase(tx, spec, row_id, Image(0, scope, None))
        return
    shadow = shadow_of(tx.connection, spec, row_id, scope)
    values = shadow.values if shadow else None
    rebase(tx, spec, row_id, Image(ver, scope, values, gone=True))


def take_in_new_kinds(tx: Tx) -> bool:
    """After an update of this program: rows of kinds that it knows now were passed over before, and are fetched."""
    skipped = set(json.loads(syncmeta.get(tx, syncmeta.SKIPPED) or "[]"))
    if not skipped & BY_NUMBER.keys():
        return False
    left = sorted(skipped - BY_NUMBER.keys())
    syncmeta.put(tx, syncmeta.SKIPPED, json.dumps(left) if left else None)
    refill_all(tx)
    return True
