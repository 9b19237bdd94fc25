"""Form fields: label above, hint beside it, editor, and below it the line that says what is wrong."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMargins, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from desktop.qt.theme import theme
from desktop.views.widgets.base import column, follow_theme, is_rtl, row
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph, Run


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property and let the style sheet look at the widget again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


class LineEdit(QLineEdit):
    """One line of text. `mono` for MAC, IP, PIN, card; `icon` at the leading edge; `locked` cannot be changed."""

    def __init__(
        self,
        text: str = "",
        *,
        mono: bool = False,
        locked: bool = False,
        icon: str = "",
        placeholder: str = "",
        role: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._role = role or ("mono" if mono else "text")
        self._lead: Picture | None = Picture("icon", icon, tone="t3", size=15, parent=self) if icon else None
        self._trail: QWidget | None = None
        if placeholder:
            self.setPlaceholderText(placeholder)
        if locked:
            self.set_locked(locked=True)
        follow_theme(self)

    def set_locked(self, *, locked: bool) -> None:
        """Make it read only, with a lock at the end, or open it again."""
        self.setReadOnly(locked)
        if locked and self._trail is None:
            self.set_trailing(Picture("icon", "lock", tone="t3", size=14, parent=self))
        elif not locked and isinstance(self._trail, Picture):
            self._trail.deleteLater()
            self._trail = None
            self._place()

    def set_trailing(self, widget: QWidget) -> None:
        """Put a small widget inside, at the trailing edge: a button, a mark, a hint."""
        widget.setParent(self)
        self._trail = widget
        widget.show()
        self._place()

    def apply_theme(self) -> None:
        self.setFont(theme().font(self._role))
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._place()

    def _place(self) -> None:
        px, rtl = theme().px, is_rtl(self)
        lead = trail = 0
        if self._lead is not None:
            lead = self._lead.width() + px(8)
            self._put(self._lead, px(10), at_left=not rtl)
        if self._trail is not None:
            size = self._trail.sizeHint() if self._trail.sizeHint().isValid() else self._trail.size()
            self._trail.resize(size)
            trail = size.width() + px(4)
            self._put(self._trail, px(8) if isinstance(self._trail, Picture) else px(4), at_left=rtl)
        margins = QMargins(trail, 0, lead, 0) if rtl else QMargins(lead, 0, trail, 0)
        if self.textMargins() != margins:
            self.setTextMargins(margins)

    def _put(self, widget: QWidget, inset: int, *, at_left: bool) -> None:
        x = inset if at_left else self.width() - inset - widget.width()
        widget.move(x, (self.height() - widget.height()) // 2)


class SecretEdit(LineEdit):
    """A line that is masked until the eye is pressed; it masks itself again when the focus leaves."""

    def __init__(self, text: str = "", *, mono: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(text, mono=mono, parent=parent)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.eye = IconButton("eye", self.tr("Show"), size="small", parent=self)
        self.eye.setCheckable(True)
        self.eye.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.eye.toggled.connect(self._reveal)
        self.set_trailing(self.eye)
        # The system's input method must not learn or suggest what is typed here.
        self.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText)

    def _reveal(self, shown: bool) -> None:
        self.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self.eye.set_icon("eye-off" if shown else "eye")
        self.eye.setAccessibleName(self.tr("Hide") if shown else self.tr("Show"))

    def hide_again(self) -> None:
        """Mask the text."""
        self.eye.setChecked(False)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and not self.eye.hasFocus() and not self.eye.isDown():
            self.hide_again()
        return super().event(event)


class FormField(QWidget):
    """Label, hint, editor and error line of one field.

    `editor` is any widget; its accessible name becomes the label. A `switch` stands before its label. A field that is
    `required` carries a star (ACC-19).

    Signal `link_activated(str)`: the fix link of the error line was used.
    """

    link_activated = Signal(str)

    def __init__(
        self,
        label: str,
        editor: QWidget,
        *,
        hint: str = "",
        switch: bool = False,
        required: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.editor, self._switch = editor, switch
        self._label = Label(label, "help-strong", "t2", parent=self)
        self._label.setHidden(switch)
        self._label.setBuddy(editor)
        self._hint = Label(hint, "help", "t3")
        if not hint:
            # Never setVisible(True) here: without a parent it would be shown as a window of its own for a moment.
            self._hint.hide()
        editor.setAccessibleName(label)
        self.star = Label("*", "help-strong", "refused") if required and not switch else None
        """What a required field carries, None for one that may stay empty."""
        if self.star is not None:
            self.star.setToolTip(self.tr("must be filled in"))
            self.star.setAccessibleName(self.tr("must be filled in"))
        self._error = QWidget()
        self._note = Paragraph("", "help", "t2")
        self._note.hide()
        self._words = Paragraph("", "help", "refused")
        self._words.link_activated.connect(self.link_activated)
        self._build()
        # Not Fixed: that would hold the error line to the height it has on one line.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def _build(self) -> None:
        top = row(gap=8)
        if self._switch:
            self.editor.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            # As high as a line of its words, so that it stands beside the first of them.
            self.editor.setMinimumHeight(theme().px(18))
            top.addWidget(self.editor, 0, Qt.AlignmentFlag.AlignTop)
            top.addWidget(Paragraph(self.label, "text", "t1"), 1)
        else:
            words = row(gap=3)
            words.addWidget(self._label)
            if self.star is not None:
                words.addWidget(self.star)
            top.addLayout(words)
            top.addStretch(1)
        top.addWidget(self._hint)
        line = row(gap=6)
        line.addWidget(Picture("mark", "refused", size=13, box=16), 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._words, 1)
        self._error.setLayout(line)
        self._error.hide()
        whole = column(gap=4)
        whole.addLayout(top)
        if not self._switch:
            whole.addWidget(self.editor)
        whole.addWidget(self._note)
        whole.addWidget(self._error)
        self.setLayout(whole)

    @property
    def label(self) -> str:
        """The words of the label."""
        return self._label.whole_text()

    def set_hint(self, text: str) -> None:
        """Show a hint at the end of the label's line."""
        self._hint.setText(text)
        self._hint.setVisible(bool(text))

    def set_note(self, text: str) -> None:
        """Show a second line under the editor, e.g. what a value means; an empty text takes it away."""
        self._note.set_text(text)
        self._note.setVisible(bool(text))

    def set_error(self, text: str, *, link: str = "", link_text: str = "") -> None:
        """Say what is wrong and where; `link` and `link_text` offer a way out. An empty text clears it."""
        runs = [Run(text)]
        if link_text:
            runs += [Run(" "), Run(link_text, link=link or link_text)]
        self._words.set_text(runs)
        self._error.setVisible(bool(text))
        set_property(self.editor, "state", "error" if text else "")
        self.editor.setAccessibleDescription(text)

    @property
    def error(self) -> str:
        """The words of the error line without its link."""
        return self.editor.accessibleDescription()

    def set_edited(self, *, edited: bool) -> None:
        """Mark the value as changed here and not saved."""
        set_property(self.editor, "edited", edited)

    @property
    def edited(self) -> bool:
        """True while the value is marked as changed."""
        return bool(self.editor.property("edited"))
