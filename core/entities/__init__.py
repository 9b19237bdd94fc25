"""Every entity of the product, named once. A new noun is one file here and one name in `ALL`."""

from __future__ import annotations

from typing import Any

from core.entities.access import (
    ACCESS_GROUP,
    DOOR_SHARE,
    EMERGENCY_DOOR,
    GROUP_DOOR,
    GROUP_MEMBER,
    RELAY_SCHEDULE,
)
from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, SCREEN_SAVER
from core.entities.credential import CREDENTIAL
from core.entities.device import DEVICE, DEVICE_LOGIN, DEVICE_SETTING, MAC_ENTRY, RELAY, SIGHTING
from core.entities.equipment import CAMERA, PANEL, PANEL_UNIT, RECORDER, SMART_LOCK
from core.entities.event import DOOR_EVENT
from core.entities.firmware import FIRMWARE_RELEASE, ROLLOUT, ROLLOUT_TARGET
from core.entities.lock import GROUP_LOCK, LOCK, LOCK_CODE, LOCK_HOLD
from core.entities.organisation import ACCOUNT, ORGANISATION
from core.entities.parking import PARKED_VEHICLE, PARKING_DOOR, PARKING_LOT
from core.entities.person import FLOOR_GRANT, RESIDENT
from core.entities.place import DEPARTMENT, PUBLIC_AREA
from core.entities.plan import FLOOR_PLAN, PLAN_DOOR
from core.entities.proof import PROOF
from core.entities.record import AUDIT_ENTRY, JOB, UNDO_ENTRY
from core.entities.site import APARTMENT, BUILDING, SITE
from core.entities.task import LEASE, TASK
from core.entities.turnover import TURNOVER, TURNOVER_LINE
from core.schema.entity import EntitySpec

ALL: tuple[EntitySpec[Any], ...] = (
    ORGANISATION,
    ACCOUNT,
    SITE,
    BUILDING,
    APARTMENT,
    MAC_ENTRY,
    DEVICE,
    RELAY,
    DEVICE_SETTING,
    DEVICE_LOGIN,
    RESIDENT,
    CREDENTIAL,
    ACCESS_GROUP,
    GROUP_MEMBER,
    GROUP_DOOR,
    FIRMWARE_RELEASE,
    ROLLOUT,
    ROLLOUT_TARGET,
    PROOF,
    DEPARTMENT,
    FLOOR_GRANT,
    PUBLIC_AREA,
    RELAY_SCHEDULE,
    EMERGENCY_DOOR,
    PARKING_LOT,
    PARKING_DOOR,
    PARKED_VEHICLE,
    TURNOVER,
    TURNOVER_LINE,
    DOOR_SHARE,
    LOCK,
    GROUP_LOCK,
    LOCK_HOLD,
    LOCK_CODE,
    CAMERA,
    RECORDER,
    SMART_LOCK,
    PANEL,
    PANEL_UNIT,
    RELAY_CONTROLLER,
    CONTROLLER_RELAY,
    SCREEN_SAVER,
    FLOOR_PLAN,
    PLAN_DOOR,
    LEASE,
    TASK,
    DOOR_EVENT,
    SIGHTING,
    JOB,
    AUDIT_ENTRY,
    UNDO_ENTRY,
)

BY_NAME: dict[str, EntitySpec[Any]] = {spec.name: spec for spec in ALL}
BY_NUMBER: dict[int, EntitySpec[Any]] = {spec.number: spec for spec in ALL}
SYNCED: tuple[EntitySpec[Any], ...] = tuple(spec for spec in ALL if spec.synced)
