"""Who may open what, when and why: answers from the mirror, without a device and without a network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from core.base.errors import NotFoundError, UserError
from core.base.ids import is_id
from core.entities.device import DEVICE, RELAY, Device, Relay
from core.entities.person import RESIDENT, Resident
from core.entities.proof import PROOF
from core.rules.compile import compile_device
from core.rules.explain import Answer, Openers, explain, name_of, who_may_open
from core.rules.site_rows import SiteRows
from core.rules.status import status_of
from core.store.reader import Reader
from core.usecases.context import Context, Permission
from core.usecases.desired import site_rows
from core.usecases.history import rows_at

T = TypeVar("T")
LIMIT_MS = 20_000


@dataclass(frozen=True, slots=True)
class Question:
    """A person (None: everybody) before a door at a moment."""

    relay: Relay
    device: Device
    person: Resident | None
    at: datetime


async def explain_access(ctx: Context, *, person: str, door: str, at: datetime | None = None) -> Answer:
    """Whether a person may open a door at an aware moment (now), in a sentence with its chain.

    `person`: id, UID or name; `door`: relay id, its name, or `device/relay`. The past is told as far as the audit of
    this workstation reaches; the future by the rows as they are now.
    """
    ctx.require(Permission.SEE_PEOPLE)
    now = ctx.clock.now()

    def work(reader: Reader) -> Answer:
        relay, device = find_door(reader, door)
        who = find_person(reader, person)
        asked = Question(relay, device, who, at or now)
        return _answer(reader, asked, who, now)

    return await ctx.mirror.read(work, limit_ms=LIMIT_MS)


def _answer(reader: Reader, asked: Question, person: Resident, now: datetime) -> Answer:
    rows = site_rows(reader, asked.device.site_id, person_id=person.id)
    about = [p for p in reader.find(PROOF, device_id=asked.device.id) if p.subject.startswith(person.id)]
    status = status_of(compile_device(rows, asked.device, now), about)
    then, hedge = _rows_of(reader, rows, asked.at, now)
    if asked.device.id not in then.by_id:
        # The audit of this workstation begins after that moment: a device is older than what is known of it.
        then, hedge = rows, "By what stands now, since nothing older is known here: "
    known = {p.id: p for p in then.residents}
    who, relay = known.get(person.id, person), _relay_of(then, asked.relay)
    return explain(then, who, relay, asked.at, status=status, hedge=hedge)


def _rows_of(reader: Reader, rows: SiteRows, at: datetime, now: datetime) -> tuple[SiteRows, str]:
    if at >= now:
        return rows, "As things stand now: " if at > now else ""
    past = rows_at(reader, rows, at)
    if not past.changes:
        return rows, ""
    return past.rows, f"By what this workstation noted ({past.changes} changes since): "


def _relay_of(rows: SiteRows, relay: Relay) -> Relay:
    found = rows.by_id.get(relay.id)
    return found if isinstance(found, Relay) else relay


async def who_opens(ctx: Context, *, door: str, at: datetime | None = None) -> tuple[Question, Openers]:
    """Everybody who may open a door at an aware moment (now); see `explain_access` for the past and the future."""
    ctx.require(Permission.SEE_PEOPLE)
    now = ctx.clock.now()

    def work(reader: Reader) -> tuple[Question, Openers]:
        relay, device = find_door(reader, door)
        rows = site_rows(reader, device.site_id)
        moment = at or now
        then, _ = _rows_of(reader, rows, moment, now)
        return Question(relay, device, None, moment), who_may_open(then, _relay_of(then, relay), moment)

    return await ctx.mirror.read(work, limit_ms=LIMIT_MS)


def find_door(reader: Reader, text: str) -> tuple[Relay, Device]:
    """The relay of an id, of `device/relay` (name, MAC or number) or of a name that only one relay or device has."""
    wanted = text.strip()
    if is_id(wanted) and (by_id := reader.get(RELAY, wanted)) is not None:
        return by_id, reader.require(DEVICE, by_id.device_id)
    left, _, right = wanted.rpartition("/")
    devices = {d.id: d for d in reader.find(DEVICE)}
    found = []
    for relay in reader.find(RELAY):
        device = devices.get(relay.device_id)
        if device is None:
            continue
        named = {relay.name.lower(), str(relay.number)} if left else {relay.name.lower(), device.name.lower()}
        if left and left.lower() not in {device.name.lower(), device.mac.lower(), device.id}:
            continue
        if (right if left else wanted).lower() in named:
            found.append((relay, device))
    return _one(found, "door", wanted, "Say it as device/relay, such as Main entrance/Street door.")


def find_person(reader: Reader, text: str) -> Resident:
    """The person of an id, a UID, or a full name that only one has."""
    wanted = text.strip()
    if is_id(wanted):
        return reader.require(RESIDENT, wanted)
    by_uid = reader.find(RESIDENT, uid=wanted) if wanted else []
    if by_uid:
        return _one(by_uid, "person", wanted, "Give the id.")
    last = wanted.split()[-1] if wanted else ""
    near = reader.find(RESIDENT, last_name=last) if last else []
    named = [p for p in near if name_of(p).lower() == wanted.lower()]
    if not named:
        named = [p for p in reader.find(RESIDENT) if name_of(p).lower() == wanted.lower()]
    return _one(named, "person", wanted, "Give the UID or the id.")


def _one(found: list[T], word: str, text: str, remedy: str) -> T:
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{word}.many", f"{len(found)} of them are called '{text[:60]}'.", remedy=remedy)
    raise NotFoundError(f"{word}.unknown", f"No {word} is called '{text[:60]}'.")
