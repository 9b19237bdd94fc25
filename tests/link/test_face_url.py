"""Faces of units that fetch them by an address: offered during the push, to that unit only (device API 3.8)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from core.base.verdict import Verdict
from core.entities.credential import CREDENTIAL, CredentialKind
from device_link.drivers.akuvox import apply_parts
from device_link.face_server import offered
from device_link.simulator import SimSpec
from device_link.simulator.picture import JPEG
from tests.link.conftest import MakeWorld
from tests.link.test_parts import furnished, of_kind, pushed
from tests.link.world import World


async def with_a_face(make_world: MakeWorld, photo: Path, *faults: str) -> World:
    """One E18C and one person with a PIN and a face; it holds no licence plates."""
    made, _, _ = await furnished(make_world, SimSpec(profile="E18C", faults=faults), photo)
    plate = await of_kind(made, CredentialKind.PLATE)
    await made.write(lambda tx: tx.remove(CREDENTIAL, plate.id))
    return made


def changes(made: World) -> int:
    return sum(1 for one in made.recorder.recent() if one.path == "/api/user/set")


async def test_the_unit_fetches_the_face_and_a_second_push_offers_nothing(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    made = await with_a_face(make_world, tmp_path / "face.jpg")
    assert await pushed(made) == {"": Verdict.PROVED, "faces": Verdict.ACCEPTED}
    [user] = made.lan.devices[0].users
    assert (user.face, user.pin) == (True, "20000")
    assert list(made.lan.devices[0].unit.state.files.values()) == [len(JPEG)]
    before = changes(made)
    assert await pushed(made) == {"": Verdict.PROVED, "faces": Verdict.ACCEPTED}
    assert changes(made) == before == 1, "a photo that is there is not offered again"
    face = await of_kind(made, CredentialKind.FACE)
    await made.write(lambda tx: tx.remove(CREDENTIAL, face.id))
    await pushed(made)
    assert not made.lan.devices[0].users[0].face


@pytest.mark.parametrize(
    ("fault", "verdict"), [("face-unfetched", Verdict.REFUSED), ("face-ignored", Verdict.DIFFERS)]
)
async def test_a_face_that_is_not_fetched_or_not_recognised_is_never_called_done(
    make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, verdict: Verdict
) -> None:
    monkeypatch.setattr(apply_parts, "FETCH_S", 0.5 if fault == "face-unfetched" else 30.0)
    monkeypatch.setattr(apply_parts, "_LOOKS_S", (0.05,))
    made = await with_a_face(make_world, tmp_path / "face.jpg", fault)
    assert await pushed(made) == {"": Verdict.PROVED, "faces": verdict}
    assert not made.lan.devices[0].users[0].face


async def test_an_offer_is_for_one_caller_and_one_path_and_ends_with_the_push(tmp_path: Path) -> None:
    photo = tmp_path / "face.jpg"
    photo.write_bytes(JPEG)
    async with (
        offered(photo, "jpg", "http://127.0.0.1:80") as offer,
        httpx.AsyncClient(trust_env=False) as guest,
    ):
        base, path = offer.url.rsplit("/", 1)
        assert len(path) == len("0" * 32 + ".jpg")
        assert (await guest.get(f"{base}/{'0' * 32}.jpg")).status_code == 404
        assert (await guest.post(offer.url)).status_code == 404
        assert not offer.fetched.is_set()
        given = await guest.get(offer.url)
        assert (given.content, given.headers["content-type"]) == (JPEG, "image/jpeg")
        assert offer.fetched.is_set()
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(trust_env=False) as late:
            await late.get(offer.url)
    async with offered(photo, "jpg", "http://127.0.0.9:80") as other:
        parts = urlsplit(other.url)
        reader, writer = await asyncio.open_connection(
            parts.hostname, parts.port, local_addr=("127.0.0.8", 0)
        )
        writer.write(f"GET {parts.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = await reader.readline()
        writer.close()
        assert b"404" in answer, "another device of the LAN"
        assert not other.fetched.is_set()
