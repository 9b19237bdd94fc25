"""What each simulated model is and how it differs from its neighbours: data only (device API 2, 3, 5.3 and 9.3).

A profile is named by its key ("P1"), or by its model ("X916S"), in any letter case. The settings that a model knows
are in `config_map`; how a difference shows on the wire is the endpoints' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from device_link.simulator.errors import SimulatorError

Contacts = Literal["separate", "merged", "apartment_book", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One model on one firmware.

    `missing` names targets ("call") and single endpoints ("contact/add") that this model does not have.
    `broken_add` are versions on which adding a user is always answered by HTTP 500 (device API 1.1).
    `face_by_url`: it fetches a face's picture from the address in `FaceUrl` and takes no file.
    `face_named`: its records tell the name of a face's picture, not only that there is one.
    `rapid_ms` is the gap below which a burst of requests breaks the device's CGI for a moment (0: never).
    """

    key: str
    model: str
    firmware: str
    hardware: str
    server: str = "lighttpd/1.4.30"
    api_keys: Literal["HTTPAPI", "APIFCGI"] = "APIFCGI"
    relay_keys: Literal["lettered", "numbered"] = "numbered"
    rtsp_keys: Literal["Authorization", "AuthEnable"] = "Authorization"
    secrets_as: Literal["plain", "base64"] = "plain"
    relays: int
    inputs: int
    security_relays: int = 0
    tamper: bool = False
    users_max: int = 10_000
    schedules_max: int = 1000
    cards_max: int = 5
    card_chars: int = 63
    door_log_max: int = 2000
    schedule_read: Literal["ScheduleRelay", "Schedule", "Schedule-Relay"] = "ScheduleRelay"
    hyphen_required: bool = False
    refused_fields: frozenset[str] = frozenset()
    bad_field_retcode: int = -1
    mixed_types: bool = False
    schedule_ints: bool = False
    day_flags_required: bool = False
    paging: bool = True
    item_results: bool = False
    whole_record: bool = False
    card_upper: bool = False
    security_schedule: bool = False
    ble: bool = True
    faces: bool = False
    face_named: bool = False
    face_by_url: bool = False
    plates: bool = False
    contacts: Contacts = "separate"
    short_info: bool = False
    uptime_words: bool = False
    door_log_extras: frozenset[str] = frozenset({"UserID", "RelayID", "Relay", "PicUrl"})
    export_path_only: bool = False
    schedule_xml: bool = False
    web: Literal["spa", "legacy", "fcgi"] = "fcgi"
    open_door: Literal["plain", "refused", "hidden-result"] = "plain"
    no_handler: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    rapid_ms: int = 0
    broken_add: frozenset[str] = frozenset()

    @property
    def model_id(self) -> str:
        """The number that firmware of this model starts with (device API 5.1)."""
        return self.firmware.partition(".")[0]


_SETUP_ONLY_S532 = frozenset({"config/reset_factory_except_data"})
_NO_CLOUD_CONTACTS = frozenset({"contact/cloud_get"})
_NO_FACES = frozenset({"face"})
_CONTACT_WRITES = frozenset({"contact/add", "contact/set", "contact/del"})
_SMALL = _SETUP_ONLY_S532 | _NO_CLOUD_CONTACTS | _NO_FACES | {"dialreplace"}
_A0X = _SETUP_ONLY_S532 | _NO_FACES | {"call", "sip", "contact", "group", "calllog", "dialreplace"}
_MONITOR = (
    _SETUP_ONLY_S532 | _NO_FACES | {"user", "schedule", "doorlog", "input", "publiccode", "dialreplace"}
)

