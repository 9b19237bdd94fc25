"""20,000 residents in one community: list queries, the compile of one device, a batch edit of all apartments.

    .venv/bin/python benchmarks/people.py [residents]
    .venv/bin/python benchmarks/people.py --imports [rows]

The first prints CPU seconds (all threads) for n and 2n and their ratio: about 2 is linear growth, about 4 would be
quadratic. The second prints an import of a residents' file against its floors, measured in the same run: reading the
file by python-calamine and nothing else, and writing the rows that it makes by sqlite3 into tables without a rule.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from python_calamine import CalamineWorkbook

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
from core.sheets.read import read_table
from core.sheets.residents import LAYOUT
from core.sheets.write import write_table
from core.store.blobs import BlobStore
from core.store.changes import Origin
from core.store.mirror import Mirror, open_mirror
from core.store.query import ListQuery, row_numbers
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases import imports
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
from core.usecases.undo import undo

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


def person_line(n: int) -> list[str]:
    """A row of the residents' file: four people a home, each with a card and a PIN, half of the columns filled."""
    cells = {
        "building": "A",
        "floors": "1;2",
        "apartment": str(n // PER_HOME),
        "account_type": "0" if n % PER_HOME == 0 else "1",
        "first_name": f"First{n}",
        "last_name": f"Last{n}",
        "email": f"p{n}@example.org",
        "mobile": f"600{n:06}",
        "calling_code": "34",
        "card": f"{0xA0000000 + n:X}",
        "pin": f"{10_000_000 + n}",
    }
    return [cells.get(c.field, "") for c in LAYOUT.columns]


def empty_town(tx: Tx, count: int) -> str:
    """A community whose homes have nobody yet."""
    org, site_id = new_id(), new_id()
    tx.put(ORGANISATION, Organisation(id=org, scope_id=org, name="Firm", kind=OrgKind.INSTALLER))
    site = tx.put(SITE, Site(id=site_id, scope_id=site_id, org_id=org, name="Big", time_zone="Europe/Madrid"))
    building = put_building(tx, site, "A")
    own: dict[str, Any] = {"scope_id": site_id, "site_id": site_id, "building_id": building.id}
    homes = [Apartment(id=new_id(), **own, number=str(n)) for n in range(count // PER_HOME + 1)]
    tx.put_many(APARTMENT, homes)
    return site_id


def bare_read(path: Path) -> None:
    """The floor of reading: all cells of the file as Python values."""
    CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def bare_write(folder: Path, tables: dict[str, list[tuple[Any, ...]]]) -> None:
    """The floor of writing: the same rows into a plain SQLite file, with the id as the only index."""
    with sqlite3.connect(folder / "floor.db") as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        for name, rows in tables.items():
            width = len(rows[0])
            columns = ", ".join(f"c{i}" for i in range(width))
            raw.execute(f"CREATE TABLE {name} ({columns}, PRIMARY KEY (c0))")
            raw.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * width)})", rows)  # noqa: S608  names of ours
    raw.close()


async def measure_imports(count: int) -> None:
    """An import of `count` people into an empty site, step by step, and its undo."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.xlsx"
        write_table(file, LAYOUT.heads, (person_line(n) for n in range(count)))
        profile = Profile(Path(folder) / "profile").make()
        mirror = open_mirror(profile.mirror, secrets.token_hex(32), SystemClock(), backups=profile.backups)
        try:
            await _measure_imports(mirror, profile, file, count)
        finally:
            await mirror.close()


async def _measure_imports(mirror: Mirror, profile: Profile, file: Path, count: int) -> None:
    ctx = Context(
        clock=SystemClock(), mirror=mirror, blobs=BlobStore(profile.blobs), gateway=cast("Any", None),
        scanner=cast("Any", None), actor=Actor(new_id(), new_id(), Role.INSTALLER, "Bench"),
    )  # fmt: skip
    site_id = await mirror.write(lambda tx: empty_town(tx, count), origin=Origin.IMPORT)
    found: dict[str, float] = {}
    bare_read(file)
    start = time.process_time()
    bare_read(file)
    found["floor: python-calamine reads the file"] = time.process_time() - start
    start = time.process_time()
    read_table(file)
    found["read"] = time.process_time() - start
    start = time.process_time()
    plan = await imports.plan(ctx, path=file, kind="residents", site_id=site_id)
    found["preview: read, find columns, check every row"] = time.process_time() - start
    assert plan.new == count, plan.faults[:3]
    start = time.process_time()
    receipt = await imports.apply(ctx, plan)
    found["apply"] = time.process_time() - start
    assert receipt.result.new == count
    tables = await mirror.read(written, limit_ms=600_000)
    start = time.process_time()
    bare_write(profile.mirror.parent, tables)
    found["floor: sqlite3 writes the same rows"] = time.process_time() - start
    start = time.process_time()
    report = await undo(ctx, receipt.undo_id)
    found["undo"] = time.process_time() - start
    assert not report.cannot
    floor = found["floor: python-calamine reads the file"]
    rows = sum(len(r) for r in tables.values())
    print(f"{count:,} rows of a file, {rows:,} rows written\n{'':48}{'CPU':>9}{'x read':>8}")
    for word, seconds in found.items():
        print(f"{word:48}{seconds:>8.2f}s{seconds / floor:>8.2f}")


def written(reader: Reader) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that the import has written, with what stands beside them, as tuples with the key in front."""
    keys = {
        "residents": "id",
        "credentials": "id",
        "group_members": "id",
        "outbox": "n",
        "shadow": "entity_id",
        "audit_entries": "id",
    }
    found = {}
    for name, key in keys.items():
        rows = reader.connection.exec_driver_sql(f'SELECT "{key}", * FROM "{name}"').fetchall()  # noqa: S608  names of ours
        found[name] = [tuple(row) for row in rows]
    return found


async def main() -> None:
    if "--imports" in sys.argv:
        numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
        await measure_imports(numbers[0] if numbers else 100_000)
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    half, whole = await measure(count // 2), await measure(count)
    print(f"{'':32}{count // 2:>10}{count:>10}{'ratio':>8}")
    for word, seconds in whole.items():
        print(f"{word:32}{half[word]:>9.3f}s{seconds:>9.3f}s{seconds / half[word]:>8.2f}")


if __name__ == "__main__":
    asyncio.run(main())
