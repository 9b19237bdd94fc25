"""The tabs My account and Firm of the page Settings: what the cloud keeps of who is signed in (ACC-04, ACC-07 to 10).

Each fills itself anew when the cloud told something; what was typed stays, and lives in the desk's drafts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QWidget

from core.base.errors import GatewrightError
from core.entities.organisation import Role
from core.wire.accounts import AccountInfo, FirmSettings, LinkInfo, Policy
from desktop.models.desk import Desk
from desktop.models.own_account import (
    OwnAccount,
    account_draft,
    firm_draft,
    link_draft,
    password_draft,
)
from desktop.models.record_draft import RecordDraft
from desktop.models.site_form import zone_names
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.device_tabs import Scrolled
from desktop.views.form_card import FormCard
from desktop.views.policy_sheet import PolicySheet, policy_word
from desktop.views.record_form import Beside, Heading, Row
from desktop.views.widgets.base import clear, column, row
from desktop.views.widgets.boxes import Act, Card, RefusalBox
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.toggles import Toggle


class CloudTab(Scrolled):
    """A tab over `OwnAccount`: nothing yet, what was told last with a word about it, or what the cloud has now."""

    def __init__(self, desk: Desk, own: OwnAccount) -> None:
        super().__init__(desk)
        self.own = own
        self._state = column(gap=0)
        self._filled = column(gap=16)
        self.body.addLayout(self._state)
        self.body.addLayout(self._filled)
        self.box: RefusalBox | None = None
        own.changed.connect(self.show_told)

    def show_told(self) -> None:
        """Show what the cloud told, and how old that is."""
        clear(self._state)
        self.box = self._box()
        if self.box is not None:
            self.box.act.connect(lambda _key: self.own.refresh())
            self._state.addWidget(self.box)

    def _box(self) -> RefusalBox | None:
        own, again = self.own, [Act("again", self.tr("Try again"), icon="refresh-cw")]
        if own.fault:
            return RefusalBox(own.fault, acts=again, lead=self.tr("The cloud core refused:"))
        if own.busy or own.fresh:
            return None
        words = self.tr("These are kept in the cloud core, which cannot be reached now.")
        if own.told is None:
            more = self.tr("They are shown as soon as it has been asked once.")
        else:
            more = self.tr("Shown as it told them last. Saving needs it; what you type is kept until then.")
        return RefusalBox(words, more, again, lead=self.tr("Offline:"), verdict="waiting")


class FirmTab(CloudTab):
    """The firm's settings: installers and their sub-installers (ACC-10, LOG-07)."""

    def __init__(self, desk: Desk, own: OwnAccount) -> None:
        super().__init__(desk, own)
        self.card: FormCard | None = None

    def show_told(self) -> None:
        super().show_told()
        told = self.own.told
        if told is None or told.settings is None:
            return
        fresh = firm_draft(told.settings)
        draft = self.desk.draft("firm:settings", fresh)
        if self.card is not None and draft is not self.card.draft and not self.card.draft.dirty():
            self.desk.drafts["firm:settings"] = self.card.draft
            self.card.draft.rebase_on(fresh)
        elif self.card is None or draft is not self.card.draft:
            self._make(draft)

    def _make(self, draft: RecordDraft) -> None:
        clear(self._filled)
        zones = [(name, name) for name in zone_names()]
        self.card = FormCard(
            self.tr("Your firm"),
            draft,
            self._lines(),
            lambda: self.own.save_firm(draft),
            done=self._saved,
            choices={"time_zone": zones},
            note=self.tr("the same for everybody who signs in for it"),
        )
        self._filled.addWidget(self.card)

    def _lines(self) -> Sequence[Row]:
        return (
            Heading(self.tr("Time and view")),
            "time_zone",
            "project_view",
            "phone_app",
            Heading(self.tr("Billing information"), self.tr("the distributor bills by it")),
            ("billing_name", "tax_number"),
            "billing_address",
            "billing_email",
            Beside(),
            Heading(self.tr("Customer service"), self.tr("whom end users may ask")),
            ("contact_phone", "contact_email"),
            "receive_feedback",
            Heading(self.tr("Logs and mails")),
            "log_calls_without_door",
            "single_family_mails",
            Heading(self.tr("Service provider"), self.tr("printed in the end users' privacy policy")),
            "provider_information",
        )

    def _saved(self, settings: FirmSettings) -> None:
        self.desk.drafts.pop("firm:settings", None)
        if self.card is not None:
            self.card.draft.rebase_on(firm_draft(settings))
        self.desk.notice("accepted", self.tr("Your firm"), self.tr("The cloud took it."))


