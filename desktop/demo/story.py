"""What the demo is about: a site with two buildings, 40 residents, and 12 intercoms of which some misbehave."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

SITE_NAME = "Tamarind Court"
TIME_ZONE = "Europe/Madrid"
BUILDINGS = ("Building A", "Building B")
FLOORS = 5
FLATS_PER_FLOOR = 2
PEOPLE_PER_FLAT = 2
USER = "demo.installer"
PASSWORD = "Tamarind-2026"  # noqa: S105  the demo's own account, made new in an empty cloud on this machine
DISTRIBUTOR = "Demo Distribution"
INSTALLER = "Demo Installations"
NEW_FIRMWARE = {"R29": "29.30.10.507"}
"""What the demo's library holds: newer than what its two R29 run."""


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """One simulated intercom and the place it is meant for. `fault` is a switch of the simulator."""

    profile: str
    name: str
    building: str
    relays: tuple[str, ...]
    fault: str = ""


DEVICES: tuple[DemoDevice, ...] = (
    DemoDevice("X916S", "A main entrance", "Building A", ("Street door", "Inner door")),
    DemoDevice("X912", "A courtyard gate", "Building A", ("Courtyard gate",)),
    DemoDevice("X915S", "B main entrance", "Building B", ("Street door", "Inner door")),
    DemoDevice("A08S", "A bicycle room", "Building A", ("Bicycle room",)),
    DemoDevice("E18", "B garage ramp", "Building B", ("Ramp",)),
    DemoDevice("S532", "B north entrance", "Building B", ("North door",)),
    DemoDevice("R29", "A garden door", "Building A", ("Garden door",)),
    DemoDevice("R29", "B garden door", "Building B", ("Garden door",)),
    DemoDevice("R20K", "A delivery door", "Building A", ("Delivery door",), "drop-user:7"),
    DemoDevice("E12W", "B gym", "Building B", ("Gym",), "allowlist"),
    DemoDevice("R20A", "B laundry", "Building B", ("Laundry",)),
    DemoDevice("X912", "A roof terrace", "Building A", ("Roof terrace",), "offline"),
)

_FIRST = (
    "Mirela", "Teodor", "Livia", "Owen", "Signe", "Ana", "Matteo", "Ilse", "Yusuf", "Clara",
    "Nikos", "Ines", "Pavel", "Leonie", "Tomás", "Aoife", "Jens", "Marta", "Elif", "Hugo",
)  # fmt: skip
_LAST = (
    "Castan", "Wick", "Marro", "Farrow", "Halvard", "Ribeiro", "Conti", "Brandvik", "Demir", "Lindqvist",
    "Papadakis", "Vidal", "Novák", "Baumann", "Ortega", "Byrne", "Sørensen", "Kowalska", "Aydin", "Lefèvre",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One resident of the demo; codes are made up anew for every profile."""

    building: str
    flat: str
    first: str
    last: str
    pins: tuple[str, ...]
    cards: tuple[str, ...]


def flats() -> Iterator[tuple[str, str, int]]:
    """(building, apartment number, floor), in order."""
    for building in BUILDINGS:
        for floor in range(1, FLOORS + 1):
            for flat in range(1, FLATS_PER_FLOOR + 1):
                yield building, f"{building[-1]}{floor:02d}{flat:02d}", floor


def people(seed: int) -> Iterator[DemoPerson]:
    """Forty residents; every one with a PIN, two of three with a card. The same seed gives the same people."""
    source = random.Random(seed)  # noqa: S311  made-up people, no secret of anybody
    pins = [f"{n:05d}" for n in source.sample(range(10_000, 89_999), len(list(flats())) * PEOPLE_PER_FLAT)]
    for number, (building, flat, _floor) in enumerate(flats()):
        for person in range(PEOPLE_PER_FLAT):
            index = number * PEOPLE_PER_FLAT + person
            last = _LAST[number % len(_LAST)]
            first = _FIRST[(index * 7 + person) % len(_FIRST)]
            cards = (f"{source.getrandbits(32) | 0x10000000:08X}",) if index % 3 else ()
            yield DemoPerson(building, flat, first, last, (pins[index],), cards)
