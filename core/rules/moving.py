"""What becomes of what belongs to a device when it goes to another site: it goes along, ends, is unlinked, or stays.

Along goes what says how the device itself is set. What ties it to people, groups and doors of the old site ends: they
are other people's there, and what was proved is proved no more. What happened stays where it happened.
"""

from __future__ import annotations

from enum import StrEnum

from core.entities.access import DOOR_SHARE, EMERGENCY_DOOR, GROUP_DOOR, RELAY_SCHEDULE
from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, SCREEN_SAVER
from core.entities.device import DEVICE, DEVICE_SETTING, RELAY
from core.entities.equipment import CAMERA
from core.entities.event import DOOR_EVENT
from core.entities.firmware import ROLLOUT_TARGET
from core.entities.lock import LOCK
from core.entities.parking import PARKING_DOOR
from core.entities.plan import PLAN_DOOR
from core.entities.proof import PROOF
from core.entities.task import TASK


class Fate(StrEnum):
    """What becomes of a row."""

    GOES = "goes along"
    ENDS = "ends"
    UNLINKED = "stays, without the device"
    STAYS = "stays"


COMES_BACK, UNFIT = "comes back", "does not fit any more"
"""What becomes of a row that had ended or was unlinked when the move is taken back."""

FATES: dict[str, Fate] = {
    RELAY.name: Fate.GOES,
    DEVICE_SETTING.name: Fate.GOES,
    RELAY_CONTROLLER.name: Fate.GOES,
    CONTROLLER_RELAY.name: Fate.GOES,
    SCREEN_SAVER.name: Fate.GOES,
    GROUP_DOOR.name: Fate.ENDS,
    RELAY_SCHEDULE.name: Fate.ENDS,
    EMERGENCY_DOOR.name: Fate.ENDS,
    DOOR_SHARE.name: Fate.ENDS,
    PARKING_DOOR.name: Fate.ENDS,
    PLAN_DOOR.name: Fate.ENDS,
    PROOF.name: Fate.ENDS,
    TASK.name: Fate.ENDS,
    LOCK.name: Fate.UNLINKED,
    CAMERA.name: Fate.UNLINKED,
    DOOR_EVENT.name: Fate.STAYS,
    ROLLOUT_TARGET.name: Fate.STAYS,
}
"""By entity; of tasks only those that wait, the others are history."""

OWNERS = (DEVICE.name, RELAY.name, RELAY_CONTROLLER.name)
"""What other rows may belong to: a device, and what goes along with it and has rows of its own."""

NOT_ALONG = ("apartment_id", "area_id", "department_id", "owner_id")
"""Where the device stood, and whose it was."""
