"""The access groups of a site with their times, people and doors, as rows of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER, AccessGroup, Repeat
from core.entities.device import DEVICE, RELAY
from core.entities.person import RESIDENT
from core.rules.door import Door
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import NUMBER, QUIET, QUIET_MONO, STRONG, ListColumn, col
from desktop.models.listing import FilterField
from desktop.models.places import read_places
from desktop.models.words import number_word, translate
from desktop.qt.roles import RowLook

TOUCHES = frozenset(
    {"access_groups", "group_members", "group_doors", "relays", "devices", "residents", "buildings"}
)


@dataclass(frozen=True, slots=True)
class DoorChoice:
    """One relay of the site: `Main entrance · Street door`."""

    relay_id: str
    words: str


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One access group. `doors` maps a relay's id to the id of the row that puts it into the group."""

    group: AccessGroup
    default_of: str
    people: tuple[tuple[str, str], ...]
    """(person id, name)."""
    doors: tuple[tuple[str, str, str], ...]
    """(relay id, id of the group's door row, words)."""


@dataclass(frozen=True, slots=True)
class GroupData:
    """The list, and every door that there is to choose from."""

    lines: tuple[GroupLine, ...]
    doors: tuple[DoorChoice, ...]
    buildings: tuple[tuple[object, str], ...] = ()


async def load_groups(ctx: Context, site_id: str) -> GroupData:
    """The access groups of a site, by name."""
    if not site_id:
        return GroupData((), ())
    return await ctx.mirror.read(lambda reader: _data(reader, site_id), limit_ms=10_000)


def _data(reader: Reader, site_id: str) -> GroupData:
    places = read_places(reader, site_id)
    devices = {d.id: d for d in reader.find(DEVICE, scope_id=site_id)}
    words = {
        r.id: Door(devices[r.device_id], r).name
        for r in reader.find(RELAY, scope_id=site_id)
        if r.device_id in devices and r.enabled
    }
    people = {p.id: RESIDENT.name_of(p) for p in reader.find(RESIDENT, scope_id=site_id)}
    members: dict[str, list[tuple[str, str]]] = {}
    for member in reader.find(GROUP_MEMBER, scope_id=site_id):
        members.setdefault(member.group_id, []).append((member.person_id, people.get(member.person_id, "")))
    doors: dict[str, list[tuple[str, str, str]]] = {}
    for door in reader.find(GROUP_DOOR, scope_id=site_id):
        doors.setdefault(door.group_id, []).append((door.relay_id, door.id, words.get(door.relay_id, "")))
    lines = [
        GroupLine(
            g,
            places.building_name(g.building_id),
            tuple(sorted(members.get(g.id, []), key=lambda p: p[1].casefold())),
            tuple(sorted(doors.get(g.id, []), key=lambda d: d[2])),
        )
        for g in reader.find(ACCESS_GROUP, scope_id=site_id)
        if g.owner_id is None
    ]
    choices = sorted((DoorChoice(k, v) for k, v in words.items()), key=lambda d: d.words)
    ordered = sorted(lines, key=lambda x: x.group.name.casefold())
    return GroupData(tuple(ordered), tuple(choices), tuple(places.building_choices()))


def times_words(group: AccessGroup) -> str:
    """`daily 00:00-23:59`, `Mon Tue 06:00-22:00`, `1 Mar to 3 Mar`."""
    span = f"{group.from_time:%H:%M}-{group.to_time:%H:%M}"
    if group.repeat is Repeat.NEVER:
        return f"{group.from_day} {group.from_time:%H:%M} - {group.to_day} {group.to_time:%H:%M}"
    if group.repeat is Repeat.WEEKLY:
        return f"{day_words(group.days)} {span}"
    return translate("always") if span == "00:00-23:59" else translate("daily {0}").format(span)


def day_names() -> list[str]:
    """Short names of the days, Sunday first, as the digits of a weekly group count them."""
    return [translate(d) for d in ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")]


def day_words(digits: str) -> str:
    """`Mon Tue Fri`."""
    names = day_names()
    return " ".join(names[int(d)] for d in sorted(digits) if d.isdigit() and int(d) < len(names))


def group_columns() -> list[ListColumn]:
    """The columns of the group list."""
    return [
        col("name", translate("Access group"), lambda x: x.group.name, 230, STRONG, stretch=True),
        col(
            "code",
            translate("ID"),
            lambda x: str(x.group.code),
            72,
            QUIET_MONO,
            order=lambda x: x.group.code,
            drop=2,
        ),
        col("times", translate("Times"), lambda x: times_words(x.group), 190),
        col(
            "people",
            translate("People"),
            lambda x: number_word(len(x.people)),
            70,
            NUMBER,
            order=lambda x: len(x.people),
        ),
        col(
            "doors",
            translate("Doors"),
            lambda x: number_word(len(x.doors)),
            70,
            NUMBER,
            order=lambda x: len(x.doors),
        ),
        col("default", translate("Default of"), lambda x: x.default_of, 130, QUIET, drop=1),
    ]


def group_row_look(line: GroupLine) -> RowLook:
    """A group that opens no door is marked."""
    return RowLook(stripe="" if line.doors else "ambiguous")


def group_filters(lines: Callable[[], Sequence[GroupLine]]) -> list[FilterField]:
    """What the list can be narrowed by."""
    kinds: list[tuple[object, str]] = [
        ("default", translate("default groups")),
        ("own", translate("made by hand")),
    ]
    del lines
    return [
        FilterField("kind", translate("Show"), lambda: kinds, lambda x: "default" if x.default_of else "own")
    ]
