"""The list of a site's devices from SQL: places and verdicts beside the rows, what it is narrowed and sorted by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.base.verdict import SEVERITY, Verdict
from core.entities.device import DEVICE, Device
from core.store.direct import ask
from core.store.query import Computed
from core.store.reader import Reader
from core.usecases.standing import left_sql, severity_sql, total_sql
from desktop.models.columns import ListColumn
from desktop.models.desk import Desk
from desktop.models.devices import DeviceLine, device_row_look
from desktop.models.listing import FilterField
from desktop.models.places import UNIT_SQL
from desktop.models.standings import TOUCHES, SiteTable, verdict_sql, worded
from desktop.models.words import translate, verdict_word

_UNIT = UNIT_SQL.format(home="devices.apartment_id")
_PLACE = (
    f"CASE WHEN devices.apartment_id IS NOT NULL THEN coalesce({_UNIT}, '') "  # noqa: S608  names of ours
    "ELSE coalesce((SELECT nullif(name, '') FROM buildings WHERE id = devices.building_id), "
    "(SELECT name FROM sites WHERE id = devices.site_id), '') END"
)
_BUILDING = "coalesce((SELECT name FROM buildings WHERE id = devices.building_id), '')"


def _device_computed() -> tuple[Computed, ...]:
    rank, left, total = severity_sql(Verdict.WAITING), left_sql(), total_sql()
    said = {n: f"{v.value} {verdict_word(v)}" for n, v in enumerate(SEVERITY)}
    return (
        Computed("place", _PLACE, searched=True),
        Computed("building", _BUILDING),
        Computed("verdict", verdict_sql(Verdict.WAITING), (rank, f"-{left}")),
        Computed("said", worded(rank, said), searched=True),
        Computed("proof", total, (f"CASE WHEN {total} THEN ({total} - {left}) * 1.0 / {total} ELSE 1 END",)),
        Computed("firmware", "devices.firmware"),
        Computed("seen", "devices.seen_at", ("-coalesce(devices.seen_at, 0)",)),
    )


@dataclass(frozen=True, slots=True)
class DeviceSums:
    """What is told of all devices of a site: how many there are, how many are wholly proved, items that are left."""

    total: int = 0
    proved: int = 0
    left: int = 0


class DeviceTable(SiteTable):
    """The devices of the chosen site."""

    facts_key = "devices.row_no"
    ties: tuple[str, ...] = ("devices.name COLLATE NOCASE",)
    shows: tuple[str, ...] = (_PLACE,)

    def __init__(self, desk: Desk, columns: Sequence[ListColumn]) -> None:
        self.models: tuple[str, ...] = ()
        self.buildings: tuple[str, ...] = ()
        self.computed = _device_computed()
        super().__init__(
            desk.standings,
            desk.ctx.mirror,
            DEVICE,
            columns,
            desk.tasks,
            desk.feed,
            base={"scope_id": desk.sites.site_id},
            filters=_filters(self),
            also=TOUCHES,
            row_look=device_row_look,
        )
        desk.sites.chosen.connect(lambda: self.show_site(desk.sites.site_id))

    def line(self, number: int, row: Device, values: Sequence[str]) -> DeviceLine:
        return DeviceLine(row, self.standing.devices.get(number), values[0], self.badges.get(row.id, ""))

    async def read_beside(self) -> None:
        await super().read_beside()
        self.models, self.buildings = await self.ask(lambda r: _choices(r, self.site_id))

    def sums(self) -> DeviceSums:
        """Of all devices of the site, as far as that is known."""
        found = self.standing.devices.values()
        return DeviceSums(
            len(found),
            sum(1 for d in found if d.verdict is Verdict.PROVED),
            sum(d.wanted - d.proved for d in found),
        )


def _choices(reader: Reader, site_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Models and buildings of a site's devices, by name."""
    models = f"SELECT DISTINCT model FROM {DEVICE.name} WHERE scope_id = ? AND model <> '' ORDER BY 1"  # noqa: S608
    names = f"SELECT DISTINCT {_BUILDING} FROM {DEVICE.name} WHERE scope_id = ? ORDER BY 1"  # noqa: S608  ours
    return tuple(m for (m,) in ask(reader.connection, models, site_id)), tuple(
        b for (b,) in ask(reader.connection, names, site_id) if b
    )


def _filters(table: DeviceTable) -> list[FilterField]:
    """What the device list can be narrowed by."""
    return [
        FilterField("verdict", translate("Verdict"), _verdicts),
        FilterField("building", translate("Building"), lambda: [(b, b) for b in table.buildings]),
        FilterField("model", translate("Model"), lambda: [(m, m) for m in table.models]),
    ]


def _verdicts() -> list[tuple[object, str]]:
    return [(v.value, verdict_word(v)) for v in Verdict if v is not Verdict.FOREIGN]
