"""The sync centre's lists: edits that need a person, edits on their way, settled ones; and the acts on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.base.clock import from_ms
from core.entities import BY_NUMBER
from core.store import traybook
from core.store.reader import Reader
from core.store.tables import OUTBOX
from core.store.tray import TrayEntry
from core.usecases.context import Context
from core.usecases.settle import open_entries, settle, settle_fields
from desktop.models.columns import QUIET, STRONG, ListColumn, col
from desktop.models.rows_table import Group
from desktop.models.words import label_word, masked, number_word, time_word, translate
from desktop.qt.language import spoken
from desktop.qt.roles import GroupRow, Look, RowLook

__all__ = [
    "OutboxLine",
    "TrayEntry",
    "field_labels",
    "load_outbox",
    "load_tray",
    "needs_word",
    "outbox_columns",
    "outbox_row_look",
    "settle",
    "settle_fields",
    "settled_words",
    "shown_value",
    "tray_columns",
    "tray_heading",
    "tray_row_look",
    "what_words",
]


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One edit that the cloud has not confirmed."""

    number: int
    label: str
    op: str
    fields: tuple[str, ...]
    state: str
    made_at: datetime
    tries: int


async def load_tray(ctx: Context, *, settled: bool = False) -> list[TrayEntry]:
    """The entries of the tray, oldest first."""
    return await open_entries(ctx, settled=settled)


async def load_outbox(ctx: Context, limit: int = 2000) -> list[OutboxLine]:
    """Edits on their way, oldest first."""
    ctx.require_signed_in()

    def work(reader: Reader) -> list[OutboxLine]:
        rows = reader.connection.execute(select(OUTBOX).order_by(OUTBOX.c.n).limit(limit)).mappings()
        return [_outbox_line(dict(row)) for row in rows]

    return await ctx.mirror.read(work)


def _outbox_line(row: Mapping[str, Any]) -> OutboxLine:
    spec = BY_NUMBER.get(row["entity"])
    names = traybook.loads(row["fields"])
    labels = tuple(label_word(spec.by_name[n].label) for n in names if spec and n in spec.by_name)
    return OutboxLine(
        row["n"], row["label"], row["op"], labels, row["state"], from_ms(row["made_at"]), row["tries"]
    )


def needs_word(entry: TrayEntry) -> str:
    """The heading under which an entry stands."""
    return "conflict" if entry.kind == "conflict" else "refused"


def tray_heading(name: str, entries: Sequence[TrayEntry]) -> Group:
    """`Changed by two people`, `Refused by the core`."""
    title = translate("Changed by two people") if name == "conflict" else translate("Refused by the core")
    return Group(
        name, 0 if name == "conflict" else 1, GroupRow(title, number_word(len(entries)), folded=None)
    )


def tray_columns(
    now: Callable[[], datetime], zone: Callable[[], str] = lambda: "", *, settled: bool = False
) -> list[ListColumn]:
    """The columns of the tray: what it is, why it waits or what became of it, when."""

    def when(entry: TrayEntry) -> str:
        return time_word(entry.resolved_at if settled else entry.at, now(), zone())

    words = settled_words if settled else what_words
    return [
        col("label", translate("Edit"), lambda x: x.label, 170, _label_look, stretch=True),
        col(
            "why",
            translate("Became") if settled else translate("Why"),
            words,
            180,
            QUIET,
            stretch=not settled,
        ),
        col("at", translate("When"), when, 64, QUIET, order=lambda x: x.id),
    ]


def _label_look(entry: TrayEntry) -> Look:
    if entry.resolved_at is not None:
        return Look(strong=True, icon="check", tone="t1")
    if entry.kind == "conflict":
        return Look(strong=True, icon="git-compare", tone="t1")
    return Look(verdict="refused", tone="t1", strong=True)


def tray_row_look(entry: TrayEntry) -> RowLook:
    """A stripe: amber for a conflict, red for a refusal."""
    return RowLook(stripe="ambiguous" if entry.kind == "conflict" else "refused")


def field_labels(entry: TrayEntry) -> list[str]:
    """The words of the fields that an entry is about."""
    spec = entry.spec
    return [label_word(spec.by_name[n].label) for n in entry.mine if n in spec.by_name]


def what_words(entry: TrayEntry) -> str:
    """The second line of an entry: the fields at odds, or why it was refused."""
    if entry.kind == "conflict":
        labels = field_labels(entry)
        count = translate("1 field") if len(labels) == 1 else translate("{0} fields").format(len(labels))
        return f"{count}: {', '.join(labels)}"
    return spoken(entry.message)


def shown_value(entry: TrayEntry, name: str, stored: Any) -> str:
    """A stored value as people read it; secrets are masked."""
    column = entry.spec.by_name.get(name)
    if column is None:
        return ""
    if column.kind.secret:
        return masked(str(stored or "")) or translate("none")
    value = column.load(stored) if stored is not None else None
    return column.kind.show(value) or translate("none")


def outbox_columns(now: Callable[[], datetime], zone: Callable[[], str] = lambda: "") -> list[ListColumn]:
    """The columns of the outbox."""
    ops = {
        "create": translate("added"),
        "patch": translate("changed"),
        "delete": translate("removed"),
        "restore": translate("brought back"),
    }
    return [
        col("label", translate("Edit"), lambda x: x.label, 240, STRONG, stretch=True),
        col("op", translate("Act"), lambda x: ops.get(x.op, x.op), 80),
        col("fields", translate("Fields"), lambda x: ", ".join(x.fields), 220, QUIET, drop=2),
        col(
            "made",
            translate("Made"),
            lambda x: time_word(x.made_at, now(), zone()),
            90,
            QUIET,
            order=lambda x: x.number,
        ),
        col("state", translate("State"), outbox_words, 150, _outbox_look, order=lambda x: x.state),
    ]


def outbox_words(line: OutboxLine) -> str:
    """`on this laptop`, `sent, no answer yet`, `waits for one in the tray`."""
    words = {
        "pending": translate("on this laptop"),
        "sent": translate("sent, no answer yet"),
        "blocked": translate("waits for a refused one"),
    }
    return words.get(line.state, line.state)


def _outbox_look(line: OutboxLine) -> Look:
    icons = {"pending": "laptop", "sent": "arrow-up", "blocked": "hourglass"}
    return Look(icon=icons.get(line.state, ""), tone="ambiguous" if line.state == "blocked" else "t2")


def outbox_row_look(line: OutboxLine) -> RowLook:
    """A stripe for those that wait for a person."""
    return RowLook(stripe="ambiguous" if line.state == "blocked" else "")


def settled_words(entry: TrayEntry) -> str:
    """What became of an entry, in words."""
    words = {
        "sent again": translate("sent again"),
        "corrected": translate("corrected and sent"),
        "kept mine": translate("kept mine"),
        "kept theirs": translate("kept theirs"),
        "dropped": translate("dropped"),
    }
    return words.get(entry.resolution or "", entry.resolution or "")
