"""Listening for pokes: whoever hears one pulls at once instead of at the next look (sync.md 3.13).

The line is taken for good only while something is heard on it: a proxy that holds answers back is found out by the
first poke that does not come. Then sync looks by itself, more often, and the line is tried again later and later.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable

from core.base.clock import Clock
from core.base.errors import GatewrightError, RefusedError, UnreachableError
from core.ports.cloud import CloudTransport

log = logging.getLogger(__name__)

FIRST_S = 5.0
"""The first poke comes with the answer; one that is not there by then is held back on the way."""
SILENCE_S = 40.0
"""Longer than two beats of the cloud: the line is dead."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 120.0


class LiveChannel:
    """One workstation's ear. `run` until cancelled."""

    def __init__(
        self,
        transport: CloudTransport,
        clock: Clock,
        on_head: Callable[[int], None],
        *,
        rng: random.Random | None = None,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._on_head = on_head
        self._rng = rng or random.Random()  # noqa: S311  jitter is no secret
        self._failures = 0
        self.proven = False
        """Whether pokes have come through on the present line."""

    async def run(self) -> None:
        """Listen; after each end of the line wait a little, longer after each failure, with jitter."""
        while True:
            try:
                await self._listen()
                self._failures = 0  # ended by the cloud, in order: another node takes over
            except RefusedError:
                self._failures = 10  # signed out, or too old: sync itself says so; no use in knocking
            except GatewrightError as fault:
                self._failures += 1
                log.info("The live channel ended: %s", fault.code)
            finally:
                self.proven = False
            await self._clock.sleep(self._pause())

    async def _listen(self) -> None:
        pokes = self._transport.pokes()
        try:
            limit = FIRST_S
            while (head := await _next(pokes, limit)) is not None:
                self.proven, self._failures, limit = True, 0, SILENCE_S
                self._on_head(head)
        finally:
            await pokes.aclose()

    def _pause(self) -> float:
        wait = min(FIRST_WAIT_S * float(1 << min(self._failures, 10)), LONGEST_WAIT_S)
        return wait * self._rng.uniform(0.5, 1.0)


async def _next(pokes: AsyncIterator[int], limit_s: float) -> int | None:
    """The next head; None at the orderly end. UnreachableError when nothing comes in time."""
    try:
        async with asyncio.timeout(limit_s):
            return await anext(pokes, None)
    except TimeoutError as fault:
        raise UnreachableError("cloud.silent", "Nothing is heard from the cloud's live channel.") from fault
