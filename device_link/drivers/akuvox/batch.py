"""Sending many records in few requests, and finding out which of them the unit refuses (device API 1.1, 3.8).

A unit may answer for each record, or for all of them with one word. A refused batch is halved down to the single
record, so that each refusal carries the unit's own words about that very record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import AmbiguousError, GatewrightError, RefusedError, UnreachableError
from core.base.verdict import Verdict
from core.rules.plan import PlanItem
from device_link.drivers.akuvox.envelope import Record, Reply, member, number_of
from device_link.drivers.akuvox.session import Session
from device_link.errors import SaidNoError
from device_link.recorder import without_secrets

_ALIKE_AT_MOST = 8
"""A unit that refuses so many single records in a row, each in the same words, and has taken none, does not mean the
records: an X915S on 2915.30.10.113 answers every add with HTTP 500 (device API 1.1)."""

Settle = Callable[[PlanItem, Verdict, str], None]
"""Takes the outcome of one item."""


class LineEndedError(Exception):
    """The conversation is over: nothing more can be sent. The items on their way have been settled."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to send, for one item of the plan. `name` is how a reply names it (UserID or Name)."""

    item: PlanItem
    record: Record
    name: str = ""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def as_items(entries: Sequence[Entry]) -> dict[str, Any]:
    """The `data` of a request with records."""
    return {"item": [entry.record for entry in entries]}


def as_members(entries: Sequence[Entry]) -> dict[str, Any]:
    """The `data` of a request whose records are members of one object (settings)."""
    return {name: value for entry in entries for name, value in entry.record.items()}


@dataclass(slots=True)
class Batch:
    """One kind of request (`user/add`) for many entries.

    Refusals by the unit are kept in `refused` until `finish` settles them: the caller may take them out and try them
    in another way. `names_there`, for adds, reads the names that the unit holds by now: it may have stored a part of
    a batch that it then refused, and sending that part again would look like a refusal. `size` 0: all in one.
    """

    session: Session
    target: str
    action: str
    settle: Settle
    check_cancel: Callable[[], None]
    size: int = 0
    ret_words: Mapping[int, str] = field(default_factory=dict)
    data: Callable[[Sequence[Entry]], dict[str, Any]] = as_items
    names_there: Callable[[], Awaitable[frozenset[str]]] | None = None
    refused: list[tuple[Entry, str]] = field(default_factory=list)
    taken: int = 0
    _alike: int = 0

    async def send(self, entries: Sequence[Entry]) -> None:
        """Send all entries. Raises LineEndedError when the conversation ended, and what `check_cancel` raises."""
        size = self.size or max(len(entries), 1)
        try:
            for start in range(0, len(entries), size):
                if start:
                    await self.session.clock.sleep(self.session.pacing.chunk_pause_s)
                await self._offer(entries[start : start + size])
        except BaseException:
            self.finish()
            raise

    def finish(self) -> None:
        """Settle what the unit refused."""
        for entry, said in self.refused:
            self.settle(entry.item, Verdict.REFUSED, said)
        self.refused.clear()

    def take_refused(self) -> list[Entry]:
        """The refused entries, which are then the caller's."""
        entries = [entry for entry, _ in self.refused]
        self.refused.clear()
        return entries

    async def _offer(self, entries: Sequence[Entry]) -> None:
        if self._alike >= _ALIKE_AT_MOST and not self.taken:
            for entry in entries:
                self._refuse(entry, self.refused[-1][1])
            return
        self.check_cancel()
        try:
            reply = await self.session.offer(self.target, self.action, self.data(entries))
        except SaidNoError as refusal:
            await self._refused_as_one(entries, refusal.said or f"HTTP {refusal.status}")
            return
        except RefusedError as refusal:
            # Not about these records but about the call, the sign-in or the speed: the rest would fare no better.
            for entry in entries:
                self._refuse(entry, refusal.said or refusal.message)
            raise LineEndedError(refusal.message) from refusal
        except UnreachableError as fault:
            verdict = Verdict.AMBIGUOUS if isinstance(fault, AmbiguousError) else Verdict.UNREACHABLE
            for entry in entries:
                self.settle(entry.item, verdict, fault.message)
            raise LineEndedError(fault.message) from fault
        if reply.accepted or _told_all(entries, reply):
            self._by_item(entries, reply)
        else:
            await self._refused_as_one(entries, reply.message or f"retcode {reply.retcode}")

    def _by_item(self, entries: Sequence[Entry], reply: Reply) -> None:
        results = _results(entries, reply, "UserID" if self.target == "user" else "Name")
        for entry, result in zip(entries, results, strict=True):
            if result:
                own = self.ret_words.get(result) or (reply.message if not reply.accepted else "")
                self._refuse(entry, own or f"Ret {result}")
            else:
                self._take(entry)

    async def _refused_as_one(self, entries: Sequence[Entry], words: str) -> None:
        if len(entries) == 1:
            self._refuse(entries[0], words)
            return
        there = await self._there()
        for entry in entries:
            if entry.name in there:
                self._take(entry)
        left = [entry for entry in entries if entry.name not in there]
        middle = (len(left) + 1) // 2
        for half in (left[:middle], left[middle:]):
            if half:
                await self._offer(half)

    async def _there(self) -> frozenset[str]:
        if self.names_there is None:
            return frozenset()
        self.check_cancel()
        try:
            return await self.names_there()
        except GatewrightError:
            return (
                frozenset()
            )  # Records that were stored then show up as repeated; the read-back proves them.

    def _take(self, entry: Entry) -> None:
        self.taken += 1
        self.settle(entry.item, Verdict.ACCEPTED, "")

    def _refuse(self, entry: Entry, words: str) -> None:
        said = without_secrets(words, entry.secrets)
        self._alike = self._alike + 1 if self.refused and self.refused[-1][1] == said else 1
        self.refused.append((entry, said))


def _told_all(entries: Sequence[Entry], reply: Reply) -> bool:
    """Whether a refusal says of every record how it went, so that nothing has to be sent again to find out."""
    told = [number_of(one["Ret"]) for one in reply.items if "Ret" in one]
    return len(told) == len(entries) > 1 and any(told)


def _results(entries: Sequence[Entry], reply: Reply, label: str) -> list[int | None]:
    """The `Ret` of each entry: by name where the reply tells names, else by place; None where it tells nothing."""
    told = [one for one in reply.items if "Ret" in one]
    named = {member(one, label): number_of(one["Ret"]) for one in told if label in one}
    if named and any(entry.name in named for entry in entries):
        return [named.get(entry.name) for entry in entries]
    if len(told) == len(entries):
        return [number_of(one["Ret"]) for one in told]
    return [None] * len(entries)
