"""firmware add, list, rollout, status, pause, resume, abort, edit, delete."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.base.errors import NotFoundError, UserError
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
from core.entities.site import SITE, Site, SiteKind
from core.rules.compile import shown_mac
from core.store.reader import Reader
from core.usecases import firmware, generic
from core.usecases.devices import find_device
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
    rollout.add_argument("--device", action="append", metavar="DEVICE", help="only this one; repeat")
    rollout.add_argument("--connected", action="store_true", help="only devices that are connected now")
    _rollout_options(rollout)
    rollout.add_argument(
        "--later", action="store_true", help="only write it down; 'resume' or an agent runs it"
    )
    for name, run in (
        *(("status", _status), ("pause", _pause), ("resume", _resume), ("abort", _abort)),
        *(("edit", _edit), ("delete", _delete)),
    ):
        parser = group.add(name, run, f"{name} of rollouts" if name == "status" else f"{name} a rollout")
        many = {"status": "?", "delete": "+"}.get(name)
        parser.add_argument("rollout", nargs=many, default="")
        if name == "resume":
            parser.add_argument("--retry", action="store_true", help="try those again that failed or refused")
        if name == "edit":
            _rollout_options(parser)
        if name == "status":
            parser.add_argument("--status", choices=sorted(set(firmware.STATUS.values())), default="")
            parser.add_argument("--version", default="")
            parser.add_argument("--site", default="")
            parser.add_argument("--kind", choices=[k.value for k in SiteKind], default="")


def _rollout_options(parser: argparse.ArgumentParser) -> None:
    """The members of RolloutOptions; what is not given stays as it is (or as RolloutOptions has it)."""
    parser.add_argument(
        "--at", metavar="TIME", help="begin at this time, such as 2026-05-01T22:00 in the site's zone"
    )
    parser.add_argument(
        "--waves", metavar="N,N,...", help="devices in the canary wave, the next, ...; 0: all the rest"
    )
    parser.add_argument("--quiet", action="append", metavar="HH:MM-HH:MM", help="begin nothing then; repeat")
    for name, words in (
        ("go-on-pct", "per cent of a wave to be proved before the next one"),
        ("stop-faults", "faults of a wave that pause the rollout"),
        ("watch-s", "seconds to watch a wave before the next one"),
        ("max-down", "doors of one entrance down at a time"),
        ("at-once", "devices at a time"),
    ):
        parser.add_argument(f"--{name}", type=int, metavar="N", help=words)
    parser.add_argument(
        "--reset-after", action="store_true", default=None, help="reset each device afterwards"
    )
    parser.add_argument("--yes", action="store_true", help="yes, what is on the devices shall go")


def _chosen_options(args: argparse.Namespace, site: Site) -> dict[str, Any]:
    """The options that were given, as keywords of RolloutOptions."""
    names = ("go_on_pct", "stop_faults", "watch_s", "max_down", "at_once", "reset_after")
    found = {name: value for name in names if (value := getattr(args, name)) is not None}
    if args.waves:
        found["waves"] = tuple(size.strip() for size in args.waves.split(","))
    if args.quiet:
        found["quiet_hours"] = tuple(args.quiet)
    if args.at:
        found["starts_at"] = _moment(args.at, site)
    if args.yes:
        found["reset_confirmed"] = True
    return found


def _moment(text: str, site: Site) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        remedy = "Write it as 2026-05-01T22:00."
        raise UserError("rollout.time", f"'{text[:40]}' is no time.", remedy=remedy) from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(site.time_zone))


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
    found = await firmware.candidates(station.ctx, site_id=site.id, release_id=release.id)
    chosen = await _chosen(station, args, found)
    if args.check or not chosen:
        _tell_candidates(site, release, chosen, out)
        return 0
    rollout = await firmware.start_rollout(
        station.ctx,
        site_id=site.id,
        release_id=release.id,
        device_ids=[c.device.id for c in chosen],
        options=firmware.RolloutOptions(**_chosen_options(args, site)),
    )
    if args.later:
        out.document(generic.plain(ROLLOUT, rollout))
        out.line(f"{rollout.name}: {rollout.state.value}, {len(chosen)} devices.")
        return 0
    await firmware.run_rollout(station.ctx, rollout.id)
    return await _tell(station, rollout.id, out)


async def _chosen(
    station: Workstation, args: argparse.Namespace, found: list[firmware.Candidate]
) -> list[firmware.Candidate]:
    """The candidates that were asked for. UserError for a device that is none."""
    if args.connected:
        found = [c for c in found if c.connected]
    if not args.device:
        return found
    by_id = {c.device.id: c for c in found}
    chosen = []
    for text in args.device:
        device = await find_device(station.ctx, text)
        if device.id not in by_id:
            words = f"'{device.name}' is none of the devices that this firmware would change."
            raise UserError("rollout.candidate", words, remedy="Look at them with --check.")
        chosen.append(by_id[device.id])
    return chosen


def _tell_candidates(
    site: Site, release: FirmwareRelease, found: list[firmware.Candidate], out: Output
) -> None:
    """FW-02: what the task is about, the change log, and the devices with owner, version and status."""
    rows = [
        {
            "device": c.device.id,
            "name": c.device.name,
            "owner": c.owner,
            "mac": shown_mac(c.device.mac),
            "has": c.device.firmware,
            "status": "connected" if c.connected else "not connected",
        }
        for c in found
    ]
    about = {"release": release.id, "model": release.model, "version": release.version}
    place = {"site": site.name, "kind": site.kind.value, "change_log": release.notes}
    out.document({**about, **place, "will_change": rows})
    out.line(f"{len(rows)} devices of {site.name} would go to {release.version}. {release.notes}".rstrip())
    out.table(rows, ["name", "owner", "mac", "has", "status"])


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
    wanted = firmware.RolloutFilter(
        status=args.status,
        version=args.version,
        kind=SiteKind(args.kind) if args.kind else None,
        site_id=(await site_of(station, args.site)).id if args.site else "",
    )
    rows = [
        {
            **generic.plain(ROLLOUT, r.rollout),
            "kind": r.kind.value,
            "site": r.site,
            "model": r.model,
            "version": r.version,
            "status": r.status,
            "ends": r.ends,
        }
        for r in await firmware.list_rollouts(station.ctx, wanted)
    ]
    out.document({"rollouts": rows})
    out.table(rows, ["id", "kind", "site", "version", "model", "status", "starts_at", "created_at"])
    return 0


async def _set(station: Workstation, args: argparse.Namespace, out: Output, state: RolloutState) -> int:
    rollout = await firmware.set_rollout_state(station.ctx, args.rollout, state)
    out.document(generic.plain(ROLLOUT, rollout))
    out.line(f"{rollout.name}: {rollout.state.value}")
    return 0


async def _pause(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    return await _set(station, args, out, RolloutState.PAUSED)


async def _resume(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    await firmware.resume_rollout(station.ctx, args.rollout, retry=args.retry)
    await firmware.run_rollout(station.ctx, args.rollout)
    return await _tell(station, args.rollout, out)


async def _abort(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    aborted = await firmware.abort_rollout(station.ctx, args.rollout)
    out.document(
        {**generic.plain(ROLLOUT, aborted.rollout), "too_late": list(aborted.too_late), "said": aborted.said}
    )
    out.line(f"{aborted.rollout.name}: {aborted.said}")
    return 0


async def _edit(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    present: Rollout = await generic.show_row(station.ctx, ROLLOUT, args.rollout)
    site: Site = await generic.show_row(station.ctx, SITE, present.site_id)
    rollout = await firmware.edit_rollout(station.ctx, present.id, **_chosen_options(args, site))
    out.document(generic.plain(ROLLOUT, rollout))
    out.line(f"{rollout.name}: {rollout.state.value}")
    return 0


async def _delete(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    report = await firmware.delete_rollouts(station.ctx, args.rollout)
    out.document({"deleted": args.rollout, "undo": report.undo_id})
    names = ", ".join(line.title for line in report.changed)
    out.line(f"Deleted: {names}. 'gatewright undo {report.undo_id}' brings that back.")
    return 0
