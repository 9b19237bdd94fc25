"""Which pictures there are: every page of every role, light and dark; other states, sizes and languages of a few."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("installer", "manager", "distributor")
FEW = frozenset(
    {"dashboard", "lan", "sites", "device-plan", "residents", "matrix", "today", "visitors", "macs", "sync"}
)
"""Pages that together have every component."""
TABLES = frozenset({"lan", "devices", "residents", "doors", "apartments", "macs"})
LARGE = frozenset({"lan", "device-plan", "residents", "today"})
UHD = frozenset({"lan", "device-plan"})
WORDY = FEW | {"settings", "device-remote", "groups", "apartments"}
"""Forms with many labels beside lists: what a long language breaks first."""


@dataclass(frozen=True, slots=True)
class PictureSet:
    """A folder of pictures. `only`: names of scenes, all when empty; `pages`: no scene that does something first."""

    folder: str
    title: str
    state: str = "many"
    roles: tuple[str, ...] = ROLES
    themes: tuple[str, ...] = ("light",)
    language: str = "en"
    size: tuple[int, int] = (1280, 800)
    scale: float = 1.0
    comfortable: bool = False
    only: frozenset[str] = frozenset()
    pages: bool = False
    once: bool = False
    """Show a scene only as the first role that has it sees it."""

    def wants(self, name: str, page: str) -> bool:
        """Whether a scene belongs to the set."""
        return (not self.only or name in self.only) and (not self.pages or name == page)


SETS = (
    PictureSet("pages", "Every page of every role, with many rows"),
    PictureSet("pages", "Every page of every role, with many rows", themes=("dark",), once=True),
    PictureSet("empty", "A workstation with nothing on it", state="empty", pages=True, once=True),
    PictureSet("error", "The mirror's file is held by another program", state="error", pages=True, once=True),
    PictureSet("contrast", "High contrast", themes=("contrast",), only=FEW, once=True),
    PictureSet("comfortable", "Comfortable rows, 36 px", comfortable=True, only=TABLES, once=True),
    PictureSet("hebrew", "Hebrew, right to left", language="he", only=WORDY, once=True),
    PictureSet("german", "German: long words", language="de", only=WORDY, once=True),
    PictureSet(
        "chinese", "Simplified Chinese: a script without word gaps", language="zh", only=WORDY, once=True
    ),
    PictureSet("double", "200 %: 1280x800 at two pixels a point", scale=2.0, only=LARGE, once=True),
    PictureSet(
        "uhd", "4K: 1920x1080 at two pixels a point", size=(1920, 1080), scale=2.0, only=UHD, once=True
    ),
)
