"""One editor per kind of field. An editor shows and gives the text that the field's `parse` reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QWidget

from core.schema.field import Choice, Day, Daytime, Digest, Field, Flag, Items, Mac, Moment, Number, Ref, Text
from desktop.models.groups import day_names
from desktop.models.record_draft import DraftField
from desktop.models.words import choice_word, translate, zone_of
from desktop.qt.theme import theme
from desktop.views.widgets.base import column, row
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.fields import LineEdit, SecretEdit
from desktop.views.widgets.toggles import CheckBox, Toggle

Choices = Sequence[tuple[object, str]]
LONG_WORDS = 18
"""Letters from which on ticks stand one under the other."""


class Editor(QWidget):
    """Signal `edited(str)`: the text after a person's change. `set_text` shows a text without telling."""

    edited = Signal(str)

    def set_text(self, text: str) -> None:
        """Show a text."""
        raise NotImplementedError

    def set_locked(self, *, locked: bool) -> None:
        """Whether the person may change it."""
        self.setEnabled(not locked)

    @property
    def field(self) -> QWidget:
        """The widget that takes the focus, the error border and the edit colour."""
        return self

    def _hold(self, widget: QWidget) -> None:
        layout = QHBoxLayout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(widget)
        self.setLayout(layout)
        self.setFocusProxy(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)


class LineEditor(Editor):
    """One line, plain or mono, or masked for a secret."""

    def __init__(self, *, mono: bool = False, secret: bool = False, placeholder: str = "") -> None:
        super().__init__()
        self.line = SecretEdit(mono=mono) if secret else LineEdit(mono=mono, placeholder=placeholder)
        self.line.textEdited.connect(self.edited)
        self._hold(self.line)

    @property
    def field(self) -> QWidget:
        return self.line

    def set_text(self, text: str) -> None:
        if text != self.line.text():
            self.line.setText(text)

    def set_locked(self, *, locked: bool) -> None:
        self.line.set_locked(locked=locked)


class LinesEditor(Editor):
    """Several lines."""

    def __init__(self) -> None:
        super().__init__()
        self.box = QPlainTextEdit()
        self.box.setTabChangesFocus(True)
        self.box.setFixedHeight(theme().px(84))
        self.box.textChanged.connect(lambda: self.edited.emit(self.box.toPlainText()))
        self._hold(self.box)

    @property
    def field(self) -> QWidget:
        return self.box

    def set_text(self, text: str) -> None:
        if text != self.box.toPlainText():
            self.box.blockSignals(True)
            self.box.setPlainText(text)
            self.box.blockSignals(False)

    def set_locked(self, *, locked: bool) -> None:
        self.box.setReadOnly(locked)


class ChoiceEditor(Editor):
    """One of a list; with `none` words, also nothing."""

    def __init__(self, choices: Choices, *, none: str = "") -> None:
        super().__init__()
        first: list[tuple[object, str]] = [("", none)] if none else []
        self.box = ChoiceBox([*first, *choices], current="" if none else None)
        self.box.chosen.connect(lambda key: self.edited.emit(str(key or "")))
        self._hold(self.box)

    @property
    def field(self) -> QWidget:
        return self.box

    def set_choices(self, choices: Choices, *, none: str = "") -> None:
        """Another list; the chosen key stays where it is still there."""
        before = self.box.current()
        first: list[tuple[object, str]] = [("", none)] if none else []
        self.box.set_choices([*first, *choices], current=before)

    def set_text(self, text: str) -> None:
        self.box.set_current(text)


class MomentEditor(Editor):
    """A day, or a day and a time, of the site's zone; the text of the field is ISO 8601 with its offset.

    A day alone means its last minute: a lease that ends on the 30th holds on the 30th.
    """

    def __init__(self, zone: str) -> None:
        super().__init__()
        self._zone = zone_of(zone)
        self.line = LineEdit(mono=True, placeholder="2026-11-30 18:00")
        self.line.textEdited.connect(lambda text: self.edited.emit(self.read(text)))
        self._hold(self.line)

    def read(self, text: str) -> str:
        """The field's text for what was typed; what is no day comes back as it is, and is refused by the field."""
        plain = text.strip()
        for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M"):
            try:
                moment = datetime.strptime(plain, form)  # noqa: DTZ007  the zone follows in the next line
            except ValueError:
                continue
            if form == "%Y-%m-%d":
                moment = moment.replace(hour=23, minute=59)
            return moment.replace(tzinfo=self._zone).astimezone(self._zone).isoformat()
        return plain

    @property
    def field(self) -> QWidget:
        return self.line

    def set_text(self, text: str) -> None:
        if self.read(self.line.text()) == text or self.line.hasFocus():
            return
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.line.setText(text)
            return
        self.line.setText(f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}")


