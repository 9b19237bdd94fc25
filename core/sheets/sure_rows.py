"""The greater part of a large residents' file, judged column by column: people who are new and without a doubt.

A row is sure when nothing about it needs a second look: its apartment is known and empty, the whole family in the file
is sure, every text fits, every code fits and is in nobody's hands. All else is judged row by row by `PersonBook`,
which has the words; a row that is sure here is one that it would find new and faultless (a test compares the two).
Whole columns are asked at once, since a call per cell costs ten times what the reading of the file does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_ids
from core.entities.access import AccessGroup
from core.entities.credential import CARD_CHARS, CredentialKind
from core.entities.person import RESIDENT, AccountType, Resident
from core.entities.site import Apartment, Site
from core.rules.cards import card_number
from core.rules.floors import parse_floors
from core.rules.plain_codes import plain_code
from core.sheets.codes import Code, CodeWork
from core.sheets.owners import Owners, surely_fits
from core.sheets.person_book import ACCESS_FIELDS, ACCOUNT_WORDS, PersonBook
from core.sheets.read import NumberText
from core.sheets.rows import Grid, RowPlan, RowVerdict
from core.sheets.shapes import all_fit, fits

_TEXTS = (
    "first_name",
    "last_name",
    "email",
    "mobile",
    "calling_code",
    "phone_1",
    "phone_2",
    "phone_3",
    "remark",
)
_SHAPED = ("email", "mobile", "calling_code", "phone_1", "phone_2", "phone_3")
_SECOND_LOOK = ("uid", "apartment_name", "plate", "uhf", "fingerprint")
"""A filled cell of these is looked at row by row."""

Column = Sequence[str]


@dataclass(frozen=True, slots=True)
class SureWork:
    """What the row of a new person does; the same as `ResidentWork`, made into rows only when it is written."""

    person_id: str
    uid: str
    site_id: str
    home: Apartment
    index: int
    maker: Maker = field(repr=False)
    apartment: None = None
    patch: None = None
    leave: tuple[()] = ()

    @property
    def new(self) -> Resident:
        """The person."""
        own: dict[str, Any] = {
            "scope_id": self.site_id,
            "site_id": self.site_id,
            "apartment_id": self.home.id,
        }
        return Resident(id=self.person_id, uid=self.uid, **own, **self.maker.values(self.index))

    @property
    def codes(self) -> CodeWork:
        """The person's codes."""
        return CodeWork(self.maker.coming(self.index))

    @property
    def join(self) -> tuple[str, ...]:
        """Ids of the groups."""
        return tuple(g.id for g in self.maker.groups(self.index, self.home))


