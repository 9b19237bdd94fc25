"""Pokes: a workstation that listens is told that there is something to fetch, never what (sync.md 3.13).

Server-sent events over plain HTTP, which most proxies let through. Each node looks for new heads of the tenants that
listen on it: at once after a push of its own, and twice a second for what other nodes did. A poke that is lost costs
until the next beat, which repeats the newest number.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
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
from core.cloud.routes import TheCloud, Token, run_aside
from core.ports.cloud import BusyError
from core.wire.messages import Poke

LOOK_S = 0.5
"""Between two looks for what other nodes did."""
GAP_S = 0.02
"""Between two looks after pushes of this node: more pushes of one moment make one poke."""
BEAT_S = 15.0
"""A listener hears something at least so often, or takes the line for dead."""
MOST = 20_000
"""Listeners of one node."""

router = APIRouter(prefix="/v1")


class Live:
    """The listeners of one node. Used on the loop's thread only, but for `nudge`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: dict[str, set[_Listener]] = defaultdict(set)
        self._heads: dict[str, int] = {}
        self._owner = TaskOwner()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pushed = asyncio.Event()
        self.closed = False

    @property
    def count(self) -> int:
        """How many listen."""
        return sum(len(found) for found in self._listeners.values())

    def nudge(self) -> None:
        """Something was committed here: look at once. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._pushed.set)

    def close(self) -> None:
        """End every stream, so that the server can stop. From the loop's thread."""
        self.closed = True
        for found in self._listeners.values():
            for listener in found:
                listener.changed.set()
        self._pushed.set()

    async def wait(self) -> None:
        """Wait until nothing of it runs any more; after `close`."""
        self.close()
        await self._owner.close()

    async def pokes(self, tenant: str, still_in: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
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
        finally:
            self._leave(tenant, listener)

    def _join(self, tenant: str, listener: _Listener) -> None:
        self._loop = asyncio.get_running_loop()
        self._listeners[tenant].add(listener)
        if tenant in self._heads:
            listener.changed.set()
        else:
            self._pushed.set()
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
                heads = await to_thread.run_sync(self._look, set(self._listeners))
                self._tell(heads)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._pushed.wait()
            self._pushed.clear()
            await asyncio.sleep(GAP_S)

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
