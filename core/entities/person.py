"""People: everybody who may carry a credential or be in a group (access.md; decision 0020).

One noun with a kind, so that credentials, memberships, floors and what a device holds are told once for residents,
office users, staff, delivery people and visitors. The entity keeps the name `residents` on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.site import CallMode, CallType
from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Choice, Flag, Items, Moment, Ref, Text

__all__ = [
    "CREDENTIAL",
    "FLOORS_OF_KIND",
    "FLOOR_GRANT",
    "PERSON",
    "RESIDENT",
    "AccountType",
    "Credential",
    "CredentialKind",
    "FloorGrant",
    "Identity",
    "Person",
    "PersonKind",
    "PersonState",
    "Resident",
    "floor_known",
]


class PersonKind(StrEnum):
    """Which of the people of access.md and sites.md somebody is."""

    RESIDENT = "resident"
    """RES-01; in a house the account's owner and the family (SITE-01, SITE-05)."""
    OFFICE_USER = "office_user"
    """SITE-22."""
    STAFF = "staff"
    """VIS-03."""
    DELIVERY = "delivery"
    """VIS-02."""
    VISITOR = "visitor"
    """VIS-01 and VIS-04: holds a temporary key or an ID access."""


class AccountType(StrEnum):
    """RES-01: 0 family master, 1 member."""

    MASTER = "master"
    MEMBER = "member"


class PersonState(StrEnum):
    """RES-01: active state."""

    NORMAL = "normal"
    INACTIVE = "inactive"
    EXPIRED = "expired"


class Identity(StrEnum):
    """SITE-22: what an office user may add."""

    BASIC = "basic"
    ADVANCED = "advanced"


FLOORS_OF_KIND = {PersonKind.OFFICE_USER: 10, PersonKind.DELIVERY: 10}
"""How many floors one person has at most (SITE-22, VIS-02); without an entry there is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident(Row):
    """Somebody at a site (RES-01, SITE-22, VIS-01 to VIS-03). `kind` says who; `Person` is the same class.

    `apartment_id`: the home of a resident, or what a visitor comes for. `number`: the ID of an office user (unique at
    the site), or a visitor's ID number. `linked`: the account has linked sites, which locks e-mail, mobile number and
    calling code (ACC-20). `valid_from` and `valid_until` bound everything that the person may do (the second moment
    is outside). `placed_by_manager`: the office's manager moved this user into a department (SITE-26).
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    apartment_id: Annotated[str | None, Ref(label="Apartment", to="apartments", indexed=True)] = None
    first_name: Annotated[str, Text(label="First name", max_len=64, searchable=True)]
    last_name: Annotated[str, Text(label="Last name", max_len=64, searchable=True, indexed=True)]
    account_type: Annotated[AccountType, Choice(label="Account type", of=AccountType)] = AccountType.MASTER
    email: Annotated[str, Text(label="E-mail", max_len=254, searchable=True, aliases=("Email",))] = ""
    mobile: Annotated[str, Text(label="Mobile number", max_len=32, aliases=("MobileNumber",))] = ""
    remark: Annotated[str, Text(label="Remark", max_len=255)] = ""
    state: Annotated[PersonState, Choice(label="State", of=PersonState)] = PersonState.NORMAL
    valid_until: Annotated[datetime | None, Moment(label="Expires")] = None
    floors: Annotated[tuple[str, ...], Items(label="Accessible floors", max_items=150, max_len=4)] = ()
    kind: Annotated[PersonKind, Choice(label="Kind", of=PersonKind)] = PersonKind.RESIDENT
    department_id: Annotated[str | None, Ref(label="Department", to="departments", indexed=True)] = None
    building_id: Annotated[str | None, Ref(label="Building", to="buildings", indexed=True)] = None
    calling_code: Annotated[str, Text(label="Calling code", max_len=8)] = ""
    country: Annotated[str, Text(label="Country", max_len=64)] = ""
    phone_1: Annotated[str, Text(label="Landline 1", max_len=32, aliases=("1stPhone",))] = ""
    phone_2: Annotated[str, Text(label="Landline 2", max_len=32, aliases=("2ndPhone",))] = ""
    phone_3: Annotated[str, Text(label="Landline 3", max_len=32, aliases=("3rdPhone",))] = ""
    uid: Annotated[str, Text(label="UID", max_len=16, searchable=True, indexed=True)] = ""
    app_registered: Annotated[bool, Flag(label="App registered")] = False
    valid_from: Annotated[datetime | None, Moment(label="Valid from")] = None
    identity: Annotated[Identity, Choice(label="Identity", of=Identity)] = Identity.BASIC
    number: Annotated[str, Text(label="ID", max_len=64, searchable=True, indexed=True)] = ""
    app_enabled: Annotated[bool, Flag(label="App on")] = True
    call_mode: Annotated[CallMode, Choice(label="Calls by", of=CallMode)] = CallMode.SIP
    call_type: Annotated[CallType, Choice(label="Call type", of=CallType)] = CallType.APP_AND_MONITORS
    language: Annotated[str, Text(label="Language", max_len=32)] = ""
    linked: Annotated[bool, Flag(label="Has linked sites")] = False
    sign_in_renewed_at: Annotated[datetime | None, Moment(label="Sign-in renewed")] = None
    placed_by_manager: Annotated[bool, Flag(label="Placed by manager")] = False


