"""A text that was agreed to, to be read again (ACC-03): over the window, closed by Escape."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from core.wire.accounts import Policy
from desktop.models.words import translate
from desktop.qt.theme import theme
from desktop.views.widgets.base import Panel, column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label
from desktop.views.widgets.side_panel import FootBar

WIDTH, HEIGHT = 640, 520
MOST = 200_000
"""Letters of a text that are shown: it comes from the network."""


def policy_word(kind: str) -> str:
    """The name of a text; of a kind that is not known, as the operator named it."""
    words = {"privacy": translate("Privacy policy"), "terms": translate("Terms of service")}
    return words.get(kind, kind[:40])


class PolicySheet(QDialog):
    """Title with its version, the text, and Close."""

    def __init__(self, policy: Policy, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = policy_word(policy.kind)
        self.setWindowTitle(name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self.text = QPlainTextEdit(policy.text[:MOST])
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(name)
        self.close_button = Button(self.tr("Close"), "primary")
        self.close_button.clicked.connect(self.reject)
        head, line = Panel("sheet"), row(gap=10, margins=(16, 12, 16, 12))
        line.addWidget(Label(name, "panel"))
        line.addWidget(Label(self.tr("version {0}").format(policy.version), "help", "t3"), 1)
        head.setLayout(line)
        foot = FootBar()
        foot.add_act(self.close_button)
        body = column(gap=0, margins=(16, 0, 16, 12))
        body.addWidget(self.text)
        whole = column(gap=0)
        whole.addWidget(head)
        whole.addLayout(body, 1)
        whole.addWidget(foot)
        self.setLayout(whole)
        self.resize(theme().px(WIDTH), theme().px(HEIGHT))
