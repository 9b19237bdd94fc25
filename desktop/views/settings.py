"""The page Settings: this computer, one's own account, the installer's firm or the manager's site."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from core.entities.organisation import Role
from desktop.models.desk import Desk
from desktop.models.own_account import OwnAccount
from desktop.models.words import number_word, time_word, translate
from desktop.qt.language import LANGUAGES
from desktop.qt.theme import theme
from desktop.views.device_tabs import Scrolled
from desktop.views.page import Page, PageAct
from desktop.views.settings_site import SiteTab
from desktop.views.settings_tabs import AccountTab, CloudTab, FirmTab
from desktop.views.widgets.base import clear, column, row, under_tabs
from desktop.views.widgets.boxes import Card
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.labels import Label
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Choice, Segmented, Tabs

VERSION = "0.1.0"
TEXTS = ("privacy", "terms")
"""Targets that open a text over the tab My account (ACC-03)."""


class ComputerTab(Scrolled):
    """Look, cloud and program of this computer. Everything acts at once; there is no Save."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._cloud = column(gap=6)
        self.controls: dict[str, Segmented] = {}
        cloud = Card(self.tr("Cloud core"))
        cloud.body.addLayout(self._cloud)
        left = column(gap=16)
        for card in (self._looks(), cloud, self._about()):
            left.addWidget(card)
        held = row(gap=0)
        held.addLayout(left, 3)
        held.addStretch(2)
        self.body.addLayout(held)
        desk.sync.changed.connect(self.show_cloud)
        desk.preferences.changed.connect(self._follow)

    def _looks(self) -> Card:
        card = Card(self.tr("Look"))
        themes = [
            Choice("system", self.tr("As the system")),
            Choice("light", self.tr("Light")),
            Choice("dark", self.tr("Dark")),
            Choice("contrast", self.tr("High contrast")),
        ]
        rows = [
            Choice("dense", self.tr("Dense, 28 px")),
            Choice("comfortable", self.tr("Comfortable, 36 px")),
        ]
        sizes = [Choice(str(n), f"{n} %") for n in (90, 100, 115, 130, 150)]
        card.body.addLayout(self._languages())
        card.body.addLayout(self._line("theme", self.tr("Theme"), themes))
        card.body.addLayout(self._line("density", self.tr("Rows of tables"), rows))
        card.body.addLayout(self._line("text_percent", self.tr("Size of text"), sizes))
        return card

    def _languages(self) -> QHBoxLayout:
        words = self.tr("Language")
        choices = [("", self.tr("As the system")), *((x.code, x.name) for x in LANGUAGES)]
        box = ChoiceBox(choices, current=self.desk.preferences.text("language"))
        box.setAccessibleName(words)
        box.setMinimumContentsLength(max(len(name) for _, name in choices))
        box.chosen.connect(lambda code: self._set("language", str(code)))
        return self._labelled(words, box)

    def _labelled(self, words: str, control: QWidget) -> QHBoxLayout:
        line = row(gap=12)
        label = Label(words, "text", "t2")
        label.setMinimumWidth(theme().px(120))
        line.addWidget(label)
        line.addWidget(control)
        line.addStretch(1)
        return line

    def _line(self, key: str, words: str, choices: list[Choice]) -> QHBoxLayout:
        control = Segmented(choices)
        control.setAccessibleName(words)
        value = str(self.desk.preferences.get(key))
        if value in {c.key for c in choices}:
            control.set_current(value)
        control.changed.connect(lambda chosen: self._set(key, chosen))
        self.controls[key] = control
        return self._labelled(words, control)

    def _set(self, key: str, chosen: str) -> None:
        self.desk.preferences.set(key, int(chosen) if key == "text_percent" else chosen)

    def _follow(self, key: str) -> None:
        control = self.controls.get(key)
        if control is not None:
            control.blockSignals(True)
            control.set_current(str(self.desk.preferences.get(key)))
            control.blockSignals(False)

    def show_cloud(self) -> None:
        """Show how the cloud stands."""
        clear(self._cloud)
        figures, now, zone = self.desk.sync.figures, self.desk.ctx.clock.now(), self.desk.sites.zone
        actor = self.desk.ctx.actor
        state = (
            self.tr("reached")
            if figures.offline_since is None
            else self.tr("offline since {0}").format(time_word(figures.offline_since, now, zone))
        )
        pairs = [
            Pair(self.tr("Address"), self.desk.station.cloud or self.tr("none"), mono=True),
            Pair(self.tr("Account"), actor.name if actor else "—"),
            Pair(self.tr("State"), state),
            Pair(self.tr("Confirmed"), time_word(figures.confirmed_at, now, zone) or self.tr("never")),
            Pair(self.tr("Waiting"), self.tr("{0} edits").format(number_word(figures.here + figures.sent))),
        ]
        self._cloud.addWidget(KeyValues(pairs, label_width=110))
        line = row(gap=8, margins=(0, 6, 0, 0))
        button = Button(self.tr("Open the sync centre"))
        button.clicked.connect(lambda: self.desk.go("sync"))
        line.addWidget(button)
        line.addStretch(1)
        self._cloud.addLayout(line)

    def _about(self) -> Card:
        card = Card(self.tr("About"))
        pairs = [
            Pair("Gatewright", VERSION),
            Pair(self.tr("Licence"), "Apache-2.0"),
            Pair(self.tr("Workstation"), self.desk.ctx.workstation),
        ]
        card.body.addWidget(KeyValues(pairs, label_width=110))
        words = self.tr(
            "Everything on this laptop is in one encrypted file; its key is in the system's key ring."
        )
        card.body.addWidget(Paragraph(words, "help", "t3"))
        return card


