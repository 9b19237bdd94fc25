"""What a distributor asks the cloud about its installers: only with a network, nothing of it is kept in the mirror."""

from __future__ import annotations

from core.wire.accounts import ChangeFirm, FirmInfo, Firms, NewFirm
from sync.transport import HttpTransport


class FirmClient:
    """The firms below the signed-in distributor (ACC-02, ACC-08, ACC-09). Errors are those of the transport."""

    def __init__(self, transport: HttpTransport) -> None:
        self._transport = transport

    async def firms(self) -> list[FirmInfo]:
        """All installers with what they are allowed."""
        return (await self._transport.ask("GET", "/v1/firms", Firms)).firms

    async def add(self, new: NewFirm) -> FirmInfo:
        """Make an installer with its first account."""
        return await self._transport.ask("POST", "/v1/firms", FirmInfo, new)

    async def change(self, firm_id: str, change: ChangeFirm) -> FirmInfo:
        """Change what an installer is allowed."""
        return await self._transport.ask("PATCH", f"/v1/firms/{firm_id}", FirmInfo, change)
