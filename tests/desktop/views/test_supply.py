"""A distributor's pages: intake by burst scan, handing out after a dry run, labels, and what installers are allowed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.entities.device import MAC_ENTRY
from core.wire.accounts import ChangeFirm
from desktop.models.burst import Burst, Reading
from desktop.models.desk import Desk
from desktop.models.preferences import Preferences
from desktop.qt.labels_pdf import LabelText, pages_of, write_labels
from desktop.qt.qr import qr_image, qr_matrix
from desktop.qt.run import tasks
from desktop.qt.theme import Theme
from desktop.views.main_window import MainWindow
from desktop.views.widgets.dry_run import DryRunSheet
from tests.desktop.fixtures_desk import confirm
from tests.desktop.fixtures_window import Drive, Opened, until
from tests.desktop.furnish_supply import MACS, FirmsStation, firm_infos, furnish_supply

Stage = Callable[[Callable[[Opened], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def supply(theme: Theme, drive: Drive[Any], tmp_path: Path) -> Stage:
    """Plays a scene in a distributor's window."""
    assert theme is not None

    async def whole(scene: Callable[[Opened], Coroutine[Any, Any, None]]) -> None:
        made = await furnish_supply(tmp_path)
        tasks().open()
        station = FirmsStation(made.ctx, await firm_infos(made))
        desk = Desk(station, Preferences())
        await desk.begin()
        window = MainWindow(desk)
        window.resize(1280, 800)
        try:
            window.begin()
            window.show()
            await scene(Opened(made, station, desk, window))
        finally:
            await window.end()
            await made.close()
            tasks().open()

    def run_scene(scene: Callable[[Opened], Coroutine[Any, Any, None]]) -> None:
        drive(whole(scene))

    return run_scene


def test_a_burst_scan_judges_each_label_and_takes_in_the_good_ones(supply: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("macs")
        page.do("scan")
        await until(page.burst.isVisible)
        texts = ("0C:11:05:30:00:01", "nonsense", "0C-11-05-30-00-01", "MAC 0c1105300002 R29", "0C11052A7F00")
        for text in texts:
            QTest.keyClicks(page.burst.line, text)
            QTest.keyClick(page.burst.line, Qt.Key.Key_Return)
        burst = page.burst.burst
        counts = [burst.count(reading) for reading in Reading]
        assert counts == [2, 2, 1]
        QTest.keyClick(page.burst.line, Qt.Key.Key_Backspace)
        assert burst.count(Reading.DOUBLE) == 1
        page.burst.model.setText("R29")
        page.do("finish")
        await until(lambda: page.macs.total == MACS + 2 and not page.work.busy)
        assert not page.burst.isVisible()
        new = await opened.made.mirror.read(lambda r: r.find(MAC_ENTRY, mac="0C1105300002"))
        assert [(e.model, e.scope_id) for e in new] == [("R29", page.macs.org_id)]

    supply(scene)


def test_addresses_are_handed_out_but_bound_ones_stay_and_undo_brings_them_back(supply: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("macs")
        before = page.macs.handed
        firm = next(k for k, name in page.macs.firms.items() if name == "Brightgate Fit")
        bound = next(iter(page.macs.bound))
        entries = await opened.made.mirror.read(lambda r: r.find(MAC_ENTRY))
        chosen = [e.id for e in entries if e.scope_id == page.macs.org_id][:20]
        stays = next(e.id for e in entries if e.mac == bound)
        page.hand_to(firm, [*chosen, stays])
        await confirm(opened, DryRunSheet)
        await until(lambda: page.macs.handed == before + 20)
        notice = opened.desk.notices.notices()[0]
        assert "20 changed, 1 cannot" in notice.text
        assert "bound to" in notice.text
        page.macs.set_filter("scope_id", firm)
        await opened.settle()
        assert page.macs.shown == 20
        page.macs.set_filter("scope_id", None)
        await opened.desk.undoing.take_back()
        await until(lambda: page.macs.handed == before)

    supply(scene)


def test_labels_are_written_sheet_by_sheet_with_codes_that_hold_the_address(
    supply: Stage, tmp_path: Path
) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("macs")
        entries = await page.macs.pick([(0, 29)]).lines(30)
        path = tmp_path / "labels.pdf"
        assert await page.write_labels(path, entries) == 2
        data = path.read_bytes()
        assert data.startswith(b"%PDF")
        assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") + data.count(b"/Type /Page/") >= 2

    supply(scene)


def test_what_an_installer_is_allowed_follows_the_cloud_and_not_the_click(supply: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("installers")
        await until(lambda: all(x.info is not None for x in page.rows.all_rows()))
        line = next(x for x in page.rows.all_rows() if x.firm.name == "Quiet Hinge")
        assert (line.info.two_factor, line.info.may_pay, line.macs) == (True, False, 45)
        page.change(line, ChangeFirm(may_pay=True))
        await until(lambda: page.same_row(line).info.may_pay)
        book = opened.station.firms  # type: ignore[attr-defined]  # a station with a book
        book.refuses = "The fee of last month is not paid."
        page.change(page.same_row(line), ChangeFirm(two_factor=False))
        await opened.settle()
        assert page.same_row(line).info.two_factor
        assert opened.desk.notices.notices()[0].text == book.refuses
        opened.station.firms = None  # type: ignore[attr-defined]
        assert page._offline() == "This takes the cloud, and there is none to ask."

    supply(scene)


def test_an_undone_reading_can_be_scanned_again() -> None:
    burst = Burst({"0C1105300009"})
    assert burst.read("0C:11:05:30:00:01").reading is Reading.GOOD
    assert burst.undo() is not None
    assert burst.read("0C:11:05:30:00:01").reading is Reading.GOOD
    assert burst.read("0C1105300009").reading is Reading.DOUBLE
    assert burst.good() == ["0C1105300001"]
    assert [burst.undo() is not None for _ in range(3)] == [True, True, False]


def test_a_code_has_a_quiet_zone_and_whole_modules() -> None:
    matrix = qr_matrix("0C11052A7F31")
    image = qr_image("0C11052A7F31", 200)
    step = image.width() // (len(matrix) + 8)
    assert image.width() == step * (len(matrix) + 8)
    assert image.pixelColor(0, 0).lightness() == 255
    corner = 4 * step
    assert image.pixelColor(corner, corner).lightness() == 0


def test_labels_fill_sheets_of_24(qapp: Any, tmp_path: Path) -> None:
    assert qapp is not None
    labels = [LabelText(f"{n:012X}", "0C:11", ("R29",)) for n in range(49)]
    assert [len(p) for p in pages_of(labels)] == [24, 24, 1]
    assert list(write_labels(tmp_path / "x.pdf", labels[:25], title="Labels")) == [1, 2]
    with pytest.raises(OSError, match="none"):
        list(write_labels(tmp_path / "none" / "x.pdf", labels[:1], title="Labels"))
