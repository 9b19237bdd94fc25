"""Acts and readings of a 2N unit without a state of ours: switches, inputs, log, camera, restart (device API 8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.base.errors import GatewrightError, NotFoundError
from core.base.words import clean
from core.ports.device import DoorEvent, FirmwareStage
from device_link.drivers.akuvox.envelope import number_of, text_of
from device_link.drivers.twon import reply as codes
from device_link.drivers.twon.reply import records
from device_link.drivers.twon.session import RefusedCallError, TwoNSession, form_part
from device_link.errors import NonsenseError, SaidNoError

StageReport = Callable[[FirmwareStage, int, int], None]

_PICTURE_LIMIT = 8 << 20
_CONFIG_LIMIT = 16 << 20
_JPEG = b"\xff\xd8\xff"
_BATCHES_AT_MOST = 100
"""Pulls of a log: batches of 128 of at most 10,000 events."""
_BLOCK = 256 * 1024
_YEARS = (946_684_800, 7_258_118_400)
"""2000 to 2200: outside, a unit's clock says nothing."""

_METHODS = {
    "CardEntered": "Card",
    "CodeEntered": "PIN",
    "UserAuthenticated": "User",
    "MobKeyEntered": "Bluetooth",
}
"""Events of the log that are somebody at the door, and our words for how."""


async def restart(session: TwoNSession) -> None:
    """Ask for a restart."""
    await session.change("system/restart")


async def reset(session: TwoNSession) -> None:
    """Ask for factory settings."""
    await session.change("config/factoryreset")


async def read_uptime(session: TwoNSession) -> int | None:
    """Seconds since the start; None when it does not tell."""
    try:
        result = await session.read("system/status")
    except GatewrightError:
        return None
    return number_of(result.get("upTime"))


async def read_clock(session: TwoNSession) -> datetime:
    """The unit's clock as UTC."""
    seconds = number_of((await session.read("system/status")).get("systemTime"))
    if seconds is None or not _YEARS[0] <= seconds < _YEARS[1]:
        raise NonsenseError("a system/status without a usable time", session.base)
    return datetime.fromtimestamp(seconds, UTC)


# ------------------------------------------------------------------------------------------------ switches and inputs


async def open_switch(session: TwoNSession, number: int, hold_s: int) -> None:
    """Open a switch for `hold_s` seconds; one whose firmware cannot hold it is triggered for its own time."""
    try:
        await session.change("switch/ctrl", switch=number, action="hold", timeout=hold_s)
    except RefusedCallError as refusal:
        if refusal.retcode != codes.INVALID_VALUE or "action" not in refusal.said:
            raise
        await session.change("switch/ctrl", switch=number, action="trigger")


async def switch_states(session: TwoNSession) -> dict[int, bool]:
    """Switch number -> open; those that are off in the configuration are left out."""
    enabled = {
        number_of(one.get("switch")) for one in records(await session.read("switch/caps"), "switches")
        if one.get("enabled") is not False
    }  # fmt: skip
    found: dict[int, bool] = {}
    for one in records(await session.read("switch/status"), "switches"):
        number = number_of(one.get("switch"))
        if number is not None and number in enabled:
            found[number] = one.get("active") is True or one.get("held") is True
    return found


async def port_states(session: TwoNSession) -> dict[str, bool]:
    """Name of each input and output -> on."""
    found = records(await session.read("io/status"), "ports")
    return {clean(text_of(one.get("port"), 32)): one.get("state") == 1 for one in found}


# ---------------------------------------------------------------------------------------------------------------- log


async def read_events(session: TwoNSession, newest: int) -> list[DoorEvent]:
    """The newest events of somebody at the door, newest first. The subscription is given back."""
    names = ",".join(_METHODS)
    asked = await session.read("log/subscribe", include="all", filter=names, duration=60)
    number = number_of(asked.get("id"))
    if number is None:
        raise NonsenseError("a subscription without a number", session.base)
    found: list[DoorEvent] = []
    try:
        for _ in range(_BATCHES_AT_MOST):
            batch = records(await session.read("log/pull", id=number, timeout=0), "events")
            found += [event for one in batch if (event := door_event(one)) is not None]
            if not batch:
                break
    finally:
        await session.read("log/unsubscribe", id=number)
    return found[::-1][:newest]


