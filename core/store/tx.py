"""One transaction of the mirror: rows, outbox, shadow, audit and the change set, all or nothing.

A use case that forgets one of them cannot exist: `put`, `patch` and `remove` do all of it. What the cloud sends is
written by `core.store.apply`, which uses the raw connection and `touch`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from core.base.clock import Clock, to_ms
from core.base.errors import NotFoundError, UserError
from core.base.ids import new_id
from core.base.words import clean
from core.entities.record import AUDIT_ENTRY
from core.rules.invariants import INVARIANTS, REMOVAL_RULES
from core.schema.entity import EntitySpec, Problem, R
from core.schema.field import Ref
from core.store.changes import ChangeSet, Origin, Touched
from core.store.journal import Journal
from core.store.reader import Reader
from core.store.tables import METADATA, table_of

_Stored = dict[str, Any]
_WORDS = {"create": "add", "patch": "change", "delete": "remove"}


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
        self.act = act
        self.now = clock.now()
        self.supersedes: str | None = None
        self._touched: dict[str, Touched] = {}
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
        self._check(spec, row)
        values = spec.store(row)
        self.connection.execute(
            insert(table_of(spec)).values(
                id=row.id, scope_id=row.scope_id, ver=0, flag=self._flag(spec), **values
            )
        )
        self._note(spec, row, "create", values, {}, None)
        self.touch(spec.name, added=[row.id])
        return row

    def patch(self, spec: EntitySpec[R], row: R, **changes: Any) -> R:
        """Change fields of a row; only those that differ from the mirror's present values are written and sent."""
        present = self.require(spec, row.id)
        changed = replace(present, **changes)
        different = spec.differences(present, changed)
        if not different:
            return present
        self._check(spec, changed)
        image = {"ver": present.ver, **spec.store(present)}
        now = {name: pair[1] for name, pair in different.items()}
        was = {name: pair[0] for name, pair in different.items()}
        table = table_of(spec)
        flag = table.c.flag.op("|")(self._flag(spec))
        self.connection.execute(update(table).where(table.c.id == row.id).values(flag=flag, **now))
        self._note(spec, changed, "patch", now, was, image)
        self.touch(spec.name, changed=[row.id])
        return changed

    def remove(self, spec: EntitySpec[R], row_id: str) -> None:
        """Delete a row; NotFoundError when there is none, UserError when a rule keeps it (GRP-01)."""
        row = self.require(spec, row_id)
        for rule in REMOVAL_RULES.get(spec.name, ()):
            for problem in rule(self, row):
                raise _user_error(problem)
        image = {"ver": row.ver, **spec.store(row)}
        table = table_of(spec)
        self.connection.execute(delete(table).where(table.c.id == row_id))
        self._note(spec, row, "delete", {}, spec.store(row), image)
        self.touch(spec.name, removed=[row_id])

    def note_act(self, spec: EntitySpec[R], row: R, act: str) -> None:
        """Audit an act about a row that changed no field: a door opened, a device restarted (LOG-06)."""
        if self._journal.audit(spec, row, clean(act, limit=16), {}):
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
        self._touched.setdefault(name, Touched()).merge(Touched(set(added), set(changed), set(removed), many))

    def changes(self) -> ChangeSet | None:
        """What was touched; None when nothing was."""
        return ChangeSet(self.origin, self.act, self._touched) if self._touched else None

    def _check(self, spec: EntitySpec[Any], row: Any) -> None:
        if spec.synced and not row.scope_id:
            raise UserError(f"{spec.name}.scope", f"{spec.label} has no scope.")
        for problem in spec.problems(row):
            raise _user_error(problem)
        for column in spec.refs:
            target = getattr(row, column.name)
            if (
                target is not None
                and isinstance(column.kind, Ref)
                and not self._exists(column.kind.to, target)
            ):
                words = f"{column.label} does not exist any more: it was removed or never arrived here."
                raise NotFoundError(f"{spec.name}.{column.name}.unknown", words, field=column.name)
        for rule in INVARIANTS.get(spec.name, ()):
            for problem in rule(self, row):
                raise _user_error(problem)

    def _exists(self, entity: str, row_id: str) -> bool:
        table = METADATA.tables[entity]
        query = select(table.c.id).where(table.c.id == row_id)
        return self.connection.execute(query).first() is not None

    def _sends(self, spec: EntitySpec[Any]) -> bool:
        return spec.synced and self.origin is not Origin.PULL

    def _flag(self, spec: EntitySpec[Any]) -> int:
        return 1 if self._sends(spec) else 0

    def _note(
        self, spec: EntitySpec[Any], row: Any, op: str, fields: _Stored, old: _Stored, image: _Stored | None
    ) -> None:
        if self._sends(spec):
            self._journal.mutation(
                spec, row, op, fields, old, image=image, group=self._group, supersedes=self.supersedes
            )
        pairs = {k: [old.get(k), fields.get(k)] for k in {**old, **fields} if old.get(k) != fields.get(k)}
        if self._journal.audit(spec, row, _WORDS[op], pairs):
            self.touch(AUDIT_ENTRY.name, many=True)


def _user_error(problem: Problem) -> UserError:
    return UserError(problem.code, problem.message, field=problem.field)
