"""What hangs beside the intercoms: added, changed, removed, one kind like the other (DEV-04, DEV-09 to DEV-14).

Adding, linking and removing is the installer's; what a property manager may change is in `core.rules.rights` (DEV-21).
Every act over many rows has a dry run and an undo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.base.errors import GatewrightError, UserError
from core.base.ids import new_id
from core.entities import BY_NAME
from core.entities.attachment import (
    CONTROLLER_RELAY,
    CONTROLLER_RELAYS,
    RELAY_CONTROLLER,
    SCREEN_SAVER,
    ControllerRelay,
)
from core.entities.device import DEVICE
from core.entities.equipment import (
    CAMERA,
    PANEL,
    PANEL_UNIT,
    RECORDER,
    SMART_LOCK,
    Camera,
    PanelUnit,
    SmartLock,
)
from core.entities.lock import LOCK
from core.entities.person import RESIDENT, AccountType
from core.entities.site import APARTMENT, BUILDING, SITE
from core.schema.entity import EntitySpec, parse_fields
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Line, patching, run_act, run_bulk
from core.usecases.context import Context, Permission
from core.usecases.guards import guard_change, guard_made
from core.usecases.locks import LOCK_GONE, ON_LOCKS, strike_from_groups
from core.usecases.turnover import settle_lock_lines
from core.usecases.undo_log import keep_undo, last_number

KINDS: dict[str, EntitySpec[Any]] = {s.name: s for s in (CAMERA, RECORDER, SMART_LOCK, LOCK, PANEL)}
"""What is added and listed here, by name."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something set up on another row: the field that names it, what it is, and the right that adding it takes."""

    ref: str
    whole: EntitySpec[Any]
    right: Permission = Permission.SET_DEVICES


PARTS: dict[str, Part] = {
    RELAY_CONTROLLER.name: Part("device_id", DEVICE),
    SCREEN_SAVER.name: Part("device_id", DEVICE),
    CONTROLLER_RELAY.name: Part("controller_id", RELAY_CONTROLLER),
    PANEL_UNIT.name: Part("panel_id", PANEL, Permission.EDIT_DEVICES),
}
"""What is set up on a device, a controller or a panel (DEV-04, DEV-13, DEV-14), by name."""
EVERY: dict[str, EntitySpec[Any]] = KINDS | {name: BY_NAME[name] for name in PARTS}
"""Every kind that is added, changed and removed here, by name."""


@dataclass(frozen=True, slots=True)
class EquipmentRow:
    """One line of a list (DEV-09 to DEV-13): the row, and the names of where it is and what it is linked to."""

    row: Any
    building: str
    apartment: str
    residents: tuple[str, ...]
    linked: str = ""
    behind: tuple[PanelUnit, ...] = ()
    """The Zigbee devices behind a panel (DEV-13)."""


async def add_equipment(ctx: Context, kind: str, *, site_id: str, name: str, **more: Any) -> Any:
    """Add a camera, recorder, smart lock or panel to a site. UserError where a camera needs a premium plan (DEV-09)."""
    ctx.require(Permission.EDIT_DEVICES)
    spec = _spec(kind)

    def work(tx: Tx) -> Any:
        return _kept(tx, lambda: _add(ctx, tx, spec, {"site_id": site_id, "name": name, **more}))

    return await ctx.mirror.write(work, origin=Origin.USER, act=f"Add {spec.label.lower()}")


def _add(ctx: Context, tx: Tx, spec: EntitySpec[Any], values: dict[str, Any]) -> Any:
    site = tx.require(SITE, values["site_id"])
    if spec is SMART_LOCK:
        values.setdefault("added_by", ctx.me.name)
    return _made(ctx, tx, spec, spec.row(id=new_id(), scope_id=site.id, **{"made_at": tx.now, **values}))


def _made(ctx: Context, tx: Tx, spec: EntitySpec[Any], row: Any) -> Any:
    """Write a new row of any kind, where the site's plan gives it."""
    made = tx.put(spec, row)
    guard_made(ctx, tx, spec, made)
    return made


def _kept(tx: Tx, act: Callable[[], Any]) -> Any:
    """Do an act of one row so that it can be taken back."""
    since = last_number(tx)
    row = act()
    keep_undo(tx, since, site_id=row.scope_id)
    return row


async def change_equipment(ctx: Context, kind: str, row_id: str, **changes: Any) -> Any:
    """Change fields of one; of a property manager only those that DEV-21 names."""
    ctx.require(Permission.SET_DEVICES)
    spec = _spec(kind)

    def work(tx: Tx) -> Any:
        present = tx.require(spec, row_id)
        guard_change(ctx, tx, spec, present, changes)
        return _kept(tx, lambda: _change(tx, spec, present, changes))

    return await ctx.mirror.write(work, origin=Origin.USER, act=f"Change {spec.label.lower()}")


