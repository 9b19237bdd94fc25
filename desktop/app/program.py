"""How this program starts itself again: another window, or the servers and guests of the demo."""

from __future__ import annotations

import sys


def program() -> list[str]:
    """How to start Gatewright again: the frozen program itself, or this Python with our package."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "desktop"]