def door_event(record: Mapping[str, Any]) -> DoorEvent | None:
    """An event from a record; None for what is nobody at a door. Of a card the last four characters are kept."""
    method = _METHODS.get(text_of(record.get("event"), 40))
    if method is None:
        return None
    params = record.get("params")
    params = params if isinstance(params, dict) else {}
    card = clean(text_of(params.get("uid") or params.get("card"), 64))
    return DoorEvent(
        ref=text_of(record.get("id"), 32),
        local_time=_moment(number_of(record.get("utcTime")), number_of(record.get("tzShift")) or 0),
        name=clean(text_of(params.get("name"), 120)),
        user_id=clean(text_of(params.get("uuid"), 40)),
        method=method,
        relay=clean(text_of(params.get("ap"), 8)),
        success=params.get("valid") is not False,
        code_tail=card[-4:] if method == "Card" and len(card) >= 6 else "",
    )


def _moment(seconds: int | None, shift_minutes: int) -> datetime | None:
    if seconds is None or not _YEARS[0] <= seconds < _YEARS[1] or abs(shift_minutes) > 24 * 60:
        return None
    return (datetime.fromtimestamp(seconds, UTC) + timedelta(minutes=shift_minutes)).replace(tzinfo=None)


# --------------------------------------------------------------------------------------------- picture, configuration


async def read_picture(session: TwoNSession) -> bytes:
    """A JPEG in a size that the unit has."""
    width, height = _size(await session.read("camera/caps"))
    picture = await session.fetch("camera/snapshot", limit=_PICTURE_LIMIT, width=width, height=height)
    if not picture.startswith(_JPEG):
        raise NonsenseError("something that is no JPEG picture", session.base)
    return picture


def _size(caps: Mapping[str, Any]) -> tuple[int, int]:
    """640 by 480 where there is such a size, else the largest."""
    sizes = [
        (width, height)
        for one in records(caps, "jpegResolution")
        if (width := number_of(one.get("width"))) and (height := number_of(one.get("height")))
    ]
    return (640, 480) if (640, 480) in sizes or not sizes else max(sizes)


async def read_config(session: TwoNSession) -> bytes:
    """The configuration file as the unit gives it: XML, with its secrets in it."""
    data = await session.fetch("config", limit=_CONFIG_LIMIT)
    if b"<DeviceDatabase" not in data[:2000]:
        raise NonsenseError("something that is no configuration file", session.base)
    return data


async def write_config(session: TwoNSession, data: bytes) -> None:
    """Put a configuration file back. The unit must keep its power for a quarter of a minute afterwards."""
    body, headers = form_part("blob-cfg", data, "config.xml", "application/xml")
    await session.send_file("config", body, headers)


# ------------------------------------------------------------------------------------------------------------ firmware


class _Upload:
    """The multipart body of a file, read as it is sent; may be iterated again when the challenge has expired."""

    def __init__(self, path: Path, progress: Callable[[int, int], None]) -> None:
        self._path = path
        self._progress = progress
        self.size = path.stat().st_size
        whole, headers = form_part("blob-fw", b"", "firmware.hip", "application/octet-stream")
        self._head, _, tail = whole.partition(b"\r\n\r\n")
        self._head += b"\r\n\r\n"
        self._tail = tail
        self.headers = headers | {"Content-Length": str(len(self._head) + self.size + len(self._tail))}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head
        sent = 0
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "firmware-file") as reader, self._path.open("rb") as file:
            while block := await loop.run_in_executor(reader, file.read, _BLOCK):
                sent += len(block)
                yield block
                self._progress(sent, self.size)
        yield self._tail


async def push_firmware(session: TwoNSession, image: Path, stage: StageReport) -> None:
    """Upload, then have it applied, which restarts the unit. A stop before that takes the upload back."""
    try:
        body = _Upload(image, lambda done, total: stage(FirmwareStage.UPLOAD, done, total))
    except OSError as fault:
        words = f"The firmware file '{clean(image.name)}' cannot be read."
        raise NotFoundError(
            "firmware.file.missing", words, remedy="Fetch it again from the library."
        ) from fault
    stage(FirmwareStage.PREPARE, 0, 0)
    stage(FirmwareStage.UPLOAD, 0, body.size)
    result = await session.send_file("firmware", body, body.headers)
    file_id = text_of(result.get("fileId"), 16)
    if not file_id:
        raise SaidNoError(session.base, "firmware", said="the unit gave no number for the file")
    try:
        stage(FirmwareStage.UPGRADE, 0, 0)
    except BaseException:
        # The unit would keep the file for five minutes and take no other one meanwhile.
        await session.change("firmware/reject", fileId=file_id)
        raise
    await session.change("firmware/apply", fileid=file_id)
