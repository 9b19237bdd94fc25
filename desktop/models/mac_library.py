"""The MAC library: any number of addresses, each free or bound to a place; and what an intake came to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook
from sqlalchemy import select

from core.base.errors import DataError, UserError
from core.base.tasks import TaskOwner
from core.entities.device import DEVICE, MAC_ENTRY, MacEntry
from core.entities.organisation import ORGANISATION
from core.entities.site import APARTMENT, BUILDING, SITE
from core.schema.field import BadValueError
from core.store.changes import ChangeSet
from core.store.direct import ask
from core.store.query import Among, ListQuery, count
from core.store.reader import Reader
from core.store.tables import table_of
from core.usecases.context import Context
from core.usecases.maclib import MacLine, add_macs
from desktop.models.columns import MONO, QUIET, ListColumn, columns_of
from desktop.models.entity_table import EntityTable
from desktop.models.listing import FilterField
from desktop.models.places import Places, read_places
from desktop.models.words import number_word, translate
from desktop.qt.bridge import Crossing
from desktop.qt.roles import Look

AT_ONCE = 500
MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a MAC is in use."""

    device_id: str
    site_id: str
    words: str


class MacTable(EntityTable):
    """The library from SQL. Where addresses are in use is read along and kept, since devices are few beside addresses;
    that and the sums are read again only when rows that they hang on have changed, and the sums last.
    """

    def __init__(self, ctx: Context, tasks: TaskOwner, feed: Crossing, *, supply: bool = False) -> None:
        self.firms: dict[str, str] = {}
        """Names of the installers whose libraries are here: a distributor holds them all."""
        self.org_id = ctx.actor.org_id if ctx.actor else ""
        self.bound: dict[str, Bound] = {}
        self.models: tuple[str, ...] = ()
        self.handed = self.bound_here = 0
        """How many addresses lie with installers, and how many are bound to a place."""
        self._places_stale = self._sums_stale = True
        states: list[tuple[object, str]] = [("free", translate("free")), ("bound", translate("bound"))]
        filters = [
            FilterField("state", translate("State"), lambda: states),
            FilterField("model", translate("Model"), lambda: [(m, m) for m in self.models]),
        ]
        if supply:
            filters.insert(0, FilterField("scope_id", translate("Installer"), self._firm_choices))
        super().__init__(
            ctx.mirror,
            MAC_ENTRY,
            _supply_columns(self) if supply else _columns(self),
            tasks,
            feed,
            base={} if supply else {"scope_id": self.org_id},
            filters=filters,
            also=_NAMING,
        )

    def _firm_choices(self) -> list[tuple[object, str]]:
        named = sorted(self.firms.items(), key=lambda pair: pair[1].casefold())
        return [(self.org_id, translate("warehouse")), *named]

    def query(self) -> ListQuery:
        asked = super().query()
        state = asked.equals.get("state")
        if state is None:
            return asked
        equals = {k: v for k, v in asked.equals.items() if k != "state"}
        return replace(asked, equals=equals, among=(Among("mac", DEVICE, "mac", state == "free"),))

    def order_hangs_on(self, changes: Sequence[ChangeSet]) -> bool:
        return "state" in self._filters and any(c.touches(DEVICE.name) for c in changes)

    def _take_changes(self, changes: Sequence[ChangeSet]) -> bool:
        self._places_stale = self._places_stale or any(c.touches(*_NAMING) for c in changes)
        self._sums_stale = self._sums_stale or any(c.touches(*_COUNTED) for c in changes)
        return super()._take_changes(changes)

    async def read_beside(self) -> None:
        if self._places_stale:
            self._places_stale = False
            try:
                self.bound, self.firms = await self.ask(lambda r: (_read_bound(r), self._read_firms(r)))
            except BaseException:
                self._places_stale = True
                raise
            self.repaint()

    async def _fetch(self) -> None:
        await super()._fetch()
        if self._sums_stale:
            self._sums_stale = False
            try:
                self.bound_here, self.handed, self.models = await self.ask(self._read_sums)
            except BaseException:
                self._sums_stale = True
                raise
            self.counted.emit(self.shown, self.total)

    def _read_firms(self, reader: Reader) -> dict[str, str]:
        return {o.id: o.name for o in reader.find(ORGANISATION) if o.id != self.org_id}

    def _read_sums(self, reader: Reader) -> tuple[int, int, tuple[str, ...]]:
        base = dict(self._base)
        used = ListQuery(MAC_ENTRY, base, among=(Among("mac", DEVICE, "mac"),))
        handed = 0
        if self.firms:
            own = ListQuery(MAC_ENTRY, {**base, "scope_id": self.org_id})
            handed = count(reader, ListQuery(MAC_ENTRY, base)) - count(reader, own)
        return count(reader, used), handed, tuple(sorted(_models(reader)))


