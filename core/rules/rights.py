"""Which role may write what (table of accounts.md): the last word at the cloud, the same answer on a workstation.

Rights here are about rows. What a role may do to a device (open a door, flash) is a use case's question.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from core.entities import SYNCED
from core.entities.access import ACCESS_GROUP, EMERGENCY_DOOR, GROUP_DOOR, GROUP_MEMBER, RELAY_SCHEDULE
from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, SCREEN_SAVER
from core.entities.credential import CREDENTIAL
from core.entities.device import DEVICE, DEVICE_SETTING, MAC_ENTRY, RELAY
from core.entities.equipment import CAMERA, RECORDER
from core.entities.event import DOOR_EVENT
from core.entities.firmware import FIRMWARE_RELEASE
from core.entities.lock import GROUP_LOCK, LOCK, LOCK_CODE, LOCK_HOLD
from core.entities.organisation import ACCOUNT, ORGANISATION, Account, Role
from core.entities.parking import PARKED_VEHICLE, PARKING_DOOR, PARKING_LOT
from core.entities.person import FLOOR_GRANT, RESIDENT, PersonKind, Resident
from core.entities.plan import FLOOR_PLAN, PLAN_DOOR
from core.entities.proof import PROOF
from core.entities.site import APARTMENT, SITE, AccessReach, Site
from core.entities.task import LEASE, TASK
from core.entities.turnover import TURNOVER, TURNOVER_LINE
from core.rules.invariants import InvariantReader
from core.schema.entity import Scope

ALL_OPS = frozenset({"create", "patch", "delete", "restore"})
_OWN_ACCOUNT = frozenset({"full_name"})
"""Not the e-mail address: it opens the account (a reset of the password goes there), so the cloud asks the password."""
_FIRM = frozenset({"name"})
_SOFT_DEVICE = frozenset(
    {
        *("name", "may_monitor", "may_call", "contact_display"),
        *("address", "firmware", "hardware", "seen_at", "sip_number", "door_sensor"),
    }
)
"""What a property manager may change of a device (DEV-21), and what its workstation reads from it."""

_SOFT_RELAY = frozenset({"enabled", "name", "dtmf", "methods", "function"})
"""DEV-21."""

_SOFT_SITE = frozenset(
    {
        *(
            "name",
            "country",
            "state",
            "city",
            "post_code",
            "street",
            "key_days",
            "pin_mode",
            "disconnect_mail",
        ),
        *("sim_message", "time_zone", "time_format", "date_format", "motion", "motion_delay_s"),
        *("package_detection", "dormakaba", "itec", "emergency_auto", "emergency_all", "emergency_notice"),
        *("video_plan", "video_days", "video_devices", "video_sound", "office_pin_qr"),
    }
)
"""What a property manager sets of a site (SET-01 to SET-03)."""

_SOFT = {
    DEVICE.name: _SOFT_DEVICE,
    RELAY.name: _SOFT_RELAY,
    LOCK.name: frozenset({"name"}),
    CAMERA.name: frozenset({"name", "may_monitor", "terminals"}),
    RECORDER.name: frozenset({"may_watch"}),
    SITE.name: _SOFT_SITE,
    APARTMENT.name: frozenset(APARTMENT.names) - {"site_id", "building_id", "number", "floor"},
}
"""By entity: the fields that a property manager changes; the rows are the installer's to make (SITE-16, DEV-21)."""

_LASTING = frozenset({"org_id", "site_id"})
"""Where a row belongs is not changed by an edit: a move is an act of the cloud, which moves the rights with it. A MAC
of the firm's library only names an office (MAC-05).
"""

_CLOUD_MADE = {ORGANISATION.name, ACCOUNT.name}
"""Rows that come with sign-in rights: made by the cloud itself, not by an edit that is synced."""

_MANAGED = {
    spec.name
    for spec in (
        *(RESIDENT, FLOOR_GRANT, CREDENTIAL, ACCESS_GROUP, GROUP_MEMBER, GROUP_DOOR, RELAY_SCHEDULE),
        *(EMERGENCY_DOOR, PARKING_LOT, PARKING_DOOR, PARKED_VEHICLE, TURNOVER, TURNOVER_LINE, PROOF),
        *(LEASE, TASK, DOOR_EVENT, GROUP_LOCK, LOCK_HOLD, LOCK_CODE),
        # DEV-21: AutoP commands, the connection type and push buttons; monitors' controllers; screen savers.
        *(DEVICE_SETTING, RELAY_CONTROLLER, CONTROLLER_RELAY, SCREEN_SAVER),
        *(FLOOR_PLAN, PLAN_DOOR),
    )
}
_SUPPLIED = {spec.name for spec in (MAC_ENTRY, FIRMWARE_RELEASE)}
_INSTALLED = {spec.name for spec in SYNCED} - _CLOUD_MADE


