"""Row, EntitySpec and `spec_of`: how an entity is declared, once. Behaviour is never declared."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from core.schema.field import Choice, Doc, Field, Flag, Mac, Ref, Stored

_MISSING: Any = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every row has: its id, the scope it belongs to (a site or an organisation), and the cloud's version.

    `ver` is 0 until the cloud has accepted the row (sync.md 3.2).
    """

    id: str
    scope_id: str = ""
    ver: int = 0


class Scope(Enum):
    """Who may see a row as a unit."""

    SITE = "site"
    ORG = "org"
    LOCAL = "local"
    """Never leaves the workstation."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of one row: the field, a stable code, and a sentence."""

    field: str
    code: str
    message: str


R = TypeVar("R", bound=Row)


RowRule = Callable[[Any], Iterator[Problem]]
"""A rule of one row by its own fields."""
Rule = TypeVar("Rule", bound=RowRule)
_REMEMBERED = 1000
"""Sets of fields whose rules are remembered: people and programs change few different ones."""


def looks_at(*names: str) -> Callable[[Rule], Rule]:
    """Declare the fields that a rule of a row looks at: a change of others does not ask it. Without it a rule is asked
    about every change.
    """

    def declared(rule: Rule) -> Rule:
        rule.looks_at = frozenset(names)  # type: ignore[attr-defined]
        return rule

    return declared


@dataclass(frozen=True, slots=True)
class Column:
    """One declared field of an entity, with what the annotation says about it."""

    name: str
    kind: Field
    optional: bool
    required: bool
    default: Any

    @property
    def label(self) -> str:
        """The word people see."""
        return self.kind.label or self.name.replace("_", " ").capitalize()

    def store(self, value: Any) -> Stored:
        """The stored form; None stays None."""
        return None if value is None else self.kind.store(value)

    def load(self, stored: Any) -> Any:
        """The Python value; None stays None."""
        return None if stored is None else self.kind.load(stored)


@dataclass(frozen=True)
class EntitySpec(Generic[R]):
    """The declaration of one entity. Tables, sync, forms, lists, import and export are derived from it.

    `number` is its place on the wire and never changes. `columns` are in wire order: append only.
    `title` names the fields that make its short name for people. `natural_key` is how an import finds a row.
    `parents` are the Ref fields without which the row makes no sense.
    """

    row: type[R]
    name: str
    number: int
    label: str
    scope: Scope
    columns: tuple[Column, ...]
    title: tuple[str, ...]
    natural_key: tuple[str, ...]
    rules: tuple[RowRule, ...]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by field name."""
        return {c.name: c for c in self.columns}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Field names in wire order."""
        return tuple(c.name for c in self.columns)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Names of fields that must not be shown, logged or kept in clear by the cloud."""
        return frozenset(c.name for c in self.columns if c.kind.secret)

    @cached_property
    def refs(self) -> tuple[Column, ...]:
        """The columns that point at other entities."""
        return tuple(c for c in self.columns if isinstance(c.kind, Ref))

    @property
    def synced(self) -> bool:
        """Whether rows of this entity travel to the cloud."""
        return self.scope is not Scope.LOCAL

    @cached_property
    def _loaders(self) -> tuple[tuple[int, dict[Stored, Any], Callable[[Any], Any]], ...]:
        """The fields whose Python value is not the stored one, by their place behind id, scope and version, with the
        values that most rows have. Most texts and numbers are taken as they are.
        """
        other = [(place, c) for place, c in enumerate(self.columns, 3) if type(c.kind).load is not Field.load]
        return tuple((place, _usual_values(c), c.kind.load) for place, c in other)

    @cached_property
    def _setters(self) -> tuple[Callable[[Any, Any], None], ...]:
        """What writes each field of a new row. The constructor of a frozen class takes four times as long: it is for
        rows that people's programs make, not for those that were checked when they were written.
        """
        return tuple(_setter(self.row, name) for name in ("id", "scope_id", "ver", *self.names))

    @cached_property
    def _values(self) -> Callable[[Any], tuple[Any, ...]]:
        """All fields of a row at once."""
        names = self.names
        return attrgetter(*names) if len(names) > 1 else lambda row: (getattr(row, names[0]),)

    @cached_property
    def _storers(self) -> tuple[tuple[str, Callable[[Any], Stored], bool], ...]:
        """Name, function, and whether a plain text is stored as it is."""
        return tuple((c.name, c.kind.store, type(c.kind).store is Field.store) for c in self.columns)

    def load(self, stored: Sequence[Any]) -> R:
        """A row from `(id, scope_id, ver, *fields)` in stored form."""
        values = [*stored]
        for place, usual, load in self._loaders:
            if (value := values[place]) is not None:
                found = usual.get(value, _MISSING)
                values[place] = load(value) if found is _MISSING else found
        row: R = object.__new__(self.row)
        for write, value in zip(self._setters, values, strict=True):
            write(row, value)
        return row

    def store(self, row: R) -> dict[str, Stored]:
        """All fields of a row in stored form, without id, scope and version."""
        values: dict[str, Stored] = {}
        for (name, store, plain), value in zip(self._storers, self._values(row), strict=True):
            values[name] = value if value is None or (plain and type(value) is str) else store(value)
        return values

    def differences(self, old: R, new: R) -> dict[str, tuple[Stored, Stored]]:
        """`{field: (was, is)}` in stored form, for fields that differ."""
        changed = [c for c in self.columns if getattr(old, c.name) != getattr(new, c.name)]
        pairs = ((c.name, c.store(getattr(old, c.name)), c.store(getattr(new, c.name))) for c in changed)
        return {name: (was, now) for name, was, now in pairs if was != now}

    def name_of(self, row: R) -> str:
        """The short name of a row for people."""
        words = [self.by_name[f].kind.show(getattr(row, f)) for f in self.title]
        return " ".join(w for w in words if w) or self.label

    def problems(self, row: R, *, changed: Collection[str] | None = None) -> list[Problem]:
        """Every fault of a row by its own fields: bounds of kinds first, then the entity's rules.

        With `changed`, bounds of those fields only, and the rules that look at one of them: what a newer version wrote
        elsewhere in the row may stay.
        """
        wanted, rules = self.columns, self.rules
        if changed is not None:
            wanted, rules = self.concerned(frozenset(changed))
        found = [p for c in wanted if (p := self.bound_problem(c, getattr(row, c.name))) is not None]
        return found or [problem for rule in rules for problem in rule(row)]

    def concerned(self, changed: frozenset[str]) -> tuple[tuple[Column, ...], tuple[RowRule, ...]]:
        """The columns of these fields, and the row's own rules that look at one of them."""
        found = self._concerned.get(changed)
        if found is None:
            columns = tuple(c for c in self.columns if c.name in changed)
            rules = tuple(r for r in self.rules if not changed.isdisjoint(getattr(r, "looks_at", changed)))
            found = columns, (rules if changed else ())
            if len(self._concerned) < _REMEMBERED:
                self._concerned[changed] = found
        return found

    @cached_property
    def _concerned(self) -> dict[frozenset[str], tuple[tuple[Column, ...], tuple[RowRule, ...]]]:
        return {}

    def bound_problem(self, column: Column, value: Any) -> Problem | None:
        """Why a Python value does not fit its field; None: it does."""
        # A default is in bounds, and most fields of most rows are the default itself.
        if value is column.default and not column.required:
            return None
        return _bound_problem(self, column, value)


