"""The self-check of a scope: an exclusive-or over its rows, kept by the cloud, computed by workstations."""

from __future__ import annotations

from hashlib import blake2b


def row_sum(row_id: str, ver: int) -> int:
    """64 bits, signed, of one row at one version. The sum of a scope is the exclusive-or over its live rows."""
    return int.from_bytes(
        blake2b(f"{row_id}:{ver}".encode("ascii"), digest_size=8).digest(), "big", signed=True
    )


def value_sum(row: bytes) -> int:
    """As `row_sum`, over a row as it travels: a value that differs shows, though its version does not."""
    return int.from_bytes(blake2b(row, digest_size=8).digest(), "big", signed=True)
