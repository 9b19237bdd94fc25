"""The library of a site's codes (CRED-04): every PIN, card and plate, masked, with who has it and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.base.verdict import Verdict
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.person import RESIDENT, PersonKind
from core.entities.site import BUILDING
from core.store.changes import ChangeSet
from core.store.direct import ask
from core.store.query import Among, Computed, Facts
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.library import CodeLine, find_code
from core.usecases.standing import SiteStanding, left_sql, total_sql
from desktop.models.columns import MONO, QUIET, STRONG, ListColumn, col
from desktop.models.desk import Desk
from desktop.models.door_proofs import NEEDS_A_PERSON, Doors, doors_look, doors_words, worst_of
from desktop.models.listing import FilterField
from desktop.models.standings import TOUCHES, SiteTable, verdict_sql, worded
from desktop.models.words import choice_word, time_word, translate
from desktop.qt.roles import RowLook

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
    doors: Doors | None
    """None while it is being found out."""

    @property
    def unit(self) -> str:
        """`Building A · 0101`."""
        return " · ".join(part for part in (self.line.building, self.line.apartment) if part)


async def whose_code(ctx: Context, site_id: str, text: str) -> tuple[CredentialKind, str] | None:
    """Who has exactly this code: its kind and the credential's id; None when nobody has it."""
    found = [c for c in await find_code(ctx, site_id, text) if c.kind in KINDS]
    first = min(found, key=lambda c: KINDS.index(c.kind), default=None)
    return (first.kind, first.id) if first is not None else None


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

    return [
        col("code", translate("Code"), lambda x: x.line.code or "••••", 150, MONO, sortable=False),
        col("name", translate("Name"), lambda x: x.line.name.removesuffix(" ·"), 170, STRONG, stretch=True),
        col("unit", translate("Unit"), lambda x: x.unit, 150, QUIET),
        col("identity", translate("Who"), lambda x: choice_word(x.line.identity), 96, QUIET, drop=2),
        col("doors", translate("Doors"), lambda x: doors_words(x.doors), 84, lambda x: doors_look(x.doors)),
        col("maker", translate("Made by"), lambda x: x.line.made_by, 130, QUIET, drop=3),
        col("made", translate("Made"), made, 100, QUIET, drop=1),
    ]


def code_row_look(line: LibraryLine) -> RowLook:
    """A stripe where a person is needed."""
    verdict = worst_of(line.doors or ())
    return RowLook(stripe=verdict.value if verdict in NEEDS_A_PERSON else "")


_PERSON = "(SELECT p.{column} FROM residents p WHERE p.id = credentials.person_id)"
_NAME = (
    "coalesce((SELECT trim(p.first_name || ' ' || p.last_name) FROM residents p "
    "WHERE p.id = credentials.person_id), '')"
)
_APARTMENT = (
    "coalesce((SELECT a.number FROM residents p JOIN apartments a ON a.id = p.apartment_id "
    "WHERE p.id = credentials.person_id), '')"
)
_BUILDING = (
    "coalesce((SELECT b.name FROM residents p LEFT JOIN apartments a ON a.id = p.apartment_id "
    "JOIN buildings b ON b.id = coalesce(a.building_id, p.building_id) WHERE p.id = credentials.person_id), '')"
)
_IDENTITY = f"coalesce({_PERSON.format(column='kind')}, '')"
_ROW = _PERSON.format(column="row_no")
_UNIT_ORDER = (f"{_BUILDING} COLLATE NOCASE", f"{_APARTMENT} COLLATE NOCASE")


def _computed() -> tuple[Computed, ...]:
    kinds = {kind.value: choice_word(kind.value) for kind in PersonKind}
    return (
        Computed("name", _NAME, searched=True),
        Computed("unit", f"{_BUILDING} || ' ' || {_APARTMENT}", _UNIT_ORDER, searched=True),
        Computed("building", _BUILDING),
        Computed("identity", _IDENTITY),
        Computed("who", worded(_IDENTITY, kinds), searched=True),
        Computed("doors", verdict_sql(Verdict.PROVED), (left_sql(), total_sql())),
        Computed("maker", "credentials.made_by"),
        Computed("made", "credentials.made_at", ("coalesce(credentials.made_at, 0)",)),
    )


