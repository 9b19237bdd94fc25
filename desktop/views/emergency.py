"""The emergency: one sheet that says which doors open, opens them after a yes, and becomes the receipt."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QFrame, QScrollArea, QWidget

from core.base.errors import GatewrightError
from desktop.models.desk import Desk
from desktop.models.emergency import SPANS, Emergency, span_words
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.fields import FormField
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.side_panel import FootBar
from desktop.views.widgets.toggles import Choice, Segmented

WIDTH, HEIGHT = 560, 560


class EmergencySheet(QDialog):
    """Modal. The focus begins on Cancel: Enter alone opens nothing. Closing it while doors answer stops nothing."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        site = desk.sites.site
        self.flow = Emergency(desk.ctx, desk.sites.site_id)
        self._site = site.name if site else ""
        self.setWindowTitle(self.tr("Emergency"))
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.words = Paragraph("", "text", "t1")
        self.lines = column(gap=6)
        spans = [Choice(str(s), span_words(s)) for s in SPANS]
        self.span = Segmented(spans, name=self.tr("Stay open for"))
        self.span.set_current(str(SPANS[-1]))
        self.span_field = FormField(self.tr("Stay open for"), self.span)
        self.foot = FootBar()
        self.leave = Button(self.tr("Cancel"), keys="Esc")
        self.copy = Button(self.tr("Copy receipt"), icon="copy")
        self.site_ask = Button(self.tr("Ask the site"), icon="send")
        self.openall = Button(self.tr("Open the doors"), "danger", icon="siren")
        self._build()
        self._connect()
        run(self, self.flow.load(), done=lambda _none: self._show(), failed=self._refused)

    def _build(self) -> None:
        head = column(gap=2, margins=(16, 12, 16, 10))
        head.addWidget(Label(self.tr("Open all emergency doors"), "panel"))
        head.addWidget(Label(self._site, "help", "t2"))
        inner = QWidget()
        held = column(gap=0, margins=(16, 10, 16, 10))
        held.addLayout(self.lines)
        held.addStretch(1)
        inner.setLayout(held)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        above = column(gap=10, margins=(16, 10, 16, 10))
        above.addWidget(self.words)
        above.addWidget(self.span_field)
        for button in (self.copy, self.site_ask, self.leave, self.openall):
            self.foot.add_act(button)
        whole = column(gap=0)
        whole.addLayout(head)
        whole.addWidget(Rule())
        whole.addLayout(above)
        whole.addWidget(Rule())
        whole.addWidget(area, 1)
        whole.addWidget(self.foot)
        self.setLayout(whole)
        self.resize(theme().px(WIDTH), theme().px(HEIGHT))
        self.leave.setFocus()

    def _connect(self) -> None:
        self.leave.clicked.connect(self.close)
        self.openall.clicked.connect(self.open_doors)
        self.copy.clicked.connect(self.copy_receipt)
        self.site_ask.clicked.connect(self._ask_site)
        self.span.changed.connect(lambda key: setattr(self.flow, "seconds", int(key)))
        self._desk.ending.connect(self.close)
        self._show()

    # -- acts

    def open_doors(self) -> None:
        """Open all doors, or those again that did not open."""
        if self.flow.running or self.flow.reason():
            return
        run(self, self.flow.open(self._show), done=lambda _none: self._opened(), failed=self._refused)
        self._show()

    def _opened(self) -> None:
        self._show()
        verdict = "unreachable" if self.flow.shut() else "proved"
        self._desk.notice(verdict, self.tr("Emergency at {0}").format(self._site), self.flow.sentence())

    def _ask_site(self) -> None:
        run(self, self.flow.ask_site(), trigger=self.site_ask, done=lambda _none: self._show())

    def copy_receipt(self) -> None:
        """Put the receipt on the clipboard."""
        QApplication.clipboard().setText(self.flow.receipt(self._site, self._desk.sites.zone))
        self.foot.set_text(self.tr("Copied."))

    def _refused(self, fault: GatewrightError) -> None:
        self.foot.set_text(str(fault), "refused")
        self._show()

    # -- showing

    def _show(self) -> None:
        flow = self.flow
        self.words.set_text(flow.reason() or flow.sentence())
        self.setAccessibleDescription(flow.reason() or flow.sentence())
        self.span_field.setVisible(not flow.answers and not flow.running)
        clear(self.lines)
        for door in flow.ordered():
            mark, said = flow.state(door)
            line = row(gap=8)
            line.addWidget(Picture("mark", mark, size=14), 0, Qt.AlignmentFlag.AlignTop)
            words = column(gap=0)
            words.addWidget(Label(door.name, "strong", "t1", elide=True))
            if said:
                words.addWidget(Paragraph(said, "help", "t2"))
            line.addLayout(words, 1)
            self.lines.addLayout(line)
        self._show_acts()

    def _show_acts(self) -> None:
        flow = self.flow
        left = len(flow.shut()) if flow.done else len(flow.doors)
        words = self.tr("Try {0} again") if flow.done else self.tr("Open {0} doors")
        self.openall.setText(words.format(left))
        self.openall.set_reason(flow.reason())
        self.openall.setEnabled(not flow.running)
        self.openall.setVisible(not flow.done or bool(flow.shut()))
        self.copy.setVisible(bool(flow.answers))
        self.site_ask.setVisible(flow.done and bool(flow.away()))
        self.leave.setText(self.tr("Close") if flow.answers else self.tr("Cancel"))


def ask_emergency(desk: Desk, parent: QWidget) -> EmergencySheet:
    """Open the sheet; nothing opens before somebody says so in it."""
    sheet = EmergencySheet(desk, parent.window())
    sheet.open()
    return sheet
