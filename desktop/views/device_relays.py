"""The tab Relays: each relay with its fields, access methods by the catalogue, schedules (DEV-02 to DEV-04)."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, shown_controller
from core.entities.device import RELAY, AccessMethod, DeviceKind, Relay
from core.rules.catalogue import Can, ability, model_of
from core.rules.rights import may_write
from core.usecases import generic
from core.usecases.doors import hold_open
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail
from desktop.models.equipment_list import part_words
from desktop.models.record_draft import RecordDraft, draft_of
from desktop.models.words import choice_word, label_word, translate
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.device_tabs import METHODS, Scrolled
from desktop.views.form_card import FormCard
from desktop.views.record_form import Row
from desktop.views.widgets.base import clear, column, row
from desktop.views.widgets.boxes import Card, EdgeBox
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.toggles import CheckBox

LINES: tuple[Row, ...] = (("name", "dtmf"), ("hold_s", "sensor_input"), ("enabled",), ("methods",))
BUILT_IN: tuple[Row, ...] = (("name", "function"), ("enabled",))
"""DEV-04: what the built-in relay of an indoor monitor has; it is moved at the monitor and in the app."""


def method_choices() -> list[tuple[object, str]]:
    """Every access method with its word."""
    return [(m.value, translate(METHODS.get(m, m.value))) for m in AccessMethod]


class RelaysTab(Scrolled):
    """A card for each relay; the open one shows its form. Signal `open_asked(Relay)`: move it now."""

    open_asked = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.detail: DeviceDetail | None = None
        self.editing = ""
        self.card: FormCard | None = None

    def show_detail(self, detail: DeviceDetail) -> None:
        """Show a device's relays; one whose form holds edits is left as it is."""
        before, self.detail = self.detail, detail
        if self.card is not None and self.card.draft.dirty():
            return
        if before is None or self._facts(before) != self._facts(detail):
            self._rebuild()

    def _facts(self, detail: DeviceDetail) -> tuple[object, ...]:
        device = detail.device
        hung = (detail.controller, detail.controller_relays)
        return (device.id, device.model, device.firmware, detail.relays, detail.holds, detail.groups, hung)

    def _rebuild(self) -> None:
        detail = self.detail
        if detail is None:
            return
        clear(self.body)
        self.card = None
        self._say_abilities(detail)
        for relay in detail.relays:
            self.body.addWidget(self._card(relay))
        if not detail.relays:
            self.body.addWidget(Paragraph(self.tr("This device has no relay."), "text", "t2"))
        self._add_button(detail)
        if self._is_monitor:
            self.body.addWidget(ControllerCard(self.desk, detail))

    @property
    def _is_monitor(self) -> bool:
        return self.detail is not None and self.detail.device.kind is DeviceKind.MONITOR

    def _say_abilities(self, detail: DeviceDetail) -> None:
        can = ability("access_methods", detail.device.model, detail.device.firmware)
        if can.can is Can.YES or self._is_monitor:
            return
        box = EdgeBox("differs" if can.can is Can.UPDATE else "waiting")
        words = self.tr("Until then every method opens every relay of this device.")
        box.body.addWidget(Paragraph(f"{spoken(can.said)} {words}", "help", "t1"))
        self.body.addWidget(box)

    def _add_button(self, detail: DeviceDetail) -> None:
        known = model_of(detail.device.model, detail.device.firmware)
        most = known.relays if known else 4
        free = next((n for n in range(1, most + 1) if n not in {r.number for r in detail.relays}), 0)
        button = Button(self.tr("Add a relay"), icon="plus")
        reason = self.tr("A {0} has {1} relays.").format(detail.device.model or self.tr("device"), most)
        button.set_reason("" if free else reason)
        button.clicked.connect(partial(self._add, free))
        line = row(gap=0)
        line.addWidget(button)
        line.addStretch(1)
        self.body.addLayout(line)

    def _add(self, number: int) -> None:
        if self.detail is not None and number:
            texts = {
                "device_id": self.detail.device.id,
                "number": str(number),
                "name": self.tr("Relay {0}").format(letter(number)),
            }
            run(self, generic.put_row(self.desk.ctx, RELAY, texts), done=lambda made: self.edit(made.id))

    # -- one relay

    def _card(self, relay: Relay) -> Card:
        card = Card()
        line = row(gap=12)
        icon = "door-open" if relay.enabled else "door-closed"
        line.addWidget(Picture("icon", icon, tone="t2" if relay.enabled else "off", size=20))
        words = column(gap=0)
        words.addWidget(Label(relay.name, "strong"))
        off = "" if relay.enabled else f" · {self.tr('off')}"
        words.addWidget(Label(self.tr("Relay {0}").format(letter(relay.number)) + off, "help", "t3"))
        line.addLayout(words, 1)
        line.addWidget(KeyValues(self._pairs(relay), columns=2), 2)
        line.addLayout(self._buttons(relay))
        card.body.addLayout(line)
        if relay.id == self.editing:
            card.body.addWidget(self._form(relay))
            if not self._is_monitor:
                card.body.addLayout(self._schedules(relay))
        return card

    def _buttons(self, relay: Relay) -> QHBoxLayout:
        line = row(gap=8)
        edit = Button(self.tr("Close") if relay.id == self.editing else self.tr("Change"), icon="pencil")
        edit.clicked.connect(lambda: self.edit("" if relay.id == self.editing else relay.id))
        opening = Button(self.tr("Open now"), icon="door-open")
        opening.set_reason("" if relay.enabled else self.tr("This relay is off."))
        opening.clicked.connect(lambda: self.open_asked.emit(relay))
        line.addWidget(edit)
        line.addWidget(opening)
        return line

    def _pairs(self, relay: Relay) -> list[Pair]:
        if self._is_monitor:
            return [Pair(label_word("Function"), choice_word(relay.function.value))]
        methods = ", ".join(translate(METHODS.get(m, m)) for m in relay.methods) or self.tr("nothing")
        groups = dict(self.detail.groups) if self.detail else {}
        held = [groups.get(g, "?") for r, g in (self.detail.holds if self.detail else ()) if r == relay.id]
        return [
            Pair(self.tr("Holds"), self.tr("{0} s").format(relay.hold_s)),
            Pair(self.tr("DTMF"), relay.dtmf or self.tr("none"), mono=bool(relay.dtmf)),
            Pair(self.tr("Opens by"), methods),
            Pair(self.tr("Held open"), ", ".join(held) or self.tr("never")),
        ]

    def edit(self, relay_id: str) -> None:
        """Unfold the form of a relay; empty: of none."""
        self.editing = relay_id
        self._rebuild()

    def _form(self, relay: Relay) -> QWidget:
        lines = BUILT_IN if self._is_monitor else LINES
        names = [name for line in lines if isinstance(line, tuple) for name in line]
        fresh = draft_of(RELAY, relay, names, hints={"sensor_input": self.tr("0: none is wired")})
        actor = self.desk.ctx.actor
        if actor is not None:
            fresh.lock([n for n in names if not may_write(actor.role, RELAY.name, "patch", {n})])
        draft = self.desk.draft(f"relay:{relay.id}", fresh)
        self.card = FormCard(
            "",
            draft,
            lines,
            lambda: self._save(draft, relay.id),
            done=self._saved,
            choices={"methods": method_choices()},
        )
        self.card.setObjectName("inset")
        return self.card

    async def _save(self, draft: RecordDraft, relay_id: str) -> Relay:
        saved: Relay = await generic.put_row(self.desk.ctx, RELAY, draft.changes(), row_id=relay_id)
        return saved

    def _saved(self, saved: Relay) -> None:
        self.desk.drafts.pop(f"relay:{saved.id}", None)
        self.editing = ""
        self.card = None
        self.desk.notice(
            "waiting", self.tr("Saved on this laptop"), self.tr("A push brings it to {0}.").format(saved.name)
        )

    def _schedules(self, relay: Relay) -> QVBoxLayout:
        """Groups in whose times the relay is held open (GRP-03)."""
        whole = column(gap=6)
        whole.addWidget(Label(self.tr("Held open in the times of"), "help-strong", "t2"))
        detail = self.detail
        chosen = {g for r, g in (detail.holds if detail else ()) if r == relay.id}
        across = row(gap=14)
        for group_id, name in detail.groups if detail else ():
            box = CheckBox(name)
            box.setChecked(group_id in chosen)
            box.clicked.connect(partial(self._hold, relay.id, str(group_id)))
            across.addWidget(box)
        across.addStretch(1)
        whole.addLayout(across)
        return whole

    def _hold(self, relay_id: str, group_id: str, on: bool) -> None:
        held = {g for r, g in (self.detail.holds if self.detail else ()) if r == relay_id}
        wanted = held | {group_id} if on else held - {group_id}
        run(self, hold_open(self.desk.ctx, relay_id=relay_id, group_ids=sorted(wanted)))


