"""Where every device and person of a site stands, kept small: for lists of any length and what they are sorted by.

A verdict is what is wanted now beside the receipts there are, and what is wanted is compiled (core.rules.compile): no
SQL can tell it. So a site is compiled once, device after device, and of each only a few numbers are kept: a site of
33,000 devices and 20,000 people takes some megabytes, where its statuses as objects took hundreds. The numbers go into
a list's question as its `Facts`, so that it is sorted and filtered by verdict in SQL like by any field.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from core.base.clock import from_ms, to_ms
from core.base.errors import CancelledByPerson
from core.base.verdict import SEVERITY, Verdict, worst
from core.entities.device import DEVICE, Device
from core.entities.person import RESIDENT
from core.entities.proof import PROOF, Proof
from core.rules.compile import SiteRows, compile_device
from core.rules.status import DeviceStatus, status_of
from core.store.direct import ask
from core.store.mirror import Stop
from core.store.query import NO_FACTS, Facts
from core.store.reader import Reader
from core.usecases.context import Context, Permission
from core.usecases.desired import site_rows
from core.usecases.matrix import Cell, cells_of

BITS = 24
"""Of each of the two counts in a fact."""
_DOOR = struct.Struct("<IBIq")
"""One device of a person: number of the device, severity, number of the sentence, milliseconds of the proof or -1."""


def severity_sql(without: Verdict) -> str:
    """Expression for the severity of a row's fact: 0 is refused, the last is proved; `without` a fact this one's."""
    return f"coalesce(facts.n >> {2 * BITS}, {SEVERITY.index(without)})"


def left_sql() -> str:
    """Expression for how many items, or devices of a person, are not proved."""
    return f"coalesce((facts.n >> {BITS}) & {(1 << BITS) - 1}, 0)"


def total_sql() -> str:
    """Expression for how many there are."""
    return f"coalesce(facts.n & {(1 << BITS) - 1}, 0)"


@dataclass(frozen=True, slots=True)
class DeviceStanding:
    """Where a device stands: its verdict, on how many items that rests, how many are proved of those wanted."""

    verdict: Verdict = Verdict.PROVED
    worst: int = 0
    proved: int = 0
    wanted: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DoorProof:
    """Where one person stands on one device."""

    device_id: str
    device: str
    verdict: Verdict
    said: str
    at: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class SiteStanding:
    """Where everything of a site stood at one moment. Keys are the mirror's row numbers."""

    site_id: str
    devices: Mapping[int, DeviceStanding] = field(default_factory=dict)
    people: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    """By person the devices that should hold them, or do; see `doors_of`. Empty for who may not see people."""
    names: tuple[tuple[str, str], ...] = ()
    """Id and name of each device, by its number."""
    said: tuple[str, ...] = field(default=(), repr=False)
    device_facts: Facts = NO_FACTS
    person_facts: Facts = NO_FACTS

    def doors_of(self, row_no: int) -> tuple[DoorProof, ...] | None:
        """Where a person stands on each device, by the devices' names; None for one who came since."""
        packed = self.people.get(row_no)
        if packed is None:
            return None
        found = []
        for number, rank, sentence, ms in _DOOR.iter_unpack(packed):
            at = from_ms(ms) if ms >= 0 else None
            device_id, name = self.names[number]
            found.append(DoorProof(device_id, name, SEVERITY[rank], self.said[sentence], at))
        return tuple(found)

    def devices_of(self, row_nos: Iterable[int], *, lacking: bool = False) -> dict[str, str]:
        """Id and name of the devices that hold any of these people, or with `lacking` that are not proved to."""
        numbers = {
            number
            for row_no in row_nos
            for number, rank, _, _ in _DOOR.iter_unpack(self.people.get(row_no, b""))
            if not lacking or SEVERITY[rank] is not Verdict.PROVED
        }
        return dict(self.names[number] for number in sorted(numbers))


async def site_standing(ctx: Context, site_id: str, *, stop: Stop | None = None) -> SiteStanding:
    """Where every device of a site stands, and every person for who may see people.

    CancelledByPerson soon after `stop` was set. UserError when a site that shares a door is not here.
    """
    now, stop = ctx.clock.now(), stop or Stop()
    people = ctx.may(Permission.SEE_PEOPLE)

    def work(reader: Reader) -> SiteStanding:
        return _standing(reader, site_id, now, stop, people=people)

    return await ctx.mirror.read(work, limit_ms=60_000, stop=stop)


