"""Packages that others look for again and again though they are not here."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any


def note_absent(package: str) -> None:
    """Where a package is not installed, let Python say so at once. Else it looks through every folder of its path for
    each `import` that fails: httpcore asks for sniffio four times a request, a third of a short request's time.
    """
    if package not in sys.modules and importlib.util.find_spec(package) is None:
        modules: dict[str, Any] = sys.modules
        modules[package] = None  # the documented way to say that there is none
