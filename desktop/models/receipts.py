"""Receipts of moves: who, when, and each door that has to follow; open until every one was read (turnover)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.base.verdict import Verdict, worst
from core.entities.turnover import Turnover, TurnoverKind, TurnoverLine, has_followed
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.turnover import receipts
from desktop.models.columns import QUIET, STRONG, ListColumn, col
from desktop.models.listing import FilterField
from desktop.models.places import read_places
from desktop.models.words import time_word, translate
from desktop.qt.roles import Look, RowLook

TOUCHES = frozenset({"turnovers", "turnover_lines", "sites"})


class ReceiptState(StrEnum):
    """How far a receipt is."""

    DUE = "due"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One receipt with its doors."""

    receipt: Turnover
    lines: tuple[TurnoverLine, ...]
    unit: str
    state: ReceiptState

    @property
    def proved(self) -> int:
        """How many doors have followed."""
        return sum(map(has_followed, self.lines))

    @property
    def verdict(self) -> Verdict:
        """The worst of its doors."""
        return worst([x.verdict for x in self.lines])


async def load_receipts(ctx: Context, site_id: str) -> list[ReceiptLine]:
    """The receipts of a site, open ones first, then the newest."""
    if not site_id:
        return []
    found = await receipts(ctx, site=site_id)
    now = ctx.clock.now()

    def work(reader: Reader) -> list[ReceiptLine]:
        places = read_places(reader, site_id)
        return [
            ReceiptLine(t, tuple(lines), places.unit(t.apartment_id), state_of(t, now)) for t, lines in found
        ]

    lines = await ctx.mirror.read(work)
    return sorted(lines, key=lambda x: x.state is ReceiptState.CLOSED)


def state_of(receipt: Turnover, now: datetime) -> ReceiptState:
    """Due: its moment lies ahead; open: doors have to follow."""
    if receipt.closed_at is not None:
        return ReceiptState.CLOSED
    return ReceiptState.DUE if receipt.due_at > now else ReceiptState.OPEN


def state_words(state: ReceiptState) -> str:
    """In the window's language."""
    words = {
        ReceiptState.DUE: translate("due"),
        ReceiptState.OPEN: translate("open"),
        ReceiptState.CLOSED: translate("closed"),
    }
    return words[state]


def kind_words(kind: TurnoverKind) -> str:
    """Moves in, or moves out."""
    return translate("moves out") if kind is TurnoverKind.MOVE_OUT else translate("moves in")


def receipt_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the list of receipts."""

    def due(line: ReceiptLine) -> str:
        return time_word(line.receipt.due_at, now(), zone())

    def closed(line: ReceiptLine) -> str:
        return time_word(line.receipt.closed_at, now(), zone())

    return [
        col("who", translate("Who"), lambda x: x.receipt.title, 190, STRONG, stretch=True),
        col("unit", translate("Unit"), lambda x: x.unit, 150, QUIET, drop=2),
        col("kind", translate("Move"), lambda x: kind_words(x.receipt.kind), 92, QUIET),
        col("due", translate("At"), due, 110, order=lambda x: x.receipt.due_at),
        col("doors", translate("Doors"), _doors, 96, _doors_look, order=lambda x: len(x.lines) - x.proved),
        col("state", translate("State"), lambda x: state_words(x.state), 84, _state_look),
        col("closed", translate("Closed"), closed, 100, QUIET, drop=3),
        col("maker", translate("Made by"), lambda x: x.receipt.made_by, 130, QUIET, drop=1),
    ]


def _doors(line: ReceiptLine) -> str:
    return f"{line.proved}/{len(line.lines)}" if line.lines else translate("no door")


def _doors_look(line: ReceiptLine) -> Look:
    return Look(verdict=line.verdict.value) if line.lines else Look(tone="t3")


def _state_look(line: ReceiptLine) -> Look:
    looks = {
        ReceiptState.DUE: Look(icon="clock", tone="t2"),
        ReceiptState.OPEN: Look(icon="hourglass", tone="ambiguous"),
        ReceiptState.CLOSED: Look(icon="check", tone="proved.text"),
    }
    return looks[line.state]


def receipt_row_look(line: ReceiptLine) -> RowLook:
    """A stripe where a door did not follow."""
    needs = {Verdict.REFUSED, Verdict.DIFFERS, Verdict.AMBIGUOUS, Verdict.UNREACHABLE}
    return RowLook(
        stripe=line.verdict.value if line.state is ReceiptState.OPEN and line.verdict in needs else "",
        faded=line.state is ReceiptState.CLOSED,
    )


def receipt_filters(rows: Callable[[], Sequence[ReceiptLine]]) -> list[FilterField]:
    """What the list can be narrowed by."""
    del rows
    states: list[tuple[object, str]] = [(s.value, state_words(s)) for s in ReceiptState]
    kinds: list[tuple[object, str]] = [(k.value, kind_words(k)) for k in TurnoverKind]
    return [
        FilterField("state", translate("State"), lambda: states, lambda x: x.state.value),
        FilterField("kind", translate("Move"), lambda: kinds, lambda x: x.receipt.kind.value),
    ]
