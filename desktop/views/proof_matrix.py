"""The page Proof matrix: who is on which door, as read back; the gaps, why, and one push for them (picture 03)."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QStackedWidget

from core.base.errors import GatewrightError
from core.base.verdict import Verdict
from core.usecases.provision import devices_of, submit
from desktop.models.desk import Desk
from desktop.models.latest import Latest
from desktop.models.matrix import TOUCHES, MatrixModel, load_matrix
from desktop.models.words import counted, number_word, verdict_word
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.matrix_panel import MatrixPanel
from desktop.views.page import Hint, Page, PageAct
from desktop.views.widgets.base import Panel, Rule, column, row, side_by_side
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.faults import Guarded
from desktop.views.widgets.fields import LineEdit
from desktop.views.widgets.figures import CountLine, EmptyState
from desktop.views.widgets.matrix import MatrixView
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Choice, Segmented


class MatrixPage(Page):
    """The matrix of the site with the cell under the cursor beside it."""

    key: ClassVar[str] = "matrix"
    icon: ClassVar[str] = "grid-3x3"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.model = MatrixModel()
        self.view = MatrixView(name=self.tr("Proof matrix"))
        self.view.setModel(self.model)
        self.narrow = LineEdit(icon="list-filter", placeholder=self.tr("Type to narrow"))
        self.narrow.setAccessibleName(self.tr("Narrow people or doors"))
        self.narrow.setFixedHeight(theme().px(26))
        self.which = Segmented(
            [Choice("all", self.tr("All")), Choice("gaps", self.tr("Only gaps"))], name=self.tr("Rows")
        )
        self.head = PageHead(self.title)
        self.counts = CountLine({})
        self.panel = MatrixPanel(desk)
        self.fetched = self._shut = False
        self._nobody = False
        self._here: tuple[str, str] = ("", "")
        self._latest = Latest(desk.tasks, self._load, failed=self._failed, settled=self.settled.emit)
        self._build()
        self._add_acts()
        self._connect()
        self._latest.ask()

    @property
    def title(self) -> str:
        return self.tr("Proof matrix")

    def _build(self) -> None:
        self.view.set_corner(self.narrow)
        self.empty = EmptyState(
            self.tr("Nothing is meant for any door yet"),
            self.tr(
                "People in access groups stand here against the doors of these groups, as soon as there are both."
            ),
            [Act("residents", self.tr("Open residents"), "primary", "users")],
            icon="grid-3x3",
        )
        self.empty.act.connect(self.desk.go)
        self.no_match = EmptyState(
            self.tr("Nothing matches"),
            self.tr("No person and no door has these words, or there is no gap."),
            [Act("all", self.tr("Show everything"))],
            icon="search",
        )
        self.no_match.act.connect(lambda _key: self.show_all())
        self.stack = QStackedWidget()
        for widget in (self.view, self.empty, self.no_match):
            self.stack.addWidget(widget)
        hold = row(gap=0, margins=(16, 6, 16, 8))
        hold.addWidget(self.counts)
        hold.addStretch(1)
        left = Panel("sheet")
        whole = column(gap=0)
        whole.addWidget(self.head)
        whole.addLayout(hold)
        whole.addWidget(Rule())
        self.guard = Guarded(self.stack)
        self.guard.retry.connect(self._latest.ask)
        whole.addWidget(self.guard, 1)
        left.setLayout(whole)
        self.splitter = side_by_side(left, self.panel)
        outer = column(gap=0)
        outer.addWidget(self.splitter)
        self.setLayout(outer)

    def _add_acts(self) -> None:
        none, closed = self._no_gaps, self._no_cell
        acts = (
            PageAct(
                "verify",
                self.tr("Read all doors again"),
                self._verify,
                "refresh-cw",
                "R",
                reason=self._no_doors,
            ),
            PageAct("push", self.tr("Push the gaps"), self._push, "arrow-up", "Ctrl+Return", "primary", none),
            PageAct(
                "next", self.tr("Next gap"), self.view.next_gap, "arrow-right", "G", reason=none, button=False
            ),
            PageAct(
                "push_one",
                self.tr("Push this door"),
                self._push_one,
                "arrow-up",
                "P",
                reason=closed,
                button=False,
            ),
            PageAct(
                "person",
                self.tr("Open the person"),
                self._open_person,
                "users",
                "E",
                reason=closed,
                button=False,
            ),
        )
        for act in acts:
            self.add_act(act)
        self.head.add_act(self.which)
        for act in acts[:2]:
            self.head.add_act(self.act_button(act))

    def _connect(self) -> None:
        self.narrow.textChanged.connect(lambda _text: self._narrow())
        self.which.changed.connect(lambda _key: self._narrow())
        self.view.cursor_changed.connect(self._moved)
        self.view.opened.connect(self._open_cell)
        self.panel.closed.connect(self.panel.hide)
        self.panel.push_asked.connect(lambda: self.do("push_one"))
        self.panel.all_asked.connect(lambda: self.do("push"))
        self.panel.person_asked.connect(lambda: self.do("person"))
        self.desk.feed.delivered.connect(self._on_changes)
        self.desk.sites.chosen.connect(self._latest.ask)

    # -- data

    async def _load(self) -> None:
        data = await load_matrix(self.desk.ctx, self.desk.sites.site_id)
        if self._shut:
            return  # the window closed meanwhile, and its widgets with it
        self.model.show(data, self.desk.ctx.clock.now(), self.desk.sites.zone)
        if data.rows and not self.fetched:
            self.panel.show()
        self.fetched = True
        self.guard.set_fault(None)
        self._show()

    def _failed(self, fault: GatewrightError) -> None:
        self.guard.set_fault(fault, kept=self.fetched)

    def _on_changes(self, changes: list[Any]) -> None:
        if any(c.touches(*TOUCHES) for c in changes):
            self._latest.ask()

    def _show(self) -> None:
        data = self.model.data_of
        people = sum(1 for r in data.rows if not r.nobody)
        words = self.tr("{0}, {1}").format(
            counted(people, "{0} person", "{0} people"), counted(len(data.devices), "{0} door", "{0} doors")
        )
        self.head.set_note(words if data.rows else "")
        self.counts.set_counts(
            {v.value: f"{verdict_word(v)} {number_word(n)}" for v, n in data.totals().items()}
        )
        gaps = len(data.gaps())
        self.desk.badges.tell(self.key, number_word(gaps) if gaps else "", needs=bool(gaps))
        button = self.button("push")
        if button is not None:
            button.setText(
                self.tr("Push the gaps {0}").format(number_word(gaps)) if gaps else self.tr("Push the gaps")
            )
        whole = self.stack
        shown = self.view if self.model.rows and self.model.columns else None
        whole.setCurrentWidget(shown or (self.no_match if self.model.narrowed and data.rows else self.empty))
        if not data.rows:
            self.panel.hide()
        self._restore()
        self.refresh_acts()

    def _restore(self) -> None:
        """Put the cursor back on its person and door; in the beginning, on the first gap."""
        keys = [r.key for r in self.model.rows]
        doors = [d.id for d in self.model.columns]
        if self._nobody:
            self._nobody = False
            at = next((n for n, r in enumerate(self.model.rows) if r.nobody), -1)
            if at >= 0:
                self.view.set_cursor(at, 0)
                return
        if self._here[0] in keys and self._here[1] in doors:
            self.view.set_cursor(keys.index(self._here[0]), doors.index(self._here[1]))
        elif self.model.rows and self.model.columns and not self.view.next_gap():
            self.view.set_cursor(0, 0)

    def _narrow(self) -> None:
        self.model.narrow(self.narrow.text(), only_gaps=self.which.current() == "gaps")
        self._show()

    def show_all(self) -> None:
        """Take the narrowing away."""
        self.narrow.clear()
        self.which.set_current("all")

    # -- the cell

    def _moved(self, index: QModelIndex) -> None:
        if not index.isValid() or index.row() >= len(self.model.rows):
            return
        person, door = self.model.rows[index.row()], self.model.columns[index.column()]
        self._here = (person.key, door.id)
        self.panel.show_cell(person, door, self.model.cell(index.row(), index.column()), self.model.data_of)
        self.refresh_acts()

    def _open_cell(self, index: QModelIndex) -> None:
        self.panel.show()
        self._moved(index)

    def _no_cell(self) -> str:
        return "" if self.view.currentIndex().isValid() else self.tr("Put the cursor on a cell first.")

    def _no_gaps(self) -> str:
        return "" if self.model.data_of.gaps() else self.tr("Everybody is proved on every door.")

    def _no_doors(self) -> str:
        return "" if self.model.data_of.devices else self.tr("There is no door yet.")

    # -- acts

    def _push(self) -> None:
        self._submit({d for _, d, _ in self.model.data_of.gaps()}, send=True)

    def _push_one(self) -> None:
        self._submit({self._here[1]}, send=True)

    def _verify(self) -> None:
        self._submit({d.id for d in self.model.data_of.devices}, send=False)

    def _submit(self, ids: set[str], *, send: bool) -> None:
        async def work() -> int:
            found = [d for d in await devices_of(self.desk.ctx, self.desk.sites.site_id) if d.id in ids]
            await submit(self.desk.ctx, found, send=send)
            return len(found)

        words = self.tr("Only what differs is sent, then read back. Foreign cards stay until you decide.")
        if not send:
            words = self.tr("Nothing is sent; every door is read and compared.")
        run(self, work(), done=lambda n: self._queued(n, words), failed=self.fail(self.tr("Not queued")))

    def _queued(self, count: int, words: str) -> None:
        self.desk.notice("waiting", counted(count, "{0} device queued", "{0} devices queued"), words)

    def _open_person(self) -> None:
        person = self._here[0]
        if not person.startswith("nobody:"):
            self.desk.go("residents", person)

    # -- life

    def enter(self, target: object = None) -> None:
        self._nobody = target == "nobody"
        self.splitter.setSizes([max(1, self.width() - theme().px(340)), theme().px(340)])
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self._latest.ask()

    def shut(self) -> None:
        self._shut = True
        self._latest.close()

    @property
    def is_settled(self) -> bool:
        return (self.fetched or self.guard.has_fault) and not self._latest.busy

    def status(self) -> list[StatusItem]:
        data = self.model.data_of
        waiting = {r for r, _, c in data.gaps() if not r.startswith("nobody:")}
        items = [
            StatusItem(
                self.tr("people not yet on every door"), mark="waiting", strong=number_word(len(waiting))
            )
        ]
        names = [d.name for d in data.devices if d.id in data.away]
        if names:
            items.append(
                StatusItem(
                    self.tr("{0} not reached").format(", ".join(names)), mark=Verdict.UNREACHABLE.value
                )
            )
        return items if data.rows else []

    def hints(self) -> list[Hint]:
        return [
            (["←↑↓→"], self.tr("move")),
            ("G", self.tr("next gap")),
            ("P", self.tr("push door")),
            ("E", self.tr("person")),
        ]
