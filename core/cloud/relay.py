"""New heads from node to node, through the database that they share (sync.md 3.13). What is lost on the way costs at
most a look of core.cloud.live.

Never inside a push: PostgreSQL lets commits that notify go one at a time, over the whole database. So a node tells
after its commits, on another connection, all its tenants together and at most ten times a second.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping

from anyio import to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from core.base.tasks import TaskOwner
from core.cloud import dialect

log = logging.getLogger(__name__)

CHANNEL = "gatewright_heads"
TELL_GAP_S = 0.1
"""Between two notifications of one node."""
LISTEN_S = 0.5
"""How long the ear waits before it looks whether it is to end."""
RETRY_S = 2.0
"""After the database went away."""


class Relay:
    """One node's voice and ear. SQLite has one node, and no use for it."""

    def __init__(self, engine: Engine, on_head: Callable[[str, int], None]) -> None:
        self._engine = engine
        self._on_head = on_head
        self._alone = dialect.is_sqlite(engine)
        self._due: dict[str, int] = {}
        self._owner = TaskOwner()
        self._closed = threading.Event()
        self._ear = threading.Thread(target=self._listen, name="cloud-relay", daemon=True)

    def start(self) -> None:
        """Begin to listen; `on_head(tenant, head)` is called on another thread."""
        if not self._alone:
            self._ear.start()

    def tell_soon(self, tenant: str, head: int) -> None:
        """Tell the other nodes. On the loop's thread."""
        if self._alone or self._closed.is_set():
            return
        self._due[tenant] = max(head, self._due.get(tenant, 0))
        if not self._owner.count:
            self._owner.keep(self._tell(), name="relay")

    async def close(self) -> None:
        """End both."""
        self._closed.set()
        await self._owner.close()
        if self._ear.is_alive():
            await to_thread.run_sync(self._ear.join)

    async def _tell(self) -> None:
        while self._due:
            heads, self._due = self._due, {}
            await to_thread.run_sync(self._notify, heads)
            await asyncio.sleep(TELL_GAP_S)

    def _notify(self, heads: Mapping[str, int]) -> None:
        try:
            dialect.notify(self._engine, CHANNEL, [f"{tenant} {head}" for tenant, head in heads.items()])
        except DBAPIError as fault:
            log.info("Other nodes were not told of new heads: %s", type(fault.orig).__name__)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                with dialect.listening(self._engine, CHANNEL) as heard:
                    while not self._closed.is_set():
                        for payload in heard(LISTEN_S):
                            self._pass_on(payload)
            except dialect.faults(self._engine) as fault:
                log.info("Nothing is heard of other nodes: %s", type(fault).__name__)
                self._closed.wait(RETRY_S)

    def _pass_on(self, payload: str) -> None:
        tenant, _, head = payload.partition(" ")
        if head.isdecimal() and len(head) < 20:  # anybody with access to the database may notify
            self._on_head(tenant, int(head))
