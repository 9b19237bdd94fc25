"""Judging of mutations: permission, values, field merge, rules of rows and across rows, claims (sync.md 3.7, 3.9).

Works in memory on the working set of one push; writes nothing. Each group stands or falls as a whole, each one alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.base.words import clean
from core.cloud.access import Access, Who
from core.cloud.claims import Claims
from core.cloud.merge import Merged, author_of, merge_delete, merge_fields, new_values
from core.cloud.permits import forbidden
from core.cloud.plain import PlainEdits
from core.cloud.rehearsal import Rehearsal
from core.cloud.rows import BadFieldError, Held, canonical
from core.cloud.working import Working
from core.entities import BY_NAME, BY_NUMBER
from core.entities.organisation import Role
from core.entities.site import SITE
from core.rules.claims import FIELDS, owns_by
from core.rules.concerned import concerned
from core.rules.invariants import INVARIANTS, REMOVAL_RULES
from core.rules.rights import may_write
from core.schema.entity import EntitySpec, Problem, Scope
from core.schema.field import Ref
from core.wire.messages import Mutation, MutationAnswer

log = logging.getLogger(__name__)
_INSTALLERS = {Role.INSTALLER, Role.SUB_INSTALLER}


class Refused(Exception):
    """A mutation that cannot be, with its reason; leaves this module as an answer."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


class Blocked(Exception):
    """A mutation that waits for one that was refused."""

    def __init__(self, by_n: int) -> None:
        super().__init__(by_n)
        self.by_n = by_n


@dataclass(slots=True)
class Judged:
    """One mutation with what became of it so far."""

    mutation: Mutation
    spec: EntitySpec[Any]
    held: Held
    merged: Merged


