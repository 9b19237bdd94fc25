"""What hangs beside the intercoms (DEV-04, DEV-09 to DEV-14): what is loaded, the forms and what they choose from.

Words, columns and filters of the list are in `equipment_list`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core.entities.access import ACCESS_GROUP
from core.entities.attachment import (
    CONTROLLER_RELAY,
    CONTROLLER_RELAYS,
    RELAY_CONTROLLER,
    SCREEN_SAVER,
    ControllerModel,
    RelayController,
    shown_controller,
)
from core.entities.device import DEVICE, Device, DeviceKind
from core.entities.equipment import CAMERA, PANEL, PANEL_UNIT, RECORDER, SMART_LOCK
from core.entities.lock import LOCK, LOCK_HOLD
from core.entities.organisation import Role
from core.entities.person import RESIDENT, AccountType, Resident
from core.entities.site import SiteKind
from core.rules.catalogue import Can, ability
from core.rules.device_rules import DOOR_PHONES
from core.rules.rights import may_write
from core.schema.entity import EntitySpec
from core.schema.field import Choice
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.places import NOWHERE, Places, read_places
from desktop.models.record_draft import RecordDraft, draft_of
from desktop.models.words import translate

KINDS: dict[str, EntitySpec[Any]] = {
    s.name: s
    for s in (
        *(CAMERA, RECORDER, SMART_LOCK, LOCK, PANEL, PANEL_UNIT),
        *(RELAY_CONTROLLER, CONTROLLER_RELAY, SCREEN_SAVER),
    )
}
"""What the page shows, in the order of its choice."""
WHOLES: Mapping[str, tuple[str, str]] = {
    PANEL_UNIT.name: ("panel_id", PANEL.name),
    CONTROLLER_RELAY.name: ("controller_id", RELAY_CONTROLLER.name),
}
"""Kinds whose rows belong to a row of another kind: the field that names it, and that kind."""
INNER: Mapping[str, str] = {whole: kind for kind, (_, whole) in WHOLES.items()}
"""Kinds with rows of another kind behind them."""
TOUCHES = frozenset(
    {*KINDS, "devices", "buildings", "apartments", "residents", "lock_holds", "access_groups"}
)

Line = str | tuple[str, ...]
LINES: Mapping[str, tuple[Line, ...]] = {
    CAMERA.name: (
        *("name", "address", ("user", "password"), "building_id", "apartment_id", "owner_id", "device_id"),
        *("may_monitor", "terminals"),
    ),
    RECORDER.name: (
        *("name", ("brand", "channels"), "address", "serial", "building_id", "apartment_id", "may_watch"),
    ),
    SMART_LOCK.name: ("name", "model", "serial", "building_id", "apartment_id"),
    LOCK.name: (
        *("name", ("brand", "serial"), "gateway", "building_id", "apartment_id", "device_id"),
        *("active", "expires_at"),
    ),
    PANEL.name: ("name", "mac", "apartment_id"),
    PANEL_UNIT.name: ("panel_id", "name", ("kind", "ieee")),
    RELAY_CONTROLLER.name: ("device_id", "model", "wiring", ("address", "port")),
    CONTROLLER_RELAY.name: ("controller_id", ("number", "function"), "name", "enabled"),
    SCREEN_SAVER.name: ("device_id", "mode"),
}
"""The fields of a form in lines. What a lock or panel says of itself is no field: it comes from there."""


@dataclass(frozen=True, slots=True)
class EquipmentLine:
    """One line of the list. `parts`: rows behind a panel or on a controller, by name or number. `linked`: the device,
    or what else it belongs to. `holds`: ids of the groups in whose times a lock is held open (DEV-10).
    """

    row: Any
    name: str
    place: str
    building: str
    residents: str
    linked: str
    parts: tuple[Any, ...] = ()
    holds: tuple[str, ...] = ()
    title: str = ""
    """What the rows behind it are linked to, in their own lists."""

    @property
    def made_at(self) -> datetime | None:
        """When it was added; None where that is not kept."""
        made: datetime | None = getattr(self.row, "made_at", None)
        return made


@dataclass(frozen=True, slots=True)
class Stock:
    """The lines of one kind at a site, and what their forms choose from: `wholes` are (id, words) of the rows that the
    kind's rows belong to, `groups` of public access groups, `owners` of people who may own a camera (DEV-09).
    """

    lines: tuple[EquipmentLine, ...] = ()
    places: Places = NOWHERE
    devices: tuple[Device, ...] = field(default=(), repr=False)
    wholes: tuple[tuple[object, str], ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    owners: tuple[tuple[object, str], ...] = field(default=(), repr=False)

    def choices(self, kind: str) -> dict[str, list[tuple[object, str]]]:
        """(id, words) for the references of a form: only devices that the kind can be set up on."""
        found: dict[str, list[tuple[object, str]]] = {
            "building_id": self.places.building_choices(),
            "apartment_id": self.places.apartment_choices(),
            "device_id": [(d.id, d.name) for d in self.devices if _fits(kind, d)],
            "owner_id": list(self.owners),
        }
        if kind in WHOLES:
            found[WHOLES[kind][0]] = list(self.wholes)
        if kind == RELAY_CONTROLLER.name:
            found["model"] = [(m.value, shown_controller(m)) for m in ControllerModel]
        return found

    def fields(self, kind: str) -> tuple[Line, ...]:
        """The lines of the form. In a community a camera's owner is who lives in its apartment, and is not chosen."""
        owned = self.places.site is not None and self.places.site.kind is not SiteKind.COMMUNITY
        return tuple(line for line in LINES[kind] if owned or line != "owner_id")


