"""The page Doors: open one now, hold it open for a while or in a group's times, and what the door answered."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout

from core.base.errors import GatewrightError
from core.base.verdict import Verdict
from core.entities.task import TaskKind
from core.rules.calling import can_call
from core.usecases.actions import ActionResult, open_relay
from core.usecases.agent import ask
from core.usecases.calling import Whom
from core.usecases.door_desk import hold_relay
from core.usecases.provision import submit, verdict_of
from desktop.models.desk import Desk
from desktop.models.doors import (
    HOLDS,
    TOUCHES,
    DoorAnswer,
    DoorLine,
    door_columns,
    door_filters,
    door_row_look,
    hold_words,
    load_doors,
)
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import counted, number_word
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.call_sheet import call_somebody
from desktop.views.door_panel import DoorPanel
from desktop.views.live_sheet import no_camera, watch
from desktop.views.menus import Entry, popup
from desktop.views.page import Hint, PageAct
from desktop.views.site_plan_pane import PlanPane
from desktop.views.table_page import TablePage
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Choice, Segmented

KEPT = 6
"""Answers that are shown for each door."""


class DoorsPage(TablePage):
    """The doors of the site."""

    key: ClassVar[str] = "doors"
    icon: ClassVar[str] = "door-open"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.groups: tuple[tuple[str, str], ...] = ()
        self.answers: dict[str, tuple[DoorAnswer, ...]] = {}
        self.held: dict[str, datetime] = {}
        """Until when the desk holds a door open, by relay."""
        plan = RowsPlan(
            load=self._load,
            touches=TOUCHES,
            key=lambda x: x.relay.id,
            row_look=door_row_look,
            words=lambda x: " ".join(x.groups),
        )
        columns = door_columns(desk.ctx.clock.now, lambda: desk.sites.zone)
        self.rows = RowsTable(columns, plan, desk.tasks, desk.feed, filters=door_filters(self._all))
        self.build(self.rows, self.tr("Doors"))
        self.plan = PlanPane(desk, self.held)
        self.face = Segmented(
            [Choice("list", self.tr("List")), Choice("plan", self.tr("Plan"))], name=self.tr("Shown as")
        )
        self._add_plan()
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Doors")

    def _add_plan(self) -> None:
        """The plan takes the list's place; both have the same panel and the same acts."""
        left = self.pane.parentWidget()
        held = left.layout() if left is not None else None
        if isinstance(held, QBoxLayout):
            held.addWidget(self.plan, 1)
        self.plan.hide()
        self.head.add_act(self.face)
        self.face.changed.connect(self.show_face)
        self.plan.chosen.connect(self._chosen_on_plan)
        self.plan.settled.connect(self.settled.emit)
        self.add_act(
            PageAct(
                "plan", self.tr("Plan or list"), lambda: self.show_face("list" if self.on_plan else "plan"), "map-pin",
                "M", button=False,
            )
        )  # fmt: skip

    @property
    def on_plan(self) -> bool:
        """Whether the plan is shown in the list's place."""
        return self.plan.isVisibleTo(self)

    def show_face(self, key: str) -> None:
        """Show the list or the plan."""
        self.face.set_current(key)
        self.plan.setVisible(key == "plan")
        self.pane.setVisible(key != "plan")
        self.plan.set_live(live=key == "plan")
        self.refresh_acts()

    def _chosen_on_plan(self, key: str) -> None:
        line = next((x for x in self.rows.all_rows() if x.relay.id == key), None)
        if line is not None:
            self.open_panel(line)
            self.refresh_acts()

    def doors_chosen(self) -> list[DoorLine]:
        """What an act is about: on the plan the door in the panel, in the list the ticked ones or the cursor's."""
        if self.on_plan:
            return [self.shown_row] if self.shown_row is not None else []
        found: list[DoorLine] = self.pane.chosen()
        return found

    async def _load(self) -> Sequence[DoorLine]:
        data = await load_doors(self.desk.ctx, self.desk.sites.site_id)
        self.groups = data.groups
        return data.lines

    def _all(self) -> Sequence[DoorLine]:
        return self.rows.all_rows()

    def _add_acts(self) -> None:
        openit = PageAct("open", self.tr("Open"), self._open, "door-open", "O", "primary", self._not_one)
        hold = PageAct("hold", self.tr("Hold open…"), self._open_hold, "hourglass", "H", reason=self._not_one)
        camera = PageAct("watch", self.tr("Camera"), self._watch, "video", "V", reason=self._no_camera)
        call = PageAct("call", self.tr("Call…"), self._call, "phone", "C", reason=self._no_call, button=False)
        push = PageAct(
            "push",
            self.tr("Push to the devices"),
            self._push,
            "arrow-up",
            "P",
            reason=self._none,
            button=False,
        )
        log = PageAct(
            "log", self.tr("Show its log"), self._log, "scroll-text", reason=self._not_one, button=False
        )
        for act in (camera, hold, openit, call, push, log):
            self.add_act(act)
        for act in (camera, hold, openit):
            self.head.add_act(self.act_button(act))
        empty = EmptyState(
            self.tr("No door yet"),
            self.tr("Doors are the relays of adopted devices. The installer adopts devices on the page LAN."),
            devices=("door", "screen", "access"),
        )
        self.pane.set_empty(empty)

    def _none(self) -> str:
        return "" if self.doors_chosen() else self.tr("Put the cursor on a door first.")

    def _not_one(self) -> str:
        rows = self.doors_chosen()
        if len(rows) != 1:
            return self.tr("One door at a time: put the cursor on it.")
        return "" if rows[0].relay.enabled else self.tr("{0} is switched off.").format(rows[0].relay.name)

    def _no_camera(self) -> str:
        rows = self.doors_chosen()
        if len(rows) != 1:
            return self.tr("One door at a time: put the cursor on it.")
        return no_camera(rows[0].device)

    # -- acts at one door

    def _watch(self) -> None:
        run(self, watch(self.desk, self, self._one().device.id), failed=self.fail(self.tr("No picture")))

    def _no_call(self) -> str:
        rows = self.doors_chosen()
        if len(rows) != 1:
            return self.tr("One door at a time: put the cursor on it.")
        words = self.tr("A {0} takes no calls.").format(rows[0].device.model)
        return "" if can_call(rows[0].device) else words

    def _call(self) -> None:
        device = self._one().device
        work = call_somebody(
            self.desk, self, self.tr("Call {0}").format(device.name), Whom(device_id=device.id)
        )
        run(self, work, failed=self.fail(self.tr("Not called")))

    def _one(self) -> DoorLine:
        return self.doors_chosen()[0]

    def _open(self) -> None:
        self.open_door(self._one())

    def open_door(self, line: DoorLine) -> None:
        """Open one door for its hold time."""
        self._act(line, self.tr("Open"), open_relay(self.desk.ctx, line.device, line.relay.number))

    def _open_hold(self) -> None:
        popup(self.button("hold") or self.pane.bar, self.hold_entries(self._one()))

    def hold_entries(self, line: DoorLine) -> list[Entry]:
        """For how long it can be held."""
        return [
            Entry(hold_words(minutes), partial(self.hold, line, seconds, minutes), icon="hourglass")
            for seconds, minutes in HOLDS
        ]

    def hold(self, line: DoorLine, seconds: int, minutes: int) -> None:
        """Hold a door open; it closes by itself."""
        words = self.tr("Hold open for {0}").format(hold_words(minutes))

        async def work() -> ActionResult:
            result = await hold_relay(self.desk.ctx, line.device, line.relay.number, seconds=seconds)
            self.held[line.relay.id] = self.desk.ctx.clock.now() + timedelta(seconds=seconds)
            return result

        self._act(line, words, work())

    def _act(self, line: DoorLine, words: str, work: Coroutine[Any, Any, ActionResult]) -> None:
        failed = partial(self._refused, line, words)
        done = partial(self._answered, line, words)
        run(self, work, trigger=self.button("open"), done=done, failed=failed)

    def _answered(self, line: DoorLine, words: str, result: ActionResult) -> None:
        self._keep(line, words, result.verdict, result.said)

    def _refused(self, line: DoorLine, words: str, fault: GatewrightError) -> None:
        self._keep(line, words, verdict_of(fault), spoken(fault))

    def _keep(self, line: DoorLine, words: str, verdict: Verdict, said: str) -> None:
        answer = DoorAnswer(words, verdict, said, self.desk.ctx.clock.now())
        self.answers[line.relay.id] = (answer, *self.answers.get(line.relay.id, ()))[:KEPT]
        self.desk.notice(verdict.value, f"{line.name}: {words}", said)
        self.open_panel(self.same_row(line) or line)
        self.plan.refresh()

    def ask_site(self, line: DoorLine) -> None:
        """Ask whoever is on the site's LAN to open it: the verdict comes back with the sync."""
        what = str(line.relay.number)
        work = ask(self.desk.ctx, line.device.site_id, TaskKind.RELAY, device_id=line.device.id, what=what)
        run(self, work, done=lambda _task: self._asked(line), failed=self.fail(self.tr("Not asked")))

    def _asked(self, line: DoorLine) -> None:
        words = self.tr("A workstation at the site opens it within two minutes, or says why not.")
        self._keep(line, self.tr("Asked at the site"), Verdict.WAITING, words)

    def _log(self) -> None:
        self.desk.go("door_log", self._one().device.id)

    def _push(self) -> None:
        devices = list({x.device.id: x.device for x in self.doors_chosen()}.values())
        run(self, submit(self.desk.ctx, devices), done=self._pushed, failed=self.fail(self.tr("Not pushed")))

    def _pushed(self, ids: list[str]) -> None:
        words = self.tr("Only what differs is sent, then read back.")
        self.desk.notice("waiting", counted(len(ids), "{0} device queued", "{0} devices queued"), words)

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        one = "" if len(rows) == 1 else self.tr("One door at a time: nobody opens several by one key.")
        acts = [
            Act("push", self.tr("Push"), icon="arrow-up"),
            Act("open", self.tr("Open"), icon="door-open", reason=one),
        ]
        return acts, self.tr("{0} devices").format(number_word(len({x.device.id for x in rows})))

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    # -- the panel

    def fill_panel(self, row: DoorLine) -> None:
        self.plan.mark(row.relay.id)
        panel = DoorPanel(self.panel, self.desk, row, self.groups, self.answers.get(row.relay.id, ()))
        panel.open_asked.connect(lambda: self.open_door(row))
        panel.hold_asked.connect(lambda beside: popup(beside, self.hold_entries(row)))
        panel.site_asked.connect(lambda: self.ask_site(row))
        panel.call_asked.connect(lambda: self.do("call"))
        panel.log_asked.connect(lambda: self.desk.go("door_log", row.device.id))

    def same_row(self, row: DoorLine) -> DoorLine | None:
        return next((x for x in self.rows.all_rows() if x.relay.id == row.relay.id), None)

    def enter(self, target: object = None) -> None:
        super().enter(target)
        self.plan.set_live(live=self.on_plan)
        if isinstance(target, str) and self.pane.show_key(target):
            self.open_panel(self.pane.current())

    def _site_changed(self) -> None:
        self.close_panel()
        self.rows.reload()
        self.plan.refresh()

    def close_panel(self) -> None:
        was = self.shown_row
        super().close_panel()
        self.plan.mark("")
        spot = self.plan.canvas.spots.get(was.relay.id) if was is not None and self.on_plan else None
        if spot is not None:
            spot.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        super().leave()
        self.plan.set_live(live=False)

    def shut(self) -> None:
        super().shut()
        self.plan.close_pane()

    @property
    def is_settled(self) -> bool:
        return super().is_settled and not self.plan.busy

    def _counted(self) -> None:
        total = len(self.rows.all_rows())
        self.head.set_note(counted(total, "{0} door", "{0} doors") if total else "")
        self.plan.refresh()
        super()._counted()

    def status(self) -> list[StatusItem]:
        items = super().status()
        away = sum(1 for x in self.rows.all_rows() if x.verdict is Verdict.UNREACHABLE)
        if away:
            items.append(StatusItem(self.tr("not reached"), mark="unreachable", strong=number_word(away)))
        return items

    def hints(self) -> list[Hint]:
        return [
            ("O", self.tr("open")),
            ("H", self.tr("hold")),
            ("V", self.tr("camera")),
            ("C", self.tr("call")),
            ("M", self.tr("plan")),
            ("P", self.tr("push")),
            ("Enter", self.tr("look")),
        ]
