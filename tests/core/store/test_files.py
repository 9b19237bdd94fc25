"""What stands beside the mirror: keys, lock, blobs, migrations and their copies."""

from __future__ import annotations

import hashlib
import re
import secrets
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from core.base.errors import DataError, UserError
from core.base.paths import Profile
from core.entities.device import MAC_ENTRY
from core.store import migrate as migration
from core.store.blobs import BlobStore, facts_of
from core.store.changes import Origin
from core.store.keys import PASSPHRASE, KeyringStore, mirror_key
from core.store.lock import ProfileLock
from core.store.migrate import statements, steps
from core.store.mirror import Mirror, open_mirror
from tests.factories import plant
from tests.fixtures_core import HandClock
from tests.guards.keyrings import MemoryKeyring


class LockedRing(MemoryKeyring):
    """A key ring that its owner has not unlocked."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked


# --------------------------------------------------------------------------------------------------------------- keys


def test_a_passphrase_always_gives_the_same_key(profile: Profile) -> None:
    environment = {PASSPHRASE: "correct horse"}
    key = mirror_key(profile, environment)
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert mirror_key(profile, environment) == key
    assert mirror_key(profile, {PASSPHRASE: "wrong"}) != key
    other = Profile(profile.root.parent / "other").make()
    assert mirror_key(other, environment) != key
    assert not any(key.encode() in path.read_bytes() for path in profile.root.rglob("*") if path.is_file())


def test_a_profile_that_began_with_a_passphrase_asks_for_it(profile: Profile) -> None:
    mirror_key(profile, {PASSPHRASE: "correct horse"})
    with pytest.raises(UserError, match="locked with a passphrase") as caught:
        mirror_key(profile, {})
    assert PASSPHRASE in caught.value.remedy


def test_a_damaged_salt_is_said(profile: Profile) -> None:
    mirror_key(profile, {PASSPHRASE: "x"})
    profile.salt.write_bytes(b"short")
    with pytest.raises(DataError, match="is damaged"):
        mirror_key(profile, {PASSPHRASE: "x"})


def test_without_a_key_ring_nothing_falls_back_in_silence(profile: Profile) -> None:
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # keyring has types for most of itself only
    with pytest.raises(UserError, match="no key ring") as caught:
        mirror_key(profile, {})
    assert PASSPHRASE in caught.value.remedy
    assert not profile.mirror.exists()


def test_a_key_ring_keeps_the_key(profile: Profile, memory_keyring: MemoryKeyring) -> None:
    key = mirror_key(profile, {})
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert mirror_key(profile, {}) == key
    profile.mirror.write_bytes(b"begun")
    assert mirror_key(profile, {PASSPHRASE: "later"}) == key
    assert mirror_key(Profile(profile.root.parent / "other").make(), {}) != key


def test_a_lost_or_locked_key_is_said(profile: Profile, memory_keyring: MemoryKeyring) -> None:
    mirror_key(profile, {})
    profile.mirror.write_bytes(b"begun")
    memory_keyring.entries.clear()
    with pytest.raises(UserError, match="holds no key for the mirror"):
        mirror_key(profile, {})
    assert memory_keyring.entries == {}
    keyring.set_keyring(LockedRing())
    with pytest.raises(UserError, match="key ring that is locked"):
        mirror_key(profile, {})


def test_the_store_of_secrets() -> None:
    store = KeyringStore()
    assert store.get("token") is None
    store.set("token", "abc")
    assert store.get("token") == "abc"
    store.delete("token")
    store.delete("token")
    assert store.get("token") is None
    keyring.set_keyring(LockedRing())
    for act in (lambda: store.get("a"), lambda: store.set("a", "b"), lambda: store.delete("a")):
        with pytest.raises(UserError, match="locked"):
            act()  # type: ignore[no-untyped-call]


# --------------------------------------------------------------------------------------------------------------- lock


def test_f14_one_process_per_profile(profile: Profile) -> None:
    with (
        ProfileLock(profile),
        pytest.raises(UserError, match="open in another Gatewright"),
        ProfileLock(profile),
    ):
        pass
    with ProfileLock(profile):
        assert profile.lock.exists()


def test_f14_the_lock_of_a_killed_process_is_free(profile: Profile) -> None:
    code = (
        "import sys, pathlib; from core.store.lock import ProfileLock; from core.base.paths import Profile\n"
        "with ProfileLock(Profile(pathlib.Path(sys.argv[1]))):\n    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(profile.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(UserError, match="another Gatewright"), ProfileLock(profile):
            pass
        process.kill()
        process.wait()
    with ProfileLock(profile):
        assert profile.lock.exists()


def test_a_profile_that_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(UserError, match="cannot be used as a profile"),
        ProfileLock(Profile(tmp_path / "file")),
    ):
        pass


# -------------------------------------------------------------------------------------------------------------- blobs


def test_blobs_are_kept_by_their_digest(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "blobs")
    source = tmp_path / "firmware.rom"
    data = secrets.token_bytes(3_000_000)
    source.write_bytes(data)
    facts = store.add(source)
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert facts.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert facts.size == len(data)
    assert store.has(facts.sha256)
    assert store.path(facts.sha256).read_bytes() == data
    assert store.add(source) == facts
    assert not store.part(facts.sha256).exists()


def test_a_download_that_arrived_damaged_is_thrown_away(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    sha = hashlib.sha256(b"whole").hexdigest()
    store.part(sha).parent.mkdir(parents=True)
    store.part(sha).write_bytes(b"whol")
    with pytest.raises(DataError, match="damaged"):
        store.finish(sha)
    assert not store.has(sha)
    assert not store.part(sha).exists()
    store.part(sha).write_bytes(b"whole")
    store.finish(sha)
    assert store.has(sha)


def test_files_that_cannot_be_read_or_kept(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UserError, match="cannot be read"):
            facts_of(path)
    (tmp_path / "blobs").write_text("in the way")
    (tmp_path / "a.rom").write_text("x")
    with pytest.raises(DataError, match="could not be kept"):
        BlobStore(tmp_path / "blobs").add(tmp_path / "a.rom")


# --------------------------------------------------------------------------------------------------------- migrations


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [number for number, _, _ in steps()] == list(range(1, len(steps()) + 1))


def test_statements_are_parted_at_line_ends() -> None:
    sql = (
        "-- a comment; with one\nCREATE TABLE a (\n  b TEXT DEFAULT 'x;y'\n);\n\nINSERT INTO a VALUES (1);\n"
    )
    assert statements(sql) == ["CREATE TABLE a (\n  b TEXT DEFAULT 'x;y'\n)", "INSERT INTO a VALUES (1)"]


async def test_a_mirror_of_a_newer_version_is_refused(
    mirror: Mirror, profile: Profile, mirror_secret: str, hand_clock: HandClock
) -> None:
    def renumber(number: int) -> None:
        with mirror._write_engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(f"PRAGMA user_version = {number}")

    renumber(len(steps()) + 1)
    await mirror.close()
    with pytest.raises(DataError, match="written by a newer Gatewright") as caught:
        open_mirror(profile.mirror, mirror_secret, hand_clock, backups=profile.backups)
    assert caught.value.remedy == "Update Gatewright on this machine."
    assert list(profile.backups.iterdir()) == []


NEXT = "ALTER TABLE mac_entries ADD COLUMN shelf TEXT;\n"


@pytest.fixture
async def older(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, str]]:
    """A closed mirror with one row, for which a later version brings one more step."""
    await mirror.write(lambda tx: plant(tx, MAC_ENTRY, note="kept"), origin=Origin.USER)
    await mirror.close()
    todo = [*steps(), (len(steps()) + 1, "next.sql", NEXT)]
    monkeypatch.setattr(migration, "steps", lambda: todo)
    return todo


async def test_an_older_mirror_is_copied_and_brought_up(
    older: list[tuple[int, str, str]], profile: Profile, mirror_secret: str, hand_clock: HandClock
) -> None:
    again = open_mirror(profile.mirror, mirror_secret, hand_clock, backups=profile.backups)
    query = "SELECT note, shelf FROM mac_entries"
    assert await again.read(lambda r: tuple(r.connection.exec_driver_sql(query).one())) == ("kept", None)
    again.close_now()
    copy = profile.backups / f"mirror-v{len(older) - 1}.db"
    assert [path.name for path in profile.backups.iterdir()] == [copy.name]
    open_mirror(profile.mirror, mirror_secret, hand_clock, backups=profile.backups).close_now()
    old = open_mirror(copy, mirror_secret, hand_clock, backups=profile.root / "other")
    assert [e.note for e in await old.read(lambda r: r.find(MAC_ENTRY))] == ["kept"]
    old.close_now()


async def test_a_step_that_fails_leaves_the_mirror_as_it_was(
    older: list[tuple[int, str, str]], profile: Profile, mirror_secret: str, hand_clock: HandClock
) -> None:
    good = older[-1]
    older[-1] = (good[0], "bad.sql", NEXT + "ALTER TABLE no_such_table ADD COLUMN x TEXT;\n")
    with pytest.raises(DataError, match="cannot be opened"):
        open_mirror(profile.mirror, mirror_secret, hand_clock, backups=profile.backups)
    older[-1] = good
    again = open_mirror(profile.mirror, mirror_secret, hand_clock, backups=profile.backups)
    assert [e.note for e in await again.read(lambda r: r.find(MAC_ENTRY))] == ["kept"]
    again.close_now()


async def test_without_room_for_the_copy_nothing_is_updated(
    older: list[tuple[int, str, str]], profile: Profile, mirror_secret: str, hand_clock: HandClock
) -> None:
    before = profile.mirror.read_bytes()
    in_the_way = profile.root / "no folder"
    in_the_way.write_text("x")
    with pytest.raises(DataError, match="must be copied before it is updated"):
        open_mirror(profile.mirror, mirror_secret, hand_clock, backups=in_the_way)
    assert profile.mirror.read_bytes() == before
