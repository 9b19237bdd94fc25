"""Sites and the places in them (sites.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Choice, Flag, Items, Moment, Number, Ref, Secret, Text


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


class CallMode(StrEnum):
    """SITE-01: all devices in one place call by IP, else by SIP."""

    SIP = "sip"
    IP = "ip"


class CallType(StrEnum):
    """SITE-31: who rings, and who rings then. Kinds a to g, in this order; never a file's code (TPL-05)."""

    APP_AND_MONITORS = "app_and_monitors"
    PHONE_AND_MONITORS = "phone_and_monitors"
    APP_AND_MONITORS_THEN_PHONE = "app_and_monitors_then_phone"
    MONITORS_THEN_APP = "monitors_then_app"
    MONITORS_THEN_PHONE = "monitors_then_phone"
    MONITORS_THEN_APP_THEN_PHONE = "monitors_then_app_then_phone"
    MONITORS_ONLY = "monitors_only"


class TimeFormat(StrEnum):
    """SITE-20."""

    H24 = "24_hours"
    H12 = "12_hours"


class DateFormat(StrEnum):
    """SITE-20."""

    YMD = "ymd"
    MDY = "mdy"
    DMY = "dmy"


class Payer(StrEnum):
    """SITE-11: the charge mode. An office is always paid by its installer (SITE-20)."""

    INSTALLER = "installer"
    MANAGER = "manager"


class AccessReach(StrEnum):
    """ACC-12: what access control a property manager has."""

    FULL = "full"
    PUBLIC_AREA = "only_public_area"


class VideoPlan(StrEnum):
    """SITE-03."""

    OFF = "off"
    TRIAL = "free_trial_first"
    SUBSCRIBED = "subscribed"


class Motion(StrEnum):
    """SET-01."""

    OFF = "off"
    INFRARED = "infrared"
    VIDEO = "video"


LANGUAGES = (
    *("English", "Traditional Chinese", "Simplified Chinese", "Korean", "Japanese", "Turkish", "Polish"),
    *("Russian", "Spanish", "Bosnian", "Danish", "Vietnamese", "French", "Portuguese", "German", "Italian"),
    *("Ukrainian", "Hebrew", "Persian", "Azerbaijani"),
)
"""SITE-02: languages of mails, for all kinds of site."""

