"""Site plans: a drawing of a floor, or none (then the schematic), and where the doors are on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from core.schema.entity import EntitySpec, Row, Scope, spec_of
from core.schema.field import Digest, Number, Ref, Text

WHOLE = 10_000
"""Places are told in ten-thousandths of the plan's width and height: they hold at any size of the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPlan(Row):
    """One plan of a site. `picture` None: the schematic that is drawn from buildings and floors."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=64, searchable=True, example="Ground floor")]
    building_id: Annotated[str | None, Ref(label="Building", to="buildings", indexed=True)] = None
    floor: Annotated[int | None, Number(label="Floor", low=-10, high=128)] = None
    picture: Annotated[str | None, Digest(label="Drawing")] = None


FLOOR_PLAN: EntitySpec[FloorPlan] = spec_of(
    FloorPlan,
    name="floor_plans",
    number=50,
    label="Site plan",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "name"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDoor(Row):
    """Where a door is on a plan: the middle of its mark, from the upper left corner, in parts of `WHOLE`."""

    plan_id: Annotated[str, Ref(label="Site plan", to="floor_plans", indexed=True)]
    relay_id: Annotated[str, Ref(label="Relay", to="relays", indexed=True)]
    x: Annotated[int, Number(label="Across", low=0, high=WHOLE)]
    y: Annotated[int, Number(label="Down", low=0, high=WHOLE)]


PLAN_DOOR: EntitySpec[PlanDoor] = spec_of(
    PlanDoor,
    name="plan_doors",
    number=51,
    label="Door on a plan",
    scope=Scope.SITE,
    title=(),
    natural_key=("plan_id", "relay_id"),
)
