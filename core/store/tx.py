"""One transaction of the mirror: rows, outbox, shadow, audit and the change set, all or nothing.

A use case that forgets one of them cannot exist: `put`, `patch` and `remove` do all of it. What the cloud sends is
written by `core.store.apply`, which uses the raw connection and `touch`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, delete

from core.base.clock import Clock, to_ms
from core.base.errors import NotFoundError, UserError
from core.base.ids import new_id
from core.base.words import clean
from core.entities.record import AUDIT_ENTRY
from core.rules.invariants import INVARIANTS, REMOVAL_RULES, InvariantReader, Rule
from core.schema.columns import doubtful, gone_json, made_json, store_columns
from core.schema.entity import Column, EntitySpec, Problem, R
from core.schema.field import Ref
from core.store.batch import BatchReader
from core.store.changes import ChangeSet, Origin, Touched
from core.store.direct import AMONG, listed, run, run_many
from core.store.journal import MASK, UNAUDITED, Journal, Noted, as_json
from core.store.reader import Reader
from core.store.screen import screened
from core.store.tables import table_of

_Stored = dict[str, Any]
_WORDS = {"create": "add", "patch": "change", "delete": "remove", "restore": "bring back"}


@dataclass(frozen=True, slots=True)
class Author:
    """Whose act a transaction is: for the audit and the outbox."""

    name: str
    account_id: str = ""


class Tx(Reader):
    """Collects everything one act changes. Used on the writer's thread only."""

    def __init__(
        self, connection: Connection, *, clock: Clock, origin: Origin, author: Author, act: str
    ) -> None:
        super().__init__(connection)
        self.origin = origin
        self.author = author
        self.act = act
        self.now = clock.now()
        self.supersedes: str | None = None
        self._touched: dict[str, Touched] = {}
        self._known: dict[str, dict[str, Any]] = {}
        self._cleared: dict[str, Any] = {}
        self._group: str | None = None
        self._journal = Journal(connection, now_ms=to_ms(self.now), who=author.name, act=act)

    def grouped(self) -> None:
        """From here on the transaction's mutations stand or fall together at the cloud."""
        self._group = self._group or new_id()

    def flush(self) -> None:
        """Write outbox, shadow and audit rows collected so far, for code that reads them inside the transaction."""
        self._journal.flush()

    def put(self, spec: EntitySpec[R], row: R) -> R:
        """Write a new row. Raises UserError with the first fault of its fields or of a cross-row rule."""
        self.put_many(spec, [row])
        return row

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """All or nothing for a part of the transaction: what raises inside is undone, outbox and audit too.

        The part's mutations stand or fall together at the cloud, apart from those around it.
        """
        self.flush()
        mark, group = self._journal.mark(), self._group
        touched = {name: t.copy() for name, t in self._touched.items()}
        self._group = new_id()
        try:
            with self.connection.begin_nested():
                yield
                self.flush()
        except BaseException:
            self._journal.back_to(mark)
            self._touched, self._known = touched, {}
            raise
        finally:
            self._group = group

    def put_many(self, spec: EntitySpec[R], rows: Sequence[R], *, groups: Sequence[str] = ()) -> None:
        """Write new rows with a few statements. Raises as `put` for the first row at fault, with none written.

        `groups`, one per row: rows of one group stand or fall together at the cloud; else `grouped` decides.
        """
        self._add(spec, rows, "create", groups)

    def restore(self, spec: EntitySpec[R], row: R) -> R:
        """Bring back a row that was deleted at the cloud. Raises as `put`."""
        self._add(spec, [row], "restore")
        return row

    def _add(self, spec: EntitySpec[R], rows: Sequence[R], op: str, groups: Sequence[str] = ()) -> None:
        if any(self._cleared.get(row.id) is not row for row in rows):
            for problem in self.check_many(spec, rows).values():
                raise _error(problem)
        if not rows:
            return
        columns = store_columns(spec, rows)
        count, ids = len(rows), [row.id for row in rows]
        scopes = [row.scope_id for row in rows]
        fixed = (ids, scopes, repeat(0, count), repeat(self._flag(spec), count))
        values = list(zip(*fixed, *columns, strict=True))
        run_many(self.connection, _insert(spec.name, ("id", "scope_id", "ver", "flag", *spec.names)), values)
        if self._sends(spec):
            own: Sequence[str | None] = groups or [self._group] * count
            self._journal.made(spec, rows, columns, op, groups=own, supersedes=self.supersedes)
        if spec.name not in UNAUDITED:
            self._audit(spec, rows, op, made_json(spec, columns, count, MASK))
        self.touch(spec.name, added=ids)

    def check_many(
        self, spec: EntitySpec[R], rows: Sequence[R], *, arriving: Collection[str] = ()
    ) -> dict[str, Problem]:
        """What `put_many` would refuse: row id -> its first fault. Rows that pass are seen by the ones after them.

        `arriving`: ids of rows that will be put before these. What passes here is not judged again by `put_many`, as
        long as nothing but new rows is written in between.
        """
        missing = self._missing_targets(spec, spec.refs, rows, arriving)
        reader = _Alone(self) if len(rows) == 1 else BatchReader(self, spec, rows)
        faults: dict[str, Problem] = {}
        fine, rest = screened(self, spec, rows, arriving)
        quick = _sound(spec, rows, missing) & fine if fine and not rest else frozenset()
        for row in rows:
            if row.id in quick and row.id in fine:
                reader.passed(row)
                self._cleared[row.id] = row
                continue
            fault = self._first_fault(spec, row, missing, reader, rules=rest if row.id in fine else None)
            if fault is None:
                reader.passed(row)
                self._cleared[row.id] = row
            else:
                faults[row.id] = fault
                fine = frozenset()  # what was sure may have been so because of this row
        return faults

    def patch(self, spec: EntitySpec[R], row: R, **changes: Any) -> R:
        """Change fields of a row; only those that differ from the mirror's present values are written and sent.

        Returns the row as it is now. Raises as `put`; what was not changed is not judged again, so that a row whose
        building is gone can still be renamed.
        """
        present = self.require(spec, row.id)
        changed = replace(present, **changes)
        different = spec.differences(present, changed)
        if not different:
            return present
        self._check_changed(spec, changed, different.keys())
        self._cleared.clear()
        image = {"ver": present.ver, **spec.store(present)}
        now = {name: pair[1] for name, pair in different.items()}
        was = {name: pair[0] for name, pair in different.items()}
        self.raw.execute(_update(spec.name, tuple(now)), [*now.values(), self._flag(spec), row.id]).close()
        self._note(spec, changed, "patch", fields=now, old=was, image=image)
        self.touch(spec.name, changed=[row.id])
        return changed

    def remove(self, spec: EntitySpec[R], row_id: str) -> None:
        """Delete a row; NotFoundError when there is none, UserError when a rule keeps it (GRP-01)."""
        row = self.require(spec, row_id)
        for rule in REMOVAL_RULES.get(spec.name, ()):
            for problem in rule(self, row):
                raise _error(problem)
        self._cleared.clear()
        image = {"ver": row.ver, **spec.store(row)}
        table = table_of(spec)
        self.connection.execute(delete(table).where(table.c.id == row_id))
        self._note(spec, row, "delete", fields={}, old=spec.store(row), image=image)
        self.touch(spec.name, removed=[row_id])

    def remove_many(self, spec: EntitySpec[R], rows: Sequence[R]) -> None:
        """Delete rows that were read in this transaction, with one statement. Raises as `remove`, with none deleted."""
        for rule in REMOVAL_RULES.get(spec.name, ()):
            for problem in (p for row in rows for p in rule(self, row)):
                raise _error(problem)
        if not rows:
            return
        self._cleared.clear()
        gone = listed(row.id for row in rows)
        run(self.connection, f'DELETE FROM "{spec.name}" WHERE id {AMONG}', gone)  # noqa: S608  a table of ours
        columns = store_columns(spec, rows)
        if self._sends(spec):
            self._journal.gone(spec, rows, columns, group=self._group, supersedes=self.supersedes)
        if spec.name not in UNAUDITED:
            self._audit(spec, rows, "delete", gone_json(spec, columns, len(rows), MASK))
        self.touch(spec.name, removed=[row.id for row in rows])

    def note_act(self, spec: EntitySpec[R], row: R, act: str) -> None:
        """Audit an act about a row that changed no field: a door opened, a device restarted (LOG-06)."""
        if self._journal.audit(spec, [row], clean(act, limit=16), ["{}"]):
            self.touch(AUDIT_ENTRY.name, many=True)

    def touch(
        self,
        name: str,
        *,
        added: Iterable[str] = (),
        changed: Iterable[str] = (),
        removed: Iterable[str] = (),
        many: bool = False,
    ) -> None:
        """Note touched rows for the change set; for writers that bypass `put`."""
        self._known.pop(name, None)
        self._touched.setdefault(name, Touched()).merge(Touched(set(added), set(changed), set(removed), many))

    def changes(self) -> ChangeSet | None:
        """What was touched; None when nothing was."""
        return ChangeSet(self.origin, self.act, self._touched) if self._touched else None

    def _check_changed(self, spec: EntitySpec[Any], row: Any, changed: Collection[str]) -> None:
        refs = tuple(c for c in spec.refs if c.name in changed)
        missing = self._missing_targets(spec, refs, [row])
        fault = self._first_fault(spec, row, missing, _Remembering(self, self._known), changed=changed)
        if fault is not None:
            raise _error(fault)

    def _missing_targets(
        self,
        spec: EntitySpec[Any],
        refs: Sequence[Column],
        rows: Sequence[Any],
        arriving: Collection[str] = (),
    ) -> dict[str, set[str]]:
        """Field -> ids that it points at and that are no rows."""
        missing: dict[str, set[str]] = {}
        for column in refs:
            targets = {t for row in rows if (t := getattr(row, column.name)) is not None}
            if isinstance(column.kind, Ref) and targets:
                own = {row.id for row in rows} if column.kind.to == spec.name else set()
                targets -= own.union(arriving)
                missing[column.name] = targets - self.existing(column.kind.to, targets)
        return missing

    def _first_fault(
        self,
        spec: EntitySpec[Any],
        row: Any,
        missing: dict[str, set[str]],
        reader: InvariantReader,
        *,
        changed: Collection[str] | None = None,
        rules: Sequence[Rule] | None = None,
    ) -> Problem | None:
        if spec.synced and not row.scope_id:
            return Problem("scope_id", f"{spec.name}.scope", f"{spec.label} has no scope.")
        for problem in spec.problems(row, changed=changed):
            return problem
        for name, ids in missing.items():
            if getattr(row, name) in ids:
                label = spec.by_name[name].label
                words = f"{label} does not exist any more: it was removed or never arrived here."
                return _Missing(name, f"{spec.name}.{name}.unknown", words)
        asked = INVARIANTS.get(spec.name, ()) if rules is None else rules
        return next((p for rule in asked for p in rule(reader, row)), None)

    def _sends(self, spec: EntitySpec[Any]) -> bool:
        return spec.synced and self.origin is not Origin.PULL

    def _flag(self, spec: EntitySpec[Any]) -> int:
        return 1 if self._sends(spec) else 0

    def _note(
        self,
        spec: EntitySpec[Any],
        row: Any,
        op: str,
        *,
        fields: _Stored,
        old: _Stored,
        image: _Stored,
    ) -> None:
        if self._sends(spec):
            self._journal.mutation(
                spec, row, op, fields, old, image=image, group=self._group, supersedes=self.supersedes
            )
        pairs = {k: [old.get(k), fields.get(k)] for k in {**old, **fields} if old.get(k) != fields.get(k)}
        for name in spec.secrets & pairs.keys():
            pairs[name] = [MASK if value else value for value in pairs[name]]
        self._audit(spec, [row], op, [as_json(pairs)])

    def _audit(self, spec: EntitySpec[Any], rows: Sequence[Any], op: str, changes: Sequence[str]) -> None:
        if self._journal.audit(spec, rows, _WORDS[op], changes) and AUDIT_ENTRY.name not in self._touched:
            self.touch(AUDIT_ENTRY.name, many=True)

    def noted_since(self, number: int) -> list[Noted] | None:
        """See `Journal.since`."""
        return self._journal.since(number)


