"""The simulator as a program: options, `serve` until cancelled, and the small command line of `python -m`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from device_link.simulator.device import AUTH_MODES
from device_link.simulator.errors import SimulatorError
from device_link.simulator.faults import CATALOGUE
from device_link.simulator.lan import SimLan


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


async def serve(options: SimulateOptions, on_ready: Callable[[dict[str, Any]], None]) -> None:
    """Run devices until cancelled.

    `on_ready` is called once, when all of them answer, with `{"devices": [...], "control": url}`.
    Raises `SimulatorError` with one sentence, for instance for a port in use.
    """
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
        "--profile-name", default="P1", help="profile or model; several with commas are taken in turn"
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
