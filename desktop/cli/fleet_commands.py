"""devices: the list as a property manager has it, one device's facts, its connection, its buttons, its check list."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.base.errors import UserError
from core.base.verdict import Verdict, worst
from core.entities.attachment import SaverMode
from core.entities.device import DeviceKind
from core.entities.place import DEPARTMENT
from core.entities.site import APARTMENT, BUILDING
from core.rules.checklist import Answer
from core.rules.compile import shown_mac
from core.rules.maintenance import ButtonModule, Transport
from core.usecases import checks, device_list, generic, maintenance, screen_savers
from core.usecases.device_list import DeviceFilter, DeviceRow
from core.usecases.devices import find_device
from desktop.app.workstation import Workstation
from desktop.cli.lan_commands import site_of
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    group = commands.group("devices", "the devices of sites, and their remote maintenance")
    listing = group.add("list", _list, "devices with their places, people, door sensors and status")
    for name in ("site", "building", "apartment", "department", "mac"):
        listing.add_argument(f"--{name}", default="")
    listing.add_argument("--kind", choices=[k.value for k in DeviceKind], default="")
    listing.add_argument("--status", choices=["online", "offline"], default="")
    for name, run, words in (
        ("info", _info, "one device's facts, and what it cannot do on its firmware"),
        ("read", _read, "ask a device for its facts, its SIP number and its door sensor"),
        ("checks", _checks, "what has to be right before work on a device"),
        ("page", _page, "the address of a device's own web page"),
        ("connection", _connection, "how a device's calls reach the server; sent and read back"),
        ("buttons", _buttons, "what the push buttons of an R20K or R20B call; sent and read back"),
    ):
        parser = group.add(name, run, words)
        parser.add_argument("--device", required=True)
        if name == "connection":
            parser.add_argument("type", choices=[t.value for t in Transport])
        if name == "buttons":
            parser.add_argument("--module", choices=[m.value for m in ButtonModule], required=True)
            parser.add_argument("call", nargs="+", metavar="BUTTON=NUMBER,NUMBER...")
    saver = group.add("screen-saver", _saver, "want a screen saver for door phones, and send it")
    saver.add_argument("--device", action="append", required=True)
    saver.add_argument("--mode", choices=[m.value for m in SaverMode], default=SaverMode.IMAGE.value)
    saver.add_argument("picture", nargs="*", type=Path)


async def _list(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    site_id = (await site_of(station, args.site)).id if args.site else ""
    places = {
        name: (await generic.show_row(station.ctx, spec, text)).id if (text := getattr(args, name)) else ""
        for name, spec in (("building", BUILDING), ("apartment", APARTMENT), ("department", DEPARTMENT))
    }
    wanted = DeviceFilter(
        site_id=site_id,
        building_id=places["building"],
        apartment_id=places["apartment"],
        department_id=places["department"],
        kind=DeviceKind(args.kind) if args.kind else None,
        online={"online": True, "offline": False}.get(args.status),
        mac=args.mac,
    )
    rows = [_document(row) for row in await device_list.list_devices(station.ctx, wanted)]
    out.document({"devices": rows})
    out.table(
        rows,
        [
            *("building", "apartment", "name", "residents", "mac", "type"),
            *("door_sensor", "status", "last_connected"),
        ],
    )
    return 0


def _document(row: DeviceRow) -> dict[str, Any]:
    device = row.device
    return {
        "id": device.id,
        "site": row.site,
        "building": row.building,
        "apartment": row.apartment,
        "department": row.department,
        "name": device.name,
        "residents": ", ".join(row.residents),
        "mac": shown_mac(device.mac),
        "type": device.kind.value,
        "door_sensor": row.door_sensor.value,
        "status": row.status,
        "last_connected": row.last_connected.isoformat(timespec="seconds") if row.last_connected else "",
    }


async def _info(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    return await _tell(station, device.id, out)


async def _tell(station: Workstation, device_id: str, out: Output) -> int:
    info = await device_list.device_info(station.ctx, device_id)
    device = info.row.device
    facts = _document(info.row) | {
        "sip_number": device.sip_number,
        "model": device.model,
        "firmware": device.firmware,
        "address": device.address,
    }
    cannot = [{"feature": a.feature, "needs": a.needs, "said": a.said} for a in info.waits]
    out.document({**facts, "cannot": cannot})
    for name, value in facts.items():
        out.line(f"{name.replace('_', ' ')}: {value}")
    for one in cannot:
        out.line(one["said"])
    return 0


async def _read(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    read = await device_list.read_device(station.ctx, device)
    return await _tell(station, read.id, out)


async def _checks(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    found = await checks.device_checks(station.ctx, device.id)
    rows = [{"what": c.words, "answer": c.answer.value, "remedy": c.remedy} for c in found]
    out.document({"device": device.id, "checks": rows})
    out.table(rows, ["what", "answer", "remedy"])
    return 1 if any(c.answer is Answer.WRONG for c in found) else 0


async def _page(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    url = await maintenance.own_page(station.ctx, device)
    out.document({"device": device.id, "url": url})
    out.line(url)
    return 0


async def _connection(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    return await _wait(
        station, await maintenance.set_transport(station.ctx, device, Transport(args.type)), out
    )


async def _buttons(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    device = await find_device(station.ctx, args.device)
    numbers = dict(_called(text) for text in args.call)
    module = ButtonModule(args.module)
    return await _wait(station, await maintenance.set_push_buttons(station.ctx, device, module, numbers), out)


def _called(text: str) -> tuple[int, list[str]]:
    button, mark, numbers = text.partition("=")
    if not mark or not button.isdecimal() or len(button) > 3:
        raise UserError("buttons.shape", f"'{text[:40]}' is no button.", remedy="Write it as 1=101,102.")
    return int(button), [one.strip() for one in numbers.split(",") if one.strip()]


async def _wait(station: Workstation, jobs: list[str], out: Output) -> int:
    ended = [await maintenance.verdict_of_job(station.ctx, job_id) for job_id in jobs]
    verdict = worst([verdict for verdict, _ in ended])
    said = " ".join(said for _, said in ended)
    out.document({"verdict": verdict.value, "said": said})
    out.line(f"{verdict.value}. {said}")
    return 0 if verdict is Verdict.PROVED else 1


async def _saver(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    ids = [(await find_device(station.ctx, text)).id for text in args.device]
    mode = SaverMode(args.mode)
    await screen_savers.set_screen_saver(station.ctx, ids, mode=mode, files=args.picture)
    shown = await screen_savers.show_screen_savers(station.ctx, ids)
    rows = [{"name": one.device.name, "verdict": one.verdict.value, "said": one.said} for one in shown]
    out.document({"devices": rows})
    out.table(rows, ["name", "verdict", "said"])
    return 0 if all(one.verdict is Verdict.ACCEPTED for one in shown) else 1