class SureRows:
    """One file's columns, and which rows need a second look."""

    def __init__(self, grid: Grid, book: PersonBook, owners: Owners, site: Site) -> None:
        self._grid = grid
        self._book = book
        self._owners = owners
        self._site = site
        self._count = len(grid.rows)
        self._doubt = bytearray(self._count)
        self._columns: dict[str, Column] = {
            name: column for name in grid.places if any(column := grid.column(name))
        }
        self._homes: list[Apartment | None] = []

    def plans(self) -> Mapping[int, RowPlan]:
        """Index -> plan of every sure row; each is made when somebody asks for it."""
        self._look_aside()
        self._texts()
        self._words()
        self._places()
        self._code(CredentialKind.PIN, "pin")
        self._code(CredentialKind.CARD, "card")
        self._families()
        sure = [i for i, doubt in enumerate(self._doubt) if not doubt]
        return SurePlans(self._grid, sure, self._homes, Maker(self._columns, self._book)) if sure else {}

    def _mark(self, indexes: Iterable[int]) -> None:
        for index in indexes:
            self._doubt[index] = 1

    def _filled(self, name: str) -> Iterator[int]:
        return (i for i, text in enumerate(self._columns.get(name, ())) if text)

    def _look_aside(self) -> None:
        """Cells, decisions and rounded numbers that are a matter for row by row."""
        for name in _SECOND_LOOK:
            self._mark(self._filled(name))
        if self._grid.options.no_access:
            for name in ACCESS_FIELDS:
                self._mark(self._filled(name))
        said = self._grid.options.decisions
        if said:
            self._mark(i for i, number in enumerate(self._grid.numbers) if number in said)
        if self._grid.table.numeric:
            for column in self._columns.values():
                self._mark(i for i, c in enumerate(column) if isinstance(c, NumberText) and c.rounded)

    def _texts(self) -> None:
        for name in ("first_name", "last_name"):
            column = self._columns.get(name)
            self._mark(range(self._count) if column is None else (i for i, t in enumerate(column) if not t))
        for name in _TEXTS:
            column = self._columns.get(name)
            if column is None:
                continue
            limit: int = RESIDENT.by_name[name].kind.max_len  # type: ignore[attr-defined]
            if name in {"first_name", "last_name"} and "  " in "\n".join(column):
                self._mark(i for i, t in enumerate(column) if "  " in t)
            if max(map(len, column)) > limit or not "".join(column).isprintable():
                self._mark(i for i, t in enumerate(column) if len(t) > limit or not t.isprintable())
            if name in _SHAPED and not all_fit(name, filter(None, column)):
                self._unless(name, lambda text, n=name: fits(n, text))  # type: ignore[misc]

    def _unless(self, name: str, good: Callable[[str], bool]) -> None:
        """Doubt the rows whose text in a column is not good; each text is asked about once."""
        column = self._columns.get(name)
        if column is None:
            return
        bad = {text for text in set(column) if text and not good(text)}
        if bad:
            self._mark(i for i, text in enumerate(column) if text in bad)

    def _words(self) -> None:
        """Account types, floors and groups: few different texts."""
        account = self._columns.get("account_type")
        if account is None:
            self._mark(range(self._count))
            return
        known = {text for text in set(account) if text.casefold() in ACCOUNT_WORDS}
        if len(known) < len(set(account)):
            self._mark(i for i, text in enumerate(account) if text not in known)
        self._unless("floors", _is_floors)
        self._unless("groups", lambda text: not self._book.groups.choose("", text)[2])

    def _places(self) -> None:
        nothing = ("",) * self._count
        pairs = list(
            zip(self._columns.get("building", nothing), self._columns.get("apartment", nothing), strict=True)
        )
        found = {pair: self._empty_home(*pair) for pair in set(pairs)}
        self._homes = [found[pair] for pair in pairs]
        if None in found.values():
            self._mark(i for i, home in enumerate(self._homes) if home is None)

    def _empty_home(self, building: str, number: str) -> Apartment | None:
        home = self._book.places.find(building, number)[0]
        return home if home is not None and not self._book.lives_anybody(home.id) else None

    def _code(self, kind: CredentialKind, name: str) -> None:
        """PINs or cards: one code a cell, which fits, and which nobody has, here or in the file."""
        column = self._columns.get(name)
        if column is None:
            return
        if self._grid.options.cards is not None and kind is CredentialKind.CARD:
            self._mark(self._filled(name))
            return
        plain = column
        if kind is CredentialKind.CARD and not _HEX.issuperset("".join(column)):
            plain = [plain_code(kind, text) for text in column]
        self._columns[name] = plain
        if not _all_fit(kind, plain):
            self._mark(i for i, code in enumerate(plain) if code and not surely_fits((kind, code)))
        # Where no code begins with a zero, every card is its own number.
        is_card = kind is CredentialKind.CARD and any(code.startswith("0") for code in plain)
        number = card_number if is_card else str
        numbers = plain if number is str else [number(code) if code else "" for code in plain]
        taken = self._owners.owned(kind)
        if len(set(numbers)) < len(numbers):
            times = Counter(numbers)
            del times[""]
            taken |= {code for code, count in times.items() if count > 1}
        for text in (t for t in column if ";" in t):
            taken |= {card_number(plain_code(kind, part)) for part in text.split(";")}
            taken |= {plain_code(kind, part) for part in text.split(";")}
        if taken:
            self._mark(i for i, code in enumerate(numbers) if code and code in taken)
        if kind is CredentialKind.PIN and self._owners.typed.on:
            self._typed(plain)

    def _typed(self, pins: Column) -> None:
        """Where an apartment is typed first: PINs that nobody else types, here or in the file."""
        book, homes = self._owners.typed, self._homes
        texts = [
            book.text((CredentialKind.PIN, pin), home.number) if pin and home is not None else ""
            for pin, home in zip(pins, homes, strict=True)
        ]
        times = Counter(texts)
        taken = book.texts() | {text for text, count in times.items() if count > 1}
        self._mark(i for i, text in enumerate(texts) if text and text in taken)
        many = [pin for i, pin in enumerate(pins) if ";" in pin]
        if many:
            # A row with several PINs is judged by itself; what it types cannot be told column by column.
            self._mark(i for i, pin in enumerate(pins) if pin)

    def _families(self) -> None:
        """A home is sure as a whole: its members' master, their number, that nobody comes twice."""
        homes = [home.id if home is not None else "" for home in self._homes]
        bad = {home for home, doubt in zip(homes, self._doubt, strict=True) if doubt}
        bad.add("")
        names = list(zip(homes, self._folded("first_name"), self._folded("last_name"), strict=True))
        if len(set(names)) < len(names):
            bad |= {name[0] for name, times in Counter(names).items() if times > 1}
        account = self._columns.get("account_type", ("",) * self._count)
        kinds = {text: ACCOUNT_WORDS.get(text.casefold()) if text else None for text in set(account)}
        lived = list(zip(homes, map(kinds.__getitem__, account), range(self._count), strict=True))
        members = Counter([home for home, kind, _ in lived if kind is AccountType.MEMBER and home not in bad])
        masters = {home for home, kind, _ in lived if kind is AccountType.MASTER}
        bad |= members.keys() - masters
        first = {home: i for home, _, i in reversed(lived)}
        bad |= {home for home, count in members.items() if count > self._most(first[home])}
        if bad != {""}:
            self._mark(i for i, home in enumerate(homes) if home and home in bad)

    def _folded(self, name: str) -> Column:
        """A column without regard to letter case."""
        column = self._columns.get(name, ("",) * self._count)
        folded = "\n".join(column).casefold().split("\n")
        return folded if len(folded) == len(column) else [text.casefold() for text in column]

    def _most(self, index: int) -> int:
        home = self._homes[index]
        limit = home.member_limit if home is not None and home.member_limit is not None else self._count
        return limit if self._grid.options.fee_accepted else min(limit, self._site.free_members)


