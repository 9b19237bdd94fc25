"""The same MACs in an encrypted mirror of a signed-in workstation and in a plain SQLite file, written in bulk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from core.base.clock import SystemClock
from core.base.ids import new_id
from core.base.paths import Profile
from core.entities.device import MAC_ENTRY
from core.entities.organisation import ORGANISATION, Organisation, OrgKind, Role
from core.store import syncmeta, trigrams
from core.store.changes import Origin
from core.store.keys import PASSPHRASE, mirror_key
from core.store.mirror import open_mirror
from core.store.tx import Tx
from core.wire.messages import Session

ENVIRONMENT = {PASSPHRASE: "of a benchmark"}
MODELS = ("R29", "S567", "X915", "E12")


def macs(rows: int) -> Iterator[tuple[str, str, str]]:
    """MAC, model and note: every address once, in no order; no letter A outside of the addresses."""
    for n in range(rows):
        yield f"0C1105{(n * 7919 + 12345) % (1 << 24):06X}", MODELS[n % 4], f"Box {n // 50}"


def write_plain(file: Path, rows: int) -> None:
    """The file of the two peers."""
    with sqlite3.connect(file) as raw:
        raw.execute("CREATE TABLE macs (n INTEGER PRIMARY KEY, mac TEXT, model TEXT, note TEXT)")
        raw.execute("CREATE INDEX macs_mac ON macs (mac)")
        raw.executemany("INSERT INTO macs (mac, model, note) VALUES (?, ?, ?)", macs(rows))
    raw.close()


def write_mirror(profile: Profile, rows: int) -> None:
    """A workstation at which an installer is signed in, with this many addresses in its library and no cloud."""
    profile.make()
    clock = SystemClock()
    mirror = open_mirror(profile.mirror, mirror_key(profile, ENVIRONMENT), clock, backups=profile.backups)
    org = new_id()

    def fill(tx: Tx) -> None:
        tx.put(ORGANISATION, Organisation(id=org, scope_id=org, name="Firm", kind=OrgKind.INSTALLER))
        syncmeta.keep_session(tx, session_of(org))
        # Past the rules and the outbox: how rows come in is measured by benchmarks/sync.py.
        raw = tx.connection.connection.driver_connection
        assert raw is not None
        trigrams.suspend(tx.connection, MAC_ENTRY)
        raw.executemany(
            "INSERT INTO mac_entries (id, scope_id, ver, mac, model, note, extra) VALUES (?, ?, 1, ?, ?, ?, '{}')",
            ((new_id(), org, *line) for line in macs(rows)),
        )
        trigrams.resume(tx.connection, MAC_ENTRY)

    async def work() -> None:
        await mirror.write(fill, origin=Origin.PULL, act="Fill")
        await mirror.close()

    asyncio.run(work())


def session_of(org: str, role: Role = Role.INSTALLER) -> Session:
    """Of somebody signed in at no cloud."""
    return Session(
        access_token="none",  # noqa: S106  there is no cloud
        refresh_token="none",  # noqa: S106
        account_id=new_id(),
        org_id=org,
        tenant=org,
        user="anna",
        full_name="Anna",
        role=role.value,
        schema=1,
    )
