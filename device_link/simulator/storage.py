"""A device's memory on disk: one JSON file per device, replaced as a whole; a killed simulator goes on as it was."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from device_link.simulator.errors import SimulatorError
from device_link.simulator.state import DeviceState


class Storage:
    """One folder, written by one thread, so that the event loop never waits for the disk. Close it in the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._writer = ThreadPoolExecutor(1, "simulator-state")

    def close(self) -> None:
        """End the writing thread; what was asked for is written first."""
        self._writer.shutdown()

    def load(self, mac: str, profile: str) -> DeviceState | None:
        """Return a device's memory; None if it has none yet. Raises `SimulatorError` for a file that is not its."""
        path = self._path(mac)
        if not path.exists():
            return None
        try:
            state = msgspec.json.decode(path.read_bytes(), type=DeviceState)
        except (OSError, msgspec.MsgspecError) as error:
            raise SimulatorError(
                f"The saved state of the simulated device {mac} cannot be read; delete {path.name}."
            ) from error
        if state.profile != profile:
            raise SimulatorError(
                f"The saved state in {path.name} is that of another model ({state.profile}, not {profile}); "
                "use another folder."
            )
        return state

    async def save(self, mac: str, data: bytes) -> None:
        """Replace a device's file."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._replace, self._path(mac), data)

    def _path(self, mac: str) -> Path:
        return self._folder / f"{mac}.json"

    @staticmethod
    def _replace(path: Path, data: bytes) -> None:
        fresh = path.with_suffix(".tmp")
        fresh.write_bytes(data)
        fresh.replace(path)
