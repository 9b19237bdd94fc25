"""Sending edits: one batch at a time, each filed whole before the next (sync.md 3.7)."""

from __future__ import annotations

from dataclasses import dataclass

from core.base.killpoints import passed
from core.ports.cloud import CloudTransport, TooLargeError
from core.store import outbox, syncmeta, tickets
from core.store.apply import Position, Start, start_of
from core.store.changes import Origin
from core.store.filing import Filed, file_answers
from core.store.mirror import Mirror
from core.store.tx import Tx
from core.wire.messages import PROTOCOL, SCHEMA, Mutation, PushBatch
from sync.blobs import BlobSync

SMALLEST = 1
LONGEST_RUN = 10_000
"""Batches of one round; a bound against going round for ever, never met."""


@dataclass(slots=True)
class Pushed:
    """What one round of pushing came to."""

    accepted: int = 0
    refused: int = 0
    conflicts: int = 0
    files: int = 0


class Pusher:
    """Empties the outbox."""

    def __init__(self, mirror: Mirror, transport: CloudTransport, files: BlobSync) -> None:
        self._mirror = mirror
        self._transport = transport
        self._files = files
        self._limit = outbox.BATCH
        self._acked = 0

    async def run(self, total: Pushed) -> Start:
        """Send until nothing is left that can go; adds to `total`, also when it is broken off. Returns where a pull
        begins.
        """
        batch, start, books = await self._mirror.write(self._take, origin=Origin.JOB)
        for _ in range(LONGEST_RUN):
            if not batch:
                break
            passed("sync.taken")
            total.files += await self._files.send_for(batch)
            filed = await self._offer(batch, start.replica, start.here, books)
            if filed is not None:
                total.accepted += filed.accepted
                total.refused += filed.refused
                total.conflicts += filed.conflicts
            batch, start, books = await self._mirror.write(self._take, origin=Origin.JOB)
        return start

    def _take(self, tx: Tx) -> tuple[list[Mutation], Start, list[str]]:
        batch = outbox.next_batch(tx, self._limit)
        syncmeta.replica_id(tx)
        return batch, start_of(tx), tickets.shown(tx) if batch else []

    async def _offer(
        self, batch: list[Mutation], replica: str, here: Position, books: list[str]
    ) -> Filed | None:
        """Send one batch and file the answers; None when it has to be sent in another way first."""
        message = PushBatch(
            proto=PROTOCOL,
            schema=SCHEMA,
            replica=replica,
            acked_n=self._acked,
            muts=batch,
            epoch=here.epoch,
            seq=here.seq,
            tickets=books,
        )
        try:
            answer = await self._transport.push(message)
        except TooLargeError:
            if self._limit <= SMALLEST:
                raise
            self._limit = max(SMALLEST, min(self._limit, len(batch)) // 2)
            return None
        passed("sync.answered")
        filed = await self._mirror.write(lambda tx: file_answers(tx, answer.answers), origin=Origin.PULL)
        passed("sync.filed")
        self._acked = batch[-1].n
        self._limit = min(outbox.BATCH, self._limit * 2)
        return filed
