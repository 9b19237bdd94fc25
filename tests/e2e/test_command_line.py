"""The command line on real sockets: bad input gets one clear sentence and exit code 1, and leaves nothing half done."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.base.paths import Profile
from core.store.lock import ProfileLock
from device_link.simulator.image import make_image
from tests.codes import stands_in
from tests.e2e.commands import Done, Server, gatewright

PASSWORD = "Installer-1 of the tests"
pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("command line")]


@dataclass
class World:
    """A cloud with one installer, two simulated devices, and the installer's signed-in workstation."""

    cloud: Server
    lan: Server
    profile: Path
    folder: Path
    site: str
    apartment: str

    def run(self, *arguments: str, **options: Any) -> Done:
        """A command of the workstation."""
        return gatewright(self.profile, *arguments, **options)

    def rows(self, entity: str, *filters: str) -> list[dict[str, Any]]:
        """Rows as `list` gives them."""
        rows: list[dict[str, Any]] = self.run("list", entity, *filters).document["rows"]
        return rows

    def outbox(self) -> int:
        """How many edits wait for the cloud."""
        return int(self.run("status").document["pending"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    database = f"sqlite:///{folder / 'core.db'}"
    where = ["--database", database]
    assert gatewright(None, "cloud", "admin", "migrate", *where).code == 0
    new = ["--name", "Van Three", "--user", "tor"]
    made = gatewright(None, "cloud", "admin", "create-installer", *where, *new, stdin=PASSWORD + "\n")
    assert made.code == 0, made.err + made.out
    cloud = Server("cloud", "serve", *where, "--bind", "127.0.0.1:0", "--blobs", str(folder / "blobs"))
    lan = Server("lan", "simulate", "--count", "2", "--profile-name", "P1,R29")
    profile = folder / "station"
    signed = gatewright(
        profile, "sign-in", "--cloud", cloud.ready["url"], "--user", "tor", stdin=PASSWORD + "\n"
    )
    assert signed.code == 0, signed.err + signed.out
    site = gatewright(profile, "put", "site", "name=Tamarind Court", "time_zone=Europe/Madrid").document["id"]
    building = gatewright(profile, "put", "building", f"site_id={site}", "name=Building A").document["id"]
    apartment = gatewright(profile, "put", "apartment", f"building_id={building}", "number=101").document[
        "id"
    ]
    yield World(cloud, lan, profile, folder, site, apartment)
    assert lan.stop() == 0
    assert cloud.stop() == 0


def refused(done: Done, code: str, *words: str) -> None:
    """One error document with that code; every word stands in its sentence; exit code 1."""
    assert done.code == 1, done.out + done.err
    error = done.document["error"]
    assert error["code"] == code, error
    for word in words:
        assert word in error["message"] + error.get("remedy", "")
    assert error["message"].endswith((".", "?"))


def test_a_wrong_password_is_refused(world: World, tmp_path: Path) -> None:
    url = world.cloud.ready["url"]
    done = gatewright(tmp_path / "new", "sign-in", "--cloud", url, "--user", "tor", stdin="wrong\n")
    assert done.code == 1
    assert done.document["error"]["message"]
    assert gatewright(tmp_path / "new", "list", "sites").document["error"]["code"] == "session.none"


def test_dev_01_an_unknown_mac_is_refused(world: World) -> None:
    mac = world.lan.ready["devices"][0]["mac"]
    before = world.outbox()
    done = world.run("commission", "--site", "Tamarind Court", "--device", mac, "--name", "Main")
    refused(done, "devices.mac.unknown", "not in your library", "distributor")
    assert world.rows("devices", f"mac={mac}") == []
    assert world.outbox() == before


def test_dev_01_a_mac_taken_by_another_site_is_refused(world: World) -> None:
    mac = world.lan.ready["devices"][1]["mac"]
    assert world.run("put", "mac_entry", f"mac={mac}", "model=R29").code == 0
    other = world.run("put", "site", "name=Elsewhere", "time_zone=UTC").document["id"]
    assert world.run("put", "device", f"site_id={other}", f"mac={mac}", "name=Gate").code == 0
    before = world.outbox()
    done = world.run("commission", "--site", "Tamarind Court", "--device", mac, "--name", "Main")
    refused(done, "devices.mac.taken", "Gate", "another site")
    assert world.outbox() == before


def test_cred_01_a_pin_that_starts_with_9_is_refused(world: World) -> None:
    names = ["first_name=Mirela", "last_name=Castan"]
    person = world.run("put", "resident", f"apartment_id={world.apartment}", *names).document["id"]
    before = world.outbox()
    done = world.run("put", "credential", f"person_id={person}", "kind=pin", "code=9120")
    refused(done, "credentials.pin.reserved", "start with 9", "0 to 8")
    assert not stands_in("9120", done.out + done.err)
    assert world.rows("credentials", f"person_id={person}") == []
    assert world.outbox() == before


def test_fw_04_firmware_of_another_model_is_refused(world: World, tmp_path: Path) -> None:
    image = tmp_path / "916.30.10.200.rom"
    image.write_bytes(make_image("X916S", "916.30.10.200", 100_000))
    refused(world.run("firmware", "add", str(image), "--model", "R29"), "firmware.other_model", "R29")
    assert world.rows("firmware_releases") == []


def test_a_file_that_is_no_firmware_is_refused(world: World, tmp_path: Path) -> None:
    image = tmp_path / "29.30.10.507.rom"
    image.write_bytes(b"this is a letter, not a firmware\n" * 9000)
    refused(world.run("firmware", "add", str(image), "--model", "R29"), "firmware.not_firmware", "plain text")
    assert world.rows("firmware_releases") == []
    refused(world.run("firmware", "add", str(tmp_path / "none.rom"), "--model", "R29"), "file.missing")


def test_a_corrupt_mirror_is_named_and_left_as_it_is(world: World, tmp_path: Path) -> None:
    profile = tmp_path / "broken"
    assert gatewright(profile, "list", "sites").document["error"]["code"] == "session.none"
    mirror = profile / "mirror.db"
    mirror.write_bytes(b"\x00\xff" * 40_000)
    damaged = mirror.read_bytes()
    refused(gatewright(profile, "list", "sites"), "mirror.unreadable", "mirror.db")
    assert mirror.read_bytes() == damaged


def test_another_passphrase_does_not_open_the_mirror(world: World) -> None:
    done = world.run("list", "sites", GATEWRIGHT_PASSPHRASE="not the right one")
    refused(done, "mirror.unreadable", "key does not fit")
    assert world.run("list", "sites").code == 0


@pytest.mark.parametrize("server", ["cloud", "lan"])
def test_a_port_in_use_is_one_sentence(world: World, tmp_path: Path, server: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        if server == "cloud":
            where = ["--database", f"sqlite:///{tmp_path / 'c.db'}"]
            done = gatewright(None, "cloud", "serve", *where, "--bind", f"127.0.0.1:{port}")
        else:
            done = gatewright(None, "lan", "simulate", "--port-base", str(port))
    assert done.code == 1
    assert str(port) in done.document["error"]["message"]
    assert "Traceback" not in done.err


def test_one_profile_opens_once(world: World) -> None:
    """Two processes on one profile: the second says so and touches nothing (sync.md 6, row 14)."""
    with ProfileLock(Profile(world.profile)):
        refused(world.run("list", "sites"), "profile.in_use", "open in another")
    assert world.run("list", "sites").code == 0


def test_usage_faults_have_their_own_exit_code(world: World) -> None:
    assert world.run("no-such-command").code == 2
    assert world.run("commission", "--site", "x").code == 2


def test_a_cloud_that_is_away_is_unreachable_and_local_work_goes_on(world: World, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = gatewright(tmp_path / "p", "sign-in", "--cloud", url, "--user", "tor", stdin="x\n")
    assert done.code == 3
    assert done.document["error"]["message"]


def test_commission_plan_apply_verify_one_device_by_hand(world: World) -> None:
    simulated = world.lan.ready["devices"][0]
    mac, target = simulated["mac"], simulated["url"].removeprefix("http://")
    assert world.run("put", "mac_entry", f"mac={mac}").code == 0
    [sighting] = world.run("scan", target).document["sightings"]
    assert (sighting["mac"], sighting["model"]) == (mac, simulated["model"])
    where = [
        "--site",
        "Tamarind Court",
        "--device",
        mac,
        "--building",
        "Building A",
        "--name",
        "Main entrance",
    ]
    done = world.run("commission", *where, "--relay", "Street door")
    assert done.code == 0, done.out + done.err
    name = ["first_name=Livia", "last_name=Marro"]
    person = world.run("put", "resident", f"apartment_id={world.apartment}", *name).document["id"]
    assert world.run("put", "credential", f"person_id={person}", "kind=pin", "code=4711").code == 0
    plan = world.run("plan", "--device", mac).document["plans"][0]
    assert [(i["kind"], i["act"]) for i in plan["items"]] == [("person", "add")]
    assert not stands_in("4711", json.dumps(plan))
    applied = world.run("apply", "--device", mac)
    assert applied.code == 0, applied.out
    assert applied.document["devices"][0]["verdict"] == "proved"
    assert world.run("plan", "--device", mac).document["plans"][0]["changes"] == 0
    opened = world.run("relay", "--device", mac, "--number", "1").document
    assert opened["verdict"] in {"proved", "accepted"}
    assert world.run("sync").document["pending"] == 0


def test_tpl_06_macs_come_from_a_file_and_every_bad_row_is_named(world: World, tmp_path: Path) -> None:
    file = tmp_path / "macs.txt"
    file.write_text("0c:11:05:aa:00:01\n0C1105AA0002\nnot a mac\n0C-11-05-AA-00-01\n", "utf-8")
    checked = world.run("import", "macs", str(file), "--check")
    assert checked.code == 1
    assert checked.document["checked"]["new"] == 2
    assert world.rows("mac_entries", "mac=0C1105AA0001") == []
    rejects = tmp_path / "rejects.csv"
    done = world.run("import", "macs", str(file), "--rejects", str(rejects)).document
    assert done["applied"]["new"] == 2
    assert done["rejects"]["rows"] == 2
    assert len(world.rows("mac_entries", "mac=0C1105AA0001")) == 1
    assert world.run("export", "macs", str(tmp_path / "out.xlsx")).document["rows"] >= 2


def test_an_edit_overtaken_by_another_workstation_waits_in_the_tray(world: World, tmp_path: Path) -> None:
    """Both values stand in the tray; keeping mine sends it again, and the next sync takes it."""
    other = tmp_path / "other"
    signed = gatewright(
        other, "sign-in", "--cloud", world.cloud.ready["url"], "--user", "tor", stdin=PASSWORD + "\n"
    )
    assert signed.code == 0, signed.err
    assert world.run("sync").code == 0
    assert gatewright(other, "sync").code == 0
    assert gatewright(other, "put", "site", "city=Toledo", "--id", world.site).code == 0
    assert world.run("put", "site", "city=Madrid", "--id", world.site).code == 0
    assert gatewright(other, "sync").document["conflicts"] == 0
    assert world.run("sync").document["conflicts"] == 1
    [entry] = world.run("tray", "show").document["entries"]
    assert (entry["kind"], entry["mine"], entry["theirs"]) == (
        "conflict",
        {"city": "Madrid"},
        {"city": "Toledo"},
    )
    assert world.run("tray", "keep-mine", str(entry["id"])).code == 0
    settled = world.run("sync").document
    assert (settled["pushed"], settled["conflicts"], settled["refused"]) == (1, 0, 0)
    assert world.run("tray", "show").document["entries"] == []
    assert gatewright(other, "sync").code == 0
    assert gatewright(other, "show", "site", world.site).document["city"] == "Madrid"
