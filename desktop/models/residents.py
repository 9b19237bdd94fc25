"""The residents of a site with apartment, keys, groups, and where each stands on the doors. No code in the clear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.base.verdict import Verdict
from core.entities.access import ACCESS_GROUP, GROUP_MEMBER
from core.entities.person import CREDENTIAL, RESIDENT, AccountType, CredentialKind, PersonKind, Resident
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.badges import badged, read_badges
from desktop.models.columns import QUIET, ListColumn, col
from desktop.models.door_proofs import (
    NEEDS_A_PERSON,
    Doors,
    doors_by_person,
    doors_look,
    doors_order,
    doors_words,
    proved_of,
    worst_of,
)
from desktop.models.listing import FilterField
from desktop.models.places import Places, read_places
from desktop.models.words import day_word, translate, verdict_word
from desktop.qt.roles import Look, RowLook

TOUCHES = frozenset(
    {
        "residents", "credentials", "access_groups", "group_members", "group_doors", "proofs", "relays", "devices",
        "buildings", "apartments", "sites",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResidentLine:
    """One resident of a list."""

    resident: Resident
    unit: str
    building: str
    keys: Counter[CredentialKind]
    """How many credentials of each kind."""
    groups: tuple[str, ...]
    doors: Doors
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
        return proved_of(self.doors)

    @property
    def verdict(self) -> Verdict:
        """The worst of the doors; PROVED when there is none."""
        return worst_of(self.doors)


async def load_residents(
    ctx: Context, site_id: str, kind: PersonKind = PersonKind.RESIDENT
) -> list[ResidentLine]:
    """The residents of a site (or its staff, its delivery people), by unit and name; none without a site."""
    if not site_id:
        return []
    doors = await doors_by_person(ctx, site_id)

    def work(reader: Reader) -> list[ResidentLine]:
        return _lines(reader, site_id, doors, kind)

    return await ctx.mirror.read(work, limit_ms=20_000)


def _lines(reader: Reader, site_id: str, doors: Mapping[str, Doors], kind: PersonKind) -> list[ResidentLine]:
    places: Places = read_places(reader, site_id)
    keys: dict[str, Counter[CredentialKind]] = {}
    for credential in reader.find(CREDENTIAL, scope_id=site_id):
        keys.setdefault(credential.person_id, Counter())[credential.kind] += 1
    names = {g.id: g.name for g in reader.find(ACCESS_GROUP, scope_id=site_id)}
    groups: dict[str, list[str]] = {}
    for member in reader.find(GROUP_MEMBER, scope_id=site_id):
        groups.setdefault(member.person_id, []).append(names.get(member.group_id, ""))
    badges = read_badges(reader)
    found = []
    for resident in reader.find(RESIDENT, scope_id=site_id, kind=kind):
        home = places.apartment_by_id.get(resident.apartment_id or "")
        found.append(
            ResidentLine(
                resident,
                places.unit(resident.apartment_id),
                places.building_name(home.building_id if home else None),
                keys.get(resident.id, Counter()),
                tuple(sorted(groups.get(resident.id, []))),
                doors.get(resident.id, ()),
                badges.get(resident.id, ""),
            )
        )
    return sorted(found, key=lambda x: (x.unit, x.resident.account_type, x.name.casefold()))


def resident_columns(zone: Callable[[], str], kind: PersonKind = PersonKind.RESIDENT) -> list[ListColumn]:
    """The columns of the resident list; staff and delivery people have no unit and no account."""
    name = col("name", translate("Name"), lambda x: x.name, 150, badged(_badge), order=_by_last, stretch=True)
    rest = [
        col("keys", translate("Keys"), _keys_words, 106, _keys_look, order=_keys_order),
        col(
            "doors",
            translate("Doors"),
            lambda x: doors_words(x.doors),
            84,
            lambda x: doors_look(x.doors),
            order=lambda x: doors_order(x.doors),
        ),
        col(
            "until", translate("Expires"), lambda x: _until(x, zone()), 100, QUIET, order=_until_order, drop=3
        ),
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


def _by_last(line: ResidentLine) -> tuple[str, str]:
    return line.resident.last_name.casefold(), line.resident.first_name.casefold()


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


def _keys_order(line: ResidentLine) -> tuple[int, ...]:
    return tuple(line.keys[kind] for kind, _ in _KEY_ICONS)


def _until(line: ResidentLine, zone: str) -> str:
    return day_word(line.resident.valid_until, zone) or translate("no end")


def _until_order(line: ResidentLine) -> float:
    return line.resident.valid_until.timestamp() if line.resident.valid_until else float("inf")


def resident_row_look(line: ResidentLine) -> RowLook:
    """A stripe where a person is needed."""
    return RowLook(stripe=line.verdict.value if line.verdict in NEEDS_A_PERSON else "")


def resident_filters(
    rows: Callable[[], Sequence[ResidentLine]], kind: PersonKind = PersonKind.RESIDENT
) -> list[FilterField]:
    """What the resident list can be narrowed by."""
    types: list[tuple[object, str]] = [(t.value, translate(t.value.capitalize())) for t in AccountType]
    verdicts: list[tuple[object, str]] = [
        (v.value, verdict_word(v)) for v in Verdict if v is not Verdict.FOREIGN
    ]
    doors = FilterField("doors", translate("Doors"), lambda: verdicts, lambda x: x.verdict.value)
    if kind is not PersonKind.RESIDENT:
        return [doors]
    return [
        FilterField("building", translate("Building"), lambda: _buildings(rows()), lambda x: x.building),
        doors,
        FilterField("type", translate("Type"), lambda: types, lambda x: x.resident.account_type.value),
    ]


def _buildings(lines: Sequence[ResidentLine]) -> list[tuple[object, str]]:
    return [(name, name) for name in sorted({line.building for line in lines} - {""})]
