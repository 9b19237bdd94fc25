"""Which fields of rows name files, and the condition on rows that one of theirs names a certain file."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Table

from core.entities import SYNCED
from core.schema.entity import Column
from core.schema.field import Digest

NAMED_BY = [(spec, c) for spec in SYNCED for c in spec.columns if c.kind.names_files]
"""The fields that name files: by one digest, or by a list of them."""


def naming(table: Table, column: Column, sha256: Any) -> ColumnElement[bool]:
    """Whether a row's field names the file; `sha256`: a checked digest, or a column of digests."""
    stored = table.c[column.name]
    return stored == sha256 if isinstance(column.kind, Digest) else stored.contains(sha256)
