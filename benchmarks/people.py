"""20,000 residents in one community: list queries, the compile of one device, a batch edit of all apartments.

    .venv/bin/python benchmarks/people.py [residents]

Prints CPU seconds (all threads) for n and 2n and their ratio: about 2 is linear growth, about 4 would be quadratic.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from core.base.clock import SystemClock
from core.base.ids import new_id
from core.base.paths import Profile
from core.entities.access import ACCESS_GROUP, GROUP_MEMBER, GroupMember
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.device import DEVICE, RELAY, Device, Relay
from core.entities.organisation import ORGANISATION, Organisation, OrgKind, Role
from core.entities.person import RESIDENT, Resident
from core.entities.site import APARTMENT, SITE, Apartment, Plan, Site
from core.rules.compile import compile_device
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.mirror import Mirror, open_mirror
from core.store.query import ListQuery, row_numbers
from core.store.tx import Tx
from core.usecases.access import explain_access, who_opens
from core.usecases.apartments import apartment_lines, edit_apartments
from core.usecases.context import Actor, Context
from core.usecases.desired import device_target, site_rows
from core.usecases.devices import put_door
from core.usecases.groups import list_groups
from core.usecases.library import codes
from core.usecases.matrix import matrix
from core.usecases.places import put_building
from core.usecases.today import today

PER_HOME = 4


def fill(tx: Tx, count: int) -> tuple[str, str]:
    """A community with `count` residents, each with a PIN and a card, all in the default group."""
    org, site_id = new_id(), new_id()
    tx.put(ORGANISATION, Organisation(id=org, scope_id=org, name="Firm", kind=OrgKind.INSTALLER))
    site = tx.put(
        SITE,
        Site(
            id=site_id, scope_id=site_id, org_id=org, name="Big", time_zone="Europe/Madrid", plan=Plan.PREMIUM
        ),
    )
    building = put_building(tx, site, "A")
    [group] = tx.find(ACCESS_GROUP, building_id=building.id)
    own: dict[str, Any] = {"scope_id": site_id}
    homes = [
        Apartment(id=new_id(), **own, site_id=site_id, building_id=building.id, number=str(n))
        for n in range(count // PER_HOME)
    ]
    tx.put_many(APARTMENT, homes)
    people = [
        Resident(
            id=new_id(),
            **own,
            site_id=site_id,
            apartment_id=homes[n // PER_HOME].id,
            first_name=f"F{n}",
            last_name=f"L{n}",
            uid=f"{n:09}",
        )
        for n in range(count)
    ]
    tx.put_many(RESIDENT, people)
    _equip(tx, people, group.id, own)
    device = Device(
        id=new_id(), **own, site_id=site_id, mac="0C1105000001", name="Gate", building_id=building.id
    )
    tx.put(DEVICE, device)
    put_door(tx, group, tx.put(RELAY, Relay(id=new_id(), **own, device_id=device.id, number=1, name="Gate")))
    return site_id, device.id


def _equip(tx: Tx, people: list[Resident], group_id: str, own: dict[str, Any]) -> None:
    """A PIN, a card and a membership for everybody."""
    made = [
        Credential(id=new_id(), **own, person_id=p.id, kind=kind, code=code)
        for n, p in enumerate(people)
        for kind, code in (
            (CredentialKind.PIN, f"{10_000_000 + n}"),
            (CredentialKind.CARD, f"{0xA0000000 + n:X}"),
        )
    ]
    tx.put_many(CREDENTIAL, made)
    tx.put_many(
        GROUP_MEMBER, [GroupMember(id=new_id(), **own, group_id=group_id, person_id=p.id) for p in people]
    )


async def timed(work: Callable[[], Awaitable[Any]]) -> float:
    start = time.process_time()
    await work()
    return time.process_time() - start


async def measure(count: int) -> dict[str, float]:
    """Seconds of each piece of work at a site with `count` residents."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Profile(Path(folder)).make()
        mirror = open_mirror(profile.mirror, secrets.token_hex(32), SystemClock(), backups=profile.backups)
        try:
            return await _measure(mirror, profile, count)
        finally:
            await mirror.close()


async def _measure(mirror: Mirror, profile: Profile, count: int) -> dict[str, float]:
    ctx = Context(
        clock=SystemClock(), mirror=mirror, blobs=BlobStore(profile.blobs), gateway=cast("Any", None),
        scanner=cast("Any", None), actor=Actor(new_id(), new_id(), Role.INSTALLER, "Bench"),
    )  # fmt: skip
    places: list[str] = []
    found: dict[str, float] = {}
    found["fill"] = await timed(lambda: _fill(mirror, count, places))
    site_id, device_id = places
    searches = {
        "list by name": ListQuery(RESIDENT, {"scope_id": site_id}, sort="last_name"),
        "list search": ListQuery(RESIDENT, {"scope_id": site_id}, search="L19"),
        "list by apartment": ListQuery(RESIDENT, {"scope_id": site_id}, sort="apartment_id"),
    }
    for word, query in searches.items():
        found[word] = await timed(lambda q=query: mirror.read(lambda r: row_numbers(r, q), limit_ms=60_000))  # type: ignore[misc]
    found["library of PINs"] = await timed(lambda: codes(ctx, site_id, CredentialKind.PIN))
    found["list of apartments"] = await timed(lambda: apartment_lines(ctx, site_id))
    found["load and compile one device"] = await timed(lambda: device_target(ctx, device_id))
    rows = await mirror.read(lambda r: site_rows(r, site_id), limit_ms=60_000)
    start = time.process_time()
    compile_device(rows, rows.devices[0], ctx.clock.now())
    found["compile alone"] = time.process_time() - start
    found["explain one person"] = await timed(
        lambda: explain_access(ctx, person=rows.residents[7].id, door="Gate")
    )
    found["who may open"] = await timed(lambda: who_opens(ctx, door="Gate"))
    found["matrix of people and doors"] = await timed(lambda: matrix(ctx, site_id))
    found["today"] = await timed(lambda: today(ctx, site_id))
    found["groups by a person"] = await timed(lambda: list_groups(ctx, site_id, keyword="L19", by="person"))
    edit = {"may_pin": False}
    found["batch edit, dry run"] = await timed(
        lambda: edit_apartments(ctx, site_id=site_id, changes=edit, check=True)
    )
    found["batch edit of all apartments"] = await timed(
        lambda: edit_apartments(ctx, site_id=site_id, changes=edit)
    )
    return found


async def _fill(mirror: Mirror, count: int, places: list[str]) -> None:
    places += await mirror.write(lambda tx: fill(tx, count), origin=Origin.IMPORT)


async def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    half, whole = await measure(count // 2), await measure(count)
    print(f"{'':32}{count // 2:>10}{count:>10}{'ratio':>8}")
    for word, seconds in whole.items():
        print(f"{word:32}{half[word]:>9.3f}s{seconds:>9.3f}s{seconds / half[word]:>8.2f}")


if __name__ == "__main__":
    asyncio.run(main())
