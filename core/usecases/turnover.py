"""Moving in and moving out, with a receipt that stays open until every device was read to have followed.

Third-party locks are read by nobody: of these a receipt waits until somebody has said that a person's codes were taken
away at the maker's program (core.usecases.lock_codes).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.verdict import Verdict, worst
from core.entities.device import DEVICE, Device
from core.entities.lock import LOCK, LOCK_CODE, LockCode
from core.entities.person import RESIDENT, AccountType, PersonKind, Resident
from core.entities.proof import PROOF, ItemKind
from core.entities.site import APARTMENT, SITE
from core.entities.turnover import (
    TURNOVER,
    TURNOVER_LINE,
    Turnover,
    TurnoverKind,
    TurnoverLine,
    has_followed,
)
from core.rules.access_times import moment_words
from core.rules.compile import compile_device, device_user_id
from core.rules.explain import name_of
from core.rules.plan import Judgement
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.access import find_person
from core.usecases.bulk import try_or_do
from core.usecases.context import Context, Permission
from core.usecases.desired import site_rows
from core.usecases.guards import guard_access
from core.usecases.people import (
    NewResident,
    check_master_may_go,
    put_resident,
    remove_person,
    sets_access,
)
from core.usecases.undo_log import keep_undo, last_number

STILL_IN_LOCK = "The lock still has it: take it away at the maker's program, and say so."


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did, or with `check` would do. `lines`: one per person and device."""

    check: bool
    receipt: Turnover
    people: tuple[Resident, ...]
    lines: tuple[TurnoverLine, ...]
    undo_id: str = ""
    zone: str = "UTC"
    """The site's, by which people tell times."""


async def move_out(
    ctx: Context, *, person: str = "", apartment_id: str = "", at: datetime | None = None, check: bool = False
) -> Moved:
    """Take a person (id, UID, name) or everybody of an apartment off every door, now or at an aware moment.

    Now: rows, codes, memberships and private schedules go at once. Later: they end at that moment, and
    `core.usecases.due` removes the rows then. A master does not leave alone while members stay.
    """
    ctx.require(Permission.EDIT_PEOPLE)
    now = ctx.clock.now()
    due = at if at is not None and at > now else now

    def plan(reader: Reader) -> Moved:
        leaving = _leaving(reader, person, apartment_id)
        ctx.require_at(Permission.DELETE_ACCOUNTS, reader.get(SITE, leaving[0].site_id))
        moved = move_of(reader, leaving, due, now, apartment_id=apartment_id, made_by=ctx.me.name)
        return replace(moved, check=check)

    def work(tx: Tx) -> Moved:
        tx.grouped()
        since = last_number(tx)
        moved = plan(tx)
        if due > now:
            for resident in moved.people:
                tx.patch(RESIDENT, resident, valid_until=due)
        else:
            remove_people(tx, moved.people)
        receipt = keep_receipt(tx, moved, done_at=None if due > now else now)
        return replace(moved, receipt=receipt, undo_id=keep_undo(tx, since, site_id=receipt.site_id))

    if check:
        return await ctx.mirror.read(plan, limit_ms=20_000)
    return await ctx.mirror.write(work, origin=Origin.USER, act="Move out")


