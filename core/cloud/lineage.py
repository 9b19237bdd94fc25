"""What has to happen to a database that came back from a backup, or whose copy took over with less than all (sync.md
3.14): it becomes another lineage, under a new epoch, and workstations offer again what it has lost.

Versions given in a lineage lie above all those of the lineages before it. So an edit that was based on a version which
is gone is never taken for one that has seen what was written since.
"""

from __future__ import annotations

from sqlalchemy import select, update

from core.base.ids import new_id
from core.cloud.cloud import Cloud
from core.cloud.db import TENANT_CLOCK

STRIDE = 1_000_000
"""Versions that a row may go through in one lineage; 2,000 lineages fit into the column."""


def begin_lineage(cloud: Cloud) -> int:
    """To be called once after a restore, before the service is opened to workstations. Returns how many tenants."""
    with cloud.database.write() as connection:
        tenants = connection.execute(select(TENANT_CLOCK.c.tenant)).scalars().all()
        for tenant in sorted(tenants):
            values = {"epoch": new_id(), "lineage": TENANT_CLOCK.c.lineage + 1}
            connection.execute(update(TENANT_CLOCK).where(TENANT_CLOCK.c.tenant == tenant).values(**values))
    return len(tenants)


def floor_of(lineage: int) -> int:
    """The version above which every version of a lineage lies."""
    return lineage * STRIDE
