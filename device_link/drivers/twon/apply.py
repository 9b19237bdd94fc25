"""One apply to a 2N unit: settings, people added and changed, people removed; each item settled once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from core.base.errors import AmbiguousError, DataError, RefusedError, UnreachableError
from core.base.verdict import Verdict
from core.entities.proof import ItemKind
from core.rules.desired import HeldPerson, WantedPerson, WantedSetting
from core.rules.plan import Act, ItemResult, Plan, PlanItem
from device_link.drivers.akuvox.envelope import text_of
from device_link.drivers.twon.contacts import contact_changes
from device_link.drivers.twon.people import entry_errors, entry_of, limit_problem, read_directory
from device_link.drivers.twon.session import TwoNSession
from device_link.drivers.twon.settings import write_setting
from device_link.recorder import without_secrets

_CHUNK = 50
"""Entries in one request: some seconds of a unit's time, and a lively progress bar."""
_NOT_REACHED = "Not sent, since the work ended before it:"


class _EndedError(Exception):
    """Nothing more can be sent; what was on its way is settled."""


class Apply:
    """Use once: `await Apply(...).run()`."""

    def __init__(
        self,
        session: TwoNSession,
        plan: Plan,
        *,
        report: Callable[[ItemResult], None],
        check_cancel: Callable[[], None],
    ) -> None:
        self._session = session
        self._report = report
        self._check_cancel = check_cancel
        self._changes = [item for item in plan.changes if item.kind is not ItemKind.FIRMWARE]
        self._results: dict[tuple[ItemKind, str], ItemResult] = {}

    async def run(self) -> list[ItemResult]:
        """Send everything; one result per change in the plan's order."""
        try:
            await self._settings()
            self._schedules()
            await self._people()
            await self._contacts()
        except _EndedError as end:
            self._rest(Verdict.WAITING, f"{_NOT_REACHED} {end}")
        except UnreachableError as fault:
            self._rest(Verdict.UNREACHABLE, fault.message)
        except RefusedError as refusal:
            self._rest(Verdict.REFUSED, refusal.said or refusal.message)
        except DataError as fault:
            self._rest(Verdict.WAITING, f"{_NOT_REACHED} {fault.message}")
        return [self._results[item.key] for item in self._changes]

    async def _settings(self) -> None:
        for item in self._changes:
            if isinstance(item.wanted, WantedSetting):
                await self._offer([item], partial(write_setting, self._session, item.wanted))

    def _schedules(self) -> None:
        for item in self._changes:
            if item.kind is ItemKind.SCHEDULE:
                words = "2N units take no schedules over this API; set a time profile at the unit's web page."
                self._settle(item, Verdict.REFUSED, words)

    async def _people(self) -> None:
        items = [item for item in self._changes if item.kind is ItemKind.PERSON]
        if not items:
            return
        self._check_cancel()
        directory = await read_directory(self._session)
        by_ref = {text_of(one.get("uuid"), 40): one for one in directory.entries}
        by_owner = {text_of(one.get("owner"), 64): one for one in reversed(directory.entries)}
        adds: list[tuple[PlanItem, dict[str, Any]]] = []
        sets: list[tuple[PlanItem, dict[str, Any]]] = []
        gone: list[tuple[PlanItem, dict[str, Any]]] = []
        for item in items:
            person = item.wanted
            if isinstance(person, WantedPerson):
                problem = limit_problem(person, directory.cards)
                there = by_owner.get(person.user_id)
                if problem:
                    self._settle(item, Verdict.REFUSED, problem)
                elif there is None:
                    adds.append((item, entry_of(person, directory.cards)))
                else:
                    uuid = {"uuid": text_of(there.get("uuid"), 40)}
                    sets.append((item, uuid | entry_of(person, directory.cards)))
            elif isinstance(item.held, HeldPerson):
                self._remove(item, item.held, by_ref, gone)
        await self._in_pieces("dir/create", adds, force=False)
        await self._in_pieces("dir/update", sets)
        await self._in_pieces("dir/delete", gone)

    async def _contacts(self) -> None:
        adds, sets, gone = contact_changes(self._changes)
        await self._in_pieces("dir/create", adds, force=False)
        await self._in_pieces("dir/update", sets)
        await self._in_pieces("dir/delete", gone)

    def _remove(
        self,
        item: PlanItem,
        held: HeldPerson,
        by_ref: Mapping[str, Mapping[str, Any]],
        gone: list[tuple[PlanItem, dict[str, Any]]],
    ) -> None:
        """Only the entry that the plan was made from, and only while it is still ours."""
        there = by_ref.get(held.ref)
        if item.act is not Act.REMOVE:
            return
        if there is None or text_of(there.get("owner"), 64) != held.user_id:
            self._settle(item, Verdict.ACCEPTED, "It was gone already.")
        else:
            gone.append((item, {"uuid": held.ref}))

    async def _in_pieces(
        self, call: str, entries: Sequence[tuple[PlanItem, dict[str, Any]]], **more: object
    ) -> None:
        for start in range(0, len(entries), _CHUNK):
            piece = entries[start : start + _CHUNK]
            document = {**more, "users": [entry for _, entry in piece]}

            async def send(document: dict[str, object] = document, count: int = len(piece)) -> list[str]:
                result = await self._session.send_json("PUT", call, document, changes=True)
                return entry_errors(result, count)

            await self._offer([item for item, _ in piece], send)

    async def _offer(self, items: Sequence[PlanItem], send: Callable[[], Awaitable[list[str]]]) -> None:
        self._check_cancel()
        try:
            said = await send()
        except RefusedError as refusal:
            if refusal.code != "device.refused":
                for item in items:
                    self._settle(item, Verdict.REFUSED, refusal.said or refusal.message)
                raise _EndedError(refusal.message) from refusal
            said = [refusal.said or refusal.message] * len(items)
        except UnreachableError as fault:
            verdict = Verdict.AMBIGUOUS if isinstance(fault, AmbiguousError) else Verdict.UNREACHABLE
            for item in items:
                self._settle(item, verdict, fault.message)
            raise _EndedError(fault.message) from fault
        for item, words in zip(items, said, strict=True):
            person = item.wanted
            codes = {*person.pins, *person.cards} if isinstance(person, WantedPerson) else set()
            plain = without_secrets(words, frozenset(codes))
            self._settle(item, Verdict.REFUSED if words else Verdict.ACCEPTED, plain)

    def _settle(self, item: PlanItem, verdict: Verdict, said: str) -> None:
        result = ItemResult(item.kind, item.subject, verdict, said)
        self._results[item.key] = result
        self._report(result)

    def _rest(self, verdict: Verdict, said: str) -> None:
        for item in self._changes:
            if item.key not in self._results:
                self._settle(item, verdict, said)
