"""The notice centre: a box under the bell with everything that was said, and where it leads, and the operator's news.

It lies over the frame without a scrim; a click beside it closes it.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.models.desk import Desk
from desktop.models.told import Told
from desktop.models.words import counted
from desktop.qt.roles import Role
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.widgets.base import Panel, column, is_rtl, row
from desktop.views.widgets.boxes import Act, NoticeBar
from desktop.views.widgets.buttons import LinkButton
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.jobs import JobList
from desktop.views.widgets.labels import Label
from desktop.views.widgets.toggles import Choice, Segmented

WIDTH, HEIGHT = 500, 460
NEWS = "news"


class NoticeCentre(QWidget):
    """Enter or a click on the chevron follows a notice, and notes a piece of the operator's news as read (ACC-14);
    Escape or a click beside the box closes it. News are counted until each was read: looking at the list is not enough.
    """

    def __init__(self, desk: Desk, told: Told, parent: QWidget) -> None:
        super().__init__(parent)
        self.desk, self.told = desk, told
        self._over = parent
        self.box = Panel("popup", self)
        self.hide()
        self.setAccessibleName(self.tr("Notices"))
        self.which = Segmented(self._choices())
        self.list = JobList(name=self.tr("Notices"))
        self.list.set_rows([])
        self.needs = NoticeBar("", icon="git-compare")
        self.stack = QStackedWidget()
        self.no_news = EmptyState(
            self.tr("No news"),
            self.tr("What the operator of the cloud tells everybody is here."),
            icon="bell",
        )
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
        for news in (desk.notices, told, desk.sync):
            news.changed.connect(self._renew)

    def _build(self) -> None:
        self.clear = LinkButton(self.tr("Clear"))
        self.clear.clicked.connect(self.desk.notices.clear)
        self.read = LinkButton(self.tr("All read"))
        self.read.clicked.connect(lambda: self._read(None))
        head = row(gap=10, margins=(16, 10, 16, 8))
        head.addWidget(Label(self.tr("Notices"), "panel"))
        head.addStretch(1)
        head.addWidget(self.which)
        head.addWidget(self.clear)
        head.addWidget(self.read)
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.no_news)
        bar = column(gap=0, margins=(12, 0, 12, 8))
        bar.addWidget(self.needs)
        whole = column(gap=0, margins=(1, 1, 1, 1))
        whole.addLayout(head)
        whole.addLayout(bar)
        whole.addWidget(self.stack, 1)
        self.box.setLayout(whole)

    def _choices(self) -> list[Choice]:
        unread = str(self.told.unread or "")
        return [
            Choice("all", self.tr("All")),
            Choice("needs", self.tr("Needs you")),
            Choice(NEWS, self.tr("News"), unread),
        ]

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
        self.told.refresh()

    def _renew(self) -> None:
        # Each page that is fetched is news of the sync, and to show them takes 5 ms.
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Show what was said so far."""
        self.which.set_choices(self._choices())
        which, zone = self.which.current(), self.desk.sites.zone
        news = which == NEWS
        if news:
            rows = self.told.news_rows(read_word=self.tr("Note it as read"), zone=zone)
        else:
            only = which == "needs"
            rows = self.desk.notices.rows(only_needs=only, go_word=self.tr("Show it"), zone=zone)
        self.list.set_rows(rows)
        self.stack.setCurrentWidget(self.list if rows else self.no_news if news else self.empty)
        self.clear.setVisible(not news)
        self.read.setVisible(news and bool(self.told.unread))
        waiting = self.desk.sync.figures.needs
        words = counted(waiting, "{0} edit", "{0} edits")
        self.needs.set_text(words, self.tr("refused or at odds with somebody else's"))
        self.needs.set_acts([Act("sync", self.tr("Settle"))])
        self.needs.setVisible(bool(waiting))

    def _follow(self, index: QModelIndex) -> None:
        number = index.data(Role.KEY)
        if self.which.current() == NEWS:
            piece = self.told.find(number)
            if piece is not None and not piece.read:
                self._read([piece.id])
            return
        notice = self.desk.notices.find(int(number)) if number is not None else None
        if notice is not None and notice.page:
            self._go(notice.page, notice.target)

    def _read(self, ids: list[str] | None) -> None:
        run(self, self.told.read(ids))

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
