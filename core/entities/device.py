"""Devices, their relays, settings and sign-in, the MAC library, and what was seen on the LAN (devices.md)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Choice, Flag, Items, Mac, Moment, Number, Ref, Secret, Text


def is_ip_address(text: str) -> bool:
    """Whether a text is an address of version 4 or 6."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class DeviceKind(StrEnum):
    """Type codes of devices.md: 0, 1, 2, 3 and 50."""

    MULTI_DOOR = "multi_tenant_door_phone"
    SINGLE_DOOR = "single_tenant_door_phone"
    MONITOR = "indoor_monitor"
    GUARD = "guard_phone"
    ACCESS = "access_terminal"


class AccessMethod(StrEnum):
    """What may move a relay (DEV-03)."""

    APP_HOME = "app_home"
    APP_TALK = "app_talk"
    PIN = "pin"
    FACE = "face"
    CARD = "card"
    BLUETOOTH = "bluetooth"
    NFC = "nfc"
    LPR = "lpr"
    """Licence plates by camera; named by the property manager's guide only, as is the next."""
    FINGERPRINT = "fingerprint"
    QR = "qr"
    UHF = "uhf"
    ID_ACCESS = "id_access"


class ContactDisplay(StrEnum):
    """SITE-24, DEV-05: what the directory screen shows."""

    PEOPLE = "people"
    """Names; a press calls the owner's app, guard phone and monitor together."""
    DEVICES = "devices"
    """Monitors, guard phones and apps, each by its own name."""
    PEOPLE_THEN_DEVICES = "people_then_devices"
    """Names first, their devices behind, together or one by one."""


class DoorSensor(StrEnum):
    """What the door sensor said last (DEV-06)."""

    OPEN = "open"
    CLOSED = "closed"
    NONE = "none"
    """No relay of the device has an input that reports its door."""


class RelayFunction(StrEnum):
    """What an indoor monitor's relay moves (DEV-04)."""

    DOOR = "door"
    LIGHT = "light"
    OTHER = "other"


class DeviceState(StrEnum):
    """How far a device has come on its way from the plan to proof."""

    PLANNED = "planned"
    COMMISSIONED = "commissioned"


@dataclass(frozen=True, slots=True, kw_only=True)
class MacEntry(Row):
    """One MAC of an installer's library (MAC-01). Free while no device row uses its MAC."""

    mac: Annotated[str, Mac(label="MAC", indexed=True, searchable=True, example="0C:11:05:2A:7F:31")]
    model: Annotated[str, Text(label="Model", max_len=32, searchable=True)] = ""
    note: Annotated[str, Text(label="Note", max_len=255, searchable=True)] = ""
    site_id: Annotated[str | None, Ref(label="Office", to="sites", indexed=True)] = None
    """The office that it belongs to (MAC-05); None: the firm's, for any site."""


