"""Time from starting a program to its usable window, one program in a process of its own: seconds by wall and cpu.

    python benchmarks/window_start.py gatewright|anki|vorta FOLDER

Run by benchmarks/window.py with the interpreter that has the program, BEGUN in the environment (the clock of the system
that only goes forward, when the process was asked for), so that the interpreter and all imports count. Usable: ours,
the first page has fetched what it shows and is painted; Anki's, the list of decks was rendered; Vorta's, the main
window is shown and painted. Nothing of the project is imported for the other two.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any


def _ready() -> None:
    os.write(1, f"{time.monotonic() - float(os.environ['BEGUN'])} {time.process_time()}\n".encode())


def gatewright(folder: Path) -> None:
    """`gatewright` with a profile, with something beside the window that looks when it is ready and closes it."""
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    import asyncio  # noqa: PLC0415  the imports of a program count as part of its start

    from desktop.cli import main as program  # noqa: PLC0415  as the program does, and in its order

    async def guide(window: Any) -> None:
        # Looked at, not waited for: which page comes first and by which signal is the program's affair.
        while window.frame is None or window.frame.page is None or not window.frame.page.is_settled:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        window.repaint()
        await asyncio.sleep(0)
        _ready()
        window.close()

    opened = partial(program.start_window, guide=guide)  # type: ignore[attr-defined]
    program.start_window = opened  # type: ignore[attr-defined]
    program.main(["--profile", str(folder)])


def anki(folder: Path) -> None:
    """Anki with an empty collection; its first start, which asks for a language, is made before."""
    import aqt  # type: ignore[import-not-found]  # noqa: PLC0415
    from aqt.profiles import ProfileManager  # type: ignore[import-not-found]  # noqa: PLC0415

    if not folder.exists():
        manager = ProfileManager(ProfileManager.get_created_base_folder(str(folder)))
        manager.setupMeta()
        manager.create("Bench")
        manager.meta |= {"firstRun": False, "defaultLang": "en_US"}
        manager.load("Bench")
        manager.save()
        return

    def rendered(*_: object) -> None:
        aqt.mw.repaint()
        _ready()
        os._exit(0)

    aqt.gui_hooks.deck_browser_did_render.append(rendered)
    aqt._run(["anki", "-b", str(folder), "-p", "Bench"])  # noqa: SLF001  as its launcher does


def vorta(folder: Path) -> None:
    """Vorta with the settings of its first start."""
    os.environ["HOME"] = str(folder)
    import vorta.__main__ as program  # type: ignore[import-not-found]  # noqa: PLC0415
    from PyQt6.QtCore import QTimer  # type: ignore[import-not-found]  # noqa: PLC0415
    from vorta.application import VortaApp  # type: ignore[import-not-found]  # noqa: PLC0415

    usual = VortaApp.open_main_window_action

    def opened(self: Any) -> None:
        usual(self)

        def look() -> None:
            self.main_window.repaint()
            _ready()
            os._exit(0)

        QTimer.singleShot(0, look)

    VortaApp.open_main_window_action = opened
    sys.argv = ["vorta"]
    program.main()


if __name__ == "__main__":
    {"gatewright": gatewright, "anki": anki, "vorta": vorta}[sys.argv[1]](Path(sys.argv[2]))
