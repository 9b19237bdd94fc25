"""Every unknown of device API 11 that touches what we do, played by the simulator: the verdict is right in all.

docs/devices.md has the same rows for people; a test below compares both.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import time
from pathlib import Path

import pytest

from core.base.verdict import Verdict
from core.entities.access import ACCESS_GROUP
from core.entities.device import DEVICE_SETTING
from core.entities.event import DOOR_EVENT
from core.entities.firmware import FIRMWARE_RELEASE, ROLLOUT_TARGET, TargetEnd
from core.entities.proof import PROOF, ItemKind
from core.ports.device import Part
from core.rules.door_event import ActionCall
from core.store.tx import Tx
from core.usecases import events, firmware
from core.usecases.provision import submit
from device_link.events import EventListener
from device_link.simulator.image import make_image
from tests.factories import plant
from tests.link.conftest import MakeWorld
from tests.link.world import NEW, OLD, World, put_people, specs

DOCUMENT = Path(__file__).parents[2] / "docs" / "devices.md"
KEY = "Config.DoorSetting.RTSP.Enable"
STRANGE = "Config.DoorSetting.NOSUCH.Thing"


@dataclass(frozen=True)
class Push:
    """A firmware push under a variant: how the target ends, and what runs then."""

    end: TargetEnd
    verdict: Verdict
    runs: str = NEW
    image: str = "29"


FIRMWARE = {
    "reply-texts:ok": Push(TargetEnd.PROVED, Verdict.PROVED),
    "reply-texts:success": Push(TargetEnd.PROVED, Verdict.PROVED),
    "reply-texts:empty": Push(TargetEnd.PROVED, Verdict.PROVED),
    "reply-texts:echo": Push(TargetEnd.PROVED, Verdict.PROVED),
    "retcode-one": Push(TargetEnd.PROVED, Verdict.PROVED),
    "upgrade-answer:at-once": Push(TargetEnd.PROVED, Verdict.PROVED),
    "upgrade-answer:late": Push(TargetEnd.PROVED, Verdict.PROVED),
    "upgrade-answer:never": Push(TargetEnd.PROVED, Verdict.PROVED),
    "upgrade-ignored": Push(TargetEnd.FAILED, Verdict.DIFFERS, OLD),
    "upgrade-same": Push(TargetEnd.FAILED, Verdict.DIFFERS, OLD),
    "upgrade-failed": Push(TargetEnd.FAILED, Verdict.DIFFERS, OLD),
    "wrong-md5": Push(TargetEnd.REFUSED, Verdict.REFUSED, OLD),
    "no-firmware-api": Push(TargetEnd.REFUSED, Verdict.REFUSED, OLD),
    "upgrading": Push(TargetEnd.REFUSED, Verdict.REFUSED, OLD),
    "image-check:upload": Push(TargetEnd.REFUSED, Verdict.REFUSED, OLD, image="916"),
    "image-check:upgrade": Push(TargetEnd.REFUSED, Verdict.REFUSED, OLD, image="916"),
    "image-check:silent": Push(TargetEnd.FAILED, Verdict.DIFFERS, OLD, image="916"),
    "mac-format:lower": Push(TargetEnd.PROVED, Verdict.PROVED),
    "mac-format:plain": Push(TargetEnd.PROVED, Verdict.PROVED),
    "mac-format:dash": Push(TargetEnd.PROVED, Verdict.PROVED),
    "max-image": Push(TargetEnd.REFUSED, Verdict.REFUSED, OLD),
    "image-cut": Push(TargetEnd.REFUSED, Verdict.REFUSED, OLD, image="cut"),
    "image-cut image-check:upgrade": Push(TargetEnd.REFUSED, Verdict.REFUSED, OLD, image="cut"),
    "drop-mid-upload": Push(TargetEnd.PARKED, Verdict.UNREACHABLE, OLD),
    "reboot-outage": Push(TargetEnd.PROVED, Verdict.PROVED),
}
FAULTS = {
    "image-cut": "",
    "image-cut image-check:upgrade": "image-check:upgrade",
    "drop-mid-upload": "drop-mid-upload:1",
    "reboot-outage": "reboot-outage:600",
}
"""What a variant is called in the document, where that is not the fault alone."""
SETTINGS = {
    "config-reboot": ("config-reboot:" + KEY, KEY, Verdict.DIFFERS),
    "config-ignore": ("config-ignore:" + KEY, KEY, Verdict.DIFFERS),
    "unknown-key:ignore": ("unknown-key:ignore", STRANGE, Verdict.REFUSED),
    "unknown-key:store": ("unknown-key:store", STRANGE, Verdict.REFUSED),
    "unknown-key:refuse": ("unknown-key:refuse", STRANGE, Verdict.REFUSED),
    "ids-as-int": ("ids-as-int", KEY, Verdict.PROVED),
    "trailing-bytes": ("trailing-bytes", KEY, Verdict.PROVED),
    "wrong-content-type": ("wrong-content-type", KEY, Verdict.PROVED),
    "bad-utf8": ("bad-utf8", KEY, Verdict.PROVED),
}
PEOPLE = {
    "max-users": ("max-users:4", {Verdict.PROVED: 4, Verdict.REFUSED: 2}),
    "drop-user": ("drop-user:3", {Verdict.PROVED: 4, Verdict.DIFFERS: 2}),
    "user-add-500": ("user-add-500", {Verdict.REFUSED: 6}),
    "drop-after-write": ("drop-after-write:1", None),
    "pin-length": ("pin-length:6", {Verdict.REFUSED: 6}),
    "unique-pins": ("unique-pins", {Verdict.PROVED: 6}),
    "max-schedules": ("max-schedules:2", {Verdict.REFUSED: 6}),
}
ACCESS = {
    "AuthMode 0": ("0", "", Verdict.PROVED),
    "AuthMode 1": ("1", "", Verdict.REFUSED),
    "AuthMode 2": ("2", "", Verdict.PROVED),
    "AuthMode 2, not listed": ("2", "", Verdict.REFUSED),
    "AuthMode 3": ("3", "", Verdict.PROVED),
    "AuthMode 4": ("4", "", Verdict.PROVED),
    "AuthMode 5": ("5", "", Verdict.PROVED),
    "AuthMode 6": ("6", "", Verdict.REFUSED),
    "list-and-digest": ("4", "list-and-digest", Verdict.PROVED),
    "list-and-digest, not listed": ("4", "list-and-digest", Verdict.REFUSED),
    "first-login": ("4", "first-login", Verdict.REFUSED),
    "api-off": ("4", "api-off", Verdict.REFUSED),
}
LOG = {"log-words:rf": "PIN", "log-words:chinese": "密码", "log-words:empty": ""}
URLS = ("url-again", "url-post")
PULLS = ("autop-case:upper", "autop-case:lower", "autop-skip")


@pytest.mark.parametrize("variant", FIRMWARE)
async def test_firmware(make_world: MakeWorld, tmp_path: Path, variant: str) -> None:
    meant = FIRMWARE[variant]
    made: World = await make_world(specs(1, FAULTS.get(variant, variant)), limit_s=1.6)
    release = await made.release(tmp_path)
    if meant.image == "cut":
        await cut_image(made, tmp_path)
    elif meant.image != "29":
        # A file of another model in the library's place: what a device says to it is not published.
        await swap_image(made, tmp_path, meant.image)
    rollout = await firmware.start_rollout(made.ctx, site_id=made.site.id, release_id=release.id)
    await firmware.run_rollout(made.ctx, rollout.id)
    [target] = await made.read(lambda r: r.find(ROLLOUT_TARGET))
    assert (target.end, target.verdict) == (meant.end, meant.verdict), target.said
    assert made.lan.devices[0].firmware == meant.runs


async def cut_image(made: World, folder: Path) -> None:
    """A file whose end is missing, in the library's place."""
    await replace_file(made, folder, make_image("29", NEW, 70_000)[:50_000])


