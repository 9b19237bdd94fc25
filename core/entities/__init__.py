"""Every entity of the product, named once. A new noun is one file here and one name in `ALL`."""

from __future__ import annotations

from typing import Any

from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER
from core.entities.device import DEVICE, DEVICE_LOGIN, DEVICE_SETTING, MAC_ENTRY, RELAY, SIGHTING
from core.entities.firmware import FIRMWARE_RELEASE, ROLLOUT, ROLLOUT_TARGET
from core.entities.organisation import ACCOUNT, ORGANISATION
from core.entities.person import CREDENTIAL, RESIDENT
from core.entities.proof import PROOF
from core.entities.record import AUDIT_ENTRY, JOB
from core.entities.site import APARTMENT, BUILDING, SITE
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
    SIGHTING,
    JOB,
    AUDIT_ENTRY,
)

BY_NAME: dict[str, EntitySpec[Any]] = {spec.name: spec for spec in ALL}
BY_NUMBER: dict[int, EntitySpec[Any]] = {spec.number: spec for spec in ALL}
SYNCED: tuple[EntitySpec[Any], ...] = tuple(spec for spec in ALL if spec.synced)
