"""Backup and restore on SQLite and PostgreSQL and between them; what is damaged, newer, of another key or not empty."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.base.errors import DataError, GatewrightError, UserError
from core.cloud import admin, backup
from core.cloud.blob_access import note_blob
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.db import FEED, MUT_LOG, TENANT_CLOCK
from core.cloud.settings import CloudSettings
from core.entities.organisation import Role
from tests.cloud.bench import Hand, installer
from tests.cloud.postgres import Postgres
from tests.cloud.test_migrations import settings
from tests.history.world import PASSWORD, TEMPLATES

pytestmark = pytest.mark.timeout(300)  # generous: a loaded machine takes ten times as long

FILE = b"a face, a firmware"
DIGEST = hashlib.sha256(FILE).hexdigest()
Databases = Callable[[str], AbstractContextManager[str]]


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """A new, empty database of a kind."""

    def one(kind: str) -> AbstractContextManager[str]:
        if kind == "postgresql":
            server: Postgres = request.getfixturevalue("postgres")
            return server.database()
        file = tmp_path / f"{kind}-{len(list(tmp_path.iterdir()))}.db"
        TEMPLATES.cloud(file)
        return nullcontext(f"sqlite:///{file}")

    return one


def fill(cloud: Cloud) -> Hand:
    anna = installer(cloud, "anna")
    person = anna.resident(first_name="Kept")
    anna.must(person, anna.pin(person, "4711"))
    made = admin.create_account(cloud, org_id=anna.who.org, user="maya", password=PASSWORD, role=Role.MANAGER)
    admin.assign_manager(cloud, account_id=made.account_id, site_id=anna.site)
    path = cloud.blobs.path(DIGEST)
    path.parent.mkdir(parents=True)
    path.write_bytes(FILE)
    note_blob(cloud, anna.who, DIGEST, len(FILE))
    return anna


@pytest.fixture
def made(tmp_path: Path, database: Databases) -> Iterator[tuple[Path, CloudSettings]]:
    """A backup, and settings for an empty SQLite database."""
    with database("sqlite") as url:
        cloud = open_cloud(settings(url, tmp_path / "first"))
        fill(cloud)
        backup.backup(cloud, tmp_path / "b.gwb")
        cloud.close()
    with database("sqlite") as url:
        yield tmp_path / "b.gwb", settings(url, tmp_path / "second")


@pytest.mark.parametrize(
    "first,second",
    [
        ("sqlite", "sqlite"),
        ("postgresql", "sqlite"),
        pytest.param("sqlite", "postgresql", marks=pytest.mark.soak),
        pytest.param("postgresql", "postgresql", marks=pytest.mark.soak),
    ],
)
def test_what_was_backed_up_works_again(database: Databases, tmp_path: Path, first: str, second: str) -> None:
    with ExitStack() as stack:
        cloud = open_cloud(settings(stack.enter_context(database(first)), tmp_path / "one"))
        anna = fill(cloud)
        before = anna.pull()
        told = backup.backup(cloud, tmp_path / "b.gwb")
        cloud.close()
        assert told["files"] == 1
        other = settings(stack.enter_context(database(second)), tmp_path / "two")
        loaded = backup.restore(other, tmp_path / "b.gwb")
        assert (loaded["rows"], loaded["files"]) == (told["rows"], 1)
        again = open_cloud(other)
        assert admin.check(again) == []
        hand = Hand.of(again, "anna")
        hand.site, hand.apartment = anna.site, anna.apartment
        page = hand.pull()
        assert page.epoch != before.epoch, "another lineage"
        rows = str(hand.fill(anna.site).rows)
        assert "Kept" in rows
        assert "4711" in rows, "sealed values open under the same key"
        hand.must(hand.resident(first_name="After"))
        assert [s.scope for s in Hand.of(again, "maya").pull().scopes or []] == [anna.site]
        assert again.blobs.path(DIGEST).read_bytes() == FILE
        again.close()


def test_a_backup_is_one_moment_while_the_service_goes_on(database: Databases, tmp_path: Path) -> None:
    with database("sqlite") as url:
        cloud = open_cloud(settings(url, tmp_path))
        anna = fill(cloud)
        real = backup._write_table

        def busy(connection: object, table: object, box: object) -> object:
            told = real(connection, table, box)  # type: ignore[arg-type]
            anna.must(anna.resident(first_name="Later"))
            return told

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(backup, "_write_table", busy)
            backup.backup(cloud, tmp_path / "b.gwb")
        cloud.close()
    with database("sqlite") as url:
        backup.restore(settings(url, tmp_path / "two"), tmp_path / "b.gwb")
        again = open_cloud(settings(url, tmp_path / "two"))
        assert admin.check(again) == []
        with again.database.read() as c:
            assert c.execute(select(func.count()).select_from(MUT_LOG)).scalar_one() == 5, (
                "none of the later ones"
            )
        again.close()


def test_nothing_that_opens_an_account_is_in_a_backup(made: tuple[Path, CloudSettings]) -> None:
    with zipfile.ZipFile(made[0]) as box:
        names = set(json.loads(box.read("manifest.json"))["tables"])
    assert "feed" in names
    assert not names & {"session", "spent_token", "one_time_code"}


def altered(source: Path, to: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return to


def refused(settings: CloudSettings, source: Path) -> GatewrightError:
    with pytest.raises((DataError, UserError)) as caught:
        backup.restore(settings, source)
    return caught.value


def test_damage_is_found_and_leaves_the_database_empty(
    made: tuple[Path, CloudSettings], tmp_path: Path
) -> None:
    source, other = made

    def flip(name: str, content: bytes) -> bytes | None:
        return content[: len(content) // 2] if name == "tables/residents.zst" else content

    def miss(name: str, content: bytes) -> bytes | None:
        return None if name == "tables/residents.zst" else content

    for number, change in enumerate((flip, miss)):
        assert refused(other, altered(source, tmp_path / f"x{number}", change)).code == "backup.damaged"
    (tmp_path / "text").write_text("no backup")
    assert refused(other, tmp_path / "text").code == "backup.unreadable"
    assert refused(other, tmp_path / "nowhere").code == "backup.unreadable"
    cloud = open_cloud(other)
    with cloud.database.read() as c:
        assert [
            c.execute(select(func.count()).select_from(t)).scalar_one() for t in (FEED, TENANT_CLOCK)
        ] == [0, 0]
    cloud.close()
    assert backup.restore(other, source)["rows"] > 5, "and the whole one still goes in"


def test_a_damaged_file_is_not_taken(made: tuple[Path, CloudSettings], tmp_path: Path) -> None:
    source, other = made
    bad = altered(source, tmp_path / "x", lambda n, c: c + b"!" if n.startswith("files/") else c)
    assert refused(other, bad).code == "backup.damaged"
    assert not other.blobs.joinpath(DIGEST[:2], DIGEST).exists()


def test_another_key_a_newer_version_and_a_full_database_are_told(
    made: tuple[Path, CloudSettings], tmp_path: Path
) -> None:
    source, other = made
    assert refused(replace(other, key=b"x" * 32), source).code == "backup.key"

    def newer(name: str, content: bytes) -> bytes:
        return (
            json.dumps({**json.loads(content), "version": 99}).encode()
            if name == "manifest.json"
            else content
        )

    assert refused(other, altered(source, tmp_path / "x", newer)).code == "backup.newer"
    backup.restore(other, source)
    assert refused(other, source).code == "backup.not_empty"


def test_a_backup_of_an_older_version_takes_defaults_and_steps(
    made: tuple[Path, CloudSettings], tmp_path: Path
) -> None:
    source, other = made
    with zipfile.ZipFile(source) as box:
        manifest = json.loads(box.read("manifest.json"))
    columns = manifest["tables"]["sites"]["columns"]
    place = columns.index("free_members")
    import zstandard  # noqa: PLC0415

    def older(name: str, content: bytes) -> bytes | None:
        if name == "manifest.json":
            manifest["version"] = 1
            del manifest["tables"]["blob_giver"]
            return json.dumps(manifest).encode()
        if name == "tables/sites.zst":
            plain = zstandard.ZstdDecompressor().stream_reader(content).read()
            rows = [json.loads(line) for line in plain.splitlines()]
            lines = b"".join(json.dumps(r[:place] + r[place + 1 :]).encode() + b"\n" for r in rows)
            told = manifest["tables"]["sites"]
            told |= {
                "columns": columns[:place] + columns[place + 1 :],
                "sha256": hashlib.sha256(lines).hexdigest(),
            }
            return zstandard.ZstdCompressor().compress(lines)
        return content

    first = altered(source, tmp_path / "a", lambda n, c: older(n, c) if n != "manifest.json" else c)
    backup.restore(
        other, altered(first, tmp_path / "b", lambda n, c: older(n, c) if n == "manifest.json" else c)
    )
    cloud = open_cloud(other)
    rows = str(Hand.of(cloud, "anna").pull(epoch="").scopes)
    assert "Home" in rows
    cloud.close()


def test_a_full_disk_leaves_no_half_backup(made: tuple[Path, CloudSettings], tmp_path: Path) -> None:
    source, other = made
    shutil.copy(source, tmp_path / "kept.gwb")
    cloud = open_cloud(other)
    with pytest.raises(UserError, match="cannot be written"):
        backup.backup(cloud, tmp_path / "no such folder" / "b.gwb")
    cloud.close()
    assert not list(tmp_path.glob("*.part"))
