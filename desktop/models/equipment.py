"""What hangs beside the intercoms (DEV-04, DEV-09, DEV-11 to DEV-14): lines of the list, forms and their choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core.entities.attachment import (
    CONTROLLER_RELAY,
    RELAY_CONTROLLER,
    SCREEN_SAVER,
    ControllerModel,
    shown_controller,
)
from core.entities.device import DEVICE, Device, DeviceKind
from core.entities.equipment import CAMERA, PANEL, PANEL_UNIT, RECORDER, SMART_LOCK
from core.entities.organisation import Role
from core.entities.person import RESIDENT, AccountType
from core.rules.catalogue import Can, ability
from core.rules.device_rules import DOOR_PHONES
from core.rules.rights import may_write
from core.schema.entity import EntitySpec
from core.schema.field import Choice
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import QUIET, STRONG, ListColumn, col
from desktop.models.listing import FilterField
from desktop.models.places import NOWHERE, Places, read_places
from desktop.models.record_draft import RecordDraft, draft_of
from desktop.models.words import choice_word, counted, label_word, time_word, translate

KINDS: dict[str, EntitySpec[Any]] = {
    s.name: s for s in (CAMERA, RECORDER, SMART_LOCK, PANEL, RELAY_CONTROLLER, SCREEN_SAVER)
}
"""What the page shows, in the order of its choice."""
TOUCHES = frozenset(
    {*KINDS, "panel_units", "controller_relays", "devices", "buildings", "apartments", "residents"}
)

Line = str | tuple[str, ...]
LINES: Mapping[str, tuple[Line, ...]] = {
    CAMERA.name: (
        *("name", "address", ("user", "password"), "building_id", "apartment_id", "device_id"),
        *("may_monitor", "terminals"),
    ),
    RECORDER.name: (
        *("name", ("brand", "channels"), "address", "serial", "building_id", "apartment_id", "may_watch"),
    ),
    SMART_LOCK.name: ("name", "model", "serial", "building_id", "apartment_id"),
    PANEL.name: ("name", "mac", "apartment_id"),
    RELAY_CONTROLLER.name: ("device_id", "model", "wiring", ("address", "port")),
    SCREEN_SAVER.name: ("device_id", "mode"),
}
"""The fields of a form in lines. What a lock or panel says of itself is no field: it comes from there."""


@dataclass(frozen=True, slots=True)
class EquipmentLine:
    """One line of the list; `parts` are what is behind a panel or on a controller, as (name, words)."""

    row: Any
    name: str
    place: str
    building: str
    residents: str
    linked: str
    facts: str
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def made_at(self) -> datetime | None:
        """When it was added; None where that is not kept."""
        made: datetime | None = getattr(self.row, "made_at", None)
        return made


@dataclass(frozen=True, slots=True)
class Stock:
    """The lines of one kind at a site, and what their forms choose from."""

    lines: tuple[EquipmentLine, ...] = ()
    places: Places = NOWHERE
    devices: tuple[Device, ...] = field(default=(), repr=False)

    def choices(self, kind: str) -> dict[str, list[tuple[object, str]]]:
        """(id, words) for the references of a form: only devices that the kind can be set up on."""
        fits = [(d.id, d.name) for d in self.devices if _fits(kind, d)]
        found: dict[str, list[tuple[object, str]]] = {
            "building_id": self.places.building_choices(),
            "apartment_id": self.places.apartment_choices(),
            "device_id": list(fits),
        }
        if kind == RELAY_CONTROLLER.name:
            found["model"] = [(m.value, shown_controller(m)) for m in ControllerModel]
        return found


def _fits(kind: str, device: Device) -> bool:
    if kind == RELAY_CONTROLLER.name:
        return device.kind is DeviceKind.MONITOR
    if kind == SCREEN_SAVER.name:
        can = ability("screen_saver", device.model, device.firmware).can
        return device.kind in DOOR_PHONES and can not in {Can.NO, Can.UPDATE}
    return device.kind in DOOR_PHONES


async def load_stock(ctx: Context, kind: str, site_id: str) -> Stock:
    """One kind at a site, by name; nothing without a site."""
    if not site_id:
        return Stock()
    ctx.require_signed_in()
    return await ctx.mirror.read(lambda reader: _stock(reader, kind, site_id), limit_ms=20_000)


def _stock(reader: Reader, kind: str, site_id: str) -> Stock:
    places = read_places(reader, site_id)
    devices = {d.id: d for d in reader.find(DEVICE, scope_id=site_id)}
    families: dict[str, list[str]] = {}
    for person in reader.find(RESIDENT, scope_id=site_id, account_type=AccountType.MASTER):
        families.setdefault(person.apartment_id or "", []).append(RESIDENT.name_of(person))
    parts = _parts(reader, kind, site_id)
    lines = []
    for row in reader.find(KINDS[kind], scope_id=site_id):
        device = devices.get(getattr(row, "device_id", None) or "")
        on = row if hasattr(row, "site_id") else device
        home = getattr(on, "apartment_id", None)
        flat = places.apartment_by_id.get(home or "")
        building = getattr(on, "building_id", None) or (flat.building_id if flat else None)
        behind = tuple(parts.get(row.id, ()))
        linked = device.name if device else ""
        lines.append(
            EquipmentLine(
                row,
                getattr(row, "name", linked),
                places.place(building, home),
                places.building_name(building),
                ", ".join(families.get(home, ())) if home else "",
                linked,
                facts_of(row, behind),
                behind,
            )
        )
    ordered = sorted(lines, key=lambda x: x.name.casefold())
    return Stock(tuple(ordered), places, tuple(sorted(devices.values(), key=lambda d: d.name.casefold())))


def _parts(reader: Reader, kind: str, site_id: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    if kind == PANEL.name:
        for unit in sorted(reader.find(PANEL_UNIT, scope_id=site_id), key=lambda u: u.name.casefold()):
            words = " · ".join(w for w in (unit.kind, unit.status) if w)
            found.setdefault(unit.panel_id, []).append((unit.name, words))
    if kind == RELAY_CONTROLLER.name:
        for relay in sorted(reader.find(CONTROLLER_RELAY, scope_id=site_id), key=lambda r: r.number):
            words = choice_word(relay.function.value) if relay.enabled else translate("off")
            found.setdefault(relay.controller_id, []).append((f"{relay.number} · {relay.name}", words))
    return found


def facts_of(row: Any, parts: Sequence[object] = ()) -> str:
    """What tells one of a kind from another, in a few words; never a password."""
    spec = next(s for s in KINDS.values() if isinstance(row, s.row))
    words: tuple[str, ...] = ()
    if spec is CAMERA:
        words = (row.address,)
    elif spec is RECORDER:
        words = (choice_word(row.brand.value), row.address)
    elif spec is SMART_LOCK:
        words = (row.model.value, "" if row.battery is None else f"{row.battery} %", row.status)
    elif spec is PANEL:
        words = (row.mac, counted(len(parts), "{0} Zigbee device", "{0} Zigbee devices"))
    elif spec is RELAY_CONTROLLER:
        relays = counted(len(parts), "{0} relay", "{0} relays")
        words = (shown_controller(row.model), choice_word(row.wiring.value), relays)
    else:
        pictures = counted(len(row.pictures), "{0} picture", "{0} pictures")
        words = (choice_word(row.mode.value), pictures if row.pictures else "")
    return " · ".join(word for word in words if word)


def equipment_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the list (DEV-09): name, place, resident, linked device, what it is, created."""

    def order(line: EquipmentLine) -> float:
        return line.made_at.timestamp() if line.made_at else 0.0

    return [
        col("name", translate("Name"), lambda x: x.name, 170, STRONG),
        col("place", translate("Place"), lambda x: x.place, 150, QUIET),
        col("residents", translate("Residents"), lambda x: x.residents, 140, QUIET, drop=2),
        col("linked", label_word("Linked device"), lambda x: x.linked, 140, QUIET, drop=1),
        col("facts", translate("Details"), lambda x: x.facts, 220, stretch=True),
        col(
            "made",
            translate("Created"),
            lambda x: time_word(x.made_at, now(), zone()),
            100,
            QUIET,
            order=order,
            drop=3,
        ),
    ]


