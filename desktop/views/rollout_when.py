"""The time of a rollout and the reset after it, as a part of the dry run and as a sheet to edit (FW-02, FW-03)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtWidgets import QDialog, QWidget

from core.base.errors import UserError
from core.rules.rollout import RESET_WARNING
from desktop.models.rollout_form import RolloutForm, begins_at
from desktop.models.words import translate
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.theme import theme
from desktop.views.widgets.base import Rule, column
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.dry_run import DryRunSheet
from desktop.views.widgets.fields import FormField, LineEdit
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import FootBar
from desktop.views.widgets.toggles import Toggle

Taken = tuple[datetime | None, bool]
"""The moment, None for at once; whether devices are reset after it."""


class RolloutWhen(QWidget):
    """Time and reset. `take()` gives what was entered once it is sound."""

    def __init__(self, form: RolloutForm, zone: str, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._zone, self._now = zone, now
        self.at = LineEdit(form.at, mono=True, placeholder="2026-05-01 22:00")
        self.field = FormField(self.tr("Upgrade time"), self.at, hint=self.tr("empty: at once"))
        self.field.set_note(zone)
        words = self.tr("Reset after upgrade")
        self.reset = Toggle(words, on=form.reset_after)
        self.warning = Paragraph(spoken(RESET_WARNING), "help", "refused")
        self.warning.setVisible(form.reset_after)
        self.reset.toggled.connect(self.warning.setVisible)
        self.at.textEdited.connect(lambda _text: self.field.set_error(""))
        whole = column(gap=10, margins=(14, 10, 14, 10))
        whole.addWidget(self.field)
        whole.addWidget(FormField(words, self.reset, switch=True))
        whole.addWidget(self.warning)
        self.setLayout(whole)

    def take(self) -> Taken | None:
        """The moment (None: at once) and whether to reset; None when the time is none, which is said beside it."""
        try:
            return begins_at(self.at.text(), self._zone, self._now()), self.reset.isChecked()
        except UserError as fault:
            self.field.set_error(spoken(fault))
            self.at.setFocus()
            return None


async def reset_is_sure(parent: QWidget) -> bool:
    """FW-02: the warning, before anything is written."""
    title = translate("Reset the devices after the upgrade?")
    verb = translate("Upgrade and reset")
    return await dialogs.confirm(parent, title, spoken(RESET_WARNING), verb, danger=True)


class RolloutSheet(DryRunSheet):
    """The dry run of a rollout with its time and reset; closes only with a time that is one."""

    when: RolloutWhen
    taken: Taken | None = None
    """What was entered, once it was accepted."""

    def accept(self) -> None:
        self.taken = self.when.take()
        if self.taken is not None:
            super().accept()

    def add_when(self, when: RolloutWhen) -> None:
        """Put them above the buttons."""
        self.when = when
        self.add_part(when)


class RolloutEdit(QDialog):
    """Time and reset of a rollout that has not begun."""

    def __init__(self, name: str, when: RolloutWhen, parent: QWidget) -> None:
        super().__init__(parent)
        self.when = when
        self.taken: Taken | None = None
        self.setWindowTitle(name)
        self.setModal(True)
        self.cancel, self.keep = Button(self.tr("Cancel")), Button(self.tr("Save"), "primary")
        self.cancel.clicked.connect(self.reject)
        self.keep.clicked.connect(self.accept)
        self.keep.setDefault(True)
        head = column(gap=1, margins=(14, 12, 14, 10))
        head.addWidget(Label(name, "panel"))
        head.addWidget(Paragraph(self.tr("It has not begun, so it can still be changed."), "help", "t2"))
        foot = FootBar()
        foot.add_act(self.cancel)
        foot.add_act(self.keep)
        whole = column(gap=0)
        whole.addLayout(head)
        whole.addWidget(Rule())
        whole.addWidget(when)
        whole.addStretch(1)
        whole.addWidget(foot)
        self.setLayout(whole)
        self.resize(theme().px(460), theme().px(280))

    def accept(self) -> None:
        self.taken = self.when.take()
        if self.taken is not None:
            super().accept()
