"""The page Installers: a distributor's firms, what they hold, and what they are allowed (ACC-02, ACC-08, ACC-09)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ClassVar

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.base.errors import GatewrightError
from core.schema.field import Secret, Text
from core.wire.accounts import ChangeFirm, FirmInfo, NewFirm
from desktop.models.desk import Desk
from desktop.models.firms import (
    TOUCHES,
    FirmBook,
    FirmLine,
    firm_book,
    firm_columns,
    firm_filters,
    load_firms,
)
from desktop.models.record_draft import DraftField, RecordDraft
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import counted, number_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.page import Hint, PageAct
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import Rule, column, row
from desktop.views.widgets.boxes import Act, Section
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import EmptyState, KeyValues, Pair
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.toggles import Toggle


class InstallersPage(TablePage):
    """The installers below the signed-in distributor."""

    key: ClassVar[str] = "installers"
    icon: ClassVar[str] = "square-user"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.infos: tuple[FirmInfo, ...] = ()
        self._fault = ""
        plan = RowsPlan(load=self._load, touches=TOUCHES, key=lambda x: x.firm.id, words=lambda x: x.contact)
        self.rows = RowsTable(firm_columns(), plan, desk.tasks, desk.feed, filters=firm_filters(self._all))
        self.build(self.rows, self.title)
        self._form: RecordForm | None = None
        self._add_acts()

    @property
    def title(self) -> str:
        return self.tr("Installers")

    async def _load(self) -> Sequence[FirmLine]:
        return await load_firms(self.desk.ctx, self.infos)

    def _all(self) -> Sequence[FirmLine]:
        return self.rows.all_rows()

    def _add_acts(self) -> None:
        ask = PageAct(
            "ask", self.tr("Ask the cloud"), self.ask_cloud, "refresh-cw", "R", reason=self._offline
        )
        new = PageAct("new", self.tr("New installer"), self.new_firm, "plus", "N", "primary", self._offline)
        self.add_act(ask)
        self.add_act(new)
        for act in (ask, new):
            self.head.add_act(self.act_button(act))
        empty = EmptyState(
            self.tr("No installer yet"),
            self.tr(
                "An installer signs in with its own account, and adopts devices whose addresses you hand over."
            ),
            [Act("new", self.tr("New installer"), "primary", "plus")],
            icon="square-user",
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    def _book(self) -> FirmBook | None:
        return firm_book(self.desk.station)

    def _offline(self) -> str:
        return "" if self._book() is not None else self.tr("This takes the cloud, and there is none to ask.")

    # -- the cloud

    def ask_cloud(self) -> None:
        """Read what every installer is allowed."""
        book = self._book()
        if book is not None:
            run(self, book.firms(), trigger=self.button("ask"), done=self._asked, failed=self._not_asked)

    def _asked(self, infos: list[FirmInfo]) -> None:
        self.infos, self._fault = tuple(infos), ""
        self.rows.reload()

    def _not_asked(self, fault: GatewrightError) -> None:
        self._fault = spoken(fault)
        self.desk.notice("unreachable", self.tr("What installers are allowed is not known"), self._fault)

    def change(self, line: FirmLine, change: ChangeFirm) -> None:
        """Change what an installer is allowed; the switch follows what the cloud says, not the click."""
        book = self._book()
        if book is not None:
            work = book.change(line.firm.id, change)
            run(self, work, done=self._changed, failed=lambda fault: self._not_changed(line, fault))

    def _changed(self, info: FirmInfo) -> None:
        self.infos = (*(i for i in self.infos if i.id != info.id), info)
        self.desk.notice("accepted", info.name, self.tr("The cloud took it."))
        self.rows.reload()

    def _not_changed(self, line: FirmLine, fault: GatewrightError) -> None:
        self.desk.notice("refused", self.tr("{0}: not changed").format(line.firm.name), spoken(fault))
        self.open_panel(line)

    # -- one firm

    def fill_panel(self, row: FirmLine) -> None:
        self._form = None
        panel = self.panel
        panel.clear_body()
        panel.set_title(row.firm.name)
        panel.set_picture(Avatar(row.firm.name, size=40, square=True))
        panel.set_lines((row.contact or self.tr("no account yet"), "help", "t2"))
        pairs = [
            Pair(self.tr("Addresses"), number_word(row.macs)),
            Pair(self.tr("Installed"), number_word(row.bound)),
            Pair(self.tr("Sites"), number_word(row.sites)),
            Pair(self.tr("Accounts"), number_word(len(row.accounts))),
        ]
        panel.body.addWidget(KeyValues(pairs, label_width=76))
        panel.body.addWidget(Rule())
        panel.body.addWidget(Section(self.tr("What the installer may do")))
        panel.body.addLayout(self._switches(row))
        panel.body.addWidget(Rule())
        panel.body.addWidget(Section(self.tr("Accounts"), end=number_word(len(row.accounts))))
        for account in row.accounts:
            panel.body.addWidget(
                Label(f"{account.full_name} · {account.user_name}", "help", "t1", elide=True)
            )
        panel.foot.clear_acts()
        library = Button(self.tr("Its addresses"), "primary", icon="barcode")
        library.clicked.connect(lambda: self.desk.go("macs", row.firm.id))
        panel.foot.add_act(library)
        panel.show_foot()

    def _switches(self, line: FirmLine) -> QVBoxLayout:
        body = column(gap=10)
        info = line.info
        granted = info is not None and info.act_granted
        access = self.tr("It has granted it: you may act in its account, under both names in its log.")
        offered = self.tr("Once on, the installer may let you act in its account without a password.")
        for words, note, on, change in (
            (
                self.tr("Two-factor sign-in"),
                self.tr("A code by e-mail is asked of every account of the firm."),
                info is not None and info.two_factor,
                lambda on: ChangeFirm(two_factor=on),
            ),
            (
                self.tr("May pay fees"),
                self.tr("Subscriptions and renewals can be paid by the installer itself."),
                info is not None and info.may_pay,
                lambda on: ChangeFirm(may_pay=on),
            ),
            (
                self.tr("Access feature"),
                access if granted else offered,
                info is not None and info.act_offered,
                lambda on: ChangeFirm(act_offered=on),
            ),
        ):
            body.addLayout(self._switch(line, (words, note), change, on=on))
        if info is None:
            reason = self._offline() or self._fault or self.tr("The cloud is being asked.")
            body.addWidget(Paragraph(reason, "help", "t2"))
        return body

    def _switch(
        self, line: FirmLine, words: tuple[str, str], change: Callable[[bool], ChangeFirm], *, on: bool
    ) -> QHBoxLayout:
        toggle = Toggle(words[0])
        toggle.setChecked(on)
        toggle.setEnabled(line.info is not None and self._book() is not None)
        toggle.clicked.connect(lambda now: self.change(line, change(now)))
        one = row(gap=10)
        text = column(gap=0)
        text.addWidget(Label(words[0], "strong"))
        text.addWidget(Paragraph(words[1], "help", "t3"))
        one.addWidget(toggle)
        one.addLayout(text, 1)
        return one

    # -- a new one

    def new_firm(self) -> None:
        """The form of a new installer; the cloud makes it, so it takes the network."""
        self._shown = None
        panel = self.panel
        panel.clear_body()
        panel.set_title(self.tr("New installer"))
        panel.set_picture(Avatar("+", size=40, square=True))
        panel.set_lines((self.tr("Without a password, one goes out by e-mail."), "help", "t2"))
        texts = (
            ("name", self.tr("Firm"), True),
            ("full_name", self.tr("Name of the first account"), True),
            ("user", self.tr("User name"), True),
            ("email", self.tr("E-mail"), True),
            ("password", self.tr("Password"), False),
        )
        fields = [
            DraftField(
                n, Secret(max_len=128) if n == "password" else Text(max_len=128), label, required=needed
            )
            for n, label, needed in texts
        ]
        draft = self.desk.draft("installer:new", RecordDraft(fields, {}, new=True))
        self._form = form = RecordForm(draft)
        panel.body.addWidget(form)
        SaveBar(
            panel.foot,
            form,
            lambda: self._make(draft),
            done=self._made,
            verb=self.tr("Add installer"),
            revert=self._dropped,
        )
        panel.show_foot()
        if not panel.isVisibleTo(self):
            panel.setVisible(True)
            self._give_room()
            self.pane.fit_columns()
        form.focus_first()

    def _make(self, draft: RecordDraft) -> Coroutine[Any, Any, FirmInfo]:
        book = self._book()
        values = {n: draft.text(n).strip() for n in draft.fields}
        if book is None:
            return _refuse(self._offline())
        return book.add(NewFirm(**values))

    def _made(self, info: FirmInfo) -> None:
        self._dropped()
        self.infos = (*self.infos, info)
        words = self.tr("It appears in the list with the next sync.")
        self.desk.notice("accepted", self.tr("{0} is made").format(info.name), words)
        run(self, self.desk.station.sync_now(), failed=lambda _fault: None)

    def _dropped(self) -> None:
        self.desk.drafts.pop("installer:new", None)
        self.close_panel()

    def same_row(self, row: FirmLine) -> FirmLine | None:
        return next((x for x in self._all() if x.firm.id == row.firm.id), None)

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if not self.infos and self._book() is not None:
            self.ask_cloud()

    def _counted(self) -> None:
        lines = self._all()
        self.head.set_note(counted(len(lines), "{0} firm", "{0} firms") if lines else "")
        self.desk.badges.tell(self.key, number_word(len(lines)) if lines else "")
        super()._counted()

    def hints(self) -> list[Hint]:
        return [
            ("N", self.tr("new")),
            ("R", self.tr("ask the cloud")),
            ("Enter", self.tr("open")),
            ("F", self.tr("filter")),
        ]


async def _refuse(words: str) -> FirmInfo:
    raise GatewrightError("firms.offline", words)