class AccountTab(CloudTab):
    """One's own account: name and address, password, who else may act, joined accounts, texts to read again."""

    def __init__(self, desk: Desk, own: OwnAccount) -> None:
        super().__init__(desk, own)
        self.card: FormCard | None = None
        self.password: FormCard | None = None
        self.join: FormCard | None = None
        self.grant: Toggle | None = None
        self.wanted = ""
        """The kind of the text that somebody came here to read; opened as soon as it is known."""
        self._left, self._right = column(gap=16), column(gap=16)
        self._more = column(gap=16)
        across = row(gap=16)
        for side in (self._left, self._right):
            across.addLayout(side, 1)
        self._filled.addLayout(across)

    def show_told(self) -> None:
        super().show_told()
        told = self.own.told
        if told is None:
            return
        if self.card is None:
            self._make(told.info)
        else:
            self.desk.draft("account:own", account_draft(told.info))
            self.card.draft.rebase_on(account_draft(told.info))
        clear(self._more)
        if told.firm is not None and told.firm.act_offered and self.own.role is Role.INSTALLER:
            self._more.addWidget(self._grant_card(granted=told.firm.act_granted))
        if self.own.role is Role.MANAGER and told.info.links:
            self._more.addWidget(self._links_card(told.info.links))
        if told.texts:
            self._more.addWidget(self._texts_card(told.texts))
        if self.wanted and not self.own.busy:
            self._open_wanted(told.texts)

    def _make(self, info: AccountInfo) -> None:
        draft = self.desk.draft("account:own", account_draft(info))
        self.card = FormCard(
            self.tr("My account"),
            draft,
            ("full_name", "email", "notifications"),
            lambda: self._save(draft),
            done=self._saved,
            note=info.user,
        )
        secret = password_draft()
        self.password = FormCard(
            self.tr("Password"),
            secret,
            ("old", ("new", "again")),
            lambda: self.own.save_password(secret),
            done=lambda _none: self._password_set(secret),
            verb=self.tr("Change password"),
            keys="",
            note=self.tr("ends every other session"),
        )
        for side, card in ((self._left, self.card), (self._right, self.password)):
            side.addWidget(card)
        if self.own.role is Role.MANAGER:
            self._right.addWidget(self._join_card())
        self._left.addLayout(self._more)
        for side in (self._left, self._right):
            side.addStretch(1)

    # -- one's own

    async def _save(self, draft: RecordDraft) -> AccountInfo | None:
        password = ""
        if "email" in draft.dirty():
            title = self.tr("A new e-mail address")
            words = self.tr("Your password shows that it is you. The old address is told.")
            password = await dialogs.ask_text(self.window(), title, words, secret=True) or ""
            if not password:
                return None
        return await self.own.save_account(draft, password)

    def _saved(self, info: AccountInfo | None) -> None:
        if info is None or self.card is None:
            return
        self.desk.drafts.pop("account:own", None)
        self.card.draft.rebase_on(account_draft(info))
        self.desk.notice("accepted", info.full_name, self.tr("The cloud took it."))

    def _password_set(self, draft: RecordDraft) -> None:
        draft.revert()
        words = self.tr("Every other workstation of this account is signed out.")
        self.desk.notice("accepted", self.tr("New password"), words)

    # -- who else may act

    def _grant_card(self, *, granted: bool) -> Card:
        card = Card(self.tr("Your distributor"))
        words = self.tr("May act in this account without a password")
        self.grant = Toggle(words)
        self.grant.setChecked(granted)
        self.grant.toggled.connect(self._set_grant)
        line = row(gap=8)
        line.addWidget(self.grant)
        line.addWidget(Label(words, "text", "t1"), 1)
        card.body.addLayout(line)
        more = self.tr("Off ends at once what is going on. All that is done so is logged under both names.")
        card.body.addWidget(Paragraph(more, "help", "t3"))
        return card

    def _set_grant(self, on: bool) -> None:
        run(self, self.own.set_grant(on=on), trigger=self.grant, failed=self._not_granted)

    def _not_granted(self, fault: GatewrightError) -> None:
        self._refused(self.tr("Your distributor"))(fault)
        self.show_told()

    def _refused(self, title: str) -> Callable[[GatewrightError], object]:
        return lambda fault: self.desk.notice("refused", title, spoken(fault))

    # -- joined accounts

    def _join_card(self) -> FormCard:
        draft = link_draft()
        self.join = FormCard(
            self.tr("Join another account"),
            draft,
            ("user", ("password", "code")),
            lambda: self.own.join(draft),
            done=lambda _none: self._joined(draft),
            verb=self.tr("Join it"),
            keys="",
            note=self.tr("of yours, at another installer"),
        )
        return self.join

    def _joined(self, draft: RecordDraft) -> None:
        user = draft.text("user")
        draft.revert()
        words = self.tr("Its sites are in the account's menu.")
        self.desk.notice("accepted", self.tr("Joined {0}").format(user), words)

    def _links_card(self, links: Sequence[LinkInfo]) -> Card:
        card = Card(self.tr("Joined accounts"))
        for link in links:
            line = row(gap=8)
            line.addWidget(Label(link.firm or link.full_name, "strong", elide=True), 1)
            line.addWidget(Label(link.user, "help", "t3", elide=True), 1)
            away = Button(self.tr("Unlink"), size="small")
            away.setAccessibleName(self.tr("Unlink {0}").format(link.user))
            away.clicked.connect(partial(self._part, link))
            line.addWidget(away)
            card.body.addLayout(line)
        return card

    def _part(self, link: LinkInfo) -> None:
        run(self, self.own.part(link.account), failed=self._refused(self.tr("Unlink {0}").format(link.user)))

    # -- texts

    def _texts_card(self, texts: Sequence[Policy]) -> Card:
        card = Card(self.tr("Texts you agreed to"))
        line = row(gap=8)
        for text in readable(texts, self.own.role):
            button = Button(f"{policy_word(text.kind)} {text.version}", icon="scroll-text")
            button.clicked.connect(partial(self._read, text))
            line.addWidget(button)
        line.addStretch(1)
        card.body.addLayout(line)
        return card

    def _open_wanted(self, texts: Sequence[Policy]) -> None:
        wanted, self.wanted = self.wanted, ""
        text = next((one for one in readable(texts, self.own.role) if one.kind == wanted), None)
        if text is not None:
            self._read(text)
        else:
            words = self.tr("The operator has published none.")
            self.desk.notice("waiting", policy_word(wanted), words)

    def _read(self, text: Policy) -> None:
        open_text(text, self.window())


def readable(texts: Sequence[Policy], role: Role | None) -> list[Policy]:
    """The texts that a role agrees to (ACC-03): the terms of service are the property managers'."""
    return [one for one in texts if one.kind != "terms" or role is Role.MANAGER]


def open_text(text: Policy, window: QWidget) -> PolicySheet:
    """Show a text over a window."""
    sheet = PolicySheet(text, window)
    sheet.open()
    return sheet
