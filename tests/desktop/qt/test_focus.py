"""The focus ring: for the keyboard, never for the mouse, around the right thing, wherever it moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop.qt.focus import FocusRing, ring_area
from desktop.qt.theme import Mode, Theme
from desktop.views.widgets.toggles import CheckBox


@pytest.fixture
def ring(qapp: QApplication, look: Theme) -> Iterator[FocusRing]:
    made = FocusRing(qapp)
    yield made
    made.end()


@pytest.fixture
def window(qtbot: QtBot, look: Theme) -> QWidget:
    made = QWidget()
    lines = QVBoxLayout(made)
    for widget in (QPushButton("One"), QPushButton("Two"), QLineEdit(), CheckBox("Three")):
        lines.addWidget(widget)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=30_000)
    made.findChildren(QLineEdit)[0].setFocus(Qt.FocusReason.OtherFocusReason)
    return made


def reach(widget: QWidget, reason: Qt.FocusReason) -> None:
    widget.setFocus(reason)
    assert QApplication.focusWidget() is widget


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


@pytest.mark.parametrize("off", ["setVisible", "setEnabled"])
@pytest.mark.parametrize("by_key", [False, True])
def test_what_goes_away_after_a_click_hands_no_ring_on(
    ring: FocusRing, window: QWidget, off: str, by_key: bool
) -> None:
    first, second = window.findChildren(QPushButton)[:2]
    reach(first, Qt.FocusReason.TabFocusReason if by_key else Qt.FocusReason.MouseFocusReason)
    getattr(first, off)(False)
    assert QApplication.focusWidget() is second
    assert ring.target() is (second if by_key else None)


def test_fields_show_the_focus_themselves(ring: FocusRing, window: QWidget) -> None:
    reach(window.findChildren(QPushButton)[0], Qt.FocusReason.OtherFocusReason)
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


def test_a_press_of_the_mouse_ends_it(ring: FocusRing, window: QWidget) -> None:
    button = window.findChildren(QPushButton)[0]
    reach(button, Qt.FocusReason.ShortcutFocusReason)
    assert ring.target() is button
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert ring.ring() is None


def test_keys_bring_it_where_nothing_had_the_focus(ring: FocusRing, window: QWidget) -> None:
    first, second = window.findChildren(QPushButton)[:2]
    nothing_focused()
    QTest.keyClick(window, Qt.Key.Key_Tab)
    assert ring.target() is QApplication.focusWidget() is first
    nothing_focused()
    assert ring.ring() is None
    QTest.keyClick(window, Qt.Key.Key_A)
    reach(second, Qt.FocusReason.MouseFocusReason)
    assert ring.ring() is None


def nothing_focused() -> None:
    now = QApplication.focusWidget()
    assert now is not None
    now.clearFocus()
    assert QApplication.focusWidget() is None


def test_it_follows_what_lies_around_and_scrolling(ring: FocusRing, qtbot: QtBot, look: Theme) -> None:
    area, inside = QScrollArea(), QWidget()
    qtbot.addWidget(area)
    inside.resize(200, 2000)
    button = QPushButton("One", inside)
    button.move(20, 40)
    other = QLineEdit(inside)
    area.setWidget(inside)
    area.resize(240, 120)
    area.show()
    area.activateWindow()
    qtbot.waitUntil(area.isActiveWindow, timeout=30_000)
    other.setFocus()
    reach(button, Qt.FocusReason.TabFocusReason)
    shown = ring.ring()
    assert shown is not None
    before = shown.geometry()
    area.verticalScrollBar().setValue(25)
    assert shown.geometry() == before.translated(0, -25)


@pytest.mark.parametrize("what", ["the widget", "what is around it"])
def test_it_goes_with_its_widget(ring: FocusRing, window: QWidget, qtbot: QtBot, what: str) -> None:
    around = QWidget(window)
    button = QPushButton("Going", around)
    around.show()
    reach(button, Qt.FocusReason.TabFocusReason)
    shown = ring.ring()
    assert shown is not None
    (button if what == "the widget" else around).deleteLater()
    qtbot.waitUntil(lambda: not isValid(button), timeout=30_000)
    assert ring.target() is not button
    assert not isValid(shown) or shown.isHidden()


def test_it_listens_to_what_has_the_keys_and_nothing_else(
    ring: FocusRing, window: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every event of every object went through it once: a third of the processor time of a walk."""
    heard: list[QObject] = []

    def hear(watched: QObject, _event: QEvent) -> bool:
        heard.append(watched)
        return False

    one, two = window.findChildren(QPushButton)[:2]
    reach(one, Qt.FocusReason.OtherFocusReason)
    monkeypatch.setattr(ring, "eventFilter", hear)
    for widget in (one, two, window):
        QApplication.sendEvent(widget, QEvent(QEvent.Type.User))
    assert heard == [one]
