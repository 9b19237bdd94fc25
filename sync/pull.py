"""Fetching: changes after the cursor, then the first fill of each scope, then what was withdrawn goes (sync.md 3.8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

from core.base.errors import NotAllowedError
from core.base.garbage import held_back
from core.base.killpoints import passed
from core.base.tasks import TaskOwner
from core.ports.cloud import CloudTransport
from core.store import apply, building
from core.store.apply import Dropped, HeldScope, Start
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.tx import Tx
from core.wire.messages import PROTOCOL, SCHEMA, FillRequest, PullPage, PullRequest
from sync.blobs import name_files
from sync.pages import let_go

T = TypeVar("T")
PAGE = 5000
LONGEST_RUN = 100_000
TOGETHER = 1000
"""Small scopes that are asked for with one request, at most."""


class Puller:
    """Brings the mirror to the cloud's head."""

    def __init__(
        self,
        mirror: Mirror,
        transport: CloudTransport,
        on_progress: Callable[[int, int], None] = lambda _filled, _of: None,
    ) -> None:
        self._mirror = mirror
        self._transport = transport
        self._on_progress = on_progress
        self.seq = -1
        """The number up to which everything is here, as far as is known; -1 before the first pull."""
        self.names_files = False
        """Whether a row that came named a file; for whoever fetches them to take back."""
        self._plan: _Plan | None = None

    def prefer(self, scope: str) -> None:
        """Ask for this scope next in a fill that is on its way; from the loop's thread."""
        if self._plan is not None:
            self._plan.prefer(scope)

    async def run(self, start: Start | None = None) -> int:
        """Pull, fill and drop until there is nothing to do; returns how many rows came. `start`: where the mirror
        stands, if that has just been read.
        """
        count = 0
        start = start if start is not None else await self._mirror.read(apply.start_of)
        while True:
            page = await self._transport.pull(self._request(start))
            if apply.is_no_news(page, start):
                self.seq = page.next
                return count
            done = await self._write(page, apply.apply_pull)
            count += done.rows
            if not done.again:
                self.seq = page.next
                break
            start = await self._mirror.read(apply.start_of)
        # Each commit writes again what pages share in an index of ids: twice the page is half of that.
        rows = 2 * PAGE if done.building else PAGE
        count += await self._fill(done.fill, rows) if done.fill else 0
        if done.building:
            await self.settle()
        for scope in done.drop:
            await self._drop(scope)
        return count

    async def settle(self) -> None:
        """Nothing more of a first fill comes, or not soon: make the indexes that it has left for its end."""
        while await self._mirror.write(building.finish, origin=Origin.PULL):
            pass

    async def _fill(self, scopes: Sequence[HeldScope], rows: int) -> int:
        """The first fill of scopes, in their order, `rows` to a page, small scopes together; the next page is fetched
        while one is written. A scope that is withdrawn meanwhile is passed over: the next pull says so, and then it is
        dropped.
        """
        start = await self._mirror.read(apply.start_of)
        plan = self._plan = _Plan(scopes)
        try:
            with held_back():
                while (ask := plan.next()) is not None:
                    try:
                        await self._pages(plan, ask, partial(_fill_request, start, rows))
                    except NotAllowedError:
                        plan.leave_out(plan.asked)
        finally:
            self._plan = None
            self._on_progress(0, 0)
        return plan.rows

    async def _pages(self, plan: _Plan, ask: _Ask, request: Callable[[_Ask], FillRequest]) -> None:
        owner = TaskOwner()
        try:
            page = await self._transport.fill(request(ask))
            while True:
                here, following = ask, plan.after(ask, page)
                fetching = (
                    owner.start(self._transport.fill(request(following)), name="fill-ahead")
                    if following
                    else None
                )
                put = partial(apply.apply_fill, scope=here.scope, then=here.then)
                plan.rows += await self._write(page, put)
                passed("sync.page")
                self._on_progress(plan.rows, plan.of)
                if following is None or fetching is None:
                    return
                ask, page = following, await fetching
        finally:
            await owner.close()

    async def _write(self, page: PullPage, put: Callable[..., T]) -> T:
        """What `put(tx, page=page)` gives; the page has no rows any more then."""

        def work(tx: Tx) -> T:
            self.names_files = self.names_files or name_files(page.rows)
            done = put(tx, page=page)
            let_go(page)
            return done

        return await self._mirror.write(work, origin=Origin.PULL)

    async def _drop(self, scope: HeldScope) -> None:
        """Some thousand rows a transaction; stops where edits wait to be judged, and goes on in the next round."""
        for _ in range(LONGEST_RUN):
            done = await self._mirror.write(lambda tx: apply.drop_piece(tx, scope.scope), origin=Origin.PULL)
            if done is not Dropped.MORE:
                return

    def _request(self, start: Start) -> PullRequest:
        here = start.here
        return PullRequest(
            proto=PROTOCOL,
            schema=SCHEMA,
            replica=start.replica,
            epoch=here.epoch,
            seq=here.seq,
            access_seq=here.access_seq,
            max_rows=PAGE,
        )


def _fill_request(start: Start, rows: int, ask: _Ask) -> FillRequest:
    return FillRequest(
        proto=PROTOCOL,
        schema=SCHEMA,
        replica=start.replica,
        epoch=start.here.epoch,
        scope=ask.scope,
        after=ask.after,
        to=ask.to,
        max_rows=rows,
        then=list(ask.then),
    )


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request of a fill: from where in one scope, up to which number, and which scopes behind it."""

    scope: str
    after: int
    to: int
    then: tuple[str, ...] = ()


class _Plan:
    """What is still to be filled, in order."""

    def __init__(self, scopes: Sequence[HeldScope]) -> None:
        self._left = {s.scope: (s.fill_seq, s.fill_to) for s in scopes}
        self.of = sum(s.rows for s in scopes)
        """How many rows there are to come, about."""
        self.asked = ""
        """The scope that was asked for last."""
        self.rows = 0
        """How many have been written."""
        self._preferred = ""

    def next(self) -> _Ask | None:
        """The next request; scopes that are to be filled from the start up to the same number go together."""
        if not self._left:
            return None
        scope, (after, to) = next(iter(self._left.items()))
        others = (s for s, place in self._left.items() if place == (0, to) and s != scope)
        self.asked = scope
        return _Ask(scope, after, to, tuple(islice(others, TOGETHER)))

    def after(self, ask: _Ask, page: PullPage) -> _Ask | None:
        """Take note of what a page brings; the request behind it."""
        before = len(self._left)
        for scope in apply.filled_by(ask.scope, page):
            self._left.pop(scope, None)
        end = apply.fill_end(ask.scope, page)
        if end is not None and end[0] in self._left:
            scope, seq = end
            # First in line again: the page ended in the middle of it.
            self._left = {scope: (seq, self._left.pop(scope)[1]), **self._left}
            self._put_first()
        elif len(self._left) == before:
            self.leave_out(ask.scope)  # an answer to something else would be asked for without end
        return self.next()

    def prefer(self, scope: str) -> None:
        """First in line; the one in the middle of which the last page ended goes on behind it, from there."""
        self._preferred = scope
        self._put_first()

    def _put_first(self) -> None:
        if self._preferred in self._left:
            self._left = {self._preferred: self._left.pop(self._preferred), **self._left}

    def leave_out(self, scope: str) -> None:
        """Do not ask for a scope any more."""
        self._left.pop(scope, None)
