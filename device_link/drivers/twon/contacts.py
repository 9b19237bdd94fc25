"""Contacts in a 2N directory: entries with a name and a call position and no codes (device API 8, `callPos`).

Ours carry one owner, so that no person is taken for a contact, and no contact for a person. How the positions of an
entry are written is told by the query's field `callPos.peer` only: a list of objects with a `peer`. [I]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.entities.proof import ItemKind
from core.rules.desired import HeldContact, WantedContact
from core.rules.plan import Act, PlanItem
from device_link.drivers.akuvox.envelope import text_of

CONTACT_OWNER = "gatewright contact"
PHONE_CHARS = 128
Offered = list[tuple[PlanItem, dict[str, Any]]]


def is_contact(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is a contact that was put there from here."""
    return text_of(entry.get("owner"), 64) == CONTACT_OWNER


def held_contacts(entries: Iterable[Mapping[str, Any]]) -> tuple[HeldContact, ...]:
    """Our contacts among the entries of a directory."""
    return tuple(
        HeldContact(text_of(one.get("uuid"), 40), text_of(one.get("name"), 128), _peer(one))
        for one in entries
        if is_contact(one)
    )


def _peer(entry: Mapping[str, Any]) -> str:
    positions = entry.get("callPos")
    first = positions[0] if isinstance(positions, list) and positions else None
    return text_of(first.get("peer"), PHONE_CHARS) if isinstance(first, dict) else ""


def contact_changes(items: Iterable[PlanItem]) -> tuple[Offered, Offered, Offered]:
    """What is created, updated and deleted for the contacts of a plan."""
    adds: Offered = []
    sets: Offered = []
    gone: Offered = []
    for item in items:
        if item.kind is not ItemKind.CONTACT:
            continue
        uuid = item.held.ref if isinstance(item.held, HeldContact) else ""
        if item.act is Act.REMOVE:
            gone.append((item, {"uuid": uuid}))
        elif isinstance(item.wanted, WantedContact):
            entry = {
                "name": item.wanted.name,
                "owner": CONTACT_OWNER,
                "callPos": [{"peer": item.wanted.phone}],
            }
            if item.act is Act.ADD:
                adds.append((item, entry))
            else:
                sets.append((item, {"uuid": uuid} | entry))
    return adds, sets, gone
