"""The rows that every peer gets: 287 bytes of JSON, eleven fields, 250 sites; the same in every run."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIRST = (
    "Ana",
    "Bo",
    "Chen",
    "Dina",
    "Eli",
    "Farah",
    "Gus",
    "Hana",
    "Ivo",
    "Jun",
    "Kira",
    "Lars",
    "Mina",
    "Noor",
)
LAST = (
    "Adler",
    "Brandt",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ivanov",
    "Jensen",
    "Kim",
)
MODELS = ("R29C", "E12W", "X915S", "A05C", "IT83", "C313W", "S562", "R20K")
KINDS = ("device", "resident", "credential")
FIELDS = ("site_id", "kind", "name", "mac", "model", "pin", "unit", "phone", "notes", "rev")


def _id(n: int, rng: random.Random) -> str:
    """The shape of a UUID version 7, made from the row's number."""
    bits = (
        ((1_760_000_000_000 + n * 7) << 80)
        | (7 << 76)
        | (rng.getrandbits(12) << 64)
        | (2 << 62)
        | rng.getrandbits(62)
    )
    text = f"{bits:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Lines:
    """The rows in order."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self._place = {row["id"]: n for n, row in enumerate(rows)}

    def place(self, row_id: str) -> int:
        """A row's number."""
        return self._place[row_id]

    def resident_before(self, row_id: str) -> str:
        """The id of the person to whom a credential belongs: of the same site, 250 * 3 rows apart at most."""
        place = self._place[row_id]
        while self.rows[place]["kind"] != "resident":
            place = place - 250 if place >= 250 else place + 500
        return str(self.rows[place]["id"])

    def cut(self, start: int, count: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """A piece, with the numbers."""
        return ((n, self.rows[n]) for n in range(start, min(start + count, len(self.rows))))


def make_rows(count: int, seed: int = 7) -> Lines:
    """The data set."""
    rng = random.Random(seed)
    sites = [_id(n - 1000, rng) for n in range(250)]
    return Lines([_row(n, rng, sites) for n in range(count)])


def _row(n: int, rng: random.Random, sites: list[str]) -> dict[str, Any]:
    return {
        "id": _id(n, rng),
        "site_id": sites[n % 250],
        "kind": KINDS[n % 3],
        "name": f"{rng.choice(FIRST)} {rng.choice(LAST)} {n}",
        "mac": f"0C:11:05:{n >> 16 & 255:02X}:{n >> 8 & 255:02X}:{n & 255:02X}",
        "model": rng.choice(MODELS),
        "pin": f"{rng.randrange(10**8):08d}",
        "unit": f"{rng.randrange(1, 40)}{rng.choice('ABCD')}",
        "phone": f"+44{rng.randrange(10**10):010d}",
        "notes": f"fitted by crew {n % 17}, lock {n % 5}, relay {n % 3}",
        "rev": 1,
    }


def rows_file(folder: Path, count: int) -> Path:
    """The rows as lines of JSON, for peers in other languages."""
    path = folder / f"rows-{count}.ndjson"
    if not path.exists():
        lines = (json.dumps(row, separators=(",", ":")) for row in make_rows(count).rows)
        path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
