"""The tab Settings of a device: its facts by the catalogue, and what is wanted beyond (DEV-02, DEV-04, 05, 08)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from core.entities.device import DEVICE, DEVICE_SETTING, Device, DeviceKind, DeviceSetting
from core.entities.organisation import Role
from core.entities.site import SiteKind
from core.rules.catalogue import Can, ability
from core.rules.rights import may_write
from core.rules.settings import is_secret
from core.usecases import generic
from core.usecases.devices import set_extra
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail
from desktop.models.record_draft import DraftField, RecordDraft, draft_of
from desktop.models.words import translate
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.device_tabs import Scrolled
from desktop.views.form_card import FormCard
from desktop.views.record_form import Row
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import Card
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.fields import FormField, LineEdit
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph


def field_names(device: Device, kind: SiteKind | None) -> tuple[str, ...]:
    """The fields that mean something for a device of this type at this kind of site."""
    names = ["name", "kind", "building_id", "apartment_id", "area_id"]
    if kind is SiteKind.OFFICE:
        names.append("department_id")
    names += ["network_group", "wanted_firmware"]
    if device.kind in {DeviceKind.MULTI_DOOR, DeviceKind.SINGLE_DOOR, DeviceKind.ACCESS}:
        names += ["may_monitor", "may_call", "internet", "static_address"]
    if device.kind is DeviceKind.MULTI_DOOR and device.apartment_id is None:
        names.append("contact_display")
    names.append("arming" if device.kind is DeviceKind.MONITOR else "stores_video")
    return tuple(names)


def form_lines(names: Sequence[str]) -> list[Row]:
    """The fields in lines, two side by side where they are short."""
    pairs = (
        ("name",),
        ("kind",),
        ("network_group", "static_address"),
        ("building_id", "apartment_id"),
        ("area_id", "department_id"),
        ("wanted_firmware", "contact_display"),
        ("may_monitor", "may_call"),
        ("internet", "stores_video"),
        ("arming",),
    )
    lines = [tuple(n for n in pair if n in names) for pair in pairs]
    return [line for line in lines if line]


def device_draft(detail: DeviceDetail, role: Role | None) -> RecordDraft:
    """The form of a device; what the person or the device cannot change is locked and says why."""
    device, site = detail.device, detail.places.site
    names = field_names(device, site.kind if site else None)
    draft = draft_of(DEVICE, device, names)
    for name, field in list(draft.fields.items()):
        hint = _locked(name, device, role)
        if hint:
            draft.fields[name] = DraftField(
                name, field.kind, field.label, field.required, field.optional, hint, locked=True
            )
    return draft


def _locked(name: str, device: Device, role: Role | None) -> str:
    if role is not None and not may_write(role, DEVICE.name, "patch", {name}):
        return translate("the installer's")
    if name == "contact_display" and device.model:
        can = ability("contact_display", device.model, device.firmware)
        if can.can is Can.NO:
            return spoken(can.said)
        if can.can is Can.UPDATE:
            return translate("needs {0}").format(can.needs)
    return ""


class SettingsTab(Scrolled):
    """The device's own fields at the left, single `Config.…` values at the right."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.card: FormCard | None = None
        self._detail: DeviceDetail | None = None
        self._left = column(gap=0)
        self._right = Card(self.tr("Wanted besides"), self.tr("regular AutoP, stays valid"))
        self._rows = column(gap=0)
        self._build()

    def _build(self) -> None:
        self.key = LineEdit(mono=True, placeholder="Config.DoorSetting.RTSP.Enable")
        self.value = LineEdit(mono=True, placeholder="1")
        self._key_field = FormField(self.tr("Key"), self.key, required=True)
        self.add = Button(self.tr("Want it"), icon="plus")
        self.add.clicked.connect(self.want)
        self.value.returnPressed.connect(self.want)
        line = row(gap=8)
        line.addWidget(self._key_field, 3)
        line.addWidget(FormField(self.tr("Value"), self.value), 2)
        foot = row(gap=8)
        words = self.tr("It is sent by the next push and read back. Duplicates are dropped.")
        foot.addWidget(Paragraph(words, "help", "t3"), 1)
        foot.addWidget(self.add, 0, Qt.AlignmentFlag.AlignTop)
        self._right.body.addLayout(self._rows)
        self._right.body.addSpacing(6)
        self._right.body.addLayout(line)
        self._right.body.addLayout(foot)
        self._right.body.addStretch(1)
        across = row(gap=16)
        across.addLayout(self._left, 1)
        across.addWidget(self._right, 1)
        self.body.addLayout(across)

    def show_detail(self, detail: DeviceDetail) -> None:
        """Show a device; a form with edits keeps them, its other fields follow."""
        self._detail = detail
        self._show_rows(detail)
        actor = self.desk.ctx.actor
        fresh = device_draft(detail, actor.role if actor else None)
        key = f"device:{detail.device.id}"
        draft = self.desk.draft(key, fresh)
        if self.card is not None and draft is self.card.draft:
            return
        if (
            self.card is not None
            and set(fresh.fields) == set(self.card.draft.fields)
            and not self.card.draft.dirty()
        ):
            self.desk.drafts[key] = self.card.draft
            self.card.draft.rebase({n: getattr(detail.device, n) for n in fresh.fields})
            return
        clear(self._left)
        self.card = FormCard(
            self.tr("This device"),
            draft,
            form_lines(tuple(draft.fields)),
            lambda: self._save(draft, detail.device.id),
            done=lambda saved: self._saved(key, saved),
            choices=self._choices(detail),
        )
        self._left.addWidget(self.card)

    def _choices(self, detail: DeviceDetail) -> dict[str, Sequence[tuple[object, str]]]:
        places = detail.places
        return {
            "building_id": places.building_choices(),
            "apartment_id": places.apartment_choices(),
            "area_id": detail.areas,
            "department_id": detail.departments,
        }

    async def _save(self, draft: RecordDraft, device_id: str) -> Device:
        saved: Device = await generic.put_row(self.desk.ctx, DEVICE, draft.changes(), row_id=device_id)
        return saved

    def _saved(self, key: str, saved: Device) -> None:
        self.desk.drafts.pop(key, None)
        if self.card is not None:
            self.card.draft.rebase({n: getattr(saved, n) for n in self.card.draft.fields})
        self.desk.notice(
            "waiting", self.tr("Saved on this laptop"), self.tr("A push brings it to {0}.").format(saved.name)
        )

    # -- single values

    def _show_rows(self, detail: DeviceDetail) -> None:
        clear(self._rows)
        if not detail.settings:
            self._rows.addWidget(
                Paragraph(self.tr("Nothing besides what follows from the site."), "help", "t2")
            )
        for number, setting in enumerate(detail.settings):
            if number:
                self._rows.addWidget(Rule())
            self._rows.addLayout(self._line(setting))

    def _line(self, setting: DeviceSetting) -> QHBoxLayout:
        line = row(gap=10, margins=(0, 4, 0, 4))
        line.addWidget(Label(setting.key, "mono", "t2", elide=True), 3)
        value = "••••" if setting.value and is_secret(setting.key) else setting.value
        line.addWidget(Label(value, "mono-strong", elide=True), 2)
        away = IconButton("x", self.tr("Want {0} no more").format(setting.key), size="small")
        away.clicked.connect(partial(self._drop, setting.id))
        line.addWidget(away)
        return line

    def want(self) -> None:
        """Want the typed value on this device."""
        key, detail = self.key.text().strip(), self._detail
        if detail is None or not self.add.isEnabled():
            return
        self._key_field.set_error("")
        work = set_extra(self.desk.ctx, device_id=detail.device.id, key=key, value=self.value.text().strip())
        run(
            self,
            work,
            trigger=self.add,
            done=self._wanted,
            failed=lambda f: self._key_field.set_error(str(f)),
        )

    def _wanted(self, _made: Any) -> None:
        self.key.clear()
        self.value.clear()
        self.key.setFocus()

    def _drop(self, setting_id: str) -> None:
        run(self, generic.remove_row(self.desk.ctx, DEVICE_SETTING, setting_id))
