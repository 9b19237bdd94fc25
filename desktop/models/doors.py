"""The doors of a site: every relay with its place, its device's state, who may open it, what happened last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.base.verdict import Verdict
from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER, RELAY_SCHEDULE
from core.entities.device import DEVICE, RELAY, Device, Relay
from core.entities.event import DOOR_EVENT, DoorEvent
from core.rules.door import Door
from core.rules.status import DeviceStatus
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.desired import site_status
from desktop.models.columns import MONO, NUMBER, QUIET, STRONG, ListColumn, col
from desktop.models.listing import FilterField
from desktop.models.places import Places, read_places
from desktop.models.words import choice_word, counted, number_word, time_word, translate, verdict_word
from desktop.qt.roles import Look, RowLook

TOUCHES = frozenset(
    {
        "relays", "devices", "group_doors", "group_members", "access_groups", "relay_schedules", "proofs",
        "door_events", "buildings", "apartments", "sites",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DoorLine:
    """One relay. `people`: how many are in groups that open it; `held_by`: groups that hold it open in their times."""

    relay: Relay
    device: Device
    place: str
    verdict: Verdict
    reason: str
    people: int
    groups: tuple[str, ...]
    held_by: tuple[tuple[str, str], ...]
    """(group id, name)."""
    last: DoorEvent | None = None

    @property
    def name(self) -> str:
        """Device and relay."""
        return Door(self.device, self.relay).name


@dataclass(frozen=True, slots=True)
class DoorsData:
    """The doors, and the groups that may hold one open."""

    lines: tuple[DoorLine, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()


async def load_doors(ctx: Context, site_id: str) -> DoorsData:
    """The doors of a site by device and number; none without a site."""
    if not site_id:
        return DoorsData()
    status = await site_status(ctx, site_id)
    return await ctx.mirror.read(lambda reader: _data(reader, site_id, status), limit_ms=20_000)


def _data(reader: Reader, site_id: str, status: Sequence[tuple[Device, DeviceStatus]]) -> DoorsData:
    places = read_places(reader, site_id)
    groups = {g.id: g for g in reader.find(ACCESS_GROUP, scope_id=site_id)}
    members: dict[str, set[str]] = {}
    for member in reader.find(GROUP_MEMBER, scope_id=site_id):
        members.setdefault(member.group_id, set()).add(member.person_id)
    opened: dict[str, list[str]] = {}
    for door in reader.find(GROUP_DOOR, scope_id=site_id):
        opened.setdefault(door.relay_id, []).append(door.group_id)
    held: dict[str, list[tuple[str, str]]] = {}
    for schedule in reader.find(RELAY_SCHEDULE, scope_id=site_id):
        if schedule.group_id in groups:
            held.setdefault(schedule.relay_id, []).append((schedule.group_id, groups[schedule.group_id].name))
    relays = _relays(reader, site_id)
    lines = []
    for device, state in status:
        last = rows(reader, ListQuery(DOOR_EVENT, {"device_id": device.id}, sort="-at", limit=8))
        for relay in relays.get(device.id, []):
            ids = [g for g in opened.get(relay.id, []) if g in groups]
            people = {p for g in ids for p in members.get(g, ())} | {
                o for g in ids if (o := groups[g].owner_id)
            }
            lines.append(
                DoorLine(
                    relay,
                    device,
                    _place(places, device),
                    state.verdict(),
                    state.reason(),
                    len(people),
                    tuple(sorted(groups[g].name for g in ids if groups[g].owner_id is None)),
                    tuple(sorted(held.get(relay.id, []), key=lambda pair: pair[1])),
                    next((e for e in last if e.relay in {"", "ABCD"[relay.number - 1]}), None),
                )
            )
    choices = sorted(
        ((g.id, g.name) for g in groups.values() if g.owner_id is None), key=lambda p: p[1].casefold()
    )
    return DoorsData(tuple(lines), tuple(choices))


async def doors_to_open(ctx: Context, site_id: str, first: Sequence[str] = ()) -> list[Door]:
    """The doors of a site that can be opened now, those of the devices in `first` before the others."""

    def work(reader: Reader) -> list[Door]:
        devices = sorted(reader.find(DEVICE, scope_id=site_id), key=lambda d: d.name.casefold())
        relays = _relays(reader, site_id)
        found = [
            Door(d, r) for d in devices if d.apartment_id is None for r in relays.get(d.id, []) if r.enabled
        ]
        return sorted(found, key=lambda door: door.device.id not in first)

    return await ctx.mirror.read(work, limit_ms=10_000)


def _relays(reader: Reader, site_id: str) -> dict[str, list[Relay]]:
    found: dict[str, list[Relay]] = {}
    for relay in sorted(reader.find(RELAY, scope_id=site_id), key=lambda r: r.number):
        found.setdefault(relay.device_id, []).append(relay)
    return found


def _place(places: Places, device: Device) -> str:
    return places.place(device.building_id, device.apartment_id)


def door_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the list of doors."""

    def last(line: DoorLine) -> str:
        return time_word(line.last.at, now(), zone()) if line.last else ""

    return [
        col("door", translate("Door"), lambda x: x.device.name, 170, STRONG, stretch=True),
        col("relay", translate("Relay"), lambda x: x.relay.name, 130, QUIET),
        col("place", translate("Place"), lambda x: x.place, 130, QUIET, drop=3),
        col(
            "state",
            translate("Device"),
            lambda x: verdict_word(x.verdict),
            110,
            _verdict_look,
            order=_by_verdict,
        ),
        col("methods", translate("Opens by"), _methods, 150, QUIET, drop=2),
        col(
            "people",
            translate("People"),
            lambda x: number_word(x.people),
            66,
            NUMBER,
            order=lambda x: x.people,
        ),
        col("held", translate("Held open"), _held, 150, _held_look, drop=1),
        col("last", translate("Last event"), last, 96, MONO, order=_last_order, drop=4),
    ]


