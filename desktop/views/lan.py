"""The page LAN: what answers, what is new, and adopting it with its steps beside the list (pictures 01)."""

from __future__ import annotations

from typing import Any, ClassVar

from core.entities.device import Device
from core.entities.record import JobRecord
from core.usecases.provision import submit
from desktop.models.adopt import AdoptFlow
from desktop.models.desk import Desk
from desktop.models.lan import (
    TOUCHES,
    LanLine,
    LanState,
    group_of,
    lan_columns,
    lan_filters,
    lan_heading,
    lan_row_look,
    load_lan,
)
from desktop.models.lan_words import found_words
from desktop.models.places import Places, load_places
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import number_word
from desktop.qt.run import run
from desktop.views.adopt_panel import AdoptPanel, FactsPanel
from desktop.views.page import Hint, PageAct
from desktop.views.sweep import Sweep
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import row
from desktop.views.widgets.boxes import Act, NoticeBar
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.status_bar import StatusItem


class LanPage(TablePage):
    """Sweeps the LAN, shows the new ones first, adopts one or many."""

    key: ClassVar[str] = "lan"
    icon: ClassVar[str] = "radar"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        now = desk.ctx.clock.now
        plan = RowsPlan(
            load=lambda: load_lan(desk.ctx, desk.sites.site_id, self._busy),
            touches=TOUCHES,
            key=lambda x: x.key,
            group=group_of,
            heading=lambda name, lines: lan_heading(name, lines, self._site_name()),
            row_look=lan_row_look,
            words=lambda x: f"{x.mac} {x.place}",
        )
        self.rows = RowsTable(lan_columns(now), plan, desk.tasks, desk.feed, filters=lan_filters())
        self.sweep = Sweep(desk, self)
        self._places: Places | None = None
        self.flow: AdoptFlow | None = None
        self._adopting: AdoptPanel | None = None
        self._notice_for: tuple[str, ...] = ()
        self._ignored: set[str] = set()
        self.flows: dict[str, AdoptFlow] = {}
        self.build(self.rows, self.tr("LAN"))
        self._add_notice()
        self._add_acts()
        self.rows.sort_by("address")
        desk.sites.chosen.connect(self.rows.reload)
        desk.jobs.progressed.connect(self._job_news)
        self.sweep.moved.connect(self._show_sweep)

    @property
    def title(self) -> str:
        return self.tr("LAN")

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if target == "sweep" and not self.sweep.busy:
            self.sweep.toggle()

    def _site_name(self) -> str:
        return self.desk.sites.site.name if self.desk.sites.site else ""

    def _busy(self, mac: str) -> bool:
        return self.desk.jobs.lane_of(mac) is not None

    # -- acts

    def _add_acts(self) -> None:
        sweep_range = self.add_act(
            PageAct("range", self.tr("Scan a range"), self._ask_range, "crosshair", reason=self._sweeping)
        )
        sweep = self.add_act(PageAct("sweep", self.tr("Sweep again"), self.sweep.toggle, "refresh-cw", "F5"))
        adopt, prove = self.tr("Adopt"), self.tr("Adopt and prove")
        self.add_act(
            PageAct("adopt", adopt, self._adopt_chosen, "plus", "A", reason=self._no_adopt, button=False)
        )
        self.add_act(
            PageAct("prove", prove, self._prove, "plus", "Ctrl+Return", reason=self._no_form, button=False)
        )
        for act in (sweep_range, sweep):
            self.head.add_act(self.act_button(act))
        empty = EmptyState(
            self.tr("No device seen yet"),
            self.tr(
                "Sweep this computer's networks, or name a range of addresses. Nothing is changed on any device."
            ),
            [
                Act("range", self.tr("Scan a range")),
                Act("sweep", self.tr("Sweep the LAN"), "primary", "radar"),
            ],
            devices=("door", "screen", "monitor"),
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    def _add_notice(self) -> None:
        self.notice = NoticeBar("", "")
        self.notice.act.connect(self._notice_act)
        holder = row(gap=0, margins=(16, 0, 16, 5))
        holder.addWidget(self.notice)
        self.notice_place.addLayout(holder)
        self.notice.hide()

    def _sweeping(self) -> str:
        return self.tr("A sweep is running.") if self.sweep.busy else ""

    def _show_sweep(self) -> None:
        button = self.button("sweep")
        if button is None:
            return
        busy = self.sweep.busy
        button.setText(self.tr("Stop the sweep") if busy else self.tr("Sweep again"))
        button.set_icon("x" if busy else "refresh-cw")
        if busy:
            self.head.set_note(self.tr("sweeping · {0} answered").format(number_word(self.sweep.found)))
        else:
            self._show_note()
        self.refresh_acts()

    def _show_note(self) -> None:
        seen = sum(1 for x in self.rows.all_rows() if x.state not in {LanState.UNSEEN, LanState.OTHER})
        parts = [self.tr("{0} seen").format(number_word(seen)), self.sweep.words]
        self.head.set_note(" · ".join(p for p in parts if p))

    def _ask_range(self) -> None:
        run(self, self.sweep.ask_range())

    # -- what is found

    def _counted(self) -> None:
        if not self.sweep.busy:
            self._show_note()
        lines: list[LanLine] = list(self.rows.all_rows())
        new = tuple(x.key for x in lines if group_of(x) == "new" and x.key not in self._ignored)
        if new != self._notice_for:
            self._notice_for = new
            ready = [x for x in lines if x.state is LanState.READY and x.key in new]
            self.notice.set_text(*found_words([x for x in lines if x.key in new]))
            adopt = self.tr("Adopt {0} free").format(len(ready)) if len(ready) > 1 else self.tr("Adopt it")
            acts = [Act("adopt", adopt)] if ready else []
            self.notice.set_acts(
                [*acts, Act("only", self.tr("Show only these")), Act("ignore", self.tr("Ignore"))]
            )
        self.notice.setVisible(bool(new))
        super()._counted()

    def _notice_act(self, key: str) -> None:
        if key == "only":
            self.rows.set_filter("group", "new")
        elif key == "ignore":
            self._ignored.update(self._notice_for)
            self._counted()
        else:
            ready = [
                x for x in self.rows.all_rows() if x.state is LanState.READY and x.key in self._notice_for
            ]
            self.do_batch("adopt", ready)

    def _no_adopt(self) -> str:
        line = self.pane.current()
        if line is None:
            return self.tr("Put the cursor on a device first.")
        return str(line.obstacle)

    def _adopt_chosen(self) -> None:
        line = self.pane.current()
        if line is not None:
            self.open_panel(line)

    def _no_form(self) -> str:
        ready = self._adopting is not None and self.flow is not None and not self.flow.begun
        return "" if ready else self.tr("Open a device that is ready to adopt first.")

    def _prove(self) -> None:
        if self._adopting is not None:
            self._adopting.adopt()

    def open_row(self, row: LanLine) -> None:
        """The panel first; Enter again goes to the device itself."""
        again = self.shown_row is not None and self.shown_row.key == row.key
        if again and row.device is not None and group_of(row) == "site":
            self.desk.go("devices", row.device.id)
        else:
            self.open_panel(row)

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        models = {x.model for x in rows}
        ready = [x for x in rows if x.state is LanState.READY]
        common = self.tr("{0} models · {1} ready to adopt").format(len(models), len(ready))
        reason = "" if ready else next((x.obstacle for x in rows), "")
        return [Act("adopt", self.tr("Adopt…"), "primary", "plus", reason=reason)], common

    def do_batch(self, key: str, rows: list[Any]) -> None:
        ready = [x for x in rows if x.state is LanState.READY]
        planned = [x.device for x in ready if x.device is not None]
        if key == "adopt" and planned:
            run(self, self._adopt_planned(planned))
        elif key == "adopt" and ready:
            self.pane.show_key(ready[0].key)
            self.open_panel(ready[0])

    async def _adopt_planned(self, devices: list[Device]) -> None:
        """Set up all that have their place already, side by side; their steps are jobs."""
        await submit(self.desk.ctx, devices, commission=True)
        words = self.tr("{0} devices are being adopted").format(len(devices))
        self.desk.notice("running", words, self.tr("The page Jobs shows each of them."))
        self.pane.table.clear_ticks()

    # -- the panel

    def fill_panel(self, row: LanLine) -> None:
        flow = self.flows.get(row.key)
        self._clear_panel()
        self.panel.show_foot(shown=False)
        if flow is None and row.state is not LanState.READY:
            self.flow = None
            FactsPanel(self.panel, row, self.desk)
            return
        if flow is not None:
            self._show_flow(flow)
            return
        self.panel.set_title(self.tr("Adopt {0}").format(row.model))
        run(
            self,
            load_places(self.desk.ctx, self.desk.sites.site_id),
            done=lambda places: self._begin(row, places),
        )

    def _clear_panel(self) -> None:
        if self._adopting is not None:
            self._adopting.dropped = True
            self._adopting = None
        self.panel.clear_body()

    def _begin(self, line: LanLine, places: Places) -> None:
        if self.shown_row is None or self.shown_row.key != line.key:
            return
        self._show_flow(AdoptFlow(self.desk.ctx, line, places))

    def _show_flow(self, flow: AdoptFlow) -> None:
        self.flow = flow
        self._clear_panel()
        self._adopting = panel = AdoptPanel(self.panel, flow, self.desk)
        panel.started.connect(lambda: self.flows.__setitem__(flow.line.key, flow))
        panel.next_wanted.connect(self._next)
        self.settled.emit()

    def _next(self) -> None:
        """The next device that is ready, so that many are adopted one after the other."""
        ready = [x for x in self.rows.all_rows() if x.state is LanState.READY]
        if ready:
            self.pane.show_key(ready[0].key)
            self.open_panel(ready[0])
        else:
            self.close_panel()

    def _job_news(self, record: JobRecord) -> None:
        for flow in self.flows.values():
            if flow.follow(record) and flow.over:
                run(self, flow.finish())

    def same_row(self, row: LanLine) -> LanLine | None:
        if self.flow is not None and self.flow.line.key == row.key:
            return row  # the panel shows the flow, which knows more than the list
        return next((x for x in self.rows.all_rows() if x.key == row.key), None)

    def subject(self) -> str:
        line = self.pane.current()
        return f"{line.model}, {line.address}" if line is not None else ""

    def status(self) -> list[StatusItem]:
        unseen = sum(1 for x in self.rows.all_rows() if x.state is LanState.UNSEEN)
        items = super().status()
        if unseen:
            items.append(
                StatusItem(self.tr("devices of this site not seen"), mark="unreachable", strong=str(unseen))
            )
        return items

    def hints(self) -> list[Hint]:
        return [*super().hints()[:2], ("A", self.tr("adopt")), ("F5", self.tr("sweep"))]

    def shut(self) -> None:
        self.sweep.stop()
        super().shut()
