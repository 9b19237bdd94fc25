"""One apply: the changes of a plan, in safe order, each item settled once (DESIGN.md, device API 3.3, 3.8, 3.9)."""

from __future__ import annotations

from collections.abc import Callable

from core.base.errors import DataError, RefusedError, UnreachableError
from core.base.verdict import Verdict
from core.entities.proof import ItemKind
from core.rules.plan import ItemResult, Plan, PlanItem
from core.rules.plan_parts import part_of
from device_link.drivers.akuvox.apply_parts import PartsWork, PhotoOf
from device_link.drivers.akuvox.apply_people import PeopleWork
from device_link.drivers.akuvox.apply_schedules import ScheduleWork
from device_link.drivers.akuvox.apply_settings import apply_settings
from device_link.drivers.akuvox.batch import LineEndedError
from device_link.drivers.akuvox.contacts import ContactWork
from device_link.drivers.akuvox.session import Session

_NOT_REACHED = "Not sent, since the work ended before it:"


class Apply:
    """Use once: `await Apply(...).run()`.

    Order: settings, schedules added or changed, people added or changed, people removed, their plates and faces,
    schedules removed, contacts.
    """

    def __init__(
        self,
        session: Session,
        plan: Plan,
        *,
        report: Callable[[ItemResult], None],
        check_cancel: Callable[[], None],
        photos: PhotoOf | None = None,
    ) -> None:
        self._session = session
        self._photos = photos
        self._plan = plan
        self._report = report
        self._check_cancel = check_cancel
        self._changes = [item for item in plan.changes if item.kind is not ItemKind.FIRMWARE]
        self._results: dict[tuple[ItemKind, str], ItemResult] = {}

    async def run(self) -> list[ItemResult]:
        """Send everything; one result per change in the plan's order. Firmware is sent by other means."""
        try:
            await apply_settings(self._session, self._plan, self._settle, self._check_cancel)
            await self._schedules_and_people()
            contacts = ContactWork(self._session, self._changes, self._settle, self._check_cancel)
            await contacts.write()
            await contacts.remove()
        except LineEndedError as end:
            self._rest(Verdict.WAITING, f"{_NOT_REACHED} {end}")
        except UnreachableError as fault:
            # A read between two changes found nobody: nothing was on its way.
            self._rest(Verdict.UNREACHABLE, fault.message)
        except RefusedError as refusal:
            self._rest(Verdict.REFUSED, refusal.said or refusal.message)
        except DataError as fault:
            self._rest(Verdict.WAITING, f"{_NOT_REACHED} {fault.message}")
        return [self._results[item.key] for item in self._changes]

    async def _schedules_and_people(self) -> None:
        timed = [item for item in self._changes if item.kind is ItemKind.SCHEDULE]
        everybody = [item for item in self._changes if item.kind is ItemKind.PERSON]
        people = [item for item in everybody if not part_of(item.subject)]
        parts = [item for item in everybody if part_of(item.subject)]
        if not timed and not everybody:
            return
        schedules = ScheduleWork(self._session, timed, self._settle, self._check_cancel)
        await schedules.read()
        await schedules.write()
        await PeopleWork(self._session, schedules.displays, self._settle, self._check_cancel).send(people)
        await PartsWork(
            self._session, schedules.displays, self._settle, self._check_cancel, self._photos
        ).send(parts)
        await schedules.remove()

    def _settle(self, item: PlanItem, verdict: Verdict, said: str) -> None:
        result = ItemResult(item.kind, item.subject, verdict, said)
        self._results[item.key] = result
        self._report(result)

    def _rest(self, verdict: Verdict, said: str) -> None:
        for item in self._changes:
            if item.key not in self._results:
                self._settle(item, verdict, said)