async def move_in(
    ctx: Context,
    *,
    apartment_id: str,
    people: Sequence[NewResident],
    at: datetime | None = None,
    check: bool = False,
) -> Moved:
    """Add people to an apartment, master first, from an aware moment on; the receipt closes with the last door.

    With `check` it is written and taken back, so that the dry run refuses what the act would refuse.
    """
    ctx.require(Permission.EDIT_PEOPLE)
    if not people:
        raise UserError("turnover.nobody", "Nobody was named who moves in.")
    now = ctx.clock.now()
    due = at if at is not None and at > now else now

    def work(tx: Tx) -> Moved:
        tx.grouped()
        since = last_number(tx)
        ordered = sorted(people, key=lambda p: p.more.get("account_type") is AccountType.MEMBER)
        more = {} if due == now else {"valid_from": due}
        made = [put_resident(tx, replace(new, more={**new.more, **more})) for new in ordered]
        for new, person in zip(ordered, made, strict=True):
            if sets_access(new):
                guard_access(ctx, tx, person)
        receipt = _receipt(TurnoverKind.MOVE_IN, made, due, now, apartment_id)
        receipt = replace(receipt, made_by=ctx.me.name[:128])
        lines = tuple(_lines(tx, receipt, made, due))
        moved = Moved(check, receipt, tuple(made), lines, zone=_zone(tx, receipt))
        receipt = keep_receipt(tx, moved, done_at=now)
        return replace(moved, receipt=receipt, undo_id=keep_undo(tx, since, site_id=receipt.site_id))

    return await try_or_do(ctx, "Move in", work, check=check)


def settle_lines(tx: Tx, device: Device, judgements: Iterable[Judgement]) -> None:
    """The hook of a read-back: the people of a device were read completely and judged; close what is proved.

    A move-out's line is proved when nothing of the person was found; a move-in's when everything of the person was
    found as meant. A receipt closes with its last line.
    """
    open_lines = [line for line in tx.find(TURNOVER_LINE, device_id=device.id) if not has_followed(line)]
    about = [j for j in judgements if j.kind is ItemKind.PERSON]
    for line in open_lines:
        receipt = tx.get(TURNOVER, line.turnover_id)
        if receipt is None or (receipt.kind is TurnoverKind.MOVE_OUT and tx.now < receipt.due_at):
            continue
        mine = [j for j in about if _is_about(j.subject, line.person, device.site_id)]
        verdict, said = _line_verdict(receipt.kind, mine)
        tx.patch(TURNOVER_LINE, line, verdict=verdict, said=said[:400], at=tx.now)
        _close_when_followed(tx, receipt)


def settle_lock_lines(tx: Tx, lock_id: str, *, said: str = "") -> None:
    """The hook of what is said about the codes of a third-party lock, or of its leaving the site (`said`). A line has
    followed once the lock is said to hold no code of the person; a refusal stands in the maker's words.
    """
    for line in tx.find(TURNOVER_LINE, device_id=lock_id, at_lock=True):
        receipt = tx.get(TURNOVER, line.turnover_id)
        if receipt is None or has_followed(line):
            continue
        left = _codes_in(tx, line.person, lock_id)
        verdict = Verdict.ACCEPTED if not left else Verdict.WAITING
        words = said or (STILL_IN_LOCK if left else f"Taken away, says {tx.author.name}.")
        if refused := next((code.said for code in left if code.said), ""):
            verdict, words = Verdict.REFUSED, refused
        tx.patch(TURNOVER_LINE, line, verdict=verdict, said=words[:400], at=tx.now)
        _close_when_followed(tx, receipt)


def _codes_in(reader: Reader, person: str, lock_id: str) -> list[LockCode]:
    found = reader.find(LOCK_CODE, person=person, lock_id=lock_id)
    return [code for code in found if code.verdict is Verdict.ACCEPTED]


def _line_verdict(kind: TurnoverKind, mine: list[Judgement]) -> tuple[Verdict, str]:
    if kind is TurnoverKind.MOVE_OUT:
        if not mine:
            return Verdict.PROVED, ""
        verdict = worst([j.verdict for j in mine])
        return (
            (Verdict.DIFFERS, "Still on the device.")
            if verdict is Verdict.PROVED
            else (verdict, mine[0].said)
        )
    if not mine:
        return Verdict.WAITING, "Not on the device."
    verdict = worst([j.verdict for j in mine])
    return verdict, next((j.said for j in mine if j.verdict is verdict), "")


def _is_about(subject: str, person: str, site_id: str) -> bool:
    base = subject.partition(":")[0].partition("+")[0].partition("#")[0]
    return base == person or subject.startswith(device_user_id(site_id, person))


