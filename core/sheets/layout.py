"""The layout of a file: its columns in their order, how people call them, and which column of a file is which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.schema.entity import Column, EntitySpec
from core.schema.field import Choice, Doc, Flag, Items, Number, Text

REASON = "Reason"
"""Head of the column that a rejects file has behind the others; read back, it is left out without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """One column. `field` is its name for programs."""

    label: str
    field: str
    aliases: tuple[str, ...] = ()
    needed: bool = False
    secret: bool = False
    example: str = ""
    note: str = ""
    choices: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """All heads that mean this column, in the form of `plain_head`."""
        return {plain_head(name) for name in (self.label, self.field, *self.aliases)}


@dataclass(frozen=True)
class Layout:
    """The columns of one kind of file. `headless`: such a file may begin with data, in the order of the columns.

    `suffix`: what its template is called.
    """

    kind: str
    title: str
    columns: tuple[SheetColumn, ...]
    headless: bool = False
    suffix: str = ".xlsx"

    @cached_property
    def by_field(self) -> dict[str, SheetColumn]:
        """Columns by field name."""
        return {c.field: c for c in self.columns}

    @property
    def heads(self) -> tuple[str, ...]:
        """The labels in order."""
        return tuple(c.label for c in self.columns)

    @property
    def example(self) -> tuple[str, ...]:
        """The example row of the template."""
        return tuple(c.example for c in self.columns)

    def line(self, cells: Mapping[str, str]) -> list[str]:
        """A row of an export from its cells by field, in the order of the columns."""
        return [cells.get(c.field, "") for c in self.columns]

    @cached_property
    def _fields(self) -> dict[str, str]:
        return {name: c.field for c in reversed(self.columns) for name in c.names}

    def field_of(self, head: str) -> str | None:
        """The field that a head means; None when it means none."""
        return self._fields.get(plain_head(head))

    def places(self, heads: Sequence[str]) -> dict[str, int]:
        """Field -> index of its column; of two columns with one meaning the first counts."""
        found: dict[str, int] = {}
        for index, head in enumerate(heads):
            field = self.field_of(head)
            if field is not None and field not in found:
                found[field] = index
        return found


def plain_head(text: str) -> str:
    """A head without letter case, blanks, marks and plural brackets: `Mobile-Number *` is `mobilenumber`."""
    return re.sub(r"[^\w]|_", "", text.casefold())


def layout_of(spec: EntitySpec[Any]) -> Layout:
    """The layout of an entity as it is declared, with `UID` (the row's id) behind."""
    columns = [_declared(c) for c in spec.columns if not isinstance(c.kind, Doc)]
    uid = SheetColumn(label="UID", field="id", aliases=("ID of the row",), note="Leave empty for a new row.")
    return Layout(spec.name, f"{spec.label}s", (*columns, uid))


def _declared(column: Column) -> SheetColumn:
    kind = column.kind
    return SheetColumn(
        label=column.label,
        field=column.name,
        aliases=kind.aliases,
        needed=column.required,
        secret=kind.secret,
        example=kind.example,
        note=_bounds(column),
        choices=_choices(column),
    )


def _choices(column: Column) -> tuple[str, ...]:
    if isinstance(column.kind, Choice):
        return tuple(column.kind.show(member) for member in column.kind.of)
    return ("yes", "no") if isinstance(column.kind, Flag) else ()


def _bounds(column: Column) -> str:
    kind = column.kind
    words = "Needed." if column.required else "May be empty."
    if isinstance(kind, Text):
        return f"{words} At most {kind.max_len} characters."
    if isinstance(kind, Number) and kind.high < 2**53:
        return f"{words} From {kind.low} to {kind.high}."
    if isinstance(kind, Items):
        return f"{words} Several with ';' between them, at most {kind.max_items}."
    return words
