"""Developer's helper: pictures of the furnished window. Run: python -m tests.desktop.shoot DIR [WxH] [theme ...]."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from core.usecases.lan import scan
from desktop.models.preferences import Preferences
from desktop.qt.run import tasks
from desktop.qt.theme import Theme
from desktop.views.shots import picture_station
from tests.desktop.cloud_window import make_trouble
from tests.desktop.fakes_window import strangers
from tests.desktop.fixtures_window import QuietStation
from tests.desktop.furnish_window import furnish


async def shoot(folder: Path, size: tuple[int, int], themes: list[str]) -> None:
    """Furnish a profile and take its pictures."""
    with tempfile.TemporaryDirectory() as place:
        made = await furnish(Path(place))
        await make_trouble(made)
        made.scanner.devices.extend(strangers())
        await scan(made.ctx, [])
        try:
            for path in await picture_station(
                QuietStation(made.ctx), Preferences(), folder, size=size, themes=themes
            ):
                sys.stdout.write(f"{path}\n")
        finally:
            await made.close()


def main() -> None:
    """Entry point."""
    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    Theme.install(app)
    tasks().open()
    size = sys.argv[2].split("x") if len(sys.argv) > 2 else ["1280", "800"]
    with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
        runner.run(shoot(Path(sys.argv[1]), (int(size[0]), int(size[1])), sys.argv[3:] or ["light"]))


if __name__ == "__main__":
    main()