VIDEO_DAYS = (30, 60, 90)
"""SITE-03; 30 in the trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Row):
    """A house, community or office, with all its settings (SITE-01, SITE-11, SITE-20, SET-01, ACC-12).

    Its own id is its scope. `plan_until`: a premium plan that has passed this moment forbids what a basic one does.
    `video_devices` 0 is 'unlimited'. `key_days` 0 is 'as the resident sets it', else at most 30. The `pm_` fields are
    the installer's permissions for property managers.
    """

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
    state: Annotated[str, Text(label="State or province", max_len=64)] = ""
    room_name: Annotated[str, Text(label="Room name", max_len=64, example="Ryan's Home")] = ""
    email: Annotated[str, Text(label="E-mail", max_len=254, searchable=True)] = ""
    calling_code: Annotated[str, Text(label="Calling code", max_len=8)] = ""
    mobile: Annotated[str, Text(label="Mobile number", max_len=32, searchable=True)] = ""
    phone_1: Annotated[str, Text(label="Landline 1", max_len=32)] = ""
    phone_2: Annotated[str, Text(label="Landline 2", max_len=32)] = ""
    phone_3: Annotated[str, Text(label="Landline 3", max_len=32)] = ""
    sip_number: Annotated[str, Text(label="SIP number", max_len=32, searchable=True)] = ""
    call_mode: Annotated[CallMode, Choice(label="Calls by", of=CallMode)] = CallMode.SIP
    language: Annotated[str, Text(label="Language of mails", max_len=32)] = "English"
    time_format: Annotated[TimeFormat, Choice(label="Time format", of=TimeFormat)] = TimeFormat.H24
    date_format: Annotated[DateFormat, Choice(label="Date format", of=DateFormat)] = DateFormat.YMD
    plan_until: Annotated[datetime | None, Moment(label="Plan expires")] = None
    landline_service: Annotated[bool, Flag(label="Landline service")] = False
    charge_mode: Annotated[Payer, Choice(label="Charge mode", of=Payer)] = Payer.INSTALLER
    expiry_mail: Annotated[bool, Flag(label="Mail on expiry")] = True
    renewal_mail: Annotated[bool, Flag(label="Mail on renewal")] = True
    video_plan: Annotated[VideoPlan, Choice(label="Video storage", of=VideoPlan)] = VideoPlan.OFF
    video_days: Annotated[int, Number(label="Days of video", low=30, high=90)] = 30
    video_devices: Annotated[int, Number(label="Devices with video", low=0, high=3)] = 1
    video_sound: Annotated[bool, Flag(label="Sound during calls")] = False
    smart_home: Annotated[bool, Flag(label="Smart-home link")] = False
    with_monitor: Annotated[bool, Flag(label="With indoor monitor")] = True
    free_members: Annotated[int, Number(label="Free members", low=0, high=99)] = 3
    id_access: Annotated[bool, Flag(label="ID access")] = False
    pm_delete: Annotated[bool, Flag(label="Manager deletes accounts")] = True
    pm_logs: Annotated[bool, Flag(label="Manager sees logs")] = True
    pm_captures: Annotated[bool, Flag(label="Manager sees captures")] = True
    pm_access: Annotated[AccessReach, Choice(label="Manager's access control", of=AccessReach)] = (
        AccessReach.FULL
    )
    pm_two_factor: Annotated[bool, Flag(label="Manager signs in with two factors")] = False
    pm_video: Annotated[bool, Flag(label="Manager sets video storage")] = False
    key_days: Annotated[int, Number(label="Days of a resident's key", low=0, high=30)] = 0
    disconnect_mail: Annotated[bool, Flag(label="Mail on disconnect")] = False
    sim_message: Annotated[bool, Flag(label="Message on SIM data")] = False
    motion: Annotated[Motion, Choice(label="Motion detection", of=Motion)] = Motion.OFF
    motion_delay_s: Annotated[int, Number(label="Delay of the alert in seconds", low=0, high=300)] = 0
    package_detection: Annotated[bool, Flag(label="Package detection")] = False
    dormakaba: Annotated[bool, Flag(label="Codes to Dormakaba locks")] = False
    itec: Annotated[bool, Flag(label="Codes to iTec locks")] = False
    emergency_auto: Annotated[bool, Flag(label="Emergency doors open by themselves")] = False
    emergency_all: Annotated[bool, Flag(label="All doors are emergency doors")] = True
    emergency_notice: Annotated[bool, Flag(label="Notice to users at unlock")] = False
    office_pin_qr: Annotated[bool, Flag(label="PIN and QR access")] = True
    package_notices: Annotated[bool, Flag(label="Package notices")] = True
    proof_key: Annotated[str, Secret(label="Salt of fingerprints", max_len=64)] = ""


@looks_at("language", "video_days", "video_plan", "kind", "charge_mode")
def _settings_known(site: Site) -> Iterator[Problem]:
    """SITE-02, SITE-03, SITE-20."""
    if site.language and site.language not in LANGUAGES:
        yield Problem("language", "sites.language.unknown", "Language of mails is none of the twenty.")
    if site.video_days not in VIDEO_DAYS:
        yield Problem("video_days", "sites.video_days", "Days of video are 30, 60 or 90.")
    elif site.video_plan is VideoPlan.TRIAL and site.video_days != VIDEO_DAYS[0]:
        yield Problem("video_days", "sites.video_days.trial", "The free trial keeps videos for 30 days.")
    if site.kind is SiteKind.OFFICE and site.charge_mode is not Payer.INSTALLER:
        yield Problem("charge_mode", "sites.charge_mode.office", "An office is paid by its installer.")


@looks_at("time_zone")
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
    rules=(_zone_known, _own_scope, _settings_known),
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


class ContactMode(StrEnum):
    """SITE-12: who is called when the apartment is called."""

    GROUP = "group_call"
    """All monitors and app accounts at once."""
    SEQUENCE = "sequence_call"
    """Devices, members and landlines in the order of `call_order`."""


APARTMENT_CALL_TYPES = tuple(CallType)[:6]
"""SITE-31: apartments have six kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apartment(Row):
    """An apartment of a building (SITE-10, SITE-12).

    Outside `valid_from` to `valid_until` (a lease; both empty: none) app and access are off; the second moment is
    outside. The `may_` switches are for residents and hold on a premium plan only. `member_limit` None: no limit on
    the members that a master may add. `qr_renewed_at`: registration QR codes of before are void (SITE-13).
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    building_id: Annotated[str, Ref(label="Building", to="buildings", indexed=True)]
    number: Annotated[
        str,
        Text(
            label="Apartment", max_len=32, searchable=True, indexed=True, aliases=("Apt",), example="2#123A"
        ),
    ]
    name: Annotated[
        str, Text(label="Apartment name", max_len=128, searchable=True, aliases=("Apt Name",))
    ] = ""
    floor: Annotated[int | None, Number(label="Floor", low=-10, high=128)] = None
    contact: Annotated[ContactMode, Choice(label="Contact preference", of=ContactMode)] = ContactMode.GROUP
    call_order: Annotated[tuple[str, ...], Items(label="Order of calls", max_items=32, max_len=64)] = ()
    call_type: Annotated[CallType, Choice(label="Call type", of=CallType)] = CallType.APP_AND_MONITORS
    call_mode: Annotated[CallMode, Choice(label="Calls by", of=CallMode)] = CallMode.SIP
    valid_from: Annotated[datetime | None, Moment(label="Lease from")] = None
    valid_until: Annotated[datetime | None, Moment(label="Lease until")] = None
    delete_members: Annotated[bool, Flag(label="Delete family accounts on expiry")] = False
    may_qr: Annotated[bool, Flag(label="User makes QR codes")] = True
    may_face: Annotated[bool, Flag(label="User registers a face")] = True
    may_id: Annotated[bool, Flag(label="User makes ID access")] = True
    may_card: Annotated[bool, Flag(label="User makes RF cards")] = True
    may_pin: Annotated[bool, Flag(label="User makes PINs")] = True
    member_limit: Annotated[int | None, Number(label="Limit on members", low=0, high=99)] = None
    qr_registered: Annotated[bool, Flag(label="Registered by QR")] = False
    qr_renewed_at: Annotated[datetime | None, Moment(label="QR code renewed")] = None


APARTMENT_SWITCHES = ("may_qr", "may_face", "may_id", "may_card", "may_pin")
"""SITE-12: permission switches of a premium plan, on by default."""


@looks_at("valid_from", "valid_until", "delete_members", "call_type")
def _apartment_settings(apartment: Apartment) -> Iterator[Problem]:
    """SITE-12, SITE-31."""
    start, end = apartment.valid_from, apartment.valid_until
    if start and end and end <= start:
        yield Problem(
            "valid_until", "apartments.lease.reversed", "Lease until must be later than Lease from."
        )
    if apartment.delete_members and end is None:
        message = "Family accounts can only be deleted on expiry of a lease. Set its end first."
        yield Problem("delete_members", "apartments.delete_members", message)
    if apartment.call_type not in APARTMENT_CALL_TYPES:
        yield Problem(
            "call_type", "apartments.call_type", "An apartment's calls also ring an app or a phone."
        )


@looks_at("number")
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
    rules=(_number_readable, _apartment_settings),
)
