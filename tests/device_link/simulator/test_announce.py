from __future__ import annotations

import asyncio

import pytest

from device_link.simulator import SimLan
from device_link.simulator.announce import SERVICE
from tests.device_link.simulator.helpers import FAST

zeroconf = pytest.importorskip("zeroconf", reason="zeroconf belongs to the desktop extra")


@pytest.mark.slow
async def test_devices_may_announce_themselves() -> None:
    from zeroconf import ServiceStateChange  # noqa: PLC0415 - an optional package
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf  # noqa: PLC0415

    async with await SimLan.start(2, "P1,P2", timing=FAST, mdns=True) as lan:
        listening = AsyncZeroconf(interfaces=["127.0.0.1"])
        seen: set[str] = set()
        enough = asyncio.Event()

        def changed(zeroconf: object, service_type: str, name: str, state_change: ServiceStateChange) -> None:
            seen.add(name)
            if len(seen) == 2:
                enough.set()

        browser = AsyncServiceBrowser(listening.zeroconf, SERVICE, handlers=[changed])
        try:
            await asyncio.wait_for(enough.wait(), 30.0)
            first = lan.devices[0]
            info = AsyncServiceInfo(SERVICE, f"X916S-{first.mac}.{SERVICE}")
            assert await info.async_request(listening.zeroconf, 5000)
            told = {key.decode(): (value or b"").decode() for key, value in info.properties.items()}
            assert told == {"mac": first.mac, "model": "X916S", "fw": "916.30.10.114"}
            assert info.port == first.unit.port
        finally:
            await browser.async_cancel()
            await listening.async_close()
