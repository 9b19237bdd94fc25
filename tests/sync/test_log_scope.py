"""ACC-12, log access: door logs of a site are in a property manager's mirror only while the installer lets them be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from core.cloud.access import LOGGED
from core.entities.device import DEVICE
from core.entities.event import DOOR_EVENT
from core.entities.person import RESIDENT
from core.entities.site import SITE
from core.wire.messages import FillRequest, PullRequest
from tests.history.world import World
from tests.sync.conftest import Desk, Home
from tests.sync.test_scope_rounds import managed

pytestmark = pytest.mark.timeout(240)


async def happened(anna: Desk, site: str, device: Any, name: str) -> Any:
    """Something happens at a door, and the installer's workstation has it."""
    at = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    return await anna.put(DOOR_EVENT, scope_id=site, device_id=device.id, name=name, at=at)


async def switch(anna: Desk, home: Home, *, on: bool) -> None:
    await anna.patch(SITE, await anna.must(SITE, home.site.id), pm_logs=on)
    await anna.sync()


async def sound(d: Desk, scopes: int) -> None:
    """The comparison with the cloud finds nothing, over versions and over the values of every scope."""
    for _ in range(scopes):
        checked = await d.station.engine.check()
        assert (checked.compared, checked.differs) == (scopes, ())


async def test_logs_are_kept_from_a_manager_arrive_when_granted_and_go_when_taken(
    anna: Desk, home: Home, w: World
) -> None:
    maya = await managed(anna, home, w)
    device = await anna.put(DEVICE, site_id=home.site.id, mac="0C1105000001", name="Gate")
    first = await happened(anna, home.site.id, device, "Ada")
    await anna.sync()
    await maya.sync()
    assert await maya.ids(DOOR_EVENT) == {first.id}, "on at first"
    await switch(anna, home, on=False)
    await maya.sync()
    assert await maya.ids(DOOR_EVENT) == set(), "taken"
    assert await maya.ids(RESIDENT) == {home.resident.id}
    assert await maya.ids(DEVICE) == {device.id}
    second = await happened(anna, home.site.id, device, "Bob")
    await anna.patch(DEVICE, device, name="Street gate")
    await anna.sync()
    await maya.sync()
    assert await maya.ids(DOOR_EVENT) == set(), "what happens now does not come either"
    assert (await maya.must(DEVICE, device.id)).name == "Street gate"
    await sound(maya, 1)
    files = b"".join(f.read_bytes() for f in maya.station.folder.glob("mirror.db*"))
    assert second.id.encode() not in files
    await switch(anna, home, on=True)
    await maya.sync()
    assert await maya.ids(DOOR_EVENT) == {first.id, second.id}, "granted: all of it arrives"
    await sound(maya, 1)
    assert await anna.ids(DOOR_EVENT) == {first.id, second.id}
    await sound(anna, 2)


async def test_an_unsent_edit_survives_that_the_site_is_fetched_anew(
    anna: Desk, home: Home, w: World
) -> None:
    maya = await managed(anna, home, w)
    maya.station.wire.online = False
    await maya.patch(RESIDENT, home.resident, remark="unsent")
    await switch(anna, home, on=False)
    maya.station.wire.online = True
    report = await maya.sync()
    assert (report.pushed, report.refused) == (1, 0)
    assert (await maya.must(RESIDENT, home.resident.id)).remark == "unsent"
    assert await maya.tray() == []


async def test_the_cloud_itself_gives_no_logs_away(anna: Desk, home: Home, w: World) -> None:
    """Whatever a workstation asks: no byte of a log leaves the cloud, neither by a page nor by a fill. I4."""
    maya = await managed(anna, home, w)
    device = await anna.put(DEVICE, site_id=home.site.id, mac="0C1105000001", name="Gate")
    await happened(anna, home.site.id, device, "Ada")
    await switch(anna, home, on=False)
    for d, wanted in ((maya, 0), (anna, 1)):
        await d.sync()
        door, replica = d.station.transport, "0" * 32
        first = await door.pull(
            PullRequest(proto=1, schema=1, replica=replica, epoch="", seq=0, access_seq=0)
        )
        asked = PullRequest(proto=1, schema=1, replica=replica, epoch=first.epoch, seq=0, access_seq=-1)
        fill = FillRequest(
            proto=1, schema=1, replica=replica, epoch=first.epoch, scope=home.site.id, after=0, to=first.head
        )
        for page in (await door.pull(asked), await door.fill(fill)):
            assert page.rows
            assert len([row for row in page.rows if row.entity in LOGGED]) == wanted
