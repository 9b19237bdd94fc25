"""The gallery holds every component: in every theme, direction and size nothing is cut off or without a name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.qt.shots import grab, picture
from desktop.qt.theme import Density, Mode, Theme
from desktop.views.gallery.__main__ import write_shots
from desktop.views.gallery.window import PAGES, GalleryWindow
from desktop.views.widgets.table import TableView
from tests.desktop.looking import cut_off, nameless

# Made to be cut: the notes of heads and bars, which keep the whole text as tool tip.
PAGE_COUNT = 4


@pytest.fixture
def gallery(look: Theme, qtbot: QtBot) -> Iterator[GalleryWindow]:
    made = GalleryWindow()
    made.show_switches(shown=False)
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    yield made
    made.hide()


def rows_of(window: QWidget) -> TableView:
    return next(table for table in window.findChildren(TableView) if table.accessibleName() == "Rows")


@pytest.mark.parametrize("side", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_nothing_is_cut_off(gallery: GalleryWindow, qapp: QApplication, side: Qt.LayoutDirection) -> None:
    qapp.setLayoutDirection(side)
    for number in range(PAGE_COUNT):
        gallery.show_page(number)
        grab(gallery)
        assert cut_off(gallery, notes=True) == []


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.25, 2.0])
def test_larger_text_is_not_cut_off(look: Theme, qtbot: QtBot, scale: float) -> None:
    look.set_scale(scale)
    window = GalleryWindow()
    qtbot.addWidget(window)
    window.show_switches(shown=False)
    for number in range(PAGE_COUNT):
        window.show_page(number)
        grab(window, None, (round(1440 * scale), round(900 * scale)))
        window.show()
        assert cut_off(window, notes=True) == []
    window.hide()


def test_everything_that_takes_the_focus_has_a_name(gallery: GalleryWindow) -> None:
    for number in range(PAGE_COUNT):
        gallery.show_page(number)
        assert nameless(gallery) == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", [Mode.DARK, Mode.CONTRAST])
def test_a_theme_switched_to_looks_like_one_begun_with(
    gallery: GalleryWindow, look: Theme, qtbot: QtBot, mode: Mode
) -> None:
    light = picture(gallery)
    look.set_mode(mode)
    fresh = GalleryWindow()
    qtbot.addWidget(fresh)
    fresh.show_switches(shown=False)
    for number in range(PAGE_COUNT):
        gallery.show_page(number)
        fresh.show_page(number)
        switched = grab(gallery)
        assert switched == grab(fresh, None, (1440, 900))
        assert switched != light


def test_comfortable_rows_are_taller(gallery: GalleryWindow, look: Theme) -> None:
    table = rows_of(gallery)
    look.set_density(Density.COMFORTABLE)
    assert table.rowHeight(2) == 36


def test_right_to_left_is_a_mirror(gallery: GalleryWindow, qapp: QApplication, look: Theme) -> None:
    table = rows_of(gallery)
    left = picture(table)
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    grab(gallery)
    right = picture(table)
    # Stripe and tick are in the leading column: what was at the left edge is now at the right one.
    for y in range(40, 300, 7):
        for x in (0, 1, 2):
            assert left.pixelColor(x, y) == right.pixelColor(right.width() - 1 - x, y), (x, y)


def test_pictures_are_written(look: Theme, tmp_path: Path) -> None:
    files = write_shots(tmp_path, size=(1280, 800), modes=(Mode.DARK,))
    assert [file.name for file in files] == [
        f"gallery-{number}-dark.png" for number in range(1, len(PAGES) + 1)
    ]
    assert all(QImage(str(file)).width() == 1280 for file in files)


def test_drawing_gives_no_constant_away(gallery: GalleryWindow) -> None:
    """The overridden paint events of every component, many times: PySide6 6.12.0 lost a reference in each."""
    table = rows_of(gallery)
    picture(table)
    counts = [sys.getrefcount(constant) for constant in (None, True, False)]
    for _ in range(150):
        picture(table)
    for before, constant in zip(counts, (None, True, False), strict=True):
        # PySide6 6.11.3 keeps six too many of None for each picture; that harms nobody, giving them away does.
        assert before - sys.getrefcount(constant) < 100


def test_no_widget_stays_behind(look: Theme, qapp: QApplication) -> None:
    window = GalleryWindow()
    before = len(QApplication.allWidgets())
    assert before > 300
    window.deleteLater()
    del window
    QApplication.sendPostedEvents(None, 52)
    left = [one for one in QApplication.allWidgets() if type(one).__module__.startswith("desktop.")]
    assert left == []
