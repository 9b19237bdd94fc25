"""What `start.py` does, once the Python is a supported one: arguments, set-up, then the product or the tests.

Standard library only. Everything that set-up says goes to stderr; stdout belongs to the command that runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import checkup, environment, machine

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ("demo", "test", "run", "cli", "setup")
USAGE = "usage: python3 start.py demo|test|run|cli|setup [arguments]   (README.md says what each does)"


def wants_headless(command: str, arguments: Sequence[str], *, display: bool) -> bool:
    """Whether a command runs without a window: the demo where it is asked to or has no display."""
    return command == "demo" and ("--headless" in arguments or not display)


def product_arguments(command: str, arguments: Sequence[str], *, display: bool) -> list[str]:
    """Return the arguments of `gatewright` for a command of start.py."""
    if command != "demo":
        return list(arguments)
    added = wants_headless(command, arguments, display=display) and "--headless" not in arguments
    return ["demo", *(["--headless"] if added else []), *arguments]


def product_environment(environ: Mapping[str, str], *, display: bool) -> dict[str, str]:
    """Return the environment of the product: without a display Qt paints into memory."""
    return dict(environ) if display else {"QT_QPA_PLATFORM": "offscreen"} | dict(environ)


def main(arguments: Sequence[str]) -> int:
    """Run start.py; returns the exit code: 0 done, 1 failed, 2 usage."""
    if not arguments or arguments[0] not in COMMANDS:
        asked = bool(arguments) and arguments[0] in ("-h", "--help", "help")
        print(USAGE, file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    command, rest = arguments[0], list(arguments[1:])
    display = machine.has_display(os.environ, sys.platform)
    if command == "run" and not display and not os.environ.get("QT_QPA_PLATFORM"):
        machine.say(
            "there is no display for a window (DISPLAY and WAYLAND_DISPLAY are not set); try: start.py demo"
        )
        return 1
    try:
        if sys.platform == "linux":
            headless = wants_headless(command, rest, display=display)
            has_venv = environment.exists(ROOT)
            machine.provide(machine.needs(command, os.environ, headless=headless, has_venv=has_venv))
        venv = environment.ready(ROOT)
    except machine.SetupError as error:
        machine.say(str(error))
        return 1
    if command == "setup":
        machine.say(f"ready: {environment.script(venv, 'gatewright')}")
        return 0
    if command == "test":
        return checkup.run(ROOT, venv, rest)
    return _run_product(venv, command, rest, display=display)


def _run_product(venv: Path, command: str, rest: Sequence[str], *, display: bool) -> int:
    given = product_arguments(command, rest, display=display)
    if "--headless" in given and "--headless" not in rest:
        machine.say("no display here, so the demo runs headless")
    call = [str(environment.venv_python(venv)), "-m", "desktop", *given]
    environ = product_environment(os.environ, display=display)
    # -m puts the current folder on the path; the person may stand anywhere, also in a folder named `core`.
    environ["PYTHONSAFEPATH"] = "1"
    if os.name == "posix":
        # Takes the place of this process, so that a signal to start.py reaches the product itself.
        sys.stdout.flush()
        os.execve(call[0], call, environ)
    try:
        return subprocess.run(call, check=False, env=environ).returncode
    except KeyboardInterrupt:
        return 1
