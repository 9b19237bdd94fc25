"""mDNS announcements, off unless asked for: measured units answered none (device API 5), newer ones may."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from device_link.simulator.errors import SimulatorError

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

SERVICE = "_http._tcp.local."


class Announcer:
    """Announces devices as web servers, with mac, model and fw in the TXT record."""

    def __init__(self, zeroconf: AsyncZeroconf) -> None:
        self._zeroconf = zeroconf

    @classmethod
    async def start(cls, bind: str, devices: Sequence[dict[str, str]]) -> Self:
        """Announce described devices (`SimLan.describe`) on one interface's address."""
        try:
            # zeroconf is an optional part of the installation and takes a tenth of a second to import.
            from zeroconf import ServiceInfo  # noqa: PLC0415
            from zeroconf.asyncio import AsyncZeroconf  # noqa: PLC0415
        except ImportError as error:
            raise SimulatorError(
                "mDNS announcements need the package zeroconf, which is not installed."
            ) from error
        zeroconf = AsyncZeroconf(interfaces=[bind])
        announcer = cls(zeroconf)
        for device in devices:
            where = urlsplit(device["url"])
            name = f"{device['model']}-{device['mac']}"
            info = ServiceInfo(
                SERVICE,
                f"{name}.{SERVICE}",
                addresses=[socket.inet_aton(where.hostname or bind)],
                port=where.port or 80,
                properties={"mac": device["mac"], "model": device["model"], "fw": device["firmware"]},
                server=f"{name}.local.",
            )
            # Nobody else on the loopback could have such a name: the probing would cost 0.75 s for each device.
            await (await zeroconf.async_register_service(info, cooperating_responders=True))
        return announcer

    async def stop(self) -> None:
        """Say goodbye and close the sockets."""
        await self._zeroconf.async_unregister_all_services()
        await self._zeroconf.async_close()
