"""Gallery: the rows of a table in every state, the import sheet, the live tail."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.qt.roles import GroupRow, HasGets, Link, Look, NoteRow, Progress, RowLook
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.gallery.board import section
from desktop.views.widgets.base import column
from desktop.views.widgets.boxes import Frame
from desktop.views.widgets.labels import Label
from desktop.views.widgets.rows_model import Row, RowsModel, cell
from desktop.views.widgets.table import ColumnWidth, TableView

NAMES = (
    "header 28",
    "group",
    "rest",
    "hover",
    "ticked",
    "cursor",
    "ticked + cursor",
    "edited cell",
    "pending",
    "running",
    "refused",
    "offline",
    "not there yet",
    "just adopted",
    "has → gets",
    "acts in a cell",
)


def _row(unit: str, state: tuple[str, Look], stripe: str, **row: object) -> Row:
    name = cell("Main door", edited=True) if unit == "B-0202" else cell("Main entrance")
    return Row((cell(unit), name, state), RowLook(stripe=stripe, **row))  # type: ignore[arg-type]  # fields of RowLook


def _rows() -> list[Row]:
    proved = cell("proved 09:12", verdict="proved")
    return [
        Row(look=RowLook(group=GroupRow("Building B", "48", "46 online, 2 not seen"))),
        _row("B-0101", proved, "proved"),
        _row("B-0102", proved, "proved"),
        _row("B-0103", cell("accepted, no read-back", verdict="accepted"), "proved"),
        _row("B-0104", proved, "proved"),
        _row("B-0201", proved, "proved"),
        _row("B-0202", cell("on this laptop", icon="laptop", tone="t2"), "proved"),
        _row("B-0203", cell("waiting for the device", verdict="waiting"), "waiting"),
        _row("B-0204", cell("", progress=Progress(4, 7, "4 of 7"), tone="acct"), "ambiguous"),
        _row("B-0301", cell("refused: max 5 cards", verdict="refused"), "refused"),
        _row("B-0302", cell("not seen 2 h 10", verdict="unreachable"), "unreachable"),
        _row("B-0303", cell("waiting for first contact"), "", faded=True),
        _row("B-0304", cell("adopted, lit for 1.2 s", tone="acct"), "acc", lit=1.0),
        _row("B-0305", cell("", has_gets=HasGets("5 s", "8 s", mono=True)), ""),
        _row("B-0306", cell("", links=(Link("a", "Assign to…"), Link("r", "Remove"))), "foreign"),
    ]


def _frozen(table: TableView, height: int) -> TableView:
    table.setFixedHeight(height)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return table


def table_rows() -> QWidget:
    """One row per state, each named at its side."""
    px = theme().px
    table = TableView(name="Rows")
    table.setModel(RowsModel(["Unit", "Name", "State"], _rows(), table))
    table.set_widths([ColumnWidth(68), ColumnWidth(124), ColumnWidth(200, stretch=True)])
    table.set_sort(0)
    for number in (3, 5):
        table.set_ticked(number, ticked=True)
    table.set_cursor(5)
    table.set_hover(2)
    table.pinned_frames = (4,)
    _frozen(table, px(Size.ROW_DENSE) * len(NAMES))
    holder, grid = QWidget(), QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(0)
    grid.setHorizontalSpacing(px(8))
    for number, name in enumerate(NAMES):
        grid.addWidget(Label(name, "caption", "t3"), number, 0)
        grid.setRowMinimumHeight(number, px(Size.ROW_DENSE))
    grid.addWidget(table, 0, 1, len(NAMES), 1)
    grid.setColumnStretch(1, 1)
    holder.setLayout(grid)
    return section("Table rows", holder, note="stripe, tick, cursor, edit and verdict are separate signals")


def live_tail() -> QWidget:
    """Events of doors; a gap is said in a line of its own."""
    rows = [
        Row(
            (
                cell("09:13:48", mono=True, tone="t2"),
                cell("Courtyard gate"),
                cell("unknown PIN", icon="keyboard"),
                cell("no such PIN", tone="refused"),
            ),
            RowLook(stripe="refused"),
        ),
        Row(look=RowLook(note=NoteRow("Garage ramp not connected 07:05-now"))),
    ]
    table = TableView(ticks=False, name="Live tail")
    table.columns.hide()
    table.setModel(RowsModel(["Time", "Door", "What", "Result"], rows, table))
    table.set_widths([ColumnWidth(72), ColumnWidth(116), ColumnWidth(150), ColumnWidth(120, stretch=True)])
    _frozen(table, theme().px(Size.TAIL_ROW) * 2)
    return section("Live tail", Frame(table), note="one line an event, gaps are said")


def import_sheet() -> QWidget:
    """Cells of a sheet: a fault, one fixed here, one that may be a double."""
    rows = [
        Row((cell("0102"), cell("Ilsa"), cell("5520", mono=True), cell("0A4F2290", mono=True))),
        Row((cell("0103"), cell("Juno"), cell("9120", mono=True, cell="fault"), cell("0A4F3312", mono=True))),
        Row(
            (cell("0203"), cell("Hamid"), cell("4471", mono=True, cell="fixed"), cell("0A4F6002", mono=True))
        ),
        Row(
            (
                cell("0204"),
                cell("Sarrail", cell="double"),
                cell("8102", mono=True),
                cell("0A4F6100", mono=True),
            )
        ),
    ]
    table = TableView(ticks=False, numbers=True, name="Sheet")
    table.setModel(RowsModel(["Apt", "Last Name", "PIN", "RF Card"], rows, table))
    table.set_widths([ColumnWidth(70), ColumnWidth(110), ColumnWidth(80), ColumnWidth(120, stretch=True)])
    _frozen(table, theme().px(Size.ROW_DENSE) * 5)
    inner = column(gap=0)
    inner.addWidget(table)
    return section("Import cells", Frame(table), note="fault, fixed here, double")
