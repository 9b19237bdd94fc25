"""The contacts of a door phone in a plan (device API 3.10). Pure.

A contact is known by its name on the screen. One that is not wanted is removed only when the receipts say that it was
sent from here; any other is somebody else's, shown and left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from core.entities.proof import ItemKind
from core.rules.desired import Desired, HeldContact, WantedContact
from core.rules.plan_item import Act, PlanItem, Sent

_NO_BOOK = "This model takes no contacts over its API."


def contact_print(contact: WantedContact) -> str:
    """What identifies a contact as meant."""
    return hashlib.sha256(f"contact {contact.name} {contact.phone}".encode()).hexdigest()[:32]


def contact_items(desired: Desired, held: tuple[HeldContact, ...] | None, sent: Sent) -> Iterator[PlanItem]:
    """A line for each contact that is wanted, and for each that is there and is not."""
    there: dict[str, HeldContact] = {}
    for one in held or ():
        there.setdefault(one.name, one)
    for wanted in desired.contacts or ():
        yield _wanted(wanted, there.pop(wanted.name, None), has_book=held is not None)
    for name, has in there.items():
        if (ItemKind.CONTACT, name) in sent and has.ref:
            yield PlanItem(ItemKind.CONTACT, name, name, Act.REMOVE, has.phone, "", "", None, has)
        else:
            why = "On the device, but not sent from here."
            yield PlanItem(ItemKind.CONTACT, name, name, Act.FOREIGN, has.phone, "", "", None, has, why)


def _wanted(wanted: WantedContact, has: HeldContact | None, *, has_book: bool) -> PlanItem:
    mark = contact_print(wanted)
    shown = has.phone if has else ""
    if not has_book or (has is not None and not has.ref and has.phone != wanted.phone):
        act, why = Act.CANNOT, _NO_BOOK
    elif has is None:
        act, why = Act.ADD, ""
    else:
        act, why = (Act.KEEP if has.phone == wanted.phone else Act.CHANGE), ""
    return PlanItem(
        ItemKind.CONTACT, wanted.name, wanted.name, act, shown, wanted.phone, mark, wanted, has, why
    )


def contacts_alone(desired: Desired) -> Iterator[PlanItem]:
    """Every wanted contact as an addition, for a device that was not read."""
    for one in desired.contacts or ():
        mark = contact_print(one)
        yield PlanItem(ItemKind.CONTACT, one.name, one.name, Act.ADD, "", one.phone, mark, one)
