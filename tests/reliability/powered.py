"""A workstation's process for the power cut: saves sites, says each one that is saved, and is gone in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from core.entities.site import SITE
from core.store.changes import Origin
from core.store.tx import Tx
from tests.factories import plant
from tests.history.world import ManualClock, opened


async def main(folder: Path) -> None:
    """Save until killed."""
    mirror = opened(folder, ManualClock())
    for number in range(30):
        name = f"Site{number}"

        def save(tx: Tx, name: str = name) -> None:
            plant(tx, SITE, name=name)

        await mirror.write(save, origin=Origin.USER)
        os.write(1, f"{name}\n".encode())
        if number == 24:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
