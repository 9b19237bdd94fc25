"""Searching for a part of a word without reading every row: a trigram index (FTS5) over an entity's searchable fields.

Only for entities of which there may be a million. 1,000,000 MAC entries: 24 MB and 15 s of processor time to make,
15 µs for a row that is added; a search for four digits takes 2 ms where reading every entry takes 350 ms. Triggers keep
it up to date, whoever writes. Nothing about lists here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from core.entities.device import MAC_ENTRY
from core.schema.entity import EntitySpec
from core.schema.field import Mac

WORDED: tuple[EntitySpec[Any], ...] = (MAC_ENTRY,)
"""Entities that have such an index."""
GRAM = 3
"""Letters of a piece; a shorter word is in no index and fits so many rows that a screenful is found by looking."""
SEPARATORS = ":-."
"""What people type between the digits of a MAC."""


def table_name(spec: EntitySpec[Any]) -> str:
    """The name of an entity's index."""
    return f"{spec.name}_words"


def names_of(spec: EntitySpec[Any]) -> tuple[str, ...]:
    """The index of an entity, if it has one."""
    return (table_name(spec),) if spec in WORDED else ()


def searchable(spec: EntitySpec[Any]) -> tuple[str, ...]:
    """Names of the fields that a free search looks into."""
    return tuple(c.name for c in spec.columns if c.kind.searchable)


def made_by(spec: EntitySpec[Any]) -> tuple[str, ...]:
    """The statements that make the index of an entity, its triggers included; none for most entities.

    The index holds no texts, only which rows have a piece: the rows' own table is its content. Whoever takes rows from
    it checks them again, since pieces may stand in different fields of a row.
    """
    if spec not in WORDED:
        return ()
    fields = ", ".join(searchable(spec))
    table = (
        f"CREATE VIRTUAL TABLE {table_name(spec)} USING fts5({fields}, content='{spec.name}', "
        "content_rowid='row_no', tokenize='trigram', detail='none', columnsize=0)"
    )
    return (table, *triggers(spec))


def triggers(spec: EntitySpec[Any]) -> tuple[str, ...]:
    """The triggers that follow the rows."""
    name, fields = spec.name, searchable(spec)
    words, listed = table_name(spec), ", ".join(fields)
    old, new = (", ".join(f"{side}.{field}" for field in fields) for side in ("old", "new"))
    add = f"INSERT INTO {words} (rowid, {listed}) VALUES (new.row_no, {new});"  # noqa: S608  names of ours
    take = f"INSERT INTO {words} ({words}, rowid, {listed}) VALUES ('delete', old.row_no, {old});"  # noqa: S608
    # What arrives from the cloud writes every field of a row, most of them as they were.
    differs = " OR ".join(f"old.{field} IS NOT new.{field}" for field in fields)
    make = f"CREATE TRIGGER IF NOT EXISTS {words}"
    return (
        f"{make}_add AFTER INSERT ON {name} BEGIN {add} END",
        f"{make}_take AFTER DELETE ON {name} BEGIN {take} END",
        f"{make}_change AFTER UPDATE OF {listed} ON {name} WHEN {differs} BEGIN {take} {add} END",
    )


def suspend(connection: Connection, spec: EntitySpec[Any]) -> None:
    """Let a first fill of an entity pass by; `resume` makes the index anew."""
    if spec in WORDED:
        for end in ("add", "take", "change"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table_name(spec)}_{end}")


def resume(connection: Connection, spec: EntitySpec[Any]) -> None:
    """Make the index of every row that is there, and follow them from now on. Safe to call again."""
    if spec in WORDED:
        words = table_name(spec)
        connection.exec_driver_sql(f"INSERT INTO {words} ({words}) VALUES ('rebuild')")  # noqa: S608  as above
        for statement in triggers(spec):
            connection.exec_driver_sql(statement)


def match_of(spec: EntitySpec[Any], search: str) -> str:
    """What to ask the index for rows that may have every word; empty where it cannot help, as for short words."""
    if spec not in WORDED:
        return ""
    bare = any(isinstance(c.kind, Mac) for c in spec.columns if c.kind.searchable)
    found = []
    for word in search.split():
        plain = "".join(c for c in word if c not in SEPARATORS) if bare else word
        ways = [_grams(one) for one in dict.fromkeys((word, plain)) if one]
        # One way that is too short for the index may fit any row, and so does the word.
        if ways and all(ways):
            found.append("(" + " OR ".join(ways) + ")")
    return " AND ".join(found)


def _grams(word: str) -> str:
    pieces = dict.fromkeys(word[at : at + GRAM] for at in range(len(word) - GRAM + 1))
    return (
        "(" + " AND ".join('"' + piece.replace('"', '""') + '"' for piece in pieces) + ")" if pieces else ""
    )
