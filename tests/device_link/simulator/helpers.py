"""What the simulator's tests share: fast devices, HTTP clients, waiting, a clock driven by hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx

from device_link.simulator import SimClock, SimDevice, Timing
from device_link.simulator.faults import FaultSet
from device_link.simulator.profiles import profile
from device_link.simulator.state import DeviceState
from device_link.simulator.unit import Unit

FAST = Timing(flash=0.03, boot=0.05, shutdown=0.005)
USER = {"WebRelay": "0", "LiftFloorNum": "0", "ScheduleRelay": "1001-1;", "Schedule-Relay": "1001-1;"}


class HandClock(SimClock):
    """A clock that stands still until it is moved; sleeping takes no time."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.epoch = now
        self.ticks = 1000.0

    def now(self) -> float:
        return self.epoch

    def monotonic(self) -> float:
        return self.ticks

    def move(self, seconds: float) -> None:
        self.epoch += seconds
        self.ticks += seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


def make_unit(name: str = "P1", clock: SimClock | None = None) -> Unit:
    """A device's inside without sockets."""
    what = profile(name)
    state = DeviceState(mac="0C1105000001", profile=what.key, firmware=what.firmware)
    return Unit(what, state, clock or HandClock(), FaultSet())


def client_of(device: SimDevice, **options: Any) -> httpx.AsyncClient:
    """A client with the device's digest login, unless `auth` says otherwise."""
    login = device.describe()
    given: dict[str, Any] = {
        "auth": httpx.DigestAuth(login["user"], login["password"]),
        "timeout": 10.0,
    } | options
    return httpx.AsyncClient(base_url=device.url, verify=False, **given)  # noqa: S501 - plain http


async def ask(client: httpx.AsyncClient, name: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """POST one call in the form that production clients use: /api, routed by the body."""
    target, _, action = name.partition("/")
    body: dict[str, Any] = {"target": target, "action": action}
    answer = await client.post("/api/", json=body if data is None else body | {"data": data})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def must(client: httpx.AsyncClient, name: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """Like `ask`; fails unless the device said OK, and returns its data."""
    envelope = await ask(client, name, data)
    assert (envelope["retcode"], envelope["message"]) == (0, "OK"), envelope
    data_member: dict[str, Any] = envelope.get("data", {})
    return data_member


def person(number: int, **members: Any) -> dict[str, Any]:
    """A user record to add; the UserID is the number, the PIN follows from it."""
    return (
        USER
        | {"Name": f"Person {number}", "UserID": str(number), "PrivatePIN": f"{100000 + number}"}
        | members
    )


async def add_people(client: httpx.AsyncClient, *records: dict[str, Any]) -> None:
    """Add users in one call."""
    await must(client, "user/add", {"item": list(records)})


async def wait_until(true: Callable[[], object], what: str, limit_s: float = 30.0) -> None:
    """Wait for something that has no event; fails when it does not come."""
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.005)
