"""Cross-row rules for many rows at once: their questions are answered from a few queries (style: no query per row)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from core.rules.cards import widths_of
from core.schema.entity import EntitySpec, R
from core.store.reader import Reader

T = TypeVar("T")
_Index = dict[tuple[Any, ...], list[Any]]


class BatchReader:
    """An InvariantReader for rows of one entity that are to be added together.

    Rules ask for rows that share some fields with the row at hand. The first such question fetches what shares them
    with any row of the batch; the others are answered from memory. Rows that passed are seen by those after them.
    """

    def __init__(self, reader: Reader, spec: EntitySpec[Any], rows: Sequence[Any]) -> None:
        self._reader = reader
        self._spec = spec
        self._rows = rows
        self._passed: list[Any] = []
        self._indexes: dict[tuple[str, ...], _Index | None] = {}
        self._covered: dict[tuple[str, ...], tuple[str, set[Any]]] = {}
        """Per question the field by which rows were fetched, and of which of its values all rows are in the index."""
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._others: dict[tuple[Any, ...], Any] = {}
        """Answers about other entities, which nobody changes while the batch is judged."""

    def get(self, spec: EntitySpec[R], row_id: str) -> R | None:
        """See `InvariantReader.get`."""
        if spec.name == self._spec.name:
            return self._reader.get(spec, row_id)
        key = (spec.name, row_id)
        if key not in self._others:
            self._others[key] = self._reader.get(spec, row_id)
        return self._others[key]  # type: ignore[no-any-return]

    def find(self, spec: EntitySpec[R], **equals: Any) -> list[R]:
        """See `InvariantReader.find`."""
        if spec.name != self._spec.name:
            key = (spec.name, *equals.items())
            if key not in self._others:
                self._others[key] = self._reader.find(spec, **equals)
            return list(self._others[key])
        names = tuple(equals)
        if names not in self._indexes:
            self._indexes[names] = self._fetch(names)
        index = self._indexes[names]
        values = tuple(equals.values())
        if index is None:
            mine = [row for row in self._passed if _values(row, names) == values]
            return [*self._reader.find(spec, **equals), *mine]
        lead, covered = self._covered[names]
        if equals[lead] not in covered:
            # A rule may ask for what no row of the batch has: a card with other zeros in front, a neighbouring site.
            return [*self._reader.find(spec, **equals), *index.get(values, ())]
        return list(index.get(values, ()))

    def _once(self, key: tuple[Any, ...], ask: Callable[[], T]) -> T:
        """Nothing of other entities changes while a batch is judged, so the same question has the same answer."""
        if key not in self._answers:
            self._answers[key] = ask()
        answer: T = self._answers[key]
        return answer

    def passed(self, row: Any) -> None:
        """Let the rows after it see this one."""
        self._passed.append(row)
        for names, index in self._indexes.items():
            if index is not None:
                index.setdefault(_values(row, names), []).append(row)

    def _fetch(self, names: tuple[str, ...]) -> _Index | None:
        """Rows of the mirror by the values of these fields; None when no index of the table leads to them."""
        kinds = self._spec.by_name
        leads = [name for name in names if name in kinds and kinds[name].kind.indexed]
        if not leads:
            return None
        lead = max(leads, key=lambda name: len({getattr(row, name) for row in self._rows}))
        wanted = {value for row in self._rows if (value := getattr(row, lead)) is not None}
        if lead in self._spec.secrets:
            # A card is asked for with every number of zeros in front. All of them are looked up, not the whole site: an
            # import of a hundred thousand people would fetch the site with each of its transactions.
            wanted |= {spelled for code in wanted for spelled in widths_of(code)}
        self._covered[names] = (lead, set(wanted))
        return _index(names, [*self._reader.find_in(self._spec, lead, wanted), *self._passed])


def _index(names: tuple[str, ...], rows: Iterable[Any]) -> _Index:
    index: _Index = {}
    for row in rows:
        index.setdefault(_values(row, names), []).append(row)
    return index


def _values(row: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)