MAC_ENTRY: EntitySpec[MacEntry] = spec_of(
    MacEntry,
    name="mac_entries",
    number=6,
    label="MAC entry",
    scope=Scope.ORG,
    title=("mac",),
    natural_key=("mac",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Row):
    """An intercom in its place (DEV-01, DEV-02). `apartment_id` None is a public area; `building_id` None the site's.

    `address`, `firmware`, `hardware` and `seen_at` are what was last read from the device itself. In an office
    `department_id` names its department (None: the public area), and `owner_id` the user whose own device it is.
    Devices of one building share a network group (SITE-24). `sip_number` and `door_sensor` were read from the device.
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    mac: Annotated[str, Mac(label="MAC", indexed=True, searchable=True)]
    name: Annotated[str, Text(label="Name", max_len=63, searchable=True, example="Main entrance")]
    kind: Annotated[DeviceKind, Choice(label="Type", of=DeviceKind)] = DeviceKind.MULTI_DOOR
    building_id: Annotated[str | None, Ref(label="Building", to="buildings", indexed=True)] = None
    apartment_id: Annotated[str | None, Ref(label="Apartment", to="apartments", indexed=True)] = None
    model: Annotated[str, Text(label="Model", max_len=32, searchable=True)] = ""
    state: Annotated[DeviceState, Choice(label="State", of=DeviceState)] = DeviceState.PLANNED
    wanted_firmware: Annotated[str, Text(label="Wanted firmware", max_len=32)] = ""
    address: Annotated[str, Text(label="Address", max_len=128, searchable=True)] = ""
    firmware: Annotated[str, Text(label="Firmware", max_len=32, searchable=True)] = ""
    hardware: Annotated[str, Text(label="Hardware", max_len=32)] = ""
    seen_at: Annotated[datetime | None, Moment(label="Last seen")] = None
    may_monitor: Annotated[bool, Flag(label="Residents may monitor")] = True
    may_call: Annotated[bool, Flag(label="May be called")] = True
    area_id: Annotated[str | None, Ref(label="Public area", to="public_areas", indexed=True)] = None
    department_id: Annotated[str | None, Ref(label="Department", to="departments", indexed=True)] = None
    network_group: Annotated[int, Number(label="Network group", low=1, high=99)] = 1
    contact_display: Annotated[ContactDisplay, Choice(label="Contact display", of=ContactDisplay)] = (
        ContactDisplay.PEOPLE
    )
    owner_id: Annotated[str | None, Ref(label="Owner", to="residents", indexed=True)] = None
    stores_video: Annotated[bool, Flag(label="Stores video")] = False
    internet: Annotated[bool, Flag(label="Has internet access")] = True
    static_address: Annotated[str, Text(label="Static IP address", max_len=45)] = ""
    sip_number: Annotated[str, Text(label="SIP number", max_len=32, searchable=True)] = ""
    arming: Annotated[bool, Flag(label="Arming")] = False
    door_sensor: Annotated[DoorSensor, Choice(label="Door sensor", of=DoorSensor)] = DoorSensor.NONE


@looks_at("static_address", "internet")
def _reached_without_internet(device: Device) -> Iterator[Problem]:
    """DEV-02: without internet access calls go through the indoor monitor, which needs a fixed address."""
    if device.static_address and not is_ip_address(device.static_address):
        words = "Static IP address is no address; write it as 192.168.1.50."
        yield Problem("static_address", "devices.static_address.shape", words)
    if not device.internet and not device.static_address:
        words = "A device without internet access needs a static IP address."
        yield Problem("static_address", "devices.static_address.missing", words)


DEVICE: EntitySpec[Device] = spec_of(
    Device,
    name="devices",
    number=7,
    label="Device",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("mac",),
    rules=(_reached_without_internet,),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay(Row):
    """One relay of a device (DEV-02 to DEV-04). `number` counts from 1: A is 1.

    `sensor_input`: the device's input that is active while this door stands open (DEV-06); 0: none is wired.
    """

    device_id: Annotated[str, Ref(label="Device", to="devices", indexed=True)]
    number: Annotated[int, Number(label="Relay", low=1, high=4)]
    name: Annotated[str, Text(label="Name", max_len=63, searchable=True, example="Street door")]
    enabled: Annotated[bool, Flag(label="On")] = True
    dtmf: Annotated[str, Text(label="DTMF code", max_len=4)] = ""
    hold_s: Annotated[int, Number(label="Hold time in seconds", low=1, high=60)] = 5
    methods: Annotated[tuple[str, ...], Items(label="Access methods", max_items=16, max_len=16)] = (
        AccessMethod.PIN.value,
        AccessMethod.CARD.value,
    )
    function: Annotated[RelayFunction, Choice(label="Function", of=RelayFunction)] = RelayFunction.DOOR
    sensor_input: Annotated[int, Number(label="Input of the door sensor", low=0, high=4)] = 0


@looks_at("methods")
def _methods_known(relay: Relay) -> Iterator[Problem]:
    unknown = sorted(set(relay.methods) - {m.value for m in AccessMethod})
    if unknown:
        yield Problem(
            "methods", "relays.methods.unknown", f"Access methods has unknown words: {', '.join(unknown)}."
        )


@looks_at("dtmf")
def _dtmf_shape(relay: Relay) -> Iterator[Problem]:
    if relay.dtmf and not all(c in "0123456789*#" for c in relay.dtmf):
        yield Problem("dtmf", "relays.dtmf.shape", "DTMF code takes digits, '*' and '#'.")


RELAY: EntitySpec[Relay] = spec_of(
    Relay,
    name="relays",
    number=8,
    label="Relay",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("device_id", "number"),
    rules=(_methods_known, _dtmf_shape),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSetting(Row):
    """A wanted `Config.…` value of one device beyond what follows from its other rows (regular AutoP, DEV-08)."""

    device_id: Annotated[str, Ref(label="Device", to="devices", indexed=True)]
    key: Annotated[
        str, Text(label="Key", max_len=160, searchable=True, example="Config.DoorSetting.RTSP.Enable")
    ]
    value: Annotated[str, Text(label="Value", max_len=1024)] = ""


@looks_at("key")
def _key_shape(setting: DeviceSetting) -> Iterator[Problem]:
    if not setting.key.startswith("Config.") or any(c.isspace() or c == "=" for c in setting.key):
        yield Problem("key", "device_settings.key.shape", "Key must be a Config.… key without blanks.")


DEVICE_SETTING: EntitySpec[DeviceSetting] = spec_of(
    DeviceSetting,
    name="device_settings",
    number=9,
    label="Device setting",
    scope=Scope.SITE,
    title=("key",),
    natural_key=("device_id", "key"),
    rules=(_key_shape,),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLogin(Row):
    """User and password of a device's own API, in the installer's scope only. `mac` empty: tried on new devices."""

    user: Annotated[str, Text(label="User", max_len=64)]
    password: Annotated[str, Secret(label="Password", max_len=64)]
    mac: Annotated[str, Text(label="MAC", max_len=12, indexed=True)] = ""


DEVICE_LOGIN: EntitySpec[DeviceLogin] = spec_of(
    DeviceLogin,
    name="device_logins",
    number=10,
    label="Device sign-in",
    scope=Scope.ORG,
    title=("user",),
    natural_key=("mac", "user"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting(Row):
    """What was seen at one address of the LAN, the latest time. Local; the MAC may be unknown before sign-in."""

    url: Annotated[str, Text(label="Address", max_len=128, searchable=True, indexed=True)]
    mac: Annotated[str, Text(label="MAC", max_len=12, searchable=True, indexed=True)] = ""
    model: Annotated[str, Text(label="Model", max_len=32, searchable=True)] = ""
    firmware: Annotated[str, Text(label="Firmware", max_len=32, searchable=True)] = ""
    hardware: Annotated[str, Text(label="Hardware", max_len=32)] = ""
    access: Annotated[str, Text(label="Access", max_len=32)] = ""
    reason: Annotated[str, Text(label="Reason", max_len=400)] = ""
    methods: Annotated[tuple[str, ...], Items(label="Found by")] = ()
    seen_at: Annotated[datetime | None, Moment(label="Seen")] = None
    gone: Annotated[bool, Flag(label="Gone")] = False


SIGHTING: EntitySpec[Sighting] = spec_of(
    Sighting,
    name="sightings",
    number=60,
    label="Sighting",
    scope=Scope.LOCAL,
    title=("model", "url"),
    natural_key=("url",),
)
