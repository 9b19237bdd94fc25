"""One device's facts for its page: relays, people on it, the audit about it. Read together, off the window's thread."""

from __future__ import annotations

from dataclasses import dataclass

from core.entities.device import DEVICE, RELAY, Device, Relay
from core.entities.proof import ItemKind
from core.entities.record import AUDIT_ENTRY, AuditEntry
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.usecases.context import Context
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
        history = rows(reader, ListQuery(AUDIT_ENTRY, {"entity_id": ids}, sort="-at", limit=HISTORY))
        return DeviceDetail(device, read_places(reader, device.site_id), tuple(relays), plan, tuple(history))

    return await ctx.mirror.read(work, limit_ms=10_000)