def may_write(role: Role, entity: str, op: str, fields: Collection[str]) -> bool:
    """Whether an account of this role may do this to a row in one of its scopes."""
    if op == "patch" and entity != MAC_ENTRY.name and not _LASTING.isdisjoint(fields):
        return False
    if entity in _CLOUD_MADE:
        allowed = _FIRM if entity == ORGANISATION.name else _OWN_ACCOUNT
        return role is not Role.MANAGER and op == "patch" and set(fields) <= allowed
    if role in {Role.INSTALLER, Role.SUB_INSTALLER}:
        return entity in _INSTALLED
    if role is Role.DISTRIBUTOR:
        return entity in _SUPPLIED
    if entity in _SOFT:
        return op == "patch" and set(fields) <= _SOFT[entity]
    return entity in _MANAGED


def sees(role: Role, scope: Scope) -> bool:
    """Whether scopes of this kind are for the role at all: a property manager has sites and nothing of the firm."""
    return scope is Scope.SITE or role is not Role.MANAGER


# ------------------------------------------------------------------------------------- accounts (table of accounts.md)

MADE_BY: dict[Role, frozenset[Role]] = {
    Role.DISTRIBUTOR: frozenset({Role.INSTALLER, Role.DISTRIBUTOR}),
    Role.INSTALLER: frozenset({Role.SUB_INSTALLER, Role.MANAGER}),
    Role.SUB_INSTALLER: frozenset({Role.MANAGER}),
    Role.MANAGER: frozenset(),
}
"""Who makes, changes, resets and deletes which accounts (ACC-05, ACC-06)."""


def may_manage(role: Role, account: str, target: Account) -> bool:
    """Whether an account may change another account's row: its own, and those that its role makes."""
    return target.id == account or target.role in MADE_BY[role]


# ---------------------------------------------------------------------------------------- switches of a site (ACC-12)


class Switch(StrEnum):
    """What an installer may switch off for the property managers of a site, in words for them."""

    DELETE = "deleting accounts"
    LOGS = "log access"
    CAPTURES = "the view of captures"
    ACCESS = "residents' access set-up"
    VIDEO = "video storage"


def is_off(switch: Switch, site: Site) -> bool:
    """Whether the installer keeps this from the site's property managers."""
    on = {
        Switch.DELETE: site.pm_delete,
        Switch.LOGS: site.pm_logs,
        Switch.CAPTURES: site.pm_captures and site.pm_logs,
        Switch.ACCESS: site.pm_access is AccessReach.FULL,
        Switch.VIDEO: site.pm_video,
    }
    return not on[switch]


ACCESS_ROWS = frozenset(s.name for s in (CREDENTIAL, ACCESS_GROUP, GROUP_MEMBER, GROUP_DOOR, FLOOR_GRANT))


def switch_of(
    reader: InvariantReader, op: str, row: Any, entity: str, fields: Collection[str]
) -> Switch | None:
    """The switch that a property manager's edit of a row falls under; None: under none."""
    if entity == RESIDENT.name and op == "delete":
        return Switch.DELETE
    if entity == SITE.name and any(name.startswith("video_") for name in fields):
        return Switch.VIDEO
    return Switch.ACCESS if entity in ACCESS_ROWS and _sets_access(reader, op, row) else None


def switched_off(reader: InvariantReader, op: str, row: Any, entity: str, fields: Collection[str]) -> str:
    """ACC-12: what keeps a property manager from this edit, in words; empty: nothing does. What goes with a resident
    who is removed by the same edit, and the default group of one who is made, are no set-up of access.
    """
    switch = switch_of(reader, op, row, entity, fields)
    site = reader.get(SITE, row.scope_id) if switch is not None else None
    return switch.value if switch is not None and site is not None and is_off(switch, site) else ""


def _sets_access(reader: InvariantReader, op: str, row: Any) -> bool:
    person = _person_of(reader, row)
    if person is None or person.kind is not PersonKind.RESIDENT:
        return False
    group = reader.get(ACCESS_GROUP, row.group_id) if hasattr(row, "group_id") else None
    return not (op == "create" and group is not None and group.building_id is not None)


def _person_of(reader: InvariantReader, row: Any) -> Resident | None:
    """The person whose access a row is; None when it is nobody's in particular, or the person is gone."""
    person_id = getattr(row, "person_id", None) or getattr(row, "owner_id", None)
    if person_id is None and hasattr(row, "group_id"):
        group = reader.get(ACCESS_GROUP, row.group_id)
        person_id = group.owner_id if group is not None else None
    return reader.get(RESIDENT, person_id) if person_id else None
