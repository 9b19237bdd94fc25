"""Access groups: who may open what, when (GRP-01 to GRP-05), relay schedules, emergency doors, shared doors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Annotated

from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Choice, Day, Daytime, Number, Ref, Text


class Repeat(StrEnum):
    """GRP-02: never is one period, daily a span of the day, weekly a span on chosen days."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessGroup(Row):
    """People, doors and times. With a `building_id` it is that building's default group (GRP-04).

    `code` is the numeric ID that files use; `days` holds digits 0 (Sunday) to 6. Times are of the site's zone.
    With an `owner_id` it is that person's private schedule (RES-04) or the times of a temporary key (VIS-01).
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=128, searchable=True)]
    code: Annotated[int, Number(label="ID", low=1, high=9_999_999, indexed=True)]
    building_id: Annotated[str | None, Ref(label="Default of building", to="buildings", indexed=True)] = None
    repeat: Annotated[Repeat, Choice(label="Repeat", of=Repeat)] = Repeat.DAILY
    days: Annotated[str, Text(label="Days", max_len=7)] = ""
    from_time: Annotated[time, Daytime(label="From")] = time(0, 0, 0)
    to_time: Annotated[time, Daytime(label="To")] = time(23, 59, 59)
    from_day: Annotated[date | None, Day(label="First day")] = None
    to_day: Annotated[date | None, Day(label="Last day")] = None
    owner_id: Annotated[str | None, Ref(label="Private to", to="residents", indexed=True)] = None


@looks_at("repeat", "from_day", "to_day", "from_time", "to_time", "days")
def _times_fit(group: AccessGroup) -> Iterator[Problem]:
    if group.repeat is Repeat.NEVER:
        if group.from_day is None or group.to_day is None:
            yield Problem(
                "from_day", "access_groups.period.missing", "A group that does not repeat needs both days."
            )
        elif (group.to_day, group.to_time) < (group.from_day, group.from_time):
            yield Problem("to_day", "access_groups.period.reversed", "The period ends before it starts.")
    elif group.to_time <= group.from_time:
        yield Problem("to_time", "access_groups.span.reversed", "To must be later than From on the same day.")
    if group.repeat is Repeat.WEEKLY and (not group.days or not set(group.days) <= set("0123456")):
        yield Problem(
            "days", "access_groups.days.missing", "A weekly group needs days: digits 0 (Sunday) to 6."
        )


ACCESS_GROUP: EntitySpec[AccessGroup] = spec_of(
    AccessGroup,
    name="access_groups",
    number=13,
    label="Access group",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "name"),
    rules=(_times_fit,),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember(Row):
    """One person in one access group."""

    group_id: Annotated[str, Ref(label="Access group", to="access_groups", indexed=True)]
    person_id: Annotated[str, Ref(label="Person", to="residents", indexed=True)]


GROUP_MEMBER: EntitySpec[GroupMember] = spec_of(
    GroupMember,
    name="group_members",
    number=14,
    label="Group member",
    scope=Scope.SITE,
    title=(),
    natural_key=("group_id", "person_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDoor(Row):
    """One relay that one access group opens."""

    group_id: Annotated[str, Ref(label="Access group", to="access_groups", indexed=True)]
    relay_id: Annotated[str, Ref(label="Relay", to="relays", indexed=True)]


GROUP_DOOR: EntitySpec[GroupDoor] = spec_of(
    GroupDoor,
    name="group_doors",
    number=15,
    label="Group door",
    scope=Scope.SITE,
    title=(),
    natural_key=("group_id", "relay_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySchedule(Row):
    """A group applied to a relay: the relay is held open in the group's times (GRP-03)."""

    relay_id: Annotated[str, Ref(label="Relay", to="relays", indexed=True)]
    group_id: Annotated[str, Ref(label="Access group", to="access_groups", indexed=True)]


RELAY_SCHEDULE: EntitySpec[RelaySchedule] = spec_of(
    RelaySchedule,
    name="relay_schedules",
    number=23,
    label="Relay schedule",
    scope=Scope.SITE,
    title=(),
    natural_key=("relay_id", "group_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyDoor(Row):
    """A relay that opens in an emergency where not all do (ALM-02)."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    relay_id: Annotated[str, Ref(label="Relay", to="relays", indexed=True)]


EMERGENCY_DOOR: EntitySpec[EmergencyDoor] = spec_of(
    EmergencyDoor,
    name="emergency_doors",
    number=24,
    label="Emergency door",
    scope=Scope.SITE,
    title=(),
    natural_key=("relay_id",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorShare(Row):
    """A relay of this site that also opens for a group of another site (CRED-01: unique across sites that share doors).

    The other site and its group are named by id and are no references: they lie in a scope of their own.
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    relay_id: Annotated[str, Ref(label="Relay", to="relays", indexed=True)]
    guest_site: Annotated[str, Text(label="Other site", max_len=32, indexed=True)]
    guest_group: Annotated[str, Text(label="Its access group", max_len=32, indexed=True)]


DOOR_SHARE: EntitySpec[DoorShare] = spec_of(
    DoorShare,
    name="door_shares",
    number=30,
    label="Shared door",
    scope=Scope.SITE,
    title=(),
    natural_key=("relay_id", "guest_group"),
)
