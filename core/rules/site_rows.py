"""Everything of one site that decides what its devices hold, with the look-ups that compile and explain share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from core.entities.access import AccessGroup, DoorShare, GroupDoor, GroupMember, RelaySchedule
from core.entities.credential import Credential
from core.entities.device import Device, DeviceKind, DeviceSetting, Relay
from core.entities.firmware import FirmwareRelease
from core.entities.lock import GroupLock, Lock
from core.entities.person import FloorGrant, Resident
from core.entities.site import Apartment, Building, PinMode, Site
from core.rules.typed_codes import TYPED, typed
from core.schema.entity import Row

T = TypeVar("T", bound=Row)


@dataclass(frozen=True)
class SiteRows:
    """Everything of one site that decides what its devices hold."""

    site: Site
    buildings: Sequence[Building] = ()
    apartments: Sequence[Apartment] = ()
    devices: Sequence[Device] = ()
    relays: Sequence[Relay] = ()
    settings: Sequence[DeviceSetting] = ()
    residents: Sequence[Resident] = ()
    credentials: Sequence[Credential] = field(default=(), repr=False)
    groups: Sequence[AccessGroup] = ()
    members: Sequence[GroupMember] = ()
    doors: Sequence[GroupDoor] = ()
    releases: Sequence[FirmwareRelease] = ()
    floor_grants: Sequence[FloorGrant] = ()
    relay_schedules: Sequence[RelaySchedule] = ()
    shares: Sequence[DoorShare] = ()
    locks: Sequence[Lock] = ()
    lock_doors: Sequence[GroupLock] = ()
    guests: Mapping[str, SiteRows] = field(default_factory=dict)
    """Rows of the sites that `shares` name, by site."""

    @cached_property
    def by_id(self) -> dict[str, Row]:
        """Every row by its id."""
        parts: tuple[Iterable[Row], ...] = (
            self.buildings,
            self.apartments,
            self.devices,
            self.relays,
            self.residents,
            self.groups,
        )
        return {row.id: row for rows in parts for row in rows}

    @cached_property
    def monitors_of(self) -> dict[str, list[Device]]:
        """Indoor monitors by apartment."""
        return _grouped(
            (d for d in self.devices if d.kind is DeviceKind.MONITOR and d.apartment_id), "apartment_id"
        )

    @cached_property
    def apartments_in(self) -> dict[str, list[Apartment]]:
        """Apartments by building, in the order of the rows."""
        return _grouped(self.apartments, "building_id")

    @cached_property
    def place_of(self) -> dict[str, int]:
        """At which place of `residents` each person stands, by id."""
        return {person.id: place for place, person in enumerate(self.residents)}

    @cached_property
    def relays_of(self) -> dict[str, list[Relay]]:
        """Relays by device, in order of their number."""
        return _grouped(sorted(self.relays, key=lambda r: r.number), "device_id")

    @cached_property
    def doors_of(self) -> dict[str, list[GroupDoor]]:
        """Group doors by relay."""
        return _grouped(self.doors, "relay_id")

    @cached_property
    def members_of(self) -> dict[str, list[GroupMember]]:
        """Members by group."""
        return _grouped(self.members, "group_id")

    @cached_property
    def codes_of(self) -> dict[str, list[Credential]]:
        """Credentials by person."""
        return _grouped(self.credentials, "person_id")

    @cached_property
    def floors_of(self) -> dict[str, list[FloorGrant]]:
        """Floors per building by person."""
        return _grouped(self.floor_grants, "person_id")

    @cached_property
    def holds_of(self) -> dict[str, list[RelaySchedule]]:
        """Relay schedules by relay."""
        return _grouped(self.relay_schedules, "relay_id")

    @cached_property
    def shares_of(self) -> dict[str, list[DoorShare]]:
        """Shared doors by relay."""
        return _grouped(self.shares, "relay_id")

    @cached_property
    def locks_of(self) -> dict[str, list[GroupLock]]:
        """Groups by third-party lock."""
        return _grouped(self.lock_doors, "lock_id")

    @cached_property
    def first_typed(self) -> dict[str, str]:
        """What is typed at a site with APT+PIN -> the oldest credential that is typed so.

        Rules keep codes apart; but the mode may be switched on at one workstation while another gives a code that then
        clashes, and a door must not have to choose between two people. Empty at a site with PINs alone.
        """
        if self.site.pin_mode is not PinMode.APARTMENT_PIN:
            return {}
        found: dict[str, str] = {}
        for code in sorted(self.credentials, key=lambda c: c.id):
            person = self.by_id.get(code.person_id)
            if code.kind in TYPED and isinstance(person, Resident):
                home = self.by_id.get(person.apartment_id or "")
                text = typed(self.site, person, home if isinstance(home, Apartment) else None, code)
                found.setdefault(text, code.id)
        return found

    @cached_property
    def settings_of(self) -> dict[str, list[DeviceSetting]]:
        """Extra settings by device."""
        return _grouped(self.settings, "device_id")


def _grouped(rows: Iterable[T], name: str) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found
