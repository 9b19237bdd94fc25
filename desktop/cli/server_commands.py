"""cloud serve, cloud admin, lan simulate, lan rehearse: long-running servers, and the operator's commands."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import signal
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from core.base.errors import UserError
from core.rules.compile import shown_mac
from desktop.app.workstation import Workstation
from desktop.cli import operator_commands
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    cloud = commands.group("cloud", "the cloud core: serve it, administer it")
    serve = cloud.add_plain("serve", _serve, 'run the cloud core; prints {"url": ...} when it is ready')
    serve.add_argument("--database", required=True, metavar="URL", help="sqlite:///FILE or postgresql://...")
    serve.add_argument(
        "--bind", default="127.0.0.1:8480", metavar="HOST:PORT", help="port 0 takes any free one"
    )
    serve.add_argument("--blobs", type=Path, metavar="DIR")
    _until_eof(serve)
    operator_commands.register(cloud, _register_admin(cloud), _admin)
    lan = commands.group("lan", "simulated networks")
    simulate = lan.add_bare("simulate", _simulate, "simulated intercoms on real sockets, until told to stop")
    simulate.add_argument("--count", type=int, default=1)
    simulate.add_argument(
        "--profile-name", default="P1", help="P1 ... P6 or a model, 2N, camera; several with commas, in turn"
    )
    simulate.add_argument("--auth", choices=("none", "basic", "digest", "allowlist"), default="digest")
    simulate.add_argument("--user", default="admin")
    simulate.add_argument("--password", default="admin")
    simulate.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS")
    simulate.add_argument("--port-base", type=int, default=0, metavar="N", help="0: any free ports")
    simulate.add_argument(
        "--faults", default="", help="index:fault[:argument],... such as 3:drop-user:7,5:allowlist"
    )
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument("--state", type=Path, metavar="DIR", help="keep the devices' state over restarts")
    simulate.add_argument("--per-device-ip", action="store_true")
    simulate.add_argument("--mdns", action="store_true")
    _until_eof(simulate)
    rehearsing = lan.add(
        "rehearse", _rehearse, "play a site's settings, people and firmware through on twins of its devices"
    )
    rehearsing.add_argument("--site", required=True)
    rehearsing.add_argument(
        "--faults",
        default="unique-pins",
        help="faults that every twin has, or N:FAULT the twin of device N, from 0; joined by commas; empty for none",
    )


def _until_eof(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input closes")


def _register_admin(cloud: Commands) -> Commands:
    admin = cloud.group("admin", "operator's commands on the cloud's database")
    for name, words in (
        ("migrate", "create or update the database"),
        ("create-distributor", "a distributor and its first account"),
        ("create-installer", "an installer and its first account"),
        ("create-account", "one more account of an organisation"),
        ("show", "organisations, accounts and counts"),
        ("check", "check the database's invariants"),
    ):
        parser = admin.add_bare(name, _admin, words)
        parser.set_defaults(verb=name)
        parser.add_argument("--database", required=True, metavar="URL")
        if name.startswith("create"):
            parser.add_argument("--name", required=True)
            parser.add_argument("--user", required=True, help="the password comes on standard input")
            parser.add_argument("--email", default="")
            parser.add_argument("--full-name", default="")
        if name in {"create-installer", "create-account"}:
            parser.add_argument("--under", default="", metavar="ORGANISATION", help="its name")
        if name == "create-account":
            parser.add_argument("--role", default="installer")
    return admin


def read_password(prompt: str) -> str:
    """The password from standard input, or from a prompt that does not show it."""
    if sys.stdin is not None and not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return getpass.getpass(prompt)


async def until_told(work: Coroutine[Any, Any, None], *, until_eof: bool) -> int:
    """Run a server until SIGTERM, Ctrl-C or, if asked for, the end of standard input; then let it stop cleanly."""
    loop = asyncio.get_running_loop()
    serving = loop.create_task(work)
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, serving.cancel)
    watch = _EofWatch(loop, serving) if until_eof else None
    try:
        await serving
    except asyncio.CancelledError:
        return 0
    finally:
        if watch is not None:
            watch.close()
    return 0


class _EofWatch:
    """Cancels a task when standard input ends. Reads on a daemon thread, since Windows pipes cannot be awaited."""

    def __init__(self, loop: asyncio.AbstractEventLoop, task: asyncio.Future[None]) -> None:
        self._open = True

        def read() -> None:
            while self._open and sys.stdin.buffer.read(4096):
                continue
            if self._open:
                loop.call_soon_threadsafe(task.cancel)

        threading.Thread(target=read, name="stdin-watch", daemon=True).start()

    def close(self) -> None:
        """Make the thread's last word harmless."""
        self._open = False


def _serve(args: argparse.Namespace, out: Output) -> int:
    # Late: the web framework costs half a second that no other command should pay.
    from desktop.embedded import alone, serve_cloud  # noqa: PLC0415

    host, port = _bind(args.bind)
    serving = serve_cloud(args.database, host, port, args.blobs, lambda url: out.announce({"url": url}))
    return alone(until_told(serving, until_eof=args.until_eof))


def _bind(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise UserError("bind.shape", f"'{text[:60]}' is not HOST:PORT.")
    return host, int(port)


_WITH_PASSWORD = ("create", "set-password")


async def _admin(args: argparse.Namespace, out: Output) -> int:
    from desktop.embedded import administer  # noqa: PLC0415

    password = read_password(f"Password of {args.user}: ") if args.verb.startswith(_WITH_PASSWORD) else ""
    document = await administer(args.verb, args, password)
    if out.as_json:
        out.document(document)
    else:
        for key, value in document.items():
            out.line(f"{key}: {value}")
    return 0


async def _rehearse(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    # Late, as below.
    from desktop.cli.rehearse_commands import run_rehearsal  # noqa: PLC0415

    return await run_rehearsal(station, args, out)


async def _simulate(args: argparse.Namespace, out: Output) -> int:
    # Late: only this command needs the simulator.
    from device_link.simulator.command import SimulateOptions, serve  # noqa: PLC0415
    from device_link.simulator.errors import SimulatorError  # noqa: PLC0415

    def ready(document: dict[str, Any]) -> None:
        devices = [{**device, "mac": shown_mac(device["mac"])} for device in document["devices"]]
        out.announce({**document, "devices": devices})

    options = SimulateOptions(
        count=args.count,
        profile_name=args.profile_name,
        auth=args.auth,
        user=args.user,
        password=args.password,
        bind=args.bind,
        port_base=args.port_base,
        faults=args.faults,
        seed=args.seed,
        state_dir=args.state,
        per_device_ip=args.per_device_ip,
        mdns=args.mdns,
    )
    try:
        return await until_told(serve(options, ready), until_eof=args.until_eof)
    except SimulatorError as fault:
        raise UserError("lan.simulate", str(fault)) from fault
