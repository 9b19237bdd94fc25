"""What the cloud may ask beyond name and password: a code, and agreement to its policies (ACC-02, ACC-03)."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from core.wire.accounts import Policy
from desktop.models.sign_in_flow import CODE_LETTERS
from desktop.qt.theme import theme
from desktop.views.widgets.base import column, row
from desktop.views.widgets.boxes import Inset
from desktop.views.widgets.buttons import Button, LinkButton
from desktop.views.widgets.fields import FormField, LineEdit
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.toggles import Choice, Segmented


class CodeStep(QWidget):
    """The second factor. Signals: `entered(str)` a code of six digits, `again()` another one is wanted, `left()`."""

    entered = Signal(str)
    again = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.code = LineEdit(mono=True, placeholder="000000", role="omnibox")
        self.code.setMaxLength(CODE_LETTERS)
        self.code.setFixedHeight(theme().px(40))
        self.field = FormField(self.tr("Code"), self.code, hint=self.tr("six digits"))
        self._words = Paragraph("", "help", "t2")
        self.button = Button(self.tr("Go on"), "primary", keys=self.tr("Enter"), size="large")
        again, back = LinkButton(self.tr("Send again")), LinkButton(self.tr("Another account"))
        again.clicked.connect(self.again)
        back.clicked.connect(self.left)
        self.code.textEdited.connect(self._typed)
        self.code.returnPressed.connect(self._enter)
        self.button.clicked.connect(self._enter)
        box = Inset()
        head = row(gap=8)
        head.addWidget(Picture("icon", "mail", tone="acct", size=16), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._words, 1)
        box.body.addLayout(head)
        box.body.addSpacing(theme().px(6))
        box.body.addWidget(self.field)
        foot = row(gap=12)
        foot.addWidget(again)
        foot.addStretch(1)
        foot.addWidget(back)
        whole = column(gap=14)
        whole.addWidget(Label(self.tr("One more step"), "figure"))
        whole.addWidget(box)
        whole.addWidget(self.button)
        whole.addLayout(foot)
        whole.addStretch(1)
        self.setLayout(whole)

    def show_words(self, words: str) -> None:
        """Where the code comes from, in the cloud's words."""
        self._words.set_text(words)
        self.field.set_error("")
        self.code.clear()
        self.code.setFocus(Qt.FocusReason.OtherFocusReason)

    def _typed(self, text: str) -> None:
        self.field.set_error("")
        if len(text) == CODE_LETTERS and text.isdigit():
            self.entered.emit(text)

    def _enter(self) -> None:
        text = self.code.text().strip()
        if len(text) != CODE_LETTERS or not text.isdigit():
            self.field.set_error(self.tr("A code has six digits."))
            return
        self.entered.emit(text)


class PolicyStep(QWidget):
    """The texts to agree to. Signals: `agreed()`, `disagreed()`: then nobody is signed in."""

    agreed = Signal()
    disagreed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._policies: list[Policy] = []
        self.which = Segmented([])
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMinimumHeight(theme().px(300))
        self.text.setAccessibleName(self.tr("Text of the policy"))
        self.words = Paragraph("", "text", "t2")
        self.yes = Button(self.tr("Agree"), "primary", size="large")
        self.no = Button(self.tr("Disagree"), size="large")
        self.which.changed.connect(self._show_text)
        self.yes.clicked.connect(self.agreed)
        self.no.clicked.connect(self.disagreed)
        acts = row(gap=8)
        acts.addWidget(self.no)
        acts.addWidget(self.yes, 1)
        whole = column(gap=12)
        whole.addWidget(Label(self.tr("Before you begin"), "figure"))
        whole.addWidget(self.words)
        whole.addWidget(self.which, 0, Qt.AlignmentFlag.AlignLeading)
        whole.addWidget(self.text, 1)
        whole.addLayout(acts)
        self.setLayout(whole)

    def show_policies(self, policies: list[Policy], words: str) -> None:
        """Show these; the first is open."""
        self._policies = list(policies)
        names = {"privacy": self.tr("Privacy policy"), "terms": self.tr("Terms of service")}
        self.which.set_choices([Choice(p.kind, f"{names.get(p.kind, p.kind)} {p.version}") for p in policies])
        self.words.set_text(words)
        if policies:
            self._show_text(policies[0].kind)
        self.yes.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_text(self, kind: str) -> None:
        text = next((p.text for p in self._policies if p.kind == kind), "")
        self.text.setPlainText(text)
