"""Reading rows of the mirror inside one connection: by id, by equality. Shared by readers and transactions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from core.base.errors import NotFoundError
from core.schema.entity import Column, EntitySpec, R
from core.store.tables import FIXED, table_of


class Reader:
    """A consistent view of the mirror. `connection` is for store modules and reports that need a join."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def get(self, spec: EntitySpec[R], row_id: str) -> R | None:
        """The row of that id."""
        found = self._rows(spec, id=row_id)
        return found[0] if found else None

    def require(self, spec: EntitySpec[R], row_id: str) -> R:
        """The row of that id, or NotFoundError."""
        row = self.get(spec, row_id)
        if row is None:
            raise NotFoundError(
                f"{spec.name}.unknown", f"There is no {spec.label.lower()} with the id {row_id[:40]}."
            )
        return row

    def find(self, spec: EntitySpec[R], **equals: Any) -> list[R]:
        """All rows whose fields equal the given Python values (None means empty), in order of creation here."""
        return self._rows(spec, **equals)

    def first(self, spec: EntitySpec[R], **equals: Any) -> R | None:
        """The oldest such row."""
        found = self._rows(spec, **equals)
        return found[0] if found else None

    def find_in(self, spec: EntitySpec[R], field: str, values: Iterable[Any]) -> list[R]:
        """All rows whose field is one of many values; asks in pieces of 500."""
        column = spec.by_name.get(field)
        stored = [column.store(v) if column else v for v in values]
        rows: list[R] = []
        table = table_of(spec)
        for start in range(0, len(stored), 500):
            query = select(*_columns(spec)).where(table.c[field].in_(stored[start : start + 500]))
            rows += [spec.load(tuple(r)) for r in self.connection.execute(query)]
        return rows

    def _rows(self, spec: EntitySpec[R], **equals: Any) -> list[R]:
        table = table_of(spec)
        query = select(*_columns(spec)).order_by(table.c.row_no)
        for name, value in equals.items():
            stored = value if name in FIXED else _stored(spec.by_name[name], value)
            query = query.where(table.c[name].is_(None) if stored is None else table.c[name] == stored)
        return [spec.load(tuple(r)) for r in self.connection.execute(query)]


def _stored(column: Column, value: Any) -> Any:
    return column.store(value)


def _columns(spec: EntitySpec[Any]) -> list[Any]:
    table = table_of(spec)
    return [table.c[name] for name in (*FIXED, *spec.names)]
