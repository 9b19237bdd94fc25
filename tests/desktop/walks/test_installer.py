"""An installer's walk: a site, the library, what is on the cable, adopted, a resident on it, proved, confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.entities.device import DeviceState
from core.entities.site import SITE, SiteKind
from core.usecases.places import add_apartment, add_building
from desktop.qt.theme import Theme
from desktop.views.record_form import RecordForm
from device_link.simulator import SimSpec
from tests.desktop.fixtures_window import Drive, lines_of
from tests.desktop.walks.stage import Person, Walk, walk

PIN = "70318"


async def _site(ines: Person) -> tuple[str, str]:
    """A community from its form; its building and apartment by the verbs that the page's own questions use."""
    page = await ines.page("sites")
    page.do("new_community")
    await ines.settled(page)
    draft = page.panel.findChildren(RecordForm)[-1].draft
    draft.set_text("name", "Tamarind Court")
    draft.set_text("time_zone", "Europe/Madrid")
    page.do("save")
    await ines.wait(lambda: ines.desk.sites.site is not None, "the site is not made")
    site = await ines.station.mirror.read(lambda r: r.first(SITE))
    assert site is not None
    assert site.kind is SiteKind.COMMUNITY
    building = await add_building(ines.station.ctx, site_id=site.id, name="Building A")
    home = await add_apartment(ines.station.ctx, building_id=building.id, number="0101", floor=1)
    return building.id, home.id


async def _adopt(ines: Person, w: Walk, building: str) -> None:
    """Sweep, put the cursor on what answers, adopt it, wait for every step to be proved."""
    assert w.lan is not None
    unit = w.lan.devices[0]
    library = await ines.page("macs")
    library.do("add")
    library._text.setPlainText(unit.mac)
    QTest.keyClick(library._text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await ines.wait(lambda: library.macs.total == 1, "the address is not in the library")
    page = await ines.page("lan")
    page.sweep.toggle(tuple(w.targets()))
    await ines.wait(lambda: not page.sweep.busy, "the sweep has no end")
    await ines.wait(
        lambda: any(x.mac == unit.mac for x in page.rows.all_rows()), "the door phone is not seen"
    )
    await ines.settled(page)
    page.pane.show_key(unit.mac)
    page.open_panel(page.pane.current())
    await ines.settled(page)
    flow = page.flow
    for field, words in (("name", "Main entrance"), ("building_id", building), ("relays", "Door")):
        flow.draft.set_text(field, words)
    page._adopting.adopt()
    await ines.wait(lambda: flow.status is not None, "the adoption has no end")
    assert {step.mark for step in flow.steps()} == {"proved"}
    assert flow.device.state is DeviceState.COMMISSIONED


async def _resident(ines: Person, home: str) -> None:
    page = await ines.page("residents")
    page.do("new")
    await ines.settled(page)
    form = page.person.form
    for name, words in (("first_name", "Ada"), ("last_name", "Byron"), ("pin", PIN)):
        QTest.keyClicks(form.editors[name].line, words)
    form.draft.set_text("apartment_id", home)
    page.do("save")
    await ines.wait(
        lambda: page.rows.shown == 1, f"not in the list: {form.draft.general} {form.draft.faults()}"
    )
    page.do("gaps")
    await ines.wait(lambda: lines_of(page.rows)[0].proved == 1, "the PIN is not proved on the door")


@pytest.mark.slow
def test_an_installers_main_job_from_sign_in_to_proof_and_confirmation(
    theme: Theme, drive: Drive[Any], tmp_path: Path
) -> None:
    async def play() -> None:
        async with walk(tmp_path) as w:
            await w.firms()
            await w.start_lan([SimSpec(profile="R29")])
            ines = await w.window("van")
            await ines.sign_in(w.url, "ines")
            await ines.wait(
                lambda: ines.desk.sync.figures.confirmed_at is not None, "the first sync has no end"
            )
            building, home = await _site(ines)
            await _adopt(ines, w, building)
            await _resident(ines, home)
            assert w.lan is not None
            assert w.lan.devices[0].may_open(1, "pin", PIN).opens
            await ines.sync()
            figures = ines.desk.sync
            await ines.wait(lambda: figures.figures.here == 0, "edits are not confirmed")
            assert figures.figures.needs == 0
            assert theme is not None

    drive(play())
