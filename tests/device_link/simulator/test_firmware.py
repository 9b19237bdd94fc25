from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from typing import Any

import httpx
import pytest

from device_link.simulator import SimDevice, SimLan, SimSpec, make_image
from device_link.simulator.unit import Phase
from tests.device_link.simulator.conftest import Connect, Simulate
from tests.device_link.simulator.helpers import FAST, add_people, ask, must, person, wait_until

NEW = "916.30.10.200"
IMAGE = make_image("P1", NEW, size=300_000)
MD5 = hashlib.md5(IMAGE, usedforsecurity=False).hexdigest()


async def upload(client: httpx.AsyncClient, image: bytes = IMAGE, *, prepare: bool = True) -> dict[str, Any]:
    if prepare:
        await ask(client, "firmware/prepare")
    answer = await client.post(
        "/api/firmware/upload", files={"file": (f"{NEW}.rom", image)}, data={"silent": "1"}
    )
    found: dict[str, Any] = answer.json()
    return found


async def upgrade(client: httpx.AsyncClient, md5: str = MD5) -> dict[str, Any]:
    answer = await client.post("/api/firmware/upgrade", files={"md5": (None, md5)})
    found: dict[str, Any] = answer.json()
    return found


async def version(device: SimDevice, client: httpx.AsyncClient) -> str:
    await device.settled()
    told: str = (await must(client, "firmware/status"))["FirmwareVersion"]
    return told


async def test_prepare_upload_upgrade_and_the_new_version_after_the_restart(
    p1: SimDevice, client: httpx.AsyncClient
) -> None:
    await add_people(client, person(1))
    assert await upload(client) == {"retcode": 0, "action": "upload", "message": "OK"}
    slot = p1.unit.state.slot
    assert slot is not None
    assert (slot.file_name, slot.size, slot.md5) == (f"{NEW}.rom", 300_000, MD5)
    assert await upgrade(client) == {"retcode": 0, "action": "upgrade", "message": "OK"}
    assert p1.unit.phase is Phase.FLASHING
    assert (await must(client, "call/status"))["Status"] == "WEB_UPGRADING"
    assert (await ask(client, "user/add", {"item": [person(2)]}))["message"] == "Upgrading"
    await wait_until(lambda: p1.unit.phase is Phase.DOWN, "the restart")
    with pytest.raises((httpx.ConnectError, httpx.RemoteProtocolError)):
        await client.get("/api/system/info")
    assert await version(p1, client) == NEW
    assert (p1.restarts, len(p1.users), p1.unit.uptime_s()) == (1, 1, 0)