def _close_when_followed(tx: Tx, receipt: Turnover) -> None:
    lines = tx.find(TURNOVER_LINE, turnover_id=receipt.id)
    if all(map(has_followed, lines)) and receipt.done_at is not None:
        tx.patch(TURNOVER, receipt, closed_at=tx.now)


def _leaving(reader: Reader, person: str, apartment_id: str) -> list[Resident]:
    if apartment_id:
        home = reader.require(APARTMENT, apartment_id)
        found = [p for p in reader.find(RESIDENT, apartment_id=home.id) if p.kind is PersonKind.RESIDENT]
        if not found:
            raise UserError("turnover.nobody", f"Nobody lives in {home.number}.")
        return found
    who = find_person(reader, person)
    check_master_may_go(reader, who)
    return [who]


def _receipt(
    kind: TurnoverKind, people: Sequence[Resident], due: datetime, now: datetime, apartment_id: str
) -> Turnover:
    first = people[0]
    more = f" and {len(people) - 1} more" if len(people) > 1 else ""
    return Turnover(
        id=new_id(),
        scope_id=first.scope_id,
        site_id=first.site_id,
        kind=kind,
        title=f"{name_of(first)}{more}"[:160],
        due_at=due,
        made_at=now,
        apartment_id=apartment_id or first.apartment_id,
    )


def _lines(
    reader: Reader, receipt: Turnover, people: Sequence[Resident], at: datetime
) -> Iterable[TurnoverLine]:
    """One line per person and device that holds the person or should."""
    rows = site_rows(reader, receipt.site_id)
    on: dict[str, set[str]] = {person.id: set() for person in people}
    for device in rows.devices:
        for wanted in compile_device(rows, device, at).people:
            if wanted.subject.partition(":")[0] in on:
                on[wanted.subject.partition(":")[0]].add(device.id)
    for person in people:
        on[person.id] |= _proved_on(reader, person)
        for device_id in sorted(on[person.id]):
            found = reader.get(DEVICE, device_id)
            yield TurnoverLine(
                id=new_id(),
                scope_id=receipt.scope_id,
                turnover_id=receipt.id,
                person=person.id,
                device_id=device_id,
                name=name_of(person)[:160],
                device_name=found.name if found else "",
            )
    if receipt.kind is TurnoverKind.MOVE_OUT:
        yield from _lock_lines(reader, receipt, people)


def _lock_lines(reader: Reader, receipt: Turnover, people: Sequence[Resident]) -> Iterable[TurnoverLine]:
    """One line per person and third-party lock that was given a code of the person."""
    locks = sorted(reader.find(LOCK, scope_id=receipt.scope_id), key=lambda lock: lock.name)
    for person in people:
        given = {code.lock_id for code in reader.find(LOCK_CODE, person=person.id)}
        for lock in locks:
            if lock.id in given and _codes_in(reader, person.id, lock.id):
                yield TurnoverLine(
                    id=new_id(),
                    scope_id=receipt.scope_id,
                    turnover_id=receipt.id,
                    person=person.id,
                    device_id=lock.id,
                    name=name_of(person)[:160],
                    device_name=lock.name,
                    said=STILL_IN_LOCK,
                    at_lock=True,
                )


def add_lock_lines(tx: Tx, receipt: Turnover, people: Sequence[Resident]) -> None:
    """When people go who were to go: the locks that were given their codes since that was planned."""
    there = {(line.person, line.device_id) for line in tx.find(TURNOVER_LINE, turnover_id=receipt.id)}
    lines = [n for n in _lock_lines(tx, receipt, people) if (n.person, n.device_id) not in there]
    tx.put_many(TURNOVER_LINE, lines)


def _proved_on(reader: Reader, person: Resident) -> set[str]:
    """Devices with any receipt about the person, also of sites that shared a door once."""
    subjects = [person.id, *(f"{person.id}:{method}" for method in ("pin", "card", "face", "lpr"))]
    return {proof.device_id for proof in reader.find_in(PROOF, "subject", subjects)}


