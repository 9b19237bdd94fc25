"""What people at random workstations do: add, change and remove rows, settle the tray. Every edit that was committed is
noted by its mutation id, so that the oracle can ask where each one went.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import select

from core.base.errors import GatewrightError, UserError
from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, AccessGroup
from core.entities.device import DEVICE, MAC_ENTRY, Device, MacEntry
from core.entities.person import CREDENTIAL, RESIDENT, Credential, CredentialKind, Resident
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building, Site
from core.schema.entity import EntitySpec
from core.store import tray
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tables import OUTBOX
from core.store.tx import Tx
from core.wire.moves import Moved, MoveDevice
from tests.history.world import Station

MACS = [f"0C110500000{i}" for i in range(4)]
PINS = ["1111", "2222", "3333"]
WORDS = ["ash", "birch", "cedar", "elm", "fir"]
MOVES = 0.1
"""How many of the acts take a device to another site."""
Act = Callable[[Tx, Random, str], None]


def _one(tx: Tx, rng: Random, spec: EntitySpec[Any], **equals: Any) -> Any:
    rows = tx.find(spec, **equals)
    if not rows:
        raise UserError("none", f"no {spec.name} here")
    return rng.choice(rows)


def add_site(tx: Tx, rng: Random, org: str) -> None:
    if len(tx.find(SITE)) >= 3:
        raise UserError("enough", "enough sites")
    site = new_id()
    tx.put(SITE, Site(id=site, scope_id=site, org_id=org, name=rng.choice(WORDS)))


def add_building(tx: Tx, rng: Random, org: str) -> None:
    site = _one(tx, rng, SITE)
    tx.put(BUILDING, Building(id=new_id(), scope_id=site.id, site_id=site.id, name=rng.choice(WORDS)))


def add_apartment(tx: Tx, rng: Random, org: str) -> None:
    b = _one(tx, rng, BUILDING)
    number = str(rng.randint(1, 6))
    tx.put(
        APARTMENT,
        Apartment(id=new_id(), scope_id=b.scope_id, site_id=b.site_id, building_id=b.id, number=number),
    )


def add_resident(tx: Tx, rng: Random, org: str) -> None:
    """A person and a PIN, both or none."""
    a = _one(tx, rng, APARTMENT)
    tx.grouped()
    person = Resident(
        id=new_id(), scope_id=a.scope_id, site_id=a.site_id, apartment_id=a.id,
        first_name=rng.choice(WORDS), last_name=rng.choice(WORDS),
    )  # fmt: skip
    tx.put(RESIDENT, person)
    _give_pin(tx, rng, person)


def add_pin(tx: Tx, rng: Random, org: str) -> None:
    _give_pin(tx, rng, _one(tx, rng, RESIDENT))


def _give_pin(tx: Tx, rng: Random, person: Resident) -> None:
    pin = Credential(
        id=new_id(),
        scope_id=person.scope_id,
        person_id=person.id,
        kind=CredentialKind.PIN,
        code=rng.choice(PINS),
    )
    tx.put(CREDENTIAL, pin)


def change_pin(tx: Tx, rng: Random, org: str) -> None:
    tx.patch(CREDENTIAL, _one(tx, rng, CREDENTIAL), code=rng.choice(PINS))


def add_device(tx: Tx, rng: Random, org: str) -> None:
    site = _one(tx, rng, SITE)
    device = Device(
        id=new_id(), scope_id=site.id, site_id=site.id, mac=rng.choice(MACS), name=rng.choice(WORDS)
    )
    tx.put(DEVICE, device)


def change_mac(tx: Tx, rng: Random, org: str) -> None:
    tx.patch(DEVICE, _one(tx, rng, DEVICE), mac=rng.choice(MACS), name=rng.choice(WORDS))


def add_mac(tx: Tx, rng: Random, org: str) -> None:
    tx.put(MAC_ENTRY, MacEntry(id=new_id(), scope_id=org, mac=rng.choice(MACS), note=rng.choice(WORDS)))


def add_group(tx: Tx, rng: Random, org: str) -> None:
    site = _one(tx, rng, SITE)
    group = AccessGroup(
        id=new_id(), scope_id=site.id, site_id=site.id, name=rng.choice(WORDS), code=rng.randint(1, 99)
    )
    tx.put(ACCESS_GROUP, group)


def change_resident(tx: Tx, rng: Random, org: str) -> None:
    fields = rng.sample(["first_name", "last_name", "remark", "mobile"], rng.randint(1, 2))
    tx.patch(
        RESIDENT, _one(tx, rng, RESIDENT), **{f: rng.choice(WORDS) + str(rng.randint(0, 9)) for f in fields}
    )


def move_resident(tx: Tx, rng: Random, org: str) -> None:
    """Into another apartment; perhaps one that the cloud will refuse."""
    person = _one(tx, rng, RESIDENT)
    home = _one(tx, rng, APARTMENT, site_id=person.site_id)
    tx.patch(RESIDENT, person, apartment_id=home.id)


def change_site(tx: Tx, rng: Random, org: str) -> None:
    tx.patch(SITE, _one(tx, rng, SITE), city=rng.choice(WORDS), street=rng.choice(WORDS))


def remove_one(tx: Tx, rng: Random, org: str) -> None:
    spec: EntitySpec[Any] = rng.choice([CREDENTIAL, RESIDENT, DEVICE, BUILDING, MAC_ENTRY])
    tx.remove(spec, _one(tx, rng, spec).id)


ACTS: list[tuple[Act, int]] = [
    (add_site, 2), (add_building, 2), (add_apartment, 3), (add_resident, 4), (add_pin, 3), (change_pin, 4),
    (add_device, 3), (change_mac, 4), (add_mac, 1), (add_group, 2), (change_resident, 14), (change_site, 8),
    (move_resident, 4),
    (remove_one, 4),
]  # fmt: skip


async def settle_in(station: Station, rng: Random, org: str) -> None:
    """What a firm has before the history begins, so that most acts find something to act on."""

    def work(tx: Tx) -> None:
        for act in (add_site, add_site, add_building, add_apartment, add_resident, add_device, add_mac):
            act(tx, rng, org)

    await station.mirror.write(work, origin=Origin.USER, act="settle in")
    await note(station)


async def edit(station: Station, rng: Random, org: str) -> None:
    """One random act of a person; what the rules of the mirror refuse at once was never entered."""
    if rng.random() < MOVES and len(await station.mirror.read(lambda r: r.find(SITE))) > 1:
        await move_device(station, rng)
        return
    act = rng.choices([a for a, _ in ACTS], [w for _, w in ACTS])[0]
    with contextlib.suppress(UserError):
        await station.mirror.write(lambda tx: act(tx, rng, org), origin=Origin.USER, act=act.__name__)
    await note(station)


async def note(station: Station) -> None:
    """Remember every mutation that is in the outbox now."""

    def read(r: Reader) -> list[dict[str, Any]]:
        return [dict(m) for m in r.connection.execute(select(OUTBOX)).mappings()]

    for mutation in await station.mirror.read(read):
        station.noted.setdefault(mutation["mut_id"], mutation)


async def move_device(station: Station, rng: Random) -> None:
    """A device goes to another site, or back: asked of the cloud at once, whatever is unsent here."""

    def pick(r: Reader) -> tuple[str, str]:
        device = rng.choice(r.find(DEVICE))
        return device.id, rng.choice([s.id for s in r.find(SITE) if s.id != device.site_id])

    # What is not there, not sent yet, not ours to move, or out of reach, is not moved.
    with contextlib.suppress(IndexError, GatewrightError):
        device, site = await station.mirror.read(pick)
        path = f"/v1/devices/{device}/move"
        moved = await station.transport.ask("POST", path, Moved, MoveDevice(site=site))
        if rng.random() < 0.2:
            await station.transport.ask("DELETE", f"/v1/moves/{moved.move}", Moved)


SETTLE = [tray.retry, tray.keep_mine, tray.keep_theirs, tray.drop]


async def settle_one(station: Station, rng: Random) -> None:
    """A person deals with one entry of the tray, in a way that the entry allows."""
    entries = await station.mirror.read(tray.entries)
    if not entries:
        return
    entry, way = rng.choice(entries), rng.choice(SETTLE)
    with contextlib.suppress(UserError):
        await station.mirror.write(lambda tx: way(tx, entry.id), origin=Origin.USER, act=way.__name__)
    await note(station)


async def give_in(station: Station) -> int:
    """Everything in the tray is let go; returns how many entries there were."""
    entries = await station.mirror.read(tray.entries)
    for entry in entries:
        open_ids = {e.id for e in await station.mirror.read(tray.entries)}
        if entry.id in open_ids:
            await station.mirror.write(partial(tray.drop, entry_id=entry.id), origin=Origin.USER, act="drop")
    await note(station)
    return len(entries)
