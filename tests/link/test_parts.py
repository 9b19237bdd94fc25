"""Licence plates and faces: sent after the person, read back as far as the unit tells, never lost and never left."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.verdict import Verdict
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.device import RELAY
from core.entities.person import Resident
from core.entities.proof import PROOF, ItemKind
from core.ports.device import Part
from core.store.tx import Tx
from core.usecases.provision import plan_device, submit
from device_link.simulator import SimSpec
from device_link.simulator.picture import JPEG
from tests.factories import plant
from tests.link.conftest import MakeWorld
from tests.link.world import World, put_people


def kept(made: World, path: Path, content: bytes) -> str:
    """Put a photo into the workstation's files; its digest."""
    path.write_bytes(content)
    return made.ctx.blobs.add(path).sha256


async def furnished(make_world: MakeWorld, spec: SimSpec, photo: Path) -> tuple[World, Resident, str]:
    """A world of one unit whose relay takes everything, one person with a PIN, a face and a plate."""
    made: World = await make_world([spec])
    digest = kept(made, photo, JPEG)

    def work(tx: Tx) -> Resident:
        [person] = put_people(tx, made.site, made.building, 1)
        [relay] = tx.find(RELAY)
        tx.patch(RELAY, relay, methods=("pin", "card", "face", "lpr"))
        plant(tx, CREDENTIAL, person_id=person.id, kind=CredentialKind.FACE, code="", blob=digest)
        plant(tx, CREDENTIAL, person_id=person.id, kind=CredentialKind.PLATE, code="AB123")
        return person

    return made, await made.write(work), digest


async def pushed(made: World) -> dict[str, Verdict]:
    """Push and return the verdict of each part: '', 'faces' and 'plates'."""
    [job] = await submit(made.ctx, made.devices, parts=frozenset({Part.PEOPLE}))
    await made.ctx.jobs.wait(job)
    proofs = await made.read(lambda r: r.find(PROOF, kind=ItemKind.PERSON))
    return {p.subject.partition("+")[2]: p.verdict for p in proofs}


async def of_kind(made: World, kind: CredentialKind) -> Credential:
    [found] = await made.read(lambda r: r.find(CREDENTIAL, kind=kind))
    assert isinstance(found, Credential)
    return found


CASES = [
    ("S532", "", Verdict.PROVED, Verdict.PROVED),
    ("P2", "", Verdict.ACCEPTED, Verdict.PROVED),
    ("R29", "", Verdict.ACCEPTED, Verdict.PROVED),
    ("P3", "", Verdict.ACCEPTED, Verdict.DIFFERS),
    ("P2", "face-ignored", Verdict.DIFFERS, Verdict.PROVED),
    ("S532", "face-refused", Verdict.REFUSED, Verdict.PROVED),
    ("E12W", "", Verdict.REFUSED, Verdict.DIFFERS),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(map(str, case)))
async def test_each_part_has_its_own_verdict_and_the_pin_is_there_whatever_they_come_to(
    make_world: MakeWorld, tmp_path: Path, case: tuple[str, str, Verdict, Verdict]
) -> None:
    profile, fault, face, plate = case
    spec = SimSpec(profile=profile, faults=tuple(fault.split()))
    made, _, digest = await furnished(make_world, spec, tmp_path / "face.jpg")
    assert await pushed(made) == {"": Verdict.PROVED, "faces": face, "plates": plate}
    [user] = made.lan.devices[0].users
    assert user.pin == "20000"
    assert user.face == (face in {Verdict.PROVED, Verdict.ACCEPTED})
    if user.face:
        assert user.face_file == f"{digest[:16]}.jpg"
    if Verdict.DIFFERS in {face, plate}:
        return
    before = len([x for x in made.recorder.recent() if "filetool" in x.path])
    assert await pushed(made) == {"": Verdict.PROVED, "faces": face, "plates": plate}
    after = len([x for x in made.recorder.recent() if "filetool" in x.path])
    assert (after == before) == (face is not Verdict.REFUSED), "a photo that is there is not sent again"


@pytest.mark.parametrize("profile", ["S532", "R29"])
async def test_another_photo_is_sent_and_one_that_is_taken_away_goes(
    make_world: MakeWorld, tmp_path: Path, profile: str
) -> None:
    made, person, first = await furnished(make_world, SimSpec(profile=profile), tmp_path / "face.jpg")
    await pushed(made)
    second = kept(made, tmp_path / "other.jpg", JPEG + b"\0")
    face = await of_kind(made, CredentialKind.FACE)
    await made.write(lambda tx: tx.patch(CREDENTIAL, face, blob=second))
    assert (await pushed(made))["faces"] in {Verdict.PROVED, Verdict.ACCEPTED}
    [user] = made.lan.devices[0].users
    assert user.face_file == f"{second[:16]}.jpg" != f"{first[:16]}.jpg"
    await made.write(lambda tx: tx.remove(CREDENTIAL, face.id))
    plate = await of_kind(made, CredentialKind.PLATE)
    await made.write(lambda tx: tx.patch(CREDENTIAL, plate, code="XY999"))
    assert await pushed(made) == {"": Verdict.PROVED, "plates": Verdict.PROVED}
    [user] = made.lan.devices[0].users
    assert (user.face, user.pin, user.extra) == (False, "20000", {"LicensePlate": "XY999"})
    assert person.id


async def test_a_face_that_somebody_took_at_the_device_is_shown_and_left(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made, _, _ = await furnished(make_world, SimSpec(profile="R29"), tmp_path / "face.jpg")
    face = await of_kind(made, CredentialKind.FACE)
    await made.write(lambda tx: tx.remove(CREDENTIAL, face.id))
    await pushed(made)
    user = made.lan.devices[0].users[0]
    user.face, user.face_file = True, "taken-here.jpg"
    assert (await pushed(made))["faces"] is Verdict.FOREIGN
    assert made.lan.devices[0].users[0].face


async def test_a_photo_that_is_not_here_waits_and_one_that_is_none_is_refused(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made, _, _ = await furnished(make_world, SimSpec(profile="S532"), tmp_path / "face.jpg")
    face = await of_kind(made, CredentialKind.FACE)
    await made.write(lambda tx: tx.patch(CREDENTIAL, face, blob="e" * 64))
    assert (await pushed(made))["faces"] is Verdict.WAITING
    digest = kept(made, tmp_path / "x.jpg", b"not a picture")
    await made.write(lambda tx: tx.patch(CREDENTIAL, tx.require(CREDENTIAL, face.id), blob=digest))
    assert (await pushed(made))["faces"] is Verdict.REFUSED
    plan = await plan_device(made.ctx, made.devices[0].id, frozenset({Part.PEOPLE}))
    assert [i.subject.partition("+")[2] for i in plan.changes] == ["faces"]
    assert plan.changes[0].gets == "a face"
