"""Edits about which nothing has to be asked: fields of one row, on the version the person saw, that no rule, claim or
reference hangs on. Most edits are like that; they are judged by what they are, at a quarter of the price.

Each is answered just as `core.cloud.judge` would answer it: what is not surely "ok" is left to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.cloud.access import Who
from core.cloud.rows import BadFieldError, Held, canonical
from core.cloud.working import Working
from core.entities import BY_NUMBER
from core.entities.organisation import ACCOUNT, Role
from core.entities.person import RESIDENT
from core.rules.claims import owns_by
from core.rules.concerned import concerned
from core.rules.rights import may_write
from core.rules.sign_in_info import LOCKED_BY_LINKS
from core.schema.entity import EntitySpec
from core.wire.messages import Mutation, MutationAnswer


def is_plain(role: Role, m: Mutation) -> bool:
    """Whether an edit is plain by its fields; what the row is decides the rest."""
    return m.op == "patch" and _shape(role, m.entity, tuple(m.fields)) is not None


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is known of every edit of these fields of this entity."""

    spec: EntitySpec[Any]
    kind: str
    """The kind of scope that its rows are in."""


class PlainEdits:
    """Judges the plain edits of one push."""

    def __init__(self, working: Working, who: Who, kinds: Mapping[str, str], floor: int) -> None:
        self._working = working
        self._who = who
        self._kinds = kinds
        self._floor = floor

    def judge(self, m: Mutation) -> MutationAnswer | None:
        """The answer to an edit that stands by itself; None: it has to be looked at closely."""
        plain = m.op == "patch" and m.origin is None
        shape = _shape(self._who.role, m.entity, tuple(m.fields)) if plain else None
        if shape is None or self._kinds.get(m.scope) != shape.kind:
            return None
        held = self._working.held(shape.spec, m.entity_id)
        if held is None or held.deleted_at is not None or held.scope != m.scope or held.ver > m.base_ver:
            return None
        changed = self._changes(shape.spec, held, m.fields)
        if changed is None:
            return None
        if changed:
            held = self._written(held, changed)
        return MutationAnswer(m.n, m.mut_id, "ok", held.ver)

    def _changes(self, spec: EntitySpec[Any], held: Held, fields: Mapping[str, Any]) -> dict[str, Any] | None:
        """The values that are others than the row's, in canonical form; None where one is not as it should be."""
        try:
            given = canonical(spec, fields)
        except BadFieldError:
            return None
        before = held.values
        changed = {name: value for name, value in given.items() if before[name] != value}
        by_name = spec.by_name
        for name, value in changed.items():
            column = by_name[name]
            if spec.bound_problem(column, column.load(value)) is not None:
                return None
        return changed

    def _written(self, held: Held, changed: dict[str, Any]) -> Held:
        draft = held.copy()
        # Of a row that this push had not changed before, these are all; else they are found by a look at the row.
        draft.touched = tuple(changed) if held.ver == held.at_ver else None
        draft.ver = max(draft.ver, self._floor) + 1
        draft.values.update(changed)
        draft.fver.update(dict.fromkeys(changed, (draft.ver, self._who.replica)))
        self._working.put(draft)
        return draft


@lru_cache(maxsize=4096)
def _shape(role: Role, entity: int, names: tuple[str, ...]) -> _Shape | None:
    spec = BY_NUMBER.get(entity)
    if spec is None or not spec.synced or spec is ACCOUNT or role is Role.MANAGER:
        return None
    if not all(name in spec.by_name for name in names) or not may_write(role, spec.name, "patch", names):
        return None
    written = frozenset(names)
    columns, rules = spec.concerned(written)
    asked = rules or concerned(spec.name, written) or owns_by(spec.name, dict.fromkeys(names))
    points = not written.isdisjoint(c.name for c in spec.refs)
    joined = any(c.kind.merge != "scalar" for c in columns)
    locked = spec is RESIDENT and not written.isdisjoint(LOCKED_BY_LINKS)
    return None if asked or points or joined or locked else _Shape(spec, spec.scope.value)
