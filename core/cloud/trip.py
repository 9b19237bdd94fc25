"""One trip to PostgreSQL: statements that are sent all at once, each of them prepared once for a connection.

By the driver's cursors each statement of a pipeline is some 60 microseconds of Python, a look at the socket and a
message of its own, and a push has a dozen. This uses the layer below them, `psycopg.pq`: one message each way.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from psycopg import capabilities
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many, send
from psycopg.pq import ConnStatus, ExecStatus, Format

from core.cloud.dialect import Packed, Sent

_KEPT = 200
"""Prepared statements of a connection. What an edit changes is named in its statement, so that there are many."""
_NUMBERS = count(1)
_MARK = re.compile(r"%(?:s|\((\w+)\)s|%)")


class Told(NamedTuple):
    """What a statement came to: its rows, and how many it has written."""

    rows: list[tuple[Any, ...]]
    written: int


class Trips:
    """Trips of one connection of the driver. Not for two threads at once."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._names: OrderedDict[str, bytes] = OrderedDict()

    def run(self, sent: Iterable[Sent]) -> list[Told]:
        """Run statements in order; the first that fails stops the others and is raised as the driver's fault. What
        `sent` makes goes on its way while it makes more, once that is 64 kB.
        """
        line = _Line(self._raw.pgconn)
        try:
            for one in sent:
                self._put(line, one)
        except BaseException:
            self._finish(line)
            raise
        return self._finish(line)

    def _put(self, line: _Line, one: Sent) -> None:
        words, names = _numbered(one.words)
        name = self._names.get(one.words)
        if name is None:
            name = b"trip_%d" % next(_NUMBERS)
            line.prepare(one.words, name, words)
            self._names[one.words] = name
            if len(self._names) > _KEPT:
                line.deallocate(self._names.popitem(last=False)[1])
        else:
            self._names.move_to_end(one.words)
        line.run(name, _values(names, one.values), told=one.told)

    def _finish(self, line: _Line) -> list[Told]:
        """Take what the statements tell."""
        try:
            results = self._raw.wait(line.results())
        except BaseException:
            # What is on the line is not known any more.
            self._raw.close()
            raise
        line.close()
        failed = next((r for r in results if r.status == ExecStatus.FATAL_ERROR), None)
        if failed is not None:
            for words in line.prepared:
                self._names.pop(words, None)
            raise error_from_result(failed)
        read = Transformer(self._raw)
        return [_read(read, results[place], told=told) for place, told in line.asked]


class _Line:
    """A connection in pipeline mode: what was sent, in order."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._count = 0
        self.prepared: list[str] = []
        self.asked: list[tuple[int, bool]] = []
        """The places of statements among the results, and whether they tell rows."""
        connection.enter_pipeline_mode()

    def prepare(self, key: str, name: bytes, words: bytes) -> None:
        self._connection.send_prepare(name, words)
        self.prepared.append(key)
        self._count += 1

    def deallocate(self, name: bytes) -> None:
        if capabilities.has_send_close_prepared():
            self._connection.send_close_prepared(name)
        else:  # an older libpq; a pooler between does not know the name then
            self._connection.send_query_params(b"DEALLOCATE " + name, None)
        self._count += 1

    def run(self, name: bytes, values: Sequence[bytes | Packed | None], *, told: bool) -> None:
        given = [v.content if isinstance(v, Packed) else v for v in values]
        formats = [Format.BINARY if isinstance(v, Packed) else Format.TEXT for v in values]
        self._connection.send_query_prepared(name, given, formats, Format.BINARY if told else Format.TEXT)
        self.asked.append((self._count, told))
        self._count += 1

    def results(self) -> Generator[Any, Any, list[Any]]:
        """The driver's way to wait: the result of each thing that was sent, in order."""
        self._connection.pipeline_sync()
        yield from send(self._connection)
        found = []
        for _ in range(self._count):
            [result] = yield from fetch_many(self._connection)
            found.append(result)
        yield from fetch_many(self._connection)
        return found

    def close(self) -> None:
        if self._connection.status != ConnStatus.BAD:
            self._connection.exit_pipeline_mode()


@lru_cache(maxsize=2000)
def _numbered(words: str) -> tuple[bytes, tuple[str, ...] | None]:
    """A statement with numbered parameters; their names where they have some."""
    names: list[str] = []
    places = count(1)

    def number(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        if found[1] is None:
            return f"${next(places)}"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _MARK.sub(number, words).encode(), tuple(names) or None


def _values(
    names: tuple[str, ...] | None, given: Mapping[str, Any] | Sequence[Any] | None
) -> list[bytes | Packed | None]:
    if isinstance(given, Mapping):
        return [_value(given[name]) for name in names or ()]
    return [_value(value) for value in given or ()]


def _value(value: Any) -> bytes | Packed | None:
    """A parameter as PostgreSQL reads it: texts, numbers and what is packed already."""
    if isinstance(value, str):
        text = value
    elif value is None or isinstance(value, Packed):
        return value
    elif isinstance(value, int):
        text = str(value)
    else:
        raise TypeError(f"a statement cannot take a {type(value).__name__}")
    if "\0" in text:
        raise ValueError("a text holds a character that no database keeps")
    return text.encode()


def _read(read: Any, result: Any, *, told: bool) -> Told:
    if not told:
        return Told([], result.command_tuples or 0)
    read.set_pgresult(result)
    return Told(read.load_rows(0, result.ntuples, tuple), 0)
