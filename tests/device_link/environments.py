"""Client libraries that we did not write, each in an environment of its own below pytest's cache folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def environment_with(config: pytest.Config, package: str, module: str) -> Path:
    """The interpreter of an environment that has the package; made once, skipped with the reason when it cannot be."""
    cache = config.cache
    assert cache is not None
    folder = cache.mkdir(package.partition("=")[0].lower())
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if python.exists() and _runs([str(python), "-c", f"import {module}"]) == "":
        return python
    steps = [
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", package],
    ]
    for step in steps:
        reason = _runs(step)
        if reason:
            pytest.skip(f"{package} could not be installed for the independent check: {reason[:200]}")
    return python


def _runs(command: list[str]) -> str:
    """Empty when it worked, else the last line of its complaint."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=240)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason given"])[-1]
