"""Verbs over many rows: a dry run that counts, one transaction, one undo entry (every bulk verb has `check`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from core.base.errors import UserError
from core.base.words import listed
from core.rules.invariants import INVARIANTS
from core.schema.entity import EntitySpec
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context
from core.usecases.undo_log import keep_undo, last_number

T = TypeVar("T")


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
    """What is done to each row. `judge` only reads and is asked for every row, also in a dry run; `do` writes.

    `single`: `do` is one write that a rule may still refuse, because of a row before it; the row is listed then.
    """

    act: str
    judge: Callable[[Reader, Any], tuple[Outcome, str]]
    do: Callable[[Tx, Any], object]
    single: bool = False


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
        faults = {row.id: why for row in todo if (why := _done(tx, verb, row))}
        if faults:
            lost = tuple(
                replace(line, why=faults[line.row_id]) for line in report.changed if line.row_id in faults
            )
            kept = tuple(line for line in report.changed if line.row_id not in faults)
            report = replace(report, changed=kept, cannot=(*report.cannot, *lost))
        if not report.changed:
            return replace(report, check=False)
        return replace(report, check=False, undo_id=keep_undo(tx, since, site_id=site_id))

    return await ctx.mirror.write(work, origin=Origin.USER, act=verb.act)


def _done(tx: Tx, verb: Verb, row: Any) -> str:
    """Do it; why it could not be done after all."""
    try:
        verb.do(tx, row)
    except UserError as fault:
        if not verb.single:
            raise
        return str(fault)
    return ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """That exactly these things stand on a list: doors in a group, groups that hold a relay open.

    `present`: ids on the list now, and how to strike each. `enter` writes one more; `why` says what speaks against
    one; `title` names it for people.
    """

    act: str
    present: Callable[[Reader], Mapping[str, Callable[[Tx], None]]]
    enter: Callable[[Tx, str], object]
    title: Callable[[Reader, str], str]
    why: Callable[[Reader, str], str] = lambda _reader, _id: ""


async def run_assignment(
    ctx: Context, lists: Sequence[tuple[Assignment, Sequence[str]]], *, check: bool, site_id: str = ""
) -> BulkReport:
    """Make lists hold exactly the wanted ids: one transaction, one undo entry; with `check` only the counts.

    What cannot be entered is listed and the rest is done.
    """

    def judged(reader: Reader) -> tuple[BulkReport, list[Callable[[Tx], None]]]:
        lines: dict[Outcome, list[Line]] = {outcome: [] for outcome in Outcome}
        todo: list[Callable[[Tx], None]] = []
        for assignment, wanted in lists:
            _judge_list(reader, assignment, wanted, lines, todo)
        changed, cannot, already = (
            tuple(lines[o]) for o in (Outcome.CHANGE, Outcome.CANNOT, Outcome.ALREADY)
        )
        return BulkReport(True, changed, cannot, already), todo

    def work(tx: Tx) -> BulkReport:
        tx.grouped()
        since = last_number(tx)
        report, todo = judged(tx)
        for step in todo:
            step(tx)
        undo_id = keep_undo(tx, since, site_id=site_id) if todo else ""
        return replace(report, check=False, undo_id=undo_id)

    if check:
        return await ctx.mirror.read(lambda r: judged(r)[0], limit_ms=60_000)
    return await ctx.mirror.write(work, origin=Origin.USER, act=lists[0][0].act)


def _judge_list(
    reader: Reader,
    one: Assignment,
    wanted: Sequence[str],
    lines: dict[Outcome, list[Line]],
    todo: list[Callable[[Tx], None]],
) -> None:
    present = one.present(reader)
    for row_id in dict.fromkeys((*wanted, *present)):
        title = one.title(reader, row_id)
        if row_id not in wanted:
            lines[Outcome.CHANGE].append(Line(row_id, f"{title} (taken out)"))
            todo.append(present[row_id])
        elif row_id in present:
            lines[Outcome.ALREADY].append(Line(row_id, title))
        elif why := one.why(reader, row_id):
            lines[Outcome.CANNOT].append(Line(row_id, title, why))
        else:
            lines[Outcome.CHANGE].append(Line(row_id, title))
            todo.append(partial(_enter, one, row_id))


def _enter(one: Assignment, row_id: str, tx: Tx) -> None:
    one.enter(tx, row_id)


async def run_act(
    ctx: Context, act: str, work: Callable[[Tx], BulkReport], *, check: bool, site_id: str = ""
) -> BulkReport:
    """An act over many rows of several kinds, with one undo entry; see `try_or_do` for the dry run."""

    def really(tx: Tx) -> BulkReport:
        tx.grouped()
        since = last_number(tx)
        report = work(tx)
        undo_id = keep_undo(tx, since, site_id=site_id) if report.changed and not check else ""
        return replace(report, check=check, undo_id=undo_id)

    return await try_or_do(ctx, act, really, check=check)


async def try_or_do(ctx: Context, act: str, work: Callable[[Tx], T], *, check: bool) -> T:
    """Write in one transaction; with `check` it is taken back before anybody sees it, so that the dry run and the act
    cannot differ.
    """
    if not check:
        return await ctx.mirror.write(work, origin=Origin.USER, act=act)
    found: list[T] = []

    def only_try(tx: Tx) -> None:
        found.append(work(tx))
        raise _Tried

    try:
        await ctx.mirror.write(only_try, origin=Origin.USER, act=act)
    except _Tried:
        return found[0]
    msg = "a dry run ends by being taken back"
    raise RuntimeError(msg)


class _Tried(Exception):
    """A dry run that is taken back."""


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

    return Verb(act, judge, lambda tx, row: tx.patch(spec, row, **changes), single=True)
