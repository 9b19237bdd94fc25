"""The main job with one command on real sockets: what it proves, what it does not claim, what a kill costs."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop.demo import story
from desktop.demo.main_job import SEED
from tests.e2e.commands import command, environment, gatewright

VERDICTS = {"proved", "accepted", "differs", "waiting", "refused", "unreachable", "ambiguous", "foreign"}
DEMO = ("demo", "--headless", "--no-shots")
WORD = re.compile(rb"[0-9A-Za-z+/=]+")
"""Ids and digests; some of thousands hold any five digits by chance."""

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """One undisturbed run: its document and its folder."""
    folder = tmp_path_factory.mktemp("demo")
    done = gatewright(folder, *DEMO)
    assert done.code == 0, done.err
    return done.document, folder


def by_fault(document: dict[str, Any], fault: str) -> list[dict[str, Any]]:
    """The devices of the story with that fault."""
    names = {d.name for d in story.DEVICES if d.fault.split(":")[0] == fault}
    return [d for d in document["devices"] if d["name"] in names]


def verdicts(document: dict[str, Any]) -> list[Any]:
    """Everything of a document that must not depend on how often it was interrupted."""
    keys = ("mac", "found", "adopted", "commissioned", "settings", "people", "firmware", "state")
    return sorted(([d[k] for k in keys] for d in document["devices"]), key=str)


def test_twelve_devices_each_with_words_of_the_closed_list(demo: tuple[dict[str, Any], Path]) -> None:
    document, _ = demo
    assert len(document["devices"]) == 12
    for device in document["devices"]:
        assert device["settings"] in VERDICTS
        assert device["firmware"]["verdict"] in VERDICTS
        assert device["state"] in VERDICTS
        people = device["people"]
        assert people["wanted"] == people["proved"] + people["refused"] + people["not_proved"] == 20


def test_sound_devices_are_proved_in_everything(demo: tuple[dict[str, Any], Path]) -> None:
    document, _ = demo
    sound = by_fault(document, "")
    assert len(sound) == 9
    for device in sound:
        assert device["state"] == "proved", device
        assert device["people"]["proved"] == 20
        assert device["firmware"]["after"] == device["firmware"]["wanted"]
    changed = [d for d in sound if d["firmware"]["before"] != d["firmware"]["after"]]
    assert len(changed) == 2


def test_the_liar_is_not_believed(demo: tuple[dict[str, Any], Path]) -> None:
    document, _ = demo
    [liar] = by_fault(document, "drop-user")
    assert liar["people"]["not_proved"] == 20 // 7
    assert liar["people"]["proved"] == 20 - 20 // 7
    assert liar["state"] == "differs"
    assert liar["reason"]


def test_the_blocked_device_is_refused_with_the_way_to_open_its_api(
    demo: tuple[dict[str, Any], Path],
) -> None:
    document, _ = demo
    [blocked] = by_fault(document, "allowlist")
    assert blocked["found"]
    assert not blocked["commissioned"]
    assert (blocked["state"], blocked["settings"]) == ("refused", "refused")
    assert "HTTP API" in blocked["reason"]


def test_the_offline_device_waits(demo: tuple[dict[str, Any], Path]) -> None:
    document, _ = demo
    [offline] = by_fault(document, "offline")
    assert not offline["found"]
    assert not offline["commissioned"]
    assert (offline["state"], offline["settings"], offline["firmware"]["verdict"]) == (
        "waiting",
        "waiting",
        "waiting",
    )
    assert offline["people"]["not_proved"] == 20


def test_cloud_and_second_workstation_see_all_of_it(demo: tuple[dict[str, Any], Path]) -> None:
    document, _ = demo
    assert document["cloud"] == {"devices": 12, "residents": 40}
    assert document["second_workstation"] == {"devices": 12, "residents": 40, "equal": True}


def cells(path: Path) -> Iterator[bytes]:
    """Every text and blob of an open SQLite file; nothing of any other file."""
    if not path.read_bytes().startswith(b"SQLite format 3"):
        return
    with contextlib.closing(sqlite3.connect(path)) as database:
        names = [n for (n,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in database.execute(f'SELECT * FROM "{name}"'):  # noqa: S608  names of its own
                yield from (
                    v.encode() if isinstance(v, str) else v for v in row if isinstance(v, str | bytes)
                )


def test_no_pin_and_no_card_in_any_file(demo: tuple[dict[str, Any], Path]) -> None:
    """Mirror, WAL, outbox, logs and the cloud's database; the devices' own state is the devices' business."""
    _, folder = demo
    people = list(story.people(SEED))
    codes = [c.encode() for p in people for c in (*p.pins, *p.cards) if len(c) > 4]
    assert len(codes) > 60
    looked, seen = 0, set[bytes]()
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).parts[0] not in {"lan", "firmware"}:
            # In the raw file a value may touch its neighbour; in its cell it may not. Only whole words count: times in
            # milliseconds, ids and what is written in base64 hold any five digits by chance.
            words = {word for part in (path.read_bytes(), *cells(path)) for word in WORD.findall(part)}
            found = [c for c in codes if c in words]
            assert not found, f"{path.name} holds {len(found)} codes"
            looked, seen = looked + 1, seen | words
    assert looked > 6
    assert b"Tamarind" in seen, "names are no secret to the cloud; the search finds what is there"


def test_a_second_run_on_the_same_folder_ends_in_the_same_verdicts(demo: tuple[dict[str, Any], Path]) -> None:
    document, folder = demo
    again = gatewright(folder, *DEMO)
    assert again.code == 0, again.err
    assert verdicts(again.document) == verdicts(document)
    assert again.document["second_workstation"]["equal"]


def kill_at(folder: Path, word: str, skip: int) -> None:
    """Start the demo and kill -9 it when, after `word`, `skip` more lines were said."""
    process = subprocess.Popen(
        command(folder, *DEMO),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stderr is not None
    left: int | None = None
    for line in process.stderr:
        if left is None and line.startswith(word):
            left = skip
        elif left is not None:
            left -= 1
        if left is not None and left <= 0:
            break
    assert left is not None, f"the demo never said {word!r}"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
@pytest.mark.parametrize(
    ("word", "skip"),
    [pytest.param("People:", 0, marks=pytest.mark.soak), ("People:", 3), ("Firmware:", 0)],
)
def test_a_kill_in_the_middle_costs_nothing(
    demo: tuple[dict[str, Any], Path], tmp_path: Path, word: str, skip: int
) -> None:
    document, _ = demo
    kill_at(tmp_path, word, skip)
    again = gatewright(tmp_path, *DEMO)
    assert again.code == 0, again.err
    assert verdicts(again.document) == verdicts(document)
    assert again.document["second_workstation"]["equal"]
    for state in (tmp_path / "lan").glob("*.json"):
        users = [u for u in json.loads(state.read_text("utf-8")).get("users", []) if isinstance(u, dict)]
        ids = [u.get("UserID") or u.get("user_id") for u in users]
        assert len(ids) == len(set(ids)), f"{state.name} holds somebody twice"