class ControllerCard(Card):
    """The external relay controller of an indoor monitor with its relays, and the way to set them up (DEV-04)."""

    def __init__(self, desk: Desk, detail: DeviceDetail) -> None:
        super().__init__(translate("External relay controller"))
        hung, relays = detail.controller, detail.controller_relays
        acts = row(gap=8)
        if hung is None:
            words = self.tr("None is set up. RS485 or Ethernet, up to 16 relays.")
            self.body.addWidget(Paragraph(words, "help", "t2"))
        else:
            where = f"{hung.address}:{hung.port}" if hung.port else ""
            words = " · ".join(w for w in (choice_word(hung.wiring.value), where) if w)
            pairs = [Pair(shown_controller(hung.model), words)]
            self.body.addWidget(KeyValues([*pairs, *(Pair(*part_words(r)) for r in relays)], label_width=160))
            names = Button(self.tr("Set up its relays"), icon="list-checks")
            names.clicked.connect(lambda: desk.go("equipment", CONTROLLER_RELAY.name))
            acts.addWidget(names)
        change = Button(
            self.tr("Change") if hung else self.tr("Set one up"), icon="pencil" if hung else "plus"
        )
        change.clicked.connect(lambda: desk.go("equipment", RELAY_CONTROLLER.name))
        acts.addWidget(change)
        acts.addStretch(1)
        self.body.addLayout(acts)


def letter(number: int) -> str:
    """A for relay 1."""
    return "ABCD"[number - 1] if 1 <= number <= 4 else str(number)
