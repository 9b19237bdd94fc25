"""Columns of a list: what a row shows, how it looks, how it sorts and what an export writes. No store, no widget.

`columns_of` makes them from an entity's declaration; a page overrides what it shows differently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.schema.entity import Column, EntitySpec
from core.schema.field import Choice, Flag, Mac, Moment, Number
from desktop.models.words import choice_word, label_word, time_word
from desktop.qt.roles import Look

PLAIN = Look()
MONO = Look(mono=True)
QUIET_MONO = Look(mono=True, tone="t2")
STRONG = Look(strong=True)
QUIET = Look(tone="t2")
NUMBER = Look(end=True)
"""Amounts: digits stand under digits, and the head of the column at the same edge."""
QUIET_NUMBER = Look(tone="t2", end=True)

Looks = Look | Callable[[Any], Look]


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column. `text(row)` is what people read (and search, and copy), `look` how it is drawn (all rows, or by row).

    `sort`: in a table from SQL the field to sort by, in a table of joined rows any text to say that it can be sorted;
    empty: it cannot. `order(row)`: the sort key of joined rows, the text by default. `value(row)`: what an export
    writes, the text by default. `drop`: columns with a higher number are left out first where there is no room.
    """

    key: str
    title: str
    text: Callable[[Any], str]
    width: int = 120
    stretch: bool = False
    look: Looks = PLAIN
    sort: str = ""
    order: Callable[[Any], Any] | None = None
    value: Callable[[Any], object] | None = None
    drop: int = 0

    def look_of(self, row: Any) -> Look:
        """How a row's cell is drawn."""
        return self.look if isinstance(self.look, Look) else self.look(row)

    def sort_key(self, row: Any) -> Any:
        """What joined rows are sorted by: the `order`, or the text without regard to letter case."""
        return self.order(row) if self.order else self.text(row).casefold()

    def exported(self, row: Any) -> object:
        """What a sheet gets."""
        return self.value(row) if self.value else self.text(row)


def col(
    key: str,
    title: str,
    text: Callable[[Any], str],
    width: int = 120,
    look: Looks = PLAIN,
    *,
    order: Callable[[Any], Any] | None = None,
    stretch: bool = False,
    sortable: bool = True,
    drop: int = 0,
) -> ListColumn:
    """A column of joined rows; it can be sorted unless said otherwise."""
    return ListColumn(key, title, text, width, stretch, look, key if sortable else "", order, None, drop)


def columns_of(
    spec: EntitySpec[Any],
    show: Iterable[str],
    *,
    overrides: Mapping[str, ListColumn] | None = None,
    now: Callable[[], datetime] | None = None,
    zone: Callable[[], str] = lambda: "",
) -> list[ListColumn]:
    """Columns for the named fields of an entity, in that order; `overrides` by key replace or add.

    `now` and `zone` are asked when a moment is shown. Raises KeyError for a name that is neither field nor override.
    """
    given = overrides or {}
    return [given.get(name) or _column(spec.by_name[name], now, zone) for name in show]


def _column(declared: Column, now: Callable[[], datetime] | None, zone: Callable[[], str]) -> ListColumn:
    name, kind = declared.name, declared.kind

    def text(row: Any) -> str:
        value = getattr(row, name)
        if isinstance(kind, Moment) and value is not None:
            return time_word(value, now() if now else value, zone())
        return shown(declared, value)

    look = MONO if isinstance(kind, Mac) else PLAIN
    secret = kind.secret
    return ListColumn(
        key=name,
        title=label_word(declared.label),
        text=text,
        width=_WIDTHS.get(type(kind), 130),
        look=look,
        sort="" if secret else name,
        value=None if secret else lambda row: exported_value(getattr(row, name)),
    )


_WIDTHS: dict[type, int] = {Mac: 144, Moment: 110, Flag: 60, Number: 80}


def shown(declared: Column, value: Any) -> str:
    """A value as people read it, in the window's language where it is one of a few words."""
    text = declared.kind.show(value)
    if isinstance(declared.kind, Choice | Flag) and text:
        return choice_word(text)
    return text


def exported_value(value: object) -> object:
    """A value as a sheet holds it: numbers stay numbers, everything else becomes its text."""
    if value is None or isinstance(value, (bool, int, float, str, datetime)):
        return value
    return "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)
