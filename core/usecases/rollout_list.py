"""The list of rollouts (FW-03): filtered by status, kind of site, site and version; records go and come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.base.errors import UserError
from core.entities.firmware import (
    FIRMWARE_RELEASE,
    ROLLOUT,
    ROLLOUT_TARGET,
    Rollout,
    RolloutState,
    TargetEnd,
)
from core.entities.site import SITE, SiteKind
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases import leases
from core.usecases.bulk import BulkReport, Line, run_act
from core.usecases.context import Context, Permission
from core.usecases.firmware_push import OVER, unwant


@dataclass(frozen=True, slots=True)
class RolloutFilter:
    """FW-03: filter by status word, kind of site, site and version; empty members filter nothing."""

    status: str = ""
    kind: SiteKind | None = None
    site_id: str = ""
    version: str = ""


STATUS: dict[RolloutState, str] = {
    RolloutState.PENDING: "pending",
    RolloutState.RUNNING: "processing",
    RolloutState.PAUSED: "paused",
    RolloutState.DONE: "executed",
    RolloutState.ABORTED: "aborted",
}
"""FW-03's words, and ours for what it has none for."""


@dataclass(frozen=True, slots=True)
class RolloutRow:
    """One line of the list (FW-03)."""

    rollout: Rollout
    kind: SiteKind
    site: str
    model: str
    version: str
    status: str
    ends: dict[str, int] = field(default_factory=dict)


async def list_rollouts(ctx: Context, wanted: RolloutFilter | None = None) -> list[RolloutRow]:
    """Every rollout, newest first, with how many devices ended how."""
    ctx.require_signed_in()
    chosen = wanted or RolloutFilter()

    def work(reader: Reader) -> list[RolloutRow]:
        sites = {s.id: s for s in reader.find(SITE)}
        releases = {r.id: r for r in reader.find(FIRMWARE_RELEASE)}
        rows = []
        for rollout in reader.find(ROLLOUT):
            site, release = sites.get(rollout.site_id), releases.get(rollout.release_id)
            if site is None:
                continue
            ends: dict[str, int] = {}
            for target in reader.find(ROLLOUT_TARGET, rollout_id=rollout.id):
                ends[target.end.value] = ends.get(target.end.value, 0) + 1
            names = (release.model, release.version) if release else ("", "")
            rows.append(RolloutRow(rollout, site.kind, site.name, *names, STATUS[rollout.state], ends))
        return sorted((r for r in rows if _fits(r, chosen)), key=lambda r: r.rollout.id, reverse=True)

    return await ctx.mirror.read(work)


def _fits(row: RolloutRow, wanted: RolloutFilter) -> bool:
    return (
        wanted.status in {"", row.status}
        and wanted.kind in {None, row.kind}
        and wanted.site_id in {"", row.rollout.site_id}
        and wanted.version in {"", row.version}
    )


async def delete_rollouts(ctx: Context, rollout_ids: Sequence[str], *, check: bool = False) -> BulkReport:
    """Delete records of rollouts, in whatever state (FW-03); the report's `undo_id` brings them back.

    What was still wanted of devices by a rollout that is not over is wanted no more; whoever drives it stops. UserError
    while devices of one of them are being worked on, as far as is known here.
    """
    ctx.require(Permission.FIRMWARE)
    wanted = list(dict.fromkeys(rollout_ids))

    def work(tx: Tx) -> BulkReport:
        return BulkReport(check, tuple(_delete(tx, tx.require(ROLLOUT, one)) for one in wanted))

    report = await run_act(ctx, "Delete rollout", work, check=check)
    if not check:
        await leases.note_deleted(ctx, wanted)
    return report


def _delete(tx: Tx, rollout: Rollout) -> Line:
    targets = tx.find(ROLLOUT_TARGET, rollout_id=rollout.id)
    if any(t.end is TargetEnd.RUNNING for t in targets):
        words = f"Devices of '{rollout.name}' are being worked on."
        raise UserError("rollout.running", words, remedy="Abort it, wait for them, then delete it.")
    for target in targets:
        if target.end not in OVER:
            unwant(tx, rollout, target)
        tx.remove(ROLLOUT_TARGET, target.id)
    tx.remove(ROLLOUT, rollout.id)
    return Line(rollout.id, rollout.name)
