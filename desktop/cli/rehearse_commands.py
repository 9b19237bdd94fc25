"""lan rehearse, replay: a site's job against twins, and what was recorded played to one (W21, W25).

Imported late: no other command of a workstation needs the simulator.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from functools import partial
from typing import Any

from core.base.errors import NotFoundError, UserError
from core.base.verdict import Verdict, worst
from core.rules.compile import shown_mac
from core.usecases.desired import device_target
from core.usecases.provision import devices_of
from desktop.app.workstation import Workstation, photo_in
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from device_link.rehearsal import Cast, Rehearsed, rehearse
from device_link.replay import Played, Player, Spoken, Twin, devices_in, read_recording, twin_of
from device_link.simulator import SimLan, SimSpec
from device_link.simulator.errors import SimulatorError
from device_link.simulator.twins import profile_for

_FINE = frozenset({Verdict.PROVED, Verdict.ACCEPTED})


async def run_rehearsal(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    """`lan rehearse`: 0 when everything was proved on the twins and a second push finds nothing to do."""
    site = await site_of(station, args.site)
    targets = [await device_target(station.ctx, d.id) for d in await devices_of(station.ctx, site.id)]
    if not targets:
        raise NotFoundError("site.no_devices", f"'{site.name}' has no devices yet.", remedy="Add one first.")
    casts = [Cast(t.device.name, t.device.model, t.device.firmware, t.desired) for t in targets]
    faults = [one.strip() for one in args.faults.split(",") if one.strip()]
    try:
        found = await rehearse(
            casts, station.ctx.clock, faults=faults, photos=partial(photo_in, station.ctx.blobs)
        )
    except SimulatorError as fault:
        raise UserError("lan.rehearse", str(fault)) from fault
    out.document({"devices": [_document(one) for one in found]})
    for one in found:
        _say(one, out)
    return 0 if all(_went_well(one) for one in found) else 1


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
