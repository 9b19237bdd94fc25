"""Cameras, recorders, the vendor's smart locks, smart-home panels (DEV-09, DEV-11 to DEV-13).

Adding, linking and removing is the installer's; what a property manager may change is in `core.rules.rights` (DEV-21).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, SCREEN_SAVER
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
from core.entities.person import RESIDENT, AccountType
from core.entities.site import APARTMENT, BUILDING, SITE
from core.rules.plans import Feature, plan_forbids
from core.schema.entity import EntitySpec, parse_fields
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.guards import guard_change
from core.usecases.undo_log import keep_undo, last_number

KINDS: dict[str, EntitySpec[Any]] = {s.name: s for s in (CAMERA, RECORDER, SMART_LOCK, PANEL)}
"""What is added and listed here, by name."""

ATTACHED: dict[str, EntitySpec[Any]] = {s.name: s for s in (RELAY_CONTROLLER, SCREEN_SAVER)}
"""What is set up on one device (DEV-04, DEV-14), by name; a property manager does it too (DEV-21)."""


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
    if spec is CAMERA and (why := plan_forbids(site, Feature.CAMERAS, ctx.clock.now())):
        raise UserError("plan.basic", why)
    if spec is SMART_LOCK:
        values.setdefault("added_by", ctx.me.name)
    return tx.put(spec, spec.row(id=new_id(), scope_id=site.id, **{"made_at": tx.now, **values}))


def _kept(tx: Tx, act: Callable[[], Any]) -> Any:
    """Do an act of one row so that it can be taken back."""
    since = last_number(tx)
    row = act()
    keep_undo(tx, since, site_id=row.scope_id)
    return row


async def change_equipment(ctx: Context, kind: str, row_id: str, **changes: Any) -> Any:
    """Change fields of one; of a property manager only those that DEV-21 names."""
    ctx.require(Permission.SET_DEVICES)
    spec = ATTACHED.get(kind) or _spec(kind)

    def work(tx: Tx) -> Any:
        present = tx.require(spec, row_id)
        guard_change(ctx, tx, spec, present, changes)
        return _kept(tx, lambda: tx.patch(spec, present, **changes))

    return await ctx.mirror.write(work, origin=Origin.USER, act=f"Change {spec.label.lower()}")


async def attach_equipment(ctx: Context, kind: str, *, device_id: str, **more: Any) -> Any:
    """Set up a relay controller or a screen saver on a device (DEV-04, DEV-14)."""
    ctx.require(Permission.SET_DEVICES)
    spec = ATTACHED[kind]

    def work(tx: Tx) -> Any:
        device = tx.require(DEVICE, device_id)
        row = spec.row(id=new_id(), scope_id=device.scope_id, device_id=device.id, **more)
        return _kept(tx, lambda: tx.put(spec, row))

    return await ctx.mirror.write(work, origin=Origin.USER, act=f"Add {spec.label.lower()}")


async def save_equipment(
    ctx: Context, kind: str, texts: Mapping[str, str], *, site_id: str = "", row_id: str = ""
) -> Any:
    """Add one of any kind (no id), or change it, from texts as typed. UserError names the field that is wrong."""
    spec = ATTACHED.get(kind) or _spec(kind)
    values, faults = parse_fields(spec, texts)
    if faults:
        raise UserError(faults[0].code, faults[0].message, field=faults[0].field)
    if row_id:
        return await change_equipment(ctx, kind, row_id, **values)
    needed = {c.name: c.label for c in spec.columns if c.required and c.name not in {"site_id", *values}}
    if needed:
        raise UserError(f"{spec.name}.missing", f"{', '.join(needed.values())} must be given.")
    if kind in ATTACHED:
        return await attach_equipment(ctx, kind, **values)
    return await add_equipment(ctx, kind, site_id=site_id, **values)


_INNER: dict[str, tuple[tuple[EntitySpec[Any], str], ...]] = {
    PANEL.name: ((PANEL_UNIT, "panel_id"),),
    RELAY_CONTROLLER.name: ((CONTROLLER_RELAY, "controller_id"),),
}
"""What goes with a row of a kind, and the field by which it belongs to it."""


async def remove_equipment(ctx: Context, kind: str, *row_ids: str) -> None:
    """Take some out of the site in one act: a panel with what was shown behind it, a controller with its relays."""
    ctx.require(Permission.SET_DEVICES if kind in ATTACHED else Permission.EDIT_DEVICES)
    spec = ATTACHED.get(kind) or _spec(kind)
    inner = _INNER.get(spec.name, ())

    def work(tx: Tx) -> None:
        tx.grouped()
        since, site_id = last_number(tx), ""
        for row_id in row_ids:
            site_id = tx.require(spec, row_id).scope_id
            for part_spec, ref in inner:
                for part in tx.find(part_spec, **{ref: row_id}):
                    tx.remove(part_spec, part.id)
            tx.remove(spec, row_id)
        keep_undo(tx, since, site_id=site_id)

    await ctx.mirror.write(work, origin=Origin.USER, act=f"Remove {spec.label.lower()}")


def _spec(kind: str) -> EntitySpec[Any]:
    if kind not in KINDS:
        raise UserError(
            "equipment.kind", f"There is nothing called '{kind[:40]}'. Known: {', '.join(KINDS)}."
        )
    return KINDS[kind]


async def list_equipment(ctx: Context, kind: str, site_id: str) -> list[EquipmentRow]:
    """The cameras (or other things) of a site by name, with the names that DEV-09 to DEV-13 list."""
    ctx.require_signed_in()
    spec = _spec(kind)

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
