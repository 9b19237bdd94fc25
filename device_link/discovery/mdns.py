"""Listening for mDNS announcements. What is announced is a claim: it says where to look, never what is there."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.base.clock import Clock
from core.base.tasks import TaskOwner
from core.base.words import clean
from device_link.addresses import real_mac
from device_link.discovery.announced import TEXT_LIMIT, Announced, OnAnnounced
from device_link.discovery.targets import own_addresses

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncZeroconf

_log = logging.getLogger(__name__)

WEB_SERVICES = ("_http._tcp.local.", "_https._tcp.local.")
OTHER_SERVICES = ("_rtsp._tcp.local.", "_sip._udp.local.", "_axis-video._tcp.local.")
"""A host that announces one of these is asked on the usual web ports."""

_RESOLVE_MS = 2500


class MdnsListener:
    """A `Listener`. Browses for `listen_s` seconds on the given interfaces (addresses; None: all of this computer's).

    Less than two seconds lose some: a responder that has just answered somebody else stays silent for one.
    """

    way = "mdns"

    def __init__(
        self, clock: Clock, *, listen_s: float = 3.0, interfaces: Sequence[str] | None = None
    ) -> None:
        self._clock = clock
        self._listen_s = listen_s
        self._interfaces = list(interfaces) if interfaces else None
        self.trouble = ""
        self.places: tuple[str, ...] = ()

    async def run(self, on_found: OnAnnounced) -> None:
        """Listen, and tell each announcement as it is resolved. Without multicast on this computer it ends at once."""
        # zeroconf takes a tenth of a second to import, and a computer may have been set up without it.
        try:
            from zeroconf import InterfaceChoice  # noqa: PLC0415
            from zeroconf.asyncio import AsyncZeroconf  # noqa: PLC0415
        except ImportError:
            self.trouble = "the package zeroconf is not installed"
            _log.info("mDNS is left out: %s", self.trouble)
            return
        try:
            zeroconf = AsyncZeroconf(interfaces=self._interfaces or InterfaceChoice.All)
        except OSError as fault:
            self.trouble = clean(fault)
            _log.info("mDNS is left out on this computer: %s", self.trouble)
            return
        self.trouble = ""
        self.places = tuple(self._interfaces or own_addresses())
        try:
            await self._browse(zeroconf, on_found)
        finally:
            await zeroconf.async_close()

    async def _browse(self, zeroconf: AsyncZeroconf, on_found: OnAnnounced) -> None:
        from zeroconf import DNSQuestionType  # noqa: PLC0415  see `run`
        from zeroconf.asyncio import AsyncServiceBrowser  # noqa: PLC0415

        owner = TaskOwner()

        def changed(
            zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
        ) -> None:
            if state_change.name != "Removed":
                owner.keep(
                    self._resolve(zeroconf, service_type, name, on_found), name="resolve an announcement"
                )

        # Asked for answers by multicast from the first question on. By default the first asks for answers by
        # unicast, which never arrive where several programs share the port (measured: 0.1 s instead of 1.1 s).
        services = [*WEB_SERVICES, *OTHER_SERVICES]
        asked_by = DNSQuestionType.QM
        browser = AsyncServiceBrowser(zeroconf.zeroconf, services, handlers=[changed], question_type=asked_by)
        try:
            await self._clock.sleep(self._listen_s)
            await owner.settle(limit_s=_RESOLVE_MS / 1000)
        finally:
            await browser.async_cancel()
            await owner.close()

    async def _resolve(self, zeroconf: Zeroconf, service_type: str, name: str, on_found: OnAnnounced) -> None:
        from zeroconf import BadTypeInNameException, DNSQuestionType, IPVersion  # noqa: PLC0415  see `run`
        from zeroconf.asyncio import AsyncServiceInfo  # noqa: PLC0415

        try:
            info = AsyncServiceInfo(service_type, name)
        except BadTypeInNameException:
            return
        if not await info.async_request(zeroconf, _RESOLVE_MS, DNSQuestionType.QM):
            return
        addresses = info.parsed_addresses(IPVersion.V4Only) or info.parsed_addresses(IPVersion.V6Only)
        host = next((address for address in addresses if self._may_be_asked(address)), "")
        port = info.port if service_type in WEB_SERVICES else None
        if host and (port is None or 1 <= port <= 65535):
            on_found(announced(host, port, info.properties))

    def _may_be_asked(self, address: str) -> bool:
        """Only addresses of a LAN: an announcement must not send this computer to a stranger or to itself."""
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if ip.is_loopback:
            return any(_is_loopback(own) for own in self._interfaces or ())
        return ip.is_private and not ip.is_unspecified


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def announced(host: str, port: int | None, properties: Mapping[bytes, bytes | None]) -> Announced:
    """An announcement with its TXT record read: whatever bytes it has."""
    texts = {
        key.decode("utf-8", "replace").lower()[:32]: clean(
            (value or b"").decode("utf-8", "replace"), limit=TEXT_LIMIT
        )
        for key, value in list(properties.items())[:64]
    }
    return Announced(
        host=host,
        port=port,
        mac=real_mac(texts.get("mac") or texts.get("macaddress") or texts.get("deviceid") or ""),
        model=texts.get("model") or texts.get("md") or "",
        firmware=texts.get("fw") or texts.get("firmware") or texts.get("version") or "",
        maker=texts.get("vendor") or texts.get("manufacturer") or "",
    )
