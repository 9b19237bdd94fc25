"""Door events: calls of devices taken in, door logs pulled, both matched to people and kept (LOG-01, W13)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from core.base.clock import to_ms
from core.base.errors import GatewrightError, RefusedError
from core.base.ids import new_id
from core.base.verdict import Verdict, worst
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE, Device
from core.entities.event import DOOR_EVENT, DoorEvent, EventSource
from core.entities.person import RESIDENT
from core.entities.site import SITE
from core.ports.device import DoorEvent as LogLine
from core.ports.device import Part
from core.rules.compile import device_user_id
from core.rules.desired import Desired, WantedSetting
from core.rules.door_event import CALL, ActionCall, action_url, card_number, moment_of
from core.rules.plan import Judgement, Plan, judge, make_plan
from core.rules.settings import label_of
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.calls import pull_calls
from core.usecases.clock import measure_clock
from core.usecases.context import Context, Permission
from core.usecases.lan import open_link

FIRST_PULL = 200
"""Lines of a log that are read the first time; later only what is new."""
MOST = 1_200
DEFAULT_EVENTS = (
    "valid_code",
    "invalid_code",
    "valid_card",
    "invalid_card",
    "valid_face",
    "tamper",
    "break_in_a",
)


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought: new events, and the drift by which their times were corrected."""

    device: Device
    events: tuple[DoorEvent, ...]
    drift: timedelta = timedelta()


async def pull_log(ctx: Context, device: Device) -> Pulled:
    """Read what is new in a device's door log and keep it. The device's own errors pass through.

    Two workstations that pull the same line make the same row.
    """
    ctx.require_signed_in()
    link, _ = await open_link(ctx, device)
    known = await ctx.mirror.read(partial(_known_refs, device_id=device.id))
    newest = FIRST_PULL if not known else 20
    lines = await ctx.gateway.door_events(link, newest=newest)
    while known and lines and len(lines) == newest < MOST and not _seen(lines[-1], known):
        newest *= 4
        lines = await ctx.gateway.door_events(link, newest=min(newest, MOST))
    fresh = [line for line in lines if not _seen(line, known)]
    drift = (await measure_clock(ctx, device)).drift if fresh else timedelta()
    events = await ctx.mirror.write(
        partial(_keep_lines, device_id=device.id, lines=fresh, drift=drift),
        origin=Origin.DEVICE,
        act="Door log",
    )
    return Pulled(device, tuple(events), drift)


def _known_refs(reader: Reader, *, device_id: str) -> frozenset[tuple[str, str]]:
    rows = reader.find(DOOR_EVENT, device_id=device_id, source=EventSource.LOG)
    return frozenset((row.ref, row.device_time) for row in rows if not row.event.startswith(CALL))


def _seen(line: LogLine, known: frozenset[tuple[str, str]]) -> bool:
    """By number and time together: after a reset a device counts from one again."""
    return (line.ref, _device_time(line)) in known


def _device_time(line: LogLine) -> str:
    return line.local_time.isoformat(sep=" ") if line.local_time else ""


def _keep_lines(tx: Tx, *, device_id: str, lines: Sequence[LogLine], drift: timedelta) -> list[DoorEvent]:
    device = tx.require(DEVICE, device_id)
    site = tx.require(SITE, device.site_id)
    people = _people(tx, site.id)
    made = []
    for line in reversed(lines):
        told = _device_time(line)
        row_id = _event_id(device.id, line.ref, told)
        if tx.get(DOOR_EVENT, row_id) is not None:
            continue
        at = moment_of(line.local_time, site.time_zone, drift) if line.local_time else tx.now
        person = people.get(line.user_id)
        row = DoorEvent(
            id=row_id,
            scope_id=site.id,
            device_id=device.id,
            at=at,
            source=EventSource.LOG,
            event="opened" if line.success else "refused",
            ref=line.ref[:32],
            device_time=told,
            person_id=person,
            name=line.name,
            method=line.method[:32],
            relay=line.relay[:8],
            worked=line.success,
            code_tail=line.code_tail[:8],
        )
        made.append(row)
    tx.put_many(DOOR_EVENT, made)
    return made


def _event_id(device_id: str, ref: str, told: str) -> str:
    digest = hashlib.sha256(f"{device_id}:{ref}:{told}".encode()).hexdigest()
    return f"0000000000007{digest[:3]}8{digest[3:18]}"