@lru_cache(maxsize=512)
def floor_known(floor: str) -> bool:
    """RES-04: -10 to 128, G0, G1, G2, all."""
    if floor in {"G0", "G1", "G2", "all"}:
        return True
    digits = floor.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 3 and -10 <= int(floor) <= 128


@looks_at("floors", "kind")
def _floors_known(person: Resident) -> Iterator[Problem]:
    if not person.floors:
        return
    if not all(floor_known(floor) for floor in person.floors):
        message = "Accessible floors takes -10 to 128, G0, G1, G2 and all."
        yield Problem("floors", "residents.floors.unknown", message)
    limit = FLOORS_OF_KIND.get(person.kind)
    if limit is not None and len(person.floors) > limit:
        yield Problem("floors", "residents.floors.many", f"Accessible floors takes up to {limit} here.")


@looks_at("valid_from", "valid_until")
def _times_in_order(person: Resident) -> Iterator[Problem]:
    if person.valid_from and person.valid_until and person.valid_until <= person.valid_from:
        yield Problem("valid_until", "residents.valid.reversed", "Expires must be later than Valid from.")


@looks_at("kind", "call_type", "app_enabled")
def _office_call_type(person: Resident) -> Iterator[Problem]:
    """SITE-22, SITE-31: kind g is the only one with the app off, and only then."""
    if person.kind is not PersonKind.OFFICE_USER:
        return
    if (person.call_type is CallType.MONITORS_ONLY) == person.app_enabled:
        message = "Only 'monitors only' goes with the app off, and it goes with nothing else."
        yield Problem("call_type", "residents.call_type.app", message)


RESIDENT: EntitySpec[Resident] = spec_of(
    Resident,
    name="residents",
    number=11,
    label="Resident",
    scope=Scope.SITE,
    title=("first_name", "last_name"),
    natural_key=("apartment_id", "first_name", "last_name"),
    rules=(_floors_known, _times_in_order, _office_call_type),
)

Person = Resident
PERSON = RESIDENT
"""The noun under the name that fits every kind; the other name is kept for those who mean residents only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorGrant(Row):
    """Floors of one building that a person reaches by lift (RES-04: accessible floors per building)."""

    person_id: Annotated[str, Ref(label="Person", to="residents", indexed=True)]
    building_id: Annotated[str, Ref(label="Building", to="buildings", indexed=True)]
    floors: Annotated[tuple[str, ...], Items(label="Floors", max_items=150, max_len=4)] = ()


@looks_at("floors")
def _grant_floors(grant: FloorGrant) -> Iterator[Problem]:
    if not all(floor_known(floor) for floor in grant.floors):
        yield Problem("floors", "floor_grants.floors.unknown", "Floors takes -10 to 128, G0, G1, G2 and all.")


FLOOR_GRANT: EntitySpec[FloorGrant] = spec_of(
    FloorGrant,
    name="floor_grants",
    number=21,
    label="Floors of a person",
    scope=Scope.SITE,
    title=("floors",),
    natural_key=("person_id", "building_id"),
    rules=(_grant_floors,),
)
