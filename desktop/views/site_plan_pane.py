"""The plans of a site as the second face of the page Doors: which plan, how many doors in which state, arranging."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from core.base.errors import DataError, GatewrightError
from core.usecases import floor_plans
from core.usecases.bulk import BulkReport
from core.usecases.context import Permission
from desktop.models.desk import Desk
from desktop.models.latest import Latest
from desktop.models.site_plan import TONES, DoorState, Drawing, PlanData, load_plans, state_of, state_word
from desktop.models.words import number_word
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.qt.theme import theme
from desktop.views.menus import Entry, popup
from desktop.views.site_plan import PlanCanvas
from desktop.views.widgets.base import Rule, clear, column, row
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.choice import ChoiceBox
from desktop.views.widgets.labels import Label, StateDot

TICK_MS = 1_000
"""An open door closes by itself: its mark follows within a second."""
LARGEST = 4_096
MIDDLE = 5_000


class PlanPane(QWidget):
    """Signals: `chosen(str)` a door, by its relay; `settled()` what is shown is what there is."""

    chosen = Signal(str)
    settled = Signal()

    def __init__(self, desk: Desk, held: Mapping[str, datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._held = desk, held
        self.data = PlanData()
        self._key, self._shown = "", ""
        self._image: QImage | None = None
        self.canvas = PlanCanvas()
        self.which = ChoiceBox()
        self.which.setAccessibleName(self.tr("Plan"))
        self.note = Label("", "help", "t2", elide=True)
        self.legend = row(gap=14)
        self.absent = Button(self.tr("Place a door…"), icon="plus")
        self.arrange = Button(self.tr("Arrange"), icon="locate")
        self.arrange.setCheckable(True)
        self.add = Button(self.tr("Add a drawing…"), icon="image")
        self.more = Button(self.tr("More"), icon="ellipsis")
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.show_states)
        self._latest = Latest(desk.tasks, self._load, failed=self._failed, settled=self.settled.emit)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.which.setMinimumWidth(theme().px(160))
        head = row(gap=10, margins=(16, 4, 16, 8))
        head.addWidget(self.which)
        head.addWidget(self.note, 1)
        for button in (self.absent, self.arrange, self.add, self.more):
            head.addWidget(button)
        whole = column(gap=0)
        whole.addLayout(head)
        whole.addWidget(Rule())
        whole.addWidget(self.canvas, 1)
        whole.addWidget(Rule())
        foot = row(gap=0, margins=(16, 6, 16, 6))
        foot.addLayout(self.legend)
        foot.addStretch(1)
        whole.addLayout(foot)
        self.setLayout(whole)

    def _connect(self) -> None:
        self.which.chosen.connect(self._choose)
        self.canvas.chosen.connect(self.chosen)
        self.canvas.placed.connect(self._place)
        self.arrange.toggled.connect(self._arranged)
        self.add.clicked.connect(lambda: run(self, self._add(), failed=self._refused))
        self.more.clicked.connect(lambda: popup(self.more, self._entries()))
        self.absent.clicked.connect(lambda: popup(self.absent, self.offers()))

    # -- data

    def set_live(self, *, live: bool) -> None:
        """Read and follow while it is seen."""
        if live:
            self._latest.ask()
            self._tick.start()
        else:
            self._tick.stop()

    def refresh(self) -> None:
        """Something of it changed."""
        if self._tick.isActive():
            self._latest.ask()

    @property
    def busy(self) -> bool:
        """Whether something is being read."""
        return self._latest.busy

    def close_pane(self) -> None:
        """Read nothing any more."""
        self._tick.stop()
        self._latest.close()

    async def _load(self) -> None:
        data = await load_plans(self._desk.ctx, self._desk.sites.site_id)
        drawing = data.drawing(self._key)
        image = None
        if drawing is not None and drawing.file is not None:
            same = self._shown == str(drawing.file)
            image = self._image if same else await asyncio.to_thread(_read, str(drawing.file))
        if self._latest.closed:
            return
        self.data, self._image = data, image
        self._shown = str(drawing.file) if drawing is not None and drawing.file is not None else ""
        self._show(drawing)

    def _failed(self, fault: GatewrightError) -> None:
        self.note.setText(spoken(fault))
        self.note.set_tone("refused")

    # -- showing

    @property
    def drawing(self) -> Drawing | None:
        """The plan that is shown."""
        return self.data.drawing(self._key)

    def _show(self, drawing: Drawing | None) -> None:
        self.which.set_choices([(d.key, d.name) for d in self.data.drawings])
        self.which.set_current(drawing.key if drawing else None)
        off = self._may_not()
        self.arrange.set_reason(off)
        self.add.set_reason(off)
        self.more.set_reason(
            off or ("" if drawing and drawing.plan else self.tr("This plan is drawn by itself."))
        )
        if drawing is None:
            return
        self.canvas.show_drawing(drawing, self._image)
        waits = self.tr("The drawing has not arrived on this workstation yet.") if drawing.waits else ""
        self.note.setText(waits)
        self.note.set_tone("t2")
        self._show_absent(drawing)
        self.show_states()

    def _may_not(self) -> str:
        if not self._desk.sites.site_id:
            return self.tr("Choose a site first.")
        try:
            self._desk.ctx.require(Permission.SET_SITES)
        except GatewrightError as fault:
            return spoken(fault)
        return ""

    def states(self) -> dict[str, DoorState]:
        """Each door of the plan with its state now."""
        now, data, drawing = self._desk.ctx.clock.now(), self.data, self.drawing
        holds = data.holds or {}
        return {
            s.key: state_of(
                s.line,
                now,
                held_until=self._held.get(s.key),
                groups=holds.get(s.key, ()),
                zone=data.zone,
            )
            for s in (drawing.spots if drawing else ())
        }

    def mark(self, key: str) -> None:
        """Show which door the panel is about; none for an empty key."""
        for spot in self.canvas.spots.values():
            spot.set_here(here=spot.spot.key == key)

    def show_states(self) -> None:
        """Colour every door by what is known now, and count."""
        states = self.states()
        for key, state in states.items():
            if key in self.canvas.spots:
                self.canvas.spots[key].show_state(state)
        counts = Counter(states.values())
        clear(self.legend)
        for state in DoorState:
            if counts[state]:
                words = f"{number_word(counts[state])} {state_word(state)}"
                self.legend.addWidget(StateDot(words, TONES[state]))

    def _show_absent(self, drawing: Drawing) -> None:
        self.absent.setVisible(self.arrange.isChecked() and bool(drawing.absent))

    def offers(self) -> list[Entry]:
        """The doors that are not on the plan; one that is chosen is put into its middle."""
        absent = self.drawing.absent if self.drawing else ()
        return [
            Entry(x.name, partial(self._place, x.relay.id, MIDDLE, MIDDLE), "door-closed") for x in absent
        ]

    # -- acts

    def _choose(self, key: object) -> None:
        self._key = str(key or "")
        self._latest.ask()

    def _arranged(self, on: bool) -> None:
        self.canvas.set_arranging(on=on)
        if self.drawing is not None:
            self._show_absent(self.drawing)
        words = self.tr("Drag a door, or move it with Alt and the arrows. Ctrl Z takes it back.")
        self.note.setText(words if on else "")

    def _place(self, key: str, x: int, y: int) -> None:
        run(self, self._placed(key, x, y), failed=self._refused)

    async def _placed(self, key: str, x: int, y: int) -> None:
        """On the schematic that nobody made, the first move makes it a plan of the site."""
        drawing = self.drawing
        if drawing is None:
            return
        plan_id = drawing.key
        if not plan_id:
            made = await floor_plans.add_plan(
                self._desk.ctx, site_id=self._desk.sites.site_id, name=self.tr("Schematic")
            )
            plan_id = self._key = made.changed[0].row_id
        await floor_plans.place_door(self._desk.ctx, plan_id=plan_id, relay_id=key, x=x, y=y)
        self._latest.ask()

    async def _add(self) -> None:
        filters = [self.tr("Drawings (*.png *.jpg *.jpeg)")]
        path = await dialogs.choose_file(self.window(), self.tr("Add a drawing of a floor"), filters)
        if path is None:
            return
        name = await dialogs.ask_text(
            self.window(),
            self.tr("Name of the plan"),
            self.tr("Such as the floor that it shows."),
            value=path.stem,
        )
        if name:
            site = self._desk.sites.site_id
            made = await floor_plans.add_plan(self._desk.ctx, site_id=site, name=name, picture=path)
            self._took(made)

    def _took(self, made: BulkReport) -> None:
        self._key = made.changed[0].row_id
        self._latest.ask()
        self.arrange.setChecked(True)

    def _entries(self) -> list[Entry]:
        return [
            Entry(self.tr("Rename…"), lambda: run(self, self._rename(), failed=self._refused), "pencil"),
            Entry(
                self.tr("Other drawing…"), lambda: run(self, self._redraw(), failed=self._refused), "image"
            ),
            Entry(
                self.tr("Remove the plan"), lambda: run(self, self._remove(), failed=self._refused), "trash-2"
            ),
        ]

    async def _rename(self) -> None:
        drawing = self.drawing
        if drawing is None or not drawing.key:
            return
        name = await dialogs.ask_text(self.window(), self.tr("Name of the plan"), "", value=drawing.name)
        if name:
            await floor_plans.change_plan(self._desk.ctx, drawing.key, name=name)
            self._latest.ask()

    async def _redraw(self) -> None:
        drawing = self.drawing
        filters = [self.tr("Drawings (*.png *.jpg *.jpeg)")]
        path = await dialogs.choose_file(self.window(), self.tr("Other drawing"), filters)
        if path is not None and drawing is not None and drawing.key:
            await floor_plans.change_plan(self._desk.ctx, drawing.key, picture=path)
            self._latest.ask()

    async def _remove(self) -> None:
        drawing = self.drawing
        if drawing is not None and drawing.key:
            await floor_plans.remove_plan(self._desk.ctx, drawing.key)
            words = self.tr("Its doors stay. Ctrl Z takes it back.")
            self._desk.notice("accepted", self.tr("{0} was removed").format(drawing.name), words)
            self._key = ""
            self._latest.ask()

    def _refused(self, fault: GatewrightError) -> None:
        self._desk.notice("refused", self.tr("The plan was not changed"), spoken(fault))


def _read(path: str) -> QImage:
    """The drawing, not larger than a screen can show. DataError when it is no picture."""
    image = QImage(path)
    if image.isNull():
        raise DataError("floor_plans.unreadable", "The drawing of this plan cannot be read as a picture.")
    if max(image.width(), image.height()) > LARGEST:
        image = (
            image.scaledToWidth(LARGEST) if image.width() >= image.height() else image.scaledToHeight(LARGEST)
        )
    return image