async def swap_image(made: World, folder: Path, family: str) -> None:
    await replace_file(made, folder, make_image(family, "916.30.10.999", 70_000))


async def replace_file(made: World, folder: Path, content: bytes) -> None:
    path = folder / "other.rom"
    path.write_bytes(content)
    facts = made.ctx.blobs.add(path)

    def work(tx: Tx) -> None:
        row = tx.find(FIRMWARE_RELEASE)[0]
        tx.patch(FIRMWARE_RELEASE, row, sha256=facts.sha256, md5=facts.md5, size=facts.size)

    await made.write(work)


async def verdicts(made: World, kind: ItemKind) -> dict[str, Verdict]:
    proofs = await made.read(lambda r: r.find(PROOF, device_id=made.devices[0].id))
    return {p.subject: p.verdict for p in proofs if p.kind is kind}


@pytest.mark.parametrize("variant", SETTINGS)
async def test_settings(make_world: MakeWorld, variant: str) -> None:
    fault, key, meant = SETTINGS[variant]
    made: World = await make_world(specs(1, fault))
    present = made.lan.devices[0].unit.config.get(key) if key == KEY else ""
    value = "0" if present == "1" else "1"
    await made.write(lambda tx: plant(tx, DEVICE_SETTING, device_id=made.devices[0].id, key=key, value=value))
    [job] = await submit(made.ctx, made.devices, parts=frozenset({Part.SETTINGS}))
    await made.ctx.jobs.wait(job)
    found = await verdicts(made, ItemKind.SETTING)
    assert found.pop(key) is meant
    assert set(found.values()) == {Verdict.PROVED}