def equipment_filters(rows: Callable[[], Sequence[EquipmentLine]]) -> list[FilterField]:
    """By building and by the device that it is linked to."""

    def choices(name: str) -> list[tuple[object, str]]:
        return [(value, value) for value in sorted({str(getattr(x, name)) for x in rows()} - {""})]

    return [
        FilterField("building", translate("Building"), lambda: choices("building"), lambda x: x.building),
        FilterField("linked", label_word("Linked device"), lambda: choices("linked"), lambda x: x.linked),
    ]


def form_of(kind: str, role: Role, stock: Stock, *, row: Any = None, site_id: str = "") -> RecordDraft:
    """The draft of one, or of a new one (no row). A saved password is never put into a form: left empty it stays.

    What the role may not change is locked (DEV-21).
    """
    spec = KINDS[kind]
    names = [n for line in LINES[kind] for n in ((line,) if isinstance(line, str) else line)]
    secrets = [n for n in names if spec.by_name[n].kind.secret]
    new = row is None
    shown = _blank(spec, stock, site_id) if new else replace(row, **dict.fromkeys(secrets, ""))
    hints = {} if new else dict.fromkeys(secrets, translate("empty: unchanged"))
    draft = draft_of(spec, shown, names, hints=hints, new=new)
    if not new:
        for name in secrets:
            draft.fields[name] = replace(draft.fields[name], required=False)
        draft.rebase({})
        on_device = {"device_id"} if spec in (RELAY_CONTROLLER, SCREEN_SAVER) else set()
        draft.lock([n for n in names if n in on_device or not may_write(role, kind, "patch", {n})])
    return draft


def _blank(spec: EntitySpec[Any], stock: Stock, site_id: str) -> Any:
    """Nothing but what must be something: the first of a choice, the first device that fits."""
    given: dict[str, Any] = {}
    for column in spec.columns:
        if column.required:
            kind = column.kind
            given[column.name] = next(iter(kind.of)) if isinstance(kind, Choice) else ""
    if "device_id" in given:
        given["device_id"] = next((key for key, _ in stock.choices(spec.name)["device_id"]), "")
    return spec.row(id="", scope_id=site_id, **given)
