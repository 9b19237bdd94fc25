"""The page Devices: the list with each device's proof, and one device with its tabs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from PySide6.QtWidgets import QStackedWidget

from core.base.verdict import Verdict
from core.usecases import actions
from core.usecases.bulk import BulkReport
from core.usecases.devices import remove_devices
from core.usecases.provision import submit
from desktop.models.desk import Desk
from desktop.models.device_list import DeviceTable
from desktop.models.devices import DeviceLine, device_columns
from desktop.models.picked import Picked
from desktop.models.words import number_word, verdict_word
from desktop.qt import dialogs
from desktop.qt.roles import HasGets
from desktop.qt.run import run
from desktop.views.bulk import MOST_ROWS, BulkAct, do_bulk
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
        self.rows = DeviceTable(desk, device_columns(desk.ctx.clock.now, desk.jobs.lane_of))
        self.build(self.rows, self.tr("Devices"))
        self._add_acts()
        self.rows.sort_by("verdict")
        self.pane.table.set_sort(self.rows.sorting[0])
        self.work = WorkBar(desk)
        self.notice_place.addWidget(self.work)
        desk.jobs.changed.connect(self.rows.repaint)

    @property
    def title(self) -> str:
        return self.tr("Devices")

    def has_panel(self) -> bool:
        return False

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
        return "" if self.pane.is_chosen() else self.tr("Tick devices first, or put the cursor on one.")

    # -- acts

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        away = sum(1 for x in rows if x.verdict is Verdict.UNREACHABLE and x.standing)
        common = self._common_words({x.device.model for x in rows}, away)
        return [
            Act("push", self.tr("Push"), icon="arrow-up"),
            Act("verify", self.tr("Read back"), icon="eye"),
            Act("reboot", self.tr("Restart…"), icon="power"),
            Act("remove", self.tr("Remove…"), "danger", "trash-2"),
        ], common

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    async def batch_common(self) -> str:
        picked = self._picked()
        models = await picked.tally("devices.model")
        known = self.rows.standing.devices
        away = sum(1 for n in picked.numbers if n in known and known[n].verdict is Verdict.UNREACHABLE)
        return self._common_words([m for m, _ in models], away)

    def _common_words(self, models: Collection[str], away: int) -> str:
        common = self.tr("{0} models").format(len(models)) if len(models) > 1 else next(iter(models), "")
        return common + (" · " + self.tr("{0} did not answer").format(away) if away else "")

    def _picked(self) -> Picked:
        return self.rows.pick(self.pane.ranges())

    def _push(self) -> None:
        picked = self._picked()
        if len(picked) == 1:
            self._submit(picked, send=True)
        else:
            run(self, self._ask_push(picked))

    async def _ask_push(self, picked: Picked) -> None:
        """The dry-run sheet: what will be sent, where nothing is left to do."""
        known = self.rows.standing.devices
        fine = picked.where(lambda n: n in known and known[n].proved == known[n].wanted)
        open_ones = picked.where(lambda n: n not in known or known[n].proved < known[n].wanted)
        groups = [
            DryGroup(
                "differs",
                len(open_ones),
                self.tr("have something to send"),
                [_dry_row(x) for x in await open_ones.lines(MOST_ROWS)],
                unfolded=True,
            ),
            DryGroup(
                "check",
                len(fine),
                self.tr("are proved already"),
                [DryRow(x.device.name, note=x.place) for x in await fine.lines(MOST_ROWS)],
            ),
        ]
        sheet = DryRunSheet(
            self.tr("Push to {0} devices").format(number_word(len(picked))),
            self.tr(
                "Each device is read first. Only what differs is sent, then read back. Nobody loses access."
            ),
            groups,
            primary=self.tr("Push {0} now").format(number_word(len(open_ones))),
            parent=self.window(),
        )
        if await sheet.ask():
            await self._queue(open_ones, send=True)
            self.pane.table.clear_ticks()

    def _verify(self) -> None:
        self._submit(self._picked(), send=False)

    def _submit(self, picked: Picked, *, send: bool) -> None:
        run(self, self._queue(picked, send=send), done=self._told)

    async def _queue(self, picked: Picked, *, send: bool) -> int:
        """One job per device, some thousand devices at a time; gives how many."""
        queued = 0
        async for page in picked.pages():
            queued += len(await submit(self.desk.ctx, [x.device for x in page], send=send))
        return queued

    def _told(self, count: int) -> None:
        self.pane.table.clear_ticks()
        words = self.tr("{0} queued").format(number_word(count))
        self.desk.notice("waiting", words, self.tr("The list shows each verdict as it is read back."))

    def _open(self) -> None:
        line = self.pane.current()
        if line is not None:
            self.pane.opened.emit(line)

    async def _who(self, picked: Picked) -> tuple[str, str]:
        """One by name, several by number; and the first names below each other."""
        first = [x.device.name for x in await picked.lines(12)]
        return first[0] if len(picked) == 1 and first else number_word(len(picked)), "\n".join(first)

    def _reboot(self) -> None:
        run(self, self._ask_reboot(self._picked()))

    async def _ask_reboot(self, picked: Picked) -> None:
        who, names = await self._who(picked)
        title = self.tr("Restart {0}").format(who)
        text = self.tr("Each is away for about a minute; its doors open by key only meanwhile.")
        answers = [dialogs.Answer("no", self.tr("Cancel")), dialogs.Answer("yes", title, "primary")]
        if await dialogs.ask(self.window(), title, text, answers, details=names) != "yes":
            return
        self.work.work(
            self.tr("Restarting"), self._reboot_each(picked), failed=self.fail(self.tr("Not restarted"))
        )

    async def _reboot_each(self, picked: Picked) -> None:
        number = 0
        async for page in picked.pages():
            for line in page:
                number += 1
                self.work.tell(number, len(picked))
                result = await actions.reboot(self.desk.ctx, line.device)
                self.desk.notice(result.verdict.value, line.device.name, result.said)

    def _remove(self) -> None:
        run(self, self._ask_remove(self._picked()), failed=self.fail(self.tr("Not removed")))

    async def _ask_remove(self, picked: Picked) -> None:
        ids, (who, _) = await picked.ids(), await self._who(picked)

        async def verb(*, check: bool) -> BulkReport:
            return await remove_devices(self.desk.ctx, ids, check=check)

        note = self.tr(
            "The MAC is free again and the receipts go. What the device itself holds is not touched: "
            "people on it can still open it."
        )
        act = BulkAct(self.tr("Remove {0}").format(who), self.tr("Remove {0}"), verb, note, danger=True)
        if await do_bulk(self, self.desk, act) is not None:
            self.pane.table.clear_ticks()

    # -- status

    def status(self) -> list[StatusItem]:
        items = super().status()
        if left := self.rows.sums().left:
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
        sums = self.rows.sums()
        words = self.tr("{0} of {1} wholly proved").format(number_word(sums.proved), number_word(sums.total))
        self.head.set_note(words if sums.total else "")
        super()._counted()


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
