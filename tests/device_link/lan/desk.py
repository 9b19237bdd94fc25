"""The workstation of a virtual LAN: `python -m tests.device_link.lan.desk [TARGET ...]` scans, prints what it found."""

from __future__ import annotations

import asyncio
import json
import sys

from core.base.clock import SystemClock
from core.ports.lan import Login
from device_link.discovery.neighbours import SystemNeighbours
from device_link.discovery.scanner import Scanner, all_listeners
from device_link.drivers.akuvox.pacing import fast_pacing

FACTORY = (Login("admin", "admin", factory=True), Login("admin", "2n", factory=True))


async def main(targets: list[str]) -> None:
    clock = SystemClock()
    scanner = Scanner(
        clock, neighbours=SystemNeighbours(), listeners=all_listeners(clock), pacing=fast_pacing
    )
    started = clock.monotonic()
    found = [
        {
            "url": one.url,
            "mac": one.mac,
            "model": one.model,
            "firmware": one.firmware,
            "access": one.access.value,
            "reason": one.reason,
            "methods": list(one.methods),
            "also": list(one.also),
        }
        async for one in scanner.scan(targets, FACTORY)
    ]
    report = scanner.last_report
    ways = [[w.way, w.asked, w.heard, w.trouble] for w in report.ways] if report else []
    document = {"found": found, "ways": ways, "took_s": round(clock.monotonic() - started, 2)}
    print(json.dumps(document))  # noqa: T201  what the test reads


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