def _sound(spec: EntitySpec[Any], rows: Sequence[Any], missing: dict[str, set[str]]) -> frozenset[str]:
    """Ids of rows that surely have nothing wrong by themselves; the others are judged row by row."""
    if any(missing.values()) or not all(row.scope_id for row in rows):
        return frozenset()
    doubt = doubtful(spec, rows)
    return frozenset(row.id for index, row in enumerate(rows) if index not in doubt)


@lru_cache(maxsize=512)
def _update(entity: str, names: tuple[str, ...]) -> str:
    """The change of some fields of one row, for the driver; the flag is added to."""
    changed = ", ".join(f'"{name}"=?' for name in names)
    return f'UPDATE "{entity}" SET {changed}, flag=flag|? WHERE id=?'  # noqa: S608  names of columns, not values


@lru_cache(maxsize=64)
def _insert(entity: str, names: tuple[str, ...]) -> str:
    """The making of rows, for the driver."""
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{entity}" ({columns}) VALUES ({",".join("?" * len(names))})'  # noqa: S608  as above


class _Missing(Problem):
    """What a field points at is not there."""

    __slots__ = ()


class _Remembering(Reader):
    """For the rules of one row: a row that was fetched is not fetched again until something of its entity changes.

    A change of ten thousand residents asks ten thousand times for their site.
    """

    def __init__(self, reader: Reader, known: dict[str, dict[str, Any]]) -> None:
        super().__init__(reader.connection)
        self._known = known

    def get(self, spec: EntitySpec[R], row_id: str) -> R | None:
        """See `Reader.get`."""
        rows = self._known.setdefault(spec.name, {})
        if row_id not in rows:
            rows[row_id] = super().get(spec, row_id)
        found: R | None = rows[row_id]
        return found


class _Alone(Reader):
    """For one row there is nothing to fetch ahead."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader.connection)

    def passed(self, row: Any) -> None:
        """Nobody comes after."""


def _error(problem: Problem) -> UserError:
    kind = NotFoundError if isinstance(problem, _Missing) else UserError
    return kind(problem.code, problem.message, field=problem.field)
