"""The layout cursor that mirrors, the shares of a bar, the search marks, and what a model has to answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter, QStandardItem, QStandardItemModel

from desktop.qt.painting import Artist, Row, hits, reads_rtl, stack_widths
from desktop.qt.roles import GroupRow, HasGets, Look, Progress, Role, RowLook, look_of, row_look_of
from desktop.qt.theme import Theme

BOX = QRect(10, 0, 100, 20)


def test_pieces_come_from_both_edges() -> None:
    row = Row(BOX)
    assert row.lead(20, 5) == QRect(10, 0, 20, 20)
    assert row.trail(10, 5) == QRect(100, 0, 10, 20)
    assert row.rest == QRect(35, 0, 60, 20)


def test_right_to_left_is_the_mirror() -> None:
    row = Row(BOX, rtl=True)
    assert row.lead(20, 5) == QRect(90, 0, 20, 20)
    assert row.trail(10, 5) == QRect(10, 0, 10, 20)
    assert row.rest == QRect(25, 0, 60, 20)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8), st.booleans()), max_size=6))
def test_both_directions_take_the_same(steps: list[tuple[int, int, bool]]) -> None:
    left, right = Row(BOX), Row(BOX, rtl=True)
    for width, gap, leading in steps:
        one = left.lead(width, gap) if leading else left.trail(width, gap)
        other = right.lead(width, gap) if leading else right.trail(width, gap)
        assert one.width() == other.width()
        if one.width() > 0:
            assert one.left() - BOX.left() == BOX.right() - other.right()


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=8), st.integers(60, 900))
def test_no_part_of_a_bar_vanishes(amounts: list[int], room: int) -> None:
    parts = [("proved", float(amount)) for amount in amounts]
    widths = stack_widths(parts, sum(amounts), room)
    assert sum(widths) == room
    assert min(widths) >= 4


def test_a_bar_that_is_not_full_leaves_its_track() -> None:
    assert stack_widths([("proved", 5.0)], 10, 100) == [50]


def test_hits_are_letters_of_the_text() -> None:
    assert hits("Push 128 people", "push PEO") == [(0, 4), (9, 12)]
    assert hits("Push", "") == []
    # In Turkish dotted I the folded text is longer than the text: rather no mark than a wrong one.
    assert hits("\u0130x", "x") == []


def test_direction_of_a_text() -> None:
    assert reads_rtl("\u05d3\u05dc\u05ea LAN")
    assert not reads_rtl("0C:11:05:2A:7F:31")


def test_text_says_when_it_was_cut(look: Theme) -> None:
    image = QImage(200, 40, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    art = Artist(painter)
    assert art.text(QRect(0, 0, 30, 20), "Main entrance")
    assert not art.text(QRect(0, 0, 200, 20), "Main entrance")
    assert not art.text(QRect(0, 0, 0, 20), "")
    painter.end()


def test_single_roles_make_a_look() -> None:
    model = QStandardItemModel()
    item = QStandardItem("proved 09:12")
    item.setData("proved", Role.VERDICT)
    item.setData(True, Role.MONO)
    item.setData(GroupRow("Building B", "48"), Role.GROUP)
    model.appendRow(item)
    assert look_of(model.index(0, 0)) == Look(verdict="proved", mono=True)
    row = row_look_of(model.index(0, 0))
    assert row.group == GroupRow("Building B", "48")
    assert row.special


def test_a_whole_look_wins() -> None:
    model = QStandardItemModel()
    item = QStandardItem("x")
    item.setData("proved", Role.VERDICT)
    item.setData(Look(has_gets=HasGets("1", "2")), Role.LOOK)
    item.setData(RowLook(stripe="refused"), Role.ROW)
    model.appendRow(item)
    assert look_of(model.index(0, 0)).verdict == ""
    assert row_look_of(model.index(0, 0)) == RowLook(stripe="refused")


def test_progress_stays_between_nothing_and_all() -> None:
    assert Progress(5, 10).part == 0.5
    assert Progress(11, 10).part == 1.0
    assert Progress(1, 0).part == 0.0
