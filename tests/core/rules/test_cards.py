"""CRED-02: card notations are recognised, converted both ways, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.base.errors import UserError
from core.rules.cards import (
    Notation,
    candidates,
    card_number,
    convert,
    of_wiegand,
    one_reading,
    plain_card,
    same_card,
    widths_of,
    wiegand,
    written,
)

NUMBERS = st.integers(1, 2**32 - 1)


@given(NUMBERS, st.sampled_from(list(Notation)))
def test_cred_02_every_notation_goes_there_and_back(number: int, notation: Notation) -> None:
    if notation is Notation.FACILITY_26:
        number &= 0xFFFFFF
        assume(number)
    plain = f"{number:08X}"
    text = written(plain, notation)
    found = {c.notation: c.plain for c in candidates(text)}
    assert any(same_card(plain, kept) for kept in found.values()), text
    if notation is not Notation.DECIMAL_REVERSED:
        assert same_card(convert(text, notation), plain)


@given(NUMBERS)
def test_reversed_decimals_go_back_where_the_length_is_known(number: int) -> None:
    plain = f"{number:08X}"
    bytes_back = int(written(plain, Notation.DECIMAL_REVERSED))
    assert bytes_back == int.from_bytes(number.to_bytes(4, "big"), "little")


@given(NUMBERS, st.sampled_from([26, 34]))
def test_wiegand_bits_go_there_and_back_and_notice_a_lost_bit(number: int, bits: int) -> None:
    number &= (1 << (bits - 2)) - 1
    sent = wiegand(f"{number:X}", bits)
    assert len(sent) == bits
    assert int(of_wiegand(sent), 16) == number
    for at in (0, bits // 2, bits - 1):
        broken = sent[:at] + str(1 - int(sent[at])) + sent[at + 1 :]
        with pytest.raises(UserError, match="parity"):
            of_wiegand(broken)


def test_a_known_card_in_all_its_notations() -> None:
    assert written("0A1B2C3D", Notation.DECIMAL) == "169552957"
    assert written("0A1B2C3D", Notation.HEX_REVERSED) == "3D2C1B0A"
    assert written("1B2C3D", Notation.FACILITY_26) == "027,11325"
    assert written("0A1B2C3D", Notation.FACILITY_34) == "02587,11325"
    assert convert("027,11325", Notation.FACILITY_26) == "1B2C3D"
    assert same_card(convert("169552957", Notation.DECIMAL), "0A1B2C3D")


def test_what_may_be_read_in_several_ways_is_never_guessed() -> None:
    assert {c.notation for c in candidates("12345678")} == {
        Notation.HEX, Notation.HEX_REVERSED, Notation.DECIMAL, Notation.DECIMAL_REVERSED,
    }  # fmt: skip
    with pytest.raises(UserError, match="read in 4 ways"):
        one_reading("12345678")
    with pytest.raises(UserError, match="no card number"):
        one_reading("card of Ada")
    assert one_reading("AA") == "AA", "both ways alike"


@pytest.mark.parametrize("text", ["", "G1", "0x12", "12;34", "1" * 21, "ünlü"])
def test_what_is_no_card_has_no_reading(text: str) -> None:
    assert candidates(text) == ()


@given(st.text(max_size=24))
def test_any_text_is_a_list_of_readings_or_nothing(text: str) -> None:
    for candidate in candidates(text):
        assert plain_card(candidate.plain) == candidate.plain
        assert int(candidate.plain, 16) >= 0


@given(NUMBERS, st.integers(0, 6))
def test_leading_zeros_do_not_make_another_card(number: int, zeros: int) -> None:
    plain = f"{number:X}"
    assert same_card("0" * zeros + plain, plain)
    assert plain in widths_of("0" * zeros + plain)
    assert card_number("00") == ""


def test_a_number_that_does_not_fit_a_notation_is_refused() -> None:
    with pytest.raises(UserError, match="does not fit"):
        written("0A1B2C3D", Notation.FACILITY_26)
    with pytest.raises(UserError, match="does not fit Wiegand 26"):
        wiegand("0A1B2C3D", 26)
    with pytest.raises(UserError, match="26 or 34 bits"):
        of_wiegand("101")
    with pytest.raises(UserError, match="no card number in"):
        convert("ABC", Notation.DECIMAL)
