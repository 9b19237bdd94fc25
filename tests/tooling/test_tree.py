"""The tree itself: our packages are the ones that are imported, and no requirement file names an index."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tools.lock import FOLDER, LOCKS, addresses

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("package", ["core", "device_link", "sync", "desktop", "resources"])
def test_package_is_ours(package: str) -> None:
    # The names are common ones: a dependency that brings its own `core` would be found here and not at a customer's.
    location = importlib.import_module(package).__file__
    assert location == str(ROOT / package / "__init__.py")


def test_requirement_files_hold_hashes_and_no_address() -> None:
    for lock in LOCKS:
        text = lock.path.read_text(encoding="utf-8")
        pins = [line for line in text.splitlines() if "==" in line]
        assert pins
        assert text.count("--hash=sha256:") >= len(pins)
        assert addresses(text) == []


def test_every_requirement_file_is_written_by_the_lock_tool() -> None:
    by_hand = {"constraints.txt"}
    assert {path.name for path in FOLDER.glob("*.txt")} == {lock.path.name for lock in LOCKS} | by_hand
