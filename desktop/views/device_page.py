"""One device: head with its acts, and its tabs from the overview to the log (picture 02)."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from core.base.errors import GatewrightError, NotFoundError
from core.entities.device import Device, Relay
from core.rules.compile import shown_mac
from core.rules.plan import Plan
from core.usecases import actions
from core.usecases.actions import ActionResult
from core.usecases.device_list import read_device
from core.usecases.provision import plan_device, submit
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail, load_detail
from desktop.models.devices import bare_address, silhouette
from desktop.models.latest import Latest
from desktop.models.standings import TOUCHES
from desktop.models.words import number_word
from desktop.qt.run import run
from desktop.views.device_relays import RelaysTab
from desktop.views.device_swap import ask_swap
from desktop.views.device_tab_list import MAKERS, TAB_KEYS, state_dot, tab_acts, tab_words
from desktop.views.live_sheet import no_camera, watch
from desktop.views.menus import Entry, popup
from desktop.views.page import Hint, Page, PageAct
from desktop.views.plan_tab import PlanTab
from desktop.views.widgets.base import under_tabs
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.faults import Guarded
from desktop.views.widgets.page_head import DeviceBox, PageHead
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Choice, Tabs
from desktop.views.work_bar import WorkBar


async def _read_all(desk: Desk, device: Device) -> Plan:
    """What its page shows (SIP number, door sensor, DEV-06), then what it holds beside what is wanted."""
    await read_device(desk.ctx, device)
    return await plan_device(desk.ctx, device.id)


class TabOf:
    """The tab of a key as an attribute of the view."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __get__(self, view: DeviceView, _owner: object = None) -> Any:
        return view.tab(self._key)


