from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from desktop.models.shift import shift_between

keys = st.lists(st.integers(0, 30), unique=True, max_size=25)


@given(keys, keys)
def test_a_shift_leads_from_one_order_to_the_other(old: list[int], new: list[int]) -> None:
    shift = shift_between(old, new)
    if shift.anew:
        stays = set(old) & set(new)
        assert [k for k in old if k in stays] != [k for k in new if k in stays]
        return
    rows = list(old)
    for first, last in shift.removes:
        del rows[first : last + 1]
    for first, last in shift.inserts:
        rows[first:first] = new[first : last + 1]
    assert rows == new
    assert shift.nothing == (old == new)


def test_one_row_of_a_million_is_one_step() -> None:
    old = array("q", range(1_000_000))
    new = array("q", old)
    del new[500_000]
    assert shift_between(old, new).removes == ((500_000, 500_000),)


def test_a_long_stretch_that_moved_is_laid_out_anew() -> None:
    old = array("q", range(10_000))
    assert shift_between(old, array("q", reversed(old))).anew
