"""The audit: what was done, by whom, from what to what; and whether a row of it was removed or changed (LOG-06)."""

from __future__ import annotations

from dataclasses import dataclass

from core.entities.record import AUDIT_ENTRY, AuditEntry
from core.store.audit import audit_break
from core.store.query import ListQuery, count, rows
from core.store.reader import Reader
from core.usecases.context import Context

CHECK_MS = 600_000
"""Every entry is read: some seconds for a million."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What is shown: words that must occur, one row's history, one person's acts. Empty texts match everything."""

    search: str = ""
    row_id: str = ""
    who: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """How many entries there are, and where the chain is broken; `broken` is empty when it holds."""

    entries: int
    broken: str


async def audit_entries(ctx: Context, wanted: AuditFilter | None = None) -> list[AuditEntry]:
    """The newest entries first. Secrets were masked when they were written."""
    ctx.require_signed_in()
    asked = wanted or AuditFilter()
    equals = {name: text for name, text in (("entity_id", asked.row_id), ("who", asked.who)) if text}
    query = ListQuery(AUDIT_ENTRY, equals, asked.search, "-at", asked.limit)
    return await ctx.mirror.read(lambda r: rows(r, query), limit_ms=20_000)


async def check_audit(ctx: Context) -> AuditCheck:
    """Go through the whole chain: a row that was removed, changed or put in between is noticed."""
    ctx.require_signed_in()

    def work(reader: Reader) -> AuditCheck:
        return AuditCheck(count(reader, ListQuery(AUDIT_ENTRY)), audit_break(reader))

    return await ctx.mirror.read(work, limit_ms=CHECK_MS)
