"""What has no desired state: relays, clock, door log, picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.base.errors import DataError, RefusedError, UserError
from device_link.simulator import SimLan, SimSpec
from tests.device_link.conftest import Desk, link_to, wanted


async def test_a_relay_opens_and_tells_so(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P1")]) as lan:
        link = link_to(lan.devices[0])
        assert await desk.gateway.relay_states(link) == {1: False, 2: False, 3: False, 4: False}
        await desk.gateway.trigger_relay(link, 2, hold_s=30)
        assert (await desk.gateway.relay_states(link))[2] is True


async def test_a_relay_that_cannot_be(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P4")]) as lan:
        link = link_to(lan.devices[0])
        with pytest.raises(UserError):
            await desk.gateway.trigger_relay(link, 7, hold_s=5)
        with pytest.raises(RefusedError):
            await desk.gateway.trigger_relay(link, 3, hold_s=5)


async def test_a_model_without_the_relay_call_says_why_its_address_does_not_open_either(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P6")]) as lan:
        with pytest.raises(RefusedError) as caught:
            await desk.gateway.trigger_relay(link_to(lan.devices[0]), 1, hold_s=5)
        assert "does not open this door by its address" in str(caught.value)


async def test_the_clock(desk: Desk) -> None:
    async with await SimLan.start(
        [SimSpec(profile="P1"), SimSpec(profile="P2", faults=("clock-off:3600",))]
    ) as lan:
        right = await desk.gateway.device_time(link_to(lan.devices[0]))
        wrong = await desk.gateway.device_time(link_to(lan.devices[1]))
        assert right.tzinfo is UTC
        assert timedelta(minutes=59) < wrong - right < timedelta(minutes=61)


@pytest.mark.parametrize("profile", ["P1", "P2", "S532"])
async def test_the_door_log_newest_first(desk: Desk, profile: str) -> None:
    async with await SimLan.start([SimSpec(profile=profile)]) as lan:
        device = lan.devices[0]
        link = link_to(device)
        await desk.bring(link, wanted())
        for _ in range(12):
            await device.swipe_card("0A1B0002")
        await device.enter_pin("400003")
        await device.enter_pin("999999")
        events = await desk.gateway.door_events(link, newest=13)
        assert len(events) == 13
        assert [one.success for one in events[:3]] == [False, True, True]
        assert events[0].name == ""
        assert events[1].name == "Person Number 3"
        assert events[1].code_tail == ""
        assert events[2].name == "Person Number 2"
        assert events[2].code_tail == "0002"
        assert events[2].user_id == "gw1a2b-2"
        assert isinstance(events[0].local_time, datetime)
        assert events[0].local_time.tzinfo is None
        assert len(await desk.gateway.door_events(link, newest=100)) == 14


async def test_a_picture(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P1"), SimSpec(profile="P1", auth="none")]) as lan:
        picture = await desk.gateway.snapshot(link_to(lan.devices[0]))
        assert picture.startswith(b"\xff\xd8\xff")
        lan.devices[1].unit.config.put({"Config.DoorSetting.RTSP.Password": "other"})
        with pytest.raises((RefusedError, DataError)):
            await desk.gateway.snapshot(link_to(lan.devices[1]))
