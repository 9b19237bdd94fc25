"""Navigation, jobs, steps, matrix, dry run: lists that are walked by keyboard and tell what was chosen."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from desktop.qt.roles import HasGets, JobRow, Link, Role, Step, Stuck
from desktop.qt.shots import picture
from desktop.qt.theme import Density, Theme
from desktop.views.gallery.composed import JOBS, MatrixRows
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.dry_run import DryGroup, DryRow, DryRunSheet
from desktop.views.widgets.jobs import JobDelegate, JobList
from desktop.views.widgets.matrix import MatrixView, cell_ground, two_lines_of
from desktop.views.widgets.nav import NavColumn, NavItem, heading
from desktop.views.widgets.steps import StepList

ITEMS = [
    NavItem("lan", "LAN", "radar", "7"),
    heading("Site"),
    NavItem("matrix", "Proof matrix", "grid-3x3", "9", needs=True),
    NavItem("people", "Residents", "users"),
]


@pytest.fixture
def nav(look: Theme, qtbot: QtBot) -> NavColumn:
    made = NavColumn()
    made.set_items(ITEMS)
    made.set_here("lan")
    qtbot.addWidget(made)
    made.resize(200, 600)
    made.show()
    return made


def test_an_entry_is_chosen_by_mouse_and_keyboard(nav: NavColumn, qtbot: QtBot) -> None:
    entries = nav.list.entries
    with qtbot.waitSignal(nav.chosen, timeout=10_000) as caught:
        at = nav.list.visualRect(entries.index(3)).center()
        QTest.mouseClick(nav.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert caught.args == ["people"]
    nav.set_here("lan")
    QTest.keyClick(nav.list, Qt.Key.Key_Down)
    with qtbot.waitSignal(nav.chosen, timeout=10_000) as caught:
        QTest.keyClick(nav.list, Qt.Key.Key_Return)
    assert caught.args == ["matrix"]
    assert nav.here == "lan"


def test_a_heading_is_never_chosen(nav: NavColumn) -> None:
    seen: list[str] = []
    nav.chosen.connect(seen.append)
    at = nav.list.visualRect(nav.list.entries.index(1)).center()
    QTest.mouseClick(nav.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert seen == []


def test_the_rail_is_the_same_list(nav: NavColumn, qtbot: QtBot) -> None:
    with qtbot.waitSignal(nav.rail_changed, timeout=10_000) as caught:
        nav.set_rail(rail=True)
    assert caught.args == [True]
    assert nav.width() == 52
    assert nav.list.entries.rowCount() == 4
    nav.set_rail(rail=False)
    assert nav.width() == 200


def test_counts_are_spoken(nav: NavColumn) -> None:
    nav.set_count("people", "128")
    nav.set_count("nosuch", "1")
    role = Qt.ItemDataRole.AccessibleTextRole
    spoken = [nav.list.entries.index(number).data(role) for number in range(4)]
    assert spoken == ["LAN, 7", "Site", "Proof matrix, 9, needs you", "Residents, 128"]


def test_the_place_is_marked_at_the_leading_edge(nav: NavColumn, look: Theme) -> None:
    rect = nav.list.visualRect(nav.list.entries.index(0))
    y = nav.list.mapTo(nav, rect.center()).y()
    assert picture(nav).pixelColor(1, y).name().upper() == look.tokens.acc
    nav.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert picture(nav).pixelColor(nav.width() - 2, y).name().upper() == look.tokens.acc


def test_the_account_is_named(nav: NavColumn, qtbot: QtBot) -> None:
    nav.set_account("Tor Ostby", "Installer · Van 3")
    person = [
        one for one in nav.findChildren(QWidget) if one.accessibleName() == "Tor Ostby, Installer · Van 3"
    ]
    assert len(person) == 1
    with qtbot.waitSignal(nav.account_clicked, timeout=10_000):
        QTest.mouseClick(person[0], Qt.MouseButton.LeftButton)


# -- jobs


@pytest.fixture
def jobs(look: Theme, qtbot: QtBot) -> JobList:
    made = JobList()
    made.set_rows(JOBS)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    return made


def test_the_act_of_a_job_is_its_icon_or_space(jobs: JobList) -> None:
    seen: list[int] = []
    jobs.act.connect(lambda index: seen.append(index.row()))
    for row in (0, 2):
        rect = JobDelegate.act_rect(jobs.visualRect(jobs.model().index(row, 0)), rtl=False)
        QTest.mouseClick(jobs.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    jobs.setCurrentIndex(jobs.model().index(3, 0))
    QTest.keyClick(jobs, Qt.Key.Key_Space)
    assert seen == [0, 2, 3]


def test_past_the_point_of_no_return_there_is_no_act(jobs: JobList) -> None:
    seen: list[int] = []
    jobs.act.connect(lambda index: seen.append(index.row()))
    rect = JobDelegate.act_rect(jobs.visualRect(jobs.model().index(1, 0)), rtl=False)
    QTest.mouseClick(jobs.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    jobs.setCurrentIndex(jobs.model().index(1, 0))
    QTest.keyClick(jobs, Qt.Key.Key_Space)
    assert seen == []


def test_a_job_is_opened(jobs: JobList, qtbot: QtBot) -> None:
    jobs.setCurrentIndex(jobs.model().index(4, 0))
    with qtbot.waitSignal(jobs.opened, timeout=10_000):
        QTest.keyClick(jobs, Qt.Key.Key_Return)


def test_progress_does_not_move_the_cursor(jobs: JobList) -> None:
    jobs.setCurrentIndex(jobs.model().index(2, 0))
    changed = [*JOBS[:4], JobRow("Move out Livia Marro", "gone from 13 of 14", "running", key=5)]
    jobs.set_rows(changed)
    assert jobs.currentIndex().row() == 2
    assert jobs.model().index(4, 0).data(Role.JOB).note == "gone from 13 of 14"
    jobs.set_rows(changed[:2])
    assert jobs.model().rowCount() == 2


# -- steps


def proved(title: str, took: str) -> Step:
    return Step(title, "", "proved", took)


DONE = [
    proved("Reach", "0.1 s"),
    proved("Library", "0.0 s"),
    proved("Sign in", "0.8 s"),
    proved("Clock", "1.1 s"),
]


@pytest.fixture
def window(look: Theme, qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(400, 900)
    return made


def test_done_steps_fold_in_a_low_window(window: QWidget) -> None:
    steps = StepList([*DONE, Step("Push", "88 of 128", "running")], parent=window)
    window.show()
    assert len(steps.shown()) == 5
    steps.set_folding(fold=True)
    first = steps.shown()[0]
    assert (first.title, first.took, first.mark) == ("3 steps done", "0.9 s", "proved")
    assert first.note == "Reach, Library, Sign in"
    assert [step.title for step in steps.shown()[1:]] == ["Clock", "Push"]
    steps.set_folding(fold=None)
    window.resize(400, 700)
    assert steps.wants_fold()


def test_what_is_only_accepted_is_not_folded_as_proved(window: QWidget) -> None:
    steps = StepList([Step("Name", "", "accepted", "1 s"), *DONE], parent=window)
    steps.set_folding(fold=True)
    assert steps.shown()[0].mark == "accepted"


def test_the_ways_out_of_a_stuck_step(window: QWidget, qtbot: QtBot) -> None:
    box = Stuck(
        (("Has, gets", HasGets("5 s", "15 s")), ("Device says", "out of range")),
        (Link("skip", "Skip"),),
        "Device says",
    )
    steps = StepList([Step("Apply", "", "refused", "6.3 s", box)], parent=window)
    buttons = steps.findChildren(Button)
    with qtbot.waitSignal(steps.act, timeout=10_000) as caught:
        buttons[0].click()
    assert caught.args == ["skip"]
    assert "refused" in steps.rows()[0].accessibleName()


def test_the_same_steps_keep_their_widgets(window: QWidget) -> None:
    steps = StepList(DONE, parent=window)
    steps.set_folding(fold=False)
    before = steps.rows()
    steps.set_steps(DONE)
    assert steps.rows() == before


# -- matrix


@pytest.fixture
def matrix(look: Theme, qtbot: QtBot) -> MatrixView:
    view = MatrixView()
    view.setModel(MatrixRows(view))
    qtbot.addWidget(view)
    view.resize(600, 260)
    view.show()
    return view


def test_the_next_gap_goes_round(matrix: MatrixView) -> None:
    seen = []
    for _ in range(6):
        assert matrix.next_gap()
        seen.append((matrix.currentIndex().row(), matrix.currentIndex().column()))
    # accepted, differs, two refused, waiting, ambiguous: not the foreign cards, which nobody meant to be there.
    assert seen == [(3, 0), (3, 3), (4, 0), (4, 3), (5, 1), (5, 2)]
    assert matrix.next_gap()
    assert (matrix.currentIndex().row(), matrix.currentIndex().column()) == (3, 0)


def test_arrows_and_enter(matrix: MatrixView, qtbot: QtBot) -> None:
    matrix.set_cursor(1, 1)
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    QTest.keyClick(matrix, Qt.Key.Key_Down)
    with qtbot.waitSignal(matrix.opened, timeout=10_000) as caught:
        QTest.keyClick(matrix, Qt.Key.Key_Return)
    assert caught.args is not None
    assert (caught.args[0].row(), caught.args[0].column()) == (2, 2)


def test_the_crosshair_and_the_tints() -> None:
    assert cell_ground("refused", in_row=True, in_column=True) == "refused.tint"
    assert cell_ground("proved", in_row=True, in_column=True) == "sel"
    assert cell_ground("proved", in_row=False, in_column=True) == "sel2"
    assert cell_ground("proved", in_row=False, in_column=False) == ""


def test_matrix_rows_follow_density(matrix: MatrixView, look: Theme) -> None:
    assert matrix.rowHeight(0) == 17
    look.set_density(Density.COMFORTABLE)
    assert matrix.rowHeight(0) == 24


def test_door_names_break_once() -> None:
    assert two_lines_of("Main entrance", lambda text: len(text) < 9) == ["Main", "entrance"]
    assert two_lines_of("Gym", lambda text: len(text) < 9) == ["Gym"]
    assert two_lines_of("One two three", lambda text: len(text) < 9) == ["One two", "three"]


# -- dry run


GROUPS = [
    DryGroup(
        "differs",
        38,
        "will change",
        (DryRow("Juno Pereda", HasGets("30 Nov 26", "30 Nov 27")),),
        unfolded=True,
    ),
    DryGroup("refused", 2, "cannot: the lease ends", (DryRow("Owen Farrow"),)),
]


def test_a_sheet_unfolds_and_is_answered(look: Theme, qtbot: QtBot) -> None:
    sheet = DryRunSheet("Extend 40 contracts", "Nothing has been written.", GROUPS, primary="Change 38")
    qtbot.addWidget(sheet)
    sheet.show()
    model = sheet.tree.model()
    assert sheet.tree.isExpanded(model.index(0, 0))
    before = sheet.tree.content_height()
    at = sheet.tree.visualRect(model.index(1, 0)).center()
    QTest.mouseClick(sheet.tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert sheet.tree.isExpanded(model.index(1, 0))
    assert sheet.tree.content_height() > before
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    assert sheet.result() == QDialog.DialogCode.Accepted


def test_with_nothing_to_change_the_primary_is_off(look: Theme, qtbot: QtBot) -> None:
    sheet = DryRunSheet("Extend", "", [DryGroup("differs", 0, "will change")], primary="Change 0")
    qtbot.addWidget(sheet)
    sheet.show()
    assert sheet.primary.reason
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    assert sheet.isVisible()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert sheet.result() == QDialog.DialogCode.Rejected


async def test_a_sheet_can_be_awaited(look: Theme, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    sheet = DryRunSheet("Extend", "", GROUPS, primary="Change 38", parent=window)
    asyncio.get_running_loop().call_soon(sheet.accept)
    assert await sheet.ask()
