"""The schedules of a plan: added and changed before the people who use them, removed after (device API 3.9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.base.verdict import Verdict
from core.rules.desired import HeldSchedule, WantedSchedule
from core.rules.plan import Act, PlanItem
from device_link.drivers.akuvox.batch import Batch, Entry, Settle
from device_link.drivers.akuvox.schedules import RET_WORDS, keys_by_display, read_schedules, schedule_record
from device_link.drivers.akuvox.session import Session


class ScheduleWork:
    """`read`, `write`, then people, then `remove`."""

    def __init__(
        self, session: Session, items: Sequence[PlanItem], settle: Settle, check_cancel: Callable[[], None]
    ) -> None:
        self._session = session
        self._items = items
        self._settle = settle
        self._check_cancel = check_cancel
        self._there: tuple[HeldSchedule, ...] = ()

    @property
    def displays(self) -> dict[str, str]:
        """DisplayID of each schedule that the unit holds, by our key."""
        return {key: display for display, key in keys_by_display(self._there).items()}

    async def read(self) -> None:
        """Read what is there now."""
        self._check_cancel()
        self._there = await read_schedules(self._session)

    async def write(self) -> None:
        """Add and change. One whose name is there already is changed, whatever the plan says: it may have been added
        by a request whose answer was lost.
        """
        by_name = {one.name: one for one in self._there}
        adds, sets = [], []
        for item in self._items:
            if not isinstance(item.wanted, WantedSchedule):
                continue
            there = by_name.get(item.wanted.key)
            record = schedule_record(item.wanted)
            if there is None:
                adds.append(Entry(item, record, item.wanted.key))
            else:
                sets.append(Entry(item, {"ID": there.ref, **record}, item.wanted.key))
        await self._send("add", adds)
        await self._send("set", sets)
        if adds or sets:
            await self.read()

    async def remove(self) -> None:
        """Remove by record ID, if that record still is the schedule that was meant."""
        now = {one.ref: one.name for one in self._there}
        entries = []
        for item in self._items:
            if item.act is not Act.REMOVE or not isinstance(item.held, HeldSchedule):
                continue
            if now.get(item.held.ref) == item.held.name:
                entries.append(Entry(item, {"ID": item.held.ref}, item.held.name))
            else:
                self._settle(item, Verdict.ACCEPTED, "It was gone already.")
        if entries:
            batch = self._batch("del")
            await batch.send(entries)
            batch.finish()

    async def _send(self, action: str, entries: list[Entry]) -> None:
        if not entries:
            return
        batch = self._batch(action)
        await batch.send(entries)
        # Firmware that does not know both dialects may refuse the mixture; it gets the vendor's own form.
        plain = [
            Entry(entry.item, _ref(entry) | schedule_record(entry.item.wanted, both=False), entry.name)
            for entry in batch.take_refused()
            if isinstance(entry.item.wanted, WantedSchedule)
        ]
        if plain:
            second = self._batch(action)
            await second.send(plain)
            second.finish()

    def _batch(self, action: str) -> Batch:
        size = self._session.pacing.chunk
        return Batch(self._session, "schedule", action, self._settle, self._check_cancel, size, RET_WORDS)


def _ref(entry: Entry) -> dict[str, str]:
    return {"ID": entry.record["ID"]} if "ID" in entry.record else {}
