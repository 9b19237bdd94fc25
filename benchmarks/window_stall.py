"""How long the window's thread was silent while rows are pulled and devices are pushed; prints one JSON document.

    .venv/bin/python benchmarks/window_stall.py FOLDER ROWS DEVICES

The whole program without a display: a person signs in at a cloud of its own process that has ROWS rows in 250 sites,
types in a list while they arrive, then pushes people to DEVICES simulated devices of another process. A gap is the time
between two beats of a 2 ms timer of the window's thread: by the wall clock (waiting for the processor or for Python's
lock counts) and by the processor time of that thread alone (the heartbeat of the tests, tests/desktop/heartbeat.py).
Counted until a second after the last row, so that what the last page sets off is in it.

`late` is what sync.md 7 sets a bar for, counted as there: the window's thread asks to be called in 4 ms and notes how
much later it is, again and again, from the sign-in to the end of the first sync (its rows and their indexes) and no
longer. There the thread has nothing else to do; here it is the whole window, in which somebody types.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

# Else `window` would be the benchmark and not a package's module.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from PySide6.QtCore import QObject, Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402

from benchmarks.devices import Lan  # noqa: E402
from benchmarks.peers.gatewright import PASSWORD, CloudProcess, seed  # noqa: E402
from core.base.paths import Profile  # noqa: E402
from core.entities.credential import CREDENTIAL  # noqa: E402
from core.entities.device import DEVICE, Device  # noqa: E402
from core.entities.person import RESIDENT  # noqa: E402
from core.entities.site import SiteKind  # noqa: E402
from core.store.query import ListQuery, count  # noqa: E402
from core.store.reader import Reader  # noqa: E402
from core.usecases.context import Context  # noqa: E402
from core.usecases.devices import NewDevice, add_device  # noqa: E402
from core.usecases.lan import scan  # noqa: E402
from core.usecases.maclib import add_macs  # noqa: E402
from core.usecases.people import NewResident, add_resident  # noqa: E402
from core.usecases.places import add_apartment, add_building, add_site  # noqa: E402
from core.usecases.provision import submit  # noqa: E402
from desktop.app.window import run_window  # noqa: E402
from desktop.app.workstation import Surroundings  # noqa: E402
from desktop.views.main_window import MainWindow  # noqa: E402
from device_link.discovery.neighbours import FileNeighbours  # noqa: E402
from device_link.drivers.akuvox.pacing import fast_pacing  # noqa: E402
from tests.desktop.heartbeat import Heartbeat  # noqa: E402

PEOPLE = 20
LIMIT_S = 240.0
TYPED = "main entrance"
WISH_MS = 4


class Beats(Heartbeat):
    """The heartbeat of the tests, with every gap kept."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self._wall, self._cpu = time.perf_counter(), time.thread_time()
        super().__init__()

    def _beat(self) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        self.wall.append(wall - self._wall)
        self.cpu.append(cpu - self._cpu)
        self._wall, self._cpu = wall, cpu
        super()._beat()

    def told(self) -> dict[str, Any]:
        """Beats, the largest gap and the gap below which 99 of 100 are, in milliseconds."""
        # The loop's own connections to cloud and devices do not block; all else of the kind would.
        forbidden = sorted(set(self.forbidden) - {"socket.connect"})
        document: dict[str, Any] = {"beats": len(self.wall), "forbidden": forbidden[:4]}
        for name, gaps in (("wall", sorted(self.wall)), ("cpu", sorted(self.cpu))):
            document |= {f"{name} largest": gaps[-1] * 1e3, f"{name} p99": gaps[len(gaps) * 99 // 100] * 1e3}
            document[f"{name} over 50 ms"] = sum(1 for gap in gaps if gap > 0.05)
        return document


class Late(QObject):
    """How late the window's thread is called, in seconds, while the first sync runs."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.by: list[float] = []
        self.seconds = 0.0
        self._state, self._filled = window.desk.sync, False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._called)
        self._state.changed.connect(self._look)
        self._began = time.perf_counter()
        self._wish()

    def _wish(self) -> None:
        self._timer.start(WISH_MS)
        self._wished = time.perf_counter()

    def _called(self) -> None:
        self.by.append(time.perf_counter() - self._wished - WISH_MS / 1e3)
        self._wish()

    def _look(self) -> None:
        figures = self._state.figures
        self._filled = self._filled or figures.filled > 0
        if self._filled and not figures.busy and not self.seconds:
            self._timer.stop()
            self.seconds = time.perf_counter() - self._began

    def told(self) -> dict[str, float]:
        """How often it was called, the largest and the 99th of 100, in milliseconds."""
        assert self.seconds, "the first sync did not end"
        by = sorted(self.by)
        return {
            "called": len(by),
            "seconds": self.seconds,
            "largest": by[-1] * 1e3,
            "p99": by[len(by) * 99 // 100] * 1e3,
        }


def _count(reader: Reader) -> int:
    return sum(count(reader, ListQuery(spec)) for spec in (DEVICE, RESIDENT, CREDENTIAL))


async def _pull(window: MainWindow, url: str, rows: int) -> dict[str, Any]:
    desk = window.desk
    await desk.station.sign_in(url, "anna", PASSWORD)
    window.show_session()
    frame: Any = window.frame
    frame.show_page("devices")
    page = frame.page_of("devices")
    began, beats, late, letters = time.monotonic(), Beats(), Late(window), 0
    before = got = await desk.ctx.mirror.read(_count, limit_ms=60_000)
    while got < rows:
        QTest.keyClicks(page.list.pane.search, TYPED[letters % len(TYPED)])
        letters += 1
        await asyncio.sleep(0.2)
        got = await desk.ctx.mirror.read(_count, limit_ms=60_000)
        assert time.monotonic() - began < LIMIT_S, "the pull did not end"
    seconds = time.monotonic() - began
    await asyncio.sleep(1)  # what the last page set off is counted too
    beats.close()
    told = {"rows": got, "before": before, "letters": letters, "seconds": seconds, **beats.told()}
    return {**told, "late": late.told()}


async def _site(ctx: Context, lan: Lan) -> list[Device]:
    """A site with the devices of the LAN, and people with a PIN and a card."""
    site = await add_site(ctx, name="Tamarind Court", kind=SiteKind.COMMUNITY, time_zone="Europe/Madrid")
    building = await add_building(ctx, site_id=site.id, name="A")
    home = await add_apartment(ctx, building_id=building.id, number="101", floor=1)
    await add_macs(ctx, [u.link.mac for u in lan.units], model="R29")
    devices = [
        await add_device(
            ctx, NewDevice(site.id, u.link.mac, f"Door {n}", model="R29", building_id=building.id)
        )
        for n, u in enumerate(lan.units)
    ]
    for n in range(PEOPLE):
        new = NewResident(
            home.id, "Nova", f"Person {n}", pins=(f"{70_003_000 + n}",), cards=(f"0B4F{n:04X}",)
        )
        await add_resident(ctx, new)
    return devices


async def _push(window: MainWindow, lan: Lan) -> dict[str, Any]:
    ctx, frame = window.desk.ctx, window.frame
    devices = await _site(ctx, lan)
    await scan(ctx, [u.url.split("://", 1)[1] for u in lan.units])
    assert frame is not None
    frame.show_page("jobs")
    began, beats = time.monotonic(), Beats()
    ids = await submit(ctx, devices)
    runner: Any = ctx.jobs
    await asyncio.wait_for(runner.wait_all(ids), LIMIT_S)
    seconds = time.monotonic() - began
    await asyncio.sleep(1)
    beats.close()
    records = [await ctx.jobs.get(job) for job in ids]
    verdicts = Counter(str((r.result or {}).get("verdict", r.state)) for r in records)
    return {"devices": len(ids), "seconds": seconds, "verdicts": dict(verdicts), **beats.told()}


def run(folder: Path, rows: int, units: int) -> dict[str, Any]:
    """Both measurements in one window."""
    found: dict[str, Any] = {}
    faults: list[BaseException] = []
    url = f"sqlite:///{folder / 'cloud.db'}"
    seed(url, folder, rows)
    lan = Lan(units, {}, 20)
    table = folder / "neighbours.json"
    table.write_text(json.dumps({u.url.split("://", 1)[1]: u.mac for u in lan.units}), "utf-8")
    try:
        with CloudProcess(url, folder) as cloud:

            async def guide(window: MainWindow) -> None:
                try:
                    found["pull"] = await _pull(window, cloud.url, rows)
                    found["push"] = await _push(window, lan)
                except BaseException as fault:  # noqa: BLE001  told after the loop has ended, else the window stays open
                    faults.append(fault)
                finally:
                    window.close()

            around = Surroundings(fast_pacing, FileNeighbours(table), 30.0)
            run_window(Profile(folder / "station"), around, guide=guide)
    finally:
        lan.close()
    if faults:
        found["fault"] = f"{type(faults[0]).__name__}: {faults[0]}"
    return found


def main() -> None:
    found = run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
