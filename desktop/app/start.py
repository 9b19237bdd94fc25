"""Starts the window: what is imported, in which order, and when the collector of garbage stands still meanwhile.

Nothing slow is imported here; commands without a window use nothing of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from core.base.garbage import held_back
from core.base.paths import Profile

if TYPE_CHECKING:
    from desktop.app.window import Guide


def start_window(profile: Profile, guide: Guide | None = None) -> int:
    """Open the window on a profile and run it until it is closed; gives the exit code. See `run_window`."""
    # What imports make stays: looking through it for garbage again and again is a tenth of the start.
    with held_back():
        # The core first: PySide reads the source text of every module that is imported after it.
        importlib.import_module("desktop.app.workstation")
        # Late: Qt costs a tenth of a second and system libraries that no other command needs.
        from desktop.app.window import run_window  # noqa: PLC0415

        return run_window(profile, guide=guide)