def _usual_values(column: Column) -> dict[Stored, Any]:
    """By stored form: the default, and what a field with few values can hold."""
    stored = [] if column.required else [column.store(column.default)]
    stored += [0, 1] if isinstance(column.kind, Flag) else []
    stored += [m.value for m in column.kind.of] if isinstance(column.kind, Choice) else []
    return {value: column.load(value) for value in stored if value is not None}


def _setter(row: type[Row], name: str) -> Callable[[Any, Any], None]:
    """Writes a field of a frozen row that nobody has seen yet."""
    slot = getattr(row, name, None)
    if isinstance(slot, types.MemberDescriptorType):
        return slot.__set__
    return lambda made, value: object.__setattr__(made, name, value)


def _bound_problem(spec: EntitySpec[Any], column: Column, value: Any) -> Problem | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        if column.required:
            return Problem(column.name, f"{spec.name}.{column.name}.missing", f"{column.label} is missing.")
        if value is None:
            return None
    if (isinstance(column.kind, Mac | Ref)) and value == "":
        return None
    words = column.kind.problem(value)
    return (
        Problem(column.name, f"{spec.name}.{column.name}.bounds", f"{column.label} {words}.")
        if words
        else None
    )


def _column(name: str, hint: Any, default: Any) -> Column:
    if get_origin(hint) is not Annotated:
        msg = f"field {name} has no kind"
        raise TypeError(msg)
    python, *notes = get_args(hint)
    kinds = [n for n in notes if isinstance(n, Field)]
    if len(kinds) != 1:
        msg = f"field {name} needs exactly one kind"
        raise TypeError(msg)
    optional = get_origin(python) in {Union, types.UnionType} and type(None) in get_args(python)
    required = default is MISSING
    return Column(name, kinds[0], optional, required and not optional, None if required else default)


def spec_of(
    row: type[R],
    *,
    name: str,
    number: int,
    label: str,
    scope: Scope,
    title: tuple[str, ...],
    natural_key: tuple[str, ...] = (),
    rules: tuple[Callable[[R], Iterator[Problem]], ...] = (),
) -> EntitySpec[R]:
    """Read a row class's annotations once; a wrong declaration fails here, at import."""
    hints = get_type_hints(row, include_extras=True)
    own = [f for f in fields(row) if f.name not in {"id", "scope_id", "ver"}]
    columns = tuple(_column(f.name, hints[f.name], f.default) for f in own)
    known = {c.name for c in columns}
    if unknown := (set(title) | set(natural_key)) - known:
        msg = f"{name}: no such field: {', '.join(sorted(unknown))}"
        raise TypeError(msg)
    if scope is not Scope.LOCAL and any(isinstance(c.kind, Doc) for c in columns):
        msg = f"{name}: a Doc may not travel"
        raise TypeError(msg)
    return EntitySpec(row, name, number, label, scope, columns, title, natural_key, rules)


def parse_fields(spec: EntitySpec[Any], texts: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """Typed values of what a person typed, by field name, and the faults by field."""
    values: dict[str, Any] = {}
    faults: list[Problem] = []
    for name, text in texts.items():
        column = spec.by_name.get(name)
        if column is None:
            faults.append(Problem(name, f"{spec.name}.unknown_field", f"{spec.label} has no field '{name}'."))
            continue
        if text == "" and (column.optional or not column.required) and not isinstance(column.kind, Choice):
            values[name] = None if column.optional else column.default
            continue
        try:
            values[name] = column.kind.parse(text)
        except ValueError as fault:
            faults.append(Problem(name, f"{spec.name}.{name}.parse", f"{column.label} {fault}."))
    return values, faults
