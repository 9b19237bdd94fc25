"""MAC files: one MAC a line, in any notation (MAC-02, TPL-06); model and note may stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from core.base.ids import new_id
from core.base.words import clean
from core.entities.device import MAC_ENTRY, MacEntry
from core.schema.field import BadValueError
from core.sheets.layout import Layout, SheetColumn
from core.sheets.makers import Makers
from core.sheets.rows import Change, Fault, Grid, RowPlan, RowVerdict
from core.store.query import PIECE, ListQuery, row_numbers, rows_by_number
from core.store.reader import Reader
from core.store.tx import Tx

LAYOUT = Layout(
    "macs",
    "MAC library",
    (
        SheetColumn(
            label="MAC",
            field="mac",
            aliases=("MAC address", "MAC Addr", "Ethernet address"),
            needed=True,
            example="0C:11:05:2A:7F:31",
            note="Twelve hexadecimal digits in any notation. Stands on the back of the device.",
        ),
        SheetColumn(label="Model", field="model", example="R29", note="May be empty. At most 32 characters."),
        SheetColumn(
            label="Note", field="note", aliases=("Remark",), note="May be empty. At most 255 characters."
        ),
    ),
    headless=True,
)

_NOBODYS = frozenset({"0" * 12, "F" * 12})
_MAC = MAC_ENTRY.by_name["mac"].kind


class MacFile:
    """The kind `macs`. `into` is the organisation whose library it is."""

    layout = LAYOUT

    def plan(self, reader: Reader, grid: Grid, into: str) -> list[RowPlan]:
        """See `Kind.plan`."""
        parsed = [_parse(text) for text in grid.column("mac")]
        wanted = {mac for mac, _ in parsed if mac}
        known = {e.mac: e for e in reader.find_in(MAC_ENTRY, "mac", wanted) if e.scope_id == into}
        columns = zip(parsed, grid.column("model"), grid.column("note"), strict=True)
        seen: dict[str, int] = {}
        plans = []
        for index, ((mac, wrong), model, note) in enumerate(columns):
            entry = MacEntry(id=new_id(), scope_id=into, mac=mac, model=model, note=note)
            faults = _faults(grid, index, entry, wrong, seen)
            plans.append(
                _refused(grid, index, faults) if faults else _judge(grid, index, entry, known.get(mac))
            )
        return plans

    def apply(self, tx: Tx, rows: Sequence[RowPlan], into: str, makers: Makers) -> Mapping[int, Fault]:
        """See `Kind.apply`."""
        del makers
        there = {
            e.mac for e in tx.find_in(MAC_ENTRY, "mac", [r.work.mac for r in rows]) if e.scope_id == into
        }
        new = [r.work for r in rows if r.verdict is RowVerdict.NEW and r.work.mac not in there]
        tx.put_many(MAC_ENTRY, new)
        for row in rows:
            if row.verdict is RowVerdict.CHANGED and row.work.mac in there:
                tx.patch(MAC_ENTRY, row.work, model=row.work.model, note=row.work.note)
        return {}

    def export(self, reader: Reader, into: str, *, show_secrets: bool) -> Iterator[Sequence[str]]:
        """See `Kind.export`."""
        del show_secrets
        numbers = row_numbers(reader, ListQuery(MAC_ENTRY, {"scope_id": into}, sort="mac"))
        for start in range(0, len(numbers), PIECE):
            for entry in rows_by_number(reader, MAC_ENTRY, numbers[start : start + PIECE]):
                yield _MAC.show(entry.mac), entry.model, entry.note


def _parse(text: str) -> tuple[str, str]:
    """The MAC and an empty text, or an empty text and what is wrong."""
    if not text:
        return "", "is missing"
    try:
        mac = str(_MAC.parse(text))
    except BadValueError as fault:
        return "", str(fault)
    return ("", "is no device's address") if mac in _NOBODYS else (mac, "")


def _faults(grid: Grid, index: int, entry: MacEntry, wrong: str, seen: dict[str, int]) -> list[Fault]:
    if wrong:
        return [grid.fault(index, "mac", "mac", f"MAC {wrong}.")]
    faults = grid.rounded(index)
    first = seen.setdefault(entry.mac, grid.numbers[index])
    if first != grid.numbers[index]:
        faults.append(grid.fault(index, "mac", "double", f"The same MAC stands in row {first}."))
    faults += [grid.fault(index, p.field, "bounds", p.message) for p in MAC_ENTRY.problems(entry)]
    return faults


def _refused(grid: Grid, index: int, faults: list[Fault]) -> RowPlan:
    cells, place = grid.rows[index], grid.places["mac"]
    shown = cells[place] if place < len(cells) else ""
    return RowPlan(grid.numbers[index], cells, RowVerdict.REFUSED, clean(shown, limit=40), tuple(faults))


def _judge(grid: Grid, index: int, entry: MacEntry, old: MacEntry | None) -> RowPlan:
    number, cells, title = grid.numbers[index], grid.rows[index], _MAC.show(entry.mac)
    if old is None:
        return RowPlan(number, cells, RowVerdict.NEW, title, work=entry)
    # A blank cell leaves the old value.
    target = replace(old, model=entry.model or old.model, note=entry.note or old.note)
    changes = tuple(
        Change(grid.layout.by_field[name].label, getattr(old, name), getattr(target, name))
        for name in ("model", "note")
        if getattr(old, name) != getattr(target, name)
    )
    verdict = RowVerdict.CHANGED if changes else RowVerdict.UNCHANGED
    return RowPlan(number, cells, verdict, title, changes=changes, work=target)
