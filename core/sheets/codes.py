"""Cells with PINs and cards: taking them apart, judging each code once, finding out whose it is, writing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.base.ids import new_id
from core.entities.person import CREDENTIAL, Credential, CredentialKind
from core.rules.cards import card_number, plain_card
from core.rules.invariants import site_takes_code
from core.sheets.layout import Layout
from core.sheets.rows import Change, Fault, Grid
from core.store.batch import BatchReader
from core.store.reader import Reader
from core.store.tx import Tx

MASK = "•"
FIELDS = {"card": CredentialKind.CARD, "pin": CredentialKind.PIN}
"""Column of a file -> kind of its codes."""

Code = tuple[CredentialKind, str]


def column_of(kind: CredentialKind) -> str:
    """The column that holds codes of a kind."""
    return next(name for name, k in FIELDS.items() if k is kind)


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


def split_codes(text: str, kind: CredentialKind) -> list[str]:
    """The codes of a cell, each once; none for a cell with the dots that an export shows instead of a code."""
    if MASK in text:
        return []
    parts = [part.strip() for part in text.split(";")]
    return list(dict.fromkeys(plain_card(p) if kind is CredentialKind.CARD else p for p in parts if p))


def wanted_codes(grid: Grid) -> list[dict[CredentialKind, list[str]]]:
    """Of every row the codes that it names, by kind."""
    cells = [grid.column(name) for name in FIELDS]
    kinds = list(FIELDS.values())
    return [
        {k: split_codes(text, k) for k, text in zip(kinds, texts, strict=True) if text}
        for texts in zip(*cells, strict=True)
    ]


class Owners:
    """Who has which code at a site, as it would be while the rows of a file are applied one after the other."""

    def __init__(self, reader: Reader, site_id: str) -> None:
        self._reader = BatchReader(reader, CREDENTIAL, ())
        self._site_id = site_id
        self.by_person: dict[str, list[Credential]] = {}
        self._owner: dict[Code, tuple[str, int]] = {}
        for row in reader.find(CREDENTIAL, scope_id=site_id):
            self.by_person.setdefault(row.person_id, []).append(row)
            self._owner[_number((row.kind, row.code))] = (row.person_id, 0)

    def misfit(self, code: Code) -> str:
        """What is wrong with a code by itself or at this site, a sentence without it; empty when it fits."""
        row = Credential(id="x", scope_id=self._site_id, person_id="x", kind=code[0], code=code[1])
        problems = CREDENTIAL.problems(row) or site_takes_code(self._reader, row)
        return next((p.message for p in problems), "")

    def taken(self, code: Code, person_id: str) -> str:
        """A sentence when somebody else has the code; empty when nobody has or this person does."""
        owner, row = self._owner.get(_number(code), (person_id, 0))
        if owner == person_id:
            return ""
        word = "PIN" if code[0] is CredentialKind.PIN else "card"
        whose = f"row {row} of this file" if row else "another person at this site"
        return f"This {word} belongs to {whose}; a {word} is unique where it opens."

    def shown(self, person_id: str, *, show_secrets: bool) -> tuple[str, str]:
        """A person's cards and PINs as cells of an export, in the order of FIELDS."""
        mine = self.by_person.get(person_id, [])
        cells = []
        for kind in FIELDS.values():
            codes = [c.code if show_secrets else MASK * 4 for c in mine if c.kind is kind]
            cells.append(";".join(codes))
        return cells[0], cells[1]

    def take(self, work: CodeWork, person_id: str, row: int) -> None:
        """Note what a row does, so that the rows after it are judged by it."""
        for old in (*work.remove, *(old for old, _ in work.change)):
            self._owner.pop(_number((old.kind, old.code)), None)
        for code in work.coming:
            self._owner[_number(code)] = (person_id, row)


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


def _number(code: Code) -> Code:
    """A code as doors compare it: zeros in front of a card say nothing."""
    kind, text = code
    return (kind, card_number(text)) if kind is CredentialKind.CARD else code


def code_faults(grid: Grid, index: int, work: CodeWork, person_id: str, owners: Owners) -> list[Fault]:
    """What is wrong with the codes that a row brings, one fault per code: its shape, or that somebody has it."""
    faults = []
    for kind, code in work.coming:
        column = column_of(kind)
        if wrong := owners.misfit((kind, code)):
            faults.append(grid.fault(index, column, f"{column}.shape", wrong))
        elif wrong := owners.taken((kind, code), person_id):
            faults.append(grid.fault(index, column, f"{column}.taken", wrong))
    return faults


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
        tx.patch(CREDENTIAL, old, code=code)
    tx.put_many(CREDENTIAL, new_credentials(work, person_id, scope_id))


def new_credentials(work: CodeWork, person_id: str, scope_id: str) -> list[Credential]:
    """Rows for the codes that a row adds."""
    return [
        Credential(id=new_id(), scope_id=scope_id, person_id=person_id, kind=kind, code=code)
        for kind, code in work.add
    ]
