"""The tab Drift: what the device holds against what is wanted; accept it or put it back; baselines (W18)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget

from core.base.errors import DataError, GatewrightError
from core.usecases.drift import (
    Baseline,
    Drift,
    accept,
    against_baseline,
    compare,
    export_baseline,
    import_baseline,
    put_back,
    read_baseline,
)
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail
from desktop.models.words import counted, number_word, time_word
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.roles import HasGets, Look, RowLook
from desktop.qt.run import run
from desktop.views.device_tabs import verdict_of
from desktop.views.menus import Entry, popup
from desktop.views.widgets.base import Panel, column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.rows_model import Row as PlainRow
from desktop.views.widgets.rows_model import RowsModel
from desktop.views.widgets.side_panel import FootBar
from desktop.views.widgets.table import ColumnWidth, TableView

KINDS = "Baseline (*.json)"


class DriftTab(Panel):
    """Read first, then tick: each difference is accepted into what is wanted, or put back on the device."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("page")
        self.desk = desk
        self.detail: DeviceDetail | None = None
        self.drifts: list[Drift] = []
        self.baseline: Baseline | None = None
        self._read_at = ""
        self.words = Paragraph("", "text", "t2")
        self.compare_button = Button(self.tr("Compare now"), "primary", icon="git-compare", keys="C")
        self.more = Button(self.tr("Baseline"), icon="file-check")
        self.table = TableView(ticks=True, name=self.tr("Drift"))
        self.stack = QStackedWidget()
        self.nothing = EmptyState(self.tr("Not compared yet"), icon="git-compare")
        self.foot = FootBar()
        self.accept_button = Button(self.tr("Accept into what is wanted"), icon="check")
        self.put_button = Button(self.tr("Put back on the device"), "primary", icon="arrow-up")
        self._build()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        top = row(gap=8, margins=(16, 10, 16, 10))
        top.addWidget(self.words, 1, Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self.more)
        top.addWidget(self.compare_button)
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.nothing)
        self.foot.add_act(self.accept_button)
        self.foot.add_act(self.put_button)
        whole = column(gap=0)
        whole.addLayout(top)
        whole.addWidget(self.stack, 1)
        whole.addWidget(self.foot)
        self.setLayout(whole)

    def _connect(self) -> None:
        self.compare_button.clicked.connect(self.compare)
        self.more.clicked.connect(self._open_more)
        self.accept_button.clicked.connect(self.accept)
        self.put_button.clicked.connect(self.put_back)
        self.table.ticks_changed.connect(self._show_foot)

    def show_detail(self, detail: DeviceDetail) -> None:
        """Another version of the device, or another unit in its place: then nothing was compared yet."""
        if self.detail is not None and self.detail.device.mac != detail.device.mac:
            self.drifts, self._read_at = [], ""
        self.detail = detail
        self.refresh()

    # -- reading

    def compare(self) -> None:
        """Read the device's settings and list what is not as wanted; changes nothing."""
        if self.detail is not None:
            self.baseline = None
            self._read(compare(self.desk.ctx, self.detail.device.id))

    def _read(self, work: Any) -> None:
        self.words.set_text(self.tr("Reading its settings; nothing is sent."))
        run(self, work, trigger=self.compare_button, done=self._have, failed=self._failed)

    def _have(self, found: list[Drift] | None) -> None:
        if found is not None:
            self.drifts = found
            now = self.desk.ctx.clock.now()
            self._read_at = time_word(now, now, self.desk.sites.zone)
            self.refresh()

    def _failed(self, fault: GatewrightError) -> None:
        """Why there was no comparison stands where its lines would; lines that were read before stay."""
        self.desk.notice(verdict_of(fault), self._name, spoken(fault))
        if not self.drifts:
            self.nothing.set_words(self.tr("Not compared"), spoken(fault))

    @property
    def _name(self) -> str:
        return self.detail.device.name if self.detail else ""

    # -- showing

    def refresh(self) -> None:
        """Show what was read."""
        wanted = self.tr("Baseline has") if self.baseline else self.tr("Wanted")
        rows = [
            PlainRow(
                (
                    (spoken(d.title), Look(strong=True)),
                    ("", Look(has_gets=HasGets(d.has or "—", d.wanted or "—", mono=True))),
                    ("" if d.acceptable else self.tr("follows from the site"), Look(tone="t3")),
                ),
                RowLook(stripe="differs"),
                d.subject,
            )
            for d in self.drifts
        ]
        self.table.setModel(RowsModel([self.tr("Setting"), f"{self.tr('Device has')} → {wanted}", ""], rows))
        self.table.set_widths([ColumnWidth(260), ColumnWidth(420, stretch=True), ColumnWidth(160)])
        self.stack.setCurrentWidget(self.table if rows else self.nothing)
        if not rows:
            self.nothing.set_words(*self._nothing_words())
        self.words.set_text(self._summary() if self._read_at else "")
        self._show_foot()

    def _nothing_words(self) -> tuple[str, str]:
        if self._read_at:
            return self.tr("Nothing differs"), self.tr("Every setting that was read is as it is wanted.")
        how = self.tr("Comparing reads the settings of the device and changes nothing.")
        return self.tr("Not compared yet"), how

    def _summary(self) -> str:
        if not self.drifts:
            return self.tr("Read {0}: nothing differs.").format(self._read_at)
        count = counted(len(self.drifts), "{0} setting differs", "{0} settings differ")
        return self.tr("Read {0}: {1}.").format(self._read_at, count)

    def chosen(self) -> list[Drift]:
        """The ticked differences, or all of them."""
        ticked = self.table.ticked_rows()
        return [self.drifts[n] for n in ticked] if ticked else list(self.drifts)

    def _show_foot(self) -> None:
        chosen, ticked = self.chosen(), len(self.table.ticked_rows())
        fixed = next((d for d in chosen if not d.acceptable), None)
        none = "" if chosen else self.tr("Nothing differs.")
        why = self.tr("'{0}' follows from the site. Put it back, or change the site.")
        self.accept_button.set_reason(none or (why.format(spoken(fixed.title)) if fixed else ""))
        only = self.tr("A baseline is taken over, then pushed.") if self.baseline else ""
        self.put_button.set_reason(none or only)
        words = self.tr("{0} ticked").format(number_word(ticked)) if ticked else ""
        self.foot.set_text(words or (self.tr("All {0}").format(number_word(len(chosen))) if chosen else ""))
        self.foot.setVisible(bool(self.drifts))

    # -- settling

    def accept(self) -> None:
        """What the device holds becomes what is wanted."""
        work = accept(self.desk.ctx, self.chosen())
        run(self, work, trigger=self.accept_button, done=self._accepted, failed=self._failed)

    def _accepted(self, count: int | None) -> None:
        words = self.tr("{0} settings are wanted as the device holds them.").format(number_word(count or 0))
        self.desk.notice("accepted", self._name, words)
        self.compare()

    def put_back(self) -> None:
        """Send what is wanted again; the job reads it back."""
        ids = list(dict.fromkeys(d.device_id for d in self.chosen()))
        work = put_back(self.desk.ctx, ids)
        run(self, work, trigger=self.put_button, done=self._queued, failed=self._failed)

    def _queued(self, _ids: Sequence[str] | None) -> None:
        self.drifts, self._read_at = [], ""
        self.desk.notice("waiting", self._name, self.tr("What is wanted is sent again and read back."))
        self.refresh()

    # -- baselines

    def _open_more(self) -> None:
        take = "" if self.baseline else self.tr("Compare with a baseline first.")
        popup(
            self.more,
            [
                Entry(self.tr("Save what it holds as a baseline…"), self._export, "save"),
                Entry(self.tr("Compare with a baseline…"), self._against, "git-compare"),
                Entry(self.tr("Take the baseline over"), self._import, "download", reason=take),
            ],
        )

    def _export(self) -> None:
        run(self, self._ask_export(), failed=self._failed)

    async def _ask_export(self) -> None:
        detail = self.detail
        if detail is None:
            return
        name = f"{detail.device.model}-{detail.device.firmware or 'baseline'}.json".replace("/", "-")
        path = await dialogs.choose_new_file(self.window(), self.tr("Save a baseline"), name, [KINDS])
        if path is not None:
            await self.write_baseline(path)

    async def write_baseline(self, path: Path) -> None:
        """Read every setting of the device into a file. DataError when it cannot be written."""
        if self.detail is None:
            return
        found = await export_baseline(self.desk.ctx, self.detail.device)
        try:
            await asyncio.to_thread(path.write_text, found.document(), "utf-8")
        except OSError as fault:
            words = self.tr("{0} could not be written: {1}.").format(path.name, fault.strerror)
            raise DataError("baseline.not_written", words) from fault
        words = self.tr("{0} settings in {1}").format(number_word(len(found.settings)), path.name)
        self.desk.notice("accepted", self._name, words)

    def _against(self) -> None:
        run(self, self._ask_against(), failed=self._failed)

    async def _ask_against(self) -> None:
        path = await dialogs.choose_file(self.window(), self.tr("Compare with a baseline"), [KINDS])
        if path is not None:
            await self.read_against(path)

    async def read_against(self, path: Path) -> None:
        """List what the device holds otherwise than the baseline of a file. UserError for a file that is none."""
        if self.detail is None:
            return
        try:
            text = await asyncio.to_thread(path.read_text, "utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise DataError(
                "baseline.not_read", self.tr("{0} could not be read.").format(path.name)
            ) from fault
        baseline = read_baseline(text)
        found = await against_baseline(self.desk.ctx, self.detail.device, baseline)
        self.baseline = baseline
        self._have(found)

    def _import(self) -> None:
        if self.detail is not None and self.baseline is not None:
            work = import_baseline(self.desk.ctx, self.detail.device, self.baseline)
            run(self, work, done=self._imported, failed=self._failed)

    def _imported(self, count: int | None) -> None:
        words = self.tr("{0} settings of the baseline are wanted now; push them.").format(
            number_word(count or 0)
        )
        self.desk.notice("waiting", self._name, words)
