"""A screen saver chosen at one workstation is sent to its door phone by another (DEV-14): its pictures travel as files
by their hash, go on where they were cut, and what is not there yet is said.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.base.verdict import Verdict
from core.entities.attachment import SCREEN_SAVER
from core.entities.device import DEVICE
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases import pack, screen_savers
from device_link.simulator import SimLan
from tests.factories import plant
from tests.history.world import Station
from tests.link.desks import Desk, Two
from tests.link.world import FLASH, NEW, R29, specs

JPEG = b"\xff\xd8\xff\xe0"
PASSPHRASE = "seven stones by the river"


@pytest.fixture(autouse=True)
async def _no_threads_of_the_loop() -> AsyncIterator[None]:
    """Files are read aside; the threads of that end with the test."""
    yield
    await asyncio.get_running_loop().shutdown_default_executor()


class _Half(httpx.AsyncByteStream):
    """The first half of an answer, and then the end of the line."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content[: len(self._content) // 2]
        msg = "cut"
        raise httpx.ReadError(msg)


def cut_files(station: Station, monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """Cut so many answers with files in their middle; returns the list of the ranges that are asked for."""
    send, asked, left = station.wire.handle_async_request, list[str](), [None] * times

    async def handle(request: httpx.Request) -> httpx.Response:
        answer = await send(request)
        if request.method == "GET" and request.url.path.startswith("/v1/blobs/"):
            asked.append(request.headers.get("range", ""))
            if left:
                left.pop()
                stream = _Half(await answer.aread())
                return httpx.Response(
                    answer.status_code, headers=answer.headers, stream=stream, request=request
                )
        return answer

    monkeypatch.setattr(station.wire, "handle_async_request", handle)
    return asked


def pictures(folder: Path) -> list[Path]:
    made = [folder / f"{n}.jpg" for n in range(2)]
    for n, path in enumerate(made):
        path.write_bytes(JPEG + bytes([n]) * 1_900_000)
    return made


async def wanted_at(desk: Desk, two: Two, lan: SimLan, files: list[Path]) -> str:
    """A door phone of the site, and a screen saver for it picked at one of the desks; the device's id."""
    unit = lan.devices[0]

    def plan(tx: Tx) -> str:
        more = {"mac": unit.mac, "name": "Door", "model": R29, "firmware": NEW, "address": unit.url}
        return plant(tx, DEVICE, site_id=two.site.id, **more).id

    device_id = await desk.ctx.mirror.write(plan, origin=Origin.USER)
    await screen_savers.set_screen_saver(desk.ctx, [device_id], files=files)
    return device_id


async def test_dev_14_pictures_picked_at_one_workstation_are_sent_by_another(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut in the middle of each picture; until they are whole, the device is not asked and the person is told."""
    files = pictures(tmp_path)
    async with await SimLan.start(specs(1, firmware=NEW), timing=FLASH) as lan:
        home, van = two.first, two.second
        device_id = await wanted_at(home, two, lan, files)
        assert await home.confirm()
        asked = cut_files(van.station, monkeypatch, times=2)
        assert not await van.confirm(), "the line was cut in the first picture"
        assert await van.ctx.mirror.read(lambda r: r.first(SCREEN_SAVER, device_id=device_id)) is not None
        [shown] = await screen_savers.show_screen_savers(van.ctx, [device_id])
        assert (shown.verdict, shown.said) == (
            Verdict.WAITING,
            "2 of its pictures are not on this workstation yet. Sync while there is a network.",
        )
        assert lan.devices[0].unit.state.files == {}
        assert not await van.confirm(), "and again"
        assert await van.confirm()
        [shown] = await screen_savers.show_screen_savers(van.ctx, [device_id])
        assert shown.verdict is Verdict.ACCEPTED, shown.said
        assert sorted(lan.devices[0].unit.state.files.values()) == [path.stat().st_size for path in files]
        assert [bool(one) for one in asked] == [False, True, True, False], "each goes on where it was cut"
        for path in files:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert van.ctx.blobs.path(digest).read_bytes() == path.read_bytes()


async def test_dev_14_pictures_go_along_in_a_job_pack(two: Two, tmp_path: Path) -> None:
    """W11: what the trip needs is in the pack, and the door phone gets its pictures without a network."""
    files = pictures(tmp_path)
    async with await SimLan.start(specs(1, firmware=NEW), timing=FLASH) as lan:
        home, van = two.first, two.second
        device_id = await wanted_at(home, two, lan, files)
        assert await home.confirm()
        packed = await pack.pack(home.ctx, two.site.id, tmp_path / "job.pack", PASSPHRASE)
        assert packed.files == len(files)
        van.station.wire.online = False
        opened = await pack.unpack(van.ctx, tmp_path / "job.pack", PASSPHRASE)
        assert opened.files == len(files)
        [shown] = await screen_savers.show_screen_savers(van.ctx, [device_id])
        assert shown.verdict is Verdict.ACCEPTED, shown.said
