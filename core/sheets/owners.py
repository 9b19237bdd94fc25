"""Who has which code at a site: shape, uniqueness and number of the codes that a file brings (CRED-01, CRED-02)."""

from __future__ import annotations

from collections.abc import Sequence

from core.entities.credential import CARD_CHARS, CREDENTIAL, Credential, CredentialKind
from core.rules.cards import candidates, card_number
from core.rules.invariants import PER_PERSON, site_takes_code
from core.rules.sharing import sites_sharing
from core.sheets.codes import ENROLLED, FIELDS, MASK, NUMBERS, WORDS, Code, CodeWork, column_of
from core.sheets.rows import Fault, Grid
from core.sheets.typed_book import TypedBook
from core.store.batch import BatchReader
from core.store.reader import Reader


class Owners:
    """Who has which code at a site and at those that share doors with it (CRED-01), as it would be while the rows of a
    file are applied one after the other.
    """

    def __init__(self, reader: Reader, site_id: str) -> None:
        self._reader = BatchReader(reader, CREDENTIAL, ())
        self._site_id = site_id
        self.by_person: dict[str, list[Credential]] = {}
        self.typed = TypedBook(reader, site_id)
        self._owner: dict[Code, tuple[str, int]] = {}
        for scope in sites_sharing(reader, site_id):
            for row in reader.find(CREDENTIAL, scope_id=scope):
                own = scope == site_id
                if own:
                    self.by_person.setdefault(row.person_id, []).append(row)
                if row.code:
                    self._owner.setdefault(_number((row.kind, row.code)), (row.person_id if own else "", 0))
        for codes in self.by_person.values():
            # By age: an undone import brings rows back with another place in the table.
            codes.sort(key=lambda c: c.id)

    def owned(self, kind: CredentialKind) -> set[str]:
        """All codes of a kind that somebody has, cards without the zeros in front."""
        return {text for k, text in self._owner if k is kind}

    def misfit(self, code: Code) -> str:
        """What is wrong with a code by itself or at this site, a sentence without it; empty when it fits."""
        if surely_fits(code):
            return ""
        row = Credential(id="x", scope_id=self._site_id, person_id="x", kind=code[0], code=code[1])
        problems = CREDENTIAL.problems(row) or site_takes_code(self._reader, row)
        wrong = next((p.message for p in problems), "")
        if wrong and code[0] is CredentialKind.FINGERPRINT:
            return f"Fingerprint is '{ENROLLED}' or empty: the print itself is taken at the reader."
        if wrong and code[0] in NUMBERS and (ways := candidates(code[1])):
            names = ", ".join(way.notation.value for way in ways)
            return f"{wrong} It may be written as {names}: say so for the whole file."
        return wrong

    def taken(self, code: Code, person_id: str) -> str:
        """A sentence when somebody else has the code; empty when nobody has or this person does."""
        if not code[1]:
            return ""
        owner, row = self._owner.get(_number(code), (person_id, 0))
        if owner == person_id:
            return ""
        word = WORDS.get(code[0], "code")
        whose = f"row {row} of this file" if row else "another person at this site"
        if not owner:
            whose = "somebody at a site that shares doors with this one"
        return f"This {word} belongs to {whose}; a {word} is unique where it opens."

    def free_pin(self, pin: str) -> str:
        """A PIN that differs from a refused one in its first digit only and is nobody's; empty when there is none."""
        if not (2 <= len(pin) <= 8 and pin.isascii() and pin.isdigit()):
            return ""
        tries = (f"{digit}{pin[1:]}" for digit in "12345678" if digit != pin[0])
        return next((one for one in tries if (CredentialKind.PIN, one) not in self._owner), "")

    def shown(self, person_id: str, *, show_secrets: bool) -> dict[str, str]:
        """A person's codes as cells of an export, by field."""
        cells: dict[str, str] = {}
        mine = self.by_person.get(person_id, [])
        for name, kind in FIELDS.items():
            codes = [c.code if show_secrets else MASK * 4 for c in mine if c.kind is kind]
            if codes and kind is CredentialKind.FINGERPRINT:
                codes = [ENROLLED]
            if codes:
                cells[name] = ";".join(codes)
        return cells

    def take(self, work: CodeWork, person_id: str, row: int, home: str = "") -> None:
        """Note what a row does, so that the rows after it are judged by it. `home`: as in `code_faults`."""
        self.typed.take(work, person_id, home)
        for old in (*work.remove, *(old for old, _ in work.change)):
            self._owner.pop(_number((old.kind, old.code)), None)
        for code in work.coming:
            if code[1]:
                self._owner[_number(code)] = (person_id, row)


_HEX = frozenset("0123456789ABCDEF")


def surely_fits(code: Code) -> bool:
    """Whether the declared rules would certainly take a code: nearly all of a large file, at a tenth of the price."""
    kind, text = code
    if kind is CredentialKind.PIN:
        return 2 <= len(text) <= 8 and text[0] != "9" and text.isascii() and text.isdigit()
    return kind is CredentialKind.CARD and 1 <= len(text) <= CARD_CHARS and _HEX.issuperset(text)


def _number(code: Code) -> Code:
    """A code as doors compare it: zeros in front of a card say nothing."""
    return (code[0], card_number(code[1])) if code[0] in NUMBERS else code


def code_faults(
    grid: Grid, index: int, work: CodeWork, person_id: str, owners: Owners, *, home: str = ""
) -> list[Fault]:
    """What is wrong with the codes that a row brings, one fault per code: its shape, that somebody has it, or that
    somebody types the same. `home`: the number of the resident's apartment, empty for others.
    """
    faults = []
    for kind, code in work.coming:
        column = column_of(kind)
        if wrong := owners.misfit((kind, code)):
            reserved = kind is CredentialKind.PIN and code.startswith("9")
            better = owners.free_pin(code) if reserved else ""
            faults.append(grid.fault(index, column, f"{column}.shape", wrong, better))
        elif wrong := owners.taken((kind, code), person_id):
            faults.append(grid.fault(index, column, f"{column}.taken", wrong))
        elif wrong := owners.typed.taken((kind, code), person_id, home):
            faults.append(grid.fault(index, column, f"{column}.typed", wrong))
    if len(work.coming) > LEAST_LIMIT:
        faults += _too_many(grid, index, work, owners.by_person.get(person_id, ()))
    return faults


LEAST_LIMIT = min(PER_PERSON.values())


def _too_many(grid: Grid, index: int, work: CodeWork, old: Sequence[Credential]) -> list[Fault]:
    faults = []
    for kind, limit in PER_PERSON.items():
        have = sum(c.kind is kind for c in old) - sum(c.kind is kind for c in work.remove)
        if have + sum(k is kind for k, _ in work.add) > limit:
            column = column_of(kind)
            words = f"One person has up to {limit} {WORDS[kind]}s."
            faults.append(grid.fault(index, column, f"{column}.many", words))
    return faults