def _change(tx: Tx, spec: EntitySpec[Any], present: Any, changes: dict[str, Any]) -> Any:
    if spec is LOCK and changes.get("device_id"):
        strike_from_groups(tx, present.id)
    return tx.patch(spec, present, **changes)


async def attach_equipment(ctx: Context, kind: str, **values: Any) -> Any:
    """Set up a part on what it belongs to, named by its reference: a relay controller or a screen saver on a device,
    a relay on a controller, a Zigbee device behind a panel (DEV-04, DEV-13, DEV-14).
    """
    part, spec = PARTS[kind], _spec(kind)
    ctx.require(part.right)

    def work(tx: Tx) -> Any:
        whole = tx.require(part.whole, values[part.ref])
        row = spec.row(id=new_id(), scope_id=whole.scope_id, **values)
        return _kept(tx, lambda: _made(ctx, tx, spec, row))

    return await ctx.mirror.write(work, origin=Origin.USER, act=f"Add {spec.label.lower()}")


async def save_equipment(
    ctx: Context, kind: str, texts: Mapping[str, str], *, site_id: str = "", row_id: str = ""
) -> Any:
    """Add one of any kind (no id), or change it, from texts as typed. UserError names the field that is wrong."""
    spec = _spec(kind)
    values, faults = parse_fields(spec, texts)
    if faults:
        raise UserError(faults[0].code, faults[0].message, field=faults[0].field)
    if row_id:
        return await change_equipment(ctx, kind, row_id, **values)
    needed = {c.name: c.label for c in spec.columns if c.required and c.name not in {"site_id", *values}}
    if needed:
        raise UserError(f"{spec.name}.missing", f"{', '.join(needed.values())} must be given.")
    if kind in PARTS:
        return await attach_equipment(ctx, kind, **values)
    return await add_equipment(ctx, kind, site_id=site_id, **values)


_INNER: dict[str, tuple[tuple[EntitySpec[Any], str], ...]] = {
    PANEL.name: ((PANEL_UNIT, "panel_id"),),
    RELAY_CONTROLLER.name: ((CONTROLLER_RELAY, "controller_id"),),
    LOCK.name: tuple((spec, "lock_id") for spec in ON_LOCKS),
}
"""What goes with a row of a kind, and the field by which it belongs to it."""


async def remove_equipment(ctx: Context, kind: str, *row_ids: str, check: bool = False) -> BulkReport:
    """Take some out of the site in one act: a panel with what was shown behind it, a controller with its relays, a lock
    with its codes and the groups that open it or hold it open.
    """
    spec = _spec(kind)
    ctx.require(_right(kind))

    def work(tx: Tx) -> BulkReport:
        lines = []
        for row_id in row_ids:
            row = tx.require(spec, row_id)
            lines.append(Line(row_id, _named(tx, spec, row)))
            for part_spec, ref in _INNER.get(spec.name, ()):
                for part in tx.find(part_spec, **{ref: row_id}):
                    tx.remove(part_spec, part.id)
            tx.remove(spec, row_id)
            if spec is LOCK:
                settle_lock_lines(tx, row_id, said=LOCK_GONE)
        return BulkReport(check, tuple(lines))

    site_id = await _site_of(ctx, spec, row_ids)
    return await run_act(ctx, f"Remove {spec.label.lower()}", work, check=check, site_id=site_id)


def _named(reader: Reader, spec: EntitySpec[Any], row: Any) -> str:
    """A row as people know it: a controller or a screen saver by its device, since it has no name of its own."""
    part = PARTS.get(spec.name)
    device = reader.get(DEVICE, row.device_id) if part is not None and part.whole is DEVICE else None
    return f"{device.name}: {spec.name_of(row)}" if device is not None else spec.name_of(row)


async def _site_of(ctx: Context, spec: EntitySpec[Any], row_ids: Sequence[str]) -> str:
    """The site of the first, which the undo entry names."""
    found = await ctx.mirror.read(lambda r: r.require(spec, row_ids[0]) if row_ids else None)
    return str(found.scope_id) if found is not None else ""


async def set_equipment(
    ctx: Context, kind: str, row_ids: Sequence[str], *, changes: Mapping[str, Any], check: bool = False
) -> BulkReport:
    """Set the same fields of several: relays on or off, cameras shown or hidden (DEV-04, DEV-09, DEV-12). What the
    person's role may not change is listed with the reason (DEV-21).
    """
    ctx.require(Permission.SET_DEVICES)
    spec = _spec(kind)

    def forbid(reader: Reader, row: Any) -> str:
        try:
            guard_change(ctx, reader, spec, row, changes)
        except GatewrightError as fault:
            return str(fault)
        return ""

    verb = patching(spec, f"Change {spec.label.lower()}", changes, forbid=forbid)
    site_id = await _site_of(ctx, spec, row_ids)
    return await run_bulk(
        ctx, spec, lambda r: [r.require(spec, i) for i in row_ids], verb, check=check, site_id=site_id
    )