def relays_left(controller: RelayController, parts: Iterable[Any]) -> int:
    """How many relays of a controller's model are not set up yet (DEV-04)."""
    return CONTROLLER_RELAYS[controller.model] - sum(1 for _ in parts)


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
    return await ctx.mirror.read(lambda reader: _Loading(reader, kind, site_id).stock(), limit_ms=20_000)


class _Loading:
    """Reads one kind at a site together with the names that its lines show."""

    def __init__(self, reader: Reader, kind: str, site_id: str) -> None:
        self._reader, self._kind, self._site_id = reader, kind, site_id
        self._places = read_places(reader, site_id)
        self._devices = {d.id: d for d in reader.find(DEVICE, scope_id=site_id)}
        self._people: list[Resident] = list(
            reader.find(RESIDENT, scope_id=site_id, account_type=AccountType.MASTER)
        )
        self._names = {p.id: RESIDENT.name_of(p) for p in self._people}
        self._families: dict[str, list[str]] = {}
        for person in self._people:
            self._families.setdefault(person.apartment_id or "", []).append(self._names[person.id])
        whole = WHOLES.get(kind, ("", ""))[1]
        self._wholes = {w.id: w for w in reader.find(KINDS[whole], scope_id=site_id)} if whole else {}
        self._parts = self._by_whole()
        self._holds: dict[str, list[str]] = {}
        for hold in reader.find(LOCK_HOLD, scope_id=site_id) if kind == LOCK.name else ():
            self._holds.setdefault(hold.lock_id, []).append(hold.group_id)

    def _by_whole(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        kind = INNER.get(self._kind)
        if kind is not None:
            ref = WHOLES[kind][0]
            for part in sorted(self._reader.find(KINDS[kind], scope_id=self._site_id), key=_in_order):
                found.setdefault(getattr(part, ref), []).append(part)
        return found

    def stock(self) -> Stock:
        rows = self._reader.find(KINDS[self._kind], scope_id=self._site_id)
        lines = sorted(
            (self._line(row) for row in rows), key=lambda x: (x.linked.casefold(), _in_order(x.row))
        )
        if self._kind not in WHOLES:
            lines.sort(key=lambda x: x.name.casefold())
        found = self._reader.find(ACCESS_GROUP, site_id=self._site_id) if self._kind == LOCK.name else ()
        owned = self._kind == CAMERA.name and not self._is_community
        return Stock(
            tuple(lines),
            self._places,
            tuple(sorted(self._devices.values(), key=lambda d: d.name.casefold())),
            tuple(sorted(((w.id, self._whole_name(w)) for w in self._wholes.values()), key=lambda w: w[1])),
            tuple(
                sorted(((g.id, g.name) for g in found if g.owner_id is None), key=lambda g: g[1].casefold())
            ),
            tuple(sorted(self._names.items(), key=lambda p: p[1].casefold())) if owned else (),
        )

    @property
    def _is_community(self) -> bool:
        return self._places.site is not None and self._places.site.kind is SiteKind.COMMUNITY

    def _whole_name(self, whole: Any) -> str:
        if not isinstance(whole, RelayController):
            return str(whole.name)
        device = self._devices.get(whole.device_id)
        model = shown_controller(whole.model)
        return f"{device.name} · {model}" if device is not None else model

    def _line(self, row: Any) -> EquipmentLine:
        """A line; where it is follows from what it hangs on where it has no place of its own."""
        ref = WHOLES.get(self._kind, ("", ""))[0]
        whole = self._wholes.get(getattr(row, ref)) if ref else None
        device = self._devices.get(getattr(whole or row, "device_id", None) or "")
        on = next((one for one in (row, whole, device) if hasattr(one, "apartment_id")), None)
        home = getattr(on, "apartment_id", None)
        flat = self._places.apartment_by_id.get(home or "")
        building = getattr(on, "building_id", None) or (flat.building_id if flat else None)
        owner = self._names.get(getattr(row, "owner_id", None) or "")
        return EquipmentLine(
            row,
            getattr(row, "name", device.name if device else ""),
            self._places.place(building, home),
            self._places.building_name(building),
            owner or (", ".join(self._families.get(home, ())) if home else ""),
            self._whole_name(whole) if whole is not None else (device.name if device else ""),
            tuple(self._parts.get(row.id, ())),
            tuple(self._holds.get(row.id, ())),
            self._whole_name(row) if self._kind in INNER else "",
        )


def _in_order(part: Any) -> tuple[int, str]:
    return (getattr(part, "number", 0), getattr(part, "name", "").casefold())


def form_of(
    kind: str, role: Role, stock: Stock, *, row: Any = None, site_id: str = "", whole_id: str = ""
) -> RecordDraft:
    """The draft of one, or of a new one (no row), of what `whole_id` names. A saved password is never put into a form:
    left empty it stays. What the role may not change is locked (DEV-21).
    """
    spec = KINDS[kind]
    names = [n for line in stock.fields(kind) for n in ((line,) if isinstance(line, str) else line)]
    secrets = [n for n in names if spec.by_name[n].kind.secret]
    new = row is None
    shown = _blank(spec, stock, site_id, whole_id) if new else replace(row, **dict.fromkeys(secrets, ""))
    hints = {} if new else dict.fromkeys(secrets, translate("empty: unchanged"))
    draft = draft_of(spec, shown, names, hints=hints, new=new)
    if not new:
        for name in secrets:
            draft.fields[name] = replace(draft.fields[name], required=False)
        draft.rebase({})
        on_device = (
            {"device_id"} if spec in (RELAY_CONTROLLER, SCREEN_SAVER) else {WHOLES.get(kind, ("",))[0]}
        )
        draft.lock([n for n in names if n in on_device or not may_write(role, kind, "patch", {n})])
    return draft


def _blank(spec: EntitySpec[Any], stock: Stock, site_id: str, whole_id: str) -> Any:
    """Nothing but what must be something: the first of a choice, the first device that fits, the next free relay."""
    given: dict[str, Any] = {}
    for column in spec.columns:
        if column.required:
            kind = column.kind
            given[column.name] = next(iter(kind.of)) if isinstance(kind, Choice) else ""
    if spec.name in WHOLES:
        ref = WHOLES[spec.name][0]
        given[ref] = whole_id or next((key for key, _ in stock.wholes), "")
        if spec is CONTROLLER_RELAY:
            taken = {x.row.number for x in stock.lines if x.row.controller_id == given[ref]}
            given["number"] = next(n for n in range(1, len(taken) + 2) if n not in taken)
    if "device_id" in given:
        given["device_id"] = next((key for key, _ in stock.choices(spec.name)["device_id"]), "")
    return spec.row(id="", scope_id=site_id, **given)
