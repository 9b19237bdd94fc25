"""Tries a frozen program as a customer would meet it: no Python, no source, a new profile, no key ring.

    python3 installer/smoke.py dist/gatewright

Each step runs the program once and looks at its exit code and output. Exit code 0 if all hold.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Step:
    """One start of the program: its arguments and what must hold for its output."""

    name: str
    arguments: tuple[str, ...]
    holds: Callable[[str], bool]


def is_document(text: str) -> bool:
    """Whether a text is exactly one JSON object."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def demo_reports(text: str) -> bool:
    """Whether the demo's document names its twelve devices."""
    return is_document(text) and len(json.loads(text).get("devices", ())) == 12


# In the order in which they would fail: the interpreter, our code, the mirror, then everything at once.
STEPS = (
    Step("help", ("--help",), lambda text: "gatewright" in text),
    Step("doctor", ("--json", "doctor"), is_document),
    Step("mirror", ("--json", "list", "sites"), is_document),
    Step("demo", ("demo", "--headless", "--json"), demo_reports),
)


def run(program: Path, step: Step, profile: Path) -> str:
    """Run one step; return an empty text if it holds, else what is wrong."""
    own = {"GATEWRIGHT_PASSPHRASE": "smoke test", "QT_QPA_PLATFORM": "offscreen", "HOME": str(profile.parent)}
    # The variables of a Python at hand would hide that something is missing inside.
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")} | own
    command = [str(program), "--profile", str(profile), *step.arguments]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            env=environ,
            timeout=LIMIT_S,
            cwd=profile.parent,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0 and step.holds(done.stdout):
        return ""
    return f"exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def main(arguments: Sequence[str]) -> int:
    """Run all steps against the program folder and print what came of them."""
    if len(arguments) != 1:
        print("usage: python3 installer/smoke.py PROGRAM_FOLDER", file=sys.stderr)
        return 2
    program = Path(arguments[0]).resolve() / ("gatewright.exe" if os.name == "nt" else "gatewright")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            begun = time.monotonic()
            wrong = run(program, step, Path(folder) / step.name)
            failures += bool(wrong)
            print(f"{step.name}: {wrong or 'holds'} ({time.monotonic() - begun:.1f} s)", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
