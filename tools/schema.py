"""Print the SQL that creates the mirror's present tables, for a first migration or for comparing with one."""

from __future__ import annotations

import sys

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from core.entities import ALL
from core.store.tables import METADATA
from core.store.trigrams import made_by


def whole_schema() -> str:
    """CREATE statements of every table, index and trigger, in a stable order."""
    dialect = sqlite.dialect()
    lines = ["-- The mirror's tables as declared. Made by tools/schema.py."]
    for table in METADATA.sorted_tables:
        lines.append(str(CreateTable(table).compile(dialect=dialect)).strip() + ";")
        lines += [
            str(CreateIndex(index).compile(dialect=dialect)).strip() + ";"
            for index in sorted(table.indexes, key=lambda i: str(i.name))
        ]
    lines += [statement + ";" for spec in ALL for statement in made_by(spec)]
    return "\n\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(whole_schema())
