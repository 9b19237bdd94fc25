"""The firmware library as rows of a list: each file, and how the chosen site stands to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.entities.device import DEVICE
from core.entities.firmware import FIRMWARE_RELEASE, FirmwareRelease
from core.rules.versions import same_version
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import MONO, QUIET, QUIET_NUMBER, STRONG, ListColumn, col
from desktop.models.words import day_word, size_word, translate
from desktop.qt.roles import Look

LIBRARY_TOUCHES = frozenset({"firmware_releases", "devices"})


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One file of the library. `here`: it is on this workstation; `behind`: devices of the site on another version."""

    release: FirmwareRelease
    here: bool
    running: int
    behind: int


async def load_releases(ctx: Context, site_id: str) -> list[ReleaseLine]:
    """The library, newest first, with how the chosen site stands to each."""

    def work(reader: Reader) -> list[ReleaseLine]:
        devices = reader.find(DEVICE, scope_id=site_id) if site_id else []
        lines = []
        for release in reader.find(FIRMWARE_RELEASE):
            mine = [d for d in devices if d.model == release.model]
            same = sum(1 for d in mine if same_version(d.firmware, release.version))
            lines.append(ReleaseLine(release, ctx.blobs.has(release.sha256), same, len(mine) - same))
        return sorted(lines, key=_created, reverse=True)

    return await ctx.mirror.read(work)


def release_columns(zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the library."""

    def added(line: ReleaseLine) -> str:
        return day_word(line.release.created_at, zone())

    return [
        col("model", translate("Model"), lambda x: x.release.model, 100, STRONG),
        col("version", translate("Version"), lambda x: x.release.version, 140, MONO),
        col(
            "site",
            translate("At this site"),
            site_words,
            200,
            _site_look,
            order=lambda x: -x.behind,
            stretch=True,
        ),
        col("file", translate("File"), _file_words, 140, _file_look),
        col("size", translate("Size"), _size, 80, QUIET_NUMBER, order=lambda x: x.release.size, drop=2),
        col("created", translate("Added"), added, 104, QUIET, order=_created, drop=1),
    ]


def _size(line: ReleaseLine) -> str:
    return size_word(line.release.size)


def _created(line: ReleaseLine) -> float:
    return line.release.created_at.timestamp() if line.release.created_at else 0.0


def site_words(line: ReleaseLine) -> str:
    """`3 run it, 2 on another version`."""
    if not line.running and not line.behind:
        return translate("no such device")
    parts = []
    if line.running:
        parts.append(translate("{0} run it").format(line.running))
    if line.behind:
        parts.append(translate("{0} on another version").format(line.behind))
    return ", ".join(parts)


def _site_look(line: ReleaseLine) -> Look:
    if line.behind:
        return Look(tone="t1")
    return Look(tone="t2" if line.running else "t3")


def _file_words(line: ReleaseLine) -> str:
    return translate("on this laptop") if line.here else translate("in the cloud only")


def _file_look(line: ReleaseLine) -> Look:
    return Look(icon="hard-drive-download" if line.here else "cloud", tone="t2" if line.here else "ambiguous")
