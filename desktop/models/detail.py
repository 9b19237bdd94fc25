"""One device's facts for its page: relays, people on it, the audit about it. Read together, off the window's thread."""

from __future__ import annotations

from dataclasses import dataclass

from core.entities.access import ACCESS_GROUP, RELAY_SCHEDULE
from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, ControllerRelay, RelayController
from core.entities.device import DEVICE, DEVICE_SETTING, RELAY, Device, DeviceSetting, Relay
from core.entities.place import DEPARTMENT, PUBLIC_AREA
from core.entities.proof import ItemKind
from core.entities.record import AUDIT_ENTRY, AuditEntry
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.device_list import DeviceRow, device_row
from desktop.models.places import Places, read_places
from desktop.models.plan_lines import DevicePlan, PlanLine, load_plan

HISTORY = 60


@dataclass(frozen=True, slots=True)
class DeviceDetail:
    """What the page of a device shows."""

    device: Device
    places: Places
    relays: tuple[Relay, ...]
    plan: DevicePlan
    history: tuple[AuditEntry, ...]
    settings: tuple[DeviceSetting, ...] = ()
    """What is wanted of it beyond its other rows (DEV-08)."""
    areas: tuple[tuple[object, str], ...] = ()
    departments: tuple[tuple[object, str], ...] = ()
    groups: tuple[tuple[object, str], ...] = ()
    """Public access groups of its site, for relay schedules (GRP-03)."""
    holds: tuple[tuple[str, str], ...] = ()
    """(relay id, group id): the relay is held open in the group's times."""
    facts: DeviceRow | None = None
    """Whose it is, whether it is online, its door sensor (DEV-06)."""
    controller: RelayController | None = None
    """The external relay controller of an indoor monitor (DEV-04)."""
    controller_relays: tuple[ControllerRelay, ...] = ()

    @property
    def place(self) -> str:
        """Where it is."""
        return self.places.place(self.device.building_id, self.device.apartment_id)

    def people(self) -> list[PlanLine]:
        """The people that it holds, or should."""
        return [x for x in self.plan.lines if x.kind is ItemKind.PERSON]


async def load_detail(ctx: Context, device_id: str) -> DeviceDetail:
    """Everything about one device; NotFoundError when it is gone."""
    plan = await load_plan(ctx, device_id)

    def work(reader: Reader) -> DeviceDetail:
        device = reader.require(DEVICE, device_id)
        relays = sorted(reader.find(RELAY, device_id=device_id), key=lambda r: r.number)
        ids = (device_id, *(r.id for r in relays))
        hung = next(iter(reader.find(RELAY_CONTROLLER, device_id=device_id)), None)
        behind = reader.find(CONTROLLER_RELAY, controller_id=hung.id) if hung is not None else []
        history = rows(reader, ListQuery(AUDIT_ENTRY, {"entity_id": ids}, sort="-at", limit=HISTORY))
        return DeviceDetail(
            device,
            read_places(reader, device.site_id),
            tuple(relays),
            plan,
            tuple(history),
            tuple(sorted(reader.find(DEVICE_SETTING, device_id=device_id), key=lambda s: s.key)),
            tuple((a.id, a.name) for a in reader.find(PUBLIC_AREA, site_id=device.site_id)),
            tuple((d.id, d.name) for d in reader.find(DEPARTMENT, site_id=device.site_id)),
            tuple(
                (g.id, g.name)
                for g in reader.find(ACCESS_GROUP, site_id=device.site_id)
                if g.owner_id is None
            ),
            tuple(
                (h.relay_id, h.group_id)
                for h in reader.find_in(RELAY_SCHEDULE, "relay_id", [r.id for r in relays])
            ),
            device_row(reader, device, ctx.clock.now()),
            hung,
            tuple(sorted(behind, key=lambda r: r.number)),
        )

    return await ctx.mirror.read(work, limit_ms=10_000)
