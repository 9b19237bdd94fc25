"""A client library that we did not write, unmodified, against the simulator (device API 9.2).

It needs Python 3.13, so it runs in an environment of its own: the interpreter named by PYLOCAL_PYTHON, where the
package is installed already, or one made once in pytest's cache folder with the first Python 3.13 or later found
(PYTHON313, python3.13, python3.14, pyenv's). Where there is none, or the package cannot be installed, the test says so
and is skipped. (No GATEWRIGHT_ in those names: the test session removes variables that begin so.)
"""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from device_link.simulator import SimDevice, SimLan, SimSpec

PACKAGE = "pylocal-akuvox==1.7.0"
READY_PYTHON = os.environ.get("PYLOCAL_PYTHON", "")
CHOSEN_PYTHON = os.environ.get("PYTHON313", "")
# By the person's name: HOME is a made-up folder while tests run.
PYENV = Path(os.environ.get("PYENV_ROOT") or Path(f"~{getpass.getuser()}/.pyenv").expanduser())

# The passed steps that each device must reach: 28 is the whole cycle; the smaller numbers are what the model has.
# `all` makes the client try everything on models that it does not know.
CASES = [
    ("P1", "none", "known", 28),
    ("P1", "basic", "known", 28),
    ("P1", "digest", "known", 28),
    ("P2", "digest", "all", 24),
    ("P3", "digest", "known", 24),
    ("P4", "digest", "known", 18),
    ("P5", "digest", "known", 28),
    ("P6", "digest", "all", 15),
    ("S532", "digest", "all", 24),
    ("R29", "digest", "all", 28),
    ("E18C", "digest", "known", 28),
    ("E12W", "digest", "known", 28),
    ("R20K", "digest", "known", 28),
    ("R20A", "digest", "known", 28),
    ("R20BX3", "digest", "known", 28),
]

PROGRAM = """
import asyncio, json, sys
from pylocal_akuvox import AkuvoxDevice, AuthConfig, AuthMethod, run_capability_report

async def main(host, method, user, password, what):
    signed = (user, password) if method in {"basic", "digest"} else ()
    login = None if method == "none" else AuthConfig(AuthMethod[method.upper()], *signed)
    device = AkuvoxDevice(host, login, request_delay=0.25)
    device.attempt_unknown_capability = what == "all"
    report = await run_capability_report(device, write=True, emit=lambda line: None)
    print(json.dumps([[one["name"], one["status"]] for one in report["tests"]]))

asyncio.run(main(*sys.argv[1:]))
"""


def pythons() -> Iterator[str]:
    """Yield interpreters that may be Python 3.13 or later."""
    yield from filter(None, [CHOSEN_PYTHON, *map(shutil.which, ("python3.13", "python3.14", "python3"))])
    for version in sorted(PYENV.glob("versions/3.1[3-9]*"), reverse=True):
        yield str(version / "bin" / "python")


def new_enough(python: str) -> bool:
    """Say whether an interpreter runs and is Python 3.13 or later."""
    asked = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 13))"]
    try:
        return subprocess.run(asked, check=False, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def has_package(python: Path) -> bool:
    """Say whether the client can be imported there."""
    return (
        python.exists()
        and subprocess.run([python, "-c", "import pylocal_akuvox"], check=False).returncode == 0
    )


def make_environment(folder: Path) -> Path:
    """Make an environment with the client in it and return its interpreter; skip the test when that cannot be done."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if has_package(python):
        return python
    found = next(filter(new_enough, pythons()), None)
    if found is None:
        pytest.skip("no Python 3.13 was found for the independent client (PYTHON313 may name one)")
    # The package asks for 3.13.2 in its metadata and works on 3.13.0 as well.
    steps = [
        [found, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--ignore-requires-python", PACKAGE],
    ]
    for step in steps:
        done = subprocess.run(step, check=False, capture_output=True, text=True, timeout=240)
        if done.returncode != 0:
            words = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"the independent client could not be installed: {words[:200]}")
    return python


@pytest.fixture
def client_python(pytestconfig: pytest.Config) -> Path:
    """The interpreter that has the independent client."""
    if READY_PYTHON:
        return Path(READY_PYTHON)
    cache = pytestconfig.cache
    assert cache is not None
    return make_environment(cache.mkdir("pylocal-akuvox"))


async def report(python: Path, device: SimDevice, what: str) -> dict[str, list[str]]:
    """Run the client's whole report, writes included, and return its steps by status."""
    login = device.describe()
    process = await asyncio.create_subprocess_exec(
        python, "-c", PROGRAM, urlsplit(device.url).netloc, login["auth"], login["user"], login["password"], what,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()[-2000:]
    steps: dict[str, list[str]] = {"passed": [], "failed": [], "skipped": []}
    found: list[list[Any]] = json.loads(out)
    for name, status in found:
        steps[status].append(name)
    return steps


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_an_independent_client_finds_nothing_wrong(client_python: Path) -> None:
    """All at the same time: each run takes about a minute, since that client waits two seconds after a write."""
    assert await faults_found(client_python, CASES) == []


KNOWN = [(key, what, wanted) for key, auth, what, wanted in CASES if auth == "digest" and what == "known"]
AUTHS = ("none", "allowlist", "basic", "digest")


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("auth", AUTHS)
async def test_every_model_that_it_knows_under_every_access_mode(client_python: Path, auth: str) -> None:
    cases = [(key, auth, what, wanted) for key, what, wanted in KNOWN]
    assert await faults_found(client_python, cases) == []


async def faults_found(client_python: Path, cases: Sequence[tuple[str, str, str, int]]) -> list[str]:
    """Steps that failed, cases with fewer steps passed than their model has, and what the client left behind."""
    specs = [SimSpec(profile=key, auth=auth) for key, auth, _, _ in cases]
    async with await SimLan.start(specs) as lan:
        runs = (
            report(client_python, device, what)
            for device, (_, _, what, _) in zip(lan.devices, cases, strict=True)
        )
        reports = await asyncio.gather(*runs)
        left = [[user.name for user in device.users] for device in lan.devices]
    faults = [f"left behind: {names}" for names in left if names]
    for (key, auth, _, wanted), steps in zip(cases, reports, strict=True):
        faults += [f"{key} with {auth}: {name}" for name in steps["failed"]]
        if len(steps["passed"]) < wanted:
            faults.append(f"{key} with {auth} passed only {steps['passed']}")
        sys.stderr.write(f"{key} {auth}: {len(steps['passed'])} passed, {len(steps['skipped'])} skipped\n")
    return faults
