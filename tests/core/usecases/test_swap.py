"""A dead unit is replaced by another MAC: what goes along, what cannot, and what is proved no more."""

from __future__ import annotations

import pytest

from core.base.errors import UserError
from core.entities.access import GROUP_DOOR
from core.entities.device import DEVICE, DEVICE_SETTING, RELAY, DeviceState
from core.entities.proof import PROOF
from core.usecases.devices import set_extra
from core.usecases.maclib import add_macs
from core.usecases.swap import plan_swap, swap_device
from tests.core.usecases.conftest import Desk

NEW = "0C:11:05:2A:90:01"


async def test_the_place_relays_and_groups_stay_and_the_proofs_go(desk: Desk) -> None:
    await add_macs(desk.ctx, [NEW], model="A01")
    await set_extra(desk.ctx, device_id=desk.device.id, key="Config.DoorSetting.RTSP.Enable", value="1")
    relays, doors = await desk.read(RELAY), await desk.read(GROUP_DOOR)
    plan = await plan_swap(desk.ctx, device_id=desk.device.id, mac=NEW)
    assert plan.mac == NEW.replace(":", "")
    assert {line.what for line in plan.lines} >= {
        "Name and place",
        "Relay A",
        "People",
        "Settings of its own",
    }
    assert any("relays" in line.why for line in plan.lost) == (len(relays) > 1)
    made = await swap_device(desk.ctx, device_id=desk.device.id, mac=NEW)
    assert (made.id, made.mac, made.state) == (desk.device.id, plan.mac, DeviceState.PLANNED)
    assert (made.name, made.model, made.address, made.seen_at) == (desk.device.name, "A01", "", None)
    assert await desk.read(GROUP_DOOR) == doors
    assert len(await desk.read(DEVICE_SETTING)) == 1
    assert await desk.read(PROOF) == []
    on = [r for r in await desk.read(RELAY) if r.enabled]
    assert [r.number for r in on] == [1]


async def test_a_mac_that_is_bound_or_not_ours_is_refused(desk: Desk) -> None:
    with pytest.raises(UserError, match="not in your library"):
        await plan_swap(desk.ctx, device_id=desk.device.id, mac=NEW)
    with pytest.raises(UserError, match="already"):
        await swap_device(desk.ctx, device_id=desk.device.id, mac=desk.device.mac)
    assert (await desk.read(DEVICE))[0].mac == desk.device.mac
