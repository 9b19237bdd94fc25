"""A form without widgets: texts as typed, what is changed, what is wrong with it and where. Survives its page.

Texts are what `parse` of a field's kind reads: the same form that the command line and sheets use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError
from core.schema.entity import Column, EntitySpec, Problem
from core.schema.field import BadValueError, Choice, Field, Items, Moment, Ref, Text
from desktop.models.words import label_word, translate
from desktop.qt.language import spoken


@dataclass(frozen=True, slots=True)
class DraftField:
    """One field of a form. `hint` stands beside the label, `locked` shows it without letting it be changed."""

    name: str
    kind: Field
    label: str
    required: bool = False
    optional: bool = True
    hint: str = ""
    locked: bool = False

    @classmethod
    def of(cls, column: Column, *, hint: str = "", locked: bool = False) -> DraftField:
        """The field of a declared column."""
        return cls(
            column.name, column.kind, label_word(column.label), column.required, column.optional, hint, locked
        )


Check = Callable[[Mapping[str, Any]], Sequence[Problem]]


def text_of(kind: Field, value: Any) -> str:
    """The text of a value in the form that `parse` reads."""
    if value is None:
        return ""
    if isinstance(kind, Choice):
        return str(value)
    if isinstance(kind, Moment | Items):
        return kind.show(value)
    if isinstance(kind, Ref) or kind.secret:
        return str(value)
    return kind.show(value) if kind.sql == "TEXT" or isinstance(value, bool) else str(value)


class RecordDraft(QObject):
    """Signal `changed(str)`: the name of the field whose text or fault changed, empty for all of them.

    `check` gets the values that could be read and gives the faults beyond single fields. A fault of a field that was
    not touched yet is kept to itself until `show_all`.
    """

    changed = Signal(str)

    def __init__(
        self,
        fields: Sequence[DraftField],
        values: Mapping[str, Any],
        *,
        check: Check = lambda _v: (),
        new: bool = False,
    ) -> None:
        super().__init__()
        self.fields = {f.name: f for f in fields}
        self.new = new
        self._check = check
        self._base = {f.name: text_of(f.kind, values.get(f.name)) for f in fields}
        self._texts = dict(self._base)
        self._touched: set[str] = set()
        self._told: dict[str, str] = {}
        self._faults: dict[str, str] = {}
        self.general = ""
        """What a use case refused that no single field explains."""
        self._judge()

    def add_field(self, field: DraftField, value: Any) -> None:
        """One more field, beside those of the entity."""
        self.fields[field.name] = field
        self._base[field.name] = self._texts[field.name] = text_of(field.kind, value)
        self._judge()

    def lock(self, names: Iterable[str]) -> None:
        """Show these fields without letting them be changed: they are somebody else's."""
        for name in names:
            self.fields[name] = replace(self.fields[name], locked=True)

    # -- texts

    def text(self, name: str) -> str:
        """The text of a field as typed."""
        return self._texts[name]

    def set_text(self, name: str, text: str) -> None:
        """A person typed or chose."""
        if text == self._texts[name]:
            return
        self._texts[name] = text
        self._touched.add(name)
        self._told.pop(name, None)
        self.general = ""
        self._judge()
        self.changed.emit("")

    def dirty(self) -> list[str]:
        """Names of the fields whose text differs from what is saved."""
        return [name for name, text in self._texts.items() if text != self._base[name]]

    def changes(self) -> dict[str, str]:
        """What to save: the changed texts; for something new all that say anything."""
        if self.new:
            return {name: text for name, text in self._texts.items() if text or name in self.dirty()}
        return {name: self._texts[name] for name in self.dirty()}

    def values(self) -> dict[str, Any]:
        """The values that can be read; a field without a text is None when it may be."""
        found: dict[str, Any] = {}
        for name, field in self.fields.items():
            if not self._texts[name]:
                if field.optional:
                    found[name] = None
                elif isinstance(field.kind, Text):
                    found[name] = ""
                continue
            try:
                found[name] = field.kind.parse(self._texts[name])
            except BadValueError:
                continue
        return found

    def revert(self) -> None:
        """Back to what is saved."""
        self._texts = dict(self._base)
        self._touched.clear()
        self._told.clear()
        self.general = ""
        self._judge()
        self.changed.emit("")

    def rebase(self, values: Mapping[str, Any]) -> None:
        """What is saved changed, here or elsewhere: untouched fields follow, edited ones stay as typed."""
        for name, field in self.fields.items():
            if name not in values:
                continue
            text = text_of(field.kind, values[name])
            if self._texts[name] == self._base[name]:
                self._texts[name] = text
            self._base[name] = text
        self._judge()
        self.changed.emit("")

    def rebase_on(self, fresh: RecordDraft) -> None:
        """As `rebase`, on what another draft of the same fields starts from."""
        for name in self.fields:
            if name in fresh.fields:
                if self._texts[name] == self._base[name]:
                    self._texts[name] = fresh._base[name]
                self._base[name] = fresh._base[name]
        self._judge()
        self.changed.emit("")

    # -- faults

    def fault(self, name: str) -> str:
        """What is wrong with a field, as a sentence; empty while nothing is, or nobody has touched it."""
        if name in self._told:
            return self._told[name]
        shown = name in self._touched or not self.new or bool(self._texts[name])
        return self._faults.get(name, "") if shown else ""

    def faults(self) -> dict[str, str]:
        """Every fault, shown or not, by field."""
        return self._faults | self._told

    def refuse(self, error: GatewrightError) -> None:
        """Show what a use case refused beside its field, or for the whole form where it names none of ours."""
        words = spoken(error)
        if error.field in self.fields:
            self._told[error.field] = words
            self._touched.add(error.field)
        else:
            self.general = words
        self.changed.emit("")

    def show_all(self) -> None:
        """The person wants to save: from now on every fault is shown."""
        self._touched.update(self.fields)
        self.changed.emit("")

    @property
    def can_save(self) -> bool:
        """Whether there is something to save and nothing known to be wrong."""
        return not self.faults() and (bool(self.dirty()) or self.new)

    def reason(self) -> str:
        """Why Save is off, in words; empty when it is on."""
        if count := len(self.faults()):
            first = next(iter(self.faults()))
            label = self.fields[first].label
            if count == 1:
                return translate("{0} is missing or wrong.").format(label)
            return translate("{0} fields are missing or wrong, first {1}.").format(count, label)
        return "" if self.can_save else translate("Nothing was changed.")

    def summary(self) -> str:
        """The words at the foot: `3 changes, draft kept. 1 fault`."""
        edits, wrong = len(self.dirty()), sum(1 for n in self.fields if self.fault(n))
        parts = []
        if edits:
            words = (
                translate("1 change, draft kept.") if edits == 1 else translate("{0} changes, draft kept.")
            )
            parts.append(words.format(edits))
        if wrong:
            parts.append((translate("1 fault") if wrong == 1 else translate("{0} faults")).format(wrong))
        return " ".join(parts)

    def _judge(self) -> None:
        faults: dict[str, str] = {}
        for name, field in self.fields.items():
            if words := self._own_fault(field, self._texts[name]):
                faults[name] = words
        if not faults:
            for problem in self._check(self.values()):
                faults.setdefault(problem.field, spoken(problem.message))
        self._faults = faults

    def _own_fault(self, field: DraftField, text: str) -> str:
        if not text:
            return translate("{0} is missing.").format(field.label) if field.required else ""
        try:
            value = field.kind.parse(text)
        except BadValueError as fault:
            return f"{field.label} {fault}."
        words = field.kind.problem(value)
        return f"{field.label} {words}." if words else ""


def draft_of(
    spec: EntitySpec[Any],
    row: Any,
    names: Sequence[str],
    *,
    hints: Mapping[str, str] | None = None,
    new: bool = False,
) -> RecordDraft:
    """A draft of some fields of an entity's row; `row` is the saved one, or a blank one for something new.

    The entity's own rules are checked on the row as it would be saved.
    """
    fields = [DraftField.of(spec.by_name[n], hint=(hints or {}).get(n, "")) for n in names]

    def check(values: Mapping[str, Any]) -> list[Problem]:
        own = {name: value for name, value in values.items() if name in spec.by_name}
        full = {c.name: getattr(row, c.name) for c in spec.columns} | own
        made = spec.row(id=row.id, scope_id=row.scope_id, ver=row.ver, **full)
        return [p for rule in spec.rules for problem in [rule(made)] for p in problem if p.field in names]

    return RecordDraft(fields, {n: getattr(row, n) for n in names}, check=check, new=new)
