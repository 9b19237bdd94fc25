"""SIP plug and play: devices ask 224.0.1.75:5060 where to be provisioned from; here they are heard, and answered."""

from __future__ import annotations

import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Callable, Sequence

from core.base.clock import Clock
from device_link.discovery.announced import Announced, OnAnnounced
from device_link.discovery.multicast import Ears, Group, Reply
from device_link.discovery.sip import Subscribe, accepted, notify, read_subscribe

GROUP = Group("224.0.1.75", 5060)
_CALLS_KEPT = 2000

Offer = Callable[[Subscribe, str], str]
"""The provisioning address for a device (with the address it asks from): a URL, or empty for none."""


class PnpListener:
    """A `Listener`. Without an `offer` it only hears: another server of the LAN may be the one to answer.

    With one, every request is answered 200, and a NOTIFY follows where the offer has a URL. `port`: that of the group,
    another one for tests.
    """

    way = "pnp"

    def __init__(
        self,
        clock: Clock,
        *,
        listen_s: float = 3.0,
        addresses: Sequence[str] | None = None,
        offer: Offer | None = None,
        port: int = GROUP.port,
    ) -> None:
        self._clock = clock
        self._listen_s = listen_s
        self._addresses = addresses
        self._offer = offer
        self._group = Group(GROUP.address, port)
        self._answered: OrderedDict[str, str] = OrderedDict()
        self.trouble = ""
        self.places: tuple[str, ...] = ()

    async def run(self, on_found: OnAnnounced) -> None:
        """See `Listener.run`: listens for `listen_s`. A provisioning server gives it hours and cancels it."""

        def heard(data: bytes, host: str, port: int, reply: Reply) -> None:
            request = read_subscribe(data)
            if request is None:
                return
            on_found(claim_of(request, host))
            if self._offer is not None:
                self._answer(request, host, port, reply)

        ears = Ears(self._group, heard)
        try:
            await ears.open(self._addresses, ask=False, listen=True)
            self.trouble, self.places = ears.trouble, tuple(ears.places)
            if self.places:
                await self._clock.sleep(self._listen_s)
        finally:
            ears.close()

    def _answer(self, request: Subscribe, host: str, port: int, reply: Reply) -> None:
        own = f"{_own_towards(host)}:{self._group.port}"
        target = request.target
        # Answers go where the request came from, by the port that it names: never to a third address.
        to_port = target[1] if target is not None and target[0] == host else port
        reply(accepted(request, own), host, to_port)
        if self._offer is None:
            return
        # A device repeats its request until it is answered: one NOTIFY per request, the 200 each time.
        if request.call_id not in self._answered:
            self._answered[request.call_id] = url = self._offer(request, host)
            while len(self._answered) > _CALLS_KEPT:
                self._answered.popitem(last=False)
            if url:
                reply(notify(request, own, url), host, to_port)


def claim_of(request: Subscribe, source: str) -> Announced:
    """What a request tells about the device that sent it."""
    return Announced(
        host=source,
        port=None,
        mac=request.mac,
        model=request.model,
        firmware=request.version,
        way="pnp",
        maker=request.vendor,
    )


def _own_towards(host: str) -> str:
    """This computer's address as the device sees it; asks the routing table, sends nothing."""
    try:
        ipaddress.IPv4Address(host)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((host, 9))
            return str(probe.getsockname()[0])
    except (OSError, ValueError):
        return "0.0.0.0"  # noqa: S104  a text for a header: no route, so the answer will not arrive either
