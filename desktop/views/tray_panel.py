"""One entry of the tray: why it waits, what both had, mine and theirs, and what a person can do about it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from desktop.models.desk import Desk
from desktop.models.tray import TrayEntry, field_labels, settled_words, shown_value
from desktop.models.words import label_word, time_word
from desktop.qt.language import spoken
from desktop.views.widgets.base import column, row
from desktop.views.widgets.boxes import Act, EdgeBox
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.conflicts import ConflictField, ConflictTable, Side
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import FootBar


class TrayView(QWidget):
    """Signals: `act(str)` retry, drop, keep-mine, keep-theirs; `settled_fields(dict)` field to mine or theirs."""

    act = Signal(str)
    settled_fields = Signal(dict)

    def __init__(self, desk: Desk, entry: TrayEntry) -> None:
        super().__init__()
        self.desk, self.entry = desk, entry
        self._choices: dict[str, str] = {}
        self.table: ConflictTable | None = None
        self.head = PageHead(entry.label, str(entry.context.get("place", "")))
        self.body = column(gap=14, margins=(16, 4, 16, 16))
        self.foot = FootBar()
        self._fault = EdgeBox("refused")
        self._fault_words = Paragraph("", "help", "t1")
        self._fault.body.addWidget(self._fault_words)
        self._fault.hide()
        self._build()

    def _build(self) -> None:
        self.body.addWidget(self._why())
        if self.entry.kind == "conflict" and self.entry.theirs is not None:
            self._add_conflict()
        else:
            self.body.addWidget(self._values())
        self.body.addWidget(self._fault)
        inner = QWidget()
        held = column(gap=0)
        held.addLayout(self.body)
        held.addStretch(1)
        inner.setLayout(held)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        whole = column(gap=0)
        whole.addWidget(self.head)
        whole.addWidget(area, 1)
        whole.addWidget(self.foot)
        self.setLayout(whole)
        self._add_acts()

    def set_fault(self, words: str) -> None:
        """Say why an act was not possible."""
        self._fault_words.set_text(words)
        self._fault.setVisible(bool(words))

    # -- why

    def _why(self) -> EdgeBox:
        entry = self.entry
        conflict = entry.kind == "conflict"
        box = EdgeBox("ambiguous" if conflict else "refused")
        if entry.resolved_at is not None:
            words = self.tr("Settled {0}: {1}.").format(self._time(entry.resolved_at), settled_words(entry))
            box.set_verdict("waiting")
        elif conflict:
            who = entry.their_name or self.tr("Somebody else")
            labels = ", ".join(field_labels(entry))
            words = self.tr("You and {0} changed {1} without seeing each other's change.").format(who, labels)
            words += " " + self.tr("Until you choose, everybody sees theirs.")
        else:
            words = spoken(entry.message)
        box.body.addWidget(Paragraph(words, "text", "t1"))
        hint = self._hint()
        if hint:
            box.body.addWidget(Paragraph(hint, "help", "t2"))
        return box

    def _hint(self) -> str:
        if self.entry.resolved_at is not None:
            return ""
        hints = {
            "refused": self.tr(
                "It stands on this laptop only. Correct it in its form, send it again, or let it go."
            ),
            "scope_lost": self.tr("You have no access to its site now. Ask for access, or let it go."),
            "gone": self.tr(
                "The row was removed by somebody else. Keep mine brings it back with your change."
            ),
            "too_old": self.tr("This program is too old for what it holds. Update it, then send it again."),
        }
        return hints.get(self.entry.kind, "")

    def _time(self, moment: object) -> str:
        if not isinstance(moment, datetime):
            return ""
        return time_word(moment, self.desk.ctx.clock.now(), self.desk.sites.zone)

    # -- values

    def _values(self) -> KeyValues:
        entry = self.entry
        spec = entry.spec
        pairs = [
            Pair(label_word(spec.by_name[name].label), shown_value(entry, name, value))
            for name, value in entry.mine.items()
            if name in spec.by_name and not name.endswith("_id")
        ]
        return KeyValues(pairs or [Pair(self.tr("Act"), entry.op)], label_width=140)

    def _add_conflict(self) -> None:
        entry, now = self.entry, self.desk.ctx.clock.now()
        actor = self.desk.ctx.actor
        self.table = ConflictTable(
            Side("git-compare", self.tr("Before both"), self.tr("Last agreed"), self.tr("the core")),
            Side("laptop", self.tr("Mine"), actor.name if actor else "", self.desk.ctx.workstation),
            Side(
                "cloud",
                self.tr("Theirs"),
                entry.their_name or self.tr("somebody else"),
                time_word(entry.at, now, self.desk.sites.zone),
            ),
            [self._field(name) for name in entry.mine if name in entry.spec.by_name],
        )
        self.table.chosen.connect(self._chosen)
        self.body.addWidget(self.table)
        line = row(gap=8)
        for key, words, icon in (
            ("mine", self.tr("All mine"), "laptop"),
            ("theirs", self.tr("All theirs"), "cloud"),
        ):
            button = Button(words, icon=icon, size="small")
            button.clicked.connect(lambda _on=False, key=key: self._choose_all(key))
            line.addWidget(button)
        line.addStretch(1)
        line.addWidget(
            Paragraph(self.tr("Both versions stay under Done, whatever you choose."), "help", "t3")
        )
        self.body.addLayout(line)

    def _field(self, name: str) -> ConflictField:
        entry = self.entry
        theirs, base = entry.theirs or {}, entry.base or {}
        return ConflictField(
            name,
            label_word(entry.spec.by_name[name].label),
            shown_value(entry, name, base.get(name)),
            (shown_value(entry, name, entry.mine.get(name)), ""),
            (shown_value(entry, name, theirs.get(name)), ""),
            self._choices.get(name, ""),
        )

    def _chosen(self, name: str, side: str) -> None:
        self._choices[name] = side
        self._show_choice()

    def _choose_all(self, side: str) -> None:
        if self.table is not None:
            for name in self.entry.mine:
                if name in self.entry.spec.by_name:
                    self.table.choose(name, side)

    def _show_choice(self) -> None:
        total = sum(1 for n in self.entry.mine if n in self.entry.spec.by_name)
        chosen = len(self._choices)
        self.foot.set_text(self.tr("{0} of {1} chosen").format(chosen, total))
        settle = self._buttons.get("settle")
        if settle is not None:
            settle.set_reason(
                "" if chosen == total else self.tr("Choose mine or theirs for each field first.")
            )

    # -- acts

    def _add_acts(self) -> None:
        self._buttons: dict[str, Button] = {}
        if self.entry.resolved_at is not None:
            self.foot.hide()
            return
        if self.table is not None:
            self._add(Act("settle", self.tr("Settle"), "primary", keys="Ctrl Enter"))
            self._show_choice()
            return
        self._add(Act("drop", self.tr("Let it go"), "danger"))
        if self.entry.kind == "gone":
            self._add(Act("keep-theirs", self.tr("Leave it removed")))
            self._add(Act("keep-mine", self.tr("Keep mine"), "primary"))
        else:
            self._add(Act("open", self.tr("Correct it")))
            self._add(Act("retry", self.tr("Send again"), "primary"))

    def _add(self, act: Act) -> None:
        button = act.button("normal")
        button.clicked.connect(lambda: self._do(act.key))
        if act.keys:
            shortcut = QShortcut(QKeySequence("Ctrl+Return"), self)
            shortcut.activated.connect(lambda: self._do(act.key))
        self._buttons[act.key] = button
        self.foot.add_act(button)

    def _do(self, key: str) -> None:
        if self._buttons[key].reason:
            return
        if key == "settle":
            self.settled_fields.emit(dict(self._choices))
        elif key == "open":
            pages = {
                "residents": "residents",
                "credentials": "residents",
                "devices": "devices",
                "sites": "sites",
            }
            page = pages.get(self.entry.entity, "")
            if page:
                self.desk.go(page, self._target())
            else:
                self.set_fault(
                    self.tr("This kind of edit has no form of its own. Send it again or let it go.")
                )
        else:
            self.act.emit(key)

    def _target(self) -> str:
        if self.entry.entity == "credentials":
            return str(self.entry.mine.get("person_id") or (self.entry.base or {}).get("person_id") or "")
        return self.entry.entity_id
