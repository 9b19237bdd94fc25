"""Icons, fonts, themes, translations and catalogues, read through importlib.resources.

Nothing here knows Qt or an entity. `path` gives a real file for programs that need a name (fonts, style sheets);
`text` and `data` give the content, also from inside an archive.
"""

from __future__ import annotations

from importlib import resources as _resources
from importlib.resources.abc import Traversable
from pathlib import Path

# Asked once: looking it up anew for every icon is a hundredth of the window's start.
_ROOT = _resources.files(__name__)


def _item(*parts: str) -> Traversable:
    return _ROOT.joinpath(*parts)


def path(*parts: str) -> Path:
    """Give the file or folder `parts` below resources/ as a path on disk.

    The program is always installed as files (wheel, frozen folder), never run out of an archive.
    Raises FileNotFoundError when it is not there.
    """
    found = Path(str(_item(*parts)))
    if not found.exists():
        raise FileNotFoundError("/".join(("resources", *parts)))
    return found


def text(*parts: str) -> str:
    """Give the content of a UTF-8 file below resources/. Raises FileNotFoundError."""
    return _item(*parts).read_text(encoding="utf-8")


def data(*parts: str) -> bytes:
    """Give the bytes of a file below resources/. Raises FileNotFoundError."""
    return _item(*parts).read_bytes()


def names(*parts: str, suffix: str = "") -> list[str]:
    """List the file names inside a folder below resources/, sorted, ending in `suffix`."""
    return sorted(
        item.name for item in _item(*parts).iterdir() if item.is_file() and item.name.endswith(suffix)
    )
