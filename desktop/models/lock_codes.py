"""Codes of third-party locks as a work list: what to enter and take away at the makers' programs (SET-03, INT-02)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.base.verdict import Verdict
from core.entities.lock import LOCK, LockBrand
from core.entities.person import RESIDENT, PersonKind, Resident
from core.rules.lock_codes import OPEN, LockItem, Todo
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.lock_codes import lock_work
from desktop.models.columns import QUIET, STRONG, ListColumn, col
from desktop.models.listing import FilterField
from desktop.models.places import Places, read_places
from desktop.models.rows_table import Group
from desktop.models.words import choice_word, number_word, time_word, translate, verdict_word
from desktop.qt.language import spoken
from desktop.qt.roles import GroupRow, Look, RowLook

TOUCHES = frozenset(
    {
        *("locks", "lock_codes", "group_locks", "group_members", "access_groups", "group_doors", "relays"),
        *("residents", "credentials", "apartments", "buildings", "devices", "sites"),
    }
)
BRANDS = {LockBrand.DORMAKABA: "Dormakaba", LockBrand.SALTO: "Salto", LockBrand.ITEC: "iTec"}
ORDER = (Todo.TAKE, Todo.ADD, Todo.CANNOT, Todo.KEEP)
"""First what still opens and should not."""
PAGES = {PersonKind.STAFF: "staff", PersonKind.DELIVERY: "deliveries", PersonKind.VISITOR: "visitors"}


@dataclass(frozen=True, slots=True)
class LockLine:
    """One code at one lock. `page`: where its person is shown; empty when they are gone."""

    item: LockItem
    key: str
    unit: str
    page: str

    @property
    def since(self) -> datetime | None:
        """Since when it is to be done, or was said to stand."""
        item = self.item
        if item.known is not None:
            return item.known.at
        return item.code.made_at if item.code is not None else None


@dataclass(frozen=True, slots=True)
class LockWork:
    """The list of a site, and how many third-party locks it has."""

    lines: tuple[LockLine, ...] = ()
    locks: int = 0

    @property
    def open(self) -> int:
        """How many codes wait for a person."""
        return sum(1 for line in self.lines if line.item.todo in OPEN)


async def load_lock_work(ctx: Context, site_id: str) -> LockWork:
    """Every code of the locks of a site; nothing without a site."""
    if not site_id:
        return LockWork()
    items = await lock_work(ctx, site_id=site_id)

    def work(reader: Reader) -> LockWork:
        places = read_places(reader, site_id)
        wanted = sorted({item.person for item in items})
        people = {one.id: one for one in reader.find_in(RESIDENT, "id", wanted)}
        return LockWork(tuple(_lines(items, people, places)), len(reader.find(LOCK, scope_id=site_id)))

    return await ctx.mirror.read(work, limit_ms=20_000)


def _lines(items: Iterable[LockItem], people: Mapping[str, Resident], places: Places) -> Iterable[LockLine]:
    seen: dict[str, int] = {}
    for item in items:
        # Two codes of one kind that a lock cannot take are told apart by their place in the list only.
        seen[item.key] = seen.get(item.key, 0) + 1
        key = item.key if seen[item.key] == 1 else f"{item.key}#{seen[item.key]}"
        person = people.get(item.person)
        unit = places.unit(person.apartment_id) if person is not None else translate("gone")
        page = PAGES.get(person.kind, "residents") if person is not None else ""
        yield LockLine(item, key, unit, page)


def todo_word(todo: Todo) -> str:
    """What is to be done with a code."""
    words = {
        Todo.ADD: translate("Enter"),
        Todo.TAKE: translate("Take away"),
        Todo.CANNOT: translate("Cannot"),
        Todo.KEEP: translate("Entered"),
    }
    return words[todo]


def group_of(line: LockLine) -> str:
    """The part of the list that a line stands in."""
    return line.item.todo.value


def heading(name: str, lines: list[LockLine]) -> Group:
    """The heading of a part, and what it asks for."""
    todo = Todo(name)
    notes = {
        Todo.TAKE: translate("these still open the lock"),
        Todo.ADD: translate("these do not open the lock yet"),
        Todo.CANNOT: translate("the lock cannot have them, as each line says"),
        Todo.KEEP: translate("as people said; nobody read the lock"),
    }
    row = GroupRow(todo_word(todo), number_word(len(lines)), notes[todo])
    return Group(name, ORDER.index(todo), row)


def lock_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the list; no code is in any of them."""

    def since(line: LockLine) -> str:
        return time_word(line.since, now(), zone())

    def since_order(line: LockLine) -> float:
        return line.since.timestamp() if line.since else 0.0

    return [
        col("name", translate("Name"), lambda x: x.item.name, 150, STRONG, stretch=True),
        col("unit", translate("Unit"), lambda x: x.unit, 130, QUIET, drop=3),
        col("kind", translate("Code"), lambda x: choice_word(x.item.kind.value), 70),
        col("lock", translate("Lock"), lambda x: x.item.lock.name, 140),
        col("brand", translate("Maker"), lambda x: BRANDS[x.item.lock.brand], 92, QUIET, drop=2),
        col("since", translate("Since"), since, 104, QUIET, order=since_order, drop=1),
        col("state", translate("State"), _state, 104, _state_look),
        col("why", translate("Why"), lambda x: spoken(x.item.why), 230, QUIET, drop=5),
        col("by", translate("Said by"), _said_by, 110, QUIET, drop=4),
    ]


def _state(line: LockLine) -> str:
    return verdict_word(line.item.verdict)


def _state_look(line: LockLine) -> Look:
    return Look(verdict=line.item.verdict.value, reason=spoken(line.item.why))


def _said_by(line: LockLine) -> str:
    return line.item.known.by if line.item.known is not None else ""


def lock_row_look(line: LockLine) -> RowLook:
    """A stripe where a program refused a code."""
    refused = line.item.verdict is Verdict.REFUSED and line.item.todo is not Todo.CANNOT
    return RowLook(stripe="refused" if refused else "")


def lock_filters(lines: Callable[[], Sequence[LockLine]]) -> list[FilterField]:
    """What the list can be narrowed by."""
    todos: list[tuple[object, str]] = [(one.value, todo_word(one)) for one in ORDER]

    def locks() -> list[tuple[object, str]]:
        found = {line.item.lock.id: line.item.lock.name for line in lines()}
        return [(key, found[key]) for key in sorted(found, key=lambda key: found[key].casefold())]

    def brands() -> list[tuple[object, str]]:
        found = {line.item.lock.brand for line in lines()}
        return [(brand.value, BRANDS[brand]) for brand in BRANDS if brand in found]

    return [
        FilterField("lock", translate("Lock"), locks, lambda x: x.item.lock.id),
        FilterField("brand", translate("Maker"), brands, lambda x: x.item.lock.brand.value),
        FilterField("todo", translate("What to do"), lambda: todos, lambda x: x.item.todo.value),
    ]


def task_words(line: LockLine) -> str:
    """What is to be done with one code, as a sentence."""
    item = line.item
    sentences = {
        Todo.ADD: translate(
            "Enter this code for the lock '{0}' in the program of {1}, then say that it is done."
        ),
        Todo.TAKE: translate(
            "Take this code out of the lock '{0}' in the program of {1}, then say that it is done."
        ),
        Todo.KEEP: translate("This code is in the lock '{0}', as somebody said of the program of {1}."),
        Todo.CANNOT: translate("The lock '{0}' of {1} cannot have this code."),
    }
    return sentences[item.todo].format(item.lock.name, BRANDS[item.lock.brand])
