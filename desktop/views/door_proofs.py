"""A short list of doors with their verdicts: proved ones with the time of the proof, the others with the word."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.base.verdict import Verdict
from desktop.models.desk import Desk
from desktop.models.door_proofs import Doors
from desktop.models.words import time_word, verdict_word
from desktop.qt.language import spoken
from desktop.views.widgets.base import column, row
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.paragraph import Paragraph


class DoorProofs(QWidget):
    """One line per device, by name. `empty` is what is said when there is none."""

    def __init__(self, desk: Desk, doors: Doors, *, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        now, zone = desk.ctx.clock.now(), desk.sites.zone
        whole = column(gap=4)
        for door in sorted(doors, key=lambda d: d.device.casefold()):
            proved = door.verdict is Verdict.PROVED
            words = time_word(door.at, now, zone) if proved else verdict_word(door.verdict)
            line = row(gap=8)
            line.addWidget(Picture("mark", door.verdict.value, size=13))
            line.addWidget(Label(door.device, "help", "t1", elide=True), 1)
            end = Label(words, "help", "t3" if proved else door.verdict.value)
            end.setToolTip(spoken(door.said))
            line.addWidget(end)
            whole.addLayout(line)
        if not doors and empty:
            whole.addWidget(Paragraph(empty, "help", "t3"))
        self.setLayout(whole)
