"""Removes what nobody needs any more: old tombstones, and files of which only a piece ever arrived (sync.md 3.8).

A workstation that was away for longer than tombstones are kept is told to fetch everything again, and finds out by
that which of its rows are gone.
"""

from __future__ import annotations

from sqlalchemy import Connection, case, delete, func, select, update

from core.base.clock import to_ms
from core.cloud.cloud import Cloud
from core.cloud.db import FEED, TENANT_CLOCK

KEPT_MS = 180 * 86_400_000
"""How long a tombstone stays."""
PARTS_KEPT_MS = 7 * 86_400_000
"""How long an unfinished file waits for its next piece."""


def sweep(cloud: Cloud) -> int:
    """Remove old tombstones of every tenant and raise its horizon; returns how many went."""
    now_ms = to_ms(cloud.clock.now())
    with cloud.database.read() as connection:
        tenants = connection.execute(select(TENANT_CLOCK.c.tenant)).scalars().all()
    count = 0
    for tenant in sorted(tenants):
        with cloud.database.write(tenant) as connection:
            count += _sweep_tenant(connection, tenant, now_ms - KEPT_MS)
    _sweep_parts(cloud, now_ms - PARTS_KEPT_MS)
    return count


def _sweep_tenant(connection: Connection, tenant: str, before_ms: int) -> int:
    old = (FEED.c.tenant == tenant) & (FEED.c.op != "p") & (FEED.c.at < before_ms)
    newest = connection.execute(select(func.max(FEED.c.seq)).where(old)).scalar()
    if newest is None:
        return 0
    horizon = case((TENANT_CLOCK.c.horizon > newest, TENANT_CLOCK.c.horizon), else_=newest)
    connection.execute(update(TENANT_CLOCK).where(TENANT_CLOCK.c.tenant == tenant).values(horizon=horizon))
    return connection.execute(delete(FEED).where(old)).rowcount


def _sweep_parts(cloud: Cloud, before_ms: int) -> None:
    for part in cloud.blobs.folder.glob("parts/*/*"):
        if part.stat().st_mtime * 1000 < before_ms:
            part.unlink(missing_ok=True)
