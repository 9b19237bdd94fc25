"""Card numbers: the plain notation the product keeps (CRED-02), and the ways in which one number is written.

A reader shows the same card as `0A1B2C3D`, `3D2C1B0A`, `169552957`, `27,11325` or with zeros in front. Nothing is
guessed: `candidates` lists every reading of a text with its name, and whoever takes a file asks which one holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core.base.errors import UserError

WIEGAND_26_BITS = 24
WIEGAND_34_BITS = 32
"""Bits of the number without the two parity bits."""

LONGEST = 20


class Notation(StrEnum):
    """How a card number is written."""

    HEX = "hexadecimal"
    HEX_REVERSED = "hexadecimal, bytes reversed"
    DECIMAL = "decimal"
    DECIMAL_REVERSED = "decimal, bytes reversed"
    FACILITY_26 = "facility and number, Wiegand 26"
    """Three and five digits: 8 bits and 16 bits."""
    FACILITY_34 = "facility and number, Wiegand 34"
    """Five and five digits: 16 bits and 16 bits."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of a text. `plain` is what the product would keep."""

    notation: Notation
    plain: str


def plain_card(text: str) -> str:
    """Hexadecimal digits in upper case without separators; nothing is guessed: what is no hexadecimal stays as it is
    and is refused by the credential's own rule.
    """
    return re.sub(r"[\s:.\-]", "", text).upper()


def same_card(left: str, right: str) -> bool:
    """Whether two plain cards open alike: devices pad and strip leading zeros (device API 3.8)."""
    return card_number(left) == card_number(right)


def card_number(plain: str) -> str:
    """A plain card without the zeros in front, for comparing."""
    return plain.upper().lstrip("0")


def widths_of(plain: str) -> tuple[str, ...]:
    """A card in every length in which it may be kept: as it is, without zeros in front, and filled to each length up to
    20 digits.
    """
    bare = card_number(plain) or "0"
    return tuple(dict.fromkeys((plain.upper(), *(bare.zfill(n) for n in range(len(bare), LONGEST + 1)))))


def candidates(text: str) -> tuple[Candidate, ...]:
    """Every reading of a text, the most literal first; none for a text that is no card number.

    Readings that mean the same number are told once. `12345678` has four: hexadecimal and decimal, each both ways.
    """
    pair = re.fullmatch(r"\s*([0-9]{1,5})\s*[,/:\-\s]\s*([0-9]{1,5})\s*", text)
    found = list(_facility(int(pair[1]), int(pair[2]))) if pair else []
    plain = plain_card(text)
    if re.fullmatch(r"[0-9A-F]{1,20}", plain) and not (pair and "," in text):
        found += _hexadecimal(plain)
        if plain.isdigit():
            found += _decimal(plain)
    return _once(found)


def convert(text: str, notation: Notation) -> str:
    """The plain form of a text that is written in a known notation; UserError when it does not fit it."""
    for candidate in _all(text):
        if candidate.notation is notation:
            return candidate.plain
    raise UserError("cards.notation", f"This is no card number in {notation.value}.", field="code")


def written(plain: str, notation: Notation) -> str:
    """A plain card in a notation; UserError when the number is too large for it (facility 26: 24 bits)."""
    even = plain.zfill(len(plain) + len(plain) % 2)
    if notation is Notation.HEX:
        return plain
    if notation is Notation.HEX_REVERSED:
        return _reversed(even)
    if notation is Notation.DECIMAL:
        return str(int(plain, 16))
    if notation is Notation.DECIMAL_REVERSED:
        return str(int(_reversed(even), 16)).zfill(len(even))
    bits = WIEGAND_26_BITS if notation is Notation.FACILITY_26 else WIEGAND_34_BITS
    number = int(plain, 16)
    if number >> bits:
        raise UserError("cards.too_large", f"This card number does not fit {notation.value}.", field="code")
    digits = 3 if notation is Notation.FACILITY_26 else 5
    return f"{number >> 16:0{digits}},{number & 0xFFFF:05}"


def one_reading(text: str) -> str:
    """The plain form of a text that has only one; UserError that lists the readings otherwise."""
    found = candidates(text)
    if len(found) == 1:
        return found[0].plain
    words = "is no card number" if not found else f"may be read in {len(found)} ways"
    names = ", ".join(c.notation.value for c in found)
    remedy = f"Say which it is: {names}." if found else "Use 0-9 and A-F, or facility and number."
    raise UserError(
        "cards.ambiguous" if found else "cards.shape", f"This {words}.", remedy=remedy, field="code"
    )


def wiegand(plain: str, bits: int) -> str:
    """The bits that a reader sends for a card: 26 or 34, with the even parity in front and the odd one behind."""
    size = {26: WIEGAND_26_BITS, 34: WIEGAND_34_BITS}[bits]
    number = int(plain, 16)
    if number >> size:
        raise UserError("cards.too_large", f"This card number does not fit Wiegand {bits}.", field="code")
    body = f"{number:0{size}b}"
    half = size // 2
    even, odd = body[:half].count("1") % 2, 1 - body[half:].count("1") % 2
    return f"{even}{body}{odd}"


def of_wiegand(bits: str) -> str:
    """The plain card of 26 or 34 bits; UserError when a parity bit says that a bit was lost."""
    if not re.fullmatch(r"[01]{26}|[01]{34}", bits):
        raise UserError("cards.wiegand.shape", "Wiegand has 26 or 34 bits.", field="code")
    body = bits[1:-1]
    plain = f"{int(body, 2):0{len(body) // 4}X}"
    if wiegand(plain, len(bits)) != bits:
        raise UserError("cards.wiegand.parity", "A parity bit of this card number is wrong.", field="code")
    return plain


def tail(code: str, digits: int = 4) -> str:
    """The last digits, for recognising a code without telling it."""
    return f"…{code[-digits:]}" if len(code) > digits else "…"


def _hexadecimal(plain: str) -> list[Candidate]:
    even = plain.zfill(len(plain) + len(plain) % 2)
    return [Candidate(Notation.HEX, plain), Candidate(Notation.HEX_REVERSED, _reversed(even))]


def _decimal(digits: str) -> list[Candidate]:
    number = f"{int(digits):X}"
    even = number.zfill(max(len(number) + len(number) % 2, 6))
    return [Candidate(Notation.DECIMAL, even), Candidate(Notation.DECIMAL_REVERSED, _reversed(even))]


def _facility(left: int, right: int) -> list[Candidate]:
    if right > 0xFFFF or left > 0xFFFF:
        return []
    found = [Candidate(Notation.FACILITY_34, f"{left:04X}{right:04X}")]
    return [Candidate(Notation.FACILITY_26, f"{left:02X}{right:04X}"), *found] if left <= 0xFF else found


def _all(text: str) -> list[Candidate]:
    pair = re.fullmatch(r"\s*([0-9]{1,5})\s*[,/:\-\s]\s*([0-9]{1,5})\s*", text)
    plain = plain_card(text)
    found = list(_facility(int(pair[1]), int(pair[2]))) if pair else []
    if re.fullmatch(r"[0-9A-F]{1,20}", plain):
        found += _hexadecimal(plain)
        found += _decimal(plain) if plain.isdigit() else []
    return found


def _once(found: list[Candidate]) -> tuple[Candidate, ...]:
    by_number: dict[str, Candidate] = {}
    for candidate in found:
        by_number.setdefault(card_number(candidate.plain), candidate)
    return tuple(by_number.values())


def _reversed(even: str) -> str:
    return "".join(reversed([even[i : i + 2] for i in range(0, len(even), 2)]))
