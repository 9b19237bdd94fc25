"""Public areas and departments of a site, as rows of a list (SITE-10, SITE-21, SITE-24)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from core.entities.device import DEVICE
from core.entities.person import RESIDENT
from core.entities.place import DEPARTMENT, PUBLIC_AREA, Department, PublicArea
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import NUMBER, QUIET, QUIET_MONO, STRONG, ListColumn, col
from desktop.models.places import read_places
from desktop.models.words import number_word, translate

TOUCHES = frozenset({"departments", "public_areas", "devices", "residents", "buildings", "sites"})


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One public area, or one department (`department` True)."""

    row: PublicArea | Department
    department: bool
    where: str = ""
    floors: str = ""
    devices: int = 0
    people: int = 0

    @property
    def key(self) -> str:
        """What identifies the row."""
        return self.row.id


async def load_areas(ctx: Context, site_id: str) -> list[AreaLine]:
    """Departments first, then public areas, each by name."""
    if not site_id:
        return []

    def work(reader: Reader) -> list[AreaLine]:
        places = read_places(reader, site_id)
        devices = reader.find(DEVICE, scope_id=site_id)
        in_area = Counter(d.area_id for d in devices)
        in_department = Counter(d.department_id for d in devices)
        people = Counter(p.department_id for p in reader.find(RESIDENT, scope_id=site_id))
        whole = translate("whole site")
        found = [
            AreaLine(d, True, "", ", ".join(d.floors), in_department[d.id], people[d.id])
            for d in reader.find(DEPARTMENT, site_id=site_id)
        ]
        found += [
            AreaLine(a, False, places.building_name(a.building_id) or whole, "", in_area[a.id])
            for a in reader.find(PUBLIC_AREA, site_id=site_id)
        ]
        return sorted(found, key=lambda x: (not x.department, x.row.name.casefold()))

    return await ctx.mirror.read(work, limit_ms=10_000)


def area_columns() -> list[ListColumn]:
    """The columns of the list."""
    return [
        col("name", translate("Name"), lambda x: x.row.name, 200, STRONG, stretch=True),
        col("kind", translate("Kind"), _kind, 120, QUIET),
        col("where", translate("Where"), lambda x: x.where, 140, QUIET, drop=2),
        col("floors", translate("Floors"), lambda x: x.floors, 110, QUIET_MONO, drop=1),
        col("people", translate("People"), lambda x: _figure(x.people), 76, NUMBER, order=lambda x: x.people),
        col(
            "devices",
            translate("Devices"),
            lambda x: _figure(x.devices),
            76,
            NUMBER,
            order=lambda x: x.devices,
        ),
    ]


def _kind(line: AreaLine) -> str:
    return translate("Department") if line.department else translate("Public area")


def _figure(count: int) -> str:
    return number_word(count) if count else ""
