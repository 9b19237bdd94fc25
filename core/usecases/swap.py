"""A dead unit is replaced: another MAC takes over its place, relays, people and settings (DEV-01).

The device's row stays and gets the new MAC, so that groups, schedules and rollouts go on meaning the same door. What
was proved of the old unit is proved no more.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.base.errors import UserError
from core.entities.device import (
    DEVICE,
    DEVICE_LOGIN,
    DEVICE_SETTING,
    MAC_ENTRY,
    RELAY,
    SIGHTING,
    Device,
    DeviceState,
    Sighting,
)
from core.entities.proof import PROOF
from core.rules.catalogue import Can, abilities, model_of
from core.rules.compile import shown_mac
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.desired import device_target
from core.usecases.devices import parse_mac


@dataclass(frozen=True, slots=True)
class Carried:
    """One thing on its way from the old unit to the new one. `why`: why it cannot go along; empty: it goes."""

    what: str
    value: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class SwapPlan:
    """Old left, new right, and what goes along. `model` and `firmware` are the new unit's, empty when not known."""

    device: Device
    mac: str
    model: str
    firmware: str
    lines: tuple[Carried, ...]

    @property
    def lost(self) -> tuple[Carried, ...]:
        """What cannot go along."""
        return tuple(line for line in self.lines if line.why)


async def plan_swap(ctx: Context, *, device_id: str, mac: str) -> SwapPlan:
    """What a swap would carry over and what not; changes nothing. UserError when the MAC is not free or not ours."""
    actor = ctx.require(Permission.EDIT_DEVICES)
    plain = parse_mac(mac)
    target = await device_target(ctx, device_id)
    return await ctx.mirror.read(
        lambda r: _plan(r, device_id, plain, actor.org_id, len(target.desired.people))
    )


def _plan(reader: Reader, device_id: str, mac: str, org_id: str, people: int) -> SwapPlan:
    device = reader.require(DEVICE, device_id)
    entry = reader.first(MAC_ENTRY, mac=mac, scope_id=org_id)
    if entry is None:
        words = f"MAC {shown_mac(mac)} is not in your library."
        raise UserError(
            "devices.mac.unknown", words, remedy="Ask your distributor to register it.", field="mac"
        )
    bound = reader.first(DEVICE, mac=mac)
    if bound is not None:
        raise UserError("devices.mac.bound", f"MAC {shown_mac(mac)} is '{bound.name}' already.", field="mac")
    seen = _newest(reader.find(SIGHTING, mac=mac))
    model = (seen.model if seen else "") or entry.model
    firmware = seen.firmware if seen else ""
    lines = [Carried("Name and place", device.name), *_relays(reader, device, model)]
    limit = model_of(model, firmware)
    room = limit.users if limit else None
    why = f"A {model} holds {room} people." if room is not None and people > room else ""
    lines.append(Carried("People", str(people), why))
    count = len(reader.find(DEVICE_SETTING, device_id=device_id))
    lines.append(Carried("Settings of its own", str(count), _other_model(device, model) if count else ""))
    lines += _abilities(device, model, firmware)
    return SwapPlan(device, mac, model, firmware, tuple(lines))


def _newest(seen: list[Sighting]) -> Sighting | None:
    return max(seen, key=lambda s: s.seen_at.timestamp() if s.seen_at else 0.0, default=None)


def _relays(reader: Reader, device: Device, model: str) -> list[Carried]:
    known = model_of(model)
    found = sorted(reader.find(RELAY, device_id=device.id), key=lambda r: r.number)
    return [
        Carried(
            f"Relay {'ABCD'[relay.number - 1]}",
            relay.name,
            f"A {model} has {known.relays} relays." if known and relay.number > known.relays else "",
        )
        for relay in found
    ]


def _other_model(device: Device, model: str) -> str:
    if not model or not device.model or model == device.model:
        return ""
    return f"They were made for a {device.model}; look at them before the push."


def _abilities(device: Device, model: str, firmware: str) -> list[Carried]:
    """What the old unit can and the new one cannot (DEV-19)."""
    if not model or not device.model:
        return []
    now = {a.feature: a for a in abilities(device.model, device.firmware)}
    return [
        Carried(one.feature.replace("_", " ").capitalize(), "", one.said)
        for one in abilities(model, firmware)
        if one.can in {Can.NO, Can.UPDATE} and now[one.feature].can is Can.YES
    ]


async def swap_device(ctx: Context, *, device_id: str, mac: str) -> Device:
    """Give a device another unit. Relays that the new one does not have are switched off, nothing is deleted.

    UserError when the MAC is not free or not ours. A push afterwards sets the new unit up.
    """
    plan = await plan_swap(ctx, device_id=device_id, mac=mac)
    known = model_of(plan.model, plan.firmware)

    def work(tx: Tx) -> Device:
        tx.grouped()
        device = tx.require(DEVICE, device_id)
        old = device.mac
        for proof in tx.find(PROOF, device_id=device_id):
            tx.remove(PROOF, proof.id)
        for login in tx.find(DEVICE_LOGIN, mac=old):
            tx.remove(DEVICE_LOGIN, login.id)
        for relay in tx.find(RELAY, device_id=device_id):
            if known is not None and relay.number > known.relays and relay.enabled:
                tx.patch(RELAY, relay, enabled=False)
        return tx.patch(
            DEVICE,
            device,
            mac=plan.mac,
            model=plan.model or device.model,
            kind=known.kind if known else device.kind,
            state=DeviceState.PLANNED,
            address="",
            firmware=plan.firmware,
            hardware="",
            seen_at=None,
        )

    return await ctx.mirror.write(work, origin=Origin.USER, act="Swap device")
