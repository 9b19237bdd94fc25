"""The apartments of a site: who lives there, with what they open doors, which switches are on (SITE-12, SITE-14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE
from core.entities.person import RESIDENT, AccountType, PersonKind, Resident
from core.entities.site import Apartment
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import NUMBER, QUIET, QUIET_NUMBER, STRONG, ListColumn, col
from desktop.models.listing import FilterField
from desktop.models.places import read_places
from desktop.models.words import choice_word, day_word, number_word, translate
from desktop.qt.roles import Look, RowLook

TOUCHES = frozenset({"apartments", "buildings", "residents", "credentials", "devices", "sites"})
ICONS = {
    CredentialKind.PIN: "keyboard",
    CredentialKind.CARD: "credit-card",
    CredentialKind.FACE: "scan-face",
    CredentialKind.PLATE: "car",
}


@dataclass(frozen=True, slots=True)
class HomeLine:
    """One apartment."""

    home: Apartment
    building: str
    people: tuple[Resident, ...]
    kinds: frozenset[CredentialKind]
    devices: int

    @property
    def name(self) -> str:
        """`Building A · 0101`."""
        return f"{self.building} · {self.home.number}"

    @property
    def master(self) -> str:
        """The family master's name; empty when nobody lives there."""
        return next((RESIDENT.name_of(p) for p in self.people if p.account_type is AccountType.MASTER), "")


async def load_apartments(ctx: Context, site_id: str) -> list[HomeLine]:
    """The apartments of a site by building and number; none without a site."""
    if not site_id:
        return []
    return await ctx.mirror.read(lambda reader: _lines(reader, site_id), limit_ms=20_000)


def _lines(reader: Reader, site_id: str) -> list[HomeLine]:
    places = read_places(reader, site_id)
    people: dict[str, list[Resident]] = {}
    for person in reader.find(RESIDENT, scope_id=site_id, kind=PersonKind.RESIDENT):
        people.setdefault(person.apartment_id or "", []).append(person)
    kinds: dict[str, set[CredentialKind]] = {}
    for code in reader.find(CREDENTIAL, scope_id=site_id):
        kinds.setdefault(code.person_id, set()).add(code.kind)
    devices: dict[str, int] = {}
    for device in reader.find(DEVICE, scope_id=site_id):
        devices[device.apartment_id or ""] = devices.get(device.apartment_id or "", 0) + 1
    found = []
    for home in places.apartments:
        family = sorted(people.get(home.id, []), key=lambda p: (p.account_type, p.last_name.casefold()))
        held = frozenset(k for p in family for k in kinds.get(p.id, ()))
        found.append(
            HomeLine(
                home, places.building_name(home.building_id), tuple(family), held, devices.get(home.id, 0)
            )
        )
    return found


def home_columns(zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the list of apartments."""

    def lease(line: HomeLine) -> str:
        return day_word(line.home.valid_until, zone())

    return [
        col("building", translate("Building"), lambda x: x.building, 130, QUIET),
        col("number", translate("Apartment"), lambda x: x.home.number, 96, STRONG),
        col("floor", translate("Floor"), _floor, 60, QUIET_NUMBER, order=lambda x: x.home.floor or 0, drop=4),
        col("name", translate("Name"), lambda x: x.home.name, 110, QUIET, drop=3),
        col("master", translate("Family master"), _master, 180, _master_look, stretch=True),
        col(
            "people",
            translate("People"),
            lambda x: number_word(len(x.people)),
            66,
            NUMBER,
            order=lambda x: len(x.people),
        ),
        col("keys", translate("Keys"), _keys, 106, _keys_look, order=lambda x: len(x.kinds)),
        col("devices", translate("Devices"), _devices, 70, QUIET_NUMBER, order=lambda x: x.devices, drop=1),
        col("call", translate("Calls"), lambda x: choice_word(x.home.contact.value), 120, QUIET, drop=5),
        col("lease", translate("Lease ends"), lease, 100, QUIET, drop=2),
    ]


def _floor(line: HomeLine) -> str:
    return "" if line.home.floor is None else str(line.home.floor)


def _master(line: HomeLine) -> str:
    return line.master or translate("nobody lives here")


def _master_look(line: HomeLine) -> Look:
    return Look() if line.people else Look(tone="t3")


def _devices(line: HomeLine) -> str:
    return number_word(line.devices) if line.devices else ""


def _keys(line: HomeLine) -> str:
    return ", ".join(choice_word(k.value) for k in ICONS if k in line.kinds)


def _keys_look(line: HomeLine) -> Look:
    return Look(icons=tuple((icon, kind in line.kinds) for kind, icon in ICONS.items()), reason=_keys(line))


def home_row_look(line: HomeLine) -> RowLook:
    """An empty apartment is faded."""
    return RowLook(faded=not line.people)


def home_filters(rows: Callable[[], Sequence[HomeLine]]) -> list[FilterField]:
    """SITE-15: by building, floor, and whether somebody lives there."""
    lived: list[tuple[object, str]] = [(True, translate("lived in")), (False, translate("empty"))]
    return [
        FilterField(
            "building", translate("Building"), lambda: _choices(rows(), "building"), lambda x: x.building
        ),
        FilterField("floor", translate("Floor"), lambda: _floors(rows()), _floor),
        FilterField("lived", translate("Show"), lambda: lived, lambda x: bool(x.people)),
    ]


def _choices(lines: Sequence[HomeLine], name: str) -> list[tuple[object, str]]:
    return [(value, value) for value in sorted({str(getattr(x, name)) for x in lines} - {""})]


def _floors(lines: Sequence[HomeLine]) -> list[tuple[object, str]]:
    floors = sorted({x.home.floor for x in lines if x.home.floor is not None})
    return [(str(floor), str(floor)) for floor in floors]
