"""The people of a plan: added and changed, then removed; nobody twice, nobody else's (device API 3.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.base.errors import AmbiguousError, UnreachableError
from core.base.verdict import Verdict
from core.rules.desired import HeldPerson, WantedPerson
from core.rules.plan import Act, PlanItem
from device_link.drivers.akuvox.batch import Batch, Entry, LineEndedError, Settle
from device_link.drivers.akuvox.bulk import import_people
from device_link.drivers.akuvox.envelope import Record, member
from device_link.drivers.akuvox.session import Session
from device_link.drivers.akuvox.users import (
    RET_WORDS,
    held_person,
    limit_problem,
    person_record,
    pieces,
    read_users,
    secrets_of,
    written_back,
)
from device_link.errors import SaidNoError

_CODES = ("PrivatePIN", "CardCode")
"""Members whose values a unit may want to be unique."""


class PeopleWork:
    """Use once: `send`. `displays` gives the DisplayID of each schedule on the unit by our key."""

    def __init__(
        self, session: Session, displays: Mapping[str, str], settle: Settle, check_cancel: Callable[[], None]
    ) -> None:
        self._session = session
        self._displays = displays
        self._settle = settle
        self._check_cancel = check_cancel
        self._by_ref: dict[str, Record] = {}
        self._by_user: dict[str, Record] = {}

    async def send(self, items: Sequence[PlanItem]) -> None:
        """Send the items. Raises LineEndedError when the conversation ended."""
        if not items:
            return
        await self._read()
        adds, sets = self._written(items)
        adds = await self._in_one_file(adds)
        adding, setting, removing = self._batch("add"), self._batch("set"), self._batch("del")
        adding.names_there = self._names_there
        await adding.send(adds)
        try:
            await setting.send(sets)
            await removing.send(self._removed(items))
            removing.finish()
            # Some units refuse a code that another person still has; a change or a removal may have freed it.
            if setting.taken or removing.taken:
                await self._once_more(adding)
                await self._once_more(setting)
            if await self._untangle(setting):
                await self._once_more(adding)
        finally:
            adding.finish()
            setting.finish()

    async def _read(self) -> None:
        """What is there now decides between add and change: a plan may be older than the last broken connection."""
        self._check_cancel()
        records = await read_users(self._session)
        self._by_ref = {member(one, "ID"): one for one in records}
        self._by_user = {member(one, "UserID"): one for one in reversed(records)}

    def _written(self, items: Sequence[PlanItem]) -> tuple[list[Entry], list[Entry]]:
        adds: list[Entry] = []
        sets: list[Entry] = []
        for item in items:
            person = item.wanted
            if not isinstance(person, WantedPerson):
                continue
            there = self._record_of(item, person)
            problem = limit_problem(person, self._displays)
            if there is not None and not held_person(there, {}).local:
                problem = (
                    "This person was put there by another system's cloud and cannot be changed from here."
                )
            if problem:
                self._settle(item, Verdict.REFUSED, problem)
                continue
            ours = person_record(person, self._displays)
            if there is None:
                adds.append(Entry(item, ours, person.user_id, secrets_of(person)))
            else:
                sets.append(Entry(item, written_back(there, ours), person.user_id, secrets_of(person)))
        return adds, sets

    async def _in_one_file(self, adds: list[Entry]) -> list[Entry]:
        """Fill an empty unit by one file; who is left to be added afterwards."""
        least = self._session.pacing.bulk_from
        if self._by_ref or not least or len(adds) < least:
            return adds
        self._check_cancel()
        try:
            taken = await import_people(self._session, [entry.record for entry in adds])
        except UnreachableError as fault:
            verdict = Verdict.AMBIGUOUS if isinstance(fault, AmbiguousError) else Verdict.UNREACHABLE
            for entry in adds:
                self._settle(entry.item, verdict, fault.message)
            raise LineEndedError(fault.message) from fault
        if not taken:
            return adds
        await self._read()
        for entry in adds:
            if entry.name in self._by_user:
                self._settle(entry.item, Verdict.ACCEPTED, "")
        return [entry for entry in adds if entry.name not in self._by_user]

    def _record_of(self, item: PlanItem, person: WantedPerson) -> Record | None:
        """The unit's record of a person: the one that the plan was made from, if it still is that person's."""
        ref = item.held.ref if isinstance(item.held, HeldPerson) else ""
        planned = self._by_ref.get(ref)
        if planned is not None and member(planned, "UserID") == person.user_id:
            return planned
        return self._by_user.get(person.user_id)

    def _removed(self, items: Sequence[PlanItem]) -> list[Entry]:
        entries = []
        for item in items:
            if item.act is not Act.REMOVE or not isinstance(item.held, HeldPerson):
                continue
            there = self._by_ref.get(item.held.ref)
            if there is None or member(there, "UserID") != item.held.user_id:
                self._settle(item, Verdict.ACCEPTED, "It was gone already.")
            else:
                entries.append(Entry(item, {"ID": item.held.ref}, item.held.user_id))
        return entries

    async def _names_there(self) -> frozenset[str]:
        return frozenset(member(one, "UserID") for one in await read_users(self._session))

    async def _once_more(self, batch: Batch) -> None:
        entries = batch.take_refused()
        if entries:
            again = self._batch(batch.action)
            await again.send(entries)
            batch.refused += again.refused
            batch.taken += again.taken
            again.refused.clear()

    async def _untangle(self, setting: Batch) -> bool:
        """People who exchange codes on a unit that wants each code once wait for each other for ever: one of them gives
        up the code first, and gets the new one within the same second. Says whether anybody was helped.
        """
        helped = False
        for _ in range(len(setting.refused)):
            holder = self._in_the_way(setting)
            if holder is None:
                break
            self._check_cancel()
            try:
                await self._session.change("user", "set", {"item": [holder]})
            except SaidNoError:
                break
            left = len(setting.refused) + 1
            while 0 < len(setting.refused) < left:
                left = len(setting.refused)
                await self._once_more(setting)
                helped = helped or len(setting.refused) < left
        return helped

    def _in_the_way(self, setting: Batch) -> Record | None:
        """Somebody who is refused and holds a code that another such one wants and that it does not want itself: its
        record without those codes. None when there is nobody.
        """
        refused = [entry.record for entry, _ in setting.refused]
        for record in refused:
            ref = member(record, "ID")
            held, freed = self._by_ref.get(ref, {}), dict[str, object]()
            for name in _CODES:
                others = {p for r in refused if r is not record for p in pieces(member(r, name))}
                given_up = others & (set(pieces(member(held, name))) - set(pieces(member(record, name))))
                left = [code for code in pieces(member(held, name)) if code not in given_up]
                freed |= {name: ";".join(left)}
                if given_up:
                    freed["changed"] = True
            if freed.pop("changed", False):
                self._by_ref[ref] = held | freed
                return record | freed
        return None

    def _batch(self, action: str) -> Batch:
        size = self._session.pacing.chunk
        return Batch(self._session, "user", action, self._settle, self._check_cancel, size, RET_WORDS)
