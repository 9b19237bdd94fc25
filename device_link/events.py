"""Listens for calls of action URLs from devices on the LAN (device API 6). Keeps nothing; hands each call on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from core.rules.door_event import PATH, ActionCall, parse_call
from device_link.small_server import Asked, Given, SmallServer


class EventListener:
    """Serves until `close`. `on_call` is awaited before the device is answered."""

    def __init__(self, on_call: Callable[[ActionCall], Awaitable[object]]) -> None:
        self._on_call = on_call
        self._server = SmallServer(self._answer)

    async def open(self, host: str, port: int = 0) -> str:
        """Begin to listen; returns the base URL for `action_url`."""
        return await self._server.open(host, port)

    async def close(self) -> None:
        """Stop listening."""
        await self._server.close()

    async def _answer(self, asked: Asked) -> Given:
        if asked.path != PATH or asked.method not in {"GET", "POST"}:
            return Given(404)
        call = parse_call(asked.query)
        if call is None:
            return Given(400)
        await self._on_call(call)
        return Given(204)