def move_of(
    reader: Reader,
    leaving: Sequence[Resident],
    due: datetime,
    now: datetime,
    *,
    apartment_id: str = "",
    made_by: str = "",
) -> Moved:
    """A move-out that is not written yet: the receipt and a line per person and device."""
    receipt = replace(_receipt(TurnoverKind.MOVE_OUT, leaving, due, now, apartment_id), made_by=made_by[:128])
    lines = tuple(_lines(reader, receipt, leaving, now))
    return Moved(False, receipt, tuple(leaving), lines, zone=_zone(reader, receipt))


def _zone(reader: Reader, receipt: Turnover) -> str:
    return reader.require(SITE, receipt.site_id).time_zone


def keep_receipt(tx: Tx, moved: Moved, *, done_at: datetime | None) -> Turnover:
    """Write a receipt with its lines; it is closed at once when no device ever held anybody."""
    tx.put(TURNOVER, replace(moved.receipt, done_at=done_at))
    tx.put_many(TURNOVER_LINE, list(moved.lines))
    receipt = tx.require(TURNOVER, moved.receipt.id)
    _close_when_followed(tx, receipt)
    return tx.require(TURNOVER, receipt.id)


def remove_people(tx: Tx, people: Sequence[Resident]) -> None:
    """Remove people with all that hangs on them, members before their master."""
    for person in sorted(people, key=lambda p: p.account_type is AccountType.MASTER):
        remove_person(tx, person)


async def receipts(
    ctx: Context, *, site: str, only_open: bool = False
) -> list[tuple[Turnover, list[TurnoverLine]]]:
    """The receipts of a site (id or name), newest first, with their lines."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(reader: Reader) -> list[tuple[Turnover, list[TurnoverLine]]]:
        site_id = site if reader.get(SITE, site) else next((s.id for s in reader.find(SITE, name=site)), site)
        found = [t for t in reader.find(TURNOVER, site_id=site_id) if not (only_open and t.closed_at)]
        found.sort(key=lambda t: t.made_at, reverse=True)
        return [(t, reader.find(TURNOVER_LINE, turnover_id=t.id)) for t in found]

    return await ctx.mirror.read(work)


def receipt_document(one: tuple[Turnover, list[TurnoverLine]]) -> dict[str, Any]:
    """A receipt as a JSON document."""
    receipt, lines = one
    proved = sum(1 for line in lines if line.verdict is Verdict.PROVED)
    shown = [
        {
            "name": n.name,
            "device": n.device_name,
            "verdict": n.verdict.value,
            "said": n.said,
            "lock": n.device_id if n.at_lock else "",
        }
        for n in lines
    ]
    state = "closed" if receipt.closed_at else "open"
    head = {"id": receipt.id, "title": receipt.title, "kind": receipt.kind.value, "state": state}
    return {**head, "due": receipt.due_at.isoformat(), "lines": len(lines), "proved": proved, "items": shown}


def document(moved: Moved) -> dict[str, Any]:
    """A move as a JSON document."""
    people = [{"id": p.id, "name": name_of(p)} for p in moved.people]
    receipt = receipt_document((moved.receipt, list(moved.lines)))
    return {"checked": moved.check, "people": people, "receipt": receipt, "undo": moved.undo_id}


def sentences(moved: Moved) -> list[str]:
    """A move in words."""
    names = ", ".join(name_of(p) for p in moved.people)
    due = moment_words(moved.receipt.due_at, moved.zone)
    devices = len({line.device_id for line in moved.lines if not line.at_lock})
    locks = dict.fromkeys(line.device_name for line in moved.lines if line.at_lock)
    rest = [f"Receipt {moved.receipt.id} stays open until {devices} devices are read without them."]
    if locks:
        rest.append(f"And until somebody says that their codes were taken away at {', '.join(locks)}.")
    return [
        f"{names} would leave at {due}." if moved.check else f"{names} leave at {due}.",
        *([] if moved.check else rest),
    ]
