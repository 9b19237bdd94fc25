"""lan rehearse, replay: a site's job against twins, and what was recorded played to one (W21, W25).

Imported late: no other command of a workstation needs the simulator.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from core.base.errors import NotAllowedError, NotFoundError, UserError
from core.base.verdict import Verdict, worst
from core.entities.firmware import FIRMWARE_RELEASE
from core.rules.compile import shown_mac
from core.usecases.context import Context
from core.usecases.desired import DeviceTarget, device_target
from core.usecases.provision import devices_of
from core.usecases.rollout_rehearsal import FirmwareRehearsed, rehearse_firmware
from desktop.app.workstation import Workstation, photo_in
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from device_link.rehearsal import Cast, Rehearsed, TwinGateway, rehearse, twins
from device_link.replay import Played, Player, Spoken, Twin, devices_in, read_recording, twin_of
from device_link.simulator import SimLan, SimSpec
from device_link.simulator.errors import SimulatorError
from device_link.simulator.faults import parse_faults
from device_link.simulator.twins import profile_for

_FINE = frozenset({Verdict.PROVED, Verdict.ACCEPTED})


async def run_rehearsal(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    """`lan rehearse`: 0 when everything was proved on the twins, their firmware too, and a second push finds nothing
    to do.
    """
    site = await site_of(station, args.site)
    targets = [await device_target(station.ctx, d.id) for d in await devices_of(station.ctx, site.id)]
    if not targets:
        raise NotFoundError("site.no_devices", f"'{site.name}' has no devices yet.", remedy="Add one first.")
    try:
        played = await _rehearsed(station.ctx, site.id, _casts(targets, args.faults))
    except SimulatorError as fault:
        raise UserError("lan.rehearse", str(fault)) from fault
    firmware = [_firmware_document(one) for one in played.firmware]
    out.document(
        {
            "devices": [_document(one) for one in played.contents],
            "firmware": firmware,
            "firmware_said": played.firmware_said,
        }
    )
    for one in played.contents:
        _say(one, out)
    if firmware:
        out.line("Firmware:")
        out.table(firmware, ["name", "has", "gets", "verdict", "wave", "seconds", "said"])
    if played.firmware_said:
        out.line(f"Firmware was not rehearsed. {played.firmware_said}")
    upgraded = all(one.verdict is Verdict.PROVED for one in played.firmware)
    well = upgraded and not played.firmware_said and all(_went_well(one) for one in played.contents)
    return 0 if well else 1


@dataclass(frozen=True, slots=True)
class _Played:
    """What came of it. `firmware_said`: why none was rehearsed although some is wanted."""

    contents: Sequence[Rehearsed]
    firmware: Sequence[FirmwareRehearsed]
    firmware_said: str = ""


async def _rehearsed(ctx: Context, site_id: str, casts: Sequence[Cast]) -> _Played:
    """Settings and people first, on the firmware that the site has; then its firmware, on the same twins."""
    releases = await ctx.mirror.read(lambda r: r.find(FIRMWARE_RELEASE))
    async with twins(casts, {one.md5: one.version for one in releases}) as running:
        gateway = TwinGateway(ctx.clock, running, photos=partial(photo_in, ctx.blobs))
        contents = await rehearse(casts, running.links, gateway)
        try:
            with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
                firmware = await rehearse_firmware(ctx, site_id, gateway, running.links, Path(folder))
        except NotAllowedError as fault:
            return _Played(contents, (), str(fault))
    return _Played(contents, firmware)


def _casts(targets: Sequence[DeviceTarget], faults: str) -> list[Cast]:
    """`fault` is every twin's, `N:fault` that of device N of the list, from 0. SimulatorError for none that exists."""
    pieces = [one.strip() for one in faults.split(",") if one.strip()]
    own = ",".join(p if p.partition(":")[0].isdigit() else f"*:{p}" for p in pieces)
    parsed = parse_faults(own, len(targets))
    return [
        Cast(
            t.device.name,
            t.device.model,
            t.device.firmware,
            t.desired,
            tuple(str(f) for n, f in parsed if n == i),
        )
        for i, t in enumerate(targets)
    ]


