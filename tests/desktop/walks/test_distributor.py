"""A distributor's walk: 1,000 addresses taken in, 200 handed to an installer, who claims one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.entities.device import DEVICE, MAC_ENTRY
from core.entities.site import SiteKind
from core.usecases.devices import NewDevice, add_device
from core.usecases.places import add_building, add_site
from desktop.qt.theme import Theme
from desktop.views.widgets.dry_run import DryRunSheet
from tests.desktop.fixtures_window import Drive
from tests.desktop.walks.stage import Person, Walk, walk

COUNT, HANDED = 1_000, 200


def _address(number: int) -> str:
    """In the notation of a label: with hyphens."""
    plain = f"0C1105{0x300000 + number:06X}"
    return "-".join(plain[at : at + 2] for at in range(0, 12, 2))


async def _intake(person: Person) -> Any:
    """Paste what a supplier's list holds, one address a line, and add it."""
    page = await person.page("macs")
    page.do("add")
    page._text.setPlainText("\n".join(_address(n) for n in range(COUNT)))
    QTest.keyClick(page._text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await person.wait(lambda: page.macs.total == COUNT and not page.work.busy, "the addresses do not come in")
    return page


async def _claim(w: Walk, org_id: str) -> str:
    """The installer's own workstation: its library holds the 200, and one of them gets its place."""
    station = await w.signed_in("installer", "ines")
    held = await station.mirror.read(lambda r: r.find(MAC_ENTRY))
    assert len(held) == HANDED
    assert {entry.scope_id for entry in held} == {org_id}
    ctx = station.ctx
    site = await add_site(ctx, name="Tamarind Court", kind=SiteKind.COMMUNITY, time_zone="Europe/Madrid")
    building = await add_building(ctx, site_id=site.id, name="Building A")
    mac: str = held[0].mac
    new = NewDevice(site.id, mac, "Main entrance", model="R29", building_id=building.id)
    device = await add_device(ctx, new)
    report = await station.require_engine().sync_once()
    assert (report.refused, report.conflicts) == (0, 0)
    kept = await station.mirror.read(lambda r: r.require(DEVICE, device.id))
    assert kept.ver > 0, "the cloud has confirmed the claim"
    return mac


@pytest.mark.slow
def test_a_distributors_addresses_reach_an_installer_who_claims_one(
    theme: Theme, drive: Drive[Any], tmp_path: Path
) -> None:
    async def play() -> None:
        async with walk(tmp_path) as w:
            _, firm = await w.firms()
            dora = await w.window("warehouse")
            await dora.sign_in(w.url, "dora")
            page = await _intake(dora)
            await dora.wait(lambda: firm.org_id in page.macs.firms, "the installer is not known yet")

            page.hand_to(firm.org_id)
            await dora.answer(DryRunSheet)
            await dora.wait(lambda: page.macs.handed == HANDED, "200 are not handed over")
            assert page.macs.total == COUNT
            await dora.sync()

            mac = await _claim(w, firm.org_id)
            await dora.sync()
            await dora.wait(lambda: mac in page.macs.bound, "the claim does not come back")
            assert page.macs.bound[mac].words.startswith("Tamarind Court")
            assert theme is not None

    drive(play())
