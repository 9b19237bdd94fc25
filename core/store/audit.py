"""Checks the chain of the audit: a removed or changed entry is noticed (LOG-06)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.base.clock import from_ms
from core.base.words import clean
from core.entities.record import AUDIT_ENTRY
from core.store.journal import AUDIT_HEAD, chain_of
from core.store.reader import Reader
from core.store.tables import SYNC_META, table_of

_LINKED = ("at", "who", "act", "entity", "entity_id", "op", "title", "changes")


def audit_break(reader: Reader) -> str:
    """A sentence about the first place where the audit does not hold together; empty when it does.

    Reads every entry: some seconds for a million, so give `Mirror.read` a long limit.
    """
    table = table_of(AUDIT_ENTRY)
    query = select(*(table.c[name] for name in _LINKED), table.c.chain).order_by(table.c.row_no)
    last = ""
    for row in reader.connection.execute(query):
        entry: dict[str, Any] = dict(zip(_LINKED, row, strict=False))
        link = chain_of(last, entry)
        if row.chain != link:
            when = from_ms(entry["at"]).isoformat(timespec="seconds")
            return (
                f"The audit does not hold together at '{clean(entry['title'])}' of {when}: "
                "an entry before it was removed, or it was changed."
            )
        last = link
    head = reader.connection.execute(select(SYNC_META.c.v).where(SYNC_META.c.k == AUDIT_HEAD)).scalar()
    return "" if last == (head or "") else "The newest entries of the audit were removed."
