"""A form over a `RecordDraft`: one editor per field, faults beside their field, what is changed, Save and Revert."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from desktop.models.record_draft import RecordDraft
from desktop.qt.run import run
from desktop.views.editors import Choices, Editor, FlagEditor, editor_for
from desktop.views.widgets.base import column, row
from desktop.views.widgets.boxes import EdgeBox, Section
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.fields import FormField, set_property
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import FootBar


@dataclass(frozen=True, slots=True)
class Heading:
    """Words over a group of fields."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What follows stands in a column of its own beside what came before: for a form as wide as a page."""


Row = str | tuple[str, ...] | Heading | Beside
"""One line of a form: a field, several side by side, the heading of a group, or where the next column begins."""


class RecordForm(QWidget):
    """The fields of a draft in lines. Signal `edited()` after each change.

    `choices` gives the lists of references by field name; `notes` second lines under fields.
    """

    edited = Signal()

    def __init__(
        self,
        draft: RecordDraft,
        lines: Sequence[Row] = (),
        *,
        choices: Mapping[str, Choices] | None = None,
        zone: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.draft, self._zone = draft, zone
        self.editors: dict[str, Editor] = {}
        self.fields: dict[str, FormField] = {}
        self._general = EdgeBox("refused")
        self._words = Paragraph("", "help", "t1")
        self._general.body.addWidget(self._words)
        whole = column(gap=12)
        whole.addLayout(self._columns(lines or tuple(draft.fields), choices or {}))
        whole.addWidget(self._general)
        self.setLayout(whole)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        draft.changed.connect(self.refresh)
        self.refresh()

    def _columns(self, lines: Sequence[Row], choices: Mapping[str, Choices]) -> QHBoxLayout:
        beside = row(gap=32)
        stack = column(gap=12)
        beside.addLayout(stack, 1)
        for line in lines:
            if isinstance(line, Beside):
                stack.addStretch(1)
                stack = column(gap=12)
                beside.addLayout(stack, 1)
            elif isinstance(line, Heading):
                stack.addSpacing(8 if stack.count() else 0)
                stack.addWidget(Section(line.text, line.note))
            else:
                across = row(gap=12)
                for name in (line,) if isinstance(line, str) else line:
                    # At the top: beside a field with a fault its neighbour stays where it is.
                    across.addWidget(self._add(name, choices.get(name)), 1, Qt.AlignmentFlag.AlignTop)
                stack.addLayout(across)
        stack.addStretch(1)
        return beside

    def _add(self, name: str, choices: Choices | None) -> FormField:
        field = self.draft.fields[name]
        editor = editor_for(field, choices, zone=self._zone)
        editor.edited.connect(lambda text, name=name: self._edit(name, text))
        self.editors[name] = editor
        made = FormField(
            field.label,
            editor,
            hint=field.hint,
            switch=isinstance(editor, FlagEditor),
            required=field.required and not field.locked,
        )
        editor.field.setAccessibleName(field.label)
        self.fields[name] = made
        return made

    def _edit(self, name: str, text: str) -> None:
        self.draft.set_text(name, text)
        self.edited.emit()

    def set_choices(self, name: str, choices: Choices, *, none: str = "") -> None:
        """Another list for a choice, e.g. the apartments of the chosen building."""
        editor = self.editors[name]
        change = getattr(editor, "set_choices", None)
        if callable(change):
            change(choices, none=none)
            editor.set_text(self.draft.text(name))

    def refresh(self, _name: str = "") -> None:
        """Show texts, faults and what is changed."""
        dirty = set(self.draft.dirty())
        for name, editor in self.editors.items():
            editor.set_text(self.draft.text(name))
            field = self.fields[name]
            field.set_error(self.draft.fault(name))
            set_property(editor.field, "state", "error" if self.draft.fault(name) else "")
            set_property(editor.field, "edited", name in dirty and not self.draft.new)
        self._words.set_text(self.draft.general)
        self._general.setVisible(bool(self.draft.general))

    def focus_first(self) -> None:
        """Go to the first fault, or to the first field."""
        wrong = next((n for n in self.editors if self.draft.fault(n)), None)
        name = wrong or next(iter(self.editors), None)
        if name is not None:
            self.editors[name].field.setFocus()


class SaveBar(QObject):
    """Save and Revert in a foot bar, for a form. `save()` is the coroutine that saves; `done(result)` runs after it."""

    def __init__(
        self,
        foot: FootBar,
        form: RecordForm,
        save: Callable[[], Coroutine[Any, Any, Any]],
        *,
        done: Callable[[Any], object],
        verb: str,
        revert: Callable[[], object] | None = None,
        keys: str = "Ctrl S",
    ) -> None:
        # A child of the form: the draft outlives both, and must not call a bar whose buttons are gone.
        super().__init__(form)
        self._foot, self._form, self._save, self._done = foot, form, save, done
        self._revert_too = revert
        foot.clear_acts()
        self.revert = Button(form.tr("Revert") if not form.draft.new else form.tr("Cancel"))
        self.save = Button(verb, "primary", keys=keys)
        self.revert.clicked.connect(self._on_revert)
        self.save.clicked.connect(self.save_now)
        foot.add_act(self.revert)
        foot.add_act(self.save)
        form.draft.changed.connect(self.refresh)
        self.refresh()

    @Slot(str)
    def refresh(self, _name: str = "") -> None:
        """Say what is changed, and turn the buttons on or off with their reason."""
        draft = self._form.draft
        wrong = any(draft.fault(n) for n in draft.fields)
        self._foot.set_text(draft.summary(), "refused" if wrong else "t2")
        nothing = not draft.dirty() and not draft.new
        self.save.set_reason(self._form.tr("Nothing was changed.") if nothing else "")
        self.revert.set_reason(self._form.tr("Nothing was changed.") if nothing else "")

    def save_now(self) -> None:
        """Save; a form with faults shows them all instead."""
        draft = self._form.draft
        if self.save.reason or not self.save.isEnabled():
            return
        if draft.faults():
            draft.show_all()
            self._form.focus_first()
            return
        run(self._form, self._save(), trigger=self.save, done=self._done, failed=draft.refuse)

    def _on_revert(self) -> None:
        self._form.draft.revert()
        if self._revert_too is not None:
            self._revert_too()