_NAMING = (DEVICE.name, SITE.name, BUILDING.name, APARTMENT.name, ORGANISATION.name)
"""What the place and the owner of an address are named by."""
_COUNTED = (DEVICE.name, MAC_ENTRY.name, ORGANISATION.name)

_BOUND = f"""
SELECT d.mac, d.id, d.site_id, s.name, d.name, d.building_id, d.apartment_id
FROM {DEVICE.name} d JOIN {SITE.name} s ON s.id = d.site_id
"""  # noqa: S608  tables of ours


def _read_bound(reader: Reader) -> dict[str, Bound]:
    """Where every device's MAC is in use; places are read of sites with devices only."""
    places: dict[str, Places] = {}
    found: dict[str, Bound] = {}
    for mac, device, site, site_name, name, building, home in ask(reader.connection, _BOUND):
        if building or home:
            if site not in places:
                places[site] = read_places(reader, site)
            where = places[site].place(building, home)
        else:
            where = ""
        parts = (site_name, where if where != site_name else "", name)
        found[mac] = Bound(device, site, " · ".join(p for p in parts if p))
    return found


def _models(reader: Reader) -> list[str]:
    column = table_of(MAC_ENTRY).c.model
    return [row[0] for row in reader.connection.execute(select(column).distinct()) if row[0]]


def _columns(table: MacTable) -> list[ListColumn]:
    def place(entry: MacEntry) -> str:
        bound = table.bound.get(entry.mac)
        return bound.words if bound else ""

    def state(entry: MacEntry) -> str:
        return translate("bound") if entry.mac in table.bound else translate("free")

    def state_look(entry: MacEntry) -> Look:
        if entry.mac in table.bound:
            return Look(icon="plug", tone="proved.text")
        return Look(icon="circle", tone="t2")

    overrides = {
        "mac": ListColumn("mac", translate("MAC"), _mac_words, 160, look=MONO, sort="mac", value=_mac_words),
        "place": ListColumn("place", translate("Place"), place, 330, stretch=True, look=QUIET),
        "state": ListColumn("state", translate("State"), state, 90, look=state_look),
        "note": ListColumn("note", translate("Note"), lambda e: e.note, 160, look=QUIET, sort="note", drop=1),
    }
    return columns_of(MAC_ENTRY, ("mac", "model", "state", "place", "note"), overrides=overrides)


