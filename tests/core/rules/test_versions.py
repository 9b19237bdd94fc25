"""FW-04: versions compare part by part, and the first number names a family."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.versions import at_least, family, same_version, version_key

PARTS = st.lists(st.integers(0, 999_999), min_size=4, max_size=4)


def text_of(parts: list[int]) -> str:
    return ".".join(map(str, parts))


@given(PARTS, PARTS)
def test_versions_compare_as_numbers(left: list[int], right: list[int]) -> None:
    right = [left[0], *right[1:]]
    assert at_least(text_of(left), text_of(right)) == (left >= right)
    assert same_version(text_of(left), text_of(right)) == (left == right)


@given(PARTS)
def test_a_version_is_itself_and_of_its_family(parts: list[int]) -> None:
    text = text_of(parts)
    assert at_least(text, text)
    assert same_version(text, text_of([int(p) for p in text.split(".")]))
    assert family(text) == parts[0]
    assert version_key(text) == tuple(parts)


def test_ten_nine_is_before_ten_twenty_two() -> None:
    assert not at_least("10.9", "10.22")
    assert at_least("10.22", "10.9")


@given(PARTS, PARTS)
def test_another_family_is_never_at_least(left: list[int], right: list[int]) -> None:
    if left[0] != right[0]:
        assert not at_least(text_of(left), text_of(right))


@given(st.text(max_size=20))
def test_any_text_is_a_version_or_none(text: str) -> None:
    key = version_key(text)
    if not key:
        assert family(text) is None
        assert not same_version(text, text)
        assert not at_least(text, "1.2.3.4")
    else:
        assert all(part.isdecimal() for part in text.split("."))


@pytest.mark.parametrize(
    "text", ["", "1.", ".1", "1..2", "v1.2", "1.2 ", "1.2\n", "-1.2", "1.2.x", "1234567.1"]
)
def test_what_is_no_version(text: str) -> None:
    assert version_key(text) == ()
