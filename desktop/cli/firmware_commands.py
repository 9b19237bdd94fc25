"""firmware add, list, rollout, status, pause, resume, abort."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.base.errors import NotFoundError
from core.base.verdict import Verdict, worst
from core.entities import BY_NAME
from core.entities.device import DEVICE
from core.entities.firmware import (
    FIRMWARE_RELEASE,
    ROLLOUT,
    ROLLOUT_TARGET,
    FirmwareRelease,
    Rollout,
    RolloutState,
)
from core.rules.compile import shown_mac
from core.store.reader import Reader
from core.usecases import firmware, generic
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    group = commands.group("firmware", "the firmware library and rollouts")
    add = group.add("add", _add, "take a firmware file into the library")
    add.add_argument("file", type=Path)
    add.add_argument("--model", required=True)
    add.add_argument("--version", default="")
    add.add_argument("--notes", default="")
    group.add("list", _list, "the library, newest first")
    rollout = group.add("rollout", _rollout, "bring a site's devices of one model to a release")
    rollout.add_argument("--site", required=True)
    rollout.add_argument("--model", required=True)
    rollout.add_argument("--version", required=True)
    rollout.add_argument("--check", action="store_true", help="only say which devices would change")
    for name, run in (("status", _status), ("pause", _pause), ("resume", _resume), ("abort", _abort)):
        parser = group.add(name, run, f"{name} of rollouts" if name == "status" else f"{name} a rollout")
        parser.add_argument("rollout", nargs="?" if name == "status" else None, default="")


async def _add(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    release = await firmware.add_release(
        station.ctx, args.file, model=args.model, version=args.version, notes=args.notes
    )
    out.document(generic.plain(FIRMWARE_RELEASE, release))
    out.line(f"{release.model} {release.version}: {release.size} bytes, MD5 {release.md5}.")
    return 0


async def _list(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    del args
    releases = await generic.list_rows(station.ctx, FIRMWARE_RELEASE, generic.Filter({}, sort="-created_at"))
    rows = [
        {**generic.plain(FIRMWARE_RELEASE, r), "file_here": station.ctx.blobs.has(r.sha256)} for r in releases
    ]
    out.document({"releases": rows})
    if rows:
        out.table(rows, ["model", "version", "size", "file_here", "created_at", "notes"])
    else:
        out.line(
            "The firmware library is empty. Add a file with 'gatewright firmware add FILE --model MODEL'."
        )
    return 0


async def _rollout(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    release = await _release(station, args.model, args.version)
    release, devices = await firmware.plan_rollout(station.ctx, site_id=site.id, release_id=release.id)
    change = [{"device": d.id, "mac": shown_mac(d.mac), "name": d.name, "has": d.firmware} for d in devices]
    if args.check or not devices:
        out.document({"release": release.id, "version": release.version, "will_change": change})
        out.line(f"{len(devices)} devices would go to {release.version}.")
        return 0
    rollout = await firmware.start_rollout(
        station.ctx, site_id=site.id, release_id=release.id, device_ids=[d.id for d in devices]
    )
    await firmware.run_rollout(station.ctx, rollout.id)
    return await _tell(station, rollout.id, out)


async def _release(station: Workstation, model: str, version: str) -> FirmwareRelease:
    found = await station.mirror.read(lambda r: r.first(FIRMWARE_RELEASE, model=model, version=version))
    if found is None:
        words = f"The library has no firmware {version} for a {model}."
        raise NotFoundError("firmware.unknown", words, remedy="Add its file with 'gatewright firmware add'.")
    return found


async def _tell(station: Workstation, rollout_id: str, out: Output) -> int:
    def work(reader: Reader) -> tuple[Rollout, list[dict[str, Any]]]:
        rollout = reader.require(ROLLOUT, rollout_id)
        rows = []
        for target in reader.find(ROLLOUT_TARGET, rollout_id=rollout_id):
            device = reader.require(DEVICE, target.device_id)
            plain = generic.plain(BY_NAME["rollout_targets"], target)
            rows.append({"name": device.name, "mac": shown_mac(device.mac), **plain})
        return rollout, rows

    rollout, rows = await station.mirror.read(work)
    verdict = worst([Verdict(r["verdict"]) for r in rows])
    out.document(
        {
            "rollout": rollout.id,
            "name": rollout.name,
            "state": rollout.state,
            "verdict": verdict,
            "targets": rows,
        }
    )
    out.line(f"{rollout.name}: {rollout.state.value}, {verdict.value}")
    out.table(rows, ["name", "mac", "before", "after", "verdict", "said"])
    return 0 if verdict is Verdict.PROVED else 1


async def _status(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    if args.rollout:
        return await _tell(station, args.rollout, out)
    rollouts = await generic.list_rows(station.ctx, ROLLOUT, generic.Filter({}, sort="-created_at"))
    rows = [generic.plain(ROLLOUT, r) for r in rollouts]
    out.document({"rollouts": rows})
    out.table(rows, ["id", "name", "state", "created_at"])
    return 0


async def _set(station: Workstation, args: argparse.Namespace, out: Output, state: RolloutState) -> int:
    rollout = await firmware.set_rollout_state(station.ctx, args.rollout, state)
    out.document(generic.plain(ROLLOUT, rollout))
    out.line(f"{rollout.name}: {rollout.state.value}")
    return 0


async def _pause(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    return await _set(station, args, out, RolloutState.PAUSED)


async def _resume(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    await firmware.set_rollout_state(station.ctx, args.rollout, RolloutState.RUNNING)
    await firmware.run_rollout(station.ctx, args.rollout)
    return await _tell(station, args.rollout, out)


async def _abort(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    return await _set(station, args, out, RolloutState.ABORTED)
