"""Any entity by its declaration: list, show, add, change, remove. Verbs with a meaning of their own go first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.base.errors import NotAllowedError, NotFoundError, UserError
from core.base.ids import is_id, new_id
from core.entities import ALL, BY_NAME
from core.entities.event import DOOR_EVENT
from core.entities.organisation import Role
from core.entities.person import CREDENTIAL, RESIDENT
from core.entities.record import UNDO_ENTRY
from core.entities.site import SITE
from core.rules.plain_codes import plain_code
from core.rules.rights import may_write
from core.schema.entity import EntitySpec, Scope, parse_fields
from core.schema.field import Ref
from core.store.changes import Origin
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission, switched_off
from core.usecases.creators import MAKING, REMOVING
from core.usecases.guards import guard_change, guard_made, guard_remove
from core.usecases.people import new_sign_in

_EDIT: dict[str, Permission] = {
    "sites": Permission.SET_SITES,
    "buildings": Permission.EDIT_SITES,
    "apartments": Permission.EDIT_APARTMENTS,
    "departments": Permission.EDIT_SITES,
    "public_areas": Permission.EDIT_SITES,
    "mac_entries": Permission.EDIT_LIBRARY,
    "devices": Permission.SET_DEVICES,
    "relays": Permission.SET_DEVICES,
    "device_settings": Permission.SET_DEVICES,
    "device_logins": Permission.EDIT_DEVICES,
    "residents": Permission.EDIT_PEOPLE,
    "credentials": Permission.EDIT_PEOPLE,
    "access_groups": Permission.EDIT_PEOPLE,
    "group_members": Permission.EDIT_PEOPLE,
    "group_doors": Permission.EDIT_PEOPLE,
    "floor_grants": Permission.EDIT_PEOPLE,
    "relay_schedules": Permission.SET_DEVICES,
    "emergency_doors": Permission.EDIT_PEOPLE,
    "door_shares": Permission.EDIT_SITES,
    "locks": Permission.SET_DEVICES,
    "group_locks": Permission.EDIT_PEOPLE,
    "lock_holds": Permission.SET_DEVICES,
    "cameras": Permission.SET_DEVICES,
    "recorders": Permission.SET_DEVICES,
    "smart_locks": Permission.EDIT_DEVICES,
    "panels": Permission.EDIT_DEVICES,
    "panel_units": Permission.EDIT_DEVICES,
    "relay_controllers": Permission.SET_DEVICES,
    "controller_relays": Permission.SET_DEVICES,
    "screen_savers": Permission.SET_DEVICES,
    "parking_lots": Permission.EDIT_PEOPLE,
    "parking_doors": Permission.EDIT_PEOPLE,
    "parked_vehicles": Permission.EDIT_PEOPLE,
    "firmware_releases": Permission.FIRMWARE,
}
"""What may be edited generically, and the right it takes. Everything else is written by its own verbs only."""

EDITABLE = tuple(_EDIT)
"""Names of what may be edited generically."""


def entity(name: str) -> EntitySpec[Any]:
    """The declaration of a name, plural or singular, with blanks or hyphens; UserError names what there is."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    for spec in ALL:
        if plain in {spec.name, spec.name.removesuffix("s"), spec.label.lower().replace(" ", "_")}:
            return spec
    raise UserError(
        "entity.unknown", f"There is nothing called '{name[:40]}'. Known: {', '.join(sorted(BY_NAME))}."
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What a generic list shows: texts as typed, `field -> text`."""

    equals: Mapping[str, str]
    search: str = ""
    sort: str = ""
    limit: int | None = None


async def list_rows(ctx: Context, spec: EntitySpec[Any], wanted: Filter) -> list[Any]:
    """Rows of an entity that match."""
    ctx.require_signed_in()
    equals: dict[str, Any] = {}
    for name, text in wanted.equals.items():
        if name in {"scope_id", "id"}:
            equals[name] = text
            continue
        values, faults = parse_fields(spec, {name: text})
        if faults:
            raise UserError(faults[0].code, faults[0].message, field=name)
        equals[name] = values[name]
    if wanted.sort and wanted.sort.removeprefix("-") not in spec.by_name:
        raise UserError(
            f"{spec.name}.unknown_field", f"{spec.label} has no field '{wanted.sort.removeprefix('-')}'."
        )
    query = ListQuery(spec, equals, wanted.search, wanted.sort, wanted.limit)

    def work(reader: Reader) -> list[Any]:
        return list(filter(_seen_by(ctx, reader, spec), rows(reader, query)))

    return await ctx.mirror.read(work, limit_ms=20_000)


def _seen_by(ctx: Context, reader: Reader, spec: EntitySpec[Any]) -> Callable[[Any], bool]:
    """ACC-12: without log access a property manager sees no door events; a distributor sees nothing of any site."""
    role = ctx.me.role
    if role is Role.DISTRIBUTOR and spec.scope is Scope.SITE:
        return lambda _row: False
    if role is not Role.MANAGER or spec is not DOOR_EVENT:
        return lambda _row: True
    shown = {site.id for site in reader.find(SITE) if not switched_off(Permission.SEE_LOGS, site)}
    return lambda row: row.scope_id in shown


async def show_row(ctx: Context, spec: EntitySpec[Any], row_id: str) -> Any:
    """One row, by id or by its exact short name when only one has it."""
    ctx.require_signed_in()

    def work(reader: Reader) -> Any:
        seen = _seen_by(ctx, reader, spec)
        if is_id(row_id):
            row = reader.require(spec, row_id)
            if not seen(row):
                words = f"Your role does not allow to see this {spec.label.lower()}."
                raise NotAllowedError("role.not_allowed", words)
            return row
        named = [
            row
            for row in filter(seen, reader.find(spec))
            if spec.name_of(row).lower() == row_id.strip().lower()
        ]
        if len(named) == 1:
            return named[0]
        word = "More than one" if named else "No"
        raise NotFoundError(f"{spec.name}.unknown", f"{word} {spec.label.lower()} is called '{row_id[:60]}'.")

    return await ctx.mirror.read(work, limit_ms=20_000)


async def put_row(ctx: Context, spec: EntitySpec[Any], texts: Mapping[str, str], *, row_id: str = "") -> Any:
    """Add a row (no id) or change fields of one, from texts as typed. The scope follows from the row's references."""
    _require_edit(ctx, spec)
    values, faults = parse_fields(spec, texts)
    if faults:
        raise UserError(faults[0].code, faults[0].message, field=faults[0].field)

    making = MAKING.get(spec.name)
    filled = making.filled if making else frozenset()

    def work(tx: Tx) -> Any:
        if row_id:
            present = tx.require(spec, row_id)
            changes = _plain_codes(spec, present, values)
            guard_change(ctx, tx, spec, present, changes)
            more = new_sign_in(present, changes, tx.now) if spec is RESIDENT else {}
            return tx.patch(spec, present, **changes, **more)
        missing = [
            c.label for c in spec.columns if c.required and c.name not in values and c.name not in filled
        ]
        if missing:
            raise UserError(f"{spec.name}.missing", f"{', '.join(missing)} must be given.")
        _require_making(ctx, spec, "create")
        if making is not None:
            tx.grouped()
            made = making.make(tx, dict(values), ctx.me.org_id)
        else:
            scope = _scope_of(ctx, tx, spec, values)
            made = tx.put(spec, spec.row(id=new_id(), scope_id=scope, **values))
        guard_made(ctx, tx, spec, made)
        return made

    act = f"{'Change' if row_id else 'Add'} {spec.label.lower()}"
    return await ctx.mirror.write(work, origin=Origin.USER, act=act)


def _plain_codes(spec: EntitySpec[Any], present: Any, values: dict[str, Any]) -> dict[str, Any]:
    """A card typed with separators is brought to its plain notation, as at its creation."""
    if spec is CREDENTIAL and "code" in values:
        return {**values, "code": plain_code(values.get("kind", present.kind), values["code"])}
    return values


async def remove_row(ctx: Context, spec: EntitySpec[Any], row_id: str) -> None:
    """Remove one row, a person or group with what hangs on it; any other is refused while rows point at it."""
    _require_edit(ctx, spec)

    def work(tx: Tx) -> None:
        present = tx.require(spec, row_id)
        _require_making(ctx, spec, "delete")
        guard_remove(ctx, tx, spec, present)
        if spec.name in REMOVING:
            tx.grouped()
            REMOVING[spec.name](tx, present)
            return
        for other in ALL:
            for column in other.refs:
                if isinstance(column.kind, Ref) and column.kind.to == spec.name:
                    count = len(tx.find(other, **{column.name: row_id}))
                    if count:
                        words = f"{count} {other.label.lower()} rows still belong to it."
                        raise UserError(f"{spec.name}.in_use", words, remedy="Remove or move them first.")
        tx.remove(spec, row_id)

    await ctx.mirror.write(work, origin=Origin.USER, act=f"Remove {spec.label.lower()}")


def _require_edit(ctx: Context, spec: EntitySpec[Any]) -> None:
    permission = _EDIT.get(spec.name)
    if permission is None:
        raise NotAllowedError(
            "entity.not_editable", f"{spec.label} rows are written by their own commands only."
        )
    ctx.require(permission)


def _require_making(ctx: Context, spec: EntitySpec[Any], op: str) -> None:
    """DEV-21: adding and deleting what a property manager may only change is the installer's."""
    if not may_write(ctx.me.role, spec.name, op, ()):
        words = f"Your role does not allow to {'add' if op == 'create' else 'remove'} a {spec.label.lower()}."
        raise NotAllowedError("role.not_allowed", words)


def _scope_of(ctx: Context, reader: Reader, spec: EntitySpec[Any], values: Mapping[str, Any]) -> str:
    """ORG rows belong to the actor's organisation; SITE rows to the scope of what they point at."""
    if spec.scope is not Scope.SITE:
        return "" if spec.scope is Scope.LOCAL else ctx.me.org_id
    for column in spec.refs:
        target = values.get(column.name)
        if target and isinstance(column.kind, Ref):
            row = reader.get(BY_NAME[column.kind.to], target)
            if row is not None:
                return str(row.scope_id)
    raise UserError(f"{spec.name}.scope", f"A {spec.label.lower()} needs what it belongs to: {_refs(spec)}.")


def _refs(spec: EntitySpec[Any]) -> str:
    return " or ".join(c.name for c in spec.refs if c.required)


def plain(spec: EntitySpec[Any], row: Any, *, secrets: bool = False) -> dict[str, Any]:
    """A row as members of a JSON document; secrets are masked unless asked for with the right."""
    document: dict[str, Any] = {"id": row.id, "scope_id": row.scope_id, "ver": row.ver}
    for column in spec.columns:
        value = getattr(row, column.name)
        if spec is UNDO_ENTRY and column.name == "steps":
            # What is needed to take an act back holds codes in the clear; it is no text for people.
            document[column.name] = {"count": len(value.get("steps", ()))}
        elif column.kind.secret and not secrets:
            document[column.name] = column.kind.show(value)
        elif value is None or isinstance(value, (bool, int, str, dict)):
            document[column.name] = value
        elif isinstance(value, tuple):
            document[column.name] = list(value)
        else:
            document[column.name] = column.kind.show(value)
    return document


async def audit_secret_view(ctx: Context, spec: EntitySpec[Any], row: Any) -> None:
    """Note that secrets of a row were shown in the clear (LOG-06); needs the right to see them."""
    ctx.require(Permission.SEE_SECRETS)
    await ctx.mirror.write(lambda tx: tx.note_act(spec, row, "reveal"), origin=Origin.USER, act="Show code")
