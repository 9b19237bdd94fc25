"""Sync beside others, in one run on one machine: first sync, offline edits, a few changes, nothing to do, live.

    .venv/bin/python benchmarks/sync.py [--json] [--rows 100000,1000000] [--peers floor,skeleton,sqlite,postgresql,...]

`sqlite` and `postgresql` are Gatewright on these cores, with all rules in place (benchmarks/peers/gatewright.py); the
others are in benchmarks/peers and are installed by pip and npm into a cache folder at their first run. Seconds are of
the wall clock; the last column is times the skeleton's. Run it on a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

# Else `sync` would be this file and not the package.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.peers import gatewright, others, skeleton  # noqa: E402
from benchmarks.peers.measure import Sample  # noqa: E402
from tests.cloud.postgres import AS_AT_WORK, reason_without, running  # noqa: E402

EDITS, FEW = 10_000, 100
PEERS = ("floor", "skeleton", "sqlite", "postgresql", "anki", "watermelondb", "pouchdb")
SHORT = {"watermelon": "watermelondb", "pouch": "pouchdb", "postgres": "postgresql"}
TRIES = 2
"""A peer's program may fail on a loaded machine; it is then begun anew, once."""


@contextmanager
def _workspace() -> Any:
    folder = Path(tempfile.mkdtemp(prefix="gatewright-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _edits(rows: int) -> int:
    """How many rows are edited: no more than half of them, for short trials."""
    return min(EDITS, rows // 2)


def _gatewright(peer: str, folder: Path, rows: int, note: Callable[[Sample], None]) -> None:
    if peer == "sqlite":
        url = f"sqlite:///{folder / 'cloud.db'}"
        asyncio.run(gatewright.run(url, folder / "run", (rows, _edits(rows), FEW), note, peer))
        return
    if why := reason_without():
        print(f"postgresql is left out: {why}", file=sys.stderr)
        return
    with running(AS_AT_WORK) as server, server.database() as url:
        asyncio.run(gatewright.run(url, folder / "run", (rows, _edits(rows), FEW), note, peer))


def _run(peer: str, rows: int, note: Callable[[Sample], None]) -> None:
    with _workspace() as folder:
        if peer in {"sqlite", "postgresql"}:
            _gatewright(peer, folder, rows, note)
        elif peer in {"floor", "skeleton"}:
            getattr(skeleton, peer)(folder / peer, rows, _edits(rows), FEW, note)
        else:
            others.PEERS[peer](folder / peer, rows, _edits(rows), FEW, note)


def _measure(peer: str, rows: int) -> tuple[list[Sample], str]:
    """What a peer came to; after its last try what there is, and why it ended."""
    samples: list[Sample] = []
    said = ""
    for _ in range(TRIES):
        samples, begun = [], time.monotonic()
        try:
            _run(peer, rows, samples.append)
        except Exception as fault:  # noqa: BLE001  the other peers are measured all the same
            said = f"{type(fault).__name__}: {str(fault)[:400]}"
            print(f"{peer} could not be measured: {said}", file=sys.stderr, flush=True)
        else:
            print(f"{peer}, {rows} rows: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
            return samples, ""
    return samples, said


def _table(samples: list[Sample], rows: int) -> None:
    """The best of what was measured several times, beside the skeleton's."""
    best: dict[tuple[str, str], Sample] = {}
    for sample in samples:
        key = sample.peer, sample.case
        best[key] = min(best.get(key, sample), sample, key=lambda s: s.seconds)
    print(f"\n{rows} rows; load of the machine at the end {os.getloadavg()[0]:.1f}")
    print(
        f"{'peer':24}{'case':10}{'seconds':>10}{'client cpu':>12}{'server cpu':>12}{'MB':>9}{'x skeleton':>12}"
    )
    for (peer, case), s in best.items():
        base = best.get(("skeleton", case))
        times = f"{s.seconds / base.seconds:12.2f}" if base else ""
        print(
            f"{peer:24}{case:10}{s.seconds:10.4f}{s.cpu_client:12.3f}{s.cpu_server:12.3f}{s.megabytes:9.2f}{times}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--rows", default="100000", help="numbers of rows, separated by commas")
    parser.add_argument("--peers", default=",".join(PEERS), help=f"of {', '.join(PEERS)}")
    given = parser.parse_args()
    peers = [SHORT.get(name, name) for name in given.peers.split(",")]
    if unknown := set(peers) - set(PEERS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    document: dict[str, Any] = {"machine": platform.platform(), "cores": os.cpu_count(), "runs": []}
    for rows in map(int, given.rows.split(",")):
        samples = []
        before = os.getloadavg()[0]
        failed: dict[str, str] = {}
        for peer in peers:
            found, said = _measure(peer, rows)
            samples += found
            failed |= {peer: said} if said else {}
        run = {"rows": rows, "load_before": before, "load_after": os.getloadavg()[0], "failed": failed}
        document["runs"].append({**run, "samples": [asdict(sample) for sample in samples]})
        if not given.json:
            _table(samples, rows)
    if given.json:
        print(json.dumps(document, indent=1))
    if any(run["failed"] for run in document["runs"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
