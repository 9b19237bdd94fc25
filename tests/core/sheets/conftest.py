"""A site with two buildings for the tests of imports, and a short way from rows to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.entities.access import ACCESS_GROUP, AccessGroup, Repeat
from core.entities.organisation import Organisation
from core.entities.person import CREDENTIAL, RESIDENT, AccountType, CredentialKind, Resident
from core.entities.site import APARTMENT, BUILDING, Apartment, Building, Site
from core.sheets.apply import ImportResult, apply_plan
from core.sheets.kinds import kind_of
from core.sheets.options import ImportOptions
from core.sheets.plan import plan_sheet, sheet_of
from core.sheets.read import read_table
from core.sheets.rows import RowPlan, SheetPlan
from core.sheets.write import write_table
from core.store.mirror import Mirror
from core.usecases.import_makers import MAKERS
from tests.fixtures_core import Planter


@dataclass
class Town:
    """The site, what stands on it, and files about it."""

    mirror: Mirror
    folder: Path
    org: Organisation
    site: Site
    buildings: dict[str, Building]
    apartments: dict[str, Apartment]
    groups: dict[int, AccessGroup]
    ada: Resident

    async def plan(self, kind: str, path: Path, options: ImportOptions | None = None) -> SheetPlan:
        into = self.org.id if kind == "macs" else self.site.id
        said = options or ImportOptions()
        table = sheet_of(kind, read_table(path))
        return await self.mirror.read(lambda r: plan_sheet(r, kind, table, into, said), limit_ms=60_000)

    async def plan_rows(
        self,
        kind: str,
        rows: Iterable[Sequence[str]],
        heads: Sequence[str] | None = None,
        suffix: str = ".xlsx",
        options: ImportOptions | None = None,
    ) -> SheetPlan:
        path = self.folder / f"file{suffix}"
        write_table(path, heads if heads is not None else kind_of(kind).layout.heads, rows)
        return await self.plan(kind, path, options)

    async def apply(self, plan: SheetPlan) -> ImportResult:
        return await apply_plan(self.mirror, plan, MAKERS)


@pytest.fixture
async def town(mirror: Mirror, planted: Planter, tmp_path: Path, org: Organisation, site: Site) -> Town:
    """Tamarind Court: A 101 (Ada Byron, master, with a PIN and a card), A 102, B 101; default groups and 'Pool'."""
    buildings = {n: await planted(BUILDING, site_id=site.id, name=n) for n in ("Building A", "Building B")}
    apartments = {
        f"{house[-1]}{number}": await planted(APARTMENT, site_id=site.id, building_id=b.id, number=number)
        for house, b in buildings.items()
        for number in ("101", "102")
        if (house, number) != ("Building B", "102")
    }
    groups = {}
    for code, (house, b) in enumerate(buildings.items(), 1001):
        groups[code] = await planted(
            ACCESS_GROUP,
            site_id=site.id,
            building_id=b.id,
            name=f"Resident-Building {house}",
            code=code,
            repeat=Repeat.DAILY,
        )
    groups[2001] = await planted(ACCESS_GROUP, site_id=site.id, name="Pool", code=2001, repeat=Repeat.DAILY)
    ada = await planted(
        RESIDENT,
        site_id=site.id,
        apartment_id=apartments["A101"].id,
        first_name="Ada",
        last_name="Byron",
        account_type=AccountType.MASTER,
    )
    for kind, text in ((CredentialKind.PIN, "4711"), (CredentialKind.CARD, "0A1B2C3D")):
        await planted(CREDENTIAL, scope_id=site.id, person_id=ada.id, kind=kind, code=text)
    return Town(mirror, tmp_path, org, site, buildings, apartments, groups, ada)


def verdicts(plan: SheetPlan) -> list[str]:
    """The verdicts in order."""
    return [row.verdict.value for row in plan.rows]


def faults(row: RowPlan) -> dict[str, str]:
    """Column -> reason."""
    return {fault.column: fault.reason for fault in row.faults}
