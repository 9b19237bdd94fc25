"""Import and export of files, as the signed-in person may (templates.md). The work itself is core.sheets'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from core.base.errors import UserError
from core.entities.access import ACCESS_GROUP
from core.entities.organisation import Role
from core.entities.place import DEPARTMENT
from core.entities.site import BUILDING, SITE
from core.sheets.export import export_kind
from core.sheets.faces import template_notes, write_zip
from core.sheets.kinds import KINDS, kind_of
from core.sheets.options import ImportOptions
from core.sheets.template import batch_edit, write_template
from core.store.changes import Origin
from core.store.reader import Reader
from core.usecases.context import Context, Permission, switched_off

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


async def export_file(
    ctx: Context, kind: str, file: Path, *, site_id: str = "", show_secrets: bool = False
) -> int:
    """Write all rows of a kind; codes are dots unless asked for with the right, which is audited. Returns how many."""
    into = scope_for(ctx, kind, site_id)
    if show_secrets:
        ctx.require(Permission.SEE_SECRETS)
        if site_id:
            await ctx.mirror.write(
                lambda tx: tx.note_act(SITE, tx.require(SITE, site_id), "export codes"),
                origin=Origin.USER,
                act=f"Export {kind} with codes",
            )
    return await ctx.mirror.read(
        lambda r: export_kind(r, kind, into, file, show_secrets=show_secrets), limit_ms=READ_LIMIT_MS
    )


async def save_template(ctx: Context, name: str, file: Path, *, site_id: str = "") -> None:
    """Write the empty template of that name (TPL-12): a kind, or `residents_edit` for the batch edit.

    With a site its buildings, departments and access groups are offered in lists.
    """
    ctx.require_signed_in()
    if name == "faces":
        await aside(ctx, lambda: write_zip(file, None, {}, template_notes()))
        return
    layout = batch_edit(kind_of("residents").layout) if name == BATCH_EDIT else kind_of(name).layout

    def work(reader: Reader) -> None:
        write_template(file, layout, lists=_lists(reader, site_id) if site_id else None)

    await ctx.mirror.read(work, limit_ms=READ_LIMIT_MS)


BATCH_EDIT = "residents_edit"


def templates() -> tuple[str, ...]:
    """Names of all templates."""
    names = list(KINDS)
    names.insert(1, BATCH_EDIT)
    return tuple(names)


def _lists(reader: Reader, site_id: str) -> dict[str, list[str]]:
    groups = [g for g in reader.find(ACCESS_GROUP, site_id=site_id) if g.owner_id is None]
    return {
        "building": sorted(b.name for b in reader.find(BUILDING, site_id=site_id)),
        "department": sorted(d.name for d in reader.find(DEPARTMENT, site_id=site_id)),
        "groups": sorted(str(g.code) for g in groups),
    }


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
