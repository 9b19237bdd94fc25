"""Verbs over many rows: a dry run that counts, one transaction, one undo entry (every bulk verb has `check`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from core.base.words import listed
from core.rules.invariants import INVARIANTS
from core.schema.entity import EntitySpec
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context
from core.usecases.undo_log import keep_undo, last_number


class Outcome(StrEnum):
    """What a bulk verb does about one row."""

    CHANGE = "change"
    ALREADY = "already"
    CANNOT = "cannot"


@dataclass(frozen=True, slots=True)
class Line:
    """One row and, where it cannot be done, why."""

    row_id: str
    title: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class BulkReport:
    """n change, n cannot and why, n already so. `undo_id` is empty after a dry run or when nothing changed."""

    check: bool
    changed: tuple[Line, ...] = ()
    cannot: tuple[Line, ...] = ()
    already: tuple[Line, ...] = ()
    undo_id: str = ""

    @property
    def sentence(self) -> str:
        """The counts, for people."""
        verb = "would change" if self.check else "changed"
        parts = [
            f"{len(self.changed)} {verb}",
            f"{len(self.cannot)} cannot",
            f"{len(self.already)} already so",
        ]
        whys = list(dict.fromkeys(line.why for line in self.cannot if line.why))
        return f"{', '.join(parts)}." + (f" {listed(whys, limit=3)}" if whys else "")


@dataclass(frozen=True, slots=True)
class Verb:
    """What is done to each row. `judge` only reads and is asked for every row, also in a dry run; `do` writes."""

    act: str
    judge: Callable[[Reader, Any], tuple[Outcome, str]]
    do: Callable[[Tx, Any], object]


async def run_bulk(
    ctx: Context,
    spec: EntitySpec[Any],
    pick: Callable[[Reader], Sequence[Any]],
    verb: Verb,
    *,
    check: bool,
    site_id: str = "",
) -> BulkReport:
    """Judge every picked row, then (without `check`) do what can be done, all in one transaction with an undo entry."""
    if check:
        return await ctx.mirror.read(lambda r: _judged(r, spec, pick(r), verb)[0], limit_ms=60_000)

    def work(tx: Tx) -> BulkReport:
        since = last_number(tx)
        report, todo = _judged(tx, spec, pick(tx), verb)
        for row in todo:
            verb.do(tx, row)
        if not todo:
            return replace(report, check=False)
        return replace(report, check=False, undo_id=keep_undo(tx, since, site_id=site_id))

    return await ctx.mirror.write(work, origin=Origin.USER, act=verb.act)


def _judged(
    reader: Reader, spec: EntitySpec[Any], rows: Iterable[Any], verb: Verb
) -> tuple[BulkReport, list[Any]]:
    lines: dict[Outcome, list[Line]] = {outcome: [] for outcome in Outcome}
    todo = []
    for row in rows:
        outcome, why = verb.judge(reader, row)
        lines[outcome].append(Line(row.id, spec.name_of(row), why))
        if outcome is Outcome.CHANGE:
            todo.append(row)
    changed, cannot, already = (tuple(lines[o]) for o in (Outcome.CHANGE, Outcome.CANNOT, Outcome.ALREADY))
    return BulkReport(True, changed, cannot, already), todo


def patching(
    spec: EntitySpec[Any],
    act: str,
    changes: Mapping[str, Any],
    *,
    forbid: Callable[[Reader, Any], str] = lambda _reader, _row: "",
) -> Verb:
    """The verb that sets fields. `forbid` says why a row may not be changed, beyond its own and cross-row rules."""

    def judge(reader: Reader, row: Any) -> tuple[Outcome, str]:
        changed = replace(row, **changes)
        different = spec.differences(row, changed)
        if not different:
            return Outcome.ALREADY, ""
        if why := forbid(reader, row):
            return Outcome.CANNOT, why
        problems = spec.problems(changed, changed=different.keys())
        if not problems:
            problems = [p for rule in INVARIANTS.get(spec.name, ()) for p in rule(reader, changed)]
        return (Outcome.CANNOT, problems[0].message) if problems else (Outcome.CHANGE, "")

    return Verb(act, judge, lambda tx, row: tx.patch(spec, row, **changes))
