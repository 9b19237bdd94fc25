"""What a person chose for this machine: theme, density, size of text, folded navigation, last site. No secret here.

Kept as JSON in the profile; unknown keys are kept for the version that knows them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: key, default, and the words that may stand there (none: any value of the default's type)."""

    key: str
    default: Any
    among: tuple[str, ...] = ()

    def fits(self, value: object) -> bool:
        """Whether a value may stand here."""
        return value in self.among if self.among else type(value) is type(self.default)


SETTINGS: dict[str, Setting] = {
    s.key: s
    for s in (
        Setting("theme", "system", ("system", "light", "dark", "contrast")),
        Setting("density", "dense", ("dense", "comfortable")),
        Setting("text_percent", 100),
        Setting("rail", False),
        Setting("site", ""),
        Setting("desk_phone", ""),
        Setting("cloud", ""),
        Setting("user", ""),
        Setting("scan_targets", ""),
        Setting("table_state", {}),
        Setting("hand_ticks", {}),
        Setting("views", {}),
        Setting("language", "", ("", "en", "es", "de", "fr", "zh", "he")),
    )
}


class Preferences(QObject):
    """The settings of one profile. Signal `changed(str)`: the key of the one that changed.

    `load` and `save` touch the disk and are called off the window's thread, or before there is a window.
    """

    changed = Signal(str)

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._values: dict[str, Any] = {}

    def load(self) -> None:
        """Read the file; one that is missing or damaged leaves the defaults."""
        if self._path is None or not self._path.is_file():
            return
        try:
            found = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return
        if isinstance(found, dict):
            self._values = found

    def save(self) -> None:
        """Write the file anew, whole or not at all. Raises OSError."""
        if self._path is None:
            return
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._values, ensure_ascii=False, indent=1, sort_keys=True), "utf-8")
        part.replace(self._path)

    def get(self, key: str) -> Any:
        """The value of a known setting, or its default where a foreign hand wrote nonsense. KeyError for an unknown."""
        setting = SETTINGS[key]
        value = self._values.get(key, setting.default)
        return value if setting.fits(value) else setting.default

    def text(self, key: str) -> str:
        """As `get`, for settings that are words."""
        return str(self.get(key))

    def set(self, key: str, value: Any) -> None:
        """Change a setting. ValueError when the value does not fit."""
        if not SETTINGS[key].fits(value):
            msg = f"{value!r} does not fit the setting {key}"
            raise ValueError(msg)
        if self.get(key) != value:
            self._values[key] = value
            self.changed.emit(key)