def _firmware_document(one: FirmwareRehearsed) -> dict[str, Any]:
    return {
        "device": one.device.id,
        "mac": shown_mac(one.device.mac),
        "name": one.device.name,
        "model": one.device.model,
        "has": one.has,
        "gets": one.gets,
        "verdict": one.verdict.value,
        "wave": one.wave,
        "seconds": None if one.seconds is None else round(one.seconds, 2),
        "said": one.said,
    }


def _went_well(one: Rehearsed) -> bool:
    return bool(one.twin) and not one.again and {j.verdict for j in one.judgements} <= _FINE


def _document(one: Rehearsed) -> dict[str, Any]:
    bad = [
        {"kind": j.kind.value, "title": j.title, "verdict": j.verdict.value, "said": j.said}
        for j in one.judgements
        if j.verdict not in _FINE
    ]
    return {
        "device": one.cast.desired.device_id,
        "mac": shown_mac(one.cast.desired.mac),
        "name": one.cast.name,
        "twin": one.twin,
        "verdict": worst([j.verdict for j in one.judgements]).value if one.twin else "",
        "counts": dict(Counter(j.verdict.value for j in one.judgements)),
        "again": one.again,
        "said": one.said,
        "items": bad,
    }


def _say(one: Rehearsed, out: Output) -> None:
    counts = Counter(j.verdict.value for j in one.judgements)
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or one.said
    out.line(f"{one.cast.name} as {one.twin or 'nothing'}: {words}")
    for judgement in one.judgements:
        if judgement.verdict not in _FINE:
            out.line(f"  {judgement.title}: {judgement.verdict.value}. {judgement.said}")
    if one.again:
        out.line(f"  A second push would change {one.again} items again.")


async def run_replay(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    """`replay FILE`: 0 when the twin answers every request as the device did."""
    try:
        text = await asyncio.to_thread(args.file.read_text, "utf-8", "replace")
    except OSError as fault:
        raise UserError(
            "file.unreadable", f"The file {args.file} cannot be read: {fault.strerror}."
        ) from fault
    documents, differs = [], False
    for url, spoken in devices_in(read_recording(text)).items():
        twin = twin_of(spoken)
        played = await _play(station, twin, spoken, args)
        bad = [one for one in played if not one.same]
        differs = differs or bool(bad)
        documents.append(
            {
                "url": url,
                "model": twin.model or args.model,
                "firmware": twin.firmware,
                "played": len(played),
                "left_out": len(spoken) - len(played),
                "different": [_difference(one) for one in bad],
            }
        )
        out.line(f"{url} ({twin.model or args.model}): {len(played)} played, {len(bad)} answered otherwise.")
        for one in bad:
            out.line(f"  {one.spoken.method} {one.spoken.path}: {one.then} then, {one.now} now")
    out.document({"devices": documents})
    return 1 if differs else 0


def _difference(one: Played) -> dict[str, str]:
    return {"method": one.spoken.method, "path": one.spoken.path, "then": one.then, "now": one.now}


async def _play(
    station: Workstation, twin: Twin, spoken: list[Spoken], args: argparse.Namespace
) -> list[Played]:
    what = profile_for(twin.model or args.model, twin.firmware)
    if what is None:
        words = f"The simulator knows no '{twin.model or args.model}'."
        raise UserError("recording.model", words, remedy="Name a model that is near enough with --model.")
    firmware = twin.firmware if twin.firmware.partition(".")[0] == what.model_id else None
    faults = tuple(one.strip() for one in args.faults.split(",") if one.strip())
    try:
        async with await SimLan.start([SimSpec(profile=what.key, firmware=firmware, faults=faults)]) as lan:
            return await Player(station.ctx.clock, lan.devices[0].url, "admin", "admin").play(spoken)
    except SimulatorError as fault:
        raise UserError("recording.replay", str(fault)) from fault
