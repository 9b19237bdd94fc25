"""Site plans: drawings taken in as files, doors placed on them; each change with an undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.words import clean
from core.entities.device import RELAY, Relay
from core.entities.plan import FLOOR_PLAN, PLAN_DOOR, WHOLE, FloorPlan, PlanDoor
from core.entities.site import BUILDING, SITE
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Line, run_act
from core.usecases.context import Context, Permission
from core.usecases.files import aside

MOST_BYTES = 16_000_000
_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n")
_PDF = b"%PDF"


async def add_plan(
    ctx: Context,
    *,
    site_id: str,
    name: str,
    picture: Path | None = None,
    building_id: str | None = None,
    floor: int | None = None,
    check: bool = False,
) -> BulkReport:
    """A plan of a site; without a `picture` the schematic. UserError for a file that is no JPEG or PNG, or too large.

    The report's only line is the new plan.
    """
    ctx.require(Permission.SET_SITES)
    digest = await _taken_in(ctx, picture) if picture is not None else None

    def work(tx: Tx) -> BulkReport:
        scope = tx.require(SITE, site_id).scope_id
        if building_id is not None and tx.require(BUILDING, building_id).site_id != site_id:
            raise UserError(
                "floor_plans.building", "This is a building of another site.", field="building_id"
            )
        where: dict[str, Any] = {"site_id": site_id, "building_id": building_id, "floor": floor}
        new = FloorPlan(id=new_id(), scope_id=scope, name=name.strip(), picture=digest, **where)
        plan = tx.put(FLOOR_PLAN, new)
        return BulkReport(False, (Line(plan.id, plan.name),), ())

    return await run_act(ctx, "Add site plan", work, check=check, site_id=site_id)


async def change_plan(
    ctx: Context, plan_id: str, *, name: str | None = None, picture: Path | None = None, check: bool = False
) -> BulkReport:
    """Another name or drawing; doors keep their places."""
    ctx.require(Permission.SET_SITES)
    more: dict[str, object] = {"name": name.strip()} if name is not None else {}
    if picture is not None:
        more["picture"] = await _taken_in(ctx, picture)
    plan = await ctx.mirror.read(lambda r: r.require(FLOOR_PLAN, plan_id))

    def work(tx: Tx) -> BulkReport:
        changed = tx.patch(FLOOR_PLAN, tx.require(FLOOR_PLAN, plan_id), **more)
        return BulkReport(False, (Line(changed.id, changed.name),), ())

    return await run_act(ctx, "Change site plan", work, check=check, site_id=plan.site_id)


async def remove_plan(ctx: Context, plan_id: str, *, check: bool = False) -> BulkReport:
    """A plan goes with the places of its doors; the doors stay."""
    ctx.require(Permission.SET_SITES)
    plan = await ctx.mirror.read(lambda r: r.require(FLOOR_PLAN, plan_id))

    def work(tx: Tx) -> BulkReport:
        for door in tx.find(PLAN_DOOR, plan_id=plan_id):
            tx.remove(PLAN_DOOR, door.id)
        tx.remove(FLOOR_PLAN, plan_id)
        return BulkReport(False, (Line(plan_id, plan.name),), ())

    return await run_act(ctx, "Remove site plan", work, check=check, site_id=plan.site_id)


async def place_door(
    ctx: Context, *, plan_id: str, relay_id: str, x: int, y: int, check: bool = False
) -> BulkReport:
    """A door stands here on the plan, in parts of WHOLE; places outside of it are moved to its edge."""
    ctx.require(Permission.SET_SITES)
    plan = await ctx.mirror.read(lambda r: r.require(FLOOR_PLAN, plan_id))
    at = {"x": min(max(x, 0), WHOLE), "y": min(max(y, 0), WHOLE)}

    def work(tx: Tx) -> BulkReport:
        relay = _door_of(tx, plan, relay_id)
        present = tx.first(PLAN_DOOR, plan_id=plan_id, relay_id=relay_id)
        if present is None:
            tx.put(
                PLAN_DOOR,
                PlanDoor(id=new_id(), scope_id=plan.scope_id, plan_id=plan_id, relay_id=relay_id, **at),
            )
        else:
            tx.patch(PLAN_DOOR, present, **at)
        return BulkReport(False, (Line(relay_id, relay.name),), ())

    return await run_act(ctx, "Place door", work, check=check, site_id=plan.site_id)


async def take_off(ctx: Context, *, plan_id: str, relay_id: str, check: bool = False) -> BulkReport:
    """A door stands on the plan no more."""
    ctx.require(Permission.SET_SITES)
    plan = await ctx.mirror.read(lambda r: r.require(FLOOR_PLAN, plan_id))

    def work(tx: Tx) -> BulkReport:
        relay = _door_of(tx, plan, relay_id)
        present = tx.first(PLAN_DOOR, plan_id=plan_id, relay_id=relay_id)
        if present is None:
            return BulkReport(False, (), (), (Line(relay_id, relay.name),))
        tx.remove(PLAN_DOOR, present.id)
        return BulkReport(False, (Line(relay_id, relay.name),), ())

    return await run_act(ctx, "Take door off plan", work, check=check, site_id=plan.site_id)


def _door_of(tx: Tx, plan: FloorPlan, relay_id: str) -> Relay:
    relay = tx.require(RELAY, relay_id)
    if relay.scope_id != plan.scope_id:
        raise UserError("plan_doors.door", "This is a door of another site.", field="relay_id")
    return relay


async def _taken_in(ctx: Context, picture: Path) -> str:
    def work() -> str:
        name = clean(picture.name, limit=80)
        if not picture.is_file():
            raise UserError("floor_plans.file", f"There is no file {name}.", field="picture")
        with picture.open("rb") as file:
            head = file.read(8)
        if head.startswith(_PDF):
            words = f"{name} is a PDF, which may hold many pages."
            remedy = "Save the page of the floor as PNG and take that."
            raise UserError("floor_plans.pdf", words, field="picture", remedy=remedy)
        if not head.startswith(_HEADS):
            raise UserError("floor_plans.kind", f"{name} is neither a JPEG nor a PNG.", field="picture")
        if picture.stat().st_size > MOST_BYTES:
            most = MOST_BYTES // 1_000_000
            raise UserError("floor_plans.large", f"{name} is larger than {most} MB.", field="picture")
        return ctx.blobs.add(picture).sha256

    return await aside(ctx, work)