async def fill_relays(
    ctx: Context, controller_id: str, *, name: str = "Relay {0}", check: bool = False
) -> BulkReport:
    """DEV-04: give a controller every relay that its model has and that is not there yet, named by number, off."""
    ctx.require(Permission.SET_DEVICES)

    def work(tx: Tx) -> BulkReport:
        controller = tx.require(RELAY_CONTROLLER, controller_id)
        there = {relay.number: relay for relay in tx.find(CONTROLLER_RELAY, controller_id=controller_id)}
        made, already = [], []
        for number in range(1, CONTROLLER_RELAYS[controller.model] + 1):
            if number in there:
                already.append(Line(there[number].id, there[number].name))
                continue
            row = ControllerRelay(
                id=new_id(),
                scope_id=controller.scope_id,
                controller_id=controller_id,
                number=number,
                name=name.format(number),
                enabled=False,
            )
            made.append(Line(_made(ctx, tx, CONTROLLER_RELAY, row).id, row.name))
        return BulkReport(check, tuple(made), (), tuple(already))

    site_id = await _site_of(ctx, RELAY_CONTROLLER, [controller_id])
    return await run_act(ctx, "Add controller relays", work, check=check, site_id=site_id)


def _right(kind: str) -> Permission:
    part = PARTS.get(kind)
    return part.right if part is not None else Permission.EDIT_DEVICES


def _spec(kind: str, among: Mapping[str, EntitySpec[Any]] = EVERY) -> EntitySpec[Any]:
    spec = among.get(kind)
    if spec is None:
        raise UserError(
            "equipment.kind", f"There is nothing called '{kind[:40]}'. Known: {', '.join(among)}."
        )
    return spec


async def list_equipment(ctx: Context, kind: str, site_id: str) -> list[EquipmentRow]:
    """The cameras (or other things) of a site by name, with the names that DEV-09 to DEV-13 list."""
    ctx.require_signed_in()
    spec = _spec(kind, KINDS)

    def work(reader: Reader) -> list[EquipmentRow]:
        buildings = {b.id: b.name for b in reader.find(BUILDING, scope_id=site_id)}
        apartments = {a.id: a for a in reader.find(APARTMENT, scope_id=site_id)}
        masters = reader.find(RESIDENT, scope_id=site_id, account_type=AccountType.MASTER)
        units = reader.find(PANEL_UNIT, scope_id=site_id) if spec is PANEL else []
        families: dict[str, list[str]] = {}
        for person in masters:
            name = f"{person.first_name} {person.last_name}".strip()
            families.setdefault(person.apartment_id or "", []).append(name)
        lines = []
        for row in sorted(reader.find(spec, scope_id=site_id), key=lambda one: one.name.casefold()):
            home = apartments.get(row.apartment_id or "")
            building = getattr(row, "building_id", None) or (home.building_id if home else "")
            linked = reader.get(DEVICE, row.device_id) if getattr(row, "device_id", None) else None
            names = (buildings.get(building, ""), home.number if home else "")
            residents = tuple(families.get(home.id, ())) if home else ()
            behind = tuple(u for u in units if u.panel_id == row.id)
            lines.append(EquipmentRow(row, *names, residents, linked.name if linked else "", behind))
        return lines

    return await ctx.mirror.read(work, limit_ms=20_000)


# --------------------------------------------------------------------------------------------------- single acts


async def link_camera(ctx: Context, camera_id: str, device_id: str | None) -> Camera:
    """DEV-09: show a camera's picture under a door phone of the same LAN from now on (None: no longer)."""
    ctx.require(Permission.EDIT_DEVICES)
    change = partial(_patch_camera, camera_id=camera_id, device_id=device_id)
    return await ctx.mirror.write(change, origin=Origin.USER, act="Link camera")


def _patch_camera(tx: Tx, *, camera_id: str, device_id: str | None) -> Camera:
    return tx.patch(CAMERA, tx.require(CAMERA, camera_id), device_id=device_id)


def has_own_icon(camera: Camera) -> bool:
    """DEV-09: a linked camera is reached through its door phone and has no icon of its own."""
    return camera.may_monitor and camera.device_id is None


OFFLINE_CODE = (
    "How an SL21 reckons its offline one-time codes is known to its maker's service only; this workstation cannot make "
    "one that would open it."
)


async def offline_code(ctx: Context, lock_id: str) -> str:
    """DEV-11: the tenant's one-time code of an SL21. UserError that says, before anything is tried, why there is none:
    another model has no such code, and the SL21's is not published.
    """
    ctx.require(Permission.SET_DEVICES)
    lock: SmartLock = await ctx.mirror.read(lambda r: r.require(SMART_LOCK, lock_id))
    if lock.model != "SL21":
        raise UserError(
            "device.cannot.offline_code", f"'{lock.name}': only an SL21 makes offline one-time codes."
        )
    remedy = "Make it in the maker's own app and send it from there."
    raise UserError("device.cannot.offline_code", f"'{lock.name}': {OFFLINE_CODE}", remedy=remedy)
