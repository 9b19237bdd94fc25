"""Start the gallery, or write its pictures: `python -m desktop.views.gallery [--shots DIR] [--size 1440x900]`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

import qasync
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop.qt.focus import FocusRing
from desktop.qt.shots import grab
from desktop.qt.theme import Mode, Theme, theme
from desktop.views.gallery.window import PAGES, GalleryWindow

SIZE = (1440, 900)


def parser() -> argparse.ArgumentParser:
    """Give the options."""
    made = argparse.ArgumentParser(prog="gatewright gallery", description="Every component in every state.")
    made.add_argument(
        "--shots", type=Path, metavar="DIR", help="write pictures of every page and theme, then end"
    )
    made.add_argument("--scale", type=float, default=1.0, help="device pixel ratio of the pictures")
    made.add_argument("--size", default=f"{SIZE[0]}x{SIZE[1]}", help="of the pictures, e.g. 1280x800")
    made.add_argument("--rtl", action="store_true", help="right to left")
    return made


def write_shots(
    folder: Path,
    *,
    size: tuple[int, int] = SIZE,
    scale: float = 1.0,
    modes: tuple[Mode, ...] = tuple(Mode)[1:],
) -> list[Path]:
    """Write one picture per page and theme into a folder; gives the files. Needs an application with a theme."""
    found: list[Path] = []
    # A turning arc never gives the same picture twice.
    theme().set_reduce_motion(reduce=True)
    for mode in modes:
        theme().set_mode(mode)
        window = GalleryWindow()
        window.show_switches(shown=False)
        for number in range(len(PAGES)):
            window.show_page(number)
            path = folder / f"gallery-{number + 1}-{mode.value}.png"
            grab(window, path, size, scale)
            found.append(path)
        window.deleteLater()
    return found


async def _until_closed(app: QApplication) -> None:
    closed = asyncio.Event()
    app.lastWindowClosed.connect(closed.set)
    await closed.wait()


def main(arguments: list[str] | None = None) -> int:
    """Run the gallery; gives the exit code."""
    options = parser().parse_args(arguments)
    if options.shots is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(sys.argv[:1])
    if options.rtl:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    Theme.install(app)
    FocusRing(app)
    if options.shots is not None:
        width, _, height = options.size.partition("x")
        write_shots(options.shots, size=(int(width), int(height)), scale=options.scale)
        return 0
    window = GalleryWindow()
    window.resize(*SIZE)
    window.show()
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        runner.run(_until_closed(app))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
