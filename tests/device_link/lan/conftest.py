"""The virtual LAN of the tests here, made once: 60 devices of three makers, some of them odd, and a desk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.device_link.lan.network import IP, Lan, ip_of, sweep_away, why_not

ROOT = Path(__file__).resolve().parents[3]
PROFILES = ("P1", "P2", "P3", "R29", "S532", "E12W")
ODD_ADDRESS = "192.168.1.100"
TWICE = ip_of(56)


@dataclass
class Network:
    """The LAN with its devices running. `plans` are what the devices were told to be."""

    lan: Lan
    plans: list[dict[str, Any]]

    def command(self, *words: str, where: str = "") -> list[str]:
        """A command in a namespace; the desk's unless `where` says another."""
        return [IP, "netns", "exec", where or self.lan.desk, *words]

    def run(self, *words: str, limit_s: float = 50.0) -> subprocess.CompletedProcess[str]:
        """Run a program at the desk to its end."""
        return subprocess.run(
            self.command(*words), check=False, capture_output=True, text=True, timeout=limit_s, cwd=ROOT
        )

    def scan(self, *targets: str) -> dict[str, Any]:
        """Scan from the desk."""
        done = self.run(sys.executable, "-m", "tests.device_link.lan.desk", *targets)
        assert done.returncode == 0, done.stderr[-2000:]
        document: dict[str, Any] = json.loads(done.stdout)
        return document


def _plan(number: int) -> dict[str, Any]:
    """Device number 1 to 60: 44 intercoms, 8 of 2N, 4 cameras, a foreign address, two on one address, a closed one."""
    plan: dict[str, Any] = {"address": ip_of(number), "prefix": 16, "says": [], "kind": "akuvox"}
    if number <= 44:
        plan |= {"profile": PROFILES[number % len(PROFILES)], "mac": f"0C1105{number:06X}"}
        plan["says"] = ["mdns"] if number % 10 == 0 else ["pnp"] if number % 10 == 5 else []
    elif number <= 52:
        plan |= {"kind": "two_n", "mac": f"7C1EB3{number:06X}", "says": ["mdns"] if number == 45 else []}
    elif number <= 55:
        plan |= {"kind": "camera", "mac": f"00408C{number:06X}", "says": ["ssdp"] if number == 53 else []}
    else:
        plan |= {"profile": "P1", "mac": f"0C1105{number:06X}"}
    odd: dict[int, dict[str, Any]] = {
        57: {"address": TWICE, "says": ["pnp"]},
        56: {"says": ["pnp"]},
        58: {"address": ODD_ADDRESS, "prefix": 24, "says": ["pnp"]},
        59: {"password": "changed-by-somebody"},
    }
    return plan | odd.get(number, {})


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The LAN, with its clean-up whatever happens. Skipped, with the reason, where namespaces are not allowed."""
    reason = why_not()
    if reason:
        pytest.skip(f"no virtual LAN, the loopback tests of discovery stand for it: {reason}")
    sweep_away("gwt")
    lan = Lan(f"gwt{os.getpid()}p")
    plans = [_plan(number) for number in range(1, 61)]
    try:
        lan.up([(plan["address"], plan["mac"], plan["prefix"]) for plan in plans])
        for plan, host in zip(plans, lan.hosts, strict=True):
            plan["namespace"] = host.name
        path = tmp_path_factory.mktemp("lan") / "plan.json"
        path.write_text(json.dumps(plans), "utf-8")
        with Devices(path):
            yield Network(lan, plans)
    finally:
        lan.down()


class Devices:
    """The process of the devices; ends with the block."""

    def __init__(self, plan: Path) -> None:
        self._plan = plan
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> None:
        self._errors = self._plan.with_suffix(".log").open("w+")
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.device_link.lan.devices", str(self._plan)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, cwd=ROOT,
        )  # fmt: skip
        self._process = process
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            self.__exit__()
            pytest.fail(f"the devices did not start: {self._plan.with_suffix('.log').read_text()[-2000:]}")

    def __exit__(self, *_facts: object) -> Literal[False]:
        process = self._process
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self._errors.close()
        return False
