"""Drift: what a device holds against what is wanted; accept it into what is wanted, or put it back (W18).

And baselines: a device's settings as a JSON document, to be kept, compared and taken over by another device.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.words import clean
from core.entities.device import DEVICE, DEVICE_SETTING, RELAY, Device, DeviceSetting
from core.entities.proof import ItemKind
from core.ports.device import Part
from core.rules.plan import Act, PlanItem
from core.rules.settings import RELAY_LETTERS, is_raw, is_secret
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.lan import open_link
from core.usecases.provision import plan_device, submit

FORMAT = "gatewright-baseline-1"
_OF_ONE_UNIT = re.compile(
    r"Config\.(Network\.LAN\.|DoorSetting\.(GENERAL\.DeviceName|DEVICENODE\.)|Account\d?\.|Settings\.DATETIME\.)"
)
"""Keys that are a single unit's own: address, name, place, account. Another unit does not take them over."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. `acceptable`: whether what the device holds can be made what is wanted, here, by one press."""

    device_id: str
    subject: str
    title: str
    has: str
    wanted: str
    acceptable: bool


async def compare(ctx: Context, device_id: str) -> list[Drift]:
    """Read a device's settings and say what is not as wanted. Changes nothing."""
    plan = await plan_device(ctx, device_id, frozenset({Part.SETTINGS}))
    return [_drift(device_id, i) for i in plan.items if i.kind is ItemKind.SETTING and i.act is Act.CHANGE]


def _drift(device_id: str, item: PlanItem) -> Drift:
    can = is_raw(item.subject) or item.subject == "device_name" or _relay_field(item.subject) is not None
    return Drift(
        device_id, item.subject, item.title, item.has, item.gets, can and not is_secret(item.subject)
    )


def _relay_field(subject: str) -> tuple[int, str] | None:
    found = re.fullmatch(r"relay_([a-d])_(name|hold|dtmf)", subject)
    return (RELAY_LETTERS.index(found[1]) + 1, found[2]) if found else None


async def accept(ctx: Context, drifts: Sequence[Drift]) -> int:
    """Make what the devices hold what is wanted; returns how many. UserError for one that is not this device's own
    (its zone and place follow from the site).
    """
    ctx.require(Permission.SET_DEVICES)
    fixed = next((d for d in drifts if not d.acceptable), None)
    if fixed is not None:
        remedy = "Put it back, or change the site."
        raise UserError("drift.fixed", f"'{fixed.title}' follows from the site.", remedy=remedy)

    def work(tx: Tx) -> int:
        for drift in drifts:
            _accept(tx, tx.require(DEVICE, drift.device_id), drift)
        return len(drifts)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Accept drift")


def _accept(tx: Tx, device: Device, drift: Drift) -> None:
    place = _relay_field(drift.subject)
    if drift.subject == "device_name":
        tx.patch(DEVICE, device, name=drift.has)
    elif place is not None:
        number, part = place
        relay = tx.first(RELAY, device_id=device.id, number=number)
        if relay is None:
            raise UserError("relays.unknown", f"'{device.name}' has no relay {number}.")
        changes: dict[str, Any] = {"hold_s": _whole(drift.has)} if part == "hold" else {part: drift.has}
        tx.patch(RELAY, relay, **changes)
    else:
        _want(tx, device, {drift.subject: drift.has})


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise UserError("drift.value", f"'{clean(text, limit=20)}' is no number of seconds.")
    return int(text)


def _want(tx: Tx, device: Device, settings: Mapping[str, str]) -> int:
    present = {s.key: s for s in tx.find(DEVICE_SETTING, device_id=device.id)}
    changed = 0
    for key, value in settings.items():
        if key in present and present[key].value == value:
            continue
        changed += 1
        if key in present:
            tx.patch(DEVICE_SETTING, present[key], value=value)
        else:
            row = DeviceSetting(
                id=new_id(), scope_id=device.scope_id, device_id=device.id, key=key, value=value
            )
            tx.put(DEVICE_SETTING, row)
    return changed


async def put_back(ctx: Context, device_ids: Sequence[str]) -> list[str]:
    """Send what is wanted again, and read it back; returns the jobs' ids."""
    devices = await ctx.mirror.read(lambda r: [r.require(DEVICE, i) for i in dict.fromkeys(device_ids)])
    return await submit(ctx, devices, parts=frozenset({Part.SETTINGS}))


@dataclass(frozen=True, slots=True)
class Baseline:
    """A device's settings at one time, without its passwords."""

    model: str
    firmware: str
    settings: Mapping[str, str]

    def document(self) -> str:
        """As a JSON text for a file."""
        members = {"format": FORMAT, "model": self.model, "firmware": self.firmware}
        return json.dumps(
            {**members, "settings": dict(sorted(self.settings.items()))}, indent=1, ensure_ascii=False
        )


async def export_baseline(ctx: Context, device: Device) -> Baseline:
    """Read every setting of a device; passwords are left out, since devices tell them empty or unreadable."""
    ctx.require(Permission.SET_DEVICES)
    link, identity = await open_link(ctx, device)
    found = await ctx.gateway.settings_map(link)
    return Baseline(identity.model, identity.firmware, {k: v for k, v in found.items() if not is_secret(k)})


def read_baseline(text: str) -> Baseline:
    """A baseline from a file; UserError with one sentence when it is none."""
    try:
        found = json.loads(text)
        settings = found["settings"]
        good = found["format"] == FORMAT and all(
            isinstance(k, str) and isinstance(v, str) and k.startswith("Config.") for k, v in settings.items()
        )
        names = (clean(found["model"], limit=32), clean(found["firmware"], limit=32))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as fault:
        raise UserError("baseline.shape", "This file is no baseline of a device.") from fault
    if not good:
        raise UserError("baseline.shape", "This file is no baseline of a device, or one of a later version.")
    return Baseline(*names, settings)


async def against_baseline(ctx: Context, device: Device, baseline: Baseline) -> list[Drift]:
    """What a device holds otherwise than a baseline, its own name, place, address and account aside."""
    now = await export_baseline(ctx, device)
    shared = [k for k in baseline.settings if k in now.settings and not _OF_ONE_UNIT.match(k)]
    return [
        Drift(device.id, k, k, now.settings[k], baseline.settings[k], acceptable=True)
        for k in sorted(shared)
        if now.settings[k] != baseline.settings[k]
    ]


async def import_baseline(ctx: Context, device: Device, baseline: Baseline) -> int:
    """Want of a device what differs from a baseline of the same model; returns how many settings. A push sends them."""
    ctx.require(Permission.SET_DEVICES)
    if baseline.model != device.model:
        words = f"This baseline is of a {baseline.model}; '{device.name}' is a {device.model}."
        raise UserError("baseline.model", words)
    wanted = {d.subject: d.wanted for d in await against_baseline(ctx, device, baseline)}
    return await ctx.mirror.write(
        partial(_want, device=device, settings=wanted), origin=Origin.USER, act="Take over baseline"
    )