def _people(reader: Reader, site_id: str) -> dict[str, str]:
    """UserID on devices -> person. The second record of a person with two kinds of code ends in `c`."""
    found: dict[str, str] = {}
    for person in reader.find(RESIDENT, scope_id=site_id):
        user_id = device_user_id(site_id, person.id)
        found[user_id] = found[f"{user_id}c"] = person.id
    return found


async def note_call(ctx: Context, call: ActionCall) -> DoorEvent | None:
    """Keep what a device told by calling us; None for a MAC that is none of ours, and for one that says it twice."""

    def work(tx: Tx) -> DoorEvent | None:
        device = tx.first(DEVICE, mac=call.mac)
        if device is None or _is_told_again(tx, device, call):
            return None
        row = DoorEvent(
            id=new_id(),
            scope_id=device.scope_id,
            device_id=device.id,
            at=tx.now,
            source=EventSource.CALL,
            event=call.event,
            device_time=call.device_time,
            person_id=_whose(tx, device, call),
            name=call.name,
            method=call.method,
            relay=call.relay,
            worked=call.worked,
            code_tail=call.card[-4:],
        )
        return tx.put(DOOR_EVENT, row)

    return await ctx.mirror.write(work, origin=Origin.DEVICE, act="Door event")


def _is_told_again(reader: Reader, device: Device, call: ActionCall) -> bool:
    """Whether a device says what it has said: whether and when devices call again is not published."""
    if not call.device_time:
        return False
    same = reader.find(
        DOOR_EVENT,
        device_id=device.id,
        device_time=call.device_time,
        source=EventSource.CALL,
        event=call.event,
    )
    return any((e.name, e.relay, e.code_tail) == (call.name, call.relay, call.card[-4:]) for e in same)


def _whose(reader: Reader, device: Device, call: ActionCall) -> str | None:
    """By our UserID first, by the card else."""
    if call.user_id and (found := _people(reader, device.site_id).get(call.user_id)):
        return found
    if not call.card:
        return None
    for credential in reader.find(CREDENTIAL, scope_id=device.site_id, kind=CredentialKind.CARD):
        if card_number(credential.code) == card_number(call.card):
            return credential.person_id
    return None


async def point_at(
    ctx: Context, device: Device, base_url: str, events: Sequence[str] = DEFAULT_EVENTS
) -> list[Judgement]:
    """Tell a device to call this workstation on these events, and read it back. Not a wanted setting: the address is
    this workstation's of today.
    """
    ctx.require(Permission.SET_DEVICES)
    values: Mapping[str, str] = {
        "action_urls_enabled": "1",
        **{f"action_url_{event}": action_url(base_url, event) for event in events},
    }
    settings = tuple(WantedSetting(name, label_of(name), value) for name, value in values.items())
    wanted = Desired(device.id, device.mac, "", settings)
    parts = frozenset({Part.SETTINGS})
    link, _ = await open_link(ctx, device)
    plan = make_plan(wanted, await ctx.gateway.observe(link, wanted, parts))
    results = await ctx.gateway.apply(
        link, Plan(plan.device_id, plan.changes), report=lambda _r: None, check_cancel=lambda: None
    )
    return judge(make_plan(wanted, await ctx.gateway.observe(link, wanted, parts)), results)


async def _calls_of(ctx: Context, device: Device) -> int:
    """New lines of the call log; none from a device without one."""
    try:
        return len(await pull_calls(ctx, device))
    except RefusedError:
        return 0


async def pull_site(ctx: Context, site_id: str) -> tuple[int, Verdict]:
    """Pull the logs of every device of a site; how many events came, and the worst verdict."""
    count, verdicts = 0, []
    for device in await ctx.mirror.read(lambda r: r.find(DEVICE, scope_id=site_id)):
        try:
            count += len((await pull_log(ctx, device)).events)
            count += await _calls_of(ctx, device)
            verdicts.append(Verdict.PROVED)
        except GatewrightError:
            verdicts.append(Verdict.UNREACHABLE)
    return count, worst(verdicts)


async def latest(ctx: Context, site_id: str, *, after_ms: int = 0, limit: int = 200) -> list[DoorEvent]:
    """The newest events of a site, newest first; with `after_ms` only later ones. Only with log access (ACC-12)."""

    def work(reader: Reader) -> list[DoorEvent]:
        ctx.require_at(Permission.SEE_LOGS, reader.get(SITE, site_id))
        rows = [e for e in reader.find(DOOR_EVENT, scope_id=site_id) if to_ms(e.at) > after_ms]
        return sorted(rows, key=lambda e: e.at, reverse=True)[:limit]

    return await ctx.mirror.read(work, limit_ms=20_000)
