"""What pushes ask first, all at once: their replicas, where the tenant stands, the rows of the edits (sync.md 3.7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from core.cloud import auth, tokens
from core.cloud.access import Who
from core.cloud.clock import CLOCK, Clock
from core.cloud.cloud import Cloud
from core.cloud.db import REPLICA
from core.cloud.dialect import Sent, listed, one_of
from core.cloud.statements import Row, Statement
from core.cloud.working import Working
from core.entities import BY_NUMBER
from core.ports.cloud import ForkError, ResyncError
from core.wire.messages import PushBatch


def _of_replicas(alone: bool) -> Any:  # noqa: FBT001  as Statement asks
    query = select(REPLICA.c.id, REPLICA.c.account, REPLICA.c.last_n).where(
        one_of(alone, REPLICA.c.id, "ids")
    )
    return query if alone else query.order_by(REPLICA.c.id).with_for_update()


_REPLICAS = Statement(_of_replicas)


class Opening:
    """The questions of some pushes of one tenant and their answers. The replicas' rows are locked, so that repeats of
    one replica wait for each other; the rows of the edits are locked, too.
    """

    def __init__(
        self, cloud: Cloud, tenant: str, batches: Sequence[PushBatch], tokens: Sequence[str] = ()
    ) -> None:
        """`tokens`: whose sessions are asked for, too."""
        self._cloud = cloud
        self._tenant = tenant
        self._replicas = [batch.replica for batch in batches]
        self._tokens = tokens
        self._ids: dict[int, set[str]] = defaultdict(set)
        for batch in batches:
            for m in batch.muts:
                if m.entity in BY_NUMBER and BY_NUMBER[m.entity].synced:
                    self._ids[m.entity].add(m.entity_id)
        self._known: dict[str, tuple[str, int]] = {}
        self._who: dict[str, Who] = {}
        self._rows: list[list[Row]] = []

    def questions(self, connection: Connection) -> list[Sent]:
        """In the order of locks."""
        tenant, rows = self._tenant, self._cloud.rows
        return [
            *([auth.asking(connection, self._tokens)] if self._tokens else []),
            CLOCK.with_(connection, {"tenant": tenant}),
            _REPLICAS.with_(connection, {"ids": listed(connection, self._replicas)}),
            *[
                rows.asking(connection, BY_NUMBER[n], tenant, ids, lock=True)
                for n, ids in sorted(self._ids.items())
            ],
        ]

    def read(self, told: list[list[Row]]) -> None:
        """Take the answers."""
        rest = iter(told)
        if self._tokens:
            self._who = auth.found(self._cloud, next(rest))
        [clock], replicas, *self._rows = rest
        self._clock = Clock(*clock)
        self._known = {row[0]: (row[1], int(row[2])) for row in replicas}

    def who(self, token: str) -> Who | None:
        """Who of this tenant is behind a token, where nothing more has to be asked about its session."""
        who = self._who.get(tokens.hashed(token))
        return who if who is not None and who.tenant == self._tenant else None

    def place(self, who: Who, batch: PushBatch) -> tuple[int, Clock]:
        """The replica's last number, and where the tenant stands. ForkError for somebody else's replica; ResyncError
        for a workstation that has seen more than there is here.
        """
        account, last_n = self._known.get(batch.replica, (who.account, 0))
        if account != who.account:
            raise ForkError("sync.replica", "This installation belongs to another account.")
        if batch.epoch and (batch.epoch != self._clock.epoch or batch.seq > self._clock.seq):
            raise ResyncError("sync.resync", "The cloud's database is another than at the last sync.")
        return last_n, self._clock

    def working(self, connection: Connection, *, filled: bool = True) -> Working:
        """Where judging looks for rows, with those that were asked for, unless they have changed since."""
        working = Working(connection, self._cloud.rows, self._tenant, set())
        for (number, ids), rows in zip(sorted(self._ids.items()), self._rows, strict=True) if filled else ():
            spec = BY_NUMBER[number]
            working.take(spec, ids, self._cloud.rows.found(spec, self._tenant, rows))
        return working
