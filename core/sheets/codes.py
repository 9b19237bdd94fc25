"""Cells with PINs, cards, plates: taking them apart, judging each code once, finding out whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_ids
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.rules.cards import Notation, convert
from core.rules.plain_codes import plain_code
from core.sheets.layout import Layout
from core.sheets.rows import Change, Grid
from core.store.tx import Tx

MASK = "•"
FIELDS = {
    "card": CredentialKind.CARD,
    "pin": CredentialKind.PIN,
    "plate": CredentialKind.PLATE,
    "uhf": CredentialKind.UHF,
    "fingerprint": CredentialKind.FINGERPRINT,
}
"""Column of a file -> kind of its codes."""

WORDS = {
    CredentialKind.CARD: "card",
    CredentialKind.PIN: "PIN",
    CredentialKind.PLATE: "licence plate",
    CredentialKind.UHF: "UHF card",
}
NUMBERS = frozenset({CredentialKind.CARD, CredentialKind.UHF})
ENROLLED = "enrolled"
"""CRED-03: what a fingerprint's cell says; the print itself lives in the reader."""
_ENROLLED_WORDS = frozenset({ENROLLED, "yes", "true", "1"})
_NOT_ENROLLED = frozenset({"not enrolled", "no", "false", "0"})

Code = tuple[CredentialKind, str]


_COLUMN = {kind: name for name, kind in FIELDS.items()}


def column_of(kind: CredentialKind) -> str:
    """The column that holds codes of a kind."""
    return _COLUMN[kind]


@dataclass(frozen=True, slots=True)
class CodeWork:
    """What to do with one person's credentials. `change` pairs a credential with its new code."""

    add: tuple[Code, ...] = field(default=(), repr=False)
    change: tuple[tuple[Credential, str], ...] = field(default=(), repr=False)
    remove: tuple[Credential, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.add or self.change or self.remove)

    @property
    def coming(self) -> list[Code]:
        """All codes that the person has afterwards and not before."""
        return [*self.add, *((old.kind, code) for old, code in self.change)]

    def words(self, kind: CredentialKind) -> str:
        """What becomes of the PINs or the cards, for the preview: never a code."""
        counts = {
            "added": sum(k is kind for k, _ in self.add),
            "changed": sum(old.kind is kind for old, _ in self.change),
            "removed": sum(old.kind is kind for old in self.remove),
        }
        return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def split_codes(text: str, kind: CredentialKind, cards: Notation | None = None) -> list[str]:
    """The codes of a cell, each once, in plain notation; none for a cell with the dots that an export shows instead.

    What is not written in the notation `cards` stays as it is, so that its shape is found fault with.
    """
    if MASK in text:
        return []
    if kind is CredentialKind.FINGERPRINT:
        return _mark(text)
    parts = [part.strip() for part in text.split(";")] if ";" in text else [text.strip()]
    if cards is not None and kind in NUMBERS:
        return list(dict.fromkeys(_converted(part, cards) for part in parts if part))
    return list(dict.fromkeys(plain_code(kind, part) for part in parts if part))


def _mark(text: str) -> list[str]:
    word = text.strip().casefold()
    if word in _ENROLLED_WORDS:
        return [""]
    return [] if word in _NOT_ENROLLED or not word else [text]


def _converted(text: str, notation: Notation) -> str:
    try:
        return convert(text, notation)
    except (UserError, ValueError):
        return text


def wanted_codes(grid: Grid) -> list[dict[CredentialKind, list[str]]]:
    """Of every row the codes that it names, by kind."""
    columns = code_columns(grid)
    return [codes_at(columns, index, grid.options.cards) for index in range(len(grid.rows))]


def code_columns(grid: Grid) -> list[tuple[CredentialKind, Sequence[str]]]:
    """The columns of a file that hold codes."""
    return [(kind, grid.column(name)) for name, kind in FIELDS.items() if name in grid.places]


