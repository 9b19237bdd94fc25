"""Residents and their credentials (access.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.schema.entity import EntitySpec, Problem, Row, Scope, spec_of
from core.schema.field import Choice, Items, Moment, Ref, Secret, Text


class AccountType(StrEnum):
    """RES-01: 0 family master, 1 member."""

    MASTER = "master"
    MEMBER = "member"


class PersonState(StrEnum):
    """RES-01: active state."""

    NORMAL = "normal"
    INACTIVE = "inactive"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident(Row):
    """Somebody who lives in an apartment (RES-01)."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    apartment_id: Annotated[str, Ref(label="Apartment", to="apartments", indexed=True)]
    first_name: Annotated[str, Text(label="First name", max_len=64, searchable=True)]
    last_name: Annotated[str, Text(label="Last name", max_len=64, searchable=True, indexed=True)]
    account_type: Annotated[AccountType, Choice(label="Account type", of=AccountType)] = AccountType.MASTER
    email: Annotated[str, Text(label="E-mail", max_len=254, searchable=True, aliases=("Email",))] = ""
    mobile: Annotated[str, Text(label="Mobile number", max_len=32, aliases=("MobileNumber",))] = ""
    remark: Annotated[str, Text(label="Remark", max_len=255)] = ""
    state: Annotated[PersonState, Choice(label="State", of=PersonState)] = PersonState.NORMAL
    valid_until: Annotated[datetime | None, Moment(label="Expires")] = None
    floors: Annotated[tuple[str, ...], Items(label="Accessible floors", max_items=10, max_len=4)] = ()


def _floors_known(resident: Resident) -> Iterator[Problem]:
    """RES-04: -10 to 128, G0, G1, G2, all."""
    for floor in resident.floors:
        fits = floor in {"G0", "G1", "G2", "all"} or (
            re.fullmatch(r"-?\d{1,3}", floor) and -10 <= int(floor) <= 128
        )
        if not fits:
            message = "Accessible floors takes -10 to 128, G0, G1, G2 and all."
            yield Problem("floors", "residents.floors.unknown", message)


RESIDENT: EntitySpec[Resident] = spec_of(
    Resident,
    name="residents",
    number=11,
    label="Resident",
    scope=Scope.SITE,
    title=("first_name", "last_name"),
    natural_key=("apartment_id", "first_name", "last_name"),
    rules=(_floors_known,),
)


class CredentialKind(StrEnum):
    """What a person shows to a door (CRED-01, CRED-02)."""

    PIN = "pin"
    CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential(Row):
    """One PIN or one card of one person. The code is a secret."""

    person_id: Annotated[str, Ref(label="Person", to="residents", indexed=True)]
    kind: Annotated[CredentialKind, Choice(label="Kind", of=CredentialKind)]
    code: Annotated[str, Secret(label="Code", max_len=20, indexed=True)]


def _code_fits(credential: Credential) -> Iterator[Problem]:
    """CRED-01 and CRED-02."""
    code = credential.code
    if credential.kind is CredentialKind.PIN:
        if not re.fullmatch(r"[0-9]{2,8}", code):
            yield Problem("code", "credentials.pin.shape", "A PIN has 2 to 8 digits.")
        elif code.startswith("9"):
            message = "A PIN cannot start with 9: those belong to visitors' temporary keys. Use 0 to 8 first."
            yield Problem("code", "credentials.pin.reserved", message)
    if credential.kind is CredentialKind.CARD and not re.fullmatch(r"[0-9A-F]{1,16}", code):
        yield Problem("code", "credentials.card.shape", "A card has 1 to 16 characters of 0-9 and A-F.")


CREDENTIAL: EntitySpec[Credential] = spec_of(
    Credential,
    name="credentials",
    number=12,
    label="Credential",
    scope=Scope.SITE,
    title=("kind",),
    natural_key=("person_id", "kind", "code"),
    rules=(_code_fits,),
)