def _verdict_look(line: DoorLine) -> Look:
    return Look(verdict=line.verdict.value, reason=line.reason)


def _by_verdict(line: DoorLine) -> str:
    return line.verdict.value


def _methods(line: DoorLine) -> str:
    return ", ".join(choice_word(m) for m in line.relay.methods)


def _held(line: DoorLine) -> str:
    return ", ".join(name for _, name in line.held_by)


def _held_look(line: DoorLine) -> Look:
    return Look(icon="door-open", tone="ambiguous") if line.held_by else Look(tone="t3")


def _last_order(line: DoorLine) -> float:
    return line.last.at.timestamp() if line.last else 0.0


def door_row_look(line: DoorLine) -> RowLook:
    """A stripe where the device needs somebody; a relay that is switched off is faded."""
    needs = {Verdict.REFUSED, Verdict.AMBIGUOUS, Verdict.UNREACHABLE}
    return RowLook(stripe=line.verdict.value if line.verdict in needs else "", faded=not line.relay.enabled)


def door_filters(rows_of: Callable[[], Sequence[DoorLine]]) -> list[FilterField]:
    """What the list can be narrowed by."""
    verdicts: list[tuple[object, str]] = [
        (v.value, verdict_word(v)) for v in Verdict if v is not Verdict.FOREIGN
    ]
    held: list[tuple[object, str]] = [(True, translate("held open")), (False, translate("by code only"))]
    return [
        FilterField("place", translate("Place"), lambda: _places(rows_of()), lambda x: x.place),
        FilterField("state", translate("Device"), lambda: verdicts, lambda x: x.verdict.value),
        FilterField("held", translate("Held open"), lambda: held, lambda x: bool(x.held_by)),
    ]


def _places(lines: Sequence[DoorLine]) -> list[tuple[object, str]]:
    return [(name, name) for name in sorted({x.place for x in lines} - {""})]


@dataclass(frozen=True, slots=True)
class DoorAnswer:
    """What a door answered to an act at the desk; kept while the window is open."""

    act: str
    verdict: Verdict
    said: str
    at: datetime


Answers = Mapping[str, tuple[DoorAnswer, ...]]
"""By relay id, the newest first."""

HOLDS = ((60, 1), (600, 10), (3600, 60))
"""For how long a door may be held from the desk: (seconds, minutes in words)."""


def hold_words(minutes: int) -> str:
    """`10 minutes`."""
    return counted(minutes, "{0} minute", "{0} minutes")
