"""The promises of the token sheet, computed: text 4.5 to 1, marks and borders 3 to 1, in all four themes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.qt.tokens import (
    COLOUR_NAMES,
    CONTRAST_LIGHT,
    DARK,
    LIGHT,
    STACK_ORDER,
    THEMES,
    VERDICTS,
    Tokens,
    blend,
    contrast,
    luminance,
)

GROUNDS = ("base", "sheet", "sunken", "raised", "hover", "sel", "sel2", "edit")
ids = [theme.name for theme in THEMES]


@pytest.mark.parametrize("theme", THEMES, ids=ids)
@pytest.mark.parametrize("text", ["t1", "t2", "t3"])
@pytest.mark.parametrize("ground", [*GROUNDS, "press"])
def test_text_is_readable(theme: Tokens, text: str, ground: str) -> None:
    if text == "t3" and ground == "press" and theme in (LIGHT, DARK):
        # The sheet says that the third text is never set on a pressed ground.
        assert contrast(theme.t3, theme.press) < contrast(theme.t2, theme.press)
        return
    assert contrast(theme.colour(text), theme.colour(ground)) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=ids)
@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("ground", [*GROUNDS, "own"])
def test_verdict_words_are_readable(theme: Tokens, verdict: str, ground: str) -> None:
    under = theme.verdict(verdict).tint if ground == "own" else theme.colour(ground)
    assert contrast(theme.verdict(verdict).text, under) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=ids)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_marks_and_borders_are_seen(theme: Tokens, verdict: str) -> None:
    assert contrast(theme.verdict(verdict).solid, theme.sheet) >= 3
    assert contrast(theme.field, theme.sheet) >= 3
    assert contrast(theme.focus, theme.sheet) >= 3


@pytest.mark.parametrize("theme", THEMES, ids=ids)
def test_words_on_filled_grounds(theme: Tokens) -> None:
    for fill in (theme.acc, theme.acch, theme.accp):
        assert contrast(theme.on_acc, fill) >= 4.5
    assert contrast(theme.tipt, theme.tip) >= 4.5
    for ground in ("sheet", "base", "raised", "sel", "sel2", "hover"):
        assert contrast(theme.acct, theme.colour(ground)) >= 4.5


def test_high_contrast_is_what_the_sheet_says() -> None:
    theme = CONTRAST_LIGHT
    assert theme.line == theme.field == theme.t1
    assert theme.focus_width == 3
    for colours in theme.verdicts.values():
        assert colours.tint == theme.sheet
        assert colours.solid == colours.text


def test_every_colour_is_written_in_full() -> None:
    for theme in THEMES:
        for name in COLOUR_NAMES:
            assert re.fullmatch("#[0-9A-F]{6}", theme.colour(name)), (theme.name, name)


def test_tones_resolve() -> None:
    assert LIGHT.colour("refused") == LIGHT.verdicts["refused"].text
    assert LIGHT.colour("refused.tint") == LIGHT.verdicts["refused"].tint
    assert LIGHT.colour("running.solid") == LIGHT.acct
    assert LIGHT.colour("#123456") == "#123456"
    with pytest.raises(KeyError):
        LIGHT.colour("t9")


def test_an_unknown_verdict_claims_nothing() -> None:
    assert LIGHT.verdict("splendid") == LIGHT.verdicts["unreachable"]


def test_the_bar_knows_every_verdict() -> None:
    assert set(STACK_ORDER) == set(VERDICTS)
    assert set(LIGHT.verdicts) == set(VERDICTS)


def test_known_contrasts() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert luminance("#FFFFFF") == pytest.approx(1)
    assert blend("#FFFFFF", "#000000", 0.5) == "#808080"


@given(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFFFF))
def test_contrast_is_symmetric_and_bounded(one: int, other: int) -> None:
    a, b = f"#{one:06X}", f"#{other:06X}"
    assert contrast(a, b) == contrast(b, a)
    assert 1 <= contrast(a, b) <= 21.01
