"""The simulator as a program: options, `serve` until cancelled, and the small command line of `python -m`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from device_link.simulator.device import AUTH_MODES
from device_link.simulator.errors import SimulatorError
from device_link.simulator.faults import CATALOGUE
from device_link.simulator.lan import SimLan, SimSpec, loopback_address
from device_link.simulator.others import is_other, start_other


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateOptions:
    """What to simulate; the names are those of the command line. `profile_name` may hold several names with commas."""

    count: int = 1
    profile_name: str = "P1"
    auth: str = "digest"
    user: str = "admin"
    password: str = "admin"  # noqa: S105 - the factory's own login
    bind: str = "127.0.0.1"
    port_base: int = 0
    control_port: int = 0
    faults: str = ""
    seed: int = 1
    state_dir: Path | None = None
    per_device_ip: bool = False
    mdns: bool = False


async def serve_mixed(options: SimulateOptions, on_ready: Callable[[dict[str, Any]], None]) -> None:
    """As `serve`, for several kinds of devices: 2N units and cameras beside the others, in the order of the names.

    Units of other makers keep the sign-in that their makers give them; the control surface knows the intercoms only.
    """
    names = [one.strip() for one in options.profile_name.split(",")]
    wanted = [names[index % len(names)] for index in range(options.count)]
    faults: dict[int, list[str]] = {}
    for part in filter(None, (piece.strip() for piece in options.faults.split(","))):
        where, _, what = part.partition(":")
        at = range(options.count) if where == "*" else [int(where)] if where.isdigit() else []
        if not what or not at or max(at) >= options.count:
            raise SimulatorError(f"{part!r} names no device: write INDEX:FAULT, or *:FAULT for all.")
        for index in at:
            faults.setdefault(index, []).append(what)
    ours = [index for index, name in enumerate(wanted) if not is_other(name)]
    async with AsyncExitStack() as stack:
        described: dict[int, dict[str, str]] = {}
        control = ""
        for index, name in enumerate(wanted):
            if is_other(name):
                port = options.port_base + index if options.port_base else 0
                ip = loopback_address(index) if options.per_device_ip else options.bind
                described[index] = await start_other(name, index, faults.get(index, ()), (ip, port), stack)
        if ours:
            specs = [SimSpec(profile=wanted[i], faults=tuple(faults.get(i, ()))) for i in ours]
            lan = await stack.enter_async_context(await _intercoms(options, specs))
            described |= dict(zip(ours, lan.describe(), strict=True))
            control = lan.control_url
        on_ready({"devices": [described[i] for i in range(options.count)], "control": control})
        await asyncio.Event().wait()


async def _intercoms(options: SimulateOptions, specs: Sequence[SimSpec]) -> SimLan:
    return await SimLan.start(
        specs,
        bind=options.bind,
        port_base=options.port_base + options.count if options.port_base else 0,
        auth=options.auth,
        user=options.user,
        password=options.password,
        allow=("127.0.0.1", options.bind),
        seed=options.seed,
        state_dir=options.state_dir,
        per_device_ip=options.per_device_ip,
        mdns=options.mdns,
        control_port=options.control_port,
    )


async def serve(options: SimulateOptions, on_ready: Callable[[dict[str, Any]], None]) -> None:
    """Run devices until cancelled.

    `on_ready` is called once, when all of them answer, with `{"devices": [...], "control": url}`.
    Raises `SimulatorError` with one sentence, for instance for a port in use.
    """
    if any(map(is_other, options.profile_name.split(","))):
        await serve_mixed(options, on_ready)
        return
    lan = await SimLan.start(
        options.count,
        options.profile_name,
        bind=options.bind,
        port_base=options.port_base,
        auth=options.auth,
        user=options.user,
        password=options.password,
        allow=("127.0.0.1", options.bind),
        faults=options.faults,
        seed=options.seed,
        state_dir=options.state_dir,
        per_device_ip=options.per_device_ip,
        mdns=options.mdns,
        control_port=options.control_port,
    )
    async with lan:
        on_ready({"devices": lan.describe(), "control": lan.control_url})
        await asyncio.Event().wait()


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    faults = "\n".join(f"  {name:20}{kind.words}" for name, kind in sorted(CATALOGUE.items()))
    parser = argparse.ArgumentParser(
        prog="python -m device_link.simulator",
        description="Simulated intercoms on real sockets.",
        epilog=f"faults, written INDEX:NAME[:ARGUMENT] or *:NAME[:ARGUMENT] and joined by commas:\n{faults}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=1, help="how many devices")
    parser.add_argument(
        "--profile-name",
        default="P1",
        help="profile or model, 2N or camera; several with commas are taken in turn",
    )
    parser.add_argument("--auth", choices=sorted(AUTH_MODES), default="digest", help="who may call the API")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="admin")
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS")
    parser.add_argument("--port-base", type=int, default=0, metavar="PORT", help="0 takes any free ports")
    parser.add_argument("--control-port", type=int, default=0, metavar="PORT")
    parser.add_argument("--faults", default="", help="3:drop-user:7,5:allowlist,*:slow:20 (indices from 0)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", dest="state_dir", type=Path, default=None, metavar="DIR")
    parser.add_argument("--per-device-ip", action="store_true")
    parser.add_argument("--mdns", action="store_true")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; 0 when it was told to stop, 1 with one sentence on stderr when it cannot do as told."""
    options = SimulateOptions(**vars(arguments().parse_args(argv)))
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        asyncio.run(_run(options))
    except SimulatorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


async def _run(options: SimulateOptions) -> None:
    serving = asyncio.current_task()
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        if serving is not None:
            serving.cancel()

    # Windows has no handlers in its loop; there Ctrl-C comes as KeyboardInterrupt.
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await serve(options, _print_ready)
    except asyncio.CancelledError:
        if not stopped:
            raise


def _print_ready(document: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(document).decode("utf-8") + "\n")
    sys.stdout.flush()