def _standing(reader: Reader, site_id: str, now: datetime, stop: Stop, *, people: bool) -> SiteStanding:
    rows = site_rows(reader, site_id)
    proofs: dict[str, list[Proof]] = defaultdict(list)
    for proof in reader.find(PROOF, scope_id=site_id):
        proofs[proof.device_id].append(proof)
    made = _Made()
    for device in sorted(rows.devices, key=lambda d: d.name.lower()):
        if stop.asked:
            raise CancelledByPerson("A question")
        made.take(rows, device, proofs.pop(device.id, []), now, people=people)
    everybody = _numbers(reader, RESIDENT.name, site_id) if people else {}
    return made.standing(site_id, _numbers(reader, DEVICE.name, site_id), everybody)


def _numbers(reader: Reader, table: str, site_id: str) -> dict[str, int]:
    sql = f'SELECT id, row_no FROM "{table}" WHERE scope_id = ?'  # noqa: S608  a table of ours
    return dict(ask(reader.connection, sql, site_id))


class _Made:
    """Collects the numbers, device after device; what was compiled of one is gone before the next."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        self.devices: dict[str, DeviceStanding] = {}
        self.people: dict[str, bytearray] = defaultdict(bytearray)
        self._alike: dict[DeviceStanding, DeviceStanding] = {}
        self._said: dict[str, int] = {}

    def take(
        self, rows: SiteRows, device: Device, proofs: list[Proof], now: datetime, *, people: bool
    ) -> None:
        """Compile one device and keep where it stands."""
        desired = compile_device(rows, device, now)
        status = status_of(desired, proofs)
        found = _device_standing(status)
        self.devices[device.id] = self._alike.setdefault(found, found)
        number = len(self.names)
        self.names.append((device.id, device.name))
        if people:
            for person_id, cells in cells_of(rows.relays_of.get(device.id, []), desired, status).items():
                # The doors of a device stand alike: what is proved is the entry on the device.
                cell = next(iter(cells.values()), None)
                if cell is not None:
                    self.people[person_id] += self._packed(number, cell)

    def _packed(self, number: int, cell: Cell) -> bytes:
        sentence = self._said.setdefault(cell.said, len(self._said))
        at = -1 if cell.at is None else to_ms(cell.at)
        return _DOOR.pack(number, _rank(cell.verdict), sentence, at)

    def standing(self, site_id: str, devices: dict[str, int], people: dict[str, int]) -> SiteStanding:
        """The whole, by row number. People of another site that shares a door are that site's."""
        by_device = {devices[i]: one for i, one in self.devices.items() if i in devices}
        by_person = {number: bytes(self.people.get(i, b"")) for i, number in people.items()}
        return SiteStanding(
            site_id,
            by_device,
            by_person,
            tuple(self.names),
            tuple(self._said),
            _facts({n: _fact(d.verdict, d.wanted - d.proved, d.wanted) for n, d in by_device.items()}),
            _facts({n: _person_fact(packed) for n, packed in by_person.items() if packed}),
        )


def _device_standing(status: DeviceStatus) -> DeviceStanding:
    verdict = status.verdict()
    return DeviceStanding(
        verdict,
        sum(1 for i in status.items if i.verdict is verdict),
        sum(1 for i in status.items if i.verdict is Verdict.PROVED),
        len(status.items),
        status.reason(),
    )


def _person_fact(packed: bytes) -> int:
    ranks = [rank for _, rank, _, _ in _DOOR.iter_unpack(packed)]
    verdicts = [SEVERITY[rank] for rank in ranks]
    return _fact(worst(verdicts), sum(1 for v in verdicts if v is not Verdict.PROVED), len(ranks))


def _fact(verdict: Verdict, left: int, total: int) -> int:
    return _rank(verdict) << 2 * BITS | left << BITS | total


def _rank(verdict: Verdict) -> int:
    """FOREIGN is a finding about something else; as the verdict of a whole it would only mean: not done yet."""
    return SEVERITY.index(verdict if verdict in SEVERITY else Verdict.WAITING)


def _facts(numbers: dict[int, int]) -> Facts:
    return Facts(msgspec.json.encode(numbers).decode())
