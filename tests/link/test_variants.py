"""Every unknown of device API 11 that touches what we do, played by the simulator: the verdict is right in all.

docs/devices.md has the same rows for people; a test below compares both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from core.base.verdict import Verdict
from core.entities.device import DEVICE_SETTING
from core.entities.firmware import FIRMWARE_RELEASE, ROLLOUT_TARGET, TargetEnd
from core.entities.proof import PROOF, ItemKind
from core.ports.device import Part
from core.store.tx import Tx
from core.usecases import firmware
from core.usecases.provision import submit
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
}
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
}


@pytest.mark.parametrize("variant", FIRMWARE)
async def test_firmware(make_world: MakeWorld, tmp_path: Path, variant: str) -> None:
    meant = FIRMWARE[variant]
    made: World = await make_world(specs(1, variant), limit_s=1.6)
    release = await made.release(tmp_path)
    if meant.image != "29":
        # A file of another model in the library's place: what a device says to it is not published.
        await swap_image(made, tmp_path, meant.image)
    rollout = await firmware.start_rollout(made.ctx, site_id=made.site.id, release_id=release.id)
    await firmware.run_rollout(made.ctx, rollout.id)
    [target] = await made.read(lambda r: r.find(ROLLOUT_TARGET))
    assert (target.end, target.verdict) == (meant.end, meant.verdict), target.said
    assert made.lan.devices[0].firmware == meant.runs


async def swap_image(made: World, folder: Path, family: str) -> None:
    path = folder / "other.rom"
    path.write_bytes(make_image(family, "916.30.10.999", 70_000))
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


def test_the_document_names_every_variant() -> None:
    text = DOCUMENT.read_text("utf-8")
    missing = [name for name in (*FIRMWARE, *SETTINGS, *PEOPLE) if f"`{name}`" not in text]
    assert missing == []
