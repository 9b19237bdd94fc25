"""The table: ticks, cursor and mouse are separate; every act has a key; a million rows cost nothing to tick."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.qt.roles import DetailRow, GroupRow, HasGets, Index, Link, NoteRow, Progress, RowLook
from desktop.qt.shots import picture
from desktop.qt.theme import Density, Mode, Theme
from desktop.views.widgets.row_delegate import detail_buttons
from desktop.views.widgets.rows_model import Row, RowsModel, cell
from desktop.views.widgets.table import ColumnWidth, TableView

SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def plain(number: int) -> Row:
    return Row(
        (cell(f"B-{number:04}"), cell("Main entrance"), cell("proved 09:12", verdict="proved")), key=number
    )


def special_rows() -> list[Row]:
    detail = DetailRow(
        "The device said", "retcode -4", "Five cards.", (Link("five", "Choose 5"), Link("two", "Put 2"))
    )
    return [
        Row(look=RowLook(group=GroupRow("Building B", "3", parts=(("proved", 2),)))),
        plain(1),
        plain(2),
        Row(look=RowLook(detail=detail)),
        plain(3),
        Row(look=RowLook(note=NoteRow("Garage ramp not connected"))),
        Row((cell("B-9"),), RowLook(no_tick="It is another installer's.")),
    ]


def shown(qtbot: QtBot, rows: list[Row], *, ticks: bool = True, numbers: bool = False) -> TableView:
    table = TableView(ticks=ticks, numbers=numbers)
    table.setModel(RowsModel(["Unit", "Name", ">State"], rows, table))
    table.set_widths([ColumnWidth(80), ColumnWidth(120), ColumnWidth(100, stretch=True)])
    qtbot.addWidget(table)
    table.resize(520, 320)
    table.show()
    return table


@pytest.fixture
def table(look: Theme, qtbot: QtBot) -> TableView:
    return shown(qtbot, [plain(number) for number in range(6)])


@pytest.fixture
def mixed(look: Theme, qtbot: QtBot) -> TableView:
    return shown(qtbot, special_rows())


def click(table: TableView, row: int, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    at = table.visualRect(table.model().index(row, 1)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, held, at)


def test_a_click_moves_the_cursor_and_ticks_nothing(table: TableView) -> None:
    click(table, 2)
    assert table.current_row() == 2
    assert table.ticked_rows() == []


def test_the_tick_column_ticks(table: TableView, qtbot: QtBot) -> None:
    at = QPoint(20, table.rowViewportPosition(3) + 10)
    with qtbot.waitSignal(table.ticks_changed, timeout=10_000):
        QTest.mouseClick(table.lead.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert table.ticked_rows() == [3]
    assert table.current_row() == 3
    at = QPoint(20, table.rowViewportPosition(5) + 10)
    QTest.mouseClick(table.lead.viewport(), Qt.MouseButton.LeftButton, SHIFT, at)
    assert table.ticked_rows() == [3, 4, 5]


def test_arrows_move_and_space_ticks(table: TableView) -> None:
    table.set_cursor(0)
    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_Space)
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert (table.current_row(), table.ticked_rows()) == (2, [1])
    QTest.keyClick(table, Qt.Key.Key_Up)
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert (table.current_row(), table.ticked_rows()) == (1, [])


def test_shift_and_an_arrow_extend(table: TableView) -> None:
    table.set_cursor(1)
    QTest.keyClick(table, Qt.Key.Key_Down, SHIFT)
    QTest.keyClick(table, Qt.Key.Key_Down, SHIFT)
    assert table.ticked_rows() == [1, 2, 3]


def test_control_and_shift_click(table: TableView) -> None:
    click(table, 0)
    click(table, 2, held=CTRL)
    assert table.ticked_rows() == [2]
    click(table, 4, held=SHIFT)
    assert table.ticked_rows() == [2, 3, 4]
    click(table, 3, held=CTRL)
    assert table.ticked_rows() == [2, 4]


def test_home_end_and_all(table: TableView) -> None:
    QTest.keyClick(table, Qt.Key.Key_End)
    assert table.current_row() == 5
    QTest.keyClick(table, Qt.Key.Key_Home)
    assert table.current_row() == 0
    QTest.keyClick(table, Qt.Key.Key_A, CTRL)
    assert table.tick_count() == 6
    assert table.corner.state == Qt.CheckState.Checked


def test_the_corner_has_three_states(table: TableView) -> None:
    states = [table.corner.state]
    table.set_ticked(2, ticked=True)
    states.append(table.corner.state)
    assert states == [Qt.CheckState.Unchecked, Qt.CheckState.PartiallyChecked]
    table.corner.click()
    assert table.ticked_rows() == []
    table.corner.click()
    assert table.tick_count() == 6


def test_enter_and_double_click_open(table: TableView, qtbot: QtBot) -> None:
    table.set_cursor(2)
    with qtbot.waitSignal(table.opened, timeout=10_000) as caught:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert caught.args is not None
    assert caught.args[0].row() == 2
    at = table.visualRect(table.model().index(4, 1)).center()
    with qtbot.waitSignal(table.opened, timeout=10_000) as caught:
        QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert caught.args is not None
    assert caught.args[0].row() == 4


def test_letters_go_to_the_search(table: TableView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.typed, timeout=10_000) as caught:
        QTest.keyClick(table, Qt.Key.Key_C)
    assert caught.args == ["c"]


def test_a_head_asks_for_its_order(table: TableView) -> None:
    asked: list[tuple[int, bool]] = []
    table.sort_asked.connect(lambda column, descending: asked.append((column, descending)))
    at = QPoint(table.columns.sectionViewportPosition(1) + 20, 10)
    QTest.mouseClick(table.columns.viewport(), Qt.MouseButton.LeftButton, pos=at)
    table.set_sort(1)
    QTest.mouseClick(table.columns.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert asked == [(1, False), (1, True)]


def test_headings_notes_and_details_are_no_rows(mixed: TableView) -> None:
    mixed.tick_all()
    assert mixed.ticked_rows() == [1, 2, 4, 6]
    assert mixed.tick_count() == 4
    mixed.clear_ticks()
    for row in (0, 3, 5, 6):
        mixed.set_ticked(row, ticked=True)
    assert mixed.ticked_rows() == []
    assert mixed.rowHeight(3) == 56
    assert mixed.rowHeight(0) == 28


def test_the_cursor_jumps_over_notes_and_details(mixed: TableView) -> None:
    mixed.set_cursor(2)
    QTest.keyClick(mixed, Qt.Key.Key_Down)
    assert mixed.current_row() == 4
    QTest.keyClick(mixed, Qt.Key.Key_Down)
    assert mixed.current_row() == 6
    QTest.keyClick(mixed, Qt.Key.Key_Home)
    assert mixed.current_row() == 0


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Left])
def test_a_heading_folds_by_key(mixed: TableView, qtbot: QtBot, key: Qt.Key) -> None:
    mixed.set_cursor(0)
    with qtbot.waitSignal(mixed.group_toggled, timeout=10_000) as caught:
        QTest.keyClick(mixed, key)
    assert caught.args == [0]


def test_a_heading_folds_by_mouse(mixed: TableView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(mixed.group_toggled, timeout=10_000):
        click(mixed, 0)
    with qtbot.waitSignal(mixed.group_toggled, timeout=10_000):
        QTest.mouseClick(mixed.lead.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
    assert mixed.ticked_rows() == []


@pytest.mark.parametrize("rtl", [False, True])
def test_acts_of_a_detail_row_are_hit_where_they_are_drawn(mixed: TableView, qtbot: QtBot, rtl: bool) -> None:
    mixed.setLayoutDirection(Qt.LayoutDirection.RightToLeft if rtl else Qt.LayoutDirection.LeftToRight)
    detail = mixed.row_look(3).detail
    assert detail is not None
    wide = mixed.wide_rect(mixed.visualRect(mixed.model().index(3, 0)))
    for link, area in detail_buttons(wide, detail, rtl=rtl):
        with qtbot.waitSignal(mixed.link_activated, timeout=10_000) as caught:
            QTest.mouseClick(mixed.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
        assert caught.args is not None
        assert caught.args[1] == link.key


def test_links_in_a_cell_are_hit(look: Theme, qtbot: QtBot) -> None:
    rows = [Row((cell("x"), cell("", links=(Link("assign", "Assign to"), Link("remove", "Remove")))))]
    table = shown(qtbot, rows)
    left = table.visualRect(table.model().index(0, 1)).topLeft()
    with qtbot.waitSignal(table.link_activated, timeout=10_000) as caught:
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=left + QPoint(90, 14))
    assert caught.args is not None
    assert caught.args[1] == "remove"


def test_rows_follow_density_and_scale(table: TableView, look: Theme) -> None:
    look.set_density(Density.COMFORTABLE)
    assert table.rowHeight(0) == 36
    look.set_scale(1.5)
    assert table.rowHeight(0) == 54


def test_ticks_survive_a_new_order_of_rows(look: Theme, qtbot: QtBot) -> None:
    class Sortable(RowsModel):
        def turn(self) -> None:
            self.layoutAboutToBeChanged.emit()
            last = self.rowCount() - 1
            self._rows.reverse()
            for index in self.persistentIndexList():
                self.changePersistentIndex(index, self.index(last - index.row(), index.column()))
            self.layoutChanged.emit()

    table = TableView()
    model = Sortable(["Unit", "Name", "State"], [plain(number) for number in range(6)], table)
    table.setModel(model)
    qtbot.addWidget(table)
    table.set_ticked(1, ticked=True)
    table.set_cursor(2)
    model.turn()
    assert table.ticked_rows() == [4]
    assert table.current_row() == 3


class Many(QAbstractTableModel):
    """A million rows that are computed when asked for."""

    asked = 0

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  # Qt's name
        return 1_000_000

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802  # Qt's name
        return 4

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        Many.asked += 1
        return f"{index.row()}" if role == Qt.ItemDataRole.DisplayRole else None


def test_a_million_rows_are_ticked_as_one_range(look: Theme, qtbot: QtBot) -> None:
    table = TableView()
    table.setModel(Many(table))
    qtbot.addWidget(table)
    table.resize(500, 300)
    table.show()
    Many.asked = 0
    table.tick_all()
    assert table.tick_count() == 1_000_000
    assert Many.asked < 1000
    table.set_ticked(500_000, ticked=False)
    assert table.tick_count() == 999_999
    assert table.corner.state == Qt.CheckState.PartiallyChecked
    QTest.keyClick(table, Qt.Key.Key_End)
    assert table.current_row() == 999_999


def test_stripe_tick_and_frame_are_where_they_belong(look: Theme, qtbot: QtBot) -> None:
    rows = [Row((cell("a"), cell("b"), cell("c")), RowLook(stripe="refused")), plain(1)]
    table = shown(qtbot, rows)
    y = table.columns.height() + 14
    image = picture(table)
    assert image.pixelColor(1, y).name().upper() == look.tokens.verdict("refused").solid
    table.set_ticked(0, ticked=True)
    assert picture(table).pixelColor(200, y).name().upper() == look.tokens.sel
    table.set_cursor(0)
    image = picture(table)
    top = table.columns.height()
    assert image.pixelColor(300, top).name().upper() == look.tokens.acc
    assert image.pixelColor(1, top + 1).name().upper() == look.tokens.verdict("refused").solid
    table.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    image = picture(table)
    assert image.pixelColor(table.width() - 2, y).name().upper() == look.tokens.verdict("refused").solid


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK, Mode.CONTRAST])
def test_every_kind_of_cell_can_be_drawn(look: Theme, qtbot: QtBot, mode: Mode) -> None:
    look.set_mode(mode)
    rows = [
        *special_rows(),
        Row(
            (
                cell("", has_gets=HasGets("5 s", "8 s", mono=True)),
                cell("x", edited=True),
                cell("y", cell="fault"),
            )
        ),
        Row((cell("", progress=Progress(4, 7, "4 of 7")), cell("", device="door"), cell("z", icon="laptop"))),
        Row(
            (
                cell("2A:7F", spans=((0, 2),), mono=True),
                cell("", icons=(("keyboard", True),)),
                cell("1", end=True),
            )
        ),
        Row((cell("new"), cell("b"), cell("c")), RowLook(lit=1.0, faded=True)),
    ]
    table = shown(qtbot, rows)
    table.set_hover(1)
    image = picture(table)
    assert image.pixelColor(505, table.columns.height() + 28 + 14).name().upper() == look.tokens.hover


def test_a_sheet_shows_its_row_numbers(look: Theme, qtbot: QtBot) -> None:
    table = shown(qtbot, [plain(1)], ticks=False, numbers=True)
    assert table.lead.width() == 40
    assert not table.corner.isVisible()
    table.tick_all()
    assert table.ticked_rows() == []


def test_an_empty_table_takes_keys(look: Theme, qtbot: QtBot) -> None:
    table = shown(qtbot, [])
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_End):
        QTest.keyClick(table, key)
    assert table.current_row() == -1
    assert table.currentIndex() == QModelIndex()


def test_a_row_that_arrives_keeps_ticks_and_cursor(table: TableView) -> None:
    table.set_ticked(2, ticked=True)
    table.set_cursor(3)
    model = table.model()
    assert isinstance(model, RowsModel)
    model.append(plain(9))
    assert table.ticked_rows() == [2]
    assert table.current_row() == 3


def test_cells_are_spoken_with_their_verdict(look: Theme) -> None:
    model = RowsModel(
        ["a"],
        [Row((cell("max 5 cards", verdict="refused"),)), Row((cell("", has_gets=HasGets("5 s", "8 s")),))],
    )
    role = Qt.ItemDataRole.AccessibleTextRole
    assert model.index(0, 0).data(role) == "refused, max 5 cards"
    assert "5 s → 8 s" in model.index(1, 0).data(role)


def test_a_row_lights_up_and_fades(table: TableView, look: Theme, qtbot: QtBot) -> None:
    table.lights.light(2)
    assert table.lights.at(2) == 0.0
    look.set_reduce_motion(reduce=False)
    table.lights.light(2)
    assert table.lights.at(2) == 1.0
    assert table.lights.at(1) == 0.0
    y = table.columns.height() + table.rowViewportPosition(2) + 14
    assert picture(table).pixelColor(505, y).name().upper() == look.tokens.sel2
    qtbot.waitUntil(lambda: table.lights.at(2) == 0.0, timeout=20_000)
