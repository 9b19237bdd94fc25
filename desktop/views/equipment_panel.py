"""What stands under a form of the page Equipment: pictures, what is behind a row, the hold of a lock, and why not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from core.base.errors import GatewrightError
from core.entities.attachment import RELAY_CONTROLLER
from core.entities.equipment import PANEL
from core.entities.lock import LockBrand
from core.usecases.doors import hold_lock_open
from core.usecases.equipment import OFFLINE_CODE, fill_relays
from core.usecases.screen_savers import Shown, show_screen_savers
from desktop.models.desk import Desk
from desktop.models.equipment import INNER, EquipmentLine, Stock, relays_left
from desktop.models.equipment_list import part_words
from desktop.models.words import counted, number_word
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.widgets.base import column, row
from desktop.views.widgets.boxes import Section
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues, Pair
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.toggles import CheckBox

Fail = Callable[[str], Callable[[GatewrightError], None]]
"""What a page says where something failed, under a title."""


class PicturesBox(QWidget):
    """The pictures of a screen saver (DEV-14): those that are chosen here replace those of before when it is saved.

    Signal `taken()`: one more was chosen.
    """

    taken = Signal()

    def __init__(self, desk: Desk, line: EquipmentLine | None, fail: Fail) -> None:
        super().__init__()
        self._desk, self._count, self._fail = desk, len(line.row.pictures) if line else 0, fail
        self.chosen: tuple[Path, ...] = ()
        self._note = Paragraph("", "help", "t2")
        add = Button(self.tr("Add a picture…"), icon="plus")
        add.clicked.connect(lambda: run(self, self._ask(), failed=fail(self.tr("Not added"))))
        acts = row(gap=8)
        acts.addWidget(add)
        if line is not None:
            send = Button(self.tr("Show it on the door phone"), icon="send")
            send.clicked.connect(partial(self._send, line.row.device_id, send))
            acts.addWidget(send)
        acts.addStretch(1)
        whole = column(gap=8)
        whole.addWidget(Section(self.tr("Pictures")))
        whole.addWidget(self._note)
        whole.addLayout(acts)
        self.setLayout(whole)
        self._tell()

    def _tell(self) -> None:
        words = counted(self._count, "{0} picture", "{0} pictures")
        if self.chosen:
            names = ", ".join(path.name for path in self.chosen)
            words = self.tr("New, in this order: {0}").format(names)
        limit = self.tr("Two to five, JPEG or PNG of at most 2 MB; 800 x 1280 looks best.")
        self._note.set_text(f"{words}. {limit}")

    async def _ask(self) -> None:
        title = self.tr("Choose a picture")
        path = await dialogs.choose_file(self.window(), title, (self.tr("Pictures (*.jpg *.jpeg *.png)"),))
        if path is not None:
            self.take(path)

    def take(self, path: Path) -> None:
        """One more picture."""
        self.chosen = (*self.chosen, path)
        self._tell()
        self.taken.emit()

    def _send(self, device_id: str, button: Button, *_: object) -> None:
        work = show_screen_savers(self._desk.ctx, [device_id])
        run(self, work, trigger=button, done=self._sent, failed=self._fail(self.tr("Not sent")))

    def _sent(self, shown: list[Shown]) -> None:
        for one in shown:
            self._desk.notice(one.verdict.value, one.device.name, spoken(one.said))


class BehindBox(QWidget):
    """What is behind a panel or on a controller (DEV-04, DEV-13). Signals `shown(kind)`: its list is wanted;
    `added(kind)`: the form of one more.
    """

    shown = Signal(str)
    added = Signal(str)

    def __init__(self, desk: Desk, line: EquipmentLine, kind: str, fail: Fail) -> None:
        super().__init__()
        self._desk, self._line, self._fail = desk, line, fail
        inner = INNER[kind]
        title = self.tr("Behind it") if kind == PANEL.name else self.tr("Relays")
        whole = column(gap=8)
        whole.addWidget(Section(title, end=number_word(len(line.parts))))
        if line.parts:
            whole.addWidget(
                KeyValues([Pair(name, words or "—") for name, words in map(part_words, line.parts)])
            )
        acts = row(gap=8)
        add = Button(self.tr("Add…"), icon="plus")
        add.clicked.connect(lambda: self.added.emit(inner))
        acts.addWidget(add)
        if line.parts:
            show = Button(self.tr("Show"), icon="search")
            show.clicked.connect(lambda: self.shown.emit(inner))
            acts.addWidget(show)
        acts.addStretch(1)
        whole.addLayout(acts)
        if kind == RELAY_CONTROLLER.name:
            left = relays_left(line.row, line.parts)
            every = Button(self.tr("Add the other {0}…").format(number_word(left)), icon="list-checks")
            full = "" if left else self.tr("It has all its relays.")
            every.set_reason(full)
            add.set_reason(full)
            every.clicked.connect(partial(self._fill, every))
            whole.addWidget(every, 0, Qt.AlignmentFlag.AlignLeading)
        self.setLayout(whole)

    def _fill(self, button: Button, *_: object) -> None:
        verb = partial(fill_relays, self._desk.ctx, self._line.row.id, name=self.tr("Relay {0}"))
        note = self.tr("Named by number and switched off; name and switch on those that are wired.")
        act = BulkAct(self.tr("Add the relays of this controller"), self.tr("Add {0}"), verb, note)
        run(self, do_bulk(self, self._desk, act), trigger=button, failed=self._fail(self.tr("Not added")))


class HoldBox(QWidget):
    """Groups in whose times an iTec lock is held open (DEV-10): ticked here, set after a dry run."""

    def __init__(self, desk: Desk, line: EquipmentLine, stock: Stock, fail: Fail) -> None:
        super().__init__()
        self._desk, self._line, self._fail = desk, line, fail
        self.boxes: dict[str, CheckBox] = {}
        site = stock.places.site
        off = (
            "" if site is not None and site.itec else self.tr("iTec locks are not switched on at this site.")
        )
        whole = column(gap=6)
        whole.addWidget(Section(self.tr("Held open in the times of"), end=number_word(len(line.holds))))
        for group_id, name in stock.groups:
            box = CheckBox(name)
            box.setChecked(group_id in line.holds)
            box.setEnabled(not off)
            box.clicked.connect(self._tell)
            self.boxes[group_id] = box
            whole.addWidget(box)
        if off or not stock.groups:
            words = off or self.tr("This site has no public access group yet.")
            whole.addWidget(Paragraph(words, "help", "t3"))
        self.set = Button(self.tr("Set the hold…"), icon="check")
        self.set.clicked.connect(self._ask)
        acts = row(gap=8)
        acts.addWidget(self.set)
        acts.addStretch(1)
        whole.addLayout(acts)
        self.setLayout(whole)
        self._tell()

    def wanted(self) -> list[str]:
        """Ids of the ticked groups."""
        return [group_id for group_id, box in self.boxes.items() if box.isChecked()]

    def _tell(self, *_: object) -> None:
        same = set(self.wanted()) == set(self._line.holds)
        self.set.set_reason(self.tr("Nothing was changed.") if same else "")

    def _ask(self) -> None:
        verb = partial(hold_lock_open, self._desk.ctx, lock_id=self._line.row.id, group_ids=self.wanted())
        title = self.tr("Hold {0} open").format(self._line.name)
        act = BulkAct(title, self.tr("Set {0}"), verb)
        run(self, do_bulk(self, self._desk, act), trigger=self.set, failed=self._fail(self.tr("Not set")))


def holds_open(line: EquipmentLine) -> bool:
    """Whether a lock of this make can be held open at all."""
    return getattr(line.row, "brand", None) is LockBrand.ITEC


def why_no_code() -> Paragraph:
    """DEV-11: why no offline one-time code of an SL21 is made here, said before anybody looks for it."""
    return Paragraph(spoken(OFFLINE_CODE), "help", "t2")
