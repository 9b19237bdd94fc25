"""The side panel of one resident: a waiting edit first, then the form, then where the person stands on each door."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.entities.person import RESIDENT, PersonKind
from core.usecases import generic
from desktop.models.badges import CONFLICT, badge_words
from desktop.models.desk import Desk
from desktop.models.door_proofs import UNKNOWN
from desktop.models.record_draft import RecordDraft
from desktop.models.resident_form import ResidentData, save_resident
from desktop.models.residents import ResidentLine
from desktop.models.words import verdict_word
from desktop.qt.run import run
from desktop.views.door_proofs import DoorProofs
from desktop.views.editors import LineEditor
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import EdgeBox
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.fields import SecretEdit
from desktop.views.widgets.labels import Label
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


TEAM_LINES = (("first_name", "last_name"), "pin", "cards", "groups", "valid_until", "remark")


class ResidentPanel(QWidget):
    """Fills the side panel for one person, or for somebody new. Signal `saved(str)`: the person's id."""

    saved = Signal(str)

    def __init__(self, panel: SidePanel, desk: Desk, draft: RecordDraft, data: ResidentData) -> None:
        super().__init__()
        self.setObjectName("facts")
        self._desk, self.data = desk, data
        self.draft = draft
        self.moves_in = False
        lives_here = data.kind is PersonKind.RESIDENT
        choices: dict[str, list[tuple[object, str]]] = {"groups": [(g.id, g.name) for g in data.groups]}
        if lives_here:
            choices["apartment_id"] = data.places.apartment_choices()
        self.form = RecordForm(
            draft,
            LINES if lives_here else TEAM_LINES,
            choices=choices,
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
        name = RESIDENT.name_of(data.resident) if data.resident else self.new_title()
        panel.set_title(name)
        panel.set_picture(Avatar(name if data.resident else "+", size=40, square=True))
        if data.resident is not None:
            self._audit_reveal()

    def new_title(self) -> str:
        """The title of somebody who is not there yet."""
        words = {
            PersonKind.STAFF: self.tr("New member of staff"),
            PersonKind.DELIVERY: self.tr("New delivery"),
        }
        return words.get(self.data.kind, self.tr("New resident"))

    def new_words(self) -> str:
        """The verb that adds somebody new."""
        if self.moves_in:
            return self.tr("Move in")
        return self.tr("Add resident") if self.data.kind is PersonKind.RESIDENT else self.tr("Add")

    def add_bar(self, revert: Callable[[], object]) -> None:
        """Save and Revert at the foot of the panel."""
        self.bar = SaveBar(
            self._panel.foot,
            self.form,
            self._save,
            done=self.saved.emit,
            verb=self.tr("Save") if self.data.resident else self.new_words(),
            revert=revert,
        )
        self._panel.show_foot()

    async def _save(self) -> str:
        site_id = self._desk.sites.site_id
        return await save_resident(
            self._desk.ctx, self.draft, self.data, site_id=site_id, receipt=self.moves_in
        )

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
        if self.data.kind is not PersonKind.RESIDENT:
            words = self.tr("Opens the doors of the groups chosen here")
        if line is not None:
            stands = verdict_word(line.verdict) if line.doors else self._no_door(line)
            words = " · ".join(part for part in (line.unit, stands) if part)
        self._panel.set_lines((words, "help", "t2"))
        self._show_badge(line)
        self._show_doors(line)
        if line is not None and line.resident != self.data.resident:
            names = [n for n in self.draft.fields if hasattr(line.resident, n)]
            self.draft.rebase({n: getattr(line.resident, n) for n in names})

    def _no_door(self, line: ResidentLine) -> str:
        return UNKNOWN if line.doors is None else self.tr("no door yet")

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
        doors = line.doors or ()
        head.addWidget(Label(UNKNOWN if line.doors is None else f"{line.proved}/{len(doors)}", "help", "t3"))
        self._doors.addLayout(head)
        self._doors.addWidget(DoorProofs(self._desk, doors, empty=self.tr("In no group that opens a door.")))
