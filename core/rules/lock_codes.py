"""What is to be done at a third-party lock, so that it knows what it should: from what it was given (SET-03, INT-02).

A lock takes its codes from its maker's program, which nobody here calls: a person enters them there and says so. So an
item is ACCEPTED at best, and WAITING until somebody has said it. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from core.base.verdict import Verdict
from core.entities.credential import Credential, CredentialKind
from core.entities.lock import Lock, LockCode
from core.rules.explain import name_of
from core.rules.locks import LockPlan


class Todo(StrEnum):
    """What is to be done with one code at one lock."""

    ADD = "enter"
    TAKE = "take away"
    KEEP = "nothing"
    CANNOT = "cannot"


OPEN = frozenset({Todo.ADD, Todo.TAKE})
"""What a person does at a maker's program."""


@dataclass(frozen=True, slots=True)
class LockItem:
    """One code of one person at one lock. `known`: the row that says that the lock was given it."""

    lock: Lock
    person: str
    name: str
    kind: CredentialKind
    todo: Todo
    verdict: Verdict
    why: str = ""
    code: Credential | None = field(default=None, repr=False)
    known: LockCode | None = None

    @property
    def key(self) -> str:
        """Names the item at its site for as long as the same is to be done; what was done is another item."""
        rows = (row.id if row is not None else "" for row in (self.code, self.known))
        return ":".join((self.lock.id, self.person, self.kind.value, self.todo.value, *rows))


def mark_of(salt: str, code: Credential) -> str:
    """A fingerprint of a code with the site's secret salt, so that a changed code is noticed and none is kept."""
    told = f"{code.kind.value}:{code.code}".encode()
    return hashlib.blake2b(told, key=salt.encode()[:64], digest_size=16).hexdigest()


def lock_items(plan: LockPlan, salt: str, known: Iterable[LockCode]) -> list[LockItem]:
    """What is to be entered and taken away, what stands and what cannot be: by name, what is to be done first."""
    rows = {(row.person, row.mark): row for row in known if row.lock_id == plan.lock.id}
    items = [*_wanted(plan, salt, rows), *_left(plan.lock, rows), *_unfit(plan)]
    return sorted(items, key=lambda item: (_ORDER.index(item.todo), item.name.casefold(), item.kind.value))


_ORDER = (Todo.TAKE, Todo.ADD, Todo.CANNOT, Todo.KEEP)


def _wanted(plan: LockPlan, salt: str, rows: dict[tuple[str, str], LockCode]) -> Iterator[LockItem]:
    """Takes what it finds out of `rows`."""
    for one in plan.people:
        for code in one.codes:
            row = rows.pop((one.person.id, mark_of(salt, code)), None)
            named = (plan.lock, one.person.id, name_of(one.person), code.kind)
            if row is None:
                yield LockItem(*named, Todo.ADD, Verdict.WAITING, "It was not entered yet.", code)
            elif row.verdict is Verdict.ACCEPTED:
                yield LockItem(*named, Todo.KEEP, row.verdict, "", code, row)
            else:
                yield LockItem(*named, Todo.ADD, row.verdict, row.said, code, row)


def _left(lock: Lock, rows: dict[tuple[str, str], LockCode]) -> Iterator[LockItem]:
    for row in rows.values():
        if row.verdict is Verdict.ACCEPTED:
            why = "The lock has it and should not: nobody may open with it any more."
            yield LockItem(lock, row.person, row.name, row.kind, Todo.TAKE, Verdict.WAITING, why, None, row)


def _unfit(plan: LockPlan) -> Iterator[LockItem]:
    for fault in plan.faults:
        person = fault.person
        named = (plan.lock, person.id, name_of(person), fault.kind)
        yield LockItem(*named, Todo.CANNOT, Verdict.REFUSED, fault.why)
