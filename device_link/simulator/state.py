"""Everything a simulated device remembers over a restart, as plain records. No behaviour lives here."""

from __future__ import annotations

import msgspec

ALWAYS_ID, NEVER_ID = "1", "2"


class User(msgspec.Struct, gc=False, omit_defaults=True):
    """One person on the device (device API 3.8). `pin` and `card` may hold several, joined by `;`."""

    id: str
    user_id: str
    name: str
    pin: str = ""
    card: str = ""
    schedule: str = ""
    security: str = ""
    web_relay: str = "0"
    floor: str = "0"
    type: str = "0"
    auth_mode: str = "0"
    group: str = "Default"
    phone: str = ""
    dial_account: str = "0"
    priority: str = "0"
    face_file: str = ""
    face: bool = False
    ble_code: str = ""
    source: str = "Local"
    extra: dict[str, str] | None = None


class Schedule(msgspec.Struct, gc=False, omit_defaults=True):
    """One schedule (device API 3.9): `type` 0 normal, 1 weekly, 2 daily; `week` digits, 0 is Sunday; empty is open."""

    id: str
    display_id: str
    name: str
    type: int = 2
    daily: str = "-"
    date_start: str = ""
    date_end: str = ""
    week: str = ""
    source: str = "Local"


class Group(msgspec.Struct, gc=False, omit_defaults=True):
    """One contact group."""

    id: str
    name: str
    number: str = ""


class Contact(msgspec.Struct, gc=False, omit_defaults=True):
    """One entry of the address book; the `apt` members are used by models with an apartment book."""

    id: str
    name: str
    phone: str = ""
    group: str = "Default"
    account: str = "0"
    priority: str = "-1"
    apt_name: str = ""
    apt_number: str = ""
    building: str = ""
    landline: str = ""


class DialRule(msgspec.Struct, gc=False, omit_defaults=True):
    """One dial-plan record."""

    id: str
    prefix: str
    line: str = "0"
    replace: tuple[str, str, str, str, str] = ("", "", "", "", "")


class DoorEvent(msgspec.Struct, gc=False, omit_defaults=True):
    """One record of the door log, in the device's local time."""

    id: int
    date: str
    time: str
    name: str
    code: str
    type: str
    status: str
    user_id: str = ""
    relay: str = ""
    picture: str = ""


class CallEvent(msgspec.Struct, gc=False, omit_defaults=True):
    """One record of the call log, in the device's local time."""

    id: int
    date: str
    time: str
    name: str
    type: str
    local: str
    number: str


class FirmwareSlot(msgspec.Struct, gc=False, frozen=True):
    """The uploaded image: what is known of it, never its bytes."""

    file_name: str
    size: int
    md5: str
    model_id: str
    version: str
    problem: str = ""


class Counters(msgspec.Struct, gc=False):
    """The last number given to each kind of record; `users_added` counts adds answered with OK,
    repeated ones of lost users aside.
    """

    user: int = 0
    users_added: int = 0
    schedule: int = 2
    schedule_display: int = 0
    group: int = 1
    contact: int = 0
    dial_rule: int = 0
    door: int = 0
    call: int = 0


def _built_in_schedules() -> dict[str, Schedule]:
    always = Schedule(ALWAYS_ID, "1001", "Always", daily="00:00:00-23:59:59")
    never = Schedule(NEVER_ID, "1002", "Never")
    return {NEVER_ID: never, ALWAYS_ID: always}


def _built_in_groups() -> dict[str, Group]:
    return {"1": Group("1", "Default")}


class DeviceState(msgspec.Struct, gc=False, omit_defaults=True, kw_only=True):
    """The whole memory of one device. `pending` is an image being flashed: a device finishes that by itself."""

    mac: str
    profile: str
    firmware: str
    pending: FirmwareSlot | None = None
    slot: FirmwareSlot | None = None
    config: dict[str, str] = msgspec.field(default_factory=dict)
    users: dict[str, User] = msgspec.field(default_factory=dict)
    schedules: dict[str, Schedule] = msgspec.field(default_factory=_built_in_schedules)
    groups: dict[str, Group] = msgspec.field(default_factory=_built_in_groups)
    contacts: dict[str, Contact] = msgspec.field(default_factory=dict)
    dial_rules: dict[str, DialRule] = msgspec.field(default_factory=dict)
    door_log: list[DoorEvent] = msgspec.field(default_factory=list)
    call_log: list[CallEvent] = msgspec.field(default_factory=list)
    files: dict[str, int] = msgspec.field(default_factory=dict)
    lost_users: list[str] = msgspec.field(default_factory=list)
    """UserIDs that the fault `drop-user` struck: what is lost once is lost at every repetition."""
    pulled: dict[str, str] = msgspec.field(default_factory=dict)
    """MD5 of each provisioning file that was taken last, by its name."""
    clock_offset: float = 0.0
    counters: Counters = msgspec.field(default_factory=Counters)
