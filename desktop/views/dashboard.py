"""The installer's dashboard: what needs me now first, then the proof of every site and the last days."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.base.errors import GatewrightError
from desktop.models.dashboard import TOUCHES, Dashboard, DayCount, Need, SiteProof, kind_icon, load_dashboard
from desktop.models.dashboard_devices import DeviceProof, Proofs
from desktop.models.desk import Desk
from desktop.models.devices import silhouette
from desktop.models.latest import Latest
from desktop.models.words import counted, number_word, verdict_word
from desktop.qt.theme import theme
from desktop.views.page import Hint, Page, PageAct
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import Card
from desktop.views.widgets.buttons import Button, LinkButton
from desktop.views.widgets.charts import ColumnChart, ColumnData, Legend
from desktop.views.widgets.faults import Guarded
from desktop.views.widgets.figures import EmptyState, StackBar, Stat, StatRow
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.status_bar import StatusItem

MOST_NEEDS, MOST_SITES = 12, 14
MOST_LINES, FEWEST_DEVICES = 11, 3
"""Lines of sites and devices that a window of 800 pixels shows without a scroll bar; devices however many sites."""
DOOR_WORDS = ("proved", "refused")


class DashboardPage(Page):
    """Reads all sites of this laptop; nothing is asked of a device for it."""

    key: ClassVar[str] = "dashboard"
    icon: ClassVar[str] = "layout-dashboard"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.shown: Dashboard | None = None
        self._live, self._stale = False, True
        self.head = PageHead(self.tr("Dashboard"))
        self.stats = StatRow(_stats(self, Dashboard()))
        self.needs: QVBoxLayout = column(gap=0)
        self.sites: QVBoxLayout = column(gap=7)
        self.jobs_chart = ColumnChart(name=self.tr("Jobs of the last 14 days"))
        self.doors_chart = ColumnChart(name=self.tr("Door events of the last 14 days"))
        self.jobs_legend, self.doors_legend = Legend(()), Legend(())
        self._latest = Latest(desk.tasks, self._load, failed=self._failed, settled=self._settled)
        self._build()
        self._add_acts()
        desk.feed.delivered.connect(self._on_changes)
        desk.sites.chosen.connect(self._ask)
        self._tray = desk.sync.figures.needs
        desk.sync.changed.connect(self._sync_told)

    @property
    def title(self) -> str:
        return self.tr("Dashboard")

    def _build(self) -> None:
        self.needs_card = Card(self.tr("Needs you now"))
        self.needs_card.body.addLayout(self.needs)
        self.sites_card = Card(self.tr("Proof"), self.tr("as last read back"))
        self.sites_card.body.addLayout(self.sites)
        for card in (self.needs_card, self.sites_card):
            card.body.addStretch(1)
        upper = row(gap=16)
        upper.addWidget(self.needs_card, 1)
        upper.addWidget(self.sites_card, 1)
        lower = row(gap=16)
        lower.addWidget(self._chart(self.tr("Jobs"), self.jobs_chart, self.jobs_legend), 1)
        lower.addWidget(self._chart(self.tr("At the doors"), self.doors_chart, self.doors_legend), 1)
        body = column(gap=16, margins=(16, 4, 16, 16))
        body.addWidget(self.stats)
        body.addLayout(upper, 1)
        body.addLayout(lower)
        inner = QWidget()
        inner.setLayout(body)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName(self.tr("Dashboard"))
        whole = column(gap=0)
        whole.addWidget(self.head)
        self.guard = Guarded(area)
        self.guard.retry.connect(self._ask)
        whole.addWidget(self.guard, 1)
        self.setLayout(whole)

    def _chart(self, title: str, chart: ColumnChart, legend: Legend) -> Card:
        card = Card(title, self.tr("last 14 days"))
        card.body.addWidget(chart)
        card.body.addWidget(legend)
        return card

    def _add_acts(self) -> None:
        read = PageAct("read", self.tr("Count again"), self._ask, "refresh-cw", "F5")
        self.add_act(read)
        self.head.add_act(self.act_button(read))
        words = self.tr("Go to the first need")
        self.add_act(PageAct("first", words, self._first, "arrow-right", reason=self._none, button=False))

    def _none(self) -> str:
        return "" if self.shown and self.shown.needs else self.tr("Nothing waits for you.")

    def _first(self) -> None:
        if self.shown and self.shown.needs:
            self.follow(self.shown.needs[0])

    def follow(self, need: Need) -> None:
        """Go to what settles a need, at its site."""
        if need.site_id and need.site_id != self.desk.sites.site_id:
            self.desk.sites.choose(need.site_id)
        self.desk.go(need.page, need.target)

    # -- life

    def enter(self, target: object = None) -> None:
        self._live = True
        if self._stale:
            self._ask()

    def leave(self) -> None:
        self._live = False

    def shut(self) -> None:
        self._latest.close()

    @property
    def is_settled(self) -> bool:
        return (self.shown is not None or self.guard.has_fault) and not self._latest.busy

    def _ask(self) -> None:
        self._stale = not self._live
        if self._live:
            self._latest.ask()

    def _sync_told(self) -> None:
        """Of all that sync tells, only the tray is counted here; counting 33,000 devices takes 60 ms."""
        before, self._tray = self._tray, self.desk.sync.figures.needs
        if self._tray != before:
            self._ask()

    def _on_changes(self, changes: list[object]) -> None:
        if any(c.touches(*TOUCHES) for c in changes):  # type: ignore[attr-defined]
            self._ask()

    async def _load(self) -> None:
        found = await load_dashboard(self.desk.ctx, self.desk.sites.site_id, self.desk.sites.zone)
        if self._latest.closed:
            return
        self.guard.set_fault(None)
        if found != self.shown:
            self.shown = found
            self._show(found)

    def _settled(self) -> None:
        self.settled.emit()
        self.told.emit()

    def _failed(self, fault: GatewrightError) -> None:
        self._stale = True
        self.guard.set_fault(fault, kept=self.shown is not None)

    # -- showing

    def _show(self, found: Dashboard) -> None:
        self.stats.set_stats(_stats(self, found))
        self._show_needs(found)
        self._show_sites(found)
        self.jobs_chart.set_columns([_day(d) for d in found.jobs])
        self.doors_chart.set_columns([_day(d) for d in found.doors])
        self.jobs_legend.set_parts(_legend(found.jobs) or [("line2", self.tr("No job ended in these days"))])
        doors = [("proved", self.tr("opened")), ("refused", self.tr("not opened"))]
        any_door = any(d.parts for d in found.doors)
        self.doors_legend.set_parts(
            doors if any_door else [("line2", self.tr("No door told anything in these days"))]
        )
        self.desk.badges.tell(self.key, str(len(found.needs) or ""), needs=bool(found.needs))
        self.refresh_acts()

    def _show_needs(self, found: Dashboard) -> None:
        clear(self.needs)
        self.needs_card.set_note(counted(len(found.needs), "{0} thing", "{0} things") if found.needs else "")
        if not found.sites:
            self.needs.addWidget(self._no_site())
            return
        if not found.needs:
            words = self.tr(
                "What is refused, lost, new or about to expire stands here as soon as it is known."
            )
            self.needs.addWidget(EmptyState(self.tr("Nothing waits for you"), words, icon="check"))
        for number, need in enumerate(found.needs[:MOST_NEEDS]):
            if number:
                self.needs.addWidget(Rule())
            self.needs.addLayout(self._need_line(need))
        if len(found.needs) > MOST_NEEDS:
            more = self.tr("and {0} more").format(len(found.needs) - MOST_NEEDS)
            self.needs.addWidget(Label(more, "help", "t3"))

    def _no_site(self) -> EmptyState:
        words = self.tr(
            "Make a site, look at the LAN, and adopt what answers. The rest is counted from then on."
        )
        return EmptyState(self.tr("No site on this laptop yet"), words, devices=("door", "screen", "monitor"))

    def _need_line(self, need: Need) -> QHBoxLayout:
        line = row(gap=10, margins=(0, 7, 0, 7))
        line.addWidget(Picture("mark", need.mark, size=15), 0, Qt.AlignmentFlag.AlignTop)
        words = column(gap=1)
        words.addWidget(Label(need.title, "strong", elide=True))
        if need.note:
            words.addWidget(Paragraph(need.note, "help", "t2"))
        line.addLayout(words, 1)
        button = Button(need.act or self.tr("Look"), size="small")
        button.setAccessibleName(f"{button.text()}: {need.title}")
        button.clicked.connect(partial(self.follow, need))
        line.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return line

    def _show_sites(self, found: Dashboard) -> None:
        clear(self.sites)
        for one in found.sites[:MOST_SITES]:
            self.sites.addLayout(self._site_line(one))
        if len(found.sites) > MOST_SITES:
            link = LinkButton(self.tr("All {0} sites").format(number_word(len(found.sites))))
            link.clicked.connect(lambda: self.desk.go("sites"))
            self.sites.addWidget(link, 0, Qt.AlignmentFlag.AlignLeading)
        if found.worst:
            self._show_devices(found.worst[: max(FEWEST_DEVICES, MOST_LINES - len(found.sites))])

    def _show_devices(self, devices: tuple[DeviceProof, ...]) -> None:
        self.sites.addSpacing(theme().px(4))
        self.sites.addWidget(Rule())
        site = self.desk.sites.site
        words = self.tr("Devices of {0}, the least proved first").format(site.name if site else "")
        self.sites.addWidget(Label(words, "help", "t3", elide=True))
        for one in devices:
            self.sites.addLayout(self._device_line(one))

    def _site_line(self, one: SiteProof) -> QHBoxLayout:
        nothing = counted(one.devices, "{0} device", "{0} devices") if one.devices else self.tr("no device")
        picture = Picture("icon", kind_icon(one.site.kind), tone="t3", size=14)
        return self._proof_line(picture, one.site.name, partial(self._open_site, one.site.id), one, nothing)

    def _device_line(self, one: DeviceProof) -> QHBoxLayout:
        picture = Picture("device", silhouette(one.model, one.firmware), tone="t3", size=14)
        opens = partial(self.desk.go, "devices", one.id)
        return self._proof_line(picture, one.name, opens, one, self.tr("nothing read"))

    def _proof_line(
        self,
        picture: Picture,
        name: str,
        opens: Callable[[], None],
        proof: Proofs,
        nothing: str,
    ) -> QHBoxLayout:
        px = theme().px
        line = row(gap=10)
        line.addWidget(picture)
        link = LinkButton(name)
        link.setFixedWidth(px(150))
        link.clicked.connect(lambda _checked=False: opens())
        line.addWidget(link)
        line.addWidget(StackBar(proof.counts, height=8), 1)
        words = self.tr("{0} of {1}").format(number_word(proof.proved), number_word(proof.items))
        figures = Label(words if proof.items else nothing, "help", "t2" if proof.items else "t3")
        figures.setFixedWidth(px(92))
        figures.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(figures)
        return line

    def _open_site(self, site_id: str) -> None:
        self.desk.sites.choose(site_id)
        self.desk.go("devices")

    # -- telling

    def status(self) -> list[StatusItem]:
        count = len(self.shown.needs) if self.shown else 0
        words = counted(count, "{0} thing needs you", "{0} things need you")
        return [StatusItem(words if count else self.tr("Nothing waits for you"))]

    def hints(self) -> list[Hint]:
        return [("F5", self.tr("count again")), ("/", self.tr("find"))]


def _stats(page: DashboardPage, found: Dashboard) -> list[Stat]:
    tr, items = page.tr, found.items
    part = found.proved / items if items else 0.0
    set_up = found.commissioned / found.devices if found.devices else 0.0
    bound = 1 - found.free_macs / found.library if found.library else 0.0
    return [
        Stat(
            tr("Proved"),
            number_word(found.proved),
            "",
            tr("of {0} items").format(number_word(items)),
            ("proved", part),
        ),
        Stat(
            tr("Commissioned"),
            number_word(found.commissioned),
            "",
            tr("of {0} devices").format(number_word(found.devices)),
            ("acc", set_up),
        ),
        Stat(tr("Sites"), number_word(len(found.sites)), tr("on this laptop")),
        Stat(
            tr("Free MACs"),
            number_word(found.free_macs),
            "",
            tr("of {0} in the library").format(number_word(found.library)),
            ("waiting", bound),
        ),
    ]


def _day(day: DayCount) -> ColumnData:
    label = f"{day.day.day}.{day.day.month}."
    parts = ", ".join(f"{number_word(int(n))} {verdict_word(w)}" for w, n in day.parts.items())
    return ColumnData(label, day.parts, f"{label} {parts}" if parts else label)


def _legend(days: tuple[DayCount, ...]) -> list[tuple[str, str]]:
    words = {w for day in days for w in day.parts}
    order = ("proved", "accepted", "waiting", "differs", "refused", "ambiguous", "unreachable")
    return [(w, verdict_word(w)) for w in order if w in words]
