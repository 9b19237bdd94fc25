"""Pictures of widgets at any scale, and the arc that turns only while somebody can see it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.qt import motion
from desktop.qt.shots import grab, picture, settled
from desktop.qt.theme import Theme


def test_a_picture_has_the_size_and_scale_asked_for(look: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    path = tmp_path / "deep" / "label.png"
    image = grab(label, path, (120, 40), scale=2.0)
    assert (image.width(), image.height()) == (240, 80)
    assert QImage(str(path)).width() == 240
    assert not label.isVisible()


def test_a_picture_that_cannot_be_written_is_an_error(look: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    with pytest.raises(OSError, match="cannot be written"):
        grab(label, tmp_path / "label.nosuchformat", (20, 20))


def test_the_arc_turns_only_while_seen(look: Theme, qtbot: QtBot) -> None:
    look.set_reduce_motion(reduce=False)
    widget = QWidget()
    qtbot.addWidget(widget)
    motion.turn(widget, on=True)
    assert motion.angle() == 0.0
    widget.show()
    qtbot.waitUntil(lambda: motion.angle() > 0, timeout=20_000)
    widget.hide()
    assert motion.angle() == 0.0
    widget.show()
    motion.turn(widget, on=False)
    assert motion.angle() == 0.0


def test_no_movement_means_a_still_arc(look: Theme, qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    motion.turn(widget, on=True)
    widget.show()
    assert motion.angle() == 0.0


async def test_inside_a_task_no_events_are_handled(look: Theme, qtbot: QtBot) -> None:
    """They would wake other tasks inside this one: asyncio refuses that, and the other task sleeps for ever."""
    label = QLabel("x")
    qtbot.addWidget(label)
    with pytest.raises(RuntimeError, match="await `settled`"):
        grab(label, size=(20, 20))


async def test_other_tasks_go_on_while_a_picture_settles(look: Theme, qtbot: QtBot) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    label.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=True)
    label.show()
    turns = 0

    async def busy() -> None:
        nonlocal turns
        for _ in range(20):
            await asyncio.sleep(0)
            turns += 1

    image, _ = await asyncio.gather(settled(label), busy())
    assert image == picture(label)
    assert turns == 20
