"""The only way into the typed tables and the feed. Numbers are taken last, so that they appear in the order of commits.

A number taken early and committed late is passed over by readers: 1,219 of 2,700 rows were lost that way (sync.md 3.6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, update

from core.base.ids import new_id
from core.cloud import access
from core.cloud.db import FEED, SCOPE_SUM, TENANT_CLOCK
from core.cloud.dialect import Merge, in_order, write_rows
from core.cloud.rows import Held, RowStore, in_wire_order
from core.cloud.seal import Seal
from core.wire.checksum import row_sum

_ADD_UP: dict[str, Merge] = {
    "rows": lambda old, new: f"{old}+{new}",
    # Exclusive-or out of operators that both databases have.
    "h": lambda old, new: f"({old}|{new})-({old}&{new})",
}


class Publisher:
    """Writes what a transaction changed. Call `publish` as the last thing before commit."""

    def __init__(self, rows: RowStore, seal: Seal) -> None:
        self._rows = rows
        self._seal = seal

    def publish(
        self,
        connection: Connection,
        tenant: str,
        changed: Sequence[Held],
        *,
        at: int,
        grants: Sequence[access.Grant] = (),
    ) -> int:
        """Write rows, sums, then numbers, feed and access; returns the tenant's head. Nothing to do: no number.

        A row that went to another scope is a put there, and behind it an `l` in the one that it left (sync.md 3.8):
        in that order, so that who holds both scopes never misses it.
        """
        by_entity: dict[str, list[Held]] = defaultdict(list)
        for held in changed:
            by_entity[held.spec.name].append(held)
        for rows in by_entity.values():
            self._rows.write(connection, rows[0].spec, rows)
        self._sums(connection, tenant, changed)
        bodies = [self.body(held) for held in changed]
        left = [(held, scope) for held in changed if (scope := _left(held))]
        count = len(bodies) + len(left) + (1 if grants else 0)
        if not count:
            return 0
        head = take_numbers(connection, tenant, count)
        numbered = enumerate(zip(changed, bodies, strict=True), head - count + 1)
        images = [_image(held, seq, at, body) for seq, (held, body) in numbered]
        for seq, (held, scope) in enumerate(left, head - count + 1 + len(bodies)):
            images.append((tenant, held.id, scope, held.spec.number, seq, held.ver, "l", at, b""))
        write_rows(connection, FEED, images)
        if grants and access.write_grants(connection, tenant, grants, head):
            moved = update(TENANT_CLOCK).where(TENANT_CLOCK.c.tenant == tenant).values(access_seq=head)
            connection.execute(moved)
        return head

    def body(self, held: Held) -> bytes:
        """A row as it travels (a WireRow), sealed where the entity has a secret. A tombstone carries nothing."""
        if held.deleted:
            return b""
        values = in_wire_order(held.spec, held.values)
        plain = msgspec.json.encode((held.spec.number, held.id, held.scope, held.ver, "p", values))
        if not held.spec.secrets:
            return plain
        return self._seal.seal_bytes(plain, self._rows.about(held.tenant, held.spec, held.id))

    def _sums(self, connection: Connection, tenant: str, changed: Sequence[Held]) -> None:
        """Keep count and exclusive-or of each scope's live rows (sync.md 3.13)."""
        moves: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for held in changed:
            move = moves[_left(held) or held.scope]
            if held.was_live and held.at_ver:
                move[0], move[1] = move[0] - 1, move[1] ^ row_sum(held.id, held.at_ver)
            move = moves[held.scope]
            if not held.deleted:
                move[0], move[1] = move[0] + 1, move[1] ^ row_sum(held.id, held.ver)
        records = [{"tenant": tenant, "scope": s, "rows": n, "h": h} for s, (n, h) in sorted(moves.items())]
        write_rows(connection, SCOPE_SUM, in_order(SCOPE_SUM, records), merge=_ADD_UP)


def _left(held: Held) -> str:
    """The scope that a live row has left; empty: it is where it was."""
    moved = held.was_live and held.stored is not None and held.stored[0] != held.scope
    return held.stored[0] if moved and held.stored is not None else ""


def _image(held: Held, seq: int, at: int, body: bytes) -> Sequence[Any]:
    """A row of the feed, in the order of its columns."""
    op = "d" if held.deleted else "p"
    return held.tenant, held.id, held.scope, held.spec.number, seq, held.ver, op, at, body


def open_tenant(connection: Connection, tenant: str) -> None:
    """Start a tenant's counter; its epoch names this lineage of the database."""
    values = {"tenant": tenant, "seq": 0, "epoch": new_id(), "horizon": 0, "access_seq": 0}
    connection.execute(TENANT_CLOCK.insert().values(**values))


def take_numbers(connection: Connection, tenant: str, count: int) -> int:
    """Advance the tenant's counter; returns the last number taken. Holds the counter until commit."""
    moved = (
        update(TENANT_CLOCK)
        .where(TENANT_CLOCK.c.tenant == tenant)
        .values(seq=TENANT_CLOCK.c.seq + count)
        .returning(TENANT_CLOCK.c.seq)
    )
    return int(connection.execute(moved).scalar_one())
