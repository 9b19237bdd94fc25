"""The window: a million MACs beside Qt's table model and a list, long lists of one site, stalls under load, cold start
beside two others.

    .venv/bin/python benchmarks/window.py [--json] [--rows 1000000] [--site 33000] [--pull 100000]
                                          [--devices 50] [--starts 5]
                                          [--only tables,lists,stall,start]

Everything is offscreen; every candidate has a process of its own and all are run one after another, so that the ratios
(times ours) are of one machine in the same minutes. Anki (aqt) and Vorta are installed by pip into
`~/.cache/gatewright-bench` (or GW_BENCH_CACHE) at their first run and left out, with the reason, where that does not
work. "Cold" is a new process; the files are in the system's cache for everybody after the first start, which is not
counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# Else `window` would be this file and not a package's module.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.window_data import ENVIRONMENT, write_mirror, write_plain  # noqa: E402
from benchmarks.window_site import Sizes, write_site  # noqa: E402
from core.base.paths import Profile  # noqa: E402

NEEDLE = "A3F7"
KINDS = ("ours", "sql", "list")
PARTS = ("tables", "lists", "stall", "start")
PEERS = {"anki": ("aqt",), "vorta": ("vorta", "PyQt6")}
INSTALL_S, CHILD_S = 300, 900
_HERE = Path(__file__).parent


def environment(**more: str) -> dict[str, str]:
    """Of every child: no display, and a passphrase in place of a key ring."""
    return {**os.environ, **ENVIRONMENT, "QT_QPA_PLATFORM": "offscreen", **more}


def child(script: str, *arguments: object, limit_s: float = CHILD_S) -> dict[str, Any]:
    """The one JSON document that a script beside this one prints last; RuntimeError with its last words."""
    done = subprocess.run(
        [sys.executable, str(_HERE / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=limit_s,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-600:])
    document: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return document


# -------------------------------------------------------------------------------------------------------------- tables


def tables(folder: Path, rows: int) -> dict[str, Any]:
    """The same rows behind three models."""
    write_plain(folder / "plain.db", rows)
    os.environ.update(ENVIRONMENT)
    write_mirror(Profile(folder / "profile"), rows)
    return {kind: child("window_tables.py", kind, folder, NEEDLE) for kind in KINDS}


def show_tables(found: dict[str, Any], rows: int) -> None:
    print(f"\nA table of {rows} MACs; milliseconds and MB, in brackets times ours")
    print(f"{'':28}{'ours':>12}{'QSqlTableModel':>24}{'list':>24}")
    for name, own in found["ours"].items():
        if name.startswith("rows"):
            continue
        unit = 1 if name.startswith(("memory", "peak")) else 1000
        others = (found[kind].get(name, float("nan")) for kind in KINDS[1:])
        cells = "".join(_times(other * unit, own * unit) for other in others)
        print(f"{name:28}{own * unit:12.1f}{cells}")


def _times(value: float, own: float) -> str:
    if value != value:  # noqa: PLR0124  what this one does not tell
        return f"{'-':>14} {'':8}"
    return f"{value:14.1f} ({value / own:6.2f})" if own else f"{value:14.1f} (     -)"


def lists(folder: Path, devices: int) -> dict[str, Any]:
    """The pages of one site with so many devices, six people to ten of them, and two codes to each person."""
    os.environ.update(ENVIRONMENT)
    write_site(Profile(folder / "site"), Sizes(devices, devices * 20 // 33))
    return child("window_lists.py", folder)


def show_lists(found: dict[str, Any]) -> None:
    print("\nLists of one site; milliseconds of processor time, of the window's thread in brackets; MB")
    print(f"{'':16}" + "".join(f"{key + ' ' + str(told['count']):>22}" for key, told in found.items()))
    for step in ("rows", "verdicts", "by verdict", "by name", "key", "tick all", "csv"):
        cells = (
            f"{t[f'{step} cpu'] * 1000:12.0f} ({t[f'{step} window'] * 1000:7.0f})" for t in found.values()
        )
        print(f"{step:16}" + "".join(cells))
    for name in ("memory", "memory at end", "peak"):
        print(f"{name:16}" + "".join(f"{told[name]:22.0f}" for told in found.values()))


def show_stall(found: dict[str, Any]) -> None:
    for part in ("pull", "push"):
        if part not in found:
            continue
        told = found[part]
        print(f"\nThe window's thread during a {part}: {told.get('rows') or told.get('devices')} in ", end="")
        print(f"{told['seconds']:.1f} s, {told['beats']} beats {told.get('verdicts', '')}")
        for clock in ("wall", "cpu"):
            largest, p99 = told[f"{clock} largest"], told[f"{clock} p99"]
            print(
                f"  {clock:5} largest {largest:7.1f} ms  p99 {p99:6.1f} ms  over 50 ms: {told[f'{clock} over 50 ms']}"
            )
        if late := told.get("late"):
            print(
                f"  late  largest {late['largest']:7.1f} ms  p99 {late['p99']:6.1f} ms  of {late['called']} calls ",
                end="",
            )
            print(f"in the {late['seconds']:.1f} s of the first sync")
        print(f"  forbidden on that thread: {told['forbidden'] or 'nothing'}")


# --------------------------------------------------------------------------------------------------------------- start


def _cache() -> Path:
    given = os.environ.get("GW_BENCH_CACHE")
    return (Path(given) if given else Path.home() / ".cache" / "gatewright-bench") / "windows"


def install(peer: str) -> Path:
    """The interpreter of a peer; RuntimeError when it cannot be installed."""
    place = _cache() / peer
    python = place / "bin" / "python"
    if not (place / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        done = subprocess.run(
            [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *PEERS[peer]],
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"pip: {done.stderr.strip()[-300:]}")
        (place / "done").touch()
    return python


def start_once(python: str, program: str, folder: Path) -> tuple[float, float]:
    """Seconds and processor seconds of one start; RuntimeError when the window did not come."""
    flags = {"QTWEBENGINE_DISABLE_SANDBOX": "1", "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox --disable-gpu"}
    # As installed: where no byte code is kept, ours alone would be compiled at every start; pip compiles the others.
    flags |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder.parent / "bytecode")}
    done = subprocess.run(
        [python, str(_HERE / "window_start.py"), program, str(folder)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env=environment(**flags, BEGUN=str(time.monotonic())),
    )
    for line in done.stdout.splitlines():
        try:
            wall, cpu = map(float, line.split())
        except ValueError:
            continue  # the program's own words
        return wall, cpu
    raise RuntimeError(done.stderr.strip()[-300:] or "it said nothing")


def starts(folder: Path, profile: Path, times: int) -> dict[str, Any]:
    """Every program so many times, in turns; the first start of each is not counted."""
    pythons, left_out = {"gatewright": sys.executable}, {}
    places = {"gatewright": profile, "anki": folder / "anki", "vorta": folder / "vorta"}
    for peer in PEERS:
        try:
            pythons[peer] = str(install(peer))
            if peer == "anki":
                subprocess.run(
                    [pythons[peer], str(_HERE / "window_start.py"), peer, str(places[peer])],
                    env=environment(),
                    check=True,
                    timeout=90,
                    capture_output=True,
                )
        except (OSError, RuntimeError, subprocess.SubprocessError) as fault:
            pythons.pop(peer, None)
            left_out[peer] = str(fault)
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in pythons}
    for turn in range(times + 1):
        for name, python in list(pythons.items()):
            try:
                seconds = start_once(python, name, places[name])
            except (RuntimeError, subprocess.SubprocessError) as fault:
                left_out[name] = str(fault)
                pythons.pop(name)
                continue
            if turn:
                took[name].append(seconds)
    return {"seconds": {n: t for n, t in took.items() if t}, "left_out": left_out}


def show_starts(found: dict[str, Any]) -> None:
    print("\nFrom the start of the process to a usable window, seconds and processor seconds, medians")
    own = [
        statistics.median(both)
        for both in zip(*found["seconds"].get("gatewright", [(1.0, 1.0)]), strict=True)
    ]
    for name, took in found["seconds"].items():
        (wall, cpu), spread = (statistics.median(x) for x in zip(*took, strict=True)), [w for w, _ in took]
        print(
            f"{name:12} {wall:6.2f} ({wall / own[0]:4.2f})  processor {cpu:6.2f} ({cpu / own[1]:4.2f})",
            end="",
        )
        print(f"  {min(spread):.2f} to {max(spread):.2f}")
    for name, why in found["left_out"].items():
        print(f"{name:12} left out: {why}")


# ------------------------------------------------------------------------------------------------------------- the run


def run(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """What was asked for, in one document."""
    wanted = given.only.split(",")
    document: dict[str, Any] = {
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "rows": given.rows,
        "load_before": os.getloadavg()[0],
    }
    (folder / "tables").mkdir()
    (folder / "lists").mkdir()
    (folder / "stall").mkdir()
    if "tables" in wanted:
        document["tables"] = tables(folder / "tables", given.rows)
    if "lists" in wanted:
        document["lists"] = lists(folder / "lists", given.site)
    profile = folder / "stall" / "station"
    if "stall" in wanted:
        document["stall"] = child("window_stall.py", folder / "stall", given.pull, given.devices)
    if "start" in wanted:
        if not profile.exists():
            profile = folder / "start"
            os.environ.update(ENVIRONMENT)
            write_mirror(Profile(profile), given.pull)
        document["start"] = starts(folder, profile, given.starts)
    document["load_after"] = os.getloadavg()[0]
    return document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--rows", type=int, default=1_000_000, help="MACs in the table")
    parser.add_argument(
        "--pull", type=int, default=100_000, help="rows that are pulled and that a start finds"
    )
    parser.add_argument("--site", type=int, default=33_000, help="devices of the site with long lists")
    parser.add_argument("--devices", type=int, default=50, help="simulated devices that are pushed")
    parser.add_argument("--starts", type=int, default=5, help="counted starts of each program")
    parser.add_argument("--only", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gatewright-window-"))
    try:
        document = run(given, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if given.json:
        print(json.dumps(document, indent=1))
        return
    print(f"{document['machine']}, {document['cores']} cores, ", end="")
    print(f"load {document['load_before']:.1f} before and {document['load_after']:.1f} after")
    if "tables" in document:
        show_tables(document["tables"], given.rows)
    if "lists" in document:
        show_lists(document["lists"])
    if "stall" in document:
        show_stall(document["stall"])
        if "fault" in document["stall"]:
            print(f"\nThe stall was not measured to its end: {document['stall']['fault']}")
    if "start" in document:
        show_starts(document["start"])


if __name__ == "__main__":
    main()
