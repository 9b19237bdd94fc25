"""Where a tenant stands: its last number, the lineage of its database, its last change of access (sync.md 3.4)."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from core.cloud.db import TENANT_CLOCK
from core.cloud.statements import Statement, ask


class Clock(NamedTuple):
    """A row of TENANT_CLOCK."""

    seq: int
    epoch: str
    horizon: int
    access_seq: int
    lineage: int

    @property
    def access_mark(self) -> tuple[str, int]:
        """Changes with every change of access, and when the database comes back from a backup."""
        return self.epoch, self.access_seq


CLOCK = Statement(
    lambda _alone: select(*[TENANT_CLOCK.c[name] for name in Clock._fields]).where(
        TENANT_CLOCK.c.tenant == bindparam("tenant")
    )
)


def clock_of(connection: Connection, tenant: str) -> Clock:
    """As this transaction sees it."""
    [row] = ask(connection, CLOCK, tenant=tenant)
    return Clock(*row)
