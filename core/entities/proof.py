"""Receipts: what was read back from a device, item by item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.base.verdict import Verdict
from core.schema.entity import EntitySpec, Row, Scope, spec_of
from core.schema.field import Choice, Moment, Ref, Text


class ItemKind(StrEnum):
    """What a plan item is about."""

    SETTING = "setting"
    SCHEDULE = "schedule"
    CONTACT = "contact"
    PERSON = "person"
    FIRMWARE = "firmware"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof(Row):
    """The latest verdict about one item on one device.

    `subject` is the setting's name, the person's id, the schedule's key, the contact's name or `firmware`. `wanted` is
    a fingerprint of what was meant, never the secret itself; a proof holds only while the item's present one equals it.
    """

    device_id: Annotated[str, Ref(label="Device", to="devices", indexed=True)]
    kind: Annotated[ItemKind, Choice(label="About", of=ItemKind)]
    subject: Annotated[str, Text(label="Item", max_len=160, indexed=True)]
    title: Annotated[str, Text(label="Name", max_len=160, searchable=True)]
    verdict: Annotated[Verdict, Choice(label="Verdict", of=Verdict)]
    wanted: Annotated[str, Text(label="Fingerprint", max_len=64)] = ""
    said: Annotated[str, Text(label="What was said", max_len=400, searchable=True)] = ""
    at: Annotated[datetime | None, Moment(label="At")] = None
    by: Annotated[str, Text(label="By", max_len=128)] = ""


PROOF: EntitySpec[Proof] = spec_of(
    Proof,
    name="proofs",
    number=19,
    label="Proof",
    scope=Scope.SITE,
    title=("title",),
    natural_key=("device_id", "kind", "subject"),
)
