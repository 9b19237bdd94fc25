"""The page Settings: how the window looks, the cloud, and what this program is."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QWidget

from desktop.models.desk import Desk
from desktop.models.words import number_word, time_word
from desktop.qt.language import LANGUAGES
from desktop.qt.theme import theme
from desktop.views.page import Page, PageAct
from desktop.views.widgets.base import clear, column, row
from desktop.views.widgets.boxes import Card
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.labels import Label
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Choice, Segmented

VERSION = "0.1.0"


class SettingsPage(Page):
    """Everything acts at once; there is no Save."""

    key: ClassVar[str] = "settings"
    icon: ClassVar[str] = "settings"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.head = PageHead(self.tr("Settings"), self.tr("of this computer, kept in its profile"))
        self._cloud = column(gap=6)
        self.controls: dict[str, Segmented] = {}
        self._build()
        self.add_act(
            PageAct("sync", self.tr("Sync now"), lambda: desk.go("sync"), "refresh-cw", button=False)
        )
        desk.sync.changed.connect(self._show_cloud)
        desk.preferences.changed.connect(self._follow)

    @property
    def title(self) -> str:
        return self.tr("Settings")

    def _build(self) -> None:
        body = column(gap=16, margins=(16, 8, 16, 24))
        body.addWidget(self._looks())
        cloud = Card(self.tr("Cloud core"))
        cloud.body.addLayout(self._cloud)
        body.addWidget(cloud)
        body.addWidget(self._about())
        inner = QWidget()
        held = row(gap=0)
        left = column(gap=0)
        left.addLayout(body)
        left.addStretch(1)
        held.addLayout(left, 3)
        held.addStretch(2)
        inner.setLayout(held)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        whole = column(gap=0)
        whole.addWidget(self.head)
        whole.addWidget(area, 1)
        self.setLayout(whole)

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

    def _show_cloud(self) -> None:
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

    def enter(self, target: object = None) -> None:
        self._show_cloud()

    def status(self) -> list[StatusItem]:
        return [StatusItem(self.tr("Changes act at once"))]
