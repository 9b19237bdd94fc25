"""The plan of a site's doors without widgets: what state each door is in, and where it is drawn.

A plan without a drawing is a schematic: buildings side by side, floors on top of each other, doors in a row. Places are
in parts of `WHOLE`, so that they hold at any size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from core.base.verdict import Verdict
from core.entities.access import ACCESS_GROUP, RELAY_SCHEDULE, AccessGroup
from core.entities.plan import FLOOR_PLAN, PLAN_DOOR, WHOLE, FloorPlan
from core.rules.access_times import is_open, local_of
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.doors import DoorLine, load_doors
from desktop.models.places import Places, read_places
from desktop.models.words import translate

SILENT_AFTER = timedelta(days=1)
"""A device that was not seen for so long counts as offline, as on its own page."""
EDGE = 300
"""Around and between the boxes of the schematic."""
HEAD = 500
"""The line of a box's name."""


class DoorState(StrEnum):
    """What a door's mark says; the first that is true holds."""

    HELD = "held"
    OPEN = "open"
    OFFLINE = "offline"
    ATTENTION = "attention"
    ONLINE = "online"


TONES = {
    DoorState.HELD: "ambiguous",
    DoorState.OPEN: "acct",
    DoorState.OFFLINE: "unreachable",
    DoorState.ATTENTION: "refused",
    DoorState.ONLINE: "proved",
}
ICONS = {
    DoorState.HELD: "hourglass",
    DoorState.OPEN: "door-open",
    DoorState.OFFLINE: "wifi-off",
    DoorState.ATTENTION: "triangle-alert",
    DoorState.ONLINE: "door-closed",
}


def state_word(state: DoorState) -> str:
    """The state for people."""
    return {
        DoorState.HELD: translate("held open"),
        DoorState.OPEN: translate("open"),
        DoorState.OFFLINE: translate("offline"),
        DoorState.ATTENTION: translate("needs attention"),
        DoorState.ONLINE: translate("online"),
    }[state]


@dataclass(frozen=True, slots=True)
class Box:
    """A building of the schematic, or one floor of it; in parts of WHOLE."""

    name: str
    x: int
    y: int
    width: int
    height: int
    floor: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """One door on a plan: the middle of its mark."""

    line: DoorLine
    x: int
    y: int

    @property
    def key(self) -> str:
        """The relay."""
        return self.line.relay.id


@dataclass(frozen=True, slots=True)
class Drawing:
    """One plan. `plan` None: the schematic of a site that has no plan yet. `file` None: the schematic, or a drawing
    that has not arrived on this workstation (then `waits`).
    """

    name: str
    plan: FloorPlan | None = None
    file: Path | None = None
    waits: bool = False
    boxes: tuple[Box, ...] = ()
    spots: tuple[Spot, ...] = ()
    absent: tuple[DoorLine, ...] = ()
    """Doors of the site that are not on it."""

    @property
    def key(self) -> str:
        """The plan's id; empty for the schematic that nobody made."""
        return self.plan.id if self.plan else ""


@dataclass(frozen=True, slots=True)
class PlanData:
    """Everything the view of a site's plans shows."""

    drawings: tuple[Drawing, ...] = ()
    holds: Mapping[str, tuple[AccessGroup, ...]] | None = None
    zone: str = "UTC"

    def drawing(self, key: str) -> Drawing | None:
        """A plan by its key; the first one where the key is unknown."""
        return next((d for d in self.drawings if d.key == key), self.drawings[0] if self.drawings else None)


async def load_plans(ctx: Context, site_id: str) -> PlanData:
    """The plans of a site; one schematic where it has none, nothing without a site."""
    if not site_id:
        return PlanData()
    doors = (await load_doors(ctx, site_id)).lines

    def work(reader: Reader) -> PlanData:
        places = read_places(reader, site_id)
        groups = {g.id: g for g in reader.find(ACCESS_GROUP, scope_id=site_id)}
        holds: dict[str, tuple[AccessGroup, ...]] = {}
        for row in reader.find(RELAY_SCHEDULE, scope_id=site_id):
            if row.group_id in groups:
                holds[row.relay_id] = (*holds.get(row.relay_id, ()), groups[row.group_id])
        plans = sorted(
            reader.find(FLOOR_PLAN, site_id=site_id), key=lambda p: (p.floor or 0, p.name.casefold())
        )
        placed: dict[str, dict[str, tuple[int, int]]] = {}
        for door in reader.find(PLAN_DOOR, scope_id=site_id):
            placed.setdefault(door.plan_id, {})[door.relay_id] = (door.x, door.y)
        drawings = tuple(_drawing(ctx, p, doors, placed.get(p.id, {}), places) for p in plans)
        zone = places.site.time_zone if places.site else "UTC"
        return PlanData(drawings or (schematic(doors, places),), holds, zone)

    return await ctx.mirror.read(work, limit_ms=20_000)


