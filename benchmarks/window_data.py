"""Mirrors of signed-in workstations, written in bulk: a library of MACs (and as a plain file), one large site."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.base.clock import SystemClock
from core.base.ids import new_id
from core.base.paths import Profile
from core.base.verdict import Verdict
from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE, RELAY
from core.entities.organisation import ORGANISATION, Organisation, OrgKind, Role
from core.entities.person import RESIDENT
from core.entities.proof import PROOF, ItemKind
from core.entities.site import APARTMENT, BUILDING, SITE, SiteKind
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
        syncmeta.keep_session(tx, _session(org))
        # Past the rules and the outbox: how rows come in is measured by benchmarks/sync.py.
        raw = tx.connection.connection.driver_connection
        assert raw is not None
        trigrams.suspend(tx.connection)
        raw.executemany(
            "INSERT INTO mac_entries (id, scope_id, ver, mac, model, note, extra) VALUES (?, ?, 1, ?, ?, ?, '{}')",
            ((new_id(), org, *line) for line in macs(rows)),
        )
        trigrams.resume(tx.connection)

    async def work() -> None:
        await mirror.write(fill, origin=Origin.PULL, act="Fill")
        await mirror.close()

    asyncio.run(work())


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large one site is; 33,000, 20,000 and two codes each are 100,000 rows and their relays, homes, members."""

    devices: int = 33_000
    people: int = 20_000
    doors: int = 400
    """Devices that people open; the others hang in groups of nobody."""
    buildings: int = 100


def write_site(profile: Profile, sizes: Sizes) -> None:
    """A workstation at which a property manager is signed in, with one large site."""
    profile.make()
    clock = SystemClock()
    mirror = open_mirror(profile.mirror, mirror_key(profile, ENVIRONMENT), clock, backups=profile.backups)

    def fill(tx: Tx) -> None:
        org = new_id()
        tx.put(ORGANISATION, Organisation(id=org, scope_id=org, name="Firm", kind=OrgKind.INSTALLER))
        syncmeta.keep_session(tx, _session(org, Role.MANAGER))
        for spec, rows in _site_rows(sizes, org, clock.now()):
            tx.put_many(spec, rows)

    async def work() -> None:
        await mirror.write(fill, origin=Origin.PULL, act="Fill")
        await mirror.close()

    asyncio.run(work())


def _site_rows(sizes: Sizes, org: str, now: datetime) -> Iterator[tuple[Any, list[Any]]]:
    site = new_id()

    def made(spec: Any, **fields: Any) -> Any:
        own = {"site_id": site} if "site_id" in spec.by_name else {}
        return spec.row(id=new_id(), scope_id=site, **own, **fields)

    many = sizes.buildings
    yield (
        SITE,
        [
            SITE.row(
                id=site,
                scope_id=site,
                org_id=org,
                name="Large",
                kind=SiteKind.COMMUNITY,
                time_zone="Europe/Berlin",
            )
        ],
    )
    houses = [made(BUILDING, name=f"Building {n:03}") for n in range(many)]
    homes = [
        made(APARTMENT, building_id=houses[n % many].id, number=f"{n // many:04}")
        for n in range(sizes.people // 2)
    ]
    devices = [
        made(
            DEVICE,
            mac=f"0C1105{n:06X}",
            name=f"Door {n:05}",
            building_id=houses[n % many].id,
            model="R29",
            firmware="29.30.10.1",
            address=f"http://10.{n >> 16}.{n >> 8 & 255}.{n & 255}",
            seen_at=now,
        )
        for n in range(sizes.devices)
    ]
    relays = [made(RELAY, device_id=device.id, number=1, name="Street") for device in devices]
    people = [
        made(
            RESIDENT,
            apartment_id=homes[n // 2].id,
            first_name=f"First{n % 400}",
            last_name=f"Last{n * 7919 % 20_011:05}",
            uid=str(n),
        )
        for n in range(sizes.people)
    ]
    groups = [made(ACCESS_GROUP, name=f"Group {n}", code=n + 1) for n in range(many)]
    yield from (
        (BUILDING, houses),
        (APARTMENT, homes),
        (DEVICE, devices),
        (RELAY, relays),
        (RESIDENT, people),
    )
    yield (
        CREDENTIAL,
        [
            made(CREDENTIAL, person_id=person.id, kind=kind, code=f"{n + first:{shape}}")
            for kind, first, shape in (
                (CredentialKind.PIN, 100_000, "06"),
                (CredentialKind.CARD, 0xA00000, "08X"),
            )
            for n, person in enumerate(people)
        ],
    )
    yield ACCESS_GROUP, groups
    yield (
        GROUP_MEMBER,
        [
            made(GROUP_MEMBER, group_id=groups[n // 2 % many].id, person_id=person.id)
            for n, person in enumerate(people)
        ],
    )
    yield (
        GROUP_DOOR,
        [
            made(GROUP_DOOR, group_id=groups[n % many].id, relay_id=relay.id)
            for n, relay in enumerate(relays[: sizes.doors])
        ],
    )
    yield (
        PROOF,
        [
            made(
                PROOF,
                device_id=devices[n // 2 % many].id,
                kind=ItemKind.PERSON,
                subject=person.id,
                title=person.first_name,
                verdict=Verdict.REFUSED,
                said="No room",
                at=now,
            )
            for n, person in enumerate(people)
            if n % 3 == 0
        ],
    )


def _session(org: str, role: Role = Role.INSTALLER) -> Session:
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
