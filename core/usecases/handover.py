"""What an installer hands over to a building's owner: a site's devices, what is proved on them, and what is open.

From rows and receipts in one read; no device is asked. No code, PIN or card is ever part of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.base.verdict import Verdict
from core.entities.device import Device, DeviceState, Relay
from core.entities.organisation import ORGANISATION
from core.entities.person import PersonKind, Resident
from core.entities.place import DEPARTMENT, PUBLIC_AREA
from core.entities.proof import PROOF, ItemKind, Proof
from core.entities.site import SITE, Apartment, Building, Site
from core.rules.compile import compile_device, place_of
from core.rules.settings import is_secret
from core.rules.site_rows import SiteRows
from core.rules.status import DeviceStatus, ItemStatus, status_of
from core.store.reader import Reader
from core.usecases.context import Context, Permission
from core.usecases.desired import site_rows

KINDS = (ItemKind.SETTING, ItemKind.SCHEDULE, ItemKind.CONTACT, ItemKind.PERSON, ItemKind.FIRMWARE)
"""The order in which a device's items are told."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the wanted items of one kind are proved; `at`: when the last of them was."""

    kind: ItemKind
    proved: int
    wanted: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Items of one kind that are open for one reason: their verdict, what was said, and their names in order.

    FOREIGN: on the device, nobody's.
    """

    kind: ItemKind
    verdict: Verdict
    said: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One device at hand-over. `firmware`: the verdict of the wanted version; None when no version is wanted."""

    device: Device
    place: str
    relays: tuple[Relay, ...]
    shares: tuple[Share, ...]
    open_items: tuple[OpenItem, ...]
    firmware: Verdict | None
    verdict: Verdict

    @property
    def commissioned(self) -> bool:
        """Whether it was set up; a planned device has a row and no more."""
        return self.device.state is DeviceState.COMMISSIONED

    @property
    def proved(self) -> int:
        """How many items are proved."""
        return sum(share.proved for share in self.shares)

    @property
    def wanted(self) -> int:
        """How many items are wanted."""
        return sum(share.wanted for share in self.shares)

    @property
    def open(self) -> int:
        """How many items are open, foreign findings among them."""
        return sum(len(one.titles) for one in self.open_items)

    @property
    def proved_at(self) -> datetime | None:
        """The moment of the last proof."""
        return max((share.at for share in self.shares if share.at), default=None)


@dataclass(frozen=True, slots=True)
class PlacePeople:
    """How many people belong to a building or department, and its apartments; an empty name is the site's own.

    Visitors are not counted: they are of the day.
    """

    name: str
    apartments: int
    people: int


@dataclass(frozen=True, slots=True)
class Handover:
    """The whole. `installer` is empty where the organisation is not known to this workstation."""

    site: Site
    installer: str
    devices: tuple[DeviceFacts, ...]
    people: tuple[PlacePeople, ...]
    made_by: str
    made_at: datetime

    @property
    def proved(self) -> int:
        """How many items of all devices are proved."""
        return sum(one.proved for one in self.devices)

    @property
    def wanted(self) -> int:
        """How many items of all devices are wanted."""
        return sum(one.wanted for one in self.devices)

    @property
    def open(self) -> int:
        """How many items of all devices are open."""
        return sum(one.open for one in self.devices)

    @property
    def commissioned(self) -> int:
        """How many devices were set up."""
        return sum(one.commissioned for one in self.devices)


