"""The residents of a site with apartment, keys, groups, and where each stands on the doors. No code in the clear."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.base.verdict import Verdict
from core.entities.person import RESIDENT, AccountType, CredentialKind, PersonKind, Resident
from core.entities.site import BUILDING
from core.store.direct import ask
from core.store.query import Computed, Facts, ListQuery, count, row_numbers
from core.store.reader import Reader
from core.usecases.standing import SiteStanding, left_sql, total_sql
from desktop.models.badges import badged
from desktop.models.columns import QUIET, ListColumn, col
from desktop.models.desk import Desk
from desktop.models.door_proofs import NEEDS_A_PERSON, Doors, doors_look, doors_words, proved_of, worst_of
from desktop.models.listing import FilterField
from desktop.models.places import UNIT_SQL
from desktop.models.standings import TOUCHES, SiteTable, verdict_sql, worded
from desktop.models.words import day_word, translate, verdict_word
from desktop.qt.roles import Look, RowLook


@dataclass(frozen=True, slots=True)
class ResidentLine:
    """One resident of a list."""

    resident: Resident
    unit: str
    keys: Counter[CredentialKind]
    """How many credentials of each kind."""
    groups: tuple[str, ...]
    doors: Doors | None
    """None while it is being found out."""
    badge: str = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return RESIDENT.name_of(self.resident)

    @property
    def pins(self) -> int:
        """How many PINs."""
        return self.keys[CredentialKind.PIN]

    @property
    def cards(self) -> int:
        """How many cards."""
        return self.keys[CredentialKind.CARD]

    @property
    def proved(self) -> int:
        """On how many devices the entry was read back equal."""
        return proved_of(self.doors or ())

    @property
    def verdict(self) -> Verdict:
        """The worst of the doors; PROVED when there is none, WAITING while that is being found out."""
        return Verdict.WAITING if self.doors is None else worst_of(self.doors)


def resident_columns(zone: Callable[[], str], kind: PersonKind = PersonKind.RESIDENT) -> list[ListColumn]:
    """The columns of the resident list; staff and delivery people have no unit and no account."""
    name = col("name", translate("Name"), lambda x: x.name, 150, badged(_badge), stretch=True)
    rest = [
        col("keys", translate("Keys"), _keys_words, 106, _keys_look),
        col("doors", translate("Doors"), lambda x: doors_words(x.doors), 84, lambda x: doors_look(x.doors)),
        col("until", translate("Expires"), lambda x: _until(x, zone()), 100, QUIET, drop=3),
        col("groups", translate("Access groups"), lambda x: ", ".join(x.groups), 190, QUIET, drop=1),
    ]
    if kind is not PersonKind.RESIDENT:
        remark = col("remark", translate("Remark"), lambda x: x.resident.remark, 150, QUIET, drop=4)
        return [name, *rest, remark]
    return [
        col("unit", translate("Unit"), lambda x: x.unit, 140),
        name,
        col("type", translate("Type"), _type_word, 72, QUIET, drop=2),
        *rest,
    ]


def _badge(line: ResidentLine) -> str:
    return line.badge


def _type_word(line: ResidentLine) -> str:
    return translate("Master") if line.resident.account_type is AccountType.MASTER else translate("Member")


_KEY_ICONS = (
    (CredentialKind.PIN, "keyboard"),
    (CredentialKind.CARD, "credit-card"),
    (CredentialKind.FACE, "scan-face"),
    (CredentialKind.PLATE, "car"),
)


def _keys_words(line: ResidentLine) -> str:
    words = {
        CredentialKind.PIN: translate("PIN"),
        CredentialKind.CARD: translate("card"),
        CredentialKind.FACE: translate("face"),
        CredentialKind.PLATE: translate("plate"),
    }
    parts = []
    for kind, _ in _KEY_ICONS:
        if count := line.keys[kind]:
            parts.append(f"{count} {words[kind]}" if count > 1 else words[kind])
    return ", ".join(parts)


def _keys_look(line: ResidentLine) -> Look:
    reason = _keys_words(line) or translate("Nothing to open a door with")
    return Look(icons=tuple((icon, bool(line.keys[kind])) for kind, icon in _KEY_ICONS), reason=reason)


def _until(line: ResidentLine, zone: str) -> str:
    return day_word(line.resident.valid_until, zone) or translate("no end")


def resident_row_look(line: ResidentLine) -> RowLook:
    """A stripe where a person is needed."""
    return RowLook(stripe=line.verdict.value if line.doors and line.verdict in NEEDS_A_PERSON else "")


def _computed() -> tuple[Computed, ...]:
    left, total = left_sql(), total_sql()
    types = {t.value: translate(t.value.capitalize()) for t in (AccountType.MASTER, AccountType.MEMBER)}
    return (
        Computed("unit", f"coalesce({_UNIT}, '')", searched=True),
        Computed("building", _BUILDING, searched=True),
        Computed("name", "residents.last_name", ("residents.last_name COLLATE NOCASE", _FIRST)),
        Computed("mobile", "residents.mobile", searched=True),
        Computed("type", "residents.account_type"),
        Computed("type_words", worded("residents.account_type", types), searched=True),
        Computed("keys", _count_of(CredentialKind.PIN), tuple(_count_of(kind) for kind, _ in _KEY_ICONS)),
        Computed("doors", verdict_sql(Verdict.PROVED), (left, total)),
        Computed("gaps", f"{left} > 0"),
        Computed("until", "residents.valid_until", ("coalesce(residents.valid_until, 9e18)",)),
        Computed("groups", _GROUP_WORDS, searched=True),
    )


_UNIT = UNIT_SQL.format(home="residents.apartment_id")
_FIRST = "residents.first_name COLLATE NOCASE"
_BUILDING = (
    "coalesce((SELECT b.name FROM apartments a JOIN buildings b ON b.id = a.building_id "
    "WHERE a.id = residents.apartment_id), '')"
)
_GROUPS = (
    "FROM group_members m JOIN access_groups g ON g.id = m.group_id "
    "WHERE m.person_id = residents.id ORDER BY g.name"
)
_GROUP_WORDS = f"coalesce((SELECT group_concat(name, ', ') FROM (SELECT g.name {_GROUPS})), '')"  # noqa: S608
_GROUP_NAMES = f"(SELECT json_group_array(name) FROM (SELECT g.name {_GROUPS}))"  # noqa: S608  names of ours
_KEYS = (
    "(SELECT json_group_object(kind, times) FROM "
    "(SELECT kind, count(*) AS times FROM credentials WHERE person_id = residents.id GROUP BY kind))"
)


def _count_of(kind: CredentialKind) -> str:
    return f"(SELECT count(*) FROM credentials WHERE person_id = residents.id AND kind = '{kind.value}')"  # noqa: S608


class ResidentTable(SiteTable):
    """The residents of the chosen site, or its staff, or its delivery people."""

    facts_key = "residents.row_no"
    ties: tuple[str, ...] = (
        f"coalesce({_UNIT}, '')",
        "residents.account_type",
        _FIRST,
        "residents.last_name COLLATE NOCASE",
    )
    shows: tuple[str, ...] = (f"coalesce({_UNIT}, '')", _KEYS, _GROUP_NAMES)

    def __init__(self, desk: Desk, kind: PersonKind) -> None:
        self.buildings: tuple[str, ...] = ()
        self.left = 0
        """How many of these people are not proved on every device that should hold them."""
        self.computed = _computed()
        self._kind = kind
        super().__init__(
            desk.standings,
            desk.ctx.mirror,
            RESIDENT,
            resident_columns(lambda: desk.sites.zone, kind),
            desk.tasks,
            desk.feed,
            base={"scope_id": desk.sites.site_id, "kind": kind},
            filters=_filters(self, kind),
            also=TOUCHES,
            row_look=resident_row_look,
        )
        desk.sites.chosen.connect(lambda: self.show_site(desk.sites.site_id))

    def facts_of(self, standing: SiteStanding) -> Facts:
        return standing.person_facts

    def line(self, number: int, row: Resident, values: Sequence[str]) -> ResidentLine:
        unit, keys, groups = values
        counts = Counter({CredentialKind(kind): times for kind, times in json.loads(keys).items()})
        doors = self.standing.doors_of(number)
        badge = self.badges.get(row.id, "")
        return ResidentLine(row, unit, counts, tuple(json.loads(groups)), doors, badge)

    async def read_beside(self) -> None:
        await super().read_beside()
        gaps = self._gaps()
        self.buildings, self.left = await self.ask(lambda r: (_buildings(r, self.site_id), count(r, gaps)))

    def _gaps(self) -> ListQuery:
        """The people who are not proved on every device that should hold them, whatever the list is narrowed to."""
        return ListQuery(
            RESIDENT,
            {**self._base, "gaps": 1},
            computed=self.computed,
            facts=self.standing.person_facts,
            facts_key=self.facts_key,
        )

    async def lacking(self) -> list[str]:
        """Ids of the devices on which any of these people is not proved, as it is now."""
        standing = await asyncio.shield(self.standings.fetch(self.site_id))
        gaps = replace(self._gaps(), facts=standing.person_facts)
        numbers = await self.ask(lambda r: row_numbers(r, gaps))
        return list(standing.devices_of(numbers, lacking=True))


def _filters(table: ResidentTable, kind: PersonKind) -> list[FilterField]:
    """What the list can be narrowed by."""
    types: list[tuple[object, str]] = [(t.value, translate(t.value.capitalize())) for t in AccountType]
    verdicts: list[tuple[object, str]] = [
        (v.value, verdict_word(v)) for v in Verdict if v is not Verdict.FOREIGN
    ]
    doors = FilterField("doors", translate("Doors"), lambda: verdicts)
    if kind is not PersonKind.RESIDENT:
        return [doors]
    return [
        FilterField("building", translate("Building"), lambda: [(b, b) for b in table.buildings]),
        doors,
        FilterField("type", translate("Type"), lambda: types),
    ]


def _buildings(reader: Reader, site_id: str) -> tuple[str, ...]:
    names = f"SELECT DISTINCT name FROM {BUILDING.name} WHERE site_id = ? AND name <> '' ORDER BY 1"  # noqa: S608
    return tuple(name for (name,) in ask(reader.connection, names, site_id))