def codes_at(
    columns: list[tuple[CredentialKind, Sequence[str]]], index: int, cards: Notation | None
) -> dict[CredentialKind, list[str]]:
    """The codes that one row names, by kind."""
    return {kind: split_codes(text, kind, cards) for kind, column in columns if (text := column[index])}


def code_work(
    old: Sequence[Credential],
    wanted: Mapping[CredentialKind, list[str]],
    *,
    only_add: frozenset[CredentialKind],
) -> CodeWork:
    """From what a person has to what a file says. A kind without codes in `wanted` stays as it is.

    Of kinds in `only_add` nothing is taken away. Else an old code that goes is overwritten by a new one that comes, so
    that the credential stays the same row.
    """
    add: list[Code] = []
    change: list[tuple[Credential, str]] = []
    remove: list[Credential] = []
    for kind, codes in wanted.items():
        if not codes:
            continue
        mine = [c for c in old if c.kind is kind]
        have = {c.code for c in mine}
        come = [code for code in codes if code not in have]
        go = [] if kind in only_add else [c for c in mine if c.code not in codes]
        both = min(len(come), len(go))
        change += zip(go[:both], come[:both], strict=True)
        remove += go[both:]
        add += [(kind, code) for code in come[both:]]
    return CodeWork(tuple(add), tuple(change), tuple(remove))


def card_notes(grid: Grid) -> list[str]:
    """A sentence when the cards of a file could as well be decimal: nothing is guessed, and nothing kept quiet."""
    if grid.options.cards is not None or not _may_be_decimal(grid.column("card")):
        return []
    texts = [t for t in grid.column("card") if t and MASK not in t]
    plain = [part.strip() for text in texts for part in text.split(";") if part.strip()]
    if len(plain) >= FEW_CARDS and all(p.isdigit() for p in plain):
        words = "have no letter and were read as they stand, which is hexadecimal. If the reader showed them as decimal"
        return [f"All {len(plain)} cards {words}, say so for the whole file."]
    return []


def _may_be_decimal(cards: Sequence[str]) -> bool:
    """Whether no card that is shown has a letter; most files show one in the first few."""
    return not any(c.isalpha() for text in cards if MASK not in text for c in text)


FEW_CARDS = 5
"""From so many cards on it is worth a word that none has a letter."""


def code_changes(layout: Layout, work: CodeWork, old: Sequence[Credential]) -> tuple[Change, ...]:
    """What becomes of PINs and cards, as the preview shows it."""
    return tuple(
        Change(layout.by_field[name].label, MASK * 4 if any(c.kind is kind for c in old) else "", words)
        for name, kind in FIELDS.items()
        if (words := work.words(kind))
    )


def write_codes(tx: Tx, work: CodeWork, person_id: str, scope_id: str) -> None:
    """Bring one person's credentials to what a row says; what goes makes room before anything comes."""
    for old in work.remove:
        tx.remove(CREDENTIAL, old.id)
    for old, code in work.change:
        tx.patch(CREDENTIAL, old, code=code, made_by=tx.author.name, made_at=tx.now)
    tx.put_many(CREDENTIAL, new_credentials(tx, work, person_id, scope_id))


def new_credentials(tx: Tx, work: CodeWork, person_id: str, scope_id: str) -> list[Credential]:
    """Rows for the codes that a row adds, with who made them and when (CRED-04)."""
    return credentials_of(tx, [(person_id, work.add)], scope_id)


def credentials_of(tx: Tx, coming: Sequence[tuple[str, Sequence[Code]]], scope_id: str) -> list[Credential]:
    """As `new_credentials`, for the codes of many people: (person, codes)."""
    made: dict[str, Any] = {"scope_id": scope_id, "made_by": tx.author.name, "made_at": tx.now}
    every = [(person_id, kind, code) for person_id, codes in coming for kind, code in codes]
    return [
        Credential(id=row_id, person_id=person_id, kind=kind, code=code, **made)
        for row_id, (person_id, kind, code) in zip(new_ids(len(every)), every, strict=True)
    ]
