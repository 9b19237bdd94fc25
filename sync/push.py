"""Sending edits: while one batch is with the cloud, the answers of the one before it are filed and the next one is
taken (sync.md 3.7; docs/decisions/0036-one-batch-with-the-cloud.md).

Never more than one batch is on its way. The next one leaves before the answers are filed only where the cloud took
every edit: otherwise these answers decide which edits have to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from core.base.errors import GatewrightError
from core.base.garbage import held_back
from core.base.killpoints import passed
from core.base.tasks import TaskOwner
from core.ports.cloud import CloudTransport, TooLargeError
from core.store import outbox, syncmeta, tickets
from core.store.apply import Start, start_of
from core.store.changes import Origin
from core.store.filing import Filed, file_push
from core.store.mirror import Mirror
from core.store.tx import Tx
from core.wire.messages import PROTOCOL, SCHEMA, Mutation, PushAnswer, PushBatch
from sync.blobs import BlobSync

SMALLEST = 1
LONGEST_RUN = 20_000
"""Batches of one round; a bound against going round for ever, never met."""
HEAD_START_S = 0.003
"""For a request to leave before the answers to the last one are filed: Python's lock, which that takes up at once,
would hold the request up by 5 to 40 ms, and the cloud would wait for it.
"""


@dataclass(slots=True)
class Pushed:
    """What one round of pushing came to."""

    accepted: int = 0
    refused: int = 0
    conflicts: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class _Taken:
    """A batch as it was marked, the ticket books for it, where the mirror stood, and whether more is waiting behind."""

    batch: list[Mutation]
    start: Start
    books: list[str]
    more: bool


class Pusher:
    """Empties the outbox."""

    def __init__(self, mirror: Mirror, transport: CloudTransport, files: BlobSync) -> None:
        self._mirror = mirror
        self._transport = transport
        self._files = files
        self._limit = outbox.BATCH
        self._acked = 0
        self._answer: PushAnswer | None = None
        """What came and is not filed yet."""
        self.at_head = False
        """Whether the last round ended with a batch behind which there was nothing to fetch."""

    async def run(self, total: Pushed) -> Start:
        """Send until nothing is left that can go; adds to `total`, also when it is broken off. Returns where a pull
        begins.
        """
        owner = TaskOwner()
        self._answer, self.at_head = None, False
        try:
            with held_back():
                return await self._run(total, owner)
        except GatewrightError:
            # What was answered before the fault stays answered.
            await self._file(total)
            raise
        finally:
            await owner.close()

    async def _run(self, total: Pushed, owner: TaskOwner) -> Start:
        taken = await self._take()
        for _ in range(LONGEST_RUN):
            if not taken.batch:
                break
            total.files += await self._files.send_for(taken.batch)
            flight = owner.start(self._send(taken), name="push")
            if self._answer is not None:
                await asyncio.wait({flight}, timeout=HEAD_START_S)
                await self._file(total)
            ahead = await self._take(behind=taken.batch) if taken.more else None
            self._answer = await flight
            if (
                ahead is not None
                and ahead.batch
                and self._answer is not None
                and all(a.status == "ok" for a in self._answer.answers)
            ):
                taken = ahead
                continue
            taken = await self._file(total) or await self._take()
        return taken.start

    async def _take(self, behind: Sequence[Mutation] = ()) -> _Taken:
        """The next batch, `behind` the one that is with the cloud."""
        taken = await self._mirror.write(partial(self._mark, behind=behind), origin=Origin.JOB)
        if taken.batch:
            passed("sync.taken")
        return taken

    def _mark(self, tx: Tx, behind: Sequence[Mutation]) -> _Taken:
        batch = outbox.next_batch(tx, self._limit, behind=behind)
        syncmeta.replica_id(tx)
        more = bool(batch) and outbox.has_open(tx, batch[-1].n)
        return _Taken(batch, start_of(tx), tickets.shown(tx) if batch else [], more)

    async def _send(self, taken: _Taken) -> PushAnswer | None:
        """The answer to a batch; None when it has to be sent in smaller ones."""
        batch, here = taken.batch, taken.start.here
        message = PushBatch(
            proto=PROTOCOL,
            schema=SCHEMA,
            replica=taken.start.replica,
            acked_n=self._acked,
            muts=batch,
            epoch=here.epoch,
            seq=here.seq,
            tickets=taken.books,
        )
        try:
            answer = await self._transport.push(message)
        except TooLargeError:
            if self._limit <= SMALLEST:
                raise
            self._limit = max(SMALLEST, min(self._limit, len(batch)) // 2)
            return None
        passed("sync.answered")
        self._limit = min(outbox.BATCH, self._limit * 2)
        return answer

    async def _file(self, total: Pushed) -> _Taken | None:
        """File what was answered, if anything was: all of it in one transaction. Where the mirror stands then, if there
        is nothing more to be sent.
        """
        answer, self._answer = self._answer, None
        if answer is None:
            return None
        filed, here = await self._mirror.write(partial(_filed, answer=answer), origin=Origin.PULL)
        passed("sync.filed")
        self.at_head = filed.at_head
        total.accepted += filed.accepted
        total.refused += filed.refused
        total.conflicts += filed.conflicts
        self._acked = max((a.n for a in answer.answers), default=self._acked)
        return None if here.more else here


def _filed(tx: Tx, answer: PushAnswer) -> tuple[Filed, _Taken]:
    filed = file_push(tx, answer)
    return filed, _Taken([], start_of(tx), [], outbox.has_open(tx))