_HEX = frozenset("0123456789ABCDEF")


def _all_fit(kind: CredentialKind, codes: Column) -> bool:
    """Whether every code of a column surely fits: asked of the column as a whole, which a few calls answer."""
    filled = [code for code in codes if code]
    lengths, whole = set(map(len, filled)), "".join(filled)
    if kind is CredentialKind.CARD:
        return max(lengths, default=0) <= CARD_CHARS and _HEX.issuperset(whole)
    short = lengths <= set(range(2, 9))
    return short and (not whole or (whole.isascii() and whole.isdigit())) and not any(map(_NINE, filled))


_NINE = re.compile("9").match


class Maker:
    """Values of sure rows; what many rows share is read once."""

    def __init__(self, columns: dict[str, Column], book: PersonBook) -> None:
        self._texts = [(n, columns[n]) for n in _TEXTS if n in columns and n != "calling_code"]
        self._codes = [(k, columns[n]) for n, k in _CODES if n in columns]
        self._defaults = book.groups.defaults
        self._firsts, self._lasts = columns["first_name"], columns["last_name"]
        self.site_id, self.fresh_uids = book.site_id, book.fresh_uids
        self._account = _read(columns.get("account_type"), lambda t: ACCOUNT_WORDS.get(t.casefold()))
        self._calling = _read(columns.get("calling_code"), lambda t: t.removeprefix("+"))
        self._floors = _read(columns.get("floors"), lambda t: parse_floors(t) if _is_floors(t) else ())
        self._groups = _read(columns.get("groups"), lambda t: book.groups.choose("", t)[0])

    def values(self, i: int) -> dict[str, Any]:
        """Fields of the person."""
        values: dict[str, Any] = {name: text for name, column in self._texts if (text := column[i])}
        values["account_type"] = self._account(i)
        if calling := self._calling(i):
            values["calling_code"] = calling
        if floors := self._floors(i):
            values["floors"] = floors
        return values

    def title(self, i: int) -> str:
        """What the row is called."""
        return f"{self._firsts[i]} {self._lasts[i]}"

    def rank(self, i: int) -> int:
        """A master comes before its members (RES-01)."""
        return int(self._account(i) is AccountType.MEMBER)

    def coming(self, i: int) -> tuple[Code, ...]:
        """Codes of the person."""
        return tuple([(kind, code) for kind, column in self._codes if (code := column[i])])

    def groups(self, i: int, home: Apartment) -> tuple[AccessGroup, ...]:
        """The groups of the row, or those of the building (GRP-04)."""
        return self._groups(i) or self._defaults.get(home.building_id, ())


class SurePlans(Mapping[int, RowPlan]):
    """Index -> plan of sure rows. A preview of a hundred thousand people shows a screenful of them, so a plan is made
    when it is looked at; the ids of all of them are drawn at the first, and stay.
    """

    def __init__(
        self, grid: Grid, sure: Sequence[int], homes: Sequence[Apartment | None], maker: Maker
    ) -> None:
        self._grid, self._homes, self._maker = grid, homes, maker
        self._sure = sure
        self._at = {index: place for place, index in enumerate(sure)} if len(sure) < len(grid.rows) else None

    def __len__(self) -> int:
        return len(self._sure)

    def __iter__(self) -> Iterator[int]:
        return iter(self._sure)

    def __contains__(self, index: object) -> bool:
        return index in self._at if self._at is not None else index in range(len(self._sure))

    def __getitem__(self, index: int) -> RowPlan:
        place = index if self._at is None else self._at[index]
        home, maker, grid = self._homes[index], self._maker, self._grid
        if home is None:
            raise KeyError(index)
        person_id, uid = self._ids[place]
        work = SureWork(person_id, uid, maker.site_id, home, index, maker)
        cells, rank = grid.rows[index], maker.rank(index)
        title = maker.title(index)
        return RowPlan(grid.numbers[index], cells, RowVerdict.NEW, title, (), (), work, rank)

    @cached_property
    def _ids(self) -> list[tuple[str, str]]:
        """Id and UID of each person."""
        count = len(self._sure)
        return list(zip(new_ids(count), self._maker.fresh_uids(count), strict=True))


_CODES = (("card", CredentialKind.CARD), ("pin", CredentialKind.PIN))


def _read(column: Column | None, read: Callable[[str], Any]) -> Callable[[int], Any]:
    """Index -> what a cell says; None without the column or for an empty cell."""
    if column is None:
        return lambda _index: None
    said = {text: read(text) if text else None for text in set(column)}
    return lambda index: said[column[index]]


def _is_floors(text: str) -> bool:
    try:
        return bool(parse_floors(text))
    except UserError:
        return False
