"""The page Devices: the list with each device's proof, and one device with its tabs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from PySide6.QtWidgets import QStackedWidget

from core.base.verdict import Verdict
from core.entities.device import Device
from core.usecases import actions
from core.usecases.devices import remove_device
from core.usecases.provision import submit
from desktop.models.desk import Desk
from desktop.models.devices import (
    TOUCHES,
    DeviceLine,
    device_columns,
    device_filters,
    device_row_look,
    load_devices,
)
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import number_word, verdict_word
from desktop.qt import dialogs
from desktop.qt.roles import HasGets
from desktop.qt.run import run
from desktop.views.device_page import DeviceView
from desktop.views.page import Hint, Page, PageAct
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import column
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.dry_run import DryGroup, DryRow, DryRunSheet
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.work_bar import WorkBar


class DeviceList(TablePage):
    """All devices of the site. Enter opens one."""

    key: ClassVar[str] = "devices"
    icon: ClassVar[str] = "cpu"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        plan = RowsPlan(
            load=lambda: load_devices(desk.ctx, desk.sites.site_id),
            touches=TOUCHES,
            key=lambda x: x.device.id,
            row_look=device_row_look,
            words=lambda x: f"{x.device.mac} {x.verdict.value}",
        )
        self.rows = RowsTable(
            device_columns(desk.ctx.clock.now, desk.jobs.lane_of),
            plan,
            desk.tasks,
            desk.feed,
            filters=device_filters(self._all),
        )
        self.build(self.rows, self.tr("Devices"))
        self._add_acts()
        self.rows.sort_by("verdict")
        self.pane.table.set_sort(*_sorting(self.rows))
        self.work = WorkBar(desk)
        self.notice_place.addWidget(self.work)
        desk.sites.chosen.connect(self.rows.reload)
        desk.jobs.changed.connect(self.rows.repaint)

    @property
    def title(self) -> str:
        return self.tr("Devices")

    def has_panel(self) -> bool:
        return False

    def _all(self) -> Sequence[DeviceLine]:
        return self.rows.all_rows()

    def _add_acts(self) -> None:
        none = self._none
        verify = self.add_act(PageAct("verify", self.tr("Read back"), self._verify, "eye", "R", reason=none))
        push = self.add_act(
            PageAct("push", self.tr("Push"), self._push, "arrow-up", "Ctrl+Return", "primary", none)
        )
        self.add_act(
            PageAct("open", self.tr("Open the device"), self._open, "arrow-right", reason=none, button=False)
        )
        reboot = PageAct("reboot", self.tr("Restart…"), self._reboot, "power", reason=none, button=False)
        remove = PageAct("remove", self.tr("Remove…"), self._remove, "trash-2", reason=none, button=False)
        self.add_act(reboot)
        self.add_act(remove)
        for act in (verify, push):
            self.head.add_act(self.act_button(act))
        empty = EmptyState(
            self.tr("No device at this site yet"),
            self.tr(
                "Devices are adopted from the LAN. Each gets its place, settings and people, and proves them."
            ),
            [Act("lan", self.tr("Look at the LAN"), "primary", "radar")],
            devices=("door", "screen", "monitor"),
        )
        empty.act.connect(lambda _key: self.desk.go("lan"))
        self.pane.set_empty(empty)

    def _none(self) -> str:
        return "" if self.pane.chosen() else self.tr("Tick devices first, or put the cursor on one.")

    # -- acts

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        models = {x.device.model for x in rows}
        away = sum(1 for x in rows if x.verdict is Verdict.UNREACHABLE)
        common = self.tr("{0} models").format(len(models)) if len(models) > 1 else next(iter(models), "")
        if away:
            common += " · " + self.tr("{0} did not answer").format(away)
        return [
            Act("push", self.tr("Push"), icon="arrow-up"),
            Act("verify", self.tr("Read back"), icon="eye"),
            Act("reboot", self.tr("Restart…"), icon="power"),
            Act("remove", self.tr("Remove…"), "danger", "trash-2"),
        ], common

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    def _chosen(self) -> list[DeviceLine]:
        return self.pane.chosen()

    def _push(self) -> None:
        lines = self._chosen()
        if len(lines) == 1:
            self._submit([lines[0].device], send=True)
        else:
            run(self, self._ask_push(lines))

    async def _ask_push(self, lines: list[DeviceLine]) -> None:
        """The dry-run sheet: what will be sent, where nothing is left to do."""
        open_lines = [x for x in lines if x.proved < x.wanted]
        fine = [x for x in lines if x.proved == x.wanted]
        groups = [
            DryGroup(
                "differs",
                len(open_lines),
                self.tr("have something to send"),
                [_dry_row(x) for x in open_lines],
                unfolded=True,
            ),
            DryGroup(
                "check",
                len(fine),
                self.tr("are proved already"),
                [DryRow(x.device.name, note=x.place) for x in fine],
            ),
        ]
        sheet = DryRunSheet(
            self.tr("Push to {0} devices").format(len(lines)),
            self.tr(
                "Each device is read first. Only what differs is sent, then read back. Nobody loses access."
            ),
            groups,
            primary=self.tr("Push {0} now").format(len(open_lines)),
            parent=self.window(),
        )
        if await sheet.ask():
            await submit(self.desk.ctx, [x.device for x in open_lines])
            self.pane.table.clear_ticks()

    def _verify(self) -> None:
        self._submit([x.device for x in self._chosen()], send=False)

    def _submit(self, devices: list[Device], *, send: bool) -> None:
        run(self, submit(self.desk.ctx, devices, send=send), done=lambda _ids: self._told(devices))

    def _told(self, devices: list[Device]) -> None:
        self.pane.table.clear_ticks()
        words = self.tr("{0} queued").format(number_word(len(devices)))
        self.desk.notice("waiting", words, self.tr("The list shows each verdict as it is read back."))

    def _open(self) -> None:
        line = self.pane.current()
        if line is not None:
            self.pane.opened.emit(line)

    def _reboot(self) -> None:
        run(self, self._reboot_all(self._chosen()))

    async def _reboot_all(self, lines: list[DeviceLine]) -> None:
        names = "\n".join(x.device.name for x in lines[:12])
        title = self.tr("Restart {0}").format(
            lines[0].device.name if len(lines) == 1 else number_word(len(lines))
        )
        text = self.tr("Each is away for about a minute; its doors open by key only meanwhile.")
        answers = [dialogs.Answer("no", self.tr("Cancel")), dialogs.Answer("yes", title, "primary")]
        if await dialogs.ask(self.window(), title, text, answers, details=names) != "yes":
            return
        self.work.work(
            self.tr("Restarting"), self._reboot_each(lines), failed=self.fail(self.tr("Not restarted"))
        )

    async def _reboot_each(self, lines: list[DeviceLine]) -> None:
        for number, line in enumerate(lines, 1):
            self.work.tell(number, len(lines))
            result = await actions.reboot(self.desk.ctx, line.device)
            self.desk.notice(result.verdict.value, line.device.name, result.said)

    def _remove(self) -> None:
        run(self, self._remove_all(self._chosen()))

    async def _remove_all(self, lines: list[DeviceLine]) -> None:
        title = self.tr("Remove {0}").format(
            lines[0].device.name if len(lines) == 1 else number_word(len(lines))
        )
        text = self.tr(
            "The MAC is free again and the receipts go. What the device itself holds is not touched: "
            "people on it can still open it."
        )
        names = "\n".join(x.device.name for x in lines[:12])
        answers = [dialogs.Answer("no", self.tr("Cancel")), dialogs.Answer("yes", title, "danger")]
        if await dialogs.ask(self.window(), title, text, answers, details=names) != "yes":
            return
        for line in lines:
            await remove_device(self.desk.ctx, line.device.id)

    # -- status

    def status(self) -> list[StatusItem]:
        items = super().status()
        lines = self.rows.all_rows()
        left = sum(x.wanted - x.proved for x in lines)
        if left:
            items.append(
                StatusItem(self.tr("items not proved yet"), mark="waiting", strong=number_word(left))
            )
        return items

    def hints(self) -> list[Hint]:
        return [
            ("Space", self.tr("tick")),
            ("Enter", self.tr("open")),
            ("R", self.tr("read back")),
            ("Ctrl Enter", self.tr("push")),
        ]

    def _counted(self) -> None:
        lines = self.rows.all_rows()
        proved = sum(1 for x in lines if x.verdict is Verdict.PROVED)
        self.head.set_note(self.tr("{0} of {1} wholly proved").format(proved, len(lines)) if lines else "")
        super()._counted()


def _sorting(rows: RowsTable) -> tuple[int]:
    return (rows.sorting[0],)


def _dry_row(line: DeviceLine) -> DryRow:
    note = verdict_word(line.verdict)
    return DryRow(line.device.name, HasGets(str(line.proved), str(line.wanted), mono=True), note)


class DevicesPage(Page):
    """The list, or one device of it."""

    key: ClassVar[str] = "devices"
    icon: ClassVar[str] = "cpu"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.list = DeviceList(desk)
        self.view: DeviceView | None = None
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        whole = column(gap=0)
        whole.addWidget(self._stack)
        self.setLayout(whole)
        self.list.pane.opened.connect(lambda line: self.open(line.device.id))
        self.list.told.connect(self.told)
        self.list.settled.connect(self.settled)
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Devices")

    @property
    def _inner(self) -> Page:
        shown = self._stack.currentWidget()
        return shown if isinstance(shown, Page) else self.list

    def open(self, device_id: str) -> None:
        """Show one device."""
        self.list.leave()
        self._drop()
        self.view = DeviceView(self.desk, device_id)
        self.view.back.connect(self.close_device)
        self.view.told.connect(self.told)
        self.view.settled.connect(self.settled)
        self._stack.addWidget(self.view)
        self._stack.setCurrentWidget(self.view)
        self.view.enter()
        self.told.emit()

    def close_device(self) -> None:
        """Back to the list."""
        self._drop()
        self._stack.setCurrentWidget(self.list)
        self.list.enter()
        self.told.emit()

    def _drop(self) -> None:
        if self.view is not None:
            self.view.shut()
            self._stack.removeWidget(self.view)
            self.view.deleteLater()
            self.view = None

    def _site_changed(self) -> None:
        view, site = self.view, self.desk.sites.site_id
        if view is not None and view.site_id not in {"", site}:
            self.close_device()

    def enter(self, target: object = None) -> None:
        if isinstance(target, str) and target:
            self.open(target)
        else:
            self._inner.enter()

    def leave(self) -> None:
        self._inner.leave()

    def shut(self) -> None:
        self.list.shut()
        if self.view is not None:
            self.view.shut()

    @property
    def is_settled(self) -> bool:
        return self._inner.is_settled

    def acts(self) -> list[PageAct]:
        return self._inner.acts()

    def do(self, key: str) -> None:
        self._inner.do(key)

    def status(self) -> list[StatusItem]:
        return self._inner.status()

    def hints(self) -> list[Hint]:
        return self._inner.hints()

    def subject(self) -> str:
        return self._inner.subject()
