"""Adopting a device, without widgets: its place and name, then the steps of the job as they come, and what is stuck.

Binding the MAC is a use case, setting up and pushing is a durable job: closing the window or the panel stops neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError
from core.base.verdict import Verdict
from core.entities.device import DEVICE, Device, DeviceState
from core.entities.proof import ItemKind
from core.entities.record import JobRecord, JobState
from core.rules.catalogue import model_of
from core.rules.status import DeviceStatus
from core.schema.entity import Problem
from core.schema.field import Items, Ref, Text
from core.usecases.context import Context
from core.usecases.desired import device_status
from core.usecases.devices import NewDevice, add_device
from core.usecases.provision import submit
from desktop.models.lan import LanLine
from desktop.models.places import Places
from desktop.models.record_draft import DraftField, RecordDraft
from desktop.models.words import span_word, translate, verdict_word
from desktop.qt.language import spoken
from desktop.qt.roles import Link, Step, Stuck

RETRY, SKIP = "retry", "open_device"


def adopt_draft(line: LanLine, places: Places) -> RecordDraft:
    """What is asked before adopting: name, building, apartment, names of the relays."""
    known = model_of(line.model, line.firmware)
    count = known.relays if known else 1
    fields = [
        DraftField(
            "name",
            Text(max_len=63),
            translate("Name"),
            required=True,
            hint=translate("as people call the door"),
        ),
        DraftField("building_id", Ref(to="buildings"), translate("Building")),
        DraftField(
            "apartment_id", Ref(to="apartments"), translate("Apartment"), hint=translate("none: public area")
        ),
        DraftField(
            "relays",
            Items(max_items=4, max_len=63),
            translate("Relays"),
            hint=translate("up to {0}; separate with ;").format(count),
        ),
    ]
    first = places.buildings[0].id if len(places.buildings) == 1 else None

    def check(values: Mapping[str, Any]) -> list[Problem]:
        names = values.get("relays") or ()
        if len(names) > count:
            words = translate("A {0} has {1} relays; {2} are named.").format(line.model, count, len(names))
            return [Problem("relays", "relays.too_many", words)]
        return []

    draft = RecordDraft(fields, {"building_id": first}, check=check, new=True)
    draft.set_text("name", "")
    return draft


@dataclass(slots=True)
class _Times:
    """When each step began and ended, for the times in the list."""

    began: dict[str, datetime]
    ended: dict[str, datetime]


class AdoptFlow(QObject):
    """One device on its way from the LAN into a site. Signal `changed()`; `ended()` when the job is over.

    `start` binds and submits; `follow` takes the job's news; `finish` reads the receipts. `device` is None until the
    MAC is bound.
    """

    changed = Signal()
    ended = Signal()

    def __init__(self, ctx: Context, line: LanLine, places: Places) -> None:
        super().__init__()
        self._ctx = ctx
        self.line, self.places = line, places
        self.draft = adopt_draft(line, places)
        self.device: Device | None = line.device
        self.job_id = ""
        self.record: JobRecord | None = None
        self.status: DeviceStatus | None = None
        self.refused: GatewrightError | None = None
        self._stages: list[str] = []
        self._times = _Times({}, {})

    @property
    def begun(self) -> bool:
        """Whether the person started it."""
        return bool(self.job_id) or self.refused is not None

    @property
    def planned(self) -> bool:
        """Whether the MAC has its place already, so that nothing is to be asked."""
        return self.device is not None

    @property
    def running(self) -> bool:
        """Whether the job runs or waits."""
        return bool(self.job_id) and self.status is None

    async def start(self) -> None:
        """Bind the MAC and queue the job. Raises UserError, which belongs beside the form's field."""
        values = self.draft.values()
        if self.device is None:
            new = NewDevice(
                self._site_id,
                self.line.mac,
                values["name"].strip(),
                model=self.line.model,
                building_id=values.get("building_id"),
                apartment_id=values.get("apartment_id"),
                relay_names=tuple(values.get("relays") or ()),
            )
            self._mark("library")
            self.device = await add_device(self._ctx, new)
            self._done("library")
        await self._submit()

    async def retry(self) -> None:
        """Try the job again; what is proved stays proved."""
        await self._submit()

    async def _submit(self) -> None:
        if self.device is None:
            return
        self.status, self.record = None, None
        self._stages = []
        self._mark("reach")
        self.job_id = (await submit(self._ctx, [self.device], commission=True))[0]
        self.changed.emit()

    def follow(self, record: JobRecord) -> bool:
        """Take in news of a job; True when it is this one's."""
        if record.id != self.job_id or self.status is not None:
            return False
        self.record = record
        if record.stage and (not self._stages or self._stages[-1] != record.stage):
            if self._stages:
                self._done(self._stages[-1])
            self._stages.append(record.stage)
            self._mark(record.stage)
        self.changed.emit()
        return True

    @property
    def over(self) -> bool:
        """Whether the job has ended, in whatever way."""
        return self.record is not None and self.record.state in {
            JobState.DONE,
            JobState.FAILED,
            JobState.CANCELLED,
        }

    async def finish(self) -> None:
        """Read the device's row and receipts after the job."""
        device = self.device
        if device is None:
            return
        if self._stages:
            self._done(self._stages[-1])
        status = await device_status(self._ctx, device.id)
        row = await self._ctx.mirror.read(lambda r: r.require(DEVICE, device.id))
        # Both at once: a status without the row that it belongs to would show steps that never were.
        self.status, self.device = status, row
        self.changed.emit()
        self.ended.emit()

    @property
    def _site_id(self) -> str:
        return self.places.site.id if self.places.site else ""

    def _mark(self, step: str) -> None:
        self._times.began[step] = self._ctx.clock.now()
        self._times.ended.pop(step, None)

    def _done(self, step: str) -> None:
        self._times.ended[step] = self._ctx.clock.now()

    def _took(self, step: str) -> str:
        began, ended = self._times.began.get(step), self._times.ended.get(step)
        return span_word(ended - began) if began and ended else ""

    # -- as steps

    def headline(self) -> tuple[str, str]:
        """(words, tone) under the title: where it stands now."""
        steps = self.steps()
        stuck = next((n for n, s in enumerate(steps, 1) if s.stuck is not None), 0)
        if stuck:
            return translate("Stuck at step {0} of {1}").format(stuck, len(steps)), "refused"
        if self.status is not None:
            verdict = self.status.verdict()
            return verdict_word(verdict), verdict.value
        if self.record is not None and self.record.state is JobState.RUNNING:
            return translate("Working"), "acct"
        return (translate("Waits for its turn"), "waiting") if self.running else (self.line.words, "t2")

    def steps(self) -> list[Step]:
        """The step list."""
        return [self._library_step(), self._reach_step(), *self._part_steps(), self._proof_step()]

    def _library_step(self) -> Step:
        title = translate("Check the MAC library")
        if self.device is not None:
            return Step(title, translate("Yours, bound to this place"), "proved", self._took("library"))
        return Step(title, translate("Free, yours"), "todo")

    def _reach_step(self) -> Step:
        title = translate("Reach and sign in")
        took = self._took("reach")
        if self.status is not None:
            if self._reached:
                return Step(title, self._device_words(), "proved", took)
            return Step(title, "", self.status.verdict().value, took, self._stuck(self.status.reason()))
        if not self.running:
            return Step(title, translate("At {0}").format(self.line.address), "todo")
        if len(self._stages) > 1:
            return Step(title, self._device_words(), "proved", took)
        return Step(title, translate("At {0}").format(self.line.address), "running")

    @property
    def _reached(self) -> bool:
        return self.device is not None and self.device.state is DeviceState.COMMISSIONED

    def _device_words(self) -> str:
        return " ".join(p for p in (self.line.model, self.line.firmware, translate("answers")) if p)

    def _part_steps(self) -> Sequence[Step]:
        return [
            self._part(ItemKind.SETTING, translate("Apply settings"), translate("settings")),
            self._part(ItemKind.PERSON, translate("Push people"), translate("people")),
        ]

    def _part(self, kind: ItemKind, title: str, noun: str) -> Step:
        if self.status is None:
            sending = self.running and self._stages[-1:] == ["send"]
            record = self.record
            note = (
                translate("{0} of {1} changes").format(record.done, record.total)
                if sending and record
                else ""
            )
            return Step(title, note or translate("After signing in"), "running" if sending else "todo")
        if not self._reached:
            return Step(title, translate("Not begun"), "todo")
        wanted, proved = self.status.count(kind), self.status.count(kind, Verdict.PROVED)
        note = translate("{0} of {1} {2} proved").format(proved, wanted, noun)
        if not wanted:
            return Step(title, translate("None wanted"), "proved")
        verdict = self.status.verdict(kind)
        if verdict is Verdict.PROVED:
            return Step(title, note, "proved", self._took("send"))
        worst = next(i for i in self.status.items if i.kind is kind and i.verdict is verdict)
        return Step(title, note, verdict.value, "", self._stuck(worst.said, worst.title))

    def _proof_step(self) -> Step:
        title = translate("Read back")
        if self.status is None:
            running = self.running and self._stages[-1:] == ["read back"]
            return Step(title, translate("Every item, from the device"), "running" if running else "todo")
        if not self._reached:
            return Step(title, translate("Not begun"), "todo")
        proved = sum(1 for i in self.status.items if i.verdict is Verdict.PROVED)
        note = translate("{0} of {1} equal").format(proved, len(self.status.items))
        mark = "proved" if proved == len(self.status.items) else "differs"
        return Step(title, note, mark, self._took("read back"))

    def _stuck(self, said: str, item: str = "") -> Stuck:
        verdict = self.status.verdict() if self.status else Verdict.REFUSED
        rows: list[tuple[str, str]] = [(translate("Item"), spoken(item))] if item else []
        label = translate("Device says") if verdict is Verdict.REFUSED else translate("Why")
        rows.append((label, spoken(said) or verdict_word(verdict)))
        acts = (Link(RETRY, translate("Try again")), Link(SKIP, translate("Open the device")))
        return Stuck(tuple(rows), acts, label if item else "", verdict.value)