async def test_upgrade_by_get_and_without_md5(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await upload(client)
    assert (await client.get("/api/firmware/upgrade")).json()["message"] == "OK"
    assert await version(p1, client) == NEW


async def test_the_order_is_kept(p1: SimDevice, client: httpx.AsyncClient) -> None:
    assert (await upload(client, prepare=False))["retcode"] == -1
    assert (await upgrade(client))["retcode"] == -1
    await must(client, "firmware/prepare")
    assert (await upgrade(client))["retcode"] == -1
    await upload(client)
    p1.press_reboot()
    await p1.settled()
    assert (await upgrade(client))["retcode"] == -1, "a restart forgets what was prepared"
    assert await version(p1, client) == "916.30.10.114"


async def test_a_wrong_md5_is_told_with_both_sums(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await upload(client)
    answer = await upgrade(client, "0" * 32)
    assert answer == {
        "retcode": -1,
        "action": "upgrade",
        "message": "Wrong MD5",
        "data": {"md5": "0" * 32, "md5_calc": MD5},
    }
    await p1.fault("wrong-md5")
    await upload(client)
    assert (await upgrade(client))["message"] == "Wrong MD5"
    assert (await version(p1, client), p1.restarts) == ("916.30.10.114", 0)


BAD_IMAGES = {
    "other model": (make_image("R29", "29.30.10.200"), "Firmware model mismatch"),
    "truncated": (IMAGE[:-100], "Invalid firmware file"),
    "corrupt": (IMAGE[:-1] + bytes([IMAGE[-1] ^ 1]), "Invalid firmware file"),
    "no firmware": (b"MZ" + bytes(5000), "Invalid firmware file"),
    "empty": (b"", "Invalid firmware file"),
}


@pytest.mark.parametrize("name", BAD_IMAGES)
@pytest.mark.parametrize("check", ["upload", "upgrade", "silent"])
async def test_a_bad_image_never_runs_whenever_it_is_checked(
    simulate: Simulate, connect: Connect, name: str, check: str
) -> None:
    device = await simulate("P1", f"image-check:{check}")
    client = await connect(device)
    image, words = BAD_IMAGES[name]
    said = [(await upload(client, image))["message"], (await upgrade(client, ""))["message"]]
    expected = {"upload": [words, "error param"], "upgrade": ["OK", words], "silent": ["OK", "OK"]}
    assert said == expected[check]
    assert await version(device, client) == "916.30.10.114"
    assert device.restarts == int(check == "silent")


async def test_a_device_may_take_another_model_s_image(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P1", "wrong-model")
    client = await connect(device)
    await upload(client, make_image("R29", "29.30.10.200"))
    assert (await upgrade(client, ""))["message"] == "OK"
    assert await version(device, client) == "29.30.10.200"


@pytest.mark.parametrize("variant", ["late", "never"])
async def test_upgrade_may_answer_late_or_never(simulate: Simulate, connect: Connect, variant: str) -> None:
    device = await simulate("P1", f"upgrade-answer:{variant}")
    client = await connect(device)
    await upload(client)
    if variant == "late":
        assert (await upgrade(client))["message"] == "OK"
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            await upgrade(client)
    assert await version(device, client) == NEW


@pytest.mark.parametrize(
    "fault, end",
    [
        ("upgrade-ignored", (0, "916.30.10.114", "Ready")),
        ("upgrade-same", (1, "916.30.10.114", "Ready")),
        ("upgrade-failed", (0, "916.30.10.114", "UPGRADE_FAILED")),
        ("reboot-outage:30", (1, NEW, "Ready")),
    ],
)
async def test_an_ok_that_does_not_mean_it(
    simulate: Simulate, connect: Connect, fault: str, end: tuple[int, str, str]
) -> None:
    device = await simulate("P1", fault)
    client = await connect(device)
    await upload(client)
    assert (await upgrade(client))["message"] == "OK"
    runs = await version(device, client)
    assert (device.restarts, runs, (await must(client, "call/status"))["Status"]) == end


async def test_a_device_may_never_come_back(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P1", "never-back")
    client = await connect(device)
    await upload(client)
    await upgrade(client)
    await device.settled()
    with pytest.raises(httpx.ConnectError):
        await client.get("/api/system/info")
    device.unit.faults.switch_off("never-back")
    await device.set_online()
    assert await version(device, client) == NEW


async def test_an_upgrade_may_wipe_everything(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P1", "upgrade-resets")
    client = await connect(device)
    await add_people(client, person(1))
    await upload(client)
    await upgrade(client)
    await device.settled()
    assert (device.firmware, device.users) == (NEW, [])
    assert (await client.get("/api/system/info")).status_code == 403


@pytest.mark.parametrize("texts, words", [("success", "Upload success"), ("empty", ""), ("echo", "OK\n")])
async def test_other_words_for_success(simulate: Simulate, connect: Connect, texts: str, words: str) -> None:
    client = await connect(await simulate("P1", f"reply-texts:{texts}"))
    answer = await upload(client)
    assert (answer["retcode"], answer["message"]) == (0, words)


async def test_a_model_without_the_three_calls(simulate: Simulate, connect: Connect) -> None:
    client = await connect(await simulate("E12W", "no-firmware-api"))
    assert (await ask(client, "firmware/prepare"))["message"] == "Api unsupported"
    assert (await must(client, "firmware/status"))["FirmwareVersion"] == "312.30.11.15"


async def test_in_the_middle_of_an_upgrade(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P1", "upgrading")
    client = await connect(device)
    assert (await must(client, "call/status"))["Status"] == "WEB_UPGRADING"
    assert (await ask(client, "firmware/prepare"))["message"] == "Upgrading"
    await device.clear_fault("upgrading")
    await must(client, "firmware/prepare")


async def test_an_upload_that_breaks_off_can_be_done_again(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P1", "drop-mid-upload:1")
    client = await connect(device)
    await must(client, "firmware/prepare")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
        await upload(client, make_image("P1", NEW, size=4_000_000), prepare=False)
    assert device.unit.state.slot is None
    assert (await upload(client, prepare=False))["message"] == "OK"


async def test_a_version_that_cannot_add_users_is_mended_by_the_next(
    simulate: Simulate, connect: Connect
) -> None:
    device = await simulate("P3", firmware="2915.30.10.113")
    client = await connect(device)
    body = {"target": "user", "action": "add", "data": {"item": [person(1)]}}
    assert (await client.post("/api/user/add", json=body)).status_code == 500
    await upload(client, make_image("P3", "2915.30.10.114"))
    await upgrade(client, "")
    await device.settled()
    assert (await client.post("/api/user/add", json=body)).json()["retcode"] == 0


@pytest.mark.slow
async def test_many_large_images_at_once_need_no_memory() -> None:
    """20 devices take 8 MB each at the same time; what a device keeps of an image is its sum."""
    image = make_image("P1", NEW, size=8_000_000)
    async with await SimLan.start(20, timing=FAST, auth="none") as lan:

        async def push(device: SimDevice) -> str:
            async with httpx.AsyncClient(base_url=device.url, timeout=60.0) as client:
                await ask(client, "firmware/prepare")
                body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.rom"\r\n\r\n'

                async def pieces() -> Any:
                    yield body
                    for at in range(0, len(image), 1 << 16):
                        yield image[at : at + (1 << 16)]
                    yield b"\r\n--x--\r\n"

                headers = {"Content-Type": "multipart/form-data; boundary=x"}
                answer = await client.post("/api/firmware/upload", content=pieces(), headers=headers)
                return str(answer.json()["message"])

        tracemalloc.start()
        said = await asyncio.gather(*map(push, lan.devices))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert set(said) == {"OK"}
    assert peak < 48 * 1024 * 1024, f"{peak / 1024 / 1024:.0f} MB for 160 MB of images"


async def test_the_slot_is_told_apart_by_spec() -> None:
    async with await SimLan.start([SimSpec(profile="P2", firmware="912.30.1.1")], timing=FAST) as lan:
        assert lan.describe()[0]["firmware"] == "912.30.1.1"
