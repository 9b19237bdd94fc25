"""Reading rows of the mirror inside one connection: by id, by equality. Shared by readers and transactions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from core.base.errors import NotFoundError
from core.schema.entity import EntitySpec, R
from core.store.direct import AMONG, ask, listed
from core.store.tables import FIXED, METADATA

COARSE = frozenset({"scope_id", "site_id", "org_id"})
"""Columns that a great part of the rows share: the last by which to look anything up."""

PIECE = 500
"""Values per IN list; SQLite takes 32,766 and gets slow to prepare long before."""


class Reader:
    """A consistent view of the mirror. `connection` is for store modules and reports that need a join."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def raw(self) -> Any:
        """The driver's own connection, in the same transaction."""
        return self.connection.connection.driver_connection

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
        """All rows whose field is one of many values, each row once, in order of creation here."""
        column = spec.by_name.get(field)
        stored = {column.store(v) if column else v for v in values}
        stored.discard(None)
        if not stored:
            return []
        return [
            spec.load(row)
            for row in ask(self.connection, _among(spec.name, spec.names, field), listed(stored))
        ]

    def existing(self, entity: str, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are rows of the entity of that name."""
        wanted = set(ids)
        if not wanted:
            return set()
        query = f'SELECT id FROM "{entity}" WHERE id {AMONG}'  # noqa: S608  the name of a table of ours
        return {row[0] for row in ask(self.connection, query, listed(wanted))}

    def _rows(self, spec: EntitySpec[R], **equals: Any) -> list[R]:
        stored = {
            name: value if name in FIXED else spec.by_name[name].store(value)
            for name, value in equals.items()
        }
        query = _select_where(spec.name, tuple((name, value is None) for name, value in stored.items()))
        values = [value for value in stored.values() if value is not None]
        return [spec.load(row) for row in self.raw.execute(query, values).fetchall()]


@lru_cache(maxsize=256)
def _among(entity: str, fields: tuple[str, ...], field: str) -> str:
    """The query for rows with one of many values; its parameter is a list of any length."""
    names = ", ".join(f'"{name}"' for name in (*FIXED, *fields))
    return f'SELECT {names} FROM "{entity}" WHERE "{field}" {AMONG} ORDER BY row_no'  # noqa: S608  as above


@lru_cache(maxsize=512)
def _select_where(entity: str, fields: tuple[tuple[str, bool], ...]) -> str:
    """The query for rows with these fields equal (or empty), for the driver: rules ask it for row after row, and the
    way through SQLAlchemy costs five times what SQLite needs for the answer.
    """
    table = METADATA.tables[entity]
    # Between the entity's own columns stand `row_no` before and `extra` and `flag` behind: local bookkeeping.
    columns = [c.name for c in table.c if c.name not in {"row_no", "extra", "flag"}]
    indexed = {next(iter(index.columns)).name for index in table.indexes} | {"id"}
    finer = any(name in indexed - COARSE and not empty for name, empty in fields)
    conditions = []
    for name, empty in fields:
        # Without statistics SQLite takes the index of the scope, which reads a whole site for one PIN; a plus sign in
        # front of a column keeps its index out of the choice.
        column = f'+"{name}"' if finer and name in COARSE else f'"{name}"'
        conditions.append(f"{column} IS NULL" if empty else f"{column} = ?")
    listed = ", ".join(f'"{name}"' for name in columns)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f'SELECT {listed} FROM "{entity}"{where} ORDER BY row_no'  # noqa: S608  names of columns, not values
