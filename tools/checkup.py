"""`start.py test`: every check of the project in turn, each with its time; the first failure decides the exit code.

Standard library only; the checks themselves run in the virtual environment.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import environment

# Three workers on the two cores that we promise: some wait for devices to restart while others compute. The marker
# xdist_group says which tests share a dear fixture; the pinned pytest-xdist does not heed it, also not in the smallest
# example, so that such a fixture may be made by each worker.
WORKERS = "3"


@dataclass(frozen=True, slots=True)
class Step:
    """One check: its name and the command that does it."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step: its exit code and how many seconds it took."""

    name: str
    code: int
    seconds: float


def steps(venv: Path, arguments: Sequence[str]) -> list[Step]:
    """Return what to run: everything, or with arguments only pytest, which gets them."""
    python = str(environment.venv_python(venv))
    if arguments:
        return [Step("tests", (python, "-m", "pytest", *arguments))]
    return [
        Step("lint", (python, "-m", "ruff", "check", ".")),
        Step("format", (python, "-m", "ruff", "format", "--check", ".")),
        Step("types", (python, "-m", "mypy")),
        Step("imports", (str(environment.script(venv, "lint-imports")), "--no-logo")),
        Step("house rules", (python, "-m", "tools.checks")),
        Step("tests", (python, "-m", "pytest", "-q", "-n", WORKERS, "--dist", "loadgroup")),
    ]


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return one line per step, and the total."""
    lines = [
        f"{one.name:<12} {one.seconds:7.1f} s  {'passed' if one.code == 0 else f'FAILED (exit code {one.code})'}"
        for one in outcomes
    ]
    return "\n".join([*lines, f"{'all':<12} {sum(one.seconds for one in outcomes):7.1f} s"])


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return the code of the first step that failed, or 0."""
    return next((one.code for one in outcomes if one.code != 0), 0)


def run(root: Path, venv: Path, arguments: Sequence[str]) -> int:
    """Run all steps, even after a failure, and print what came of them."""
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    outcomes = []
    for step in steps(venv, arguments):
        print(f"=== {step.name}", flush=True)
        begun = time.monotonic()
        done = subprocess.run(
            step.command,
            check=False,
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            # One stream, so that a complaint stands under the name of its step also in a log file.
            stderr=subprocess.STDOUT,
        )
        outcomes.append(Outcome(step.name, done.returncode, time.monotonic() - begun))
    if len(outcomes) > 1:
        print(f"\n{summary(outcomes)}", flush=True)
    return exit_code(outcomes)
