"""Two profiles, two laptops: a job pack, then an exchange, on the command line; later both meet at the cloud."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2.low_level import Type, hash_secret_raw

from core.cloud import admin
from core.cloud.cloud import open_cloud
from core.entities.organisation import Role
from core.store import keys, sealed
from desktop.cli import main as command_line
from desktop.cli.pack_commands import PASSPHRASE
from tests.history.world import PASSWORD, TEMPLATES, World
from tests.reliability.lives import LIMIT_S, begin, node_life, unix_only

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command of a profile, in this process: its document, or the error's."""
    monkeypatch.setenv("GATEWRIGHT_PASSPHRASE", "a passphrase for tests")
    monkeypatch.setenv(PASSPHRASE, "three words and a number 7")
    monkeypatch.setattr(sealed, "COST", (1, 8, 1))
    monkeypatch.setattr(keys, "hash_secret_raw", _cheap_key)

    def command(profile: str, *arguments: str) -> Any:
        command_line.main(["--profile", str(tmp_path / profile), "--json", *arguments])
        return json.loads(capsys.readouterr().out)

    return command


def _cheap_key(secret: bytes, salt: bytes, **_cost: object) -> bytes:
    """Each command opens a mirror, and a key that is costly to guess is costly to make."""
    return hash_secret_raw(secret, salt, time_cost=1, memory_cost=8, parallelism=1, hash_len=32, type=Type.ID)


def _firm(folder: Path) -> None:
    TEMPLATES.cloud(folder / "cloud.db")
    cloud = open_cloud(World(folder).settings)
    north = admin.create_installer(cloud, name="North", user="anna", password=PASSWORD, full_name="Anna Berg")
    admin.create_account(cloud, org_id=north.org_id, user="ben", password=PASSWORD, role=Role.SUB_INSTALLER)
    cloud.close()


@unix_only
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_job_pack_and_an_exchange_between_two_laptops(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cloud").mkdir()
    _firm(tmp_path / "cloud")
    theirs, ours = multiprocessing.Pipe()
    node = begin(node_life, str(tmp_path / "cloud"), 0, "", ours)
    try:
        assert theirs.poll(LIMIT_S)
        url = theirs.recv()
        monkeypatch.setattr("desktop.cli.session_commands.read_password", lambda _prompt: PASSWORD)
        _trip(run, url, tmp_path)
    finally:
        node.kill()
        node.join(LIMIT_S)
        node.close()
        theirs.close()
        ours.close()


def _trip(run: Run, url: str, folder: Path) -> None:
    job, edits = str(folder / "job.pack"), str(folder / "edits")
    run("ben", "sign-in", "--cloud", url, "--user", "ben")
    run("anna", "sign-in", "--cloud", url, "--user", "anna")
    site = run("anna", "put", "site", "name=Tamarind Court", "time_zone=UTC")["id"]
    run("anna", "sync")
    assert run("anna", "pack", "--site", site, "--out", job)["unsent"] == 0
    assert run("ben", "list", "sites")["rows"] == []
    assert run("ben", "unpack", job)["site"] == "Tamarind Court"
    assert [row["name"] for row in run("ben", "list", "sites")["rows"]] == ["Tamarind Court"]
    run("ben", "put", "building", f"site_id={site}", "name=Building A")
    count = run("ben", "exchange", "export", "--site", site, "--out", edits)["edits"]
    assert count >= 1
    assert run("anna", "exchange", "import", edits)["new"] == count
    assert run("anna", "exchange", "import", edits)["new"] == 0
    assert run("anna", "sync")["pushed"] == count
    assert run("ben", "sync")["pushed"] == count, "known by their marks: stored once"
    checked = run("ben", "sync", "--check")
    assert (checked["compared"], checked["differed"]) == (2, 0)
    for profile in ("anna", "ben"):
        assert [row["name"] for row in run(profile, "list", "buildings")["rows"]] == ["Building A"]
        assert run(profile, "status")["pending"] == 0
    altered = Path(job).read_bytes()
    Path(job).write_bytes(altered[:-1] + bytes([altered[-1] ^ 1]))
    assert run("ben", "unpack", job)["error"]["code"] in {"sealed.passphrase", "sealed.altered"}
