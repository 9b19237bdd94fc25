"""The proof matrix: people down, doors across, one verdict a cell, from the proofs there are (picture 03)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from PySide6.QtCore import QAbstractTableModel, Qt

from core.base.verdict import Verdict
from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER
from core.entities.device import RELAY, Device
from core.entities.person import RESIDENT, PersonKind
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.matrix import Cell, Matrix, matrix
from desktop.models.places import read_places
from desktop.models.words import time_word, translate, verdict_word
from desktop.qt.roles import Index, Role

TOUCHES = frozenset(
    {
        "residents", "credentials", "access_groups", "group_members", "group_doors", "proofs", "relays", "devices",
        "apartments", "buildings", "sites",
    }
)  # fmt: skip
GAPS = frozenset({Verdict.DIFFERS, Verdict.REFUSED, Verdict.AMBIGUOUS, Verdict.WAITING, Verdict.ACCEPTED})
NOBODY = "nobody:"
_ORDER = {PersonKind.RESIDENT: 0, PersonKind.OFFICE_USER: 1, PersonKind.STAFF: 2, PersonKind.DELIVERY: 3}


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One person, or a code that is nobody's (`key` begins with `nobody:`)."""

    key: str
    lead: str
    name: str
    words: str

    @property
    def nobody(self) -> bool:
        """Whether it is found on doors and belongs to nobody here."""
        return self.key.startswith(NOBODY)


@dataclass(frozen=True, slots=True)
class MatrixData:
    """Rows, doors, and the cells that are not empty, by (row key, device id)."""

    rows: tuple[MatrixRow, ...] = ()
    devices: tuple[Device, ...] = ()
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict)
    relays: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(person, device) -> a relay that the person's groups open there."""
    away: frozenset[str] = frozenset()
    """Devices of which every item is unreachable or waits."""

    def count(self, device_id: str) -> tuple[int, int]:
        """How many of a door's people are proved, and how many there are."""
        mine = [
            c.verdict for (row, d), c in self.cells.items() if d == device_id and not row.startswith(NOBODY)
        ]
        return sum(1 for v in mine if v is Verdict.PROVED), len(mine)

    def totals(self) -> Counter[Verdict]:
        """How many cells have each verdict."""
        return Counter(c.verdict for c in self.cells.values())

    def gaps(self) -> list[tuple[str, str, Cell]]:
        """(row, device, cell) of everything that a push would mend or that needs somebody."""
        return [
            (r, d, c)
            for (r, d), c in self.cells.items()
            if c.verdict in GAPS or c.verdict is Verdict.UNREACHABLE
        ]


async def load_matrix(ctx: Context, site_id: str) -> MatrixData:
    """The matrix of a site; nothing without one. One column a device: its relays stand alike, by its one entry."""
    if not site_id:
        return MatrixData()
    found = await matrix(ctx, site_id)
    return await ctx.mirror.read(lambda reader: _data(reader, site_id, found), limit_ms=20_000)


def _data(reader: Reader, site_id: str, found: Matrix) -> MatrixData:
    devices = {door.relay.id: door.device for door in found.doors}
    cells = {(line.person.id, devices[r].id): cell for line in found.lines for r, cell in line.cells.items()}
    word = translate("Nobody")
    strays = {}
    for stray in found.strays:
        key = f"{NOBODY}{stray.title}"
        cells[key, stray.device_id] = stray.cell
        strays[key] = MatrixRow(key, word, stray.title, f"{stray.title} {word}".casefold())
    used = {device for _, device in cells}
    rows = tuple(strays[key] for key in sorted(strays)) + _people(reader, site_id, found)
    columns = tuple({d.id: d for d in devices.values() if d.id in used}.values())
    return MatrixData(rows, columns, cells, _relays(reader, site_id), found.away)


def _people(reader: Reader, site_id: str, found: Matrix) -> tuple[MatrixRow, ...]:
    places = read_places(reader, site_id)
    rows = []
    for person in (line.person for line in found.lines):
        unit = places.unit(person.apartment_id)
        home = places.apartment_by_id.get(person.apartment_id or "")
        lead = home.number if home and person.kind is PersonKind.RESIDENT else kind_lead(person.kind)
        name = RESIDENT.name_of(person).removesuffix(" ·")
        order = (_ORDER.get(person.kind, 4), unit, name.casefold())
        rows.append((order, MatrixRow(person.id, lead, name, f"{name} {unit} {lead}".casefold())))
    return tuple(row for _, row in sorted(rows, key=lambda pair: pair[0]))


