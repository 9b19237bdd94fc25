"""Before a push is judged: everything that judging will look at is loaded in bulk, with one question per kind (sync.md
3.7). To learn what that is, the rules are run once on rows as the edits would leave them, and only overheard.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from core.cloud.claims import Claims
from core.cloud.merge import new_values
from core.cloud.plain import is_plain
from core.cloud.rows import BadFieldError, Held, canonical
from core.cloud.working import Overheard, Working
from core.entities import BY_NAME, BY_NUMBER
from core.entities.organisation import Role
from core.rules.claims import owns_by
from core.rules.concerned import concerned
from core.rules.invariants import INVARIANTS, REMOVAL_RULES, Rule
from core.schema.entity import EntitySpec
from core.schema.field import Ref
from core.wire.messages import Mutation


class Rehearsal:
    """What was found out about one push; most edits come to stand just so."""

    def __init__(self, working: Working, claims: Claims, role: Role) -> None:
        self._working = working
        self._claims = claims
        self._role = role
        self._overheard = Overheard()
        self._fields: dict[int, dict[str, Any]] = {}
        self._rows: dict[tuple[str, str], tuple[dict[str, Any], Any]] = {}

    def run(self, muts: Sequence[Mutation]) -> None:
        """Load the rows, what they point at, what rules will ask; note which claims will be looked at."""
        known = [
            (m, BY_NUMBER[m.entity]) for m in muts if m.entity in BY_NUMBER and BY_NUMBER[m.entity].synced
        ]
        for spec in {spec.name: spec for _, spec in known}.values():
            self._working.load(spec, [m.entity_id for m, s in known if s is spec], lock=True)
        for mutation, spec in known:
            if not is_plain(self._role, mutation):
                self._overhear(mutation, spec)
        for name, ids in self._overheard.wanted.items():
            self._working.load(BY_NAME[name], ids)
        self._working.ask(self._overheard.questions)

    def fields(self, m: Mutation) -> dict[str, Any] | None:
        """An edit's values in canonical form, where they could be read."""
        return self._fields.get(m.n)

    def row(self, held: Held) -> Any:
        """The typed row of a draft."""
        known = self._rows.get(held.key)
        as_thought = known is not None and known[0] == held.values and known[1].scope_id == held.scope
        return known[1] if known is not None and as_thought else held.row()

    def _overhear(self, m: Mutation, spec: EntitySpec[Any]) -> None:
        held = self._working.held(spec, m.entity_id)
        for column in spec.refs:
            target = m.fields.get(column.name)
            if isinstance(target, str) and isinstance(column.kind, Ref):
                self._overheard.wanted[column.kind.to].add(target)
        try:
            fields = self._fields[m.n] = canonical(spec, m.fields)
            rules, owns = _rules_for(spec, m), m.op != "patch" or owns_by(spec.name, fields)
            if not rules and not owns:
                return
            values = {**(held.values if held else new_values(spec)), **fields}
            if owns:
                self._claims.expect(spec, m.scope, values)
            if not rules:
                return
            row = Held(spec, self._working.tenant, m.entity_id, m.scope, 0, values).row()
            self._rows[spec.name, m.entity_id] = (values, row)
        except (BadFieldError, KeyError, ValueError, TypeError):
            return  # it will be refused for that reason when its turn comes
        with suppress(Exception):  # it shows again when the edit is judged, and is handled there
            for rule in rules:
                list(rule(self._overheard, row))


def _rules_for(spec: EntitySpec[Any], m: Mutation) -> Sequence[Rule]:
    """The rules that will be asked about an edit."""
    if m.op == "patch":
        return concerned(spec.name, frozenset(m.fields))
    return (REMOVAL_RULES if m.op == "delete" else INVARIANTS).get(spec.name, ())
