"""The temporary keys of a site (VIS-01): for whom, where, when, how often, and where each stands on its doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.entities.access import ACCESS_GROUP, GROUP_DOOR, AccessGroup, Repeat
from core.entities.credential import CREDENTIAL, Credential
from core.entities.device import DEVICE, RELAY
from core.entities.event import DOOR_EVENT, DoorEvent
from core.entities.person import RESIDENT, PersonKind, Resident
from core.rules.access_times import is_open
from core.rules.door import Door
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import MONO, QUIET, ListColumn, col
from desktop.models.door_proofs import (
    NEEDS_A_PERSON,
    Doors,
    doors_by_person,
    doors_look,
    doors_order,
    doors_words,
    worst_of,
)
from desktop.models.groups import day_words
from desktop.models.listing import FilterField
from desktop.models.places import Places, read_places
from desktop.models.words import choice_word, date_words, number_word, translate, zone_of
from desktop.qt.roles import Look, RowLook

TOUCHES = frozenset(
    {
        "residents", "credentials", "access_groups", "group_doors", "proofs", "relays", "devices", "apartments",
        "buildings", "sites",
    }
)  # fmt: skip


USES_SHOWN = 6


class KeyState(StrEnum):
    """Where a key stands in its own time."""

    NOW = "valid now"
    LATER = "later"
    OVER = "expired"


@dataclass(frozen=True, slots=True)
class VisitorLine:
    """One key with its visitor. The code itself stays in the row and is never shown by a list."""

    visitor: Resident
    credential: Credential
    group: AccessGroup
    unit: str
    host: str
    doors: tuple[tuple[str, str], ...]
    """(relay id, words)."""
    proofs: Doors
    state: KeyState

    @property
    def name(self) -> str:
        """The visitor's name; one word stands with a dot in the place of the last name."""
        return RESIDENT.name_of(self.visitor).removesuffix(" ·")

    @property
    def key_id(self) -> str:
        """Identifies the line."""
        return self.visitor.id


async def load_visitors(ctx: Context, site_id: str) -> list[VisitorLine]:
    """The keys of a site, those valid now first, then by start."""
    if not site_id:
        return []
    proofs = await doors_by_person(ctx, site_id)
    now = ctx.clock.now()

    def work(reader: Reader) -> list[VisitorLine]:
        return _lines(reader, site_id, proofs, now)

    return await ctx.mirror.read(work, limit_ms=20_000)


def _lines(reader: Reader, site_id: str, proofs: Mapping[str, Doors], now: datetime) -> list[VisitorLine]:
    places = read_places(reader, site_id)
    local = now.astimezone(zone_of(places.site.time_zone if places.site else ""))
    codes = {c.person_id: c for c in reader.find(CREDENTIAL, scope_id=site_id)}
    groups = {g.owner_id: g for g in reader.find(ACCESS_GROUP, scope_id=site_id) if g.owner_id}
    hosts = hosts_of(reader, site_id)
    doors = _doors(reader, site_id)
    found = []
    for visitor in reader.find(RESIDENT, scope_id=site_id, kind=PersonKind.VISITOR):
        code, group = codes.get(visitor.id), groups.get(visitor.id)
        if code is None or group is None:
            continue
        found.append(
            VisitorLine(
                visitor,
                code,
                group,
                where_of(places, visitor),
                hosts.get(visitor.apartment_id or "", ""),
                doors.get(group.id, ()),
                proofs.get(visitor.id, ()),
                state_of(group, local),
            )
        )
    order = list(KeyState)
    return sorted(found, key=lambda x: (order.index(x.state), start_of(x.group), x.name.casefold()))


async def load_uses(ctx: Context, visitor_id: str) -> list[DoorEvent]:
    """The newest events of a key."""
    query = ListQuery(DOOR_EVENT, {"person_id": visitor_id}, sort="-at", limit=USES_SHOWN)
    return await ctx.mirror.read(lambda reader: rows(reader, query))


def hosts_of(reader: Reader, site_id: str) -> dict[str, str]:
    """The name of the first master of each apartment."""
    found: dict[str, str] = {}
    people = reader.find(RESIDENT, scope_id=site_id, kind=PersonKind.RESIDENT)
    for person in sorted(people, key=lambda p: (p.account_type, p.id)):
        if person.apartment_id:
            found.setdefault(person.apartment_id, RESIDENT.name_of(person))
    return found


def where_of(places: Places, visitor: Resident) -> str:
    """The unit that a visitor comes for, or the building."""
    return places.unit(visitor.apartment_id) or places.building_name(visitor.building_id)


def _doors(reader: Reader, site_id: str) -> dict[str, tuple[tuple[str, str], ...]]:
    words = relay_words(reader, site_id)
    found: dict[str, list[tuple[str, str]]] = {}
    for door in reader.find(GROUP_DOOR, scope_id=site_id):
        if door.relay_id in words:
            found.setdefault(door.group_id, []).append((door.relay_id, words[door.relay_id]))
    return {group: tuple(sorted(doors, key=lambda d: d[1])) for group, doors in found.items()}