def _supply_columns(table: MacTable) -> list[ListColumn]:
    """As a distributor sees its library: whose each address is, and how far it has come."""

    def owner(entry: MacEntry) -> str:
        return table.firms.get(entry.scope_id, "") or translate("warehouse")

    def owner_look(entry: MacEntry) -> Look:
        return Look() if entry.scope_id in table.firms else Look(tone="t3")

    def state(entry: MacEntry) -> str:
        if entry.mac in table.bound:
            return translate("bound")
        return translate("handed out") if entry.scope_id in table.firms else translate("free")

    def state_look(entry: MacEntry) -> Look:
        if entry.mac in table.bound:
            return Look(icon="plug", tone="proved.text")
        if entry.scope_id in table.firms:
            return Look(icon="arrow-up-right", tone="acct")
        return Look(icon="circle", tone="t2")

    by_key = {c.key: c for c in _columns(table)}
    installer = ListColumn("scope_id", translate("Installer"), owner, 180, look=owner_look, sort="scope_id")
    standing = ListColumn("state", translate("State"), state, 110, look=state_look)
    return [by_key["mac"], by_key["model"], installer, by_key["place"], standing, by_key["note"]]


def _mac_words(entry: Any) -> str:
    return MAC_ENTRY.by_name["mac"].kind.show(entry.mac)


def split_macs(text: str) -> list[str]:
    """MACs of a pasted text: one per line, or with commas, semicolons or tabs between; the first column of a table
    that looks like one. Empty lines are left out.
    """
    found = []
    for line in text.splitlines():
        cells = [c.strip().strip('"') for c in re.split(r"[\t,;]", line)]
        good = [c for c in cells if is_mac(c)]
        if good:
            found += good
        elif any(cells):
            found.append(next(c for c in cells if c))
    return found


def is_mac(text: str) -> bool:
    """Whether a text is a MAC in any notation."""
    try:
        MAC_ENTRY.by_name["mac"].kind.parse(text)
    except BadValueError:
        return False
    return True


async def read_mac_file(path: Path) -> list[str]:
    """MACs of a text, CSV or Excel file. UserError when it holds none, DataError when it cannot be read."""
    lines = await asyncio.to_thread(_read_file, path)
    if not any(is_mac(line) for line in lines):
        words = translate("{0} holds no MAC address.").format(path.name)
        raise UserError("macs.none", words, remedy=translate("One address per line, or a column of them."))
    head = lines and not is_mac(lines[0])
    return lines[1:] if head else lines


def _read_file(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(
                "macs.too_big", translate("{0} is too big for a list of addresses.").format(path.name)
            )
        if path.suffix.lower() in {".xlsx", ".xlsm", ".xls", ".ods"}:
            return _read_sheet(path)
        return split_macs(path.read_text("utf-8-sig", errors="replace"))
    except OSError as fault:
        words = translate("{0} cannot be read: {1}.").format(path.name, fault.strerror)
        raise DataError("macs.unreadable", words) from fault


def _read_sheet(path: Path) -> list[str]:
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        table = sheet.to_python()
    except CalamineError as fault:
        words = translate("{0} is no readable sheet.").format(path.name)
        raise DataError("macs.unreadable", words) from fault
    return split_macs("\n".join("\t".join(str(cell) for cell in row) for row in table))


@dataclass(frozen=True, slots=True)
class Intake:
    """What an intake came to."""

    lines: tuple[MacLine, ...]

    def count(self, outcome: str) -> int:
        """How many lines came out so: added, there, refused."""
        return sum(1 for x in self.lines if x.outcome == outcome)

    def words(self) -> str:
        """`84 added, 2 there already, 1 refused`."""
        parts = {
            translate("{0} added"): self.count("added"),
            translate("{0} there already"): self.count("there"),
            translate("{0} refused"): self.count("refused"),
        }
        return ", ".join(words.format(number_word(n)) for words, n in parts.items() if n) or translate(
            "nothing"
        )


async def take_in(
    ctx: Context,
    texts: Sequence[str],
    *,
    model: str = "",
    told: Callable[[int, int], object] = lambda _d, _t: None,
) -> Intake:
    """Add MACs in pieces, so that a long list can be stopped between them; `told(done, total)` after each."""
    lines: list[MacLine] = []
    for start in range(0, len(texts), AT_ONCE):
        told(start, len(texts))
        lines += await add_macs(ctx, texts[start : start + AT_ONCE], model=model)
    return Intake(tuple(lines))
