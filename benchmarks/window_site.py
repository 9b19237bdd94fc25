"""One large site in the encrypted mirror of a signed-in property manager, written in bulk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.window_data import ENVIRONMENT, session_of
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
from core.entities.site import APARTMENT, BUILDING, SITE, Site, SiteKind
from core.store import syncmeta
from core.store.changes import Origin
from core.store.keys import mirror_key
from core.store.mirror import open_mirror
from core.store.tx import Tx

Rows = tuple[Any, list[Any]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """33,000 devices, 20,000 people and two codes for each: 93,000 rows, and their relays, homes and members."""

    devices: int = 33_000
    people: int = 20_000
    doors: int = 400
    """Devices that somebody opens."""
    buildings: int = 100


def write_site(profile: Profile, sizes: Sizes) -> None:
    """Write the profile; there is no cloud."""
    profile.make()
    clock = SystemClock()
    mirror = open_mirror(profile.mirror, mirror_key(profile, ENVIRONMENT), clock, backups=profile.backups)

    def fill(tx: Tx) -> None:
        org = new_id()
        tx.put(ORGANISATION, Organisation(id=org, scope_id=org, name="Firm", kind=OrgKind.INSTALLER))
        syncmeta.keep_session(tx, session_of(org, Role.MANAGER))
        for spec, rows in _Town(sizes, org, clock.now()).rows():
            tx.put_many(spec, rows)

    async def work() -> None:
        await mirror.write(fill, origin=Origin.PULL, act="Fill")
        await mirror.close()

    asyncio.run(work())


class _Town:
    def __init__(self, sizes: Sizes, org: str, now: datetime) -> None:
        self._sizes, self._now, self._id = sizes, now, new_id()
        self._site = Site(
            id=self._id,
            scope_id=self._id,
            org_id=org,
            name="Large",
            kind=SiteKind.COMMUNITY,
            time_zone="Europe/Berlin",
        )
        many = sizes.buildings
        self._houses = [self._made(BUILDING, name=f"Building {n:03}") for n in range(many)]
        self._homes = [
            self._made(APARTMENT, building_id=self._houses[n % many].id, number=f"{n // many:04}")
            for n in range(sizes.people // 2)
        ]
        self._devices = [self._device(n) for n in range(sizes.devices)]
        self._relays = [self._made(RELAY, device_id=d.id, number=1, name="Street") for d in self._devices]
        self._people = [self._person(n) for n in range(sizes.people)]
        self._groups = [self._made(ACCESS_GROUP, name=f"Group {n}", code=n + 1) for n in range(many)]

    def rows(self) -> Iterator[Rows]:
        """By entity, in an order in which nothing is named before it is there."""
        yield SITE, [self._site]
        yield from ((BUILDING, self._houses), (APARTMENT, self._homes), (DEVICE, self._devices))
        yield from ((RELAY, self._relays), (RESIDENT, self._people), (ACCESS_GROUP, self._groups))
        pins, cards = (CredentialKind.PIN, 100_000, "06"), (CredentialKind.CARD, 0xA00000, "08X")
        for kind, first, shape in (pins, cards):
            codes = [f"{n + first:{shape}}" for n in range(self._sizes.people)]
            pairs = zip(self._people, codes, strict=True)
            yield CREDENTIAL, [self._made(CREDENTIAL, person_id=p.id, kind=kind, code=c) for p, c in pairs]
        yield (
            GROUP_MEMBER,
            [
                self._made(GROUP_MEMBER, group_id=self._groups[n // 2 % len(self._groups)].id, person_id=p.id)
                for n, p in enumerate(self._people)
            ],
        )
        yield (
            GROUP_DOOR,
            [
                self._made(GROUP_DOOR, group_id=self._groups[n % len(self._groups)].id, relay_id=r.id)
                for n, r in enumerate(self._relays[: self._sizes.doors])
            ],
        )
        yield PROOF, [self._proof(n) for n in range(0, self._sizes.people, 3)]

    def _made(self, spec: Any, **fields: Any) -> Any:
        own = {"site_id": self._id} if "site_id" in spec.by_name else {}
        return spec.row(id=new_id(), scope_id=self._id, **own, **fields)

    def _device(self, n: int) -> Any:
        return self._made(
            DEVICE,
            mac=f"0C1105{n:06X}",
            name=f"Door {n:05}",
            building_id=self._houses[n % len(self._houses)].id,
            model="R29",
            firmware="29.30.10.1",
            address=f"http://10.{n >> 16}.{n >> 8 & 255}.{n & 255}",
            seen_at=self._now,
        )

    def _person(self, n: int) -> Any:
        return self._made(
            RESIDENT,
            apartment_id=self._homes[n // 2].id,
            first_name=f"First{n % 400}",
            last_name=f"Last{n * 7919 % 20_011:05}",
            uid=str(n),
        )

    def _proof(self, n: int) -> Any:
        return self._made(
            PROOF,
            device_id=self._devices[n // 2 % len(self._houses)].id,
            kind=ItemKind.PERSON,
            subject=self._people[n].id,
            title=self._people[n].first_name,
            verdict=Verdict.REFUSED,
            said="No room",
            at=self._now,
        )