def _relays(reader: Reader, site_id: str) -> dict[tuple[str, str], str]:
    devices = {r.id: r.device_id for r in reader.find(RELAY, scope_id=site_id)}
    doors: dict[str, list[str]] = {}
    for door in reader.find(GROUP_DOOR, scope_id=site_id):
        if door.relay_id in devices:
            doors.setdefault(door.group_id, []).append(door.relay_id)
    found: dict[tuple[str, str], str] = {}
    pairs = [(m.group_id, m.person_id) for m in reader.find(GROUP_MEMBER, scope_id=site_id)]
    pairs += [(g.id, g.owner_id) for g in reader.find(ACCESS_GROUP, scope_id=site_id) if g.owner_id]
    for group_id, person_id in pairs:
        for relay in doors.get(group_id, ()):
            found.setdefault((person_id, devices[relay]), relay)
    return found


def kind_lead(kind: PersonKind) -> str:
    """What stands before the name of somebody without a unit."""
    words = {
        PersonKind.STAFF: translate("Staff"),
        PersonKind.DELIVERY: translate("Deliv."),
        PersonKind.VISITOR: translate("Guest"),
        PersonKind.OFFICE_USER: translate("Office"),
    }
    return words.get(kind, "")


class MatrixModel(QAbstractTableModel):
    """The matrix as a model: narrowed by words over people and doors, or to rows with gaps."""

    def __init__(self) -> None:
        super().__init__()
        self.data_of = MatrixData()
        self._text, self._only_gaps, self._zone = "", False, ""
        self._now: datetime | None = None
        self.rows: tuple[MatrixRow, ...] = ()
        self.columns: tuple[Device, ...] = ()

    def show(self, data: MatrixData, now: datetime, zone: str) -> None:
        """Show other data."""
        self.data_of, self._now, self._zone = data, now, zone
        self._arrange()

    def narrow(self, text: str, *, only_gaps: bool) -> None:
        """Show people (or, where none matches, doors) that match, or only rows with gaps."""
        self._text, self._only_gaps = text.casefold().strip(), only_gaps
        self._arrange()

    @property
    def narrowed(self) -> bool:
        """Whether not everything is shown."""
        return bool(self._text or self._only_gaps)

    def _arrange(self) -> None:
        self.beginResetModel()
        data = self.data_of
        rows, columns = list(data.rows), list(data.devices)
        if self._text:
            words = self._text.split()
            found = [r for r in rows if all(w in r.words for w in words)]
            doors = [d for d in columns if all(w in d.name.casefold() for w in words)]
            if found or not doors:
                rows = found
            else:
                columns = doors
        if self._only_gaps:
            open_rows = {r for r, _, _ in data.gaps()}
            rows = [r for r in rows if r.key in open_rows or r.nobody]
        self.rows, self.columns = tuple(rows), tuple(columns)
        self.endResetModel()

    def cell(self, row: int, column: int) -> Cell | None:
        """The cell at a place; None where nothing is meant."""
        if not (0 <= row < len(self.rows) and 0 <= column < len(self.columns)):
            return None
        return self.data_of.cells.get((self.rows[row].key, self.columns[column].id))

    # -- Qt

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        cell = self.cell(index.row(), index.column())
        if cell is None:
            return None
        if role == Role.VERDICT:
            return cell.verdict.value
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return verdict_word(cell.verdict)
        if role == Role.REASON:
            where = f"{self.rows[index.row()].name}, {self.columns[index.column()].name}: "
            at = time_word(cell.at, self._now, self._zone) if self._now else ""
            parts = [
                where + verdict_word(cell.verdict),
                cell.said,
                translate("read {0}").format(at) if at else "",
            ]
            return "\n".join(part for part in parts if part)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal:
            return self._column_head(section, role)
        if not 0 <= section < len(self.rows):
            return None
        row = self.rows[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Role.HEAD_NOTE:
            before = self.rows[section - 1].lead if section else ""
            return "" if row.lead == before and not row.nobody and row.lead[:1].isdigit() else row.lead
        return "foreign" if role == Role.HEAD_TONE and row.nobody else None

    def _column_head(self, section: int, role: int) -> object:
        if not 0 <= section < len(self.columns):
            return None
        device = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return device.name
        proved, total = self.data_of.count(device.id)
        if role == Role.HEAD_MARK:
            return "unreachable" if device.id in self.data_of.away else ""
        if role == Role.HEAD_NOTE:
            return f"{proved}/{total}"
        return "refused" if role == Role.HEAD_TONE and proved < total else None
