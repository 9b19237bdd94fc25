"""The profile: one folder that holds everything a workstation keeps. Two profiles are two workstations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True, slots=True)
class Profile:
    """The files of one profile. Nothing is created before `make`."""

    root: Path

    @classmethod
    def default(cls) -> Profile:
        """The profile of a person who did not name one, in the system's place for application data."""
        return cls(Path(platformdirs.user_data_dir("Gatewright", appauthor=False)) / "default")

    def make(self) -> Profile:
        """Create the folders, readable by this user only where the system knows such a thing."""
        for folder in (self.root, self.logs, self.blobs, self.backups):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    @property
    def mirror(self) -> Path:
        """The encrypted SQLite file."""
        return self.root / "mirror.db"

    @property
    def salt(self) -> Path:
        """Salt of a key that comes from a passphrase; absent where the system key ring holds the key."""
        return self.root / "mirror.salt"

    @property
    def settings(self) -> Path:
        """Machine settings as JSON; holds no secret."""
        return self.root / "settings.json"

    @property
    def lock(self) -> Path:
        """Held by the process that has the profile open."""
        return self.root / "profile.lock"

    @property
    def logs(self) -> Path:
        """Folder of rotating log files."""
        return self.root / "logs"

    @property
    def blobs(self) -> Path:
        """Folder of files by SHA-256: firmware, faces, photos."""
        return self.root / "blobs"

    @property
    def backups(self) -> Path:
        """Folder of mirror copies made before a migration."""
        return self.root / "backups"
