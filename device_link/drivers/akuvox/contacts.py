"""Contacts: reading the book in its shapes, and writing where a model lets (device API 3.10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.base.errors import RefusedError
from core.entities.proof import ItemKind
from core.rules.desired import HeldContact, WantedContact
from core.rules.plan import Act, PlanItem
from device_link.drivers.akuvox.batch import Batch, Entry, Settle
from device_link.drivers.akuvox.envelope import Record, member, text_of
from device_link.drivers.akuvox.records import all_records
from device_link.drivers.akuvox.session import Session

_NAME_CHARS = 128
_RET_WORDS = {-7: "unknown contact", 14: "the name is empty", 16: "maximum reached", 29: "database error"}


async def read_contacts(session: Session) -> tuple[HeldContact, ...] | None:
    """Every contact; None from a model without a book, or one that only shows what its cloud has put there."""
    try:
        records = await all_records(session, "contact")
    except RefusedError:
        return None
    if any("APTName" in one or "APTNum" in one for one in records):
        return None
    return tuple(held_contact(one) for one in records)


def held_contact(record: Record) -> HeldContact:
    """A contact from a record."""
    return HeldContact(
        member(record, "ID"), text_of(record.get("Name"), _NAME_CHARS), member(record, "Phone")
    )


class ContactWork:
    """Use once: `write` what is added or changed, `remove` at the end."""

    def __init__(
        self, session: Session, items: Sequence[PlanItem], settle: Settle, check_cancel: Callable[[], None]
    ) -> None:
        self._session = session
        self._items = [item for item in items if item.kind is ItemKind.CONTACT]
        self._settle = settle
        self._check_cancel = check_cancel

    async def write(self) -> None:
        """Add and change. Raises LineEndedError when the conversation ended."""
        adds = [self._entry(item, {}) for item in self._items if item.act is Act.ADD]
        sets = [self._entry(item, _ref(item)) for item in self._items if item.act is Act.CHANGE]
        await self._send("add", adds)
        await self._send("set", sets)

    async def remove(self) -> None:
        """Take away what is not wanted any more."""
        gone = [item for item in self._items if item.act is Act.REMOVE]
        await self._send("del", [Entry(item, _ref(item), item.subject) for item in gone])

    def _entry(self, item: PlanItem, ref: Record) -> Entry:
        phone = item.wanted.phone if isinstance(item.wanted, WantedContact) else ""
        record = {"Name": item.subject, "Phone": phone, "Group": "Default", "Account": "0"}
        return Entry(item, ref | record, item.subject)

    async def _send(self, action: str, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        size = self._session.pacing.chunk
        batch = Batch(self._session, "contact", action, self._settle, self._check_cancel, size, _RET_WORDS)
        await batch.send(entries)
        batch.finish()


def _ref(item: PlanItem) -> Record:
    return {"ID": item.held.ref} if isinstance(item.held, HeldContact) else {}