class SettingsPage(Page):
    """Tabs: this computer, my account, the firm (installers), the site (managers).

    `target` names a tab, or a text to read.
    """

    key: ClassVar[str] = "settings"
    icon: ClassVar[str] = "settings"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.own = OwnAccount(desk.ctx, desk.station, desk.tasks)
        self.head = PageHead(self.tr("Settings"))
        self.computer = ComputerTab(desk)
        self.account = AccountTab(desk, self.own)
        self.firm = FirmTab(desk, self.own) if self.own.has_firm else None
        self.parts: dict[str, QWidget] = {"computer": self.computer, "account": self.account}
        choices = [Choice("computer", self.tr("This computer")), Choice("account", self.tr("My account"))]
        if self.firm is not None:
            self.parts["firm"] = self.firm
            choices.append(Choice("firm", self.tr("Firm")))
        self.site = SiteTab(desk) if self.own.role is Role.MANAGER else None
        if self.site is not None:
            self.parts["site"] = self.site
            choices.append(Choice("site", self.tr("Site")))
        self.tabs = Tabs(choices)
        self.stack = QStackedWidget()
        self._build()
        self._add_acts(choices)
        self.own.changed.connect(self._told)

    @property
    def title(self) -> str:
        return self.tr("Settings")

    def _build(self) -> None:
        for part in self.parts.values():
            self.stack.addWidget(part)
        self.setLayout(under_tabs([self.head], self.tabs, self.stack))
        self.tabs.changed.connect(self.show_tab)

    def _add_acts(self, choices: list[Choice]) -> None:
        for choice in choices:
            words = self.tr("Settings: {0}").format(choice.text)
            self.add_act(
                PageAct(
                    f"tab_{choice.key}", words, partial(self.show_tab, choice.key), "settings", button=False
                )
            )
        ask = PageAct("ask", self.tr("Ask the cloud"), self.own.refresh, "refresh-cw", "R", button=False)
        sync = PageAct("sync", self.tr("Sync now"), lambda: self.desk.go("sync"), "refresh-cw", button=False)
        save = PageAct("save", self.tr("Save"), self.save, "check", "Ctrl+S", button=False)
        for act in (ask, sync, save):
            self.add_act(act)

    @property
    def tab(self) -> str:
        """The key of the tab that is shown."""
        return next(key for key, part in self.parts.items() if part is self.stack.currentWidget())

    def show_tab(self, key: str) -> None:
        """Show a tab; what the cloud keeps is asked for when it is."""
        part = self.parts.get(key)
        if part is None:
            return
        self.tabs.set_current(key)
        self.stack.setCurrentWidget(part)
        self.head.set_note(_note(key))
        if isinstance(part, CloudTab):
            self.own.refresh()
        elif isinstance(part, SiteTab):
            part.show_site()
        self.told.emit()

    def save(self) -> None:
        """Save the form that is shown."""
        part = self.stack.currentWidget()
        card = part.card if isinstance(part, AccountTab | FirmTab | SiteTab) else None
        if card is not None:
            card.bar.save_now()

    def _told(self) -> None:
        self.told.emit()
        if not self.own.busy:
            self.settled.emit()

    def enter(self, target: object = None) -> None:
        self.computer.show_cloud()
        self.account.wanted = str(target) if target in TEXTS else ""
        if self.account.wanted:
            target = "account"
        self.show_tab(str(target) if target in self.parts else self.tab)

    def shut(self) -> None:
        self.own.close()

    @property
    def is_settled(self) -> bool:
        return not self.own.busy

    def status(self) -> list[StatusItem]:
        if self.tab == "computer":
            return [StatusItem(self.tr("Changes act at once"))]
        if self.tab == "site":
            return [StatusItem(self.desk.sites.site.name if self.desk.sites.site else "")]
        if self.own.fault:
            return [StatusItem(self.own.fault, mark="refused")]
        if self.own.busy:
            return [StatusItem(self.tr("The cloud is being asked."))]
        words = self.tr("As the cloud has it now") if self.own.fresh else self.tr("As the cloud told it last")
        return [StatusItem(words if self.own.told else self.tr("Not known yet"))]


def _note(key: str) -> str:
    notes = {
        "computer": translate("kept in the profile on this computer"),
        "account": translate("kept in the cloud core"),
        "firm": translate("kept in the cloud core"),
        "site": translate("the same for everybody who works there"),
    }
    return notes[key]
