"""Command palette and toasts: over the window, away again, and never more than was said."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.qt.theme import Theme
from desktop.views.widgets.buttons import LinkButton
from desktop.views.widgets.palette import Command, CommandPalette, matches
from desktop.views.widgets.toasts import ToastHost

COMMANDS = [
    Command("push", "Push 128 people", "Entrance north", group="For the selected device"),
    Command("again", "Push template again", group="For the selected device"),
    Command("dry", "Dry run of the push", group="For the selected device"),
    Command("agent", "Push from the cloud agent", group="At this site", reason="needs the network"),
    Command("gaps", "Push the gaps", group="At this site"),
    Command("rosa", "Rosa Elgueta", "B-0202 · waits for a push at Gym", group="Go to", kind="person"),
]


@pytest.fixture
def window(look: Theme, qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    return made


@pytest.fixture
def palette(window: QWidget) -> CommandPalette:
    made = CommandPalette(window)
    made.box.set_commands(COMMANDS, {"At this site": "Tamarind Court"})
    return made


def keys(query: str) -> list[str]:
    return [command.key for command, _ in matches(COMMANDS, query)]


def test_every_word_must_be_found_and_beginnings_come_first() -> None:
    assert keys("push") == ["push", "again", "dry", "gaps", "agent", "rosa"]
    assert keys("push gym") == ["rosa"]
    assert keys("nothing like it") == []
    assert keys("") == ["push", "again", "dry", "gaps", "agent", "rosa"]


def test_a_prefix_narrows() -> None:
    assert keys("@push") == ["rosa"]
    assert keys("> gaps") == ["gaps"]


def test_what_was_matched_is_marked() -> None:
    found = {command.key: spans for command, spans in matches(COMMANDS, "push")}
    assert found["dry"] == ((15, 19),)
    assert found["rosa"] == ()


def test_it_is_driven_by_the_keyboard(palette: CommandPalette, qtbot: QtBot) -> None:
    palette.open()
    field = palette.box.field
    QTest.keyClicks(field, "push")
    assert palette.box.current() == "push"
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert palette.box.current() == "dry"
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert palette.box.current() == "gaps"
    QTest.keyClick(field, Qt.Key.Key_Up)
    with qtbot.waitSignal(palette.chosen, timeout=10_000) as caught:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert caught.args == ["dry"]
    assert not palette.isVisible()


def test_an_impossible_command_stays_where_it_is(palette: CommandPalette) -> None:
    palette.open("cloud agent")
    seen: list[str] = []
    palette.chosen.connect(seen.append)
    QTest.keyClick(palette.box.field, Qt.Key.Key_Return)
    assert seen == []
    assert palette.isVisible()
    assert "needs the network" in str(
        palette.box.list.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    )


def test_escape_and_a_click_beside_close_it(palette: CommandPalette, window: QWidget) -> None:
    before = QLineEdit(window)
    before.show()
    before.setFocus()
    palette.open()
    assert palette.geometry() == window.rect()
    QTest.keyClick(palette.box.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert window.focusWidget() is before
    palette.open()
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not palette.isVisible()


def test_it_follows_the_window(palette: CommandPalette, window: QWidget, look: Theme) -> None:
    palette.open()
    window.resize(900, 500)
    assert palette.geometry() == window.rect()
    assert palette.box.width() == 640
    assert palette.box.x() == 130
    assert palette.box.geometry().bottom() < 500


def test_tab_asks_for_another_object(palette: CommandPalette, qtbot: QtBot) -> None:
    palette.open()
    palette.box.set_object("R29, 0C:11:05:2A:7F:31")
    with qtbot.waitSignal(palette.box.object_asked, timeout=10_000):
        QTest.keyClick(palette.box.field, Qt.Key.Key_Tab)


def test_results_of_a_search_can_join(palette: CommandPalette) -> None:
    palette.open()
    seen: list[str] = []
    palette.box.queried.connect(seen.append)
    QTest.keyClicks(palette.box.field, "4471")
    assert seen[-1] == "4471"
    assert palette.box.shown() == []
    palette.box.set_commands(
        [*COMMANDS, Command("plate", "Mirela Castan", "4471 KLD", group="Go to", always=True)]
    )
    assert palette.box.shown() == ["plate"]


# -- toasts


def test_three_at_most(window: QWidget) -> None:
    host = ToastHost(window)
    first = host.show("proved", "One")
    for words in ("Two", "Three", "Four"):
        host.show("proved", words)
    assert len(host.toasts()) == 3
    assert first not in host.toasts()
    host.close_all()
    assert host.toasts() == []


def test_they_stand_at_the_lower_trailing_corner(window: QWidget) -> None:
    host = ToastHost(window)
    old, new = host.show("proved", "One"), host.show("refused", "Two", "Why it was.")
    assert new.geometry().right() == window.width() - 17
    assert new.geometry().bottom() < window.height() - 26
    assert old.geometry().bottom() < new.geometry().top()
    window.resize(700, 500)
    assert new.geometry().right() == 700 - 17
    window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    window.resize(800, 500)
    assert new.geometry().left() == 16
    host.close_all()


def test_a_toast_goes_by_itself_and_is_held_by_the_mouse(window: QWidget, qtbot: QtBot) -> None:
    host = ToastHost(window, life_ms=30)
    toast = host.show("waiting", "Saved on this laptop")
    QApplication.sendEvent(toast, QEnterEvent(QPointF(), QPointF(), QPointF()))
    assert not any(timer.isActive() for timer in host._timers.values())
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: host.toasts() == [], timeout=20_000)


def test_the_link_acts_and_closes(window: QWidget, qtbot: QtBot) -> None:
    host = ToastHost(window)
    toast = host.show("refused", "Gym refused 1 of 6 entries", "PIN •••• duplicate of user 117", link="Why")
    with qtbot.waitSignal(toast.linked, timeout=10_000):
        toast.findChildren(LinkButton)[0].click()
    assert host.toasts() == []
    assert toast.accessibleName() == "refused: Gym refused 1 of 6 entries. PIN •••• duplicate of user 117"
