"""Import and export of files, as the signed-in person may (templates.md). The work itself is core.sheets'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from core.base.errors import UserError
from core.entities.organisation import Role
from core.entities.site import SITE
from core.sheets.apply import ImportResult, apply_plan, write_rejects
from core.sheets.export import export_kind
from core.sheets.kinds import kind_of
from core.sheets.options import ImportOptions
from core.sheets.plan import plan_sheet, sheet_of
from core.sheets.read import read_table
from core.sheets.rows import SheetPlan
from core.sheets.template import write_template
from core.store.reader import Reader
from core.usecases.context import Context, Permission, switched_off
from core.usecases.import_makers import MAKERS

T = TypeVar("T")
READ_LIMIT_MS = 120_000
RIGHTS: dict[str, Permission] = {
    "macs": Permission.EDIT_LIBRARY,
    "apartments": Permission.EDIT_SITES,
    "office_users": Permission.EDIT_DEVICES,
    "office_devices": Permission.EDIT_DEVICES,
}
"""What an import of a kind takes; everything else is about people."""


async def aside(ctx: Context, work: Callable[[], T]) -> T:
    """Run file work on one of the mirror's reading threads, which have an owner that joins them."""
    return await ctx.mirror.read(lambda _reader: work(), limit_ms=READ_LIMIT_MS)


def said_by(ctx: Context, reader: Reader, site_id: str, options: ImportOptions) -> ImportOptions:
    """The options with what follows from who imports: whose library, which role, and what the site forbids (GRP-05)."""
    actor = ctx.me
    manager = actor.role is Role.MANAGER
    site = reader.get(SITE, site_id) if manager and site_id else None
    off = switched_off(Permission.SET_ACCESS, site) if site else ""
    words = f"The installer has switched off {off} for the managers of this site." if off else ""
    return replace(options, org_id=actor.org_id, manager=manager, no_access=words)


async def plan_import(ctx: Context, kind: str, file: Path, *, site_id: str = "") -> SheetPlan:
    """Read a file and say what an import would do, row by row; nothing is written (TPL-08)."""
    into = scope_for(ctx, kind, site_id)
    table = await aside(ctx, lambda: read_table(file))
    return await ctx.mirror.read(
        lambda r: plan_sheet(r, kind, sheet_of(kind, table), into), limit_ms=READ_LIMIT_MS
    )


async def run_import(
    ctx: Context, plan: SheetPlan, *, progress: Callable[[int, int], None] | None = None
) -> ImportResult:
    """Apply the good rows of a plan."""
    ctx.require(RIGHTS.get(plan.kind, Permission.EDIT_PEOPLE))
    return await apply_plan(ctx.mirror, plan, MAKERS, progress=progress)


async def save_rejects(ctx: Context, path: Path, plan: SheetPlan, result: ImportResult | None = None) -> int:
    """Write the refused rows with their reasons; returns how many there are."""
    return await aside(ctx, lambda: write_rejects(path, plan, result.late if result else None))


async def export_file(
    ctx: Context, kind: str, file: Path, *, site_id: str = "", show_secrets: bool = False
) -> int:
    """Write all rows of a kind; codes are dots unless asked for with the right. Returns how many rows."""
    into = scope_for(ctx, kind, site_id)
    if show_secrets:
        ctx.require(Permission.SEE_SECRETS)
    return await ctx.mirror.read(
        lambda r: export_kind(r, kind, into, file, show_secrets=show_secrets), limit_ms=READ_LIMIT_MS
    )


async def save_template(ctx: Context, kind: str, file: Path) -> None:
    """Write the empty template of a kind (TPL-12)."""
    await aside(ctx, lambda: write_template(file, kind_of(kind).layout))


def scope_for(ctx: Context, kind: str, site_id: str) -> str:
    """The scope that rows of a kind go to."""
    kind_of(kind)
    actor = ctx.require(RIGHTS.get(kind, Permission.EDIT_PEOPLE))
    if kind == "macs":
        return actor.org_id
    if not site_id:
        raise UserError(
            "sheet.site", f"Files of the kind '{kind}' belong to a site.", remedy="Name it with --site."
        )
    return site_id