def _drawing(
    ctx: Context,
    plan: FloorPlan,
    doors: Sequence[DoorLine],
    placed: Mapping[str, tuple[int, int]],
    places: Places,
) -> Drawing:
    if plan.picture is None:
        made = schematic(doors, places)
        spots = tuple(Spot(s.line, *placed.get(s.key, (s.x, s.y))) for s in made.spots)
        return Drawing(plan.name, plan, boxes=made.boxes, spots=spots)
    spots = tuple(Spot(line, *placed[line.relay.id]) for line in doors if line.relay.id in placed)
    absent = tuple(line for line in doors if line.relay.id not in placed)
    here = ctx.blobs.has(plan.picture)
    file = ctx.blobs.path(plan.picture) if here else None
    return Drawing(plan.name, plan, file, not here, (), spots, absent)


def schematic(doors: Sequence[DoorLine], places: Places) -> Drawing:
    """Buildings side by side (what belongs to the whole site first), floors from the top down, doors in a row."""
    floors: dict[str, dict[int, list[DoorLine]]] = {}
    for line in doors:
        home = places.apartment_by_id.get(line.device.apartment_id or "")
        building = home.building_id if home else line.device.building_id or ""
        floor = (home.floor or 0) if home else 0
        floors.setdefault(building, {}).setdefault(floor, []).append(line)
    order = ["", *(b.id for b in places.buildings)]
    shown = [b for b in order if b in floors] + [b for b in floors if b not in order]
    boxes: list[Box] = []
    spots: list[Spot] = []
    width = (WHOLE - EDGE) // max(1, len(shown)) - EDGE
    for number, building in enumerate(shown):
        x = EDGE + number * (width + EDGE)
        name = places.building_name(building) or (places.site.name if places.site else "")
        boxes.append(Box(name, x, EDGE, width, WHOLE - 2 * EDGE))
        made = _floors(floors[building], x, width)
        boxes += made[0]
        spots += made[1]
    return Drawing(translate("Schematic"), boxes=tuple(boxes), spots=tuple(spots))


def _floors(floors: Mapping[int, Sequence[DoorLine]], x: int, width: int) -> tuple[list[Box], list[Spot]]:
    boxes: list[Box] = []
    spots: list[Spot] = []
    shares = {floor: 1 + (len(lines) - 1) // 3 for floor, lines in floors.items()}
    room, top = WHOLE - 2 * EDGE - HEAD, EDGE + HEAD
    for floor in sorted(floors, reverse=True):
        height = room * shares[floor] // sum(shares.values())
        boxes.append(Box(floor_word(floor), x, top, width, height, floor=True))
        spots += _row_of(floors[floor], x, width, top + HEAD // 2, height - HEAD // 2)
        top += height
    return boxes, spots


def _row_of(lines: Sequence[DoorLine], x: int, width: int, top: int, height: int) -> list[Spot]:
    """Doors in as many columns as keeps them about as far apart across as down; a name stands below each mark."""
    across = max(1, min(len(lines), round((len(lines) * width / max(1, height)) ** 0.5)))
    down = -(-len(lines) // across)
    return [
        Spot(
            line,
            x + (2 * (number % across) + 1) * width // (2 * across),
            top + (10 * (number // across) + 4) * height // (10 * down),
        )
        for number, line in enumerate(lines)
    ]


def floor_word(floor: int) -> str:
    """A floor for people."""
    return translate("Ground floor") if not floor else translate("Floor {0}").format(floor)


def state_of(
    line: DoorLine,
    now: datetime,
    *,
    held_until: datetime | None = None,
    groups: Sequence[AccessGroup] = (),
    zone: str = "UTC",
) -> DoorState:
    """What is known of a door now. `held_until`: the desk's own hold; `groups`: those that hold it in their times."""
    if held_until is not None and now < held_until:
        return DoorState.HELD
    local = local_of(now, zone)
    times = ((g.repeat, g.days, g.from_time, g.to_time, g.from_day, g.to_day) for g in groups)
    if any(is_open(*one, local) for one in times):
        return DoorState.HELD
    last = line.last
    if last is not None and last.worked and last.at <= now < last.at + timedelta(seconds=line.relay.hold_s):
        return DoorState.OPEN
    seen = line.device.seen_at
    if line.verdict is Verdict.UNREACHABLE or seen is None or now - seen > SILENT_AFTER:
        return DoorState.OFFLINE
    needs = {Verdict.REFUSED, Verdict.AMBIGUOUS, Verdict.DIFFERS}
    return DoorState.ATTENTION if line.verdict in needs else DoorState.ONLINE


def nearest(spots: Sequence[Spot], here: str, dx: int, dy: int) -> str:
    """The door that an arrow key leads to: the nearest one in that direction, little aside; `here` where none is."""
    at = next((s for s in spots if s.key == here), None)
    if at is None:
        return spots[0].key if spots else here
    best: tuple[float, str] | None = None
    for spot in spots:
        along = (spot.x - at.x) * dx + (spot.y - at.y) * dy
        aside = abs((spot.x - at.x) * dy) + abs((spot.y - at.y) * dx)
        if spot.key != here and along > 0 and (best is None or along + 2 * aside < best[0]):
            best = (along + 2 * aside, spot.key)
    return best[1] if best else here
