"""Comparing the mirror with the cloud's sums; what differs is fetched again: one scope, not everything (sync.md 3.13).

Versions of all scopes are compared each time, the values of one scope in turn: the latter costs the cloud as much as
serving that scope.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from core.ports.cloud import CloudTransport
from core.store import apply, checking, reconcile, syncmeta
from core.store.apply import Position
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.reader import Reader
from core.store.tx import Tx
from core.wire.messages import PROTOCOL, SCHEMA, CheckAnswer, CheckRequest, ScopeSum

log = logging.getLogger(__name__)
LIMIT_MS = 120_000
REPAIRS = "repairs"
"""Key in `sync_meta`: how many scopes had to be fetched again since this mirror was made."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a comparison came to. `compared`: scopes; `differs`: those that are fetched again by the next round."""

    compared: int
    differs: tuple[str, ...] = ()


class Checker:
    """Compares, and has the differences filled again."""

    def __init__(self, mirror: Mirror, transport: CloudTransport) -> None:
        self._mirror = mirror
        self._transport = transport
        self._turn = 0

    async def run(self) -> Checked:
        """One comparison; nothing is compared while the mirror is behind the cloud."""
        here, replica, scopes = await self._mirror.read(_start)
        if not here.epoch or not scopes:
            return Checked(0)
        deep = scopes[self._turn % len(scopes)]
        self._turn += 1
        request = CheckRequest(proto=PROTOCOL, schema=SCHEMA, replica=replica, epoch=here.epoch, deep=deep)
        answer = await self._transport.check(request)
        compare = partial(_compare, answer=answer, scopes=scopes, deep=deep)
        found = await self._mirror.read(compare, limit_ms=LIMIT_MS)
        if found is None:
            return Checked(0)
        if found:
            log.warning("The mirror differs from the cloud in %d scopes; they are fetched again", len(found))
            await self._mirror.write(partial(_refill, scopes=found, upto=answer.head), origin=Origin.PULL)
        return Checked(len(scopes), tuple(found))


def _start(reader: Reader) -> tuple[Position, str, list[str]]:
    replica = syncmeta.get(reader, syncmeta.REPLICA) or ""
    return apply.position(reader), replica, checking.comparable(reader)


def _compare(reader: Reader, *, answer: CheckAnswer, scopes: Sequence[str], deep: str) -> list[str] | None:
    """The scopes that differ; None when the mirror and the answer are not of the same moment."""
    if apply.position(reader).seq != answer.head or checking.comparable(reader) != list(scopes):
        return None
    theirs, ours = {s.scope: s for s in answer.sums}, checking.sums(reader)
    found = [s for s in scopes if s in theirs and theirs[s] != ours.get(s, ScopeSum(s, 0, 0))]
    # A cloud of another schema writes its rows with other fields: their bytes say nothing.
    comparable = answer.values is not None and answer.schema == SCHEMA and deep not in found
    if comparable and deep in theirs and answer.values != checking.values(reader, deep):
        found.append(deep)
    return found


def _refill(tx: Tx, *, scopes: Sequence[str], upto: int) -> None:
    for scope in scopes:
        reconcile.refill(tx, scope, upto)
    before = int(syncmeta.get(tx, REPAIRS) or "0")
    syncmeta.put(tx, REPAIRS, str(before + len(scopes)))