def relay_words(reader: Reader, site_id: str) -> dict[str, str]:
    """Every door of a site in words: the device alone where it has one relay, else with the relay's name."""
    devices = {d.id: d for d in reader.find(DEVICE, scope_id=site_id)}
    relays = [r for r in reader.find(RELAY, scope_id=site_id) if r.device_id in devices and r.enabled]
    count: dict[str, int] = {}
    for relay in relays:
        count[relay.device_id] = count.get(relay.device_id, 0) + 1
    return {
        r.id: devices[r.device_id].name if count[r.device_id] == 1 else Door(devices[r.device_id], r).name
        for r in relays
    }


def state_of(group: AccessGroup, local: datetime) -> KeyState:
    """Where a key stands at a wall-clock moment of the site. A key that repeats is never over."""
    span = (group.from_time, group.to_time, group.from_day, group.to_day)
    if is_open(group.repeat, group.days, *span, local):
        return KeyState.NOW
    ends = (group.to_day, group.to_time) if group.repeat is Repeat.NEVER and group.to_day else None
    return KeyState.OVER if ends is not None and ends < (local.date(), local.time()) else KeyState.LATER


def start_of(group: AccessGroup) -> tuple[str, str]:
    """Sorts keys by their beginning; those that repeat come first."""
    day = group.from_day.isoformat() if group.from_day else ""
    return day, f"{group.from_time:%H:%M}"


def when_words(group: AccessGroup) -> str:
    """`21 Nov 09:30 - 23:59`, `daily 10:30 - 12:00`, `Mon Tue 10:30 - 12:00`."""
    span = f"{group.from_time:%H:%M} - {group.to_time:%H:%M}"
    if group.repeat is Repeat.WEEKLY:
        return (
            f"{day_words(group.days)} {span}" if len(group.days) < 7 else translate("daily {0}").format(span)
        )
    if group.repeat is Repeat.DAILY:
        return translate("daily {0}").format(span)
    first, last = date_words(group.from_day), date_words(group.to_day)
    if first == last:
        return f"{first} {span}"
    return f"{first} {group.from_time:%H:%M} - {last} {group.to_time:%H:%M}"


def state_word(state: KeyState) -> str:
    """The state in the window's language."""
    words = {
        KeyState.NOW: translate("valid now"),
        KeyState.LATER: translate("later"),
        KeyState.OVER: translate("expired"),
    }
    return words[state]


def uses_words(uses: int | None) -> str:
    """How often it opens each chosen door."""
    return translate("no limit") if uses is None else translate("{0} at each door").format(number_word(uses))


def visitor_columns() -> list[ListColumn]:
    """The columns of the list of keys."""
    return [
        col("name", translate("Visitor"), lambda x: x.name, 170, Look(strong=True), stretch=True),
        col("for", translate("For"), _for_words, 210, QUIET, drop=2),
        col("key", translate("Key"), _masked, 80, MONO, sortable=False, drop=4),
        col("when", translate("When"), lambda x: when_words(x.group), 190, order=lambda x: start_of(x.group)),
        col("state", translate("State"), lambda x: state_word(x.state), 92, _state_look, order=_state_order),
        col("uses", translate("Uses"), lambda x: uses_words(x.credential.uses), 104, QUIET, drop=3),
        col(
            "doors",
            translate("Doors"),
            lambda x: doors_words(x.proofs),
            84,
            lambda x: doors_look(x.proofs),
            order=lambda x: doors_order(x.proofs),
        ),
        col("maker", translate("Made by"), lambda x: x.credential.made_by, 110, QUIET, drop=5),
    ]


def _for_words(line: VisitorLine) -> str:
    return f"{line.unit} · {line.host}" if line.host else line.unit


def _masked(line: VisitorLine) -> str:
    return str(CREDENTIAL.by_name["code"].kind.show(line.credential.code))


def _state_look(line: VisitorLine) -> Look:
    looks = {
        KeyState.NOW: Look(icon="check", tone="proved.text"),
        KeyState.LATER: Look(icon="clock", tone="t2"),
        KeyState.OVER: Look(icon="minus", tone="t3"),
    }
    return looks[line.state]


def _state_order(line: VisitorLine) -> int:
    return list(KeyState).index(line.state)


def visitor_row_look(line: VisitorLine) -> RowLook:
    """A stripe where a person is needed; a key that is over is faded."""
    verdict = worst_of(line.proofs)
    needs = verdict in NEEDS_A_PERSON and line.state is not KeyState.OVER
    return RowLook(stripe=verdict.value if needs else "", faded=line.state is KeyState.OVER)


def visitor_filters(rows: Callable[[], Sequence[VisitorLine]]) -> list[FilterField]:
    """What the list can be narrowed by (VIS-01: validity, repeat, maker)."""
    states: list[tuple[object, str]] = [(s.value, state_word(s)) for s in KeyState]
    repeats: list[tuple[object, str]] = [(r.value, choice_word(r.value)) for r in Repeat]
    return [
        FilterField("state", translate("Validity"), lambda: states, lambda x: x.state.value),
        FilterField("repeat", translate("Repeat"), lambda: repeats, lambda x: x.group.repeat.value),
        FilterField("maker", translate("Made by"), lambda: _makers(rows()), lambda x: x.credential.made_by),
    ]


def _makers(lines: Sequence[VisitorLine]) -> list[tuple[object, str]]:
    return [(name, name) for name in sorted({x.credential.made_by for x in lines} - {""})]
