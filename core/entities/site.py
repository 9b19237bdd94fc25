"""Sites and the places in them (sites.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.schema.entity import EntitySpec, Problem, Row, Scope, spec_of
from core.schema.field import Choice, Number, Ref, Text


class SiteKind(StrEnum):
    """The three kinds of sites.md."""

    HOUSE = "house"
    COMMUNITY = "community"
    OFFICE = "office"


class Plan(StrEnum):
    """Feature plan (SITE-11, SITE-20)."""

    BASIC = "basic"
    PREMIUM = "premium"


class PinMode(StrEnum):
    """How a PIN is entered at a door phone (SET-01)."""

    PIN = "pin"
    APARTMENT_PIN = "apt_pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Row):
    """A house, community or office. Its own id is its scope."""

    org_id: Annotated[str, Ref(label="Installer", to="organisations", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=128, searchable=True, example="Tamarind Court")]
    kind: Annotated[SiteKind, Choice(label="Kind", of=SiteKind)] = SiteKind.COMMUNITY
    time_zone: Annotated[str, Text(label="Time zone", max_len=64, example="Europe/Madrid")] = "UTC"
    street: Annotated[str, Text(label="Street", max_len=128, searchable=True)] = ""
    city: Annotated[str, Text(label="City", max_len=64, searchable=True)] = ""
    post_code: Annotated[str, Text(label="Post code", max_len=16)] = ""
    country: Annotated[str, Text(label="Country", max_len=64)] = ""
    plan: Annotated[Plan, Choice(label="Plan", of=Plan)] = Plan.BASIC
    pin_mode: Annotated[PinMode, Choice(label="PIN access mode", of=PinMode)] = PinMode.PIN


def _zone_known(site: Site) -> Iterator[Problem]:
    try:
        ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = "Time zone is not a name of the IANA list, such as Europe/Madrid."
        yield Problem("time_zone", "sites.time_zone.unknown", message)


def _own_scope(site: Site) -> Iterator[Problem]:
    if site.scope_id != site.id:
        yield Problem("id", "sites.scope", "A site is its own scope.")


SITE: EntitySpec[Site] = spec_of(
    Site,
    name="sites",
    number=3,
    label="Site",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("name",),
    rules=(_zone_known, _own_scope),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Building(Row):
    """A building of a community (SITE-10)."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Building", max_len=128, searchable=True, example="Building A")]


BUILDING: EntitySpec[Building] = spec_of(
    Building,
    name="buildings",
    number=4,
    label="Building",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "name"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apartment(Row):
    """An apartment of a building (SITE-10, SITE-12)."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    building_id: Annotated[str, Ref(label="Building", to="buildings", indexed=True)]
    number: Annotated[
        str, Text(label="Apartment", max_len=32, searchable=True, aliases=("Apt",), example="2#123A")
    ]
    name: Annotated[
        str, Text(label="Apartment name", max_len=128, searchable=True, aliases=("Apt Name",))
    ] = ""
    floor: Annotated[int | None, Number(label="Floor", low=-10, high=128)] = None


def _number_readable(apartment: Apartment) -> Iterator[Problem]:
    """SITE-10: a door phone in APT+PIN mode cannot read a number that starts with '#'."""
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z#]*", apartment.number):
        message = "Apartment takes letters, digits and '#', and does not start with '#' (a door phone cannot read it)."
        yield Problem("number", "apartments.number.shape", message)


APARTMENT: EntitySpec[Apartment] = spec_of(
    Apartment,
    name="apartments",
    number=5,
    label="Apartment",
    scope=Scope.SITE,
    title=("number",),
    natural_key=("building_id", "number"),
    rules=(_number_readable,),
)
