"""The rows that one push touches, loaded in bulk and held in memory while it is judged. Nothing is written here.

A group of mutations is judged on drafts, then `keep` or `discard`, as with a savepoint. Rules read through this object,
so they see what the earlier mutations of the push have done, and only rows that the account may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from core.cloud.rows import Held, RowStore
from core.entities import BY_NAME
from core.schema.entity import EntitySpec, R
from core.schema.field import Stored

Names = tuple[str, ...]
Question = tuple[str, Names]
"""Entity and field names; a rule asks which rows have certain values in them."""
Values = tuple[Stored, ...]


class Working:
    """Working set of one push. Fulfils the InvariantReader protocol."""

    def __init__(self, connection: Connection, store: RowStore, tenant: str, scopes: set[str]) -> None:
        self._connection = connection
        self._store = store
        self.tenant = tenant
        self.scopes = scopes
        self._rows: dict[tuple[str, str], Held | None] = {}
        self._draft: dict[tuple[str, str], Held] = {}
        self._changed: dict[tuple[str, str], Held] = {}
        self._answers: dict[Question, dict[Values, set[str]]] = defaultdict(dict)
        self._index: dict[Question, dict[Values, set[str]]] = {}

    def load(self, spec: EntitySpec[Any], ids: Iterable[str], *, lock: bool = False) -> None:
        """Fetch rows that are not here yet, in one question; ids without a row are remembered as such."""
        wanted = {i for i in ids if (spec.name, i) not in self._rows}
        self.take(spec, wanted, self._store.by_ids(self._connection, spec, self.tenant, wanted, lock=lock))

    def take(self, spec: EntitySpec[Any], ids: Iterable[str], found: Mapping[str, Held]) -> None:
        """Rows that were fetched already; those of `ids` that are not among them are not there."""
        for row_id in ids:
            self._rows[spec.name, row_id] = found.get(row_id)

    def held(self, spec: EntitySpec[Any], row_id: str) -> Held | None:
        """The row as it stands now, a tombstone too; not to be changed."""
        key = spec.name, row_id
        if key in self._draft:
            return self._draft[key]
        if key not in self._rows:
            self.load(spec, [row_id])
        return self._rows[key]

    def draft(self, spec: EntitySpec[Any], row_id: str, scope: str) -> Held:
        """The row to be changed: a copy, or a new one."""
        key = spec.name, row_id
        if key not in self._draft:
            held = self.held(spec, row_id)
            self._draft[key] = held.copy() if held else Held(spec, self.tenant, row_id, scope)
        return self._draft[key]

    def drafts(self) -> list[Held]:
        """What the present group has changed."""
        return list(self._draft.values())

    def before(self, held: Held) -> Held | None:
        """The row as it was before the present group."""
        return self._rows.get(held.key)

    def keep(self) -> None:
        """The group stands: its drafts are the rows from now on."""
        for held in self._draft.values():
            self.put(held)
        self._draft = {}

    def put(self, held: Held) -> None:
        """A changed row that stands."""
        self._rows[held.key] = self._changed[held.key] = held
        for (entity, names), by_values in self._index.items():
            if entity == held.spec.name:
                by_values.setdefault(_values(held, names), set()).add(held.id)

    def discard(self) -> None:
        """The group falls: as if it had not been."""
        self._draft = {}

    def changed(self) -> list[Held]:
        """Rows to be written."""
        return [held for held in self._changed.values() if held.ver != held.at_ver]

    # ------------------------------------------------------------------------------------------- what rules ask

    def get(self, spec: EntitySpec[R], row_id: str) -> R | None:
        """See InvariantReader."""
        held = self.held(spec, row_id)
        return self._typed(held) if held is not None and self._visible(held) else None

    def find(self, spec: EntitySpec[R], **equals: Any) -> list[R]:
        """See InvariantReader."""
        names, values = question(spec, equals)
        if values not in self._answers[spec.name, names]:
            self.ask({(spec.name, names): {values}})
        ids = self._answers[spec.name, names][values] | self._changed_ids(spec, names, values)
        ids |= {held.id for held in self._draft.values() if held.spec is spec}
        found = [held for i in sorted(ids) if (held := self.held(spec, i)) is not None]
        return [self._typed(held) for held in found if self._visible(held) and _values(held, names) == values]

    def ask(self, questions: dict[Question, set[Values]]) -> None:
        """Answer questions from the database ahead, one select per kind of question."""
        for (entity, names), values in questions.items():
            answers, spec = self._answers[entity, names], BY_NAME[entity]
            new = values - answers.keys()
            for one in new:
                answers[one] = set()
            for held in self._store.equal(self._connection, spec, self.tenant, names, new) if new else ():
                answers[_values(held, names)].add(held.id)
                self._rows.setdefault(held.key, held)

    def _typed(self, held: Held) -> Any:
        if held.typed is None:
            held.typed = held.row()
        return held.typed

    def _visible(self, held: Held) -> bool:
        return not held.deleted and held.scope in self.scopes

    def _changed_ids(self, spec: EntitySpec[Any], names: Names, values: Values) -> set[str]:
        key = spec.name, names
        if key not in self._index:
            index = self._index[key] = {}
            for held in self._changed.values():
                if held.spec is spec:
                    index.setdefault(_values(held, names), set()).add(held.id)
        return self._index[key].get(values, set())


def question(spec: EntitySpec[Any], equals: dict[str, Any]) -> tuple[Names, Values]:
    """Sorted names and stored values of what a rule asks."""
    names = tuple(sorted(equals))
    values = tuple(spec.by_name[n].store(equals[n]) if n in spec.by_name else equals[n] for n in names)
    return names, values


def _values(held: Held, names: Names) -> Values:
    return tuple(held.scope if name == "scope_id" else held.values[name] for name in names)


class Overheard:
    """Stands in for a reader while a rule is run only to learn what it will ask."""

    def __init__(self) -> None:
        self.questions: dict[Question, set[Values]] = defaultdict(set)
        self.wanted: dict[str, set[str]] = defaultdict(set)

    def get(self, spec: EntitySpec[R], row_id: str) -> R | None:
        """Note the id."""
        self.wanted[spec.name].add(row_id)
        return None

    def find(self, spec: EntitySpec[R], **equals: Any) -> list[R]:
        """Note the question."""
        names, values = question(spec, equals)
        self.questions[spec.name, names].add(values)
        return []