class CodeTable(SiteTable):
    """The codes of one kind at the chosen site, masked. `reveal` shows them until something changes; the codes in the
    clear are those of the screenful that is painted.
    """

    facts_key = _ROW
    among: tuple[Among, ...] = (Among("person_id", RESIDENT, "id"),)
    """A code whose person is not here, or not yet, is nobody's to show."""
    ties: tuple[str, ...] = (*_UNIT_ORDER, f"{_NAME} COLLATE NOCASE")
    shows: tuple[str, ...] = (_BUILDING, _APARTMENT, _IDENTITY, _NAME, _ROW)

    def __init__(self, desk: Desk, kind: CredentialKind) -> None:
        self.buildings: tuple[str, ...] = ()
        self.identities: tuple[str, ...] = ()
        self.revealed = False
        self.computed = _computed()
        super().__init__(
            desk.standings,
            desk.ctx.mirror,
            CREDENTIAL,
            code_columns(desk.ctx.clock.now, lambda: desk.sites.zone),
            desk.tasks,
            desk.feed,
            base={"scope_id": desk.sites.site_id, "kind": kind},
            filters=_filters(self),
            also=TOUCHES,
            row_look=code_row_look,
        )
        desk.sites.chosen.connect(lambda: self.show_site(desk.sites.site_id))

    def show_kind(self, kind: CredentialKind) -> None:
        """Show the codes of another kind."""
        self.reveal(shown=False)
        self.set_base({**self._base, "kind": kind})

    def reveal(self, *, shown: bool) -> None:
        """Show the codes, or mask them. Whoever shows them has asked `reveal_codes` first."""
        if shown is not self.revealed:
            self.revealed = shown
            self._anew()

    def facts_of(self, standing: SiteStanding) -> Facts:
        return standing.person_facts

    def line(self, number: int, row: Credential, values: Sequence[Any]) -> LibraryLine:
        building, apartment, identity, name, person = values
        code = row.code if self.revealed else str(CREDENTIAL.by_name["code"].kind.show(row.code))
        line = CodeLine(row.id, building, apartment, identity, code, name, row.made_by, row.made_at)
        return LibraryLine(line, row.person_id, self.standing.doors_of(person))

    async def read_beside(self) -> None:
        await super().read_beside()
        self.buildings, self.identities = await self.ask(lambda r: _choices(r, self._base))

    def _take_changes(self, changes: Sequence[ChangeSet]) -> bool:
        self.revealed = False
        self._forget()
        return super()._take_changes(changes)


def _filters(table: CodeTable) -> list[FilterField]:
    """CRED-04: by building and identity; apartment and name are searched."""
    return [
        FilterField("building", translate("Building"), lambda: [(b, b) for b in table.buildings]),
        FilterField("identity", translate("Who"), lambda: [(k, choice_word(k)) for k in table.identities]),
    ]


def _choices(reader: Reader, base: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The buildings of the site, and what kinds of people have such a code."""
    site, kind = base["scope_id"], str(base["kind"])
    names = f"SELECT DISTINCT name FROM {BUILDING.name} WHERE site_id = ? AND name <> '' ORDER BY 1"  # noqa: S608
    kinds = (
        f"SELECT DISTINCT p.kind FROM {RESIDENT.name} p WHERE p.scope_id = ? AND EXISTS "  # noqa: S608  ours
        f"(SELECT 1 FROM {CREDENTIAL.name} c WHERE c.person_id = p.id AND c.kind = ?) ORDER BY 1"
    )
    return tuple(n for (n,) in ask(reader.connection, names, site)), tuple(
        k for (k,) in ask(reader.connection, kinds, site, kind)
    )
