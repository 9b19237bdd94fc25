"""The page Users: property managers with their sites, and sub-installers (ACC-05, ACC-06)."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, ClassVar

from core.base.errors import GatewrightError, UnreachableError
from core.entities.organisation import Role
from core.ports.cloud import AccountDoor
from core.usecases import account
from core.wire.accounts import AccountInfo, Accounts, ChangeAccount, NewAccount, Said
from desktop.models.desk import Desk
from desktop.models.record_draft import RecordDraft
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.users import (
    TOUCHES,
    UserLine,
    account_door,
    load_users,
    role_word,
    user_columns,
    user_draft,
    user_filters,
    user_row_look,
)
from desktop.models.words import counted, number_word
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.menus import Entry, popup
from desktop.views.page import Hint, PageAct
from desktop.views.record_form import RecordForm, SaveBar
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import Rule, column
from desktop.views.widgets.boxes import Act, RefusalBox, Section
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.toggles import CheckBox


class UsersPage(TablePage):
    """Whoever signs in for this installer, or manages one of its sites."""

    key: ClassVar[str] = "users"
    icon: ClassVar[str] = "square-user"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.infos: tuple[AccountInfo, ...] = ()
        self._fault = ""
        self.form: RecordForm | None = None
        self.bar: SaveBar | None = None
        plan = RowsPlan(load=self._load, touches=TOUCHES, key=lambda x: x.account_id, row_look=user_row_look)
        self.rows = RowsTable(user_columns(), plan, desk.tasks, desk.feed, filters=user_filters())
        self.build(self.rows, self.tr("Users"), ticks=False)
        self._add_acts()

    @property
    def title(self) -> str:
        return self.tr("Users")

    async def _load(self) -> Sequence[UserLine]:
        return await load_users(self.desk.ctx, self.infos)

    def _add_acts(self) -> None:
        offline, one = self._offline, self._nobody
        ask = PageAct("ask", self.tr("Ask the cloud"), self.ask_cloud, "refresh-cw", "R", reason=offline)
        new = PageAct("new", self.tr("New user"), self._choose_role, "plus", "N", "primary", offline)
        for act in (ask, new):
            self.add_act(act)
            self.head.add_act(self.act_button(act))
        for role, words in (
            (Role.MANAGER, self.tr("New property manager")),
            (Role.SUB_INSTALLER, self.tr("New sub-installer")),
        ):
            make = partial(self.new_user, role)
            self.add_act(PageAct(f"new_{role.value}", words, make, "user-plus", reason=offline, button=False))
        for key, words, run_it, icon in (
            ("password", self.tr("Mail a new password…"), self._password, "mail"),
            ("factor", self.tr("Forget its authenticator app…"), self._factor, "shield-check"),
            ("remove", self.tr("Delete the account…"), self._remove, "trash-2"),
        ):
            self.add_act(PageAct(key, words, run_it, icon, reason=one, button=False))
        self._show_empty()

    def _show_empty(self) -> None:
        """Nobody yet; or not known, and why: what the cloud did not tell is not nothing."""
        if self._fault:
            again = Act("ask", self.tr("Try again"), icon="refresh-cw")
            empty = EmptyState(self.tr("Not known yet"), self._fault, [again], icon="cloud-off")
        else:
            words = self.tr(
                "A manager runs the sites it is given; a sub-installer sees what you see, under its own name."
            )
            first = Act("new_manager", self.tr("New property manager"), "primary", "user-plus")
            empty = EmptyState(self.tr("Nobody but you yet"), words, [first], icon="square-user")
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    # -- the cloud

    def _door(self) -> AccountDoor | None:
        return account_door(self.desk.station)

    def _offline(self) -> str:
        return (
            "" if self._door() is not None else self.tr("Accounts are the cloud's, and there is none to ask.")
        )

    def _nobody(self) -> str:
        return self._offline() or ("" if self.pane.current() else self.tr("Put the cursor on a user first."))

    def _need_door(self) -> AccountDoor:
        door = self._door()
        if door is None:
            raise UnreachableError("users.offline", self._offline())
        return door

    def ask_cloud(self) -> None:
        """Read every account as the cloud has it now."""
        door = self._door()
        if door is not None:
            run(
                self,
                account.accounts(door),
                trigger=self.button("ask"),
                done=self._asked,
                failed=self._not_asked,
            )

    def _asked(self, found: Accounts | None) -> None:
        if found is not None:
            self.infos, self._fault = tuple(found.accounts), ""
            self._show_empty()
            self.rows.reload()

    def _not_asked(self, fault: GatewrightError) -> None:
        self._fault = spoken(fault)
        self.head.set_note(self._fault)
        self._show_empty()

    # -- one user

    def fill_panel(self, row: UserLine) -> None:
        panel = self.panel
        panel.clear_body()
        panel.set_title(row.name)
        panel.set_picture(Avatar(row.name, size=40))
        panel.set_lines((f"{role_word(row.role)} · {row.user}", "help", "t2"))
        if row.info is None:
            reason = self._offline() or self._fault or self.tr("The cloud is being asked.")
            panel.body.addWidget(RefusalBox(reason, lead=self.tr("Not known yet:"), verdict="waiting"))
            panel.show_foot(shown=False)
            return
        draft = self.desk.draft(f"user:{row.account_id}", user_draft(row, row.role))
        self._show_form(draft, lambda: self._change(draft, row), self.tr("Save"))
        if row.manager:
            panel.body.addWidget(Rule())
            panel.body.addWidget(Section(self.tr("Sites"), number_word(len(row.info.sites))))
            panel.body.addLayout(self._site_ticks(row))

    def _show_form(self, draft: RecordDraft, save: Any, verb: str) -> None:
        self.form = RecordForm(draft)
        self.panel.body.addWidget(self.form)
        self.bar = SaveBar(
            self.panel.foot, self.form, save, done=self._saved, verb=verb, revert=self._reverted
        )
        self.panel.show_foot()

    def _site_ticks(self, row: UserLine) -> Any:
        """Exactly these sites; a tick is sent at once and the list follows what the cloud says."""
        ticks = column(gap=6)
        held = set(row.info.sites) if row.info else set()
        for line in self.desk.sites.lines:
            box = CheckBox(line.site.name)
            box.setChecked(line.site.id in held)
            box.clicked.connect(partial(self._assign, row, line.site.id))
            ticks.addWidget(box)
        if not self.desk.sites.lines:
            ticks.addWidget(Paragraph(self.tr("Make a site first."), "help", "t2"))
        return ticks

    def _assign(self, row: UserLine, site_id: str, on: bool) -> None:
        held = set(row.info.sites) if row.info else set()
        wanted = held | {site_id} if on else held - {site_id}
        door = self._door()
        if door is not None:
            work = account.assign(door, row.account_id, sorted(wanted))
            run(self, work, done=self._took, failed=partial(self._not_taken, row))

    def _took(self, info: AccountInfo | None) -> None:
        if info is not None:
            self.infos = (*(i for i in self.infos if i.id != info.id), info)
            self.rows.reload()

    def _not_taken(self, row: UserLine, fault: GatewrightError) -> None:
        self.desk.notice("refused", self.tr("{0}: not changed").format(row.name), spoken(fault))
        self.open_panel(row)

    async def _change(self, draft: RecordDraft, row: UserLine) -> AccountInfo:
        values, dirty = draft.values(), set(draft.dirty())
        change = ChangeAccount(**{n: values[n] for n in dirty})
        return await account.change_account(self._need_door(), row.account_id, change)

    def _saved(self, info: AccountInfo) -> None:
        for key in (f"user:{info.id}", "user:new:manager", "user:new:sub_installer"):
            self.desk.drafts.pop(key, None)
        self.desk.notice("accepted", info.full_name, self.tr("The cloud took it."))
        self._took(info)
        self.close_panel()

    def _reverted(self) -> None:
        if self.form is not None and self.form.draft.new:
            self.close_panel()

    # -- a new one

    def _choose_role(self) -> None:
        beside = self.button("new")
        if beside is not None:
            entries = [
                Entry(self.tr("Property manager"), partial(self.new_user, Role.MANAGER), "building-2"),
                Entry(self.tr("Sub-installer"), partial(self.new_user, Role.SUB_INSTALLER), "wrench"),
            ]
            popup(beside, entries)

    def new_user(self, role: Role) -> None:
        """The form of a new account."""
        self._shown = None
        panel = self.panel
        panel.clear_body()
        panel.set_title(self.tr("New {0}").format(role_word(role).lower()))
        panel.set_picture(Avatar("+", size=40))
        panel.set_lines((self.tr("User name and password go out by e-mail."), "help", "t2"))
        draft = self.desk.draft(f"user:new:{role.value}", user_draft(None, role))
        self._show_form(draft, lambda: self._make(draft, role), self.tr("Add"))
        if not panel.isVisibleTo(self):
            panel.setVisible(True)
            self._give_room()
            self.pane.fit_columns()
        if self.form is not None:
            self.form.focus_first()

    def _make(self, draft: RecordDraft, role: Role) -> Coroutine[Any, Any, AccountInfo]:
        values = {n: v for n, v in draft.values().items() if v not in {None, ""}}
        sites = [self.desk.sites.site_id] if role is Role.MANAGER and self.desk.sites.site_id else []
        return account.add(self._need_door(), NewAccount(role=role.value, sites=sites, **values))

    # -- acts on one

    def _password(self) -> None:
        title, text = self.tr("Mail a new password to {0}"), self.tr("The present one stops working at once.")
        self._ask(title, text, account.reset_password)

    def _factor(self) -> None:
        title, text = (
            self.tr("Forget the app of {0}"),
            self.tr("It signs in by e-mail until it sets one up again."),
        )
        self._ask(title, text, account.reset_totp)

    def _remove(self) -> None:
        title, text = (
            self.tr("Delete {0}"),
            self.tr("It is signed out everywhere. What it did stays in the audit."),
        )
        self._ask(title, text, account.remove, danger=True)

    def _ask(self, title: str, text: str, verb: Any, *, danger: bool = False) -> None:
        row = self.pane.current()
        if row is not None:
            words = title.format(row.name)
            run(
                self,
                self._ask_first(row, words, text, verb, danger=danger),
                failed=partial(self._not_taken, row),
            )

    async def _ask_first(self, row: UserLine, title: str, text: str, verb: Any, *, danger: bool) -> None:
        if await dialogs.confirm(self.window(), title, text, title, danger=danger):
            said: Said = await verb(self._need_door(), row.account_id)
            self.desk.notice("accepted", row.name, said.message or title)
            self.ask_cloud()

    # -- life

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if not self.infos and self._door() is not None:
            self.ask_cloud()

    def close_panel(self) -> None:
        self.form = self.bar = None
        super().close_panel()

    def same_row(self, row: UserLine) -> UserLine | None:
        return next((x for x in self.rows.all_rows() if x.account_id == row.account_id), None)

    def _counted(self) -> None:
        lines = self.rows.all_rows()
        words = counted(len(lines), "{0} account", "{0} accounts") if lines else ""
        self.head.set_note(self._fault or words)
        self.desk.badges.tell(self.key, number_word(len(lines)) if lines else "")
        super()._counted()

    def hints(self) -> list[Hint]:
        return [("N", self.tr("new")), ("R", self.tr("ask the cloud")), ("Enter", self.tr("open"))]
