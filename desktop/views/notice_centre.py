"""The notice centre: a box under the bell with everything that was said, and where it leads.

It lies over the frame without a scrim; a click beside it closes it.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.models.desk import Desk
from desktop.models.words import counted
from desktop.qt.roles import Role
from desktop.qt.theme import theme
from desktop.views.widgets.base import Panel, column, is_rtl, row
from desktop.views.widgets.boxes import Act, NoticeBar
from desktop.views.widgets.buttons import LinkButton
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.jobs import JobList
from desktop.views.widgets.labels import Label
from desktop.views.widgets.toggles import Choice, Segmented

WIDTH, HEIGHT = 420, 460


class NoticeCentre(QWidget):
    """Enter or a click on the chevron follows a notice; Escape or a click beside the box closes it."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self.desk = desk
        self._over = parent
        self.box = Panel("popup", self)
        self.hide()
        self.setAccessibleName(self.tr("Notices"))
        self.which = Segmented(self._choices())
        self.list = JobList(name=self.tr("Notices"))
        self.list.set_rows([])
        self.needs = NoticeBar("", icon="git-compare")
        self.stack = QStackedWidget()
        self.empty = EmptyState(
            self.tr("Nothing was said yet"),
            self.tr("What jobs, devices and the sync say is kept here until the program ends."),
            icon="bell",
        )
        self._build()
        self.which.changed.connect(lambda _key: self.refresh())
        self.list.act.connect(self._follow)
        self.list.opened.connect(self._follow)
        self.needs.act.connect(lambda _key: self._go("sync", None))
        desk.notices.changed.connect(self.refresh)
        desk.sync.changed.connect(self.refresh)

    def _build(self) -> None:
        clear = LinkButton(self.tr("Clear"))
        clear.clicked.connect(self.desk.notices.clear)
        head = row(gap=10, margins=(16, 10, 16, 8))
        head.addWidget(Label(self.tr("Notices"), "panel"))
        head.addStretch(1)
        head.addWidget(self.which)
        head.addWidget(clear)
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.empty)
        bar = column(gap=0, margins=(12, 0, 12, 8))
        bar.addWidget(self.needs)
        whole = column(gap=0, margins=(1, 1, 1, 1))
        whole.addLayout(head)
        whole.addLayout(bar)
        whole.addWidget(self.stack, 1)
        self.box.setLayout(whole)

    def _choices(self) -> list[Choice]:
        return [Choice("all", self.tr("All")), Choice("needs", self.tr("Needs you"))]

    def open_under(self, widget: QWidget) -> None:
        """Show it under the bell, inside the window, and count everything as read."""
        over = self._over
        self.setGeometry(over.rect())
        width, height = theme().px(WIDTH), min(theme().px(HEIGHT), over.height() - theme().px(80))
        self.box.resize(width, height)
        corner = widget.mapTo(over, QPoint(0, widget.height() + theme().px(6)))
        left = corner.x() if is_rtl(self) else corner.x() + widget.width() - width
        self.box.move(max(0, left), corner.y())
        self.refresh()
        self.show()
        self.raise_()
        self.list.setFocus(Qt.FocusReason.PopupFocusReason)
        self.desk.notices.read_all()

    def refresh(self) -> None:
        """Show what was said so far."""
        only = self.which.current() == "needs"
        rows = self.desk.notices.rows(only_needs=only, go_word=self.tr("Show it"), zone=self.desk.sites.zone)
        self.list.set_rows(rows)
        self.stack.setCurrentWidget(self.list if rows else self.empty)
        waiting = self.desk.sync.figures.needs
        words = counted(waiting, "{0} edit", "{0} edits")
        self.needs.set_text(words, self.tr("refused or at odds with somebody else's"))
        self.needs.set_acts([Act("sync", self.tr("Settle"))])
        self.needs.setVisible(bool(waiting))

    def _follow(self, index: QModelIndex) -> None:
        number = index.data(Role.KEY)
        notice = self.desk.notices.find(int(number)) if number is not None else None
        if notice is not None and notice.page:
            self._go(notice.page, notice.target)

    def _go(self, page: str, target: object) -> None:
        self.hide()
        self.desk.go(page, target)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.box.geometry().contains(event.position().toPoint()):
            self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)