class DeviceView(Page):
    """One device and everything that can be done with it. Signal `back()`: to the list."""

    key: ClassVar[str] = "device"
    icon: ClassVar[str] = "cpu"
    back = Signal()

    def __init__(self, desk: Desk, device_id: str) -> None:
        super().__init__(desk)
        self.device_id, self.site_id = device_id, ""
        self.detail: DeviceDetail | None = None
        self._gone = False
        self._picture = DeviceBox("door")
        self.head = PageHead("", "")
        self.head.set_picture(self._picture)
        self.head.path_clicked.connect(lambda _key: self.back.emit())
        self.work = WorkBar(desk)
        self.stack = QStackedWidget()
        self.guard = Guarded(self.stack)
        self._tabs: dict[str, Any] = {}
        self._observed: Plan | None = None
        self._live = False
        self.tabs = Tabs(self._tab_choices())
        self._latest = Latest(desk.tasks, self._load, failed=self._failed, settled=self.settled.emit)
        self._build()
        self._add_acts()
        desk.feed.delivered.connect(self._on_changes)
        desk.jobs.changed.connect(self._show_job)

    def _build(self) -> None:
        self.stack.addWidget(self.overview)
        self.setLayout(under_tabs([self.head, self.work], self.tabs, self.guard))
        self.guard.retry.connect(self._latest.ask)
        self.tabs.changed.connect(self.show_tab)

    overview, plan, settings = TabOf("overview"), TabOf("plan"), TabOf("settings")
    people, relays, checks = TabOf("people"), TabOf("relays"), TabOf("checks")
    drift, remote, log = TabOf("drift"), TabOf("remote"), TabOf("log")

    def tab(self, key: str) -> Any:
        """A tab, made at its first use: nine of them at once would keep the window waiting for 0.2 s."""
        made = self._tabs.get(key)
        if made is None:
            made = self._tabs[key] = MAKERS[key](self.desk, self.device_id)
            self.stack.addWidget(made)
            if isinstance(made, PlanTab):
                made.read_asked.connect(lambda: self.do("read"))
                made.push_asked.connect(lambda: self.do("push"))
                made.set_live(live=self._live)
                if self._observed is not None:
                    made.set_observed(self._observed)
            elif isinstance(made, RelaysTab):
                made.open_asked.connect(self.open_relay)
            if self.detail is not None and not isinstance(made, PlanTab):
                cast("Any", made).show_detail(self.detail)
        return made

    def _plans(self) -> list[PlanTab]:
        return [tab for tab in self._tabs.values() if isinstance(tab, PlanTab)]

    def _tab_choices(self) -> list[Choice]:
        detail = self.detail
        left = sum(1 for x in detail.plan.lines if x.open) if detail else 0
        people = len(detail.people()) if detail else 0
        relays = len(detail.relays) if detail else 0
        counts = {"plan": left, "people": people, "relays": relays}
        words = tab_words()
        return [Choice(k, words[k], number_word(counts[k]) if counts.get(k) else "") for k in TAB_KEYS]

    @property
    def title(self) -> str:
        return self.detail.device.name if self.detail else self.tr("Device")

    # -- acts

    def _add_acts(self) -> None:
        relay = PageAct(
            "relay", self.tr("Open a relay"), self._ask_relay, "door-open", "O", reason=self._no_relay
        )
        identify = PageAct("identify", self.tr("Identify"), self._identify, "eye", "I")

        def camera_off() -> str:
            return no_camera(self.detail.device) if self.detail else ""

        camera = PageAct("watch", self.tr("Camera"), self._watch, "video", "V", "plain", camera_off)
        push = PageAct("push", self.tr("Push"), self._push, "arrow-up", "Ctrl+Return", "primary")
        self.add_act(PageAct("read", self.tr("Read now"), self._read, "refresh-cw", "F5", button=False))
        self.add_act(
            PageAct("verify", self.tr("Read back and judge"), self._verify, "eye", "R", button=False)
        )
        self.add_act(PageAct("swap", self.tr("Swap a dead unit…"), self._swap, "cpu", button=False))
        for key, words, icon, keys in tab_acts():
            act = PageAct(f"tab_{key}", words, partial(self._measure_tab, key), icon, keys, button=False)
            self.add_act(act)
        for act in (camera, relay, identify, push):
            self.add_act(act)
            self.head.add_act(self.act_button(act))
        more = Button(self.tr("More"), icon="ellipsis")
        more.clicked.connect(lambda: self._more(more))
        self.head.add_act(more)

    def _more(self, beside: QWidget) -> None:
        entries: list[Entry | None] = [
            Entry(act.text, partial(self.do, act.key), act.icon, reason=act.reason())
            for act in self.acts()
            if not act.button
        ]
        popup(beside, entries)

    def _no_relay(self) -> str:
        return "" if self._relays_on() else self.tr("This device has no relay that is on.")

    def _relays_on(self) -> list[Relay]:
        return [r for r in self.detail.relays if r.enabled] if self.detail else []

    def _ask_relay(self) -> None:
        relays, beside = self._relays_on(), self.button("relay")
        if len(relays) == 1:
            self.open_relay(relays[0])
        elif beside is not None:
            popup(beside, [Entry(r.name, partial(self.open_relay, r), "door-open") for r in relays])

    def open_relay(self, relay: Relay) -> None:
        """Open a relay for its hold time."""
        if self.detail is not None:
            work = actions.open_relay(self.desk.ctx, self.detail.device, relay.number)
            title = self.tr("Opening {0}").format(relay.name)
            self.work.work(
                title, work, done=self._said, failed=self.fail(relay.name), trigger=self.button("relay")
            )

    def _said(self, result: ActionResult) -> None:
        self.desk.notice(result.verdict.value, result.device.name, result.said)

    def _watch(self) -> None:
        run(self, watch(self.desk, self, self.device_id), failed=self.fail(self.title))

    def _identify(self) -> None:
        detail = self.detail
        if detail is None:
            return

        async def work() -> None:
            found = await actions.identify(self.desk.ctx, detail.device)
            words = f"{found.model} · {found.firmware} · {shown_mac(found.mac)}"
            self.desk.notice("proved", self.tr("{0} answers").format(detail.device.name), words)

        title = self.tr("Asking {0} what it is").format(detail.device.name)
        self.work.work(title, work(), failed=self.fail(detail.device.name), trigger=self.button("identify"))

    def _measure_tab(self, key: str) -> None:
        """Show a tab; the check list and the drift begin to read at once."""
        self.show_tab(key)
        if key == "checks":
            self.checks.measure()
        elif key == "drift":
            self.drift.compare()

    def _swap(self) -> None:
        if self.detail is not None:
            run(self, ask_swap(self.desk, self, self.detail), failed=self.fail(self.title))

    def _push(self) -> None:
        self._submit(send=True)

    def _verify(self) -> None:
        self._submit(send=False)

    def _submit(self, *, send: bool) -> None:
        if self.detail is not None:
            run(self, submit(self.desk.ctx, [self.detail.device], send=send), trigger=self.button("push"))

    def _read(self) -> None:
        """Read the device and say what it holds; sends nothing."""
        if self.detail is not None:
            for tab in self._plans():
                tab.set_reading(reading=True)
            work = _read_all(self.desk, self.detail.device)
            title = self.tr("Reading {0}; nothing is sent").format(self.detail.device.name)
            self.work.work(title, work, done=self._have_read, failed=self._not_read)

    def _have_read(self, plan: Plan) -> None:
        self._observed = plan
        for tab in self._plans():
            tab.set_observed(plan)

    def _not_read(self, fault: GatewrightError) -> None:
        for tab in self._plans():
            tab.set_reading(reading=False)
        self.fail(self.title)(fault)

    # -- life

    def enter(self, target: object = None) -> None:
        self._latest.ask()
        self._set_live(live=True)
        self.tabs.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self._set_live(live=False)

    def shut(self) -> None:
        self._latest.close()
        for tab in self._plans():
            tab.shut()

    def _set_live(self, *, live: bool) -> None:
        self._live = live
        for tab in self._plans():
            tab.set_live(live=live)

    @property
    def is_settled(self) -> bool:
        plans = all(t.is_settled for t in self._plans())
        return (self.detail is not None or self.guard.has_fault) and not self._latest.busy and plans

    def show_tab(self, key: str) -> None:
        """Show a tab by its key."""
        if self.tabs.current() != key:
            self.tabs.set_current(key)
            return
        self.stack.setCurrentWidget(self.tab(key))
        if key == "log":
            self.log.enter()
        self.told.emit()

    async def _load(self) -> None:
        detail = await load_detail(self.desk.ctx, self.device_id)
        if not self._latest.closed:
            self.detail = detail
            self.guard.set_fault(None)
            self._show(detail)

    def _failed(self, fault: GatewrightError) -> None:
        if isinstance(fault, NotFoundError):
            self._gone = True
            self.desk.notice("waiting", self.title, self.tr("It was removed from the site."))
            self.back.emit()
        else:
            self.guard.set_fault(fault, kept=self.detail is not None)

    def _on_changes(self, changes: list[Any]) -> None:
        if not self._gone and any(c.touches(*TOUCHES, "audit_entries") for c in changes):
            self._latest.ask()

    def _show_job(self) -> None:
        if self.detail is not None:
            self.work.follow(self.desk.jobs.lane_of(self.detail.device.mac))

    def _show(self, detail: DeviceDetail) -> None:
        device = detail.device
        self.site_id = device.site_id
        self._picture.set_kind(silhouette(device.model, device.firmware))
        self.head.set_title(device.name)
        self.head.set_path([("devices", self.tr("Devices")), ("", detail.place)])
        parts = (device.model, shown_mac(device.mac), bare_address(device.address), device.firmware)
        self.head.set_second("   ".join(p for p in parts if p))
        self.head.set_state(state_dot(self, detail))
        self.tabs.set_choices(self._tab_choices())
        for tab in self._tabs.values():
            if not isinstance(tab, PlanTab):
                tab.show_detail(detail)
        self.refresh_acts()

    # -- telling

    def subject(self) -> str:
        return self.title

    def status(self) -> list[StatusItem]:
        if self.detail is None:
            return []
        lines = self.detail.plan.lines
        left = sum(1 for x in lines if x.open)
        words = self.tr("{0} items, {1} left").format(number_word(len(lines)), number_word(left))
        return [StatusItem(words)]

    def hints(self) -> list[Hint]:
        return [
            ("Esc", self.tr("back")),
            ("F5", self.tr("read now")),
            ("O", self.tr("open a relay")),
            ("Ctrl Enter", self.tr("push")),
        ]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
            return
        super().keyPressEvent(event)
