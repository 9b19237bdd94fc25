"""One line of a plan, and what an apply would do about it. How plans are made is `core.rules.plan`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.entities.proof import ItemKind
from core.rules.desired import (
    HeldContact,
    HeldPerson,
    HeldSchedule,
    HeldSetting,
    WantedContact,
    WantedFirmware,
    WantedPerson,
    WantedSchedule,
    WantedSetting,
)

Wanted = WantedSetting | WantedSchedule | WantedPerson | WantedFirmware | WantedContact
Held = HeldSetting | HeldSchedule | HeldPerson | HeldContact
Sent = Mapping[tuple[ItemKind, str], str]
"""Fingerprints of what was sent to a device before and taken."""


class Act(StrEnum):
    """What an apply would do about an item."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    KEEP = "keep"
    CANNOT = "cannot"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One line of a plan: has -> gets. `fingerprint` identifies what is wanted without telling it."""

    kind: ItemKind
    subject: str
    title: str
    act: Act
    has: str
    gets: str
    fingerprint: str = ""
    wanted: Wanted | None = None
    held: Held | None = None
    why: str = ""
    untold: str = ""
    """Why reading the device back cannot prove the item; then its yes is all there is."""

    @property
    def key(self) -> tuple[ItemKind, str]:
        """What identifies the item on its device."""
        return (self.kind, self.subject)