async def handover(ctx: Context, site_id: str) -> Handover:
    """Everything that the hand-over report of a site tells, at this moment. NotFoundError for an unknown site."""
    actor = ctx.require(Permission.SEE_PEOPLE)
    now = ctx.clock.now()

    def work(reader: Reader) -> Handover:
        site = reader.require(SITE, site_id)
        rows = site_rows(reader, site.id)
        installer = reader.get(ORGANISATION, site.org_id)
        areas = {a.id: a.name for a in reader.find(PUBLIC_AREA, scope_id=site.id)}
        departments = {d.id: d.name for d in reader.find(DEPARTMENT, scope_id=site.id)}
        proofs: dict[str, list[Proof]] = defaultdict(list)
        for proof in reader.find(PROOF, scope_id=site.id):
            proofs[proof.device_id].append(proof)
        devices = []
        for device in sorted(rows.devices, key=lambda d: (d.name.casefold(), d.id)):
            status = status_of(compile_device(rows, device, now), proofs[device.id])
            extra = areas.get(device.area_id or "") or departments.get(device.department_id or "")
            place = " · ".join(part for part in (place_of(rows, device), extra) if part)
            devices.append(device_facts(device, place, rows.relays_of.get(device.id, []), status))
        people = tuple(_people(rows, departments))
        name = installer.name if installer else ""
        return Handover(site, name, tuple(devices), people, actor.name, now)

    return await ctx.mirror.read(work, limit_ms=30_000)


def device_facts(device: Device, place: str, relays: Sequence[Relay], status: DeviceStatus) -> DeviceFacts:
    """The facts of one device from where it stands. Pure."""
    firmware = [item.verdict for item in status.items if item.kind is ItemKind.FIRMWARE]
    return DeviceFacts(
        device,
        place,
        tuple(relays),
        tuple(_shares(status)),
        tuple(_open(status)),
        firmware[0] if firmware else None,
        status.verdict(),
    )


def _shares(status: DeviceStatus) -> Iterable[Share]:
    for kind in KINDS:
        proved = [i for i in status.items if i.kind is kind and i.verdict is Verdict.PROVED]
        at = max((i.proof.at for i in proved if i.proof and i.proof.at), default=None)
        if wanted := status.count(kind):
            yield Share(kind, len(proved), wanted, at)


def _open(status: DeviceStatus) -> Iterable[OpenItem]:
    """What is not proved, the same reason told once; in the order of the kinds."""
    groups: dict[tuple[ItemKind, Verdict, str], list[ItemStatus]] = defaultdict(list)
    for item in (*status.items, *status.foreign):
        if item.verdict is not Verdict.PROVED:
            groups[item.kind, item.verdict, _said(item)].append(item)
    for (kind, verdict, said), items in sorted(groups.items(), key=lambda pair: KINDS.index(pair[0][0])):
        yield OpenItem(kind, verdict, said, tuple(sorted((i.title for i in items), key=str.casefold)))


def _said(item: ItemStatus) -> str:
    """What was said, unless it may name a code: a DTMF code opens a door, and is no secret among installers."""
    names_code = item.kind is ItemKind.SETTING and ("dtmf" in item.subject.lower() or is_secret(item.subject))
    if names_code and item.proof is not None and item.said == item.proof.said and item.said:
        return "What the device said is left out here, since it may name a code."
    return item.said


def _people(rows: SiteRows, departments: dict[str, str]) -> Iterable[PlacePeople]:
    """Buildings and departments by name, those without people too; then the people of the site as a whole."""
    homes = Counter(apartment.building_id for apartment in rows.apartments)
    people = Counter(_belongs(rows, one) for one in rows.residents if one.kind is not PersonKind.VISITOR)
    names = {b.id: b.name for b in rows.buildings} | departments
    for place_id, name in sorted(names.items(), key=lambda pair: (pair[1].casefold(), pair[0])):
        yield PlacePeople(name, homes[place_id], people[place_id])
    if rest := sum(count for place_id, count in people.items() if place_id not in names):
        yield PlacePeople("", 0, rest)


def _belongs(rows: SiteRows, person: Resident) -> str:
    home = rows.by_id.get(person.apartment_id or "")
    if isinstance(home, Apartment):
        return home.building_id
    building = rows.by_id.get(person.building_id or "")
    return building.id if isinstance(building, Building) else person.department_id or ""
