"""What is kept how long, and the round that removes the rest: the logs of doors and accounts (LOG-07), used-up codes,
sent mails, tokens of ended sessions, answers to edits, tombstones. Any node runs it; two at once do no harm.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from anyio import to_thread
from sqlalchemy import delete, select

from core.base.clock import to_ms
from core.base.errors import GatewrightError
from core.cloud import tickets
from core.cloud.account_tables import ACCOUNT_LOG, CODE, MAIL, RATE, SPENT
from core.cloud.cloud import Cloud
from core.cloud.db import LOGIN_GUARD, MUT_LOG, SESSION, TENANT_CLOCK, table_of
from core.cloud.sweep import sweep
from core.entities.event import DOOR_EVENT

log = logging.getLogger(__name__)
DAY_MS = 86_400_000
ANSWERS_MS = 400 * DAY_MS
"""How long the answer to an edit is kept (sync.md 3.4)."""
MAILS_MS, GUARDS_MS, RATES_MS = 7 * DAY_MS, DAY_MS, DAY_MS
FIRST_S, EVERY_S = 60.0, 3600.0
PIECE = 2_000
"""Rows that go in one transaction, so that nobody waits long for it."""


def run(cloud: Cloud) -> dict[str, int]:
    """One round; what went, by kind."""
    now_ms = to_ms(cloud.clock.now())
    logs = now_ms - cloud.settings.log_days * DAY_MS
    went = {
        "account log": _drop(cloud, ACCOUNT_LOG, ACCOUNT_LOG.c.at < logs),
        "spent tokens": _drop(cloud, SPENT, SPENT.c.at < now_ms - cloud.settings.refresh_s * 1000),
        "sessions": _drop(cloud, SESSION, SESSION.c.refresh_until < now_ms),
        "codes": _drop(cloud, CODE, CODE.c.until < now_ms),
        "mails": _drop(cloud, MAIL, (MAIL.c.state != "waiting") & (MAIL.c.made_at < now_ms - MAILS_MS)),
        "locks": _drop(cloud, LOGIN_GUARD, LOGIN_GUARD.c.locked_until < now_ms - GUARDS_MS),
        "counts": _drop(cloud, RATE, RATE.c.since < now_ms - RATES_MS),
        "answers": _drop(cloud, MUT_LOG, MUT_LOG.c.received_at < now_ms - ANSWERS_MS),
        "tickets": tickets.drop_expired(cloud),
        "door events": _door_events(cloud, logs, now_ms),
    }
    went["tombstones"] = sweep(cloud)
    return went


def _drop(cloud: Cloud, table: Any, old: Any) -> int:
    with cloud.database.write() as connection:
        return int(connection.execute(delete(table).where(old)).rowcount)


def _door_events(cloud: Cloud, before_ms: int, now_ms: int) -> int:
    """Old door events become tombstones, so that they leave every mirror too."""
    events, count = table_of(DOOR_EVENT), 0
    with cloud.database.read() as connection:
        tenants = sorted(connection.execute(select(TENANT_CLOCK.c.tenant)).scalars())
    old = events.c.deleted_at.is_(None) & (events.c.at < before_ms)
    for tenant in tenants:
        gone = PIECE
        while gone == PIECE:
            with cloud.database.write(tenant) as connection:
                query = select(events.c.id).where(events.c.tenant == tenant, old).limit(PIECE)
                ids = connection.execute(query).scalars().all()
                held = cloud.rows.by_ids(connection, DOOR_EVENT, tenant, ids, lock=True)
                for one in held.values():
                    one.ver, one.deleted_at = one.ver + 1, now_ms
                cloud.publisher.publish(connection, tenant, list(held.values()), at=now_ms)
            gone = len(ids)
            count += gone
    return count


async def keep_running(cloud: Cloud) -> None:
    """A round every hour until cancelled; the first one a minute after the start."""
    wait_s, never = FIRST_S, asyncio.Event()
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await never.wait()
        wait_s = EVERY_S
        try:
            went = await to_thread.run_sync(run, cloud)
        except GatewrightError as fault:
            log.warning("The round of retention did not come through: %s", fault.code)
            continue
        log.info("Retention: %s", ", ".join(f"{n} {kind}" for kind, n in went.items() if n) or "nothing")
