"""The index page of docs/screenshots: every picture with its name, by set and role, light beside dark."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.desktop.more_pictures import MORE, TITLE
from tests.desktop.picture_sets import SETS

HEAD = """# Screenshots

Every page of every role, and every component in every state, painted by the program itself over an embedded
workstation with made-up data: two buildings, 40 residents, ten devices with faults of every kind. Nothing here is
drawn by hand. They are made again by

    python -m tests.desktop.shoot docs/screenshots

What is compared with which picture of the design, and why we differ where we do: [design.md](../design.md).
"""
WIDTH = 420


def write_index(folder: Path) -> Path:
    """Write `README.md` of the folder; gives its path."""
    parts = [HEAD]
    titles = {one.folder: one.title for one in SETS} | {
        MORE: TITLE,
        "gallery": "Every component in every state",
    }
    for name, title in titles.items():
        paths = sorted((folder / name).rglob("*.png"))
        if not paths:
            continue
        parts.append(f"\n## {title}\n")
        for role, members in groupby(paths, key=lambda path: path.parent.name):
            if role != name:
                parts.append(f"\n### {role.capitalize()}\n")
            parts += _rows(list(members), folder)
    path = folder / "README.md"
    path.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
    return path


def _rows(paths: list[Path], folder: Path) -> list[str]:
    """A line with the name of each scene, and its pictures beside each other under it."""
    found = []
    for scene, members in groupby(paths, key=_scene_of):
        pictures = sorted(members, key=lambda path: path.stem.endswith("dark"))
        shown = " ".join(
            f'<img src="{path.relative_to(folder).as_posix()}" width="{WIDTH}" alt="{path.stem}">'
            for path in pictures
        )
        found.append(f"\n{scene.replace('-', ' ').replace('_', ' ')}\n\n{shown}")
    return found


def _scene_of(path: Path) -> str:
    return path.stem.rsplit("-", 1)[0]
