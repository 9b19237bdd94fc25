"""The only way into the typed tables and the feed. Numbers are taken last, so that they appear in the order of commits.

A number taken early and committed late is passed over by readers: 1,219 of 2,700 rows were lost that way (sync.md 3.6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, update

from core.base.ids import new_id
from core.cloud import access
from core.cloud.bulk_sql import Merge, in_order, rows_numbered, rows_put
from core.cloud.db import FEED, SCOPE_SUM, TENANT_CLOCK
from core.cloud.dialect import Sent, is_sqlite
from core.cloud.rows import Held, RowStore, RowWrite, in_wire_order
from core.cloud.seal import Seal
from core.cloud.statements import Statement, ask_all, tell_all
from core.wire.checksum import row_sum

_ADD_UP: tuple[tuple[str, Merge], ...] = (
    ("rows", lambda old, new: f"{old}+{new}"),
    # Exclusive-or out of operators that both databases have.
    ("h", lambda old, new: f"({old}|{new})-({old}&{new})"),
)


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
        beside: Iterable[Sent] = (),
        ends: bool = False,
    ) -> int:
        """Write rows, sums and what goes `beside` them, then numbers, feed and access; returns the tenant's head.
        Nothing to do: no number. `ends`: nothing follows, and rows that are there already were locked; then PostgreSQL
        gets everything and the commit in one trip, where there are no grants: scopes and the tenant's counter are held
        for so long only.

        A row that went to another scope is a put there, and behind it an `l` in the one that it left (sync.md 3.8):
        in that order, so that who holds both scopes never misses it.
        """
        writes: list[RowWrite] = []

        def sending() -> Iterator[Sent]:
            for rows in _by_entity(changed):
                for write in self._rows.writes(connection, rows[0].spec, rows):
                    writes.append(write)
                    yield write.sent
            yield from beside
            if changed:
                yield _sums(connection, tenant, changed)

        if ends and changed and not grants and not is_sqlite(connection.engine):
            told = ask_all(connection, self._to_the_end(connection, sending(), tenant, changed, at))
            return next(int(rows[0][0]) for rows in told if rows)
        counts = tell_all(connection, sending())
        self._rows.settle(connection, writes, counts[: len(writes)])
        images = [*self._images(tenant, changed, at)]
        count = len(images) + (1 if grants else 0)
        if not count:
            return 0
        head = _number(connection, tenant, images, count)
        if grants and access.write_grants(connection, tenant, grants, head):
            moved = update(TENANT_CLOCK).where(TENANT_CLOCK.c.tenant == tenant).values(access_seq=head)
            connection.execute(moved)
        return head

    def _to_the_end(
        self, connection: Connection, sending: Iterator[Sent], tenant: str, changed: Sequence[Held], at: int
    ) -> Iterator[Sent]:
        """Every statement up to the commit; the one that tells rows takes the numbers. PostgreSQL is at the first ones
        while the last ones are made.
        """
        yield from sending
        images = [*self._images(tenant, changed, at)]
        yield from _numbering(connection, tenant, images, len(images))
        yield Sent("COMMIT", told=False)

    def _images(self, tenant: str, changed: Sequence[Held], at: int) -> Iterator[Sequence[Any]]:
        """Rows of the feed; in place of a number its place among those of this push."""
        for place, held in enumerate(changed):
            yield _image(held, place, at, self.body(held))
        left = [(held, scope) for held in changed if (scope := _left(held))]
        for place, (held, scope) in enumerate(left, len(changed)):
            yield tenant, held.id, scope, held.spec.number, place, held.ver, "l", at, b""

    def body(self, held: Held) -> bytes:
        """A row as it travels (a WireRow), sealed where the entity has a secret. A tombstone carries nothing."""
        if held.deleted:
            return b""
        values = in_wire_order(held.spec, held.values)
        plain = msgspec.json.encode((held.spec.number, held.id, held.scope, held.ver, "p", values))
        if not held.spec.secrets:
            return plain
        return self._seal.seal_bytes(plain, self._rows.about(held.tenant, held.spec, held.id))


def _by_entity(changed: Sequence[Held]) -> list[list[Held]]:
    found: dict[str, list[Held]] = defaultdict(list)
    for held in changed:
        found[held.spec.name].append(held)
    return [*found.values()]


def _sums(connection: Connection, tenant: str, changed: Sequence[Held]) -> Sent:
    """Keeps count and exclusive-or of each scope's live rows (sync.md 3.13)."""
    moves: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for held in changed:
        move = moves[_left(held) or held.scope]
        if held.was_live and held.at_ver:
            move[0], move[1] = move[0] - 1, move[1] ^ row_sum(held.id, held.at_ver)
        move = moves[held.scope]
        if not held.deleted:
            move[0], move[1] = move[0] + 1, move[1] ^ row_sum(held.id, held.ver)
    records = [{"tenant": tenant, "scope": s, "rows": n, "h": h} for s, (n, h) in sorted(moves.items())]
    return rows_put(connection, SCOPE_SUM, in_order(SCOPE_SUM, records), merge=_ADD_UP, same=("tenant",))


def _number(connection: Connection, tenant: str, images: Sequence[Sequence[Any]], count: int) -> int:
    """Take numbers and write the feed; returns the last number."""
    if not is_sqlite(connection.engine):
        return int(ask_all(connection, _numbering(connection, tenant, images, count))[0][0][0])
    [[(head,)]] = ask_all(connection, [_TAKE.with_(connection, {"tenant": tenant, "count": count})])
    first = head - count + 1
    rows = [(*row[:_SEQ], first + row[_SEQ], *row[_SEQ + 1 :]) for row in images]
    tell_all(connection, [rows_put(connection, FEED, rows)] if rows else [])
    return int(head)


def _numbering(
    connection: Connection, tenant: str, images: Sequence[Sequence[Any]], count: int
) -> list[Sent]:
    """What takes numbers, telling the last one, and writes the feed, for PostgreSQL: it reads them by itself."""
    take = _TAKE.with_(connection, {"tenant": tenant, "count": count})
    if not images:
        return [take]
    first, given = "SELECT c.seq + %s::int8 FROM tenant_clock c WHERE c.tenant = %s", [1 - count, tenant]
    same = ("tenant", "at")
    return [take, rows_numbered(FEED, images, column="seq", first=first, values=given, same=same)]


_SEQ = [*FEED.c].index(FEED.c.seq)
_TAKE = Statement(
    lambda _alone: (
        update(TENANT_CLOCK)
        .where(TENANT_CLOCK.c.tenant == bindparam("tenant"))
        .values(seq=TENANT_CLOCK.c.seq + bindparam("count"))
        .returning(TENANT_CLOCK.c.seq)
    )
)
"""Advances the tenant's counter, and holds it until commit."""


def _left(held: Held) -> str:
    """The scope that a live row has left; empty: it is where it was."""
    moved = held.was_live and held.stored is not None and held.stored[0] != held.scope
    return held.stored[0] if moved and held.stored is not None else ""


def _image(held: Held, place: int, at: int, body: bytes) -> Sequence[Any]:
    """A row of the feed, in the order of its columns; in place of its number its place among those of this push."""
    op = "d" if held.deleted else "p"
    return held.tenant, held.id, held.scope, held.spec.number, place, held.ver, op, at, body


def open_tenant(connection: Connection, tenant: str) -> None:
    """Start a tenant's counter; its epoch names this lineage of the database."""
    values = {"tenant": tenant, "seq": 0, "epoch": new_id(), "horizon": 0, "access_seq": 0}
    connection.execute(TENANT_CLOCK.insert().values(**values))