PROFILES: tuple[Profile, ...] = (
    Profile(
        key="P1",
        model="X916S",
        firmware="916.30.10.114",
        hardware="916.6",
        api_keys="HTTPAPI",
        relay_keys="lettered",
        rtsp_keys="AuthEnable",
        relays=4,
        inputs=4,
        security_relays=2,
        users_max=20_000,
        faces=True,
        plates=True,
        whole_record=True,
        missing=_SETUP_ONLY_S532,
    ),
    Profile(
        key="P2",
        model="X912",
        firmware="912.30.11.49",
        hardware="912.5",
        server="EasyHttpServer",
        api_keys="HTTPAPI",
        relay_keys="lettered",
        rtsp_keys="AuthEnable",
        relays=2,
        inputs=3,
        users_max=20_000,
        refused_fields=frozenset({"Schedule", "ScheduleID", "FaceUrl"}),
        bad_field_retcode=-100,
        mixed_types=True,
        schedule_ints=True,
        item_results=True,
        card_upper=True,
        faces=True,
        plates=True,
        contacts="merged",
        door_log_extras=frozenset({"UserID", "RelayID", "Relay", "PicUrl", "AccessMode"}),
        web="spa",
        missing=_SETUP_ONLY_S532 | _CONTACT_WRITES,
    ),
    Profile(
        key="P3",
        model="X915S",
        firmware="2915.30.10.114",
        hardware="2915.1",
        api_keys="HTTPAPI",
        relay_keys="lettered",
        rtsp_keys="AuthEnable",
        relays=3,
        inputs=3,
        security_relays=2,
        users_max=20_000,
        schedule_read="Schedule",
        faces=True,
        contacts="apartment_book",
        whole_record=True,
        broken_add=frozenset({"2915.30.10.113"}),
        missing=_SETUP_ONLY_S532 | _CONTACT_WRITES | {"contact/clear"},
    ),
    Profile(
        key="P4",
        model="A08S",
        firmware="108.30.10.144",
        hardware="108.0",
        relays=1,
        inputs=2,
        tamper=True,
        ble=False,
        short_info=True,
        door_log_extras=frozenset({"UserID", "RelayID", "Relay"}),
        missing=_A0X,
    ),
    Profile(
        key="P5",
        model="E18",
        firmware="18.30.10.118",
        hardware="18.0",
        relays=2,
        inputs=3,
        tamper=True,
        users_max=5000,
        hyphen_required=True,
        day_flags_required=True,
        paging=False,
        whole_record=True,
        security_schedule=True,
        faces=True,
        face_by_url=True,
        web="legacy",
        missing=_SETUP_ONLY_S532,
        rapid_ms=400,
    ),
    Profile(
        key="P6",
        model="IT83",
        firmware="83.30.10.4",
        hardware="83.0",
        relays=2,
        inputs=0,
        open_door="hidden-result",
        no_handler=frozenset({"relay"}),
        missing=_MONITOR,
    ),
    Profile(
        key="S532",
        model="S532",
        firmware="532.30.10.24",
        hardware="532.0",
        server="EasyHttpServer",
        secrets_as="base64",
        relays=2,
        inputs=4,
        mixed_types=True,
        schedule_ints=True,
        item_results=True,
        bad_field_retcode=-100,
        faces=True,
        face_named=True,
        plates=True,
        contacts="merged",
        uptime_words=True,
        export_path_only=True,
        web="spa",
        missing=_CONTACT_WRITES | {"contact/clear"},
    ),
    Profile(
        key="R29",
        model="R29",
        firmware="29.30.10.123",
        hardware="29.2",
        server="EasyHttpServer",
        relays=3,
        inputs=3,
        item_results=True,
        faces=True,
        plates=True,
        schedule_xml=True,
        missing=_SETUP_ONLY_S532,
    ),
    Profile(
        key="E12W",
        model="E12W",
        firmware="312.30.11.15",
        hardware="312.0",
        relays=1,
        inputs=2,
        users_max=1000,
        whole_record=True,
        missing=_SMALL,
    ),
    Profile(
        key="R20K",
        model="R20K",
        firmware="320.30.3.122",
        hardware="320.1",
        relays=2,
        inputs=2,
        users_max=4000,
        whole_record=True,
        missing=_SMALL,
    ),
    Profile(
        key="R20A",
        model="R20A",
        firmware="320.30.11.63",
        hardware="320.2",
        relays=2,
        inputs=2,
        users_max=4000,
        whole_record=True,
        open_door="refused",
        missing=_SMALL,
    ),
    Profile(
        key="R20BX3",
        model="R20BX3",
        firmware="320.30.10.153",
        hardware="320.4",
        relays=2,
        inputs=2,
        users_max=4000,
        whole_record=True,
        missing=_SMALL,
    ),
    Profile(
        key="E18C",
        model="E18C",
        firmware="18.30.11.21",
        hardware="18.3",
        relays=2,
        inputs=3,
        tamper=True,
        users_max=5000,
        schedule_read="Schedule-Relay",
        hyphen_required=True,
        day_flags_required=True,
        paging=False,
        whole_record=True,
        faces=True,
        face_by_url=True,
        web="legacy",
        missing=_SETUP_ONLY_S532,
    ),
)

_BY_NAME = {name.upper(): one for one in PROFILES for name in (one.key, one.model)}
_ALIASES = {"E12": "E12W", "R20": "R20K", "X916": "P1", "X915": "P3", "A08": "P4"}


def profile(name: str) -> Profile:
    """Return the profile of a key or model name. Raises `SimulatorError` with the known names."""
    wanted = name.strip().upper()
    found = _BY_NAME.get(_ALIASES.get(wanted, wanted))
    if found is None:
        known = ", ".join(f"{one.key} ({one.model})" for one in PROFILES)
        raise SimulatorError(f"There is no simulated model named {name!r}. Known are: {known}.")
    return found


def model_id_of(model: str) -> str:
    """Return the firmware prefix for a model id ("916"), a model name ("X916S") or a profile key ("P1")."""
    return model if model.isdigit() else profile(model).model_id
