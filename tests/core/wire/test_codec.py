"""Packing: what goes in comes out, and hostile input ends in one clear error."""

from __future__ import annotations

import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import DataError
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import Mutation, PullPage, PushBatch, WireRow

VALUES = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=20))


@given(fields=st.dictionaries(st.text(max_size=8), VALUES, max_size=4), packing=st.sampled_from(Packing))
def test_a_batch_survives_the_way(fields: dict[str, int | str | None], packing: Packing) -> None:
    mutation = Mutation(1, "m", None, 7, "i", "s", "patch", 3, fields, 5)
    batch = PushBatch(proto=1, schema=1, replica="r", acked_n=0, muts=[mutation])
    assert codec.unpack(codec.pack(batch, packing), PushBatch, packing) == batch


def test_unknown_members_and_longer_rows_are_passed_over() -> None:
    page = b'{"epoch":"e","head":1,"next":1,"more":false,"rows":[[7,"i","s",1,"p",["a",2,"new"],"newer"]],"later":1}'
    assert codec.parse(page, PullPage).rows == [WireRow(7, "i", "s", 1, "p", ["a", 2, "new"])]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_data_error(raw: bytes) -> None:
    for packing in Packing:
        with pytest.raises(DataError):
            codec.unpack(raw, PushBatch, packing)


@pytest.mark.parametrize("packing", list(Packing))
def test_every_cut_is_noticed(packing: Packing) -> None:
    packed = codec.pack_bytes(b'{"epoch":"' + bytes(range(32, 33)) * 300 + b'"}', packing)
    for length in range(len(packed)):
        with pytest.raises(DataError):
            codec.unpack_bytes(packed[:length], packing)


@pytest.mark.parametrize("packing", list(Packing))
def test_a_bomb_is_refused_before_it_goes_off(packing: Packing) -> None:
    bomb = codec.pack_bytes(b"0" * 5_000_000, packing)
    assert len(bomb) < 6000
    with pytest.raises(DataError, match="larger"):
        codec.unpack_bytes(bomb, packing, limit=1_000_000)


def test_a_frame_without_a_size_or_with_a_false_one_is_refused() -> None:
    sizeless = zstandard.ZstdCompressor(write_content_size=False).compress(b"{}")
    with pytest.raises(DataError):
        codec.unpack_bytes(sizeless, Packing.ZSTD)
    endless = zlib.compressobj(6, zlib.DEFLATED, 31)
    with pytest.raises(DataError):
        codec.unpack_bytes(endless.compress(b"x" * 99) + endless.flush(zlib.Z_FULL_FLUSH), Packing.GZIP)


def test_deep_nesting_is_a_data_error() -> None:
    with pytest.raises(DataError):
        codec.parse(b"[" * 200_000, list)


def test_the_packing_is_read_from_a_content_type() -> None:
    assert codec.packing_of("application/vnd.gatewright+zstd; v=1") is Packing.ZSTD
    assert codec.packing_of("text/html, application/vnd.gatewright+gzip") is Packing.GZIP
    assert codec.packing_of("text/html; charset=utf-8") is None
