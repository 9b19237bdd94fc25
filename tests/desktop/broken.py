"""Reads that fail, as they do when the mirror's file is held by another program or damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.base.errors import DataError, GatewrightError
from core.schema.entity import EntitySpec
from core.store.faults import disk_error
from core.store.mirror import Mirror


def locked() -> DataError:
    """What a reader hears while another program holds the file."""
    fault = disk_error(OSError("database is locked"), reading=True)
    assert fault is not None
    return fault


def damaged() -> DataError:
    """What a reader hears when the file is damaged."""
    fault = disk_error(OSError("database disk image is malformed"), reading=True)
    assert fault is not None
    return fault


@contextmanager
def broken_reads(mirror: Mirror, fault: Callable[[], GatewrightError] = locked) -> Iterator[None]:
    """Every read of the mirror raises; writes go on as before."""

    async def read(_fn: Callable[[Any], Any], **_limits: object) -> Any:
        raise fault()

    def rows_now(_spec: EntitySpec[Any], _keys: object, *_more: object, **_named: object) -> list[Any]:
        raise fault()

    before = mirror.read, mirror.rows_now
    mirror.read, mirror.rows_now = read, rows_now  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        mirror.read, mirror.rows_now = before  # type: ignore[method-assign]
