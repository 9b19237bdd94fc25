"""The plan of the doors: the state of each, the schematic of buildings and floors, arrows from door to door."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.ids import new_id
from core.base.verdict import Verdict
from core.entities.access import AccessGroup
from core.entities.device import DEVICE, RELAY
from core.entities.event import DOOR_EVENT
from core.entities.plan import WHOLE
from core.entities.site import APARTMENT, BUILDING, SITE
from desktop.models.doors import DoorLine
from desktop.models.places import Places
from desktop.models.site_plan import SILENT_AFTER, DoorState, nearest, schematic, state_of
from tests.factories import make

NOW = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
SITE_ROW = make(SITE, name="Tamarind Court", time_zone="Europe/Madrid")
BUILDINGS = [make(BUILDING, name=f"Building {letter}") for letter in "AB"]


def door(name: str = "Gym", verdict: Verdict = Verdict.PROVED, **device: object) -> DoorLine:
    """A door whose device was seen just now."""
    made = make(DEVICE, **{"name": name, "seen_at": NOW, "apartment_id": None, "building_id": None, **device})
    relay = make(RELAY, device_id=made.id, name="Door", hold_s=5)
    return DoorLine(relay, made, "", verdict, "", 0, (), ())


def event(line: DoorLine, ago_s: float, *, worked: bool = True) -> DoorLine:
    """The door with something that happened at it."""
    at = NOW - timedelta(seconds=ago_s)
    return replace(line, last=make(DOOR_EVENT, device_id=line.device.id, at=at, worked=worked))


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (door(), DoorState.ONLINE),
        (door(verdict=Verdict.WAITING), DoorState.ONLINE),
        (door(verdict=Verdict.DIFFERS), DoorState.ATTENTION),
        (door(verdict=Verdict.REFUSED), DoorState.ATTENTION),
        (door(verdict=Verdict.UNREACHABLE), DoorState.OFFLINE),
        (door(seen_at=None), DoorState.OFFLINE),
        (door(seen_at=NOW - SILENT_AFTER - timedelta(seconds=1)), DoorState.OFFLINE),
        (event(door(), 2), DoorState.OPEN),
        (event(door(), 5), DoorState.ONLINE),
        (event(door(), 2, worked=False), DoorState.ONLINE),
    ],
)
def test_what_a_doors_mark_says(line: DoorLine, state: DoorState) -> None:
    assert state_of(line, NOW) is state


def test_grp_03_a_door_is_held_by_the_desk_or_in_a_groups_times_at_the_site() -> None:
    line = door(verdict=Verdict.REFUSED)
    assert state_of(line, NOW, held_until=NOW + timedelta(seconds=1)) is DoorState.HELD
    assert state_of(line, NOW, held_until=NOW) is DoorState.ATTENTION
    nine = AccessGroup(  # 09:14 at the site, 08:14 here
        id=new_id(),
        scope_id="s",
        site_id="s",
        name="Cleaners",
        code=2,
        from_time=time(9, 0),
        to_time=time(9, 30),
    )
    assert state_of(line, NOW, groups=[nine], zone="Europe/Madrid") is DoorState.HELD
    assert state_of(line, NOW, groups=[nine], zone="UTC") is DoorState.ATTENTION


@given(st.lists(st.tuples(st.sampled_from([None, 0, 1]), st.sampled_from([-1, 0, 3, None])), max_size=24))
def test_the_schematic_puts_every_door_once_inside_its_buildings_floor(
    shape: list[tuple[int | None, int | None]],
) -> None:
    homes, lines = [], []
    for number, (building, floor) in enumerate(shape):
        owner = BUILDINGS[building] if building is not None else None
        home = None
        if owner is not None and floor is not None:
            home = make(APARTMENT, building_id=owner.id, floor=floor, number=f"{number:04}")
            homes.append(home)
        lines.append(
            door(
                f"Door {number}",
                building_id=owner.id if owner else None,
                apartment_id=home.id if home else None,
            )
        )
    drawn = schematic(lines, Places(SITE_ROW, BUILDINGS, homes))
    assert [s.key for s in drawn.spots].__len__() == len(lines)
    assert {s.key for s in drawn.spots} == {line.relay.id for line in lines}
    floors = [b for b in drawn.boxes if b.floor]
    for spot in drawn.spots:
        inside = [b for b in floors if b.x <= spot.x <= b.x + b.width and b.y <= spot.y <= b.y + b.height]
        assert inside, spot
        assert 0 <= spot.x <= WHOLE
        assert 0 <= spot.y <= WHOLE
    assert len({(s.x, s.y) for s in drawn.spots}) == len(lines)


def test_arrows_go_to_the_next_door_in_their_direction_and_stay_at_the_end() -> None:
    lines = [door(f"Door {n}", building_id=BUILDINGS[0].id) for n in range(4)]
    spots = schematic(lines, Places(SITE_ROW, BUILDINGS)).spots
    first = min(spots, key=lambda s: (s.y, s.x))
    right = nearest(spots, first.key, 1, 0)
    assert right != first.key
    assert nearest(spots, right, -1, 0) == first.key
    assert nearest(spots, first.key, -1, 0) == first.key
    assert nearest(spots, "gone", 0, 1) == spots[0].key
