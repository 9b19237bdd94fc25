"""Places beside buildings and apartments: departments of an office, public areas (SITE-10, SITE-21)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from core.entities.person import floor_known
from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Items, Ref, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Department(Row):
    """A department of an office with up to ten floors (SITE-21). Later changes do not touch its users (SITE-22)."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Department", max_len=128, searchable=True)]
    floors: Annotated[tuple[str, ...], Items(label="Accessible floors", max_items=10, max_len=4)] = ()


@looks_at("floors")
def _department_floors(department: Department) -> Iterator[Problem]:
    if not all(floor_known(floor) for floor in department.floors):
        message = "Accessible floors takes -10 to 128, G0, G1, G2 and all."
        yield Problem("floors", "departments.floors.unknown", message)


DEPARTMENT: EntitySpec[Department] = spec_of(
    Department,
    name="departments",
    number=20,
    label="Department",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "name"),
    rules=(_department_floors,),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicArea(Row):
    """A named public area of a building, or without one of the whole site (SITE-10, SITE-21)."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Public area", max_len=128, searchable=True)]
    building_id: Annotated[str | None, Ref(label="Building", to="buildings", indexed=True)] = None


PUBLIC_AREA: EntitySpec[PublicArea] = spec_of(
    PublicArea,
    name="public_areas",
    number=22,
    label="Public area",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "building_id", "name"),
)