async def test_a_key_that_needs_a_restart_is_proved_after_it(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1, "config-reboot:" + KEY))
    device, unit = made.devices[0], made.lan.devices[0]
    value = "0" if unit.unit.config.get(KEY) == "1" else "1"
    await made.write(lambda tx: plant(tx, DEVICE_SETTING, device_id=device.id, key=KEY, value=value))
    [job] = await submit(made.ctx, [device], parts=frozenset({Part.SETTINGS}))
    await made.ctx.jobs.wait(job)
    assert (await verdicts(made, ItemKind.SETTING))[KEY] is Verdict.DIFFERS
    unit.press_reboot()
    await unit.settled()
    [job] = await submit(made.ctx, [device], parts=frozenset({Part.SETTINGS}), send=False)
    await made.ctx.jobs.wait(job)
    assert (await verdicts(made, ItemKind.SETTING))[KEY] is Verdict.PROVED


@pytest.mark.parametrize("variant", PEOPLE)
async def test_people(make_world: MakeWorld, variant: str) -> None:
    fault, meant = PEOPLE[variant]
    made: World = await make_world(specs(1, fault))
    await made.write(lambda tx: put_people(tx, made.site, made.building, 6))
    if variant == "max-schedules":
        await made.write(only_in_the_morning)
    [job] = await submit(made.ctx, made.devices, parts=frozenset({Part.PEOPLE}))
    await made.ctx.jobs.wait(job)
    found = list((await verdicts(made, ItemKind.PERSON)).values())
    held = {user.user_id for user in made.lan.devices[0].users}
    if meant is None:
        assert Verdict.PROVED not in found or found.count(Verdict.PROVED) <= len(held)
        [job] = await submit(made.ctx, made.devices, parts=frozenset({Part.PEOPLE}))
        await made.ctx.jobs.wait(job)
        assert list((await verdicts(made, ItemKind.PERSON)).values()) == [Verdict.PROVED] * 6
        assert len({u.user_id for u in made.lan.devices[0].users}) == len(made.lan.devices[0].users) == 6
        return
    assert {v: found.count(v) for v in set(found)} == meant
    assert found.count(Verdict.PROVED) == len(held)


def only_in_the_morning(tx: Tx) -> None:
    [group] = tx.find(ACCESS_GROUP)
    tx.patch(ACCESS_GROUP, group, from_time=time(8, 0), to_time=time(12, 0))


