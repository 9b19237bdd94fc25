"""Pages of a list that scrolls, and what is typed to go to one (ACC-19)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.models.paging import LINES, Paging


@given(
    total=st.integers(0, 2_000_000),
    fits=st.integers(1, 80),
    share=st.floats(0, 1),
    lines=st.sampled_from(LINES),
)
def test_acc_19_every_line_is_on_one_page_and_the_ends_are_the_first_and_the_last(
    total: int, fits: int, share: float, lines: int
) -> None:
    top = int(max(0, total - fits) * share)
    now = Paging(total, fits, top, lines)
    assert 1 <= now.page <= now.pages
    assert (now.pages - 1) * now.size < max(1, total) <= now.pages * now.size
    assert now.needed == (total > fits)
    assert Paging(total, fits, max(0, total - fits), lines).page == now.pages
    if total > fits + now.size:
        assert Paging(total, fits, 0, lines).page == 1
        assert Paging(total, fits, 0, lines).beside(1) == now.size
    assert 0 <= now.beside(-1) <= max(top, (now.pages - 1) * now.size)


@pytest.mark.parametrize(
    ("text", "line"),
    [("1", 0), ("3", 20), (" 3 ", 20), ("#1", 0), ("# 34", 33), ("#95", 94), ("10", 90), ("1,0", 90)],
)
def test_acc_19_a_page_or_a_row_is_gone_to(text: str, line: int) -> None:
    assert Paging(95, 22, 0, 10).wanted(text) == (line, "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("11", "pages 1 to 10"),
        ("0", "pages 1 to 10"),
        ("#96", "rows 1 to 95"),
        ("#0", "rows 1 to 95"),
        ("x", "#"),
    ],
)
def test_acc_19_what_is_not_there_is_refused_in_words(text: str, why: str) -> None:
    line, words = Paging(95, 22, 0, 10).wanted(text)
    assert line == -1
    assert why in words
