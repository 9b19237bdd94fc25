"""Pokes: a workstation that listens is told that there is something to fetch, never what (sync.md 3.13).

Server-sent events over plain HTTP, which most proxies let through. A push tells its number to those who listen on the
same node at once, and to other nodes by core.cloud.relay; besides, each node looks twice a second for heads of the
tenants that listen on it. A poke that is lost costs until the next beat, which repeats the newest number.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from collections.abc import Set as AbstractSet
from contextlib import suppress

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from core.base.errors import NotAllowedError, SignInError
from core.base.tasks import TaskOwner
from core.cloud import auth
from core.cloud.db import TENANT_CLOCK, Database
from core.cloud.openapi import described
from core.cloud.relay import Relay
from core.cloud.routes import TheCloud, Token, run_aside
from core.ports.cloud import BusyError
from core.wire.messages import Poke

LOOK_S = 0.5
"""Between two looks for what was told to nobody."""
GAP_S = 0.05
"""Between two pokes of one listener: the first push of a moment is told at once, the others together."""
BEAT_S = 15.0
"""A listener hears something at least so often, or takes the line for dead."""
MOST = 20_000
"""Listeners of one node."""

router = APIRouter(prefix="/v1")


class Live:
    """The listeners of one node. Used on the loop's thread only, but for `nudge`. `open` before the first push."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: dict[str, set[_Listener]] = defaultdict(set)
        self._heads: dict[str, int] = {}
        self._owner = TaskOwner()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._joined = asyncio.Event()
        self._relay = Relay(database.engine, self._hear)
        self.closed = False

    @property
    def count(self) -> int:
        """How many listen."""
        return sum(len(found) for found in self._listeners.values())

    def open(self) -> None:
        """Begin; on the loop's thread."""
        self._loop = asyncio.get_running_loop()
        self._relay.start()

    def nudge(self, tenant: str, head: int) -> None:
        """A push was committed here. From any thread."""
        self._on_loop(self._relay.tell_soon, tenant, head)
        self._hear(tenant, head)

    def _hear(self, tenant: str, head: int) -> None:
        """A new head, of this node or another one. From any thread."""
        self._on_loop(self._pass_on, tenant, head)

    def _on_loop(self, act: Callable[[str, int], None], tenant: str, head: int) -> None:
        if self._loop is not None and not self.closed:
            with suppress(RuntimeError):  # the loop has just ended, and every listener with it
                self._loop.call_soon_threadsafe(act, tenant, head)

    def _pass_on(self, tenant: str, head: int) -> None:
        if head > self._heads.get(tenant, -1):
            self._tell({tenant: head})

    def close(self) -> None:
        """End every stream, so that the server can stop. From the loop's thread."""
        self.closed = True
        for found in self._listeners.values():
            for listener in found:
                listener.changed.set()
        self._joined.set()

    async def wait(self) -> None:
        """Wait until nothing of it runs any more; after `close`."""
        self.close()
        await self._relay.close()
        await self._owner.close()

    async def pokes(
        self, tenant: str, still_in: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[bytes, None]:
        """Events for one listener: the head at once, each newer one, and a beat. Ends when it is signed out."""
        if self.count >= MOST:
            raise BusyError("live.full", "This node has enough listeners.", retry_after_s=30)
        listener = _Listener()
        self._join(tenant, listener)
        try:
            while not self.closed:
                heard = await _heard(listener)
                # At each beat, not at each poke: with a thousand listeners that would be a thousand questions.
                if not heard and not await still_in():
                    return
                if tenant in self._heads and not self.closed:
                    poke = Poke(tenant=tenant, head=self._heads[tenant])
                    yield b"data: " + msgspec.json.encode(poke) + b"\n\n"
                    await asyncio.sleep(GAP_S)
        finally:
            self._leave(tenant, listener)

    def _join(self, tenant: str, listener: _Listener) -> None:
        self._listeners[tenant].add(listener)
        if tenant in self._heads:
            listener.changed.set()
        else:
            self._joined.set()
        if not self._owner.count:
            self._owner.keep(self._watch(), name="live")

    def _leave(self, tenant: str, listener: _Listener) -> None:
        self._listeners[tenant].discard(listener)
        if not self._listeners[tenant]:
            del self._listeners[tenant]
            self._heads.pop(tenant, None)

    async def _watch(self) -> None:
        while self._listeners and not self.closed:
            with suppress(BusyError):  # the database is away for a moment; so is everything else
                before = dict(self._heads)
                heads = await to_thread.run_sync(self._look, set(self._listeners))
                # A number that was told meanwhile is newer than what was looked up; else a smaller one is news, too:
                # the database came back from a backup.
                self._tell({t: head for t, head in heads.items() if before.get(t) == self._heads.get(t)})
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._joined.wait()
            self._joined.clear()

    def _look(self, tenants: AbstractSet[str]) -> dict[str, int]:
        query = select(TENANT_CLOCK.c.tenant, TENANT_CLOCK.c.seq).where(
            TENANT_CLOCK.c.tenant.in_(sorted(tenants))
        )
        with self._database.read() as connection:
            return {row.tenant: row.seq for row in connection.execute(query)}

    def _tell(self, heads: dict[str, int]) -> None:
        for tenant, head in heads.items():
            if tenant in self._listeners and self._heads.get(tenant) != head:
                self._heads[tenant] = head
                for listener in self._listeners[tenant]:
                    listener.changed.set()


class _Listener:
    """One open stream."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()


async def _heard(listener: _Listener) -> bool:
    """Wait for a newer head; False after a beat without one."""
    try:
        async with asyncio.timeout(BEAT_S):
            await listener.changed.wait()
    except TimeoutError:
        return False
    listener.changed.clear()
    return True


@router.get("/live", summary="Pokes as server-sent events", **described(None, None))
async def get_live(request: Request, cloud: TheCloud, token: Token) -> Response:
    """A stream of Poke events. It carries nothing but the newest number of the account's tenant."""
    who = await run_aside(auth.who_is, cloud, token)
    live = request.app.state.live

    async def still_in() -> bool:
        try:
            await run_aside(auth.who_is, cloud, token)
        except (SignInError, NotAllowedError):
            return False
        return True

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        live.pokes(who.tenant, still_in), media_type="text/event-stream", headers=headers
    )
