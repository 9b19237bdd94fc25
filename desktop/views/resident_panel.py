"""The side panel of one resident: a waiting edit first, then the form, then where the person stands on each door."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.base.verdict import Verdict
from core.entities.person import RESIDENT
from core.usecases import generic
from desktop.models.badges import CONFLICT, badge_words
from desktop.models.desk import Desk
from desktop.models.door_proofs import DoorProof
from desktop.models.record_draft import RecordDraft
from desktop.models.resident_form import ResidentData, save_resident
from desktop.models.residents import ResidentLine
from desktop.models.words import time_word, verdict_word
from desktop.qt.run import run
from desktop.views.editors import LineEditor
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import EdgeBox
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.fields import SecretEdit
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import SidePanel

LINES = (
    ("first_name", "last_name"),
    ("apartment_id", "account_type"),
    "pin",
    "cards",
    "groups",
    ("email", "mobile"),
    "valid_until",
    "remark",
)


class ResidentPanel(QWidget):
    """Fills the side panel for one person, or for somebody new. Signal `saved(str)`: the person's id."""

    saved = Signal(str)

    def __init__(self, panel: SidePanel, desk: Desk, draft: RecordDraft, data: ResidentData) -> None:
        super().__init__()
        self.setObjectName("facts")
        self._desk, self.data = desk, data
        self.draft = draft
        self.form = RecordForm(
            draft,
            LINES,
            choices={
                "apartment_id": data.places.apartment_choices(),
                "groups": [(g.id, g.name) for g in data.groups],
            },
            zone=desk.sites.zone,
        )
        self._badge = column(gap=0)
        self._doors = column(gap=4)
        self._panel = panel
        self.bar: SaveBar | None = None
        whole = column(gap=12)
        whole.addLayout(self._badge)
        whole.addWidget(self.form)
        whole.addWidget(Rule())
        whole.addLayout(self._doors)
        self.setLayout(whole)
        panel.body.addWidget(self)
        name = RESIDENT.name_of(data.resident) if data.resident else self.tr("New resident")
        panel.set_title(name)
        panel.set_picture(Avatar(name if data.resident else "+", size=40, square=True))
        if data.resident is not None:
            self._audit_reveal()

    def add_bar(self, revert: Callable[[], object]) -> None:
        """Save and Revert at the foot of the panel."""
        self.bar = SaveBar(
            self._panel.foot,
            self.form,
            lambda: save_resident(self._desk.ctx, self.draft, self.data),
            done=self.saved.emit,
            verb=self.tr("Save") if self.data.resident else self.tr("Add resident"),
            revert=revert,
        )
        self._panel.show_foot()

    def _audit_reveal(self) -> None:
        """Showing a PIN in the clear is noted in the audit (LOG-06)."""
        editor = self.form.editors["pin"]
        if isinstance(editor, LineEditor) and isinstance(editor.line, SecretEdit):
            editor.line.eye.toggled.connect(lambda on: self._revealed() if on else None)

    def _revealed(self) -> None:
        if self.data.resident is not None:
            run(self, generic.audit_secret_view(self._desk.ctx, RESIDENT, self.data.resident))

    # -- what follows the list

    def follow(self, line: ResidentLine | None) -> None:
        """Show where the person stands now; what was not edited in the form follows the row."""
        words = self.tr("Gets the building's default group")
        if line is not None:
            words = f"{line.unit} · {verdict_word(line.verdict)}"
        self._panel.set_lines((words, "help", "t2"))
        self._show_badge(line)
        self._show_doors(line)
        if line is not None and line.resident != self.data.resident:
            names = [n for n in self.draft.fields if hasattr(line.resident, n)]
            self.draft.rebase({n: getattr(line.resident, n) for n in names})

    def _show_badge(self, line: ResidentLine | None) -> None:
        """An edit of this person waits for somebody to decide; the way there."""
        clear(self._badge)
        if line is None or not line.badge:
            return
        box = EdgeBox("ambiguous" if line.badge == CONFLICT else "refused")
        box.body.addWidget(Paragraph(badge_words(line.badge), "help", "t1"))
        button = Button(self.tr("Open it"), size="small")
        button.clicked.connect(lambda: self._desk.go("sync", line.resident.id))
        way = row(gap=0)
        way.addWidget(button)
        way.addStretch(1)
        box.body.addLayout(way)
        self._badge.addWidget(box)

    def _show_doors(self, line: ResidentLine | None) -> None:
        clear(self._doors)
        if line is None:
            words = self.tr("After saving, the doors of the groups get this entry with the next push.")
            self._doors.addWidget(Paragraph(words, "help", "t3"))
            return
        head = row(gap=8)
        head.addWidget(Label(self.tr("Doors"), "section", "t2"))
        head.addStretch(1)
        head.addWidget(Label(f"{line.proved}/{len(line.doors)}", "help", "t3"))
        self._doors.addLayout(head)
        for door in sorted(line.doors, key=lambda d: d.device):
            self._add_door(door)

    def _add_door(self, door: DoorProof) -> None:
        one = row(gap=8)
        one.addWidget(Picture("mark", door.verdict.value, size=13))
        one.addWidget(Label(door.device, "help", "t1", elide=True), 1)
        proved = door.verdict is Verdict.PROVED
        at = time_word(door.at, self._desk.ctx.clock.now(), self._desk.sites.zone)
        label = Label(
            at if proved else verdict_word(door.verdict), "help", "t3" if proved else door.verdict.value
        )
        label.setToolTip(door.said)
        one.addWidget(label)
        self._doors.addLayout(one)