@pytest.mark.parametrize("variant", ACCESS)
async def test_access(make_world: MakeWorld, variant: str) -> None:
    mode, fault, meant = ACCESS[variant]
    made: World = await make_world(specs(1, fault))
    prefix = "Config.DoorSetting.APIFCGI"
    unit = made.lan.devices[0].unit
    listed = "10.0.0.9" if "not listed" in variant else "127.0.0.1"
    unit.config.put({f"{prefix}.AuthMode": mode, f"{prefix}.WhiteListIP01": listed})
    [job] = await submit(made.ctx, made.devices, parts=frozenset({Part.SETTINGS}))
    await made.ctx.jobs.wait(job)
    assert set((await verdicts(made, ItemKind.SETTING)).values()) == {meant}


@pytest.mark.parametrize("variant", LOG)
async def test_log(make_world: MakeWorld, variant: str) -> None:
    made: World = await make_world(specs(1, variant))
    [person] = await made.write(lambda tx: put_people(tx, made.site, made.building, 1))
    [job] = await submit(made.ctx, made.devices)
    await made.ctx.jobs.wait(job)
    await made.lan.devices[0].enter_pin("20000")
    [event] = (await events.pull_log(made.ctx, made.devices[0])).events
    assert (event.method, event.worked, event.person_id) == (LOG[variant], True, person.id)
    assert "20000" not in event.code_tail


@pytest.mark.parametrize("variant", URLS)
async def test_urls(make_world: MakeWorld, variant: str) -> None:
    made: World = await make_world(specs(1, "url-again" if variant == "url-again" else ""))
    if variant == "url-post":
        made.lan.devices[0].unit.config.put({"Config.Features.ACTIONURL.Method": "POST"})
    calls: asyncio.Queue[object] = asyncio.Queue()

    async def take(call: ActionCall) -> None:
        calls.put_nowait(await events.note_call(made.ctx, call))

    listener = EventListener(take)
    try:
        await events.point_at(made.ctx, made.devices[0], await listener.open("127.0.0.1"))
        await made.lan.devices[0].enter_pin("99999")
        async with asyncio.timeout(30):
            kept = [await calls.get() for _ in range(3 if variant == "url-again" else 1)]
        await made.lan.devices[0].settled()
    finally:
        await listener.close()
    assert [one is not None for one in kept] == [True, False, False][: len(kept)]
    assert len(await made.read(lambda r: r.find(DOOR_EVENT))) == 1


# ------------------------------------------------------------------------------------------------------ the document

WORDS = {v.value for v in Verdict}
MEANT = {
    "test_firmware": {name: one.verdict.value for name, one in FIRMWARE.items()},
    "test_settings": {name: one[2].value for name, one in SETTINGS.items()},
    "test_people": dict.fromkeys(PEOPLE, ""),
    "test_access": {name: one[2].value for name, one in ACCESS.items()},
    "test_log": dict.fromkeys(LOG, ""),
    "test_urls": dict.fromkeys(URLS, ""),
    "test_a_device_is_offered_the_address_pulls_and_is_read_back": dict.fromkeys(PULLS, ""),
}


def rows() -> list[tuple[list[str], str, str]]:
    """Variants, verdict and test of each row of the document's tables of variants."""
    found = []
    for line in DOCUMENT.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 4:
            found.append((re.findall(r"`([^`]+)`", cells[0]), cells[2], cells[3].strip("`")))
    return found


def test_the_document_and_the_tests_have_the_same_rows() -> None:
    told: dict[str, dict[str, str]] = {}
    for variants, verdict, test in rows():
        first = re.split(r"[ ,(:;]", verdict, maxsplit=1)[0]
        assert first in WORDS or first in {"no", "one"}, verdict
        for variant in variants:
            assert variant not in told.setdefault(test, {}), f"{variant} stands there twice"
            told[test][variant] = first
    assert told.keys() == MEANT.keys()
    for test, meant in MEANT.items():
        assert told[test].keys() == meant.keys(), test
        wrong = {name: told[test][name] for name, word in meant.items() if word and told[test][name] != word}
        assert wrong == {}, test


def test_every_unknown_of_the_fact_sheet_has_its_place() -> None:
    text = DOCUMENT.read_text("utf-8")
    numbered = {int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert numbered == set(range(1, 11)), "device API 11 has ten points"
    here = Path(__file__).parents[2]
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text):
        assert re.search(rf"def {name}\b", (here / file).read_text("utf-8")), f"{file} has no {name}"
