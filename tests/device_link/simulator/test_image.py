from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_link.simulator import make_image, read_image
from device_link.simulator.image import ImageReader


def test_an_image_says_what_it_is_and_is_the_same_every_time() -> None:
    image = make_image("X916S", "916.30.10.200", size=100_000, seed=7)
    info = read_image(image)
    assert (info.model_id, info.version, info.problem) == ("916", "916.30.10.200", "")
    assert info.md5 == hashlib.md5(image, usedforsecurity=False).hexdigest()
    assert len(image) == info.size == 100_000
    assert make_image("916", "916.30.10.200", size=100_000, seed=7) == image
    assert make_image("916", "916.30.10.200", size=100_000, seed=8) != image


@pytest.mark.parametrize(
    "spoil, problem",
    [
        (lambda data: data[:-1], "truncated"),
        (lambda data: data + b"x", "truncated"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "corrupt"),
        (lambda data: b"PK\x03\x04" + data, "not-firmware"),
        (lambda data: data.partition(b"\n")[0], "not-firmware"),
        (lambda data: data[:0], "not-firmware"),
    ],
)
def test_a_spoilt_image_is_found_out(spoil: object, problem: str) -> None:
    assert callable(spoil)
    assert read_image(spoil(make_image("916", "916.30.10.200"))).problem == problem


@given(st.lists(st.integers(1, 700), max_size=12), st.binary(max_size=600))
def test_an_image_reads_the_same_in_pieces_of_any_size(cuts: list[int], junk: bytes) -> None:
    for data in (make_image("29", "29.30.10.200", size=900), junk):
        reader, rest = ImageReader(), data
        for cut in cuts:
            reader.feed(rest[:cut])
            rest = rest[cut:]
        reader.feed(rest)
        assert reader.finish() == read_image(data)


def test_a_version_that_no_header_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="no image"):
        make_image("916", "a b")
