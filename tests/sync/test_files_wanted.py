"""When the mirror is looked through for files that rows name: after such a row came, for as long as it takes."""

from __future__ import annotations

from typing import Any

import pytest

from core.entities.attachment import SCREEN_SAVER
from core.entities.firmware import FIRMWARE_RELEASE
from core.entities.person import RESIDENT
from core.wire.messages import WireRow
from sync.blobs import BlobSync, name_files
from tests.factories import make
from tests.sync.conftest import Desk, Home

DIGEST = "a" * 64


def wired(spec: Any, **fields: Any) -> WireRow:
    row = make(spec, **fields)
    return WireRow(spec.number, row.id, row.scope_id, 1, "p", [*spec.store(row).values()])


def test_rows_that_name_files_are_told_apart() -> None:
    release = wired(FIRMWARE_RELEASE, sha256=DIGEST)
    bare = wired(FIRMWARE_RELEASE, sha256="")
    gone = WireRow(FIRMWARE_RELEASE.number, release.id, release.scope, 2, "d", [])
    short = WireRow(FIRMWARE_RELEASE.number, release.id, release.scope, 2, "p", release.values[:1])
    assert name_files([wired(RESIDENT), bare, release])
    assert name_files([wired(SCREEN_SAVER, pictures=(DIGEST, DIGEST))])
    assert not name_files([wired(SCREEN_SAVER, pictures=())]), "an empty list is a text, and names nothing"
    assert not name_files([wired(RESIDENT), bare, gone, short, WireRow(9999, "x", "y", 1, "p", [DIGEST])])


async def test_the_mirror_is_looked_through_only_where_a_file_may_be_missing(
    anna: Desk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million rows took longer than a question of the window may, and the round failed."""
    looked: list[int] = []
    mirror, missing = anna.station.mirror, BlobSync._missing
    read = mirror.read

    async def noted(fn: Any, *, limit_ms: int = 2_000, **more: Any) -> Any:
        looked.extend([limit_ms] if getattr(fn, "__func__", None) is missing else [])
        return await read(fn, limit_ms=limit_ms, **more)

    monkeypatch.setattr(mirror, "read", noted)
    monkeypatch.setattr(anna.station.engine._files, "complete", True)
    await anna.patch(RESIDENT, home.resident, remark="x")
    await anna.sync()
    assert looked == []
    monkeypatch.setattr(anna.station.engine._puller, "names_files", True)
    await anna.sync()
    assert len(looked) == 1
    assert looked[0] >= 60_000
    await anna.sync()
    assert len(looked) == 1, "not again"
