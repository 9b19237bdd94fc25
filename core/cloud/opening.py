"""What a push asks first, all at once: its replica, where the tenant stands, the rows of its edits (sync.md 3.7)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.cloud.access import Who
from core.cloud.clock import CLOCK, Clock
from core.cloud.cloud import Cloud
from core.cloud.db import REPLICA
from core.cloud.dialect import Sent
from core.cloud.statements import Row, Statement
from core.cloud.working import Working
from core.entities import BY_NUMBER
from core.ports.cloud import ForkError, ResyncError
from core.wire.messages import PushBatch


def _of_replica(alone: bool) -> Any:  # noqa: FBT001  as Statement asks
    query = select(REPLICA.c.account, REPLICA.c.last_n).where(REPLICA.c.id == bindparam("id"))
    return query if alone else query.with_for_update()


_REPLICA = Statement(_of_replica)


class Opening:
    """The questions of one push and their answers. The replica's row is locked, so that repeats of one replica wait for
    each other; the rows of the edits are locked, too.
    """

    def __init__(self, cloud: Cloud, who: Who, batch: PushBatch) -> None:
        self._cloud = cloud
        self._who = who
        self._batch = batch
        self._ids: dict[int, set[str]] = defaultdict(set)
        for m in batch.muts:
            if m.entity in BY_NUMBER and BY_NUMBER[m.entity].synced:
                self._ids[m.entity].add(m.entity_id)

    def questions(self, connection: Connection) -> list[Sent]:
        """In the order of locks."""
        tenant, rows = self._who.tenant, self._cloud.rows
        return [
            _REPLICA.with_(connection, {"id": self._who.replica}),
            CLOCK.with_(connection, {"tenant": tenant}),
            *[
                rows.asking(connection, BY_NUMBER[n], tenant, ids, lock=True)
                for n, ids in sorted(self._ids.items())
            ],
        ]

    def place(self, told: list[list[Row]]) -> tuple[int, Clock]:
        """The replica's last number, and where the tenant stands. ForkError for somebody else's replica; ResyncError
        for a workstation that has seen more than there is here.
        """
        (replica, [clock]), batch = told[:2], self._batch
        here = Clock(*clock)
        if replica and replica[0][0] != self._who.account:
            raise ForkError("sync.replica", "This installation belongs to another account.")
        if batch.epoch and (batch.epoch != here.epoch or batch.seq > here.seq):
            raise ResyncError("sync.resync", "The cloud's database is another than at the last sync.")
        return (int(replica[0][1]) if replica else 0), here

    def fill(self, working: Working, told: list[list[Row]]) -> None:
        """Put the rows where judging looks for them."""
        for (number, ids), rows in zip(sorted(self._ids.items()), told[2:], strict=True):
            spec = BY_NUMBER[number]
            working.take(spec, ids, self._cloud.rows.found(spec, self._who.tenant, rows))
