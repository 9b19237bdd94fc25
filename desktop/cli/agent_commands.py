"""agent, ask, tasks, events: work asked for from afar, and what happens at the doors."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from core.base.errors import GatewrightError, UserError
from core.base.verdict import Verdict
from core.entities.event import DoorEvent
from core.entities.task import TASK, TaskKind
from core.rules.door_event import ActionCall
from core.usecases import agent, events, generic, upkeep
from core.usecases.devices import find_device
from core.usecases.provision import devices_of
from core.usecases.recordings import export_recording, recorded
from core.usecases.rollout_drive import submit_rollout
from core.usecases.rollouts import open_rollouts
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.provision_commands import bind_address, for_ever
from desktop.cli.registry import Commands
from desktop.cli.server_commands import until_told
from device_link.events import EventListener

LOOK_S = 5.0
"""Between two looks for tasks; a sync round within them brings news from afar."""


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    working = commands.add("agent", _agent, "do the site's waiting tasks, pull logs, keep rollouts going")
    working.add_argument("--site", required=True)
    working.add_argument("--once", action="store_true", help="do what waits now, then end")
    working.add_argument("--verify", action="store_true", help="with --once: also read every device back")
    working.add_argument(
        "--verify-every", type=int, default=360, metavar="MINUTES", help="between two looks at every device"
    )
    working.add_argument(
        "--put-back", action="store_true", help="send again what somebody changed at a device"
    )
    working.add_argument("--until-eof", action="store_true", help="stop when the input ends")
    asking = commands.add("ask", _ask, "ask for an act at a site from afar")
    asking.add_argument("act", choices=[k.value for k in TaskKind])
    asking.add_argument("--site", required=True)
    asking.add_argument("--device", default="")
    asking.add_argument(
        "--what", default="", help="the relay's number, the rollout's id, the text of Config lines"
    )
    asked = commands.add("tasks", _tasks, "what was asked for, and what came of it")
    asked.add_argument("--site", required=True)
    door = commands.add("events", _events, "what happened at the doors; with --bind live")
    door.add_argument("--site", required=True)
    door.add_argument("--pull", action="store_true", help="read the devices' door logs first")
    door.add_argument("--bind", metavar="HOST:PORT", help="listen for calls of devices, and point them here")
    door.add_argument("--until-eof", action="store_true", help="stop when the input ends")
    door.add_argument("--newest", type=int, default=50)
    kept = commands.add("recording", _recording, "what was said to devices lately, without secrets")
    kept.add_argument("--device", default="")
    kept.add_argument("--newest", type=int, default=100)
    kept.add_argument("--out", type=Path, help="write all of it to a file, one JSON document a line")
    again = commands.add("replay", _replay, "play a recording's requests to a simulated device")
    again.add_argument("file", type=Path)
    again.add_argument("--model", default="", help="the twin's model, where the recording does not tell it")
    again.add_argument("--faults", default="", help="faults that the twin has, joined by commas")


async def _replay(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    # Late: no other command here needs the simulator.
    from desktop.cli.rehearse_commands import run_replay  # noqa: PLC0415

    return await run_replay(station, args, out)


async def _recording(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    mac = (await find_device(station.ctx, args.device)).mac if args.device else ""
    if args.out is not None:
        text = await export_recording(station.ctx, mac=mac)
        await asyncio.to_thread(args.out.write_text, text, "utf-8")
        out.document({"file": str(args.out), "exchanges": text.count("\n")})
        out.line(f"{args.out}: {text.count(chr(10))} exchanges, without secrets.")
        return 0
    rows = await recorded(station.ctx, mac=mac, newest=args.newest)
    out.document({"exchanges": [{"at": r.at.isoformat(), "mac": r.mac, **r.members} for r in rows]})
    for row in rows:
        out.line(f"{row.at:%Y-%m-%d %H:%M:%S} {row.mac:12} {row.line}")
    return 0


async def _agent(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    await station.ctx.jobs.recover()
    if args.once:
        return await _agent_once(station, site.id, args, out)
    for rollout in await open_rollouts(station.ctx, site.id):
        await submit_rollout(station.ctx, rollout)
    every = timedelta(minutes=max(1, args.verify_every))
    rounds = upkeep.Upkeep(station.ctx, site.id, verify_every=every, put_back=args.put_back)
    out.announce({"site": site.id, "workstation": station.ctx.workstation})
    return await until_told(_work(station, rounds, out), until_eof=args.until_eof)


async def _agent_once(station: Workstation, site_id: str, args: argparse.Namespace, out: Output) -> int:
    done = await agent.run_once(station.ctx, site_id)
    looks = await upkeep.verify_site(station.ctx, site_id) if args.verify else []
    for line in (*map(upkeep.line_of, done), *(look.words for look in looks)):
        out.line(line)
    document: dict[str, Any] = {"done": [_done(one) for one in done]}
    if args.verify:
        document["looks"] = [
            {"device": k.device.id, "verdict": k.verdict.value, "differs": list(k.differs), "said": k.said}
            for k in looks
        ]
    out.document(document)
    verdicts = [*(one.verdict for one in done), *(look.verdict for look in looks)]
    return 0 if set(verdicts) <= {Verdict.PROVED} else 1


async def _work(station: Workstation, rounds: upkeep.Upkeep, out: Output) -> None:
    """Look for tasks; now and then for what the doors have logged, and for what the devices hold."""
    while True:
        for line in await rounds.round():
            out.line(line)
        await station.clock.sleep(LOOK_S)


def _done(one: agent.Done) -> dict[str, Any]:
    members = {"task": one.task.id, "kind": one.task.kind.value, "device": one.task.device_id}
    return {**members, "verdict": one.verdict.value, "said": one.said}


async def _ask(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    device = await find_device(station.ctx, args.device) if args.device else None
    task = await agent.ask(
        station.ctx, site.id, TaskKind(args.act), device_id=device.id if device else None, what=args.what
    )
    out.document(generic.plain(TASK, task))
    out.line(f"Asked for: {task.kind.value}. It is done by whoever is on the site's LAN, after a sync.")
    return 0


async def _tasks(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    rows = await generic.list_rows(station.ctx, TASK, generic.Filter({"scope_id": site.id}, sort="-asked_at"))
    documents = [generic.plain(TASK, row) for row in rows]
    out.document({"tasks": documents})
    out.table(documents, ["id", "kind", "asked_by", "asked_at", "verdict", "said", "done_by"])
    return 0


async def _events(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site = await site_of(station, args.site)
    if args.pull:
        count, verdict = await events.pull_site(station.ctx, site.id)
        out.line(f"{count} new events from the devices' logs: {verdict.value}.")
    if args.bind:
        return await _listen(station, site.id, args, out)
    rows = [_event(e) for e in await events.latest(station.ctx, site.id, limit=args.newest)]
    out.document({"events": rows})
    if rows:
        out.table(rows, ["at", "event", "name", "method", "relay", "worked"])
    else:
        out.line("Nothing has happened that is known here. '--pull' reads the devices' logs.")
    return 0


def _event(e: DoorEvent) -> dict[str, Any]:
    at: datetime = e.at
    members = {"id": e.id, "at": at.isoformat(timespec="seconds"), "device": e.device_id, "event": e.event}
    return {
        **members,
        "person": e.person_id,
        "name": e.name,
        "method": e.method,
        "relay": e.relay,
        "worked": e.worked,
    }


async def _listen(station: Workstation, site_id: str, args: argparse.Namespace, out: Output) -> int:
    host, port = bind_address(args.bind)

    async def take(call: ActionCall) -> None:
        event = await events.note_call(station.ctx, call)
        if event is not None:
            out.line(f"{event.at:%H:%M:%S} {event.event} {event.name} {event.method}".rstrip())

    listener = EventListener(take)
    try:
        base = await listener.open(host, port)
    except OSError as fault:
        raise UserError("events.bind", f"{args.bind} cannot be used: {fault.strerror}.") from fault
    try:
        pointed = 0
        for device in await devices_of(station.ctx, site_id):
            with contextlib.suppress(GatewrightError):
                judged = await events.point_at(station.ctx, device, base)
                pointed += all(j.verdict is Verdict.PROVED for j in judged)
        out.announce({"url": base, "devices": pointed})
        return await until_told(for_ever(), until_eof=args.until_eof)
    finally:
        await listener.close()
