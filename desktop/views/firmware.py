"""The page Firmware: the library, and rollouts in waves with their targets and verdicts (picture 04)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

from PySide6.QtWidgets import QStackedWidget

from core.base.errors import UserError
from core.entities.firmware import FirmwareRelease
from core.rules.catalogue import models
from core.usecases import firmware, rollouts
from core.usecases.rollout_drive import submit_rollout
from core.usecases.rollout_list import delete_rollouts
from desktop.models.desk import Desk
from desktop.models.firmware import LIBRARY_TOUCHES, ReleaseLine, load_releases, release_columns
from desktop.models.rollout_form import RolloutForm, form_of
from desktop.models.rollouts import RolloutLine
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import counted, number_word
from desktop.qt import dialogs
from desktop.qt.roles import HasGets
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.list_pane import ListPane
from desktop.views.page import Hint, Page, PageAct
from desktop.views.rollout_when import RolloutEdit, RolloutSheet, RolloutWhen, reset_is_sure
from desktop.views.rollouts import RolloutsTab
from desktop.views.widgets.base import under_tabs
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.dry_run import DryGroup, DryRow
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Choice, Tabs


class FirmwarePage(Page):
    """Two tabs: the files, and what was rolled out."""

    key: ClassVar[str] = "firmware"
    icon: ClassVar[str] = "hard-drive-download"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        now, zone = desk.ctx.clock.now, lambda: desk.sites.zone
        library = RowsPlan(
            load=lambda: load_releases(desk.ctx, desk.sites.site_id),
            touches=LIBRARY_TOUCHES,
            key=lambda x: x.release.id,
            words=lambda x: f"{x.release.notes} {x.release.file_name}",
        )
        self.library = RowsTable(release_columns(zone), library, desk.tasks, desk.feed)
        self.library_pane = ListPane(self.library, name=self.tr("Firmware library"), ticks=False)
        self.rollouts = RolloutsTab(desk, now, zone)
        self.head = PageHead(self.tr("Firmware"))
        self.tabs = Tabs([Choice("library", self.tr("Library")), Choice("rollouts", self.tr("Rollouts"))])
        self.stack = QStackedWidget()
        self._build()
        self._add_acts()
        for listing in (self.library, self.rollouts.rows):
            listing.settled.connect(self._settled)
            desk.sites.chosen.connect(listing.reload)

    @property
    def title(self) -> str:
        return self.tr("Firmware")

    def _build(self) -> None:
        self.stack.addWidget(self.library_pane)
        self.stack.addWidget(self.rollouts)
        self.setLayout(under_tabs([self.head], self.tabs, self.stack))
        self.tabs.changed.connect(self.show_tab)
        self.library_pane.opened.connect(lambda _line: self.do("rollout"))
        self.library_pane.pointed.connect(lambda _line: self.refresh_acts())
        self.rollouts.state_asked.connect(self._set_state)
        self.rollouts.delete_asked.connect(self._delete)
        empty = EmptyState(
            self.tr("No firmware file yet"),
            self.tr(
                "Add the vendor's file while you have it; it then goes to devices without any network but the LAN."
            ),
            [Act("add", self.tr("Add a file"), "primary", "plus")],
            icon="hard-drive-download",
        )
        empty.act.connect(self.do)
        self.library_pane.set_empty(empty)

    def _add_acts(self) -> None:
        add = self.add_act(PageAct("add", self.tr("Add a file"), self._add, "plus", "N"))
        start = PageAct(
            "rollout",
            self.tr("Start a rollout"),
            self._start,
            "rocket",
            "Ctrl+Return",
            "primary",
            self._no_rollout,
        )
        self.add_act(start)
        for act in (add, start):
            self.head.add_act(self.act_button(act))

    def show_tab(self, key: str) -> None:
        """Show a tab by its key."""
        if self.tabs.current() != key:
            self.tabs.set_current(key)
            return
        self.stack.setCurrentIndex(0 if key == "library" else 1)
        self.told.emit()

    # -- adding a file

    def _add(self) -> None:
        run(self, self._ask_file(), failed=self.fail(self.tr("The file was not added")))

    async def _ask_file(self) -> None:
        kinds = [self.tr("Firmware (*.rom *.zip *.bin)"), self.tr("All files (*)")]
        path = await dialogs.choose_file(self.window(), self.tr("Add firmware"), kinds)
        if path is None:
            return
        model = await dialogs.ask_text(
            self.window(),
            self.tr("Which model is it for?"),
            self.tr("As the device calls itself, such as R29 or X915 V2. The file is checked against it."),
        )
        if model:
            await self.add_file(path, model.strip())

    async def add_file(self, path: Path, model: str) -> FirmwareRelease:
        """Take a file into the library. UserError when it does not fit the model."""
        if model not in models():
            words = self.tr("'{0}' is no model of the catalogue.").format(model)
            raise UserError("firmware.model", words, remedy=self.tr("Write it as the device calls itself."))
        release = await firmware.add_release(self.desk.ctx, path, model=model)
        self.desk.notice(
            "waiting", f"{release.model} {release.version}", self.tr("In the library, on this laptop.")
        )
        return release

    # -- rolling out

    def _line(self) -> ReleaseLine | None:
        line = self.library_pane.current()
        return line if isinstance(line, ReleaseLine) else None

    def _no_rollout(self) -> str:
        line = self._line()
        if line is None:
            return self.tr("Put the cursor on a file of the library first.")
        if not line.behind:
            return self.tr("No {0} of this site runs another version.").format(line.release.model)
        if not line.here:
            return self.tr("The file is in the cloud only. Sync while there is a network.")
        return ""

    def _start(self) -> None:
        line = self._line()
        if line is not None:
            run(self, self._ask_rollout(line), failed=self.fail(self.tr("The rollout was not started")))

    async def _ask_rollout(self, line: ReleaseLine) -> None:
        """The dry-run sheet first; then one device, and the others once it proved the version."""
        site_id = self.desk.sites.site_id
        found = await rollouts.candidates(self.desk.ctx, site_id=site_id, release_id=line.release.id)
        ready, away = [c for c in found if c.connected], [c for c in found if not c.connected]
        version = line.release.version
        rows = [DryRow(c.device.name, HasGets(c.device.firmware or "—", version, mono=True)) for c in ready]
        groups = [
            DryGroup("differs", len(ready), self.tr("will change"), rows, unfolded=True),
            DryGroup(
                "waiting", len(away), self.tr("wait until they answer"), [DryRow(c.device.name) for c in away]
            ),
            DryGroup("check", line.running, self.tr("already so")),
        ]
        sheet = RolloutSheet(
            self.tr("Bring {0} devices to {1}").format(len(found), version),
            self.tr(
                "One device goes first. The others follow in waves, when it proved the version after its restart."
            ),
            [g for g in groups if g.count or g.mark == "differs"],
            primary=self.tr("Change {0}").format(len(ready)),
            parent=self.window(),
        )
        sheet.add_when(RolloutWhen(RolloutForm(), self.desk.sites.zone, self.desk.ctx.clock.now))
        if await sheet.ask() and sheet.taken is not None:
            await self._begin(line, [c.device.id for c in found], *sheet.taken)

    async def _begin(self, line: ReleaseLine, ids: list[str], at: datetime | None, reset: bool) -> None:
        if reset and not await reset_is_sure(self.window()):
            return
        rollout = await rollouts.start_rollout(
            self.desk.ctx,
            site_id=self.desk.sites.site_id,
            release_id=line.release.id,
            device_ids=ids,
            options=rollouts.RolloutOptions(starts_at=at, reset_after=reset, reset_confirmed=reset),
        )
        await submit_rollout(self.desk.ctx, rollout)
        self.show_tab("rollouts")

    async def edit_pending(self, line: RolloutLine) -> None:
        """FW-03: another time, or the reset, of a rollout that has not begun. UserError when it has meanwhile."""
        zone = line.site.time_zone if line.site else self.desk.sites.zone
        when = RolloutWhen(form_of(line.rollout, zone), zone, self.desk.ctx.clock.now)
        sheet = RolloutEdit(line.rollout.name, when, self.window())
        await dialogs.finish(sheet)
        if sheet.taken is None:
            return
        at, reset = sheet.taken
        if reset and not line.rollout.reset_after and not await reset_is_sure(self.window()):
            return
        changes = {"starts_at": at, "reset_after": reset, "reset_confirmed": reset}
        await rollouts.edit_rollout(self.desk.ctx, line.rollout.id, **changes)

    def _set_state(self, line: RolloutLine, word: str) -> None:
        run(self, self._change_state(line, word), failed=self.fail(line.rollout.name))

    async def _change_state(self, line: RolloutLine, word: str) -> None:
        ctx, rollout = self.desk.ctx, line.rollout
        if word == "edit":
            await self.edit_pending(line)
        elif word == "pause":
            await rollouts.pause_rollout(ctx, rollout.id)
        elif word == "abort":
            await self._abort(line)
        else:
            resumed = await rollouts.resume_rollout(ctx, rollout.id, retry=word == "retry")
            if not line.driven:
                await submit_rollout(ctx, resumed)

    async def _abort(self, line: RolloutLine) -> None:
        title = self.tr("Abort {0}").format(line.rollout.name)
        text = self.tr("Devices that are writing go on; nothing is taken back on those that have changed.")
        if await dialogs.confirm(self.window(), title, text, self.tr("Abort"), danger=True):
            came = await rollouts.abort_rollout(self.desk.ctx, line.rollout.id)
            self.desk.notice("waiting", line.rollout.name, came.said)

    def _delete(self, lines: list[RolloutLine]) -> None:
        ids = [line.rollout.id for line in lines]
        act = BulkAct(
            self.tr("Delete records of rollouts"),
            self.tr("Delete {0}"),
            partial(delete_rollouts, self.desk.ctx, ids),
            self.tr("What an open one still wanted of devices is wanted no more."),
            danger=True,
        )
        if ids:
            run(self, do_bulk(self, self.desk, act), failed=self.fail(act.title))

    # -- life

    def enter(self, target: object = None) -> None:
        self.library.set_live(live=True)
        self.rollouts.rows.set_live(live=True)
        if target == "rollouts":
            self.show_tab("rollouts")

    def leave(self) -> None:
        self.library.set_live(live=False)
        self.rollouts.rows.set_live(live=False)

    def shut(self) -> None:
        self.library.close()
        self.rollouts.shut()

    @property
    def is_settled(self) -> bool:
        lists = (self.library, self.rollouts.rows)
        return all(x.is_settled for x in lists)

    def _settled(self) -> None:
        open_count = sum(1 for x in self.rollouts.rows.all_rows() if not x.over)
        self.tabs.set_choices(
            [
                Choice("library", self.tr("Library"), number_word(len(self.library.all_rows()))),
                Choice("rollouts", self.tr("Rollouts"), number_word(open_count) if open_count else ""),
            ]
        )
        if self.library_pane.current() is None:
            self.library_pane.show_first()
        self.refresh_acts()
        self.settled.emit()

    def status(self) -> list[StatusItem]:
        lines = self.rollouts.rows.all_rows()
        left = sum(len(x.targets) - x.proved for x in lines if not x.over)
        items = [StatusItem(counted(len(self.library.all_rows()), "{0} file", "{0} files"))]
        if left:
            items.append(
                StatusItem(self.tr("devices of open rollouts not proved"), mark="waiting", strong=str(left))
            )
        return items

    def hints(self) -> list[Hint]:
        return [("N", self.tr("add a file")), ("Ctrl Enter", self.tr("start a rollout"))]
