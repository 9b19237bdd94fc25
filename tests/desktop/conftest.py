"""What tests of the window share. Fixtures stand in tests/desktop/fixtures_window.py."""

from __future__ import annotations

from tests.desktop.fixtures_desk import desk_snapshot, desk_stage
from tests.desktop.fixtures_window import drive, english_afterwards, furnished, snapshot, stage, theme

__all__ = [
    "desk_snapshot",
    "desk_stage",
    "drive",
    "english_afterwards",
    "furnished",
    "snapshot",
    "stage",
    "theme",
]
