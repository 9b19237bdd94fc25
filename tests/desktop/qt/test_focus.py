"""The focus ring: for the keyboard, never for the mouse, around the right thing, wherever it moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.qt.focus import FocusRing, ring_area
from desktop.qt.theme import Mode, Theme
from desktop.views.widgets.toggles import CheckBox


@pytest.fixture
def ring(qapp: QApplication, look: Theme) -> Iterator[FocusRing]:
    made = FocusRing(qapp)
    yield made
    qapp.removeEventFilter(made)
    made.deleteLater()


@pytest.fixture
def window(qtbot: QtBot, look: Theme) -> QWidget:
    made = QWidget()
    lines = QVBoxLayout(made)
    for widget in (QPushButton("One"), QPushButton("Two"), QLineEdit(), CheckBox("Three")):
        lines.addWidget(widget)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    qtbot.waitExposed(made)
    return made


def reach(widget: QWidget, reason: Qt.FocusReason) -> None:
    QApplication.sendEvent(widget, QFocusEvent(QEvent.Type.FocusIn, reason))


def test_the_keyboard_shows_it(ring: FocusRing, window: QWidget) -> None:
    button = window.findChildren(QPushButton)[0]
    reach(button, Qt.FocusReason.TabFocusReason)
    shown = ring.ring()
    assert shown is not None
    assert ring.target() is button
    assert shown.geometry() == button.geometry().adjusted(-3, -3, 3, 3)


def test_the_mouse_does_not(ring: FocusRing, window: QWidget) -> None:
    first, second = window.findChildren(QPushButton)[:2]
    reach(first, Qt.FocusReason.TabFocusReason)
    reach(second, Qt.FocusReason.MouseFocusReason)
    assert ring.ring() is None


def test_fields_show_the_focus_themselves(ring: FocusRing, window: QWidget) -> None:
    reach(window.findChildren(QLineEdit)[0], Qt.FocusReason.TabFocusReason)
    assert ring.ring() is None


def test_it_surrounds_the_box_of_a_check_box(ring: FocusRing, window: QWidget) -> None:
    box = window.findChildren(CheckBox)[0]
    assert ring_area(box).width() == 14
    reach(box, Qt.FocusReason.TabFocusReason)
    shown = ring.ring()
    assert shown is not None
    assert shown.width() == 20


def test_it_follows_and_goes(ring: FocusRing, window: QWidget) -> None:
    button = window.findChildren(QPushButton)[0]
    reach(button, Qt.FocusReason.BacktabFocusReason)
    button.move(button.x() + 7, button.y() + 5)
    shown = ring.ring()
    assert shown is not None
    assert shown.geometry() == button.geometry().adjusted(-3, -3, 3, 3)
    button.hide()
    assert ring.target() is not button


def test_it_is_wider_for_high_contrast(ring: FocusRing, window: QWidget, look: Theme) -> None:
    look.set_mode(Mode.CONTRAST)
    button = window.findChildren(QPushButton)[0]
    reach(button, Qt.FocusReason.TabFocusReason)
    shown = ring.ring()
    assert shown is not None
    assert shown.width() == button.width() + 8
