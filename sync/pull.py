"""Fetching: changes after the cursor, then the first fill of each scope, then what was withdrawn goes (sync.md 3.8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from core.base.errors import NotAllowedError
from core.base.tasks import TaskOwner
from core.ports.cloud import CloudTransport
from core.store import apply, syncmeta
from core.store.apply import Dropped, HeldScope, Position
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.reader import Reader
from core.wire.messages import PROTOCOL, SCHEMA, FillRequest, PullPage, PullRequest

PAGE = 5000
LONGEST_RUN = 100_000


class Puller:
    """Brings the mirror to the cloud's head."""

    def __init__(self, mirror: Mirror, transport: CloudTransport) -> None:
        self._mirror = mirror
        self._transport = transport

    async def run(self) -> int:
        """Pull, fill and drop until there is nothing to do; returns how many rows came."""
        count = 0
        here, replica = await self._mirror.read(_start)
        while True:
            page = await self._transport.pull(self._request(here, replica))
            done = await self._mirror.write(partial(apply.apply_pull, page=page), origin=Origin.PULL)
            count += done.rows
            if not done.again:
                break
            here, replica = await self._mirror.read(_start)
        for scope in done.fill:
            count += await self._fill(scope)
        for scope in done.drop:
            await self._drop(scope)
        return count

    async def _fill(self, scope: HeldScope) -> int:
        """Pages of one scope; the next one is fetched while one is written."""
        here, replica = await self._mirror.read(_start)

        def ask(after: int) -> Awaitable[PullPage]:
            return self._transport.fill(
                FillRequest(
                    proto=PROTOCOL,
                    schema=SCHEMA,
                    replica=replica,
                    epoch=here.epoch,
                    scope=scope.scope,
                    after=after,
                    to=scope.fill_to,
                    max_rows=PAGE,
                )
            )

        try:
            return await self._pages(ask, scope)
        except NotAllowedError:
            # Withdrawn meanwhile: the next pull says so, and then it is dropped.
            return 0

    async def _pages(self, ask: Callable[[int], Awaitable[PullPage]], scope: HeldScope) -> int:
        owner, count = TaskOwner(), 0
        page = await ask(scope.fill_seq)
        try:
            while True:
                following = owner.start(_await(ask(page.next)), name="fill-ahead") if page.more else None
                count += await self._mirror.write(
                    partial(apply.apply_fill, scope=scope.scope, page=page), origin=Origin.PULL
                )
                if following is None:
                    return count
                page = await following
        finally:
            await owner.close()

    async def _drop(self, scope: HeldScope) -> None:
        """Some thousand rows a transaction; stops where edits wait to be judged, and goes on in the next round."""
        for _ in range(LONGEST_RUN):
            done = await self._mirror.write(lambda tx: apply.drop_piece(tx, scope.scope), origin=Origin.PULL)
            if done is not Dropped.MORE:
                return

    def _request(self, here: Position, replica: str) -> PullRequest:
        return PullRequest(
            proto=PROTOCOL,
            schema=SCHEMA,
            replica=replica,
            epoch=here.epoch,
            seq=here.seq,
            access_seq=here.access_seq,
            max_rows=PAGE,
        )


def _start(reader: Reader) -> tuple[Position, str]:
    return apply.position(reader), syncmeta.get(reader, syncmeta.REPLICA) or ""


async def _await(work: Awaitable[PullPage]) -> PullPage:
    return await work
