"""The library of a site's codes (CRED-04): every PIN, card and plate, masked, with who has it and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.entities.credential import CREDENTIAL, CredentialKind
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.library import CodeLine, LibraryFilter, codes
from desktop.models.columns import MONO, QUIET, STRONG, ListColumn, col
from desktop.models.door_proofs import (
    NEEDS_A_PERSON,
    Doors,
    doors_by_person,
    doors_look,
    doors_order,
    doors_words,
    worst_of,
)
from desktop.models.listing import FilterField
from desktop.models.words import choice_word, time_word, translate
from desktop.qt.roles import RowLook

TOUCHES = frozenset(
    {"credentials", "residents", "apartments", "buildings", "proofs", "devices", "group_doors"}
)
KINDS = (
    CredentialKind.PIN,
    CredentialKind.CARD,
    CredentialKind.PLATE,
    CredentialKind.UHF,
    CredentialKind.TEMPORARY,
    CredentialKind.FACE,
)


@dataclass(frozen=True, slots=True)
class LibraryLine:
    """One code with the person who has it."""

    line: CodeLine
    person_id: str
    doors: Doors

    @property
    def unit(self) -> str:
        """`Building A · 0101`."""
        return " · ".join(part for part in (self.line.building, self.line.apartment) if part)


async def load_codes(
    ctx: Context, site_id: str, kind: CredentialKind, *, reveal: bool = False
) -> list[LibraryLine]:
    """The codes of a kind at a site, by unit and name. With `reveal` in the clear, which the audit notes."""
    if not site_id:
        return []
    found = await codes(ctx, site_id, kind, reveal=reveal)
    proofs = await doors_by_person(ctx, site_id)

    def work(reader: Reader) -> dict[str, str]:
        return {c.id: c.person_id for c in reader.find(CREDENTIAL, scope_id=site_id, kind=kind)}

    people = await ctx.mirror.read(work, limit_ms=10_000)
    lines = [
        LibraryLine(x, people.get(x.credential_id, ""), proofs.get(people.get(x.credential_id, ""), ()))
        for x in found
    ]
    return sorted(lines, key=lambda x: (x.line.building, x.line.apartment, x.line.name.casefold()))


async def whose_code(ctx: Context, site_id: str, text: str) -> tuple[CredentialKind, str] | None:
    """Who has exactly this code: its kind and the credential's id; None when nobody has it."""
    for kind in KINDS:
        found = await codes(ctx, site_id, kind, LibraryFilter(code=text))
        if found:
            return kind, found[0].credential_id
    return None


def kind_word(kind: CredentialKind) -> str:
    """The plural of a kind, for the switch over the list."""
    words = {
        CredentialKind.PIN: translate("PINs"),
        CredentialKind.CARD: translate("Cards"),
        CredentialKind.PLATE: translate("Plates"),
        CredentialKind.UHF: translate("UHF"),
        CredentialKind.TEMPORARY: translate("Visitors"),
        CredentialKind.FACE: translate("Faces"),
    }
    return words[kind]


def code_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the library."""

    def made(line: LibraryLine) -> str:
        return time_word(line.line.made_at, now(), zone())

    def made_order(line: LibraryLine) -> float:
        return line.line.made_at.timestamp() if line.line.made_at else 0.0

    return [
        col("code", translate("Code"), lambda x: x.line.code or "••••", 150, MONO, sortable=False),
        col("name", translate("Name"), lambda x: x.line.name.removesuffix(" ·"), 170, STRONG, stretch=True),
        col("unit", translate("Unit"), lambda x: x.unit, 150, QUIET),
        col("identity", translate("Who"), lambda x: choice_word(x.line.identity), 96, QUIET, drop=2),
        col(
            "doors",
            translate("Doors"),
            lambda x: doors_words(x.doors),
            84,
            lambda x: doors_look(x.doors),
            order=lambda x: doors_order(x.doors),
        ),
        col("maker", translate("Made by"), lambda x: x.line.made_by, 130, QUIET, drop=3),
        col("made", translate("Made"), made, 100, QUIET, order=made_order, drop=1),
    ]


def code_row_look(line: LibraryLine) -> RowLook:
    """A stripe where a person is needed."""
    verdict = worst_of(line.doors)
    return RowLook(stripe=verdict.value if verdict in NEEDS_A_PERSON else "")


def code_filters(rows: Callable[[], Sequence[LibraryLine]]) -> list[FilterField]:
    """CRED-04: by building and identity; apartment, name and code are searched."""
    return [
        FilterField(
            "building",
            translate("Building"),
            lambda: _choices(x.line.building for x in rows()),
            lambda x: x.line.building,
        ),
        FilterField(
            "identity",
            translate("Who"),
            lambda: [(k, choice_word(str(k))) for k, _ in _choices(x.line.identity for x in rows())],
            lambda x: x.line.identity,
        ),
    ]


def _choices(values: Iterable[str]) -> list[tuple[object, str]]:
    return [(value, value) for value in sorted(set(values) - {""})]
