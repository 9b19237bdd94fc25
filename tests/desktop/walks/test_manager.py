"""A manager's walk: a new resident with a card at two doors, opens at 09:00, moved out, gone from every door."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.entities.site import SiteKind
from core.usecases.devices import NewDevice, add_device
from core.usecases.lan import scan
from core.usecases.maclib import add_macs
from core.usecases.places import add_apartment, add_building, add_site
from core.usecases.provision import submit
from desktop.models.live_view import LiveState
from desktop.models.receipts import ReceiptState
from desktop.qt.theme import Theme
from desktop.views.live_sheet import LiveSheet
from desktop.views.move_out import MoveOutSheet
from device_link.simulator import SimSpec
from tests.desktop.fixtures_window import Drive, lines_of
from tests.desktop.walks.stage import Person, Walk, walk

CARD = "0A4F9911"
NINE = datetime.combine(datetime(2026, 11, 24), time(9, 0))  # noqa: DTZ001  a device's own wall clock has no zone


async def _site(w: Walk) -> Any:
    """What the installer left behind: a building with an apartment and two doors on the LAN, commissioned."""
    _, firm = await w.firms()
    lan = await w.start_lan([SimSpec(profile="R29"), SimSpec(profile="R29")])
    station = await w.signed_in("installer", "ines")
    ctx = station.ctx
    site = await add_site(ctx, name="Tamarind Court", kind=SiteKind.COMMUNITY, time_zone="Europe/Madrid")
    building = await add_building(ctx, site_id=site.id, name="Building A")
    await add_apartment(ctx, building_id=building.id, number="0101", floor=1)
    await add_macs(ctx, [unit.mac for unit in lan.devices], model="R29")
    names = ("Main entrance", "Courtyard gate")
    devices = [
        await add_device(
            ctx,
            NewDevice(site.id, unit.mac, name, model="R29", building_id=building.id, relay_names=("Door",)),
        )
        for unit, name in zip(lan.devices, names, strict=True)
    ]
    await scan(ctx, w.targets())
    await ctx.jobs.wait_all(await submit(ctx, devices, commission=True))
    await station.require_engine().sync_once()
    await w.manager(firm.org_id, site.id)
    return site


def _opens(w: Walk) -> list[bool]:
    """Whether each door opens for the card at nine, as the devices themselves decide."""
    assert w.lan is not None
    return [unit.may_open(1, "card", CARD, NINE).opens for unit in w.lan.devices]


async def _look(w: Walk, person: Person) -> None:
    """The door's camera, from the page of the doors: stills of the unit, and the door opens beside them."""
    assert w.lan is not None
    page = await person.page("doors")
    page.pane.show_first()
    page.do("watch")
    await person.wait(lambda: person.window.findChildren(LiveSheet), "no camera opens")
    sheet = person.window.findChildren(LiveSheet)[0]
    await person.wait(lambda: sheet.live.state is LiveState.STILLS, f"no picture: {sheet.live.words}")
    assert sheet.picture.image is not None
    assert sheet.live.words, "it is not said why it is no stream"
    QTest.keyClick(sheet, Qt.Key.Key_O)
    await person.wait(lambda: sheet.answer, "the door does not answer")
    assert "read open" in sheet.answer
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert sheet.live.state is LiveState.STOPPED


async def _new_resident(person: Person) -> Any:
    page = await person.page("residents")
    page.do("new")
    await person.settled(page)
    form = page.person.form
    for name, words in (("first_name", "Ada"), ("last_name", "Byron"), ("cards", "0A:4F:99:11")):
        QTest.keyClicks(form.editors[name].line, words)
    form.draft.set_text("apartment_id", next(iter(page.person.data.places.apartment_by_id)))
    page.do("save")
    assert form.draft.faults() == {}
    await person.wait(
        lambda: page.rows.shown == 1, f"not in the list: {form.draft.general} {form.draft.faults()}"
    )
    return page


@pytest.mark.slow
def test_a_managers_resident_opens_two_doors_and_is_gone_from_both_after_the_move(
    theme: Theme, drive: Drive[Any], tmp_path: Path
) -> None:
    async def play() -> None:
        async with walk(tmp_path) as w:
            await _site(w)
            assert _opens(w) == [False, False]
            mara = await w.window("desk")
            await mara.sign_in(w.url, "mara")
            await mara.wait(lambda: mara.desk.sites.site is not None, "the site does not come")

            await _look(w, mara)
            page = await _new_resident(mara)
            page.do("gaps")
            await mara.wait(
                lambda: lines_of(page.rows)[0].proved == 2, "the card is not proved on both doors"
            )
            assert _opens(w) == [True, True]

            page.pane.show_first()
            page.do("move_out")
            await mara.answer(MoveOutSheet)
            await mara.wait(lambda: page.rows.shown == 0, "the resident stays in the list")
            moves = await mara.page("receipts")
            assert moves.rows.all_rows()[0].state is ReceiptState.OPEN
            assert _opens(w) == [True, True], "the rows are gone, the doors were not told yet"
            moves.do("push")
            closed = ReceiptState.CLOSED
            await mara.wait(lambda: moves.rows.all_rows()[0].state is closed, "a door did not follow")
            assert moves.rows.all_rows()[0].proved == 2
            assert _opens(w) == [False, False]
            assert theme is not None

    drive(play())
