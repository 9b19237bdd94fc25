"""Firmware and people to many simulated devices: the device link against curl in parallel and a sequential client.

    python -m benchmarks.devices                       some seconds, for a look
    python -m benchmarks.devices --devices 500 --megabytes 20 --doors 50 --people 10000 --faulty 5

All three do the same work in one run against one LAN of simulated devices in a process of its own: prepare, upload,
upgrade, wait for the new version; people in batches of 100, then read back. `--people` is how many each door gets. Only
ours also proves: it compares every record that it reads. Figures are seconds and ratios to ours; memory is the peak of
this process and that of the simulated devices. A sequential client waits for each device; the other two for eight.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from core.base.clock import SystemClock
from core.base.errors import GatewrightError
from core.base.verdict import worst
from core.ports.device import Link, Part
from core.rules.desired import ALWAYS, Desired, Grant, WantedPerson
from core.rules.plan import Plan, judge, make_plan
from core.usecases.provision import verdict_of
from device_link.drivers.akuvox.gateway import AkuvoxGateway
from device_link.drivers.akuvox.pacing import fast_pacing
from device_link.simulator.image import make_image

AT_ONCE = 8
LATE_MS = 20
"""Every answer of a device is late by so much: units on a LAN take longer than memory of the same machine."""
BATCH = 100
VERSIONS = ("29.30.10.501", "29.30.10.502", "29.30.10.503")
FAULTS = {
    "upgrade-same": "differs",
    "wrong-md5": "refused",
    "never-back": "unreachable",
    "offline": "unreachable",
    "drop-mid-upload:1": "unreachable",
}
"""What a faulty device does, and the only right verdict about it. All others must be proved."""
PEOPLE_FAULTS = {"max-users:50": "refused", "offline": "unreachable"}
"""The same for people: one that is full before everybody is on it, one that is away."""


@dataclass(frozen=True)
class Unit:
    """A simulated device as the LAN describes it; `fault` as it was told to have."""

    url: str
    mac: str
    fault: str = ""

    @property
    def link(self) -> Link:
        return Link(self.url, self.mac.replace(":", "").upper(), "admin", "admin")


class Lan:
    """Simulated devices in a process of their own."""

    def __init__(self, count: int, faults: dict[int, str], late_ms: int) -> None:
        switched = [*([f"*:slow:{late_ms}"] if late_ms else []), *(f"{i}:{f}" for i, f in faults.items())]
        written = ",".join(switched)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "desktop", "lan", "simulate", "--count", str(count)),
                *("--profile-name", "R29", "--until-eof", *(("--faults", written) if written else ())),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        ready: dict[str, Any] = json.loads(self._process.stdout.readline())
        self.units = [Unit(d["url"], d["mac"], faults.get(i, "")) for i, d in enumerate(ready["devices"])]

    def close(self) -> int:
        """Stop it; returns the peak of its memory in MB."""
        status = Path(f"/proc/{self._process.pid}/status")
        lines = status.read_text("ascii").splitlines() if status.exists() else []
        peak = next((int(x.split()[1]) // 1024 for x in lines if x.startswith("VmHWM")), 0)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        return peak


async def pooled(units: Sequence[Unit], at_once: int, work: Callable[[Unit], Awaitable[str]]) -> list[str]:
    """Do it for all, so many at a time; what came of each, in the order of the units."""
    gate = asyncio.Semaphore(at_once)

    async def one(unit: Unit) -> str:
        async with gate:
            return await work(unit)

    return list(await asyncio.gather(*(one(unit) for unit in units)))


# ---------------------------------------------------------------------------------------------------------------- ours


def ours_firmware(gateway: AkuvoxGateway, image: Path, version: str) -> Callable[[Unit], Awaitable[str]]:
    md5 = hashlib.md5(image.read_bytes(), usedforsecurity=False).hexdigest()

    async def work(unit: Unit) -> str:
        try:
            await gateway.send_firmware(
                unit.link, image, md5, stage=lambda *_: None, file_name=f"{version}.rom"
            )
            identity = await gateway.wait_back(unit.link, limit_s=10.0)
        except GatewrightError as fault:
            return verdict_of(fault).value
        return "proved" if identity.firmware == version else "differs"

    return work


def wanted(unit: Unit, people: int) -> Desired:
    return Desired(
        unit.mac,
        unit.link.mac,
        "gbnch-",
        people=tuple(
            WantedPerson(
                f"{n}", f"gbnch-{n:06}", f"Person {n}", (f"{100_000 + n}",), (), (Grant(ALWAYS, "1"),)
            )
            for n in range(people)
        ),
    )


def ours_people(gateway: AkuvoxGateway, people: int) -> Callable[[Unit], Awaitable[str]]:
    async def work(unit: Unit) -> str:
        desired, parts = wanted(unit, people), frozenset({Part.PEOPLE})
        try:
            plan = make_plan(desired, await gateway.observe(unit.link, desired, parts))
            changes = Plan(plan.device_id, plan.changes)
            results = await gateway.apply(
                unit.link, changes, report=lambda _r: None, check_cancel=lambda: None
            )
            after = make_plan(desired, await gateway.observe(unit.link, desired, parts))
        except GatewrightError as fault:
            return verdict_of(fault).value
        return worst([j.verdict for j in judge(after, results)]).value

    return work


# ---------------------------------------------------------------------------------------------------------------- curl


async def curl(*arguments: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *("curl", "--silent", "--digest", "--user", "admin:admin", "--max-time", "120", "-H", "Expect:"),
        *arguments,
        stdout=subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return out


def curl_firmware(image: Path, version: str) -> Callable[[Unit], Awaitable[str]]:
    async def work(unit: Unit) -> str:
        base = f"{unit.url}/api/firmware"
        await curl(f"{base}/prepare")
        await curl("-F", f"file=@{image};filename={version}.rom", f"{base}/upload")
        await curl("-X", "POST", f"{base}/upgrade")
        deadline = time.monotonic() + 10.0
        while time.monotonic() < deadline:
            if version.encode() in await curl("--max-time", "2", f"{unit.url}/api/firmware/status"):
                return "new version"
            await asyncio.sleep(0.1)
        return "old version"

    return work


def batches(people: int) -> list[str]:
    items = [
        {
            "Name": f"Person {n}",
            "UserID": f"x{n:06}",
            "WebRelay": "0",
            "LiftFloorNum": "0",
            "ScheduleRelay": "1001-1;",
            "Schedule-Relay": "1001-1;",
            "PrivatePIN": f"{100_000 + n}",
            "CardCode": "",
        }
        for n in range(people)
    ]
    parts = [items[at : at + BATCH] for at in range(0, people, BATCH)]
    return [json.dumps({"target": "user", "action": "add", "data": {"item": part}}) for part in parts]


def curl_people(people: int, folder: Path) -> Callable[[Unit], Awaitable[str]]:
    files = []
    for number, text in enumerate(batches(people)):
        path = folder / f"people-{number}.json"
        path.write_text(text, "utf-8")
        files.append(path)

    async def work(unit: Unit) -> str:
        for path in files:
            await curl(
                "-H",
                "Content-Type: application/json",
                "--data-binary",
                f"@{path}",
                f"{unit.url}/api/user/add",
            )
        await curl("-o", str(folder / "back.json"), f"{unit.url}/api/user/get")
        return "sent"

    return work


# ---------------------------------------------------------------------------------------------------------- sequential


def httpx_firmware(image: Path, version: str) -> Callable[[Unit], Awaitable[str]]:
    data = image.read_bytes()

    async def work(unit: Unit) -> str:
        auth = httpx.DigestAuth("admin", "admin")
        async with httpx.AsyncClient(auth=auth, trust_env=False, timeout=120) as client:
            try:
                await client.get(f"{unit.url}/api/firmware/prepare")
                content = {"file": (f"{version}.rom", data)}
                await client.post(f"{unit.url}/api/firmware/upload", files=content)
                await client.post(f"{unit.url}/api/firmware/upgrade")
            except httpx.HTTPError as fault:
                return type(fault).__name__
            deadline = time.monotonic() + 10.0
            while time.monotonic() < deadline:
                try:
                    reply = await client.get(f"{unit.url}/api/firmware/status")
                except httpx.HTTPError:
                    reply = None
                if reply is not None and version in reply.text:
                    return "new version"
                await asyncio.sleep(0.1)
        return "old version"

    return work


def httpx_people(people: int) -> Callable[[Unit], Awaitable[str]]:
    parts = batches(people)

    async def work(unit: Unit) -> str:
        auth = httpx.DigestAuth("admin", "admin")
        async with httpx.AsyncClient(auth=auth, trust_env=False, timeout=120) as client:
            for text in parts:
                await client.post(f"{unit.url}/api/user/add", content=text)
            await client.get(f"{unit.url}/api/user/get")
        return "sent"

    return work


# ------------------------------------------------------------------------------------------------------------ the run


async def timed(
    name: str, units: Sequence[Unit], at_once: int, work: Callable[[Unit], Awaitable[str]]
) -> dict[str, Any]:
    """Have it done for all; every verdict that is not the right one is named."""
    right = FAULTS | PEOPLE_FAULTS
    began, before = time.monotonic(), processor()
    came = await pooled(units, at_once, work)
    seconds, cpu = time.monotonic() - began, processor() - before
    counts = dict(Counter(came))
    wrong = [
        f"{unit.url} ({unit.fault or 'sound'}): {verdict}"
        for unit, verdict in zip(units, came, strict=True)
        if verdict != right.get(unit.fault, "proved")
    ]
    sys.stderr.write(f"{name}: {seconds:.1f} s, {counts}\n")
    figures = {"seconds": round(seconds, 2), "processor": round(cpu, 2)}
    return {"name": name, **figures, "came": counts, "wrong": wrong}


def processor() -> float:
    """Seconds of processor time of this process and of those that it started and that have ended; not the devices'."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


