"""The collector is held back while anybody wants it, and as it was afterwards."""

from __future__ import annotations

import gc

import pytest

from core.base.garbage import held_back


def test_it_is_off_inside_and_on_again_after_the_last() -> None:
    assert gc.isenabled()
    with held_back():
        with held_back():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_fault_inside_turns_it_on_again() -> None:
    with pytest.raises(KeyError), held_back():
        raise KeyError
    assert gc.isenabled()


def test_it_stays_off_where_it_was_off() -> None:
    gc.disable()
    try:
        with held_back():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