class Judge:
    """Judges the mutations of one account in order."""

    def __init__(
        self, working: Working, claims: Claims, who: Who, access: Access, now_ms: int, *, floor: int = 0
    ) -> None:
        self._working = working
        self._claims = claims
        self._who = who
        self._now_ms = now_ms
        self._floor = floor
        self._kinds = {scope: kind for scope, (kind, _) in access.scopes.items()}
        self._failed_n: set[int] = set()
        self._failed_rows: dict[str, int] = {}
        self._waiting_rows: dict[str, int] = {}
        self._group_sites: list[str] = []
        self._plain = PlainEdits(working, who, self._kinds, floor)
        self._rehearsal = Rehearsal(working, claims, who.role)
        self.new_sites: dict[str, str] = {}
        """Site -> organisation of sites made in this push."""

    def prefetch(self, muts: Sequence[Mutation]) -> None:
        """Load in bulk what judging will look at."""
        self._rehearsal.run(muts)

    def judge(self, group: Sequence[Mutation]) -> list[MutationAnswer]:
        """The answers of one mutation, or of a group that stands or falls together."""
        try:
            plain = self._plain.judge(group[0]) if len(group) == 1 and not self._failed_n else None
            if plain is not None:
                return [plain]
            judged = [self._merge(m) for m in group]
            self._check_rows(judged)
            self._take_claims(judged)
        except _GroupFault as fault:
            self._give_up(group, blocked=isinstance(fault.why, Blocked))
            return [self._answer_fault(m, fault) for m in group]
        except Exception:
            # A mutation that makes the service fail is refused, so that it does not hold up those behind it.
            log.exception("A mutation could not be judged: %s", ", ".join(m.mut_id for m in group))
            self._give_up(group, blocked=False)
            words = Refused("internal", "The cloud could not judge this edit. It was kept; please report it.")
            return [self._answer_fault(m, _GroupFault(m, words)) for m in group]
        answers = [self._answer(j) for j in judged]
        self._claims.keep()
        self._working.keep()
        self._group_sites = []
        return answers

    def remember(self, m: Mutation, answer: MutationAnswer) -> None:
        """Take note of an answer given earlier: what needs a refused creation is blocked also in a repeated batch."""
        if answer.status in {"refused", "blocked"}:
            self._note_failure(m, blocked=answer.status == "blocked")

    # ---------------------------------------------------------------------------------------------- one mutation

    def _merge(self, m: Mutation) -> Judged:
        try:
            spec = self._authorised(m)
            fields = self._fields(spec, m)
            held = self._row_of(spec, m)
            merged = self._merge_op(spec, held, m, fields)
            draft = self._working.draft(spec, m.entity_id, m.scope)
            self._write(draft, m, merged)
            return Judged(m, spec, draft, merged)
        except (Refused, Blocked) as fault:
            raise _GroupFault(m, fault) from fault

    def _authorised(self, m: Mutation) -> EntitySpec[Any]:
        spec = BY_NUMBER.get(m.entity)
        if spec is None or not spec.synced:
            raise Refused("entity.unknown", "This cloud does not know this kind of row yet.")
        if m.needs in self._failed_n:
            raise Blocked(int(m.needs or 0))
        if self._failed_rows or self._waiting_rows:
            points = (self._failed_rows[i] for i in _points_at(spec, m) if i in self._failed_rows)
            blocker = self._waiting_rows.get(m.entity_id, next(points, None))
            if blocker is not None:
                raise Blocked(blocker)
        self._check_scope(spec, m)
        if not may_write(self._who.role, spec.name, m.op, m.fields):
            raise Refused("not_allowed", f"Your role does not allow this change ({spec.label.lower()}).")
        return spec

    def _check_scope(self, spec: EntitySpec[Any], m: Mutation) -> None:
        kind = self._kinds.get(m.scope)
        makes_site = spec is SITE and m.op == "create" and m.scope == m.entity_id and kind is None
        if makes_site:
            if self._who.role not in _INSTALLERS or m.fields.get("org_id") != self._who.org:
                raise Refused("not_allowed", "Only an installer adds sites, to its own firm.", "org_id")
        elif kind is None:
            raise Refused("scope_denied", "You have no access to this site any more.")
        elif (kind == "site") != (spec.scope is Scope.SITE):
            raise Refused("scope_denied", f"{spec.label} does not belong there.")

    def _fields(self, spec: EntitySpec[Any], m: Mutation) -> dict[str, Any]:
        unknown = [name for name in m.fields if name not in spec.by_name]
        if unknown:
            raise Refused(
                "field.unknown", "This cloud does not know a field of this row yet.", clean(unknown[0])
            )
        try:
            known = self._rehearsal.fields(m)
            return canonical(spec, m.fields) if known is None else known
        except BadFieldError as fault:
            raise Refused("bad_value", fault.message, fault.name) from fault

    def _row_of(self, spec: EntitySpec[Any], m: Mutation) -> Held | None:
        held = self._working.held(spec, m.entity_id)
        # An edit follows a row that was moved to another site of the account meanwhile.
        followed = held is not None and held.scope in self._working.scopes and m.op in {"patch", "delete"}
        if held is not None and held.scope != m.scope and not followed:
            held = None  # alike for a row of another site, of another firm, and none
            if m.op in {"create", "restore"}:
                raise Refused("row_taken", "This row cannot be added.")
        gone = held is None or held.deleted
        if (
            (m.op == "patch" and gone)
            or (held is None and m.op != "create")
            or (m.op == "create" and held and gone)
        ):
            raise Refused("row_gone", f"{spec.label} was removed before this change arrived.")
        return held

    def _merge_op(
        self, spec: EntitySpec[Any], held: Held | None, m: Mutation, fields: dict[str, Any]
    ) -> Merged:
        if m.op == "delete":
            return merge_delete(held, m.base_ver, self._maker(m)) if held else Merged()
        if held is None or held.deleted:
            given = {**(held.values if held else new_values(spec)), **fields}
            missing = next((name for name in spec.names if name not in given), None)
            if missing:
                raise Refused("bad_value", f"{spec.by_name[missing].label} is missing.", missing)
            return Merged(applied=given, whole=True)
        return merge_fields(held, fields, m.base_ver, self._maker(m))

    def _maker(self, m: Mutation) -> str:
        return m.origin or self._who.replica

    def _write(self, draft: Held, m: Mutation, merged: Merged) -> None:
        if not merged.changes:
            return
        # A carried edit is the own one of both replicas: neither stands in its own way with what comes after.
        author = author_of(self._maker(m), self._who.replica)
        draft.typed = None
        draft.ver = max(draft.ver + 1, self._floor + 1)
        if merged.removes:
            draft.deleted_at = self._now_ms
        elif merged.whole:
            draft.deleted_at = None
            draft.values, draft.fver = dict(merged.applied), {"*": (draft.ver, author)}
        else:
            draft.values.update(merged.applied)
            draft.fver.update(dict.fromkeys(merged.applied, (draft.ver, author)))
        if merged.whole and draft.spec is SITE and m.scope not in self._kinds:
            self._kinds[m.scope] = "site"
            self._working.scopes.add(m.scope)
            self.new_sites[m.scope] = self._who.org
            self._group_sites.append(m.scope)

    # ------------------------------------------------------------------------------------ rows, rules and claims

    def _check_rows(self, judged: Sequence[Judged]) -> None:
        """Rules run when the whole group is in place: only then is a swap of two PINs no clash."""
        for one, merges in _by_row(judged):
            if not any(merged.changes for merged in merges):
                continue
            written = {name for merged in merges for name in merged.applied}
            try:
                problem = forbidden(self._working, self._who, one.held, written) or (
                    self._removal_problem(one) if one.held.deleted else self._row_problem(one, written)
                )
            except (ValueError, TypeError, AttributeError) as fault:
                words = Refused("bad_value", f"{one.spec.label} holds a value that makes no sense.")
                raise _GroupFault(one.mutation, words) from fault
            if problem is not None:
                raise _GroupFault(one.mutation, Refused(problem.code, problem.message, problem.field))

    def _row_problem(self, one: Judged, written: set[str]) -> Problem | None:
        row = self._rehearsal.row(one.held)
        one.held.typed = row
        # What was not changed is not judged again, as in the mirror: a newer version may have written it.
        own = one.spec.problems(row, changed=None if one.merged.whole else written)
        if own:
            return own[0]
        for column in one.spec.refs:
            target = one.held.values[column.name] if column.name in written else None
            if target is not None and not self._reachable(one, column.kind, target):
                words = f"{column.label} does not exist any more."
                return Problem(column.name, f"{one.spec.name}.{column.name}.unknown", words)
        name = one.spec.name
        rules = INVARIANTS.get(name, ()) if one.merged.whole else concerned(name, frozenset(written))
        return next((p for rule in rules for p in rule(self._working, row)), None)

    def _removal_problem(self, one: Judged) -> Problem | None:
        before = self._working.before(one.held)
        rules = REMOVAL_RULES.get(one.spec.name, ())
        if before is None or before.deleted or not rules:
            return None
        row = before.row()
        return next((p for rule in rules for p in rule(self._working, row)), None)

    def _reachable(self, one: Judged, kind: object, target: object) -> bool:
        """A row may point into its own scope, and at what the firm holds; a row of the firm at a site (MAC-05)."""
        if not isinstance(kind, Ref) or not isinstance(target, str):
            return False
        spec = BY_NAME[kind.to]
        held = self._working.held(spec, target)
        if held is None or held.deleted or held.scope not in self._working.scopes:
            return spec.scope is Scope.ORG and target == self._who.org
        of_firm = one.spec.scope is Scope.ORG and spec is SITE
        return held.scope == one.held.scope or spec.scope is Scope.ORG or of_firm

    def _take_claims(self, judged: Sequence[Judged]) -> None:
        last = {j.held.key: j for j in judged if _moves_claims(j)}
        if not last:
            return
        pairs = [(self._working.before(j.held), j.held) for j in last.values()]
        lost = self._claims.move(pairs)
        if lost is not None:
            one = next(j for j in last.values() if j.held.id == lost.row_id)
            code, words = self._claims.refusal(lost, self._working.scopes)
            raise _GroupFault(one.mutation, Refused(code, words, FIELDS[lost.kind]))

    # --------------------------------------------------------------------------------------------------- answers

    def _give_up(self, group: Sequence[Mutation], *, blocked: bool) -> None:
        self._working.discard()
        self._claims.discard()
        for m in group:
            self._note_failure(m, blocked=blocked)
        for site in self._group_sites:
            del self.new_sites[site], self._kinds[site]
            self._working.scopes.discard(site)
        self._group_sites = []

    def _note_failure(self, m: Mutation, *, blocked: bool) -> None:
        """What builds on a creation that failed waits, and so does a later edit of a row of which an edit waits: the
        other way round the older edit would end on top.
        """
        self._failed_n.add(m.n)
        if blocked:
            self._waiting_rows.setdefault(m.entity_id, m.n)
        if m.op == "create":
            self._failed_rows.setdefault(m.entity_id, m.n)

    def _answer(self, one: Judged) -> MutationAnswer:
        m, merged, held = one.mutation, one.merged, one.held
        followed = held.scope != m.scope and not held.deleted
        image = self._image(held) if merged.clashes or merged.others or followed else None
        if image is not None and followed:
            image["scope_id"] = held.scope
        status = "conflict" if merged.clashes else "merged" if merged.others or followed else "ok"
        return MutationAnswer(m.n, m.mut_id, status, held.ver, image, clashes=merged.clashes)  # type: ignore[arg-type]

    def _answer_fault(self, m: Mutation, fault: _GroupFault) -> MutationAnswer:
        why = fault.why
        image, ver = self._present_image(m)
        if isinstance(why, Blocked):
            return MutationAnswer(m.n, m.mut_id, "blocked", ver, blocked_by=why.by_n)
        if m.n != fault.mutation.n:
            words = f"This stands or falls with another edit, which was refused: {why.message}"
            return MutationAnswer(m.n, m.mut_id, "refused", ver, image, "group_refused", words)
        return MutationAnswer(m.n, m.mut_id, "refused", ver, image, why.code, why.message, why.field)

    def _present_image(self, m: Mutation) -> tuple[dict[str, Any] | None, int]:
        """The row as it stands, for an account that may see it."""
        spec = BY_NUMBER.get(m.entity)
        held = self._working.held(spec, m.entity_id) if spec is not None and spec.synced else None
        if held is None or held.scope != m.scope or held.scope not in self._working.scopes:
            return None, 0
        return (None if held.deleted else self._image(held)), held.ver

    def _image(self, held: Held) -> dict[str, Any]:
        return dict(held.values)


def _by_row(judged: Sequence[Judged]) -> Iterable[tuple[Judged, list[Merged]]]:
    """The last edit of each row of a group, and what its edits come to."""
    if len(judged) == 1:
        return [(judged[0], [judged[0].merged])]
    last = {j.held.key: j for j in judged}.values()
    return [(one, [j.merged for j in judged if j.held is one.held]) for one in last]


def _moves_claims(one: Judged) -> bool:
    """Whether what the row owns may be other than before."""
    merged = one.merged
    return merged.whole or merged.removes or owns_by(one.spec.name, merged.applied)


def _points_at(spec: EntitySpec[Any], m: Mutation) -> Iterable[str]:
    yield m.entity_id
    yield from (v for c in spec.refs if isinstance(v := m.fields.get(c.name), str))


class _GroupFault(Exception):
    """The mutation of a group at which it fell, and why."""

    def __init__(self, mutation: Mutation, why: Refused | Blocked) -> None:
        super().__init__(str(why))
        self.mutation = mutation
        self.why = why