async def run(args: argparse.Namespace) -> dict[str, Any]:
    """Everything, in one document."""
    rng = random.Random(args.seed)
    bad = rng.sample(range(args.devices), args.devices * args.faulty // 100)
    names = list(FAULTS)
    faults = {index: names[n % len(names)] for n, index in enumerate(bad)}
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    document: dict[str, Any] = {"devices": args.devices, "megabytes": args.megabytes, "faulty": len(bad)}
    try:
        document["firmware"] = await firmware(args, faults, folder)
        document["people"] = await people(args, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    document["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return document


async def firmware(args: argparse.Namespace, faults: dict[int, str], folder: Path) -> dict[str, Any]:
    images = []
    for version in VERSIONS:
        path = folder / f"{version}.rom"
        path.write_bytes(make_image("29", version, args.megabytes * 1_000_000))
        images.append(path)
    lan = Lan(args.devices, faults, args.late_ms)
    gateway = AkuvoxGateway(SystemClock(), pacing=fast_pacing)
    try:
        ours = await timed(
            "firmware, ours", lan.units, args.at_once, ours_firmware(gateway, images[0], VERSIONS[0])
        )
        good = [u for u in lan.units if not u.fault]
        right = not ours["wrong"]
        others = [
            await timed(
                "firmware, curl in parallel", good, args.at_once, curl_firmware(images[1], VERSIONS[1])
            ),
            await timed("firmware, sequential client", good, 1, httpx_firmware(images[2], VERSIONS[2])),
        ]
    finally:
        peak = lan.close()
    for other in others:
        other.pop("wrong")  # They have no verdicts of ours.
    # Only sound devices are given to the others: they have no way to give one up.
    share = len(good) / args.devices
    ratios = {o["name"]: round(o["seconds"] / (ours["seconds"] * share), 2) for o in others}
    return {"ours": ours, "others": others, "ratio": ratios, "right": right, "lan_peak_mb": peak}


async def people(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    each, names = args.people, list(PEOPLE_FAULTS)
    bad = range(0, args.doors, max(1, 100 // args.faulty)) if args.faulty else ()
    faults = {index: names[n % len(names)] for n, index in enumerate(bad)}
    gateway = AkuvoxGateway(SystemClock(), pacing=fast_pacing)
    found, peak = [], 0
    for name, at_once, work, faulty in (
        ("people, ours", args.at_once, ours_people(gateway, each), faults),
        # The others have no way to give a device up, and are given sound ones only.
        ("people, curl in parallel", args.at_once, curl_people(each, folder), {}),
        ("people, sequential client", 1, httpx_people(each), {}),
    ):
        if name.endswith("client") and args.no_sequential:
            continue
        lan = Lan(args.doors, faulty, args.late_ms)
        try:
            found.append(await timed(name, lan.units, at_once, work))
        finally:
            peak = max(peak, lan.close())
    ours, *others = found
    for other in others:
        other.pop("wrong")
    ratios = {o["name"]: round(o["seconds"] / ours["seconds"], 2) for o in others}
    figures = {"ours": ours, "others": others, "ratio": ratios, "right": not ours["wrong"]}
    return {"people_on_each": each, "faulty": len(faults), **figures, "lan_peak_mb": peak}


def main() -> int:
    """Parse, run, print one JSON document; 1 when a verdict was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (
        *(("devices", 20), ("megabytes", 2), ("doors", 4), ("people", 200)),
        *(("faulty", 0), ("at-once", AT_ONCE), ("seed", 1), ("late-ms", LATE_MS)),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument(
        "--no-sequential", action="store_true", help="leave the sequential client of people out"
    )
    document = asyncio.run(run(parser.parse_args()))
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return 0 if document["firmware"]["right"] and document["people"]["right"] else 1


if __name__ == "__main__":
    sys.exit(main())
