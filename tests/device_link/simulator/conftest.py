"""Fixtures of the simulator's tests: one device, or a client that is signed in to one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from device_link.simulator import SimDevice, SimLan, SimSpec
from tests.device_link.simulator.helpers import FAST, client_of

Simulate = Callable[..., Awaitable[SimDevice]]
Connect = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def simulate() -> AsyncIterator[Simulate]:
    """Start devices that end with the test: profile, faults, and the members of a spec by name."""
    async with AsyncExitStack() as stack:

        async def start(profile: str = "P1", *faults: str, **options: Any) -> SimDevice:
            lan_options = {
                name: options.pop(name) for name in ("clock", "tls", "state_dir") if name in options
            }
            spec = SimSpec(profile=profile, faults=faults, **options)
            lan = await SimLan.start([spec], timing=FAST, **lan_options)
            await stack.enter_async_context(lan)
            return lan.devices[0]

        yield start


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Open clients that are closed with the test; options as for httpx."""
    async with AsyncExitStack() as stack:

        async def open_client(device: SimDevice, **options: Any) -> httpx.AsyncClient:
            return await stack.enter_async_context(client_of(device, **options))

        yield open_client


@pytest.fixture
async def p1(simulate: Simulate) -> SimDevice:
    """An X916S with digest access."""
    return await simulate("P1")


@pytest.fixture
async def client(p1: SimDevice, connect: Connect) -> httpx.AsyncClient:
    """A client of `p1`."""
    return await connect(p1)