class FlagEditor(Editor):
    """Yes or no."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.toggle = Toggle(name)
        self.toggle.toggled.connect(lambda on: self.edited.emit("yes" if on else "no"))
        line = row(gap=8)
        line.addWidget(self.toggle)
        self.setLayout(line)
        self.setFocusProxy(self.toggle)
        self.setMinimumHeight(theme().px(24))

    @property
    def field(self) -> QWidget:
        return self.toggle

    def set_text(self, text: str) -> None:
        self.toggle.blockSignals(True)
        self.toggle.setChecked(text == "yes")
        self.toggle.blockSignals(False)
        self.toggle.update()


class TicksEditor(Editor):
    """Several of a few: days of the week, access methods, groups. `joined` is what stands between them in the text."""

    def __init__(self, choices: Choices, *, joined: str = ";", columns: int = 4) -> None:
        super().__init__()
        self._joined, self._boxes = joined, {str(key): CheckBox(words) for key, words in choices}
        self._lines: list[QHBoxLayout] = []
        whole = row(gap=0)
        grid = _grid(list(self._boxes.values()), columns)
        whole.addLayout(grid)
        self.setLayout(whole)
        for box in self._boxes.values():
            box.clicked.connect(lambda _on=False: self.edited.emit(self._text()))
        if self._boxes:
            self.setFocusProxy(next(iter(self._boxes.values())))

    def _text(self) -> str:
        return self._joined.join(key for key, box in self._boxes.items() if box.isChecked())

    def set_text(self, text: str) -> None:
        parts = set(text.split(self._joined)) if self._joined else set(text)
        for key, box in self._boxes.items():
            box.setChecked(key in parts)


def _grid(boxes: Sequence[QWidget], columns: int) -> QHBoxLayout:
    """Boxes in columns as wide as they need; a grid layout would spread them."""
    from_left = row(gap=14)
    for start in range(columns):
        members = boxes[start::columns]
        if members:
            stack = column(gap=6, margins=(0, 3, 0, 3))
            for widget in members:
                stack.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft)
            stack.addStretch(1)
            from_left.addLayout(stack)
    from_left.addStretch(1)
    return from_left


def editor_for(field: DraftField, choices: Choices | None = None, *, zone: str = "") -> Editor:
    """The editor of a field. `choices`: those of a reference, or in place of those of the kind; `zone`: the site's."""
    made = MomentEditor(zone) if isinstance(field.kind, Moment) else _editor(field.kind, field, choices)
    made.set_locked(locked=field.locked)
    return made


def _editor(kind: Field, field: DraftField, choices: Choices | None) -> Editor:
    none = translate("none") if field.optional and not field.required else ""
    if isinstance(kind, Flag):
        return FlagEditor(field.label)
    if isinstance(kind, Choice) and choices is None:
        return ChoiceEditor([(m.value, choice_word(m.value)) for m in kind.of])
    if isinstance(kind, Ref) or (choices is not None and not isinstance(kind, Items)):
        return ChoiceEditor(choices or (), none="" if isinstance(kind, Choice) else none)
    if isinstance(kind, Items) and choices is not None:
        # Names of doors and groups are long; two columns of them would be wider than a panel.
        short = all(len(words) <= LONG_WORDS for _, words in choices)
        return TicksEditor(choices, columns=4 if short else 1)
    if field.name == "days":
        return TicksEditor([(str(n), word) for n, word in enumerate(day_names())], joined="", columns=4)
    if kind.secret:
        return LineEditor(mono=True, secret=True)
    if isinstance(kind, Text) and kind.lines:
        return LinesEditor()
    return LineEditor(mono=isinstance(kind, _MONO), placeholder=_example(kind))


_MONO = (Mac, Digest, Number, Day, Daytime, Items)


def _example(kind: Field) -> str:
    if kind.example:
        return kind.example
    examples: dict[type[Field], str] = {
        Day: "2026-11-30",
        Daytime: "08:30",
    }
    return examples.get(type(kind), "")
