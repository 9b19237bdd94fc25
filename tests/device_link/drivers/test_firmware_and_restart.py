"""Firmware and restarts: the driver never reports a version that was not read back after the restart."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.clock import SystemClock
from core.base.errors import (
    AmbiguousError,
    CancelledByPerson,
    NotFoundError,
    RefusedError,
    UnreachableError,
)
from core.ports.device import FirmwareStage, Link
from device_link.drivers.akuvox.gateway import AkuvoxGateway
from device_link.drivers.akuvox.pacing import FAST
from device_link.simulator import SimDevice, SimLan, SimSpec, Timing, make_image
from tests.device_link.conftest import Desk, link_to, wanted

QUICK = Timing(flash=0.1, boot=0.15, shutdown=0.02)
NEW = "916.30.10.200"

Stages = list[tuple[FirmwareStage, int, int]]


def image_file(
    folder: Path, *, model: str = "P1", version: str = NEW, size: int = 1_500_000
) -> tuple[Path, str]:
    data = make_image(model, version, size)
    path = folder / f"{version}.rom"
    path.write_bytes(data)
    return path, hashlib.md5(data, usedforsecurity=False).hexdigest()


async def lan_of(*faults: str, **more: object) -> SimLan:
    return await SimLan.start([SimSpec(profile="P1", faults=faults)], timing=QUICK, **more)  # type: ignore[arg-type]


async def push(desk: Desk, device: SimDevice, path: Path, md5: str) -> Stages:
    stages: Stages = []
    await desk.gateway.send_firmware(
        link_to(device), path, md5, stage=lambda stage, done, total: stages.append((stage, done, total))
    )
    return stages


@pytest.mark.parametrize("auth", ["none", "basic", "digest"])
@pytest.mark.parametrize("answer", ["at-once", "late"])
async def test_an_upgrade_is_proved_by_the_version_after_the_restart(
    desk: Desk, tmp_path: Path, auth: str, answer: str
) -> None:
    path, md5 = image_file(tmp_path)
    async with await lan_of(f"upgrade-answer:{answer}", auth=auth) as lan:
        device = lan.devices[0]
        stages = await push(desk, device, path, md5)
        assert [stage for stage, _, _ in stages if stage is not FirmwareStage.UPLOAD] == [
            FirmwareStage.PREPARE,
            FirmwareStage.UPGRADE,
        ]
        uploads = [(done, total) for stage, done, total in stages if stage is FirmwareStage.UPLOAD]
        assert uploads[0][0] == 0
        assert uploads[-1][0] == uploads[-1][1] == path.stat().st_size
        assert len(uploads) > 3
        identity = await desk.gateway.wait_back(link_to(device), limit_s=30)
        assert identity.firmware == NEW
        assert device.restarts == 1


async def test_an_upgrade_that_answers_never_is_ambiguous_and_ends_in_the_new_version(
    desk: Desk, tmp_path: Path
) -> None:
    path, md5 = image_file(tmp_path)
    async with await lan_of("upgrade-answer:never") as lan:
        device = lan.devices[0]
        with pytest.raises(AmbiguousError):
            await push(desk, device, path, md5)
        assert (await desk.gateway.wait_back(link_to(device), limit_s=30)).firmware == NEW


@pytest.mark.parametrize("check", ["upload", "upgrade"])
@pytest.mark.parametrize("kind", ["other model", "no firmware", "truncated"])
async def test_a_wrong_image_is_refused_in_the_devices_words(
    desk: Desk, tmp_path: Path, check: str, kind: str
) -> None:
    path, _ = image_file(tmp_path, model="P2" if kind == "other model" else "P1", version="912.30.11.60")
    data = path.read_bytes()
    changed = {"other model": data, "no firmware": b"PK\x03\x04 no firmware" * 9, "truncated": data[:-9]}
    path.write_bytes(changed[kind])
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    async with await lan_of(f"image-check:{check}") as lan:
        device = lan.devices[0]
        with pytest.raises(RefusedError) as caught:
            await push(desk, device, path, md5)
        assert caught.value.said
        assert device.firmware == "916.30.10.114"
        assert (await desk.gateway.identify(link_to(device))).firmware == "916.30.10.114"


async def test_a_wrong_md5_is_refused(desk: Desk, tmp_path: Path) -> None:
    path, _ = image_file(tmp_path)
    async with await lan_of() as lan:
        with pytest.raises(RefusedError, match="Wrong MD5"):
            await push(desk, lan.devices[0], path, "0" * 32)
        assert lan.devices[0].restarts == 0


async def test_an_image_that_was_silently_thrown_away_shows_the_old_version(
    desk: Desk, tmp_path: Path
) -> None:
    path, md5 = image_file(tmp_path)
    async with await lan_of("upgrade-same") as lan:
        device = lan.devices[0]
        await push(desk, device, path, md5)
        assert (await desk.gateway.wait_back(link_to(device), limit_s=30)).firmware == "916.30.10.114"
        assert device.restarts == 1


async def test_an_upgrade_that_never_happens_ends_with_the_old_version_after_the_grace(
    tmp_path: Path,
) -> None:
    path, md5 = image_file(tmp_path)
    gateway = AkuvoxGateway(SystemClock(), pacing=lambda _: replace(FAST, restart_grace_s=0.6))
    async with await lan_of("upgrade-ignored") as lan:
        link = link_to(lan.devices[0])
        await gateway.send_firmware(link, path, md5, stage=lambda *_: None)
        assert (await gateway.wait_back(link, limit_s=30)).firmware == "916.30.10.114"


async def test_an_upload_cut_in_the_middle_has_changed_nothing(desk: Desk, tmp_path: Path) -> None:
    path, md5 = image_file(tmp_path)
    async with await lan_of("drop-mid-upload:1") as lan:
        device = lan.devices[0]
        with pytest.raises(UnreachableError) as caught:
            await push(desk, device, path, md5)
        assert not isinstance(caught.value, AmbiguousError)
        await push(desk, device, path, md5)
        assert (await desk.gateway.wait_back(link_to(device), limit_s=30)).firmware == NEW


async def test_cancel_during_the_upload_leaves_the_device_as_it_was(desk: Desk, tmp_path: Path) -> None:
    path, md5 = image_file(tmp_path)

    def stop(stage: FirmwareStage, done: int, total: int) -> None:
        if stage is FirmwareStage.UPLOAD and done > total // 2:
            raise CancelledByPerson("The upgrade")

    async with await lan_of() as lan:
        device = lan.devices[0]
        with pytest.raises(CancelledByPerson):
            await desk.gateway.send_firmware(link_to(device), path, md5, stage=stop)
        assert (await desk.gateway.identify(link_to(device))).firmware == "916.30.10.114"
        assert device.restarts == 0


async def test_the_file_name_that_the_maker_gave_goes_along(desk: Desk, tmp_path: Path) -> None:
    path, md5 = image_file(tmp_path)
    blob = path.rename(tmp_path / ("a" * 64))
    async with await lan_of() as lan:
        device = lan.devices[0]
        link = link_to(device)
        await desk.gateway.send_firmware(link, blob, md5, stage=lambda *_: None, file_name=f"{NEW}.rom")
        slot = device.unit.state.pending or device.unit.state.slot
        assert slot is not None
        assert slot.file_name == f"{NEW}.rom"
        await device.settled()


async def test_a_missing_file_is_said_before_the_device_is_asked_for_anything(
    desk: Desk, tmp_path: Path
) -> None:
    async with await lan_of() as lan:
        with pytest.raises(NotFoundError):
            await push(desk, lan.devices[0], tmp_path / "gone.rom", "")
        assert not [one for one in desk.recorder.recent() if "prepare" in one.path]


async def test_no_firmware_api(desk: Desk, tmp_path: Path) -> None:
    path, md5 = image_file(tmp_path)
    async with await lan_of("no-firmware-api") as lan:
        with pytest.raises(RefusedError) as caught:
            await push(desk, lan.devices[0], path, md5)
        assert caught.value.code == "device.unsupported"


# ---------------------------------------------------------------------------------------------------- restarts


async def test_reboot_and_wait_through_a_long_outage(desk: Desk) -> None:
    async with await lan_of("reboot-outage:300") as lan:
        device = lan.devices[0]
        await desk.gateway.reboot(link_to(device))
        identity = await desk.gateway.wait_back(link_to(device), limit_s=30)
        assert identity.mac == device.mac
        assert device.restarts == 1


async def test_a_reboot_that_is_ignored_ends_after_the_grace() -> None:
    gateway = AkuvoxGateway(SystemClock(), pacing=lambda _: replace(FAST, restart_grace_s=0.5))
    async with await lan_of("reboot-ignored") as lan:
        link = link_to(lan.devices[0])
        await gateway.reboot(link)
        assert (await gateway.wait_back(link, limit_s=30)).mac == lan.devices[0].mac
        assert lan.devices[0].restarts == 0


async def test_a_device_that_stays_away_is_unreachable(desk: Desk) -> None:
    async with await lan_of("never-back") as lan:
        link = link_to(lan.devices[0])
        await desk.gateway.reboot(link)
        with pytest.raises(UnreachableError, match="did not come back within 1 second"):
            await desk.gateway.wait_back(link, limit_s=1)


async def test_waiting_without_having_asked_for_the_restart(desk: Desk) -> None:
    """After a crash of the workstation nobody remembers the uptime; the outage tells."""
    async with await lan_of("reboot-outage:300") as lan:
        device = lan.devices[0]
        device.press_reboot()
        identity = await desk.gateway.wait_back(link_to(device), limit_s=30)
        assert identity.mac == device.mac
        assert device.restarts == 1


async def test_another_sign_in_after_a_reset_is_told_instead_of_waited_for(desk: Desk) -> None:
    async with await lan_of() as lan:
        device = lan.devices[0]
        await device.set_auth("digest", "admin", "own-password")
        link = link_to(device, password="own-password")
        await desk.bring(link, wanted())
        await desk.gateway.reset(link)
        with pytest.raises(RefusedError) as caught:
            await desk.gateway.wait_back(link, limit_s=20)
        assert caught.value.code in {"device.sign_in", "device.blocked"}
        assert device.users == []


async def test_wait_back_without_a_sign_in_says_that_one_is_needed(desk: Desk) -> None:
    async with await lan_of() as lan:
        with pytest.raises(RefusedError) as caught:
            await desk.gateway.wait_back(Link(lan.devices[0].url), limit_s=30)
        assert caught.value.code == "device.sign_in"
