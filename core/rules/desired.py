"""What one device should hold (desired) and what was read from it (observed): plain data, no behaviour.

Desired state is compiled from the mirror by `core.rules.compile`; observed state comes from a driver. Codes (PINs,
cards) are in the clear here since a device needs them; `repr` hides them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from core.entities.access import Repeat

ALWAYS = "always"
"""Key of the schedule every device has built in: any day, any time."""


@dataclass(frozen=True, slots=True)
class WantedSetting:
    """One setting. `name` is a logical name of `core.rules.settings` or a raw `Config.…` key; values are texts.

    With `schedules`, the value lists those schedules by our keys; a plan puts the device's own numbers in their place.
    """

    name: str
    label: str
    value: str
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedSchedule:
    """A schedule by its stable `key`, which is also its name on the device (ASCII, at most 24 characters)."""

    key: str
    label: str
    repeat: Repeat
    days: str = ""
    from_time: time = time(0, 0, 0)
    to_time: time = time(23, 59, 59)
    from_day: date | None = None
    to_day: date | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """In the times of one schedule, the relays `"13"` (numbers as digits, ascending) open."""

    schedule: str
    relays: str


@dataclass(frozen=True, slots=True)
class WantedPerson:
    """One person as a device knows people. `subject` is the row's id, `user_id` the device's UserID for it.

    `faces` are digests of photos; `uses` is how often a temporary key opens each relay (VIS-01), None without a limit.
    `salt` is the site's secret for fingerprints, which travel in the clear: a bare digest of a PIN is soon guessed.
    """

    subject: str
    user_id: str
    name: str
    pins: tuple[str, ...] = field(default=(), repr=False)
    cards: tuple[str, ...] = field(default=(), repr=False)
    grants: tuple[Grant, ...] = ()
    floors: tuple[str, ...] = ()
    plates: tuple[str, ...] = field(default=(), repr=False)
    faces: tuple[str, ...] = ()
    uses: int | None = None
    salt: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A code that its person should have on the device and that the device cannot take; never the code itself.

    `subject` begins with the person's id; `title` names person and kind.
    """

    subject: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class WantedContact:
    """Who a door phone calls: an apartment by its name on the screen. The name is the contact's key on the device."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class WantedFirmware:
    """The release a device should run."""

    model: str
    version: str
    sha256: str = ""
    md5: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Desired:
    """All that one device should hold. `tag` begins the `user_id` of every person that this site ever put there."""

    device_id: str
    mac: str
    tag: str
    settings: tuple[WantedSetting, ...] = ()
    schedules: tuple[WantedSchedule, ...] = ()
    people: tuple[WantedPerson, ...] = ()
    firmware: WantedFirmware | None = None
    contacts: tuple[WantedContact, ...] | None = None
    """None: nothing is said about contacts, and they are not read."""
    unfit: tuple[Unfit, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device says it is (device API 3.1). `mac` is twelve upper-case hexadecimal digits."""

    mac: str
    model: str
    firmware: str
    hardware: str = ""


@dataclass(frozen=True, slots=True)
class HeldSetting:
    """A setting as read. `value` None: this device has no such key. `key` is the device's own name of it."""

    name: str
    value: str | None
    key: str = ""


@dataclass(frozen=True, slots=True)
class HeldSchedule:
    """A schedule as read. `ref` is the device's record ID, `display` the number that user records use."""

    ref: str
    display: str
    name: str
    repeat: Repeat
    days: str = ""
    from_time: time = time(0, 0, 0)
    to_time: time = time(23, 59, 59)
    from_day: date | None = None
    to_day: date | None = None


@dataclass(frozen=True, slots=True)
class HeldContact:
    """A contact as read. Without a `ref` it stands in a book that cannot be written here (device API 3.10)."""

    ref: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class HeldPerson:
    """A person as read. `grants` name schedules by our key where the display number is known, else by `#<display>`."""

    ref: str
    user_id: str
    name: str
    pins: tuple[str, ...] = field(default=(), repr=False)
    cards: tuple[str, ...] = field(default=(), repr=False)
    grants: tuple[Grant, ...] = ()
    floors: tuple[str, ...] = ()
    local: bool = True
    """False: put there by somebody's cloud, read-only on the LAN."""
    plates: tuple[str, ...] = field(default=(), repr=False)
    faces: tuple[str, ...] = ()
    uses: int | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What one device was read to hold. A part that was not read is None.

    `takes`: which of `plates`, `faces` and `uses` the driver sends to this device and reads back.
    """

    identity: Identity
    settings: Mapping[str, HeldSetting] | None = None
    schedules: tuple[HeldSchedule, ...] | None = None
    people: tuple[HeldPerson, ...] | None = None
    takes: frozenset[str] = frozenset()
    contacts: tuple[HeldContact, ...] | None = None
    """None: not read, or this device has none that can be read."""
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Why a part that is not in `takes` cannot be sent, as a sentence, where the maker's words for it are known."""
