"""The ONVIF driver against simulated cameras."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.base.clock import SystemClock
from core.base.errors import RefusedError, SignInError
from core.ports.device import Link
from core.rules.capabilities import Capability
from device_link.drivers.akuvox.pacing import fast_pacing
from device_link.drivers.onvif.gateway import OnvifGateway
from device_link.gateways import MakerGateway, capabilities_at
from device_link.simulator.onvif import CameraSpec, SimCamera
from tests.device_link.conftest import wanted


def gateway() -> OnvifGateway:
    return OnvifGateway(SystemClock(), pacing=fast_pacing)


def link(camera: SimCamera, **changes: str) -> Link:
    facts = {
        "url": camera.url,
        "mac": "",
        "user": camera.spec.user,
        "password": camera.spec.password,
    } | changes
    return Link(**facts)


@pytest.mark.parametrize("off_s", [0, 86_400 * 400, -3600])
async def test_identity_stream_and_picture_whatever_the_cameras_clock_says(off_s: int) -> None:
    async with SimCamera(CameraSpec(clock_off_s=off_s)) as camera:
        door = gateway()
        found = await door.identify(link(camera))
        assert (found.mac, found.model, found.firmware) == ("00408C000001", "Northwind Dome 7", "5.1.2")
        assert await door.stream_address(link(camera)) == "rtsp://127.0.0.1:554/stream1"
        assert (await door.snapshot(link(camera))).startswith(b"\xff\xd8\xff")
        told = await door.device_time(link(camera)) - SystemClock().now()
        assert abs(told - timedelta(seconds=off_s)) < timedelta(seconds=60)


async def test_addresses_that_a_camera_names_elsewhere_are_asked_at_the_camera() -> None:
    async with SimCamera(CameraSpec(foreign_xaddr=True)) as camera:
        door = gateway()
        assert await door.stream_address(link(camera)) == "rtsp://127.0.0.1:554/stream1"
        assert (await door.snapshot(link(camera))).startswith(b"\xff\xd8\xff")


async def test_refusals_by_name() -> None:
    async with SimCamera() as camera:
        with pytest.raises(SignInError):
            await gateway().identify(link(camera, password="wrong"))
        with pytest.raises(RefusedError) as other:
            await gateway().identify(link(camera, mac="00408CFFFFFF"))
        assert other.value.code == "device.other"
        for act in (
            gateway().trigger_relay(link(camera), 1, hold_s=3),
            gateway().reset(link(camera)),
            gateway().door_events(link(camera), newest=3),
        ):
            with pytest.raises(RefusedError) as refusal:
                await act
            assert refusal.value.code == "device.unsupported"


async def test_a_restart_is_waited_for() -> None:
    async with SimCamera(CameraSpec(boot_s=0.3)) as camera:
        door = gateway()
        await door.reboot(link(camera))
        assert (await door.wait_back(link(camera), limit_s=30)).model == "Northwind Dome 7"
        assert camera.restarts == 1


async def test_the_gateway_of_all_makers_knows_a_camera_by_its_answer() -> None:
    door = MakerGateway(SystemClock(), pacing=fast_pacing)
    async with SimCamera() as camera:
        assert (await door.identify(link(camera))).mac == "00408C000001"
        assert Capability.RELAYS not in await capabilities_at(door, link(camera))
        assert await door.stream_address(link(camera)) == "rtsp://127.0.0.1:554/stream1"
        observed = await door.observe(link(camera), wanted(1), frozenset())
        assert observed.identity.model == "Northwind Dome 7"
