"""The page AutoP: one text of commands for many devices; checked, shown per device, then sent (DEV-07, DEV-08)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPlainTextEdit

from core.base.errors import GatewrightError
from core.rules.autop import BATCH, Autop, parse_autop
from core.usecases.autop import Preview, apply_once, apply_regular, preview
from desktop.models.desk import Desk
from desktop.models.device_list import DeviceTable
from desktop.models.devices import DeviceLine, device_columns
from desktop.models.latest import Latest
from desktop.models.words import counted, number_word
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.page import Hint, PageAct
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.boxes import Act, EdgeBox, Section
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.labels import Picture
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.status_bar import StatusItem
from desktop.views.widgets.toggles import Choice, Segmented

SHOWN = ("name", "place", "model", "firmware", "mac", "verdict")
PAUSE_MS = 250
"""After a pause in typing the text is judged and shown for the device under the cursor."""
MOST_WORDS = 8


class AutopPage(TablePage):
    """Devices at the left, the text and what each device would get at the right."""

    key: ClassVar[str] = "autop"
    icon: ClassVar[str] = "terminal"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        columns = [c for c in device_columns(desk.ctx.clock.now, desk.jobs.lane_of) if c.key in SHOWN]
        self.rows = DeviceTable(desk, columns)
        self.build(self.rows, self.tr("AutoP"))
        self.previews: dict[str, Preview] = {}
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.how = Segmented([Choice("regular", self.tr("Regular")), Choice("once", self.tr("One-time"))])
        self._judged = column(gap=4)
        self._preview_head = Section(self.tr("One device would get"))
        self._preview = QPlainTextEdit()
        self._preview.setTabChangesFocus(True)
        self._how_words = Paragraph("", "help", "t2")
        self._latest = Latest(desk.tasks, self._look, failed=self._not_shown)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._judge)
        self._fill()
        self._add_acts()
        self._wire_text()
        self._judge()

    @property
    def title(self) -> str:
        return self.tr("AutoP")

    def _fill(self) -> None:
        panel, mono = self.panel, theme().font("mono")
        panel.set_title(self.tr("Commands"))
        panel.set_lines((self.tr("One Config line each; duplicates are dropped"), "help", "t2"))
        for box, height, name in (
            (self.text, 190, self.tr("AutoP commands")),
            (self._preview, 170, self.tr("What the device would get")),
        ):
            box.setFont(mono)
            box.setFixedHeight(theme().px(height))
            box.setAccessibleName(name)
            box.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setPlaceholderText("Config.DoorSetting.RTSP.Enable = 1")
        self._preview.setReadOnly(True)
        self._preview.setPlaceholderText(self.tr("Type a line, and what the device would get stands here."))
        line = row(gap=8)
        line.addWidget(self.how)
        line.addStretch(1)
        panel.body.addWidget(self.text)
        panel.body.addLayout(self._judged)
        panel.body.addLayout(line)
        panel.body.addWidget(self._how_words)
        panel.body.addWidget(Rule())
        panel.body.addWidget(self._preview_head)
        panel.body.addWidget(self._preview)

    def _wire_text(self) -> None:
        self.text.textChanged.connect(self._timer.start)
        self.how.changed.connect(lambda _key: self._judge())
        self.pane.table.ticks_changed.connect(self._judge)

    def _add_acts(self) -> None:
        check = PageAct("check", self.tr("Check"), self.check, "list-checks", "C", reason=self._no_text)
        send = PageAct("send", self.tr("Send"), self._ask, "arrow-up", "Ctrl+Return", "primary", self.why_not)
        for act in (check, send):
            self.add_act(act)
            self.head.add_act(self.act_button(act))
        empty = EmptyState(
            self.tr("No device at this site yet"),
            self.tr("AutoP sends single settings to many devices at once. Adopt devices from the LAN first."),
            [Act("lan", self.tr("Look at the LAN"), "primary", "radar")],
            devices=("door", "screen", "monitor"),
        )
        empty.act.connect(lambda _key: self.desk.go("lan"))
        self.pane.set_empty(empty)

    # -- judging

    @property
    def autop(self) -> Autop:
        """The text as understood."""
        return parse_autop(self.text.toPlainText())

    def _no_text(self) -> str:
        return "" if self.text.toPlainText().strip() else self.tr("Write a Config line first.")

    def chosen(self) -> list[DeviceLine]:
        """The ticked devices, or else the one under the cursor; of more than may be sent to at once the first."""
        return self.pane.chosen()

    def _count(self) -> int:
        return self.pane.table.tick_count() or len(self.chosen())

    def why_not(self) -> str:
        """Why it cannot be sent; empty when it can."""
        found, count = self.autop, self._count()
        if reason := self._no_text():
            return reason
        if found.faults:
            return found.faults[0].words
        if not found.lines:
            return self.tr("There is no Config line in this text.")
        if not count:
            return self.tr("Tick devices first, or put the cursor on one.")
        if count > BATCH:
            return self.tr("{0} devices are more than {1} at once.").format(number_word(count), BATCH)
        return ""

    def check(self) -> None:
        """Judge the text now and show what each device would get; sends nothing."""
        self._judge()

    def _judge(self) -> None:
        found = self.autop
        clear(self._judged)
        once = self.how.current() == "once"
        self._how_words.set_text(
            self.tr("Gone after a factory or configuration reset, and not wanted any further.")
            if once
            else self.tr("Kept as wanted, so it stays valid; the next proofs cover it.")
        )
        if self.text.toPlainText().strip():
            self._say("check", "t2", counted(len(found.lines), "{0} command", "{0} commands"))
            for fault in found.faults[:MOST_WORDS]:
                box = EdgeBox("refused")
                box.body.addWidget(Paragraph(fault.words, "help", "t1"))
                self._judged.addWidget(box)
            for fault in (*found.warnings, *found.dropped)[:MOST_WORDS]:
                self._say("triangle-alert", "ambiguous", fault.words)
        self.refresh_acts()
        self._latest.ask()

    def _say(self, icon: str, tone: str, words: str) -> None:
        line = row(gap=8)
        line.addWidget(Picture("icon", icon, tone=tone, size=14))
        line.addWidget(Paragraph(words, "help", "t2"), 1)
        self._judged.addLayout(line)

    # -- what each device would get

    async def _look(self) -> None:
        chosen = self.chosen()[:BATCH]
        if not self.autop.good or not chosen:
            self.previews = {}
        else:
            found = await preview(self.desk.ctx, self.text.toPlainText(), [x.device.id for x in chosen])
            self.previews = {p.device.id: p for p in found}
        if not self._latest.closed:
            self._show_preview()

    def _not_shown(self, fault: GatewrightError) -> None:
        self.previews = {}
        self._preview.setPlainText(spoken(fault))

    def _show_preview(self) -> None:
        line = self.pane.current() or next(iter(self.chosen()), None)
        found = self.previews.get(line.device.id) if line is not None else None
        self._preview.setPlainText(found.text if found else "")
        new = self.tr("{0} new").format(number_word(len(found.changes))) if found else ""
        self._preview_head.set_end(" · ".join(p for p in (line.device.name if line else "", new) if p))
        self.settled.emit()

    def _cursor(self, row: Any) -> None:
        super()._cursor(row)
        self._judge()

    def open_row(self, row: Any) -> None:
        self.enter()
        self.text.setFocus()

    # -- sending

    def _ask(self) -> None:
        run(self, self._ask_first(self.chosen()), failed=self.fail(self.tr("Not sent")))

    async def _ask_first(self, lines: list[DeviceLine]) -> None:
        once = self.how.current() == "once"
        how = self.tr("one-time") if once else self.tr("regular")
        devices = counted(len(lines), "{0} device", "{0} devices")
        title = self.tr("Send to {0}").format(devices)
        commands = counted(len(self.autop.lines), "{0} command", "{0} commands")
        text = self.tr("{0}, {1}. Each device is read back; the job centre shows every verdict.").format(
            commands, how
        )
        names = "\n".join(x.device.name for x in lines[:12])
        answers = [dialogs.Answer("no", self.tr("Cancel")), dialogs.Answer("yes", title, "primary")]
        if await dialogs.ask(self.window(), title, text, answers, details=names) == "yes":
            await self.send(lines)

    async def send(self, lines: Sequence[DeviceLine]) -> list[str]:
        """Send the text to these devices; gives the ids of the jobs. UserError for a faulty text or too many."""
        do = apply_once if self.how.current() == "once" else apply_regular
        ids = await do(self.desk.ctx, self.text.toPlainText(), [x.device.id for x in lines])
        self.pane.table.clear_ticks()
        words = counted(len(ids), "{0} job queued", "{0} jobs queued")
        self.desk.notice("waiting", words, self.tr("Each is sent and read back."), page="jobs")
        return ids

    # -- life

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        models = sorted({x.device.model for x in rows})
        return [Act("send", self.tr("Send"), icon="arrow-up", reason=self.why_not())], ", ".join(models[:4])

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    def enter(self, target: object = None) -> None:
        super().enter(target)
        self._show_panel()

    def shut(self) -> None:
        super().shut()
        self._latest.close()

    @property
    def is_settled(self) -> bool:
        return super().is_settled and not self._latest.busy and not self._timer.isActive()

    def _refresh_panel(self) -> None:
        """The panel holds the text, not a row."""

    def status(self) -> list[StatusItem]:
        chosen = number_word(self._count())
        return [StatusItem(self.tr("{0} of at most {1} devices").format(chosen, BATCH))]

    def hints(self) -> list[Hint]:
        return [("Space", self.tr("tick")), ("C", self.tr("check")), ("Ctrl Enter", self.tr("send"))]
