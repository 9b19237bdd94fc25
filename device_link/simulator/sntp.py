"""A device that asks a time server and sets its clock by the answer (device API 7, `Config.Settings.SNTP`).

Real units ask port 123; the simulated ones take `HOST:PORT` too, since tests may not have that port.
"""

from __future__ import annotations

import asyncio
import struct

from device_link.simulator.unit import Unit

_PREFIX = "Config.Settings.SNTP"
_TO_1970_S = 2_208_988_800
TIMEOUT_S = 2.0


def server_of(unit: Unit) -> tuple[str, int] | None:
    """The server that is set, when time from the network is on and it is a numeric address; else None."""
    host, _, port = unit.config.get(f"{_PREFIX}.NTPServer1").partition(":")
    numeric = host.count(".") == 3 and all(part.isdigit() for part in host.split("."))
    if not unit.config.flag(f"{_PREFIX}.Enable") or not numeric:
        return None
    return host, int(port) if port.isdigit() else 123


async def ask(unit: Unit, host: str, port: int) -> bool:
    """Ask once; say whether the clock was set. Never raises for the network."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[bytes] = loop.create_future()

    class Client(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
            if not told.done():
                told.set_result(data)

    try:
        transport, _ = await loop.create_datagram_endpoint(Client, remote_addr=(host, port))
    except OSError:
        return False
    try:
        transport.sendto(bytes([0b00100011]) + bytes(39) + b"gatetime")
        async with asyncio.timeout(TIMEOUT_S):
            data = await told
    except (OSError, TimeoutError):
        return False
    finally:
        transport.close()
    if len(data) < 48 or data[0] & 0b111 != 4 or data[24:32] != b"gatetime" or not 1 <= data[1] <= 15:
        return False
    seconds, fraction = struct.unpack("!II", data[40:48])
    unit.set_clock(seconds - _TO_1970_S + fraction / 2**32)
    return True
