"""Calls from the desk: a device of the house dials when it is asked to, tells how it goes, hangs up (device API 3.7).

The workstation is no telephone: somebody talks at the device that dials, best a guard phone that stands at the desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.base.errors import RefusedError, UserError
from core.base.verdict import Verdict
from core.base.words import clean
from core.entities.device import DEVICE, Device, DeviceKind
from core.entities.person import RESIDENT
from core.entities.site import APARTMENT, SITE, CallMode
from core.rules import calling as rule
from core.rules.calling import CALLING, Callee, CallPhase
from core.rules.capabilities import Capability, cannot
from core.store.changes import Origin
from core.store.reader import Reader
from core.usecases.actions import ActionResult
from core.usecases.context import Context, Permission
from core.usecases.lan import open_link

NUMBER_CHARS = 128


@dataclass(frozen=True, slots=True)
class Whom:
    """Who is to be called: a device, an apartment, or a person; exactly one id is given."""

    device_id: str = ""
    apartment_id: str = ""
    person_id: str = ""


async def callers(ctx: Context, site_id: str) -> list[Device]:
    """The devices of a site that may call for the front desk, guard phones first."""
    ctx.require(Permission.PUSH)
    return rule.desk_phones(await ctx.mirror.read(lambda r: r.find(DEVICE, scope_id=site_id)))


async def numbers(ctx: Context, whom: Whom) -> list[Callee]:
    """Under which numbers somebody is reached, the best first: monitors of the home, then the own phone.

    Empty when none is known. NotFoundError for an id that is not here.
    """
    ctx.require(Permission.PUSH)
    return await ctx.mirror.read(lambda reader: _numbers(reader, whom))


def _numbers(reader: Reader, whom: Whom) -> list[Callee]:
    if whom.device_id:
        device = reader.require(DEVICE, whom.device_id)
        return _reached([device], reader.require(SITE, device.site_id).call_mode)
    if whom.person_id:
        person = reader.require(RESIDENT, whom.person_id)
        own = _reached(reader.find(DEVICE, owner_id=person.id), person.call_mode)
        home = _home(reader, person.apartment_id) if person.apartment_id else []
        return [*own, *home, *rule.phones_of(person)]
    people = reader.find(RESIDENT, apartment_id=whom.apartment_id)
    return [*_home(reader, whom.apartment_id), *(one for person in people for one in rule.phones_of(person))]


def _home(reader: Reader, apartment_id: str) -> list[Callee]:
    mode = reader.require(APARTMENT, apartment_id).call_mode
    found = reader.find(DEVICE, apartment_id=apartment_id)
    monitors = [d for d in found if d.kind in {DeviceKind.MONITOR, DeviceKind.GUARD}]
    return _reached(sorted(monitors, key=lambda d: (d.name, d.id)), mode)


def _reached(devices: Sequence[Device], mode: CallMode) -> list[Callee]:
    return [one for device in devices if (one := rule.callee(device, mode)) is not None]


async def dial(ctx: Context, caller: Device, to: Callee) -> ActionResult:
    """Have a device call somebody: PROVED when it is read to be in a call, ACCEPTED when it said yes and is not.

    RefusedError for a model that cannot, and for one that is in a call already: that one would lose its call. Audited.
    """
    ctx.require(Permission.PUSH)
    number = clean(to.number, limit=NUMBER_CHARS)
    if not number:
        raise UserError("call.number", f"No number is known under which {to.name or 'anybody'} is reached.")
    link, identity = await open_link(ctx, caller)
    if why := cannot(identity, Capability.CALLS):
        raise RefusedError(
            "device.unsupported", f"'{caller.name}': {why}", remedy="Call from another device."
        )
    phase = rule.phase_of(await ctx.gateway.phone(link).state())
    if phase is not CallPhase.IDLE:
        doing = "in a call already" if phase in CALLING else "busy with something else"
        words = f"'{caller.name}' is {doing}."
        raise RefusedError("device.busy", words, remedy="Wait, or call from another device.")
    await ctx.gateway.phone(link).dial(number, name=clean(to.name, limit=64))
    await _note(ctx, caller, f"Call {to.name or number}")
    if rule.phase_of(await ctx.gateway.phone(link).state()) in CALLING:
        return ActionResult(caller, Verdict.PROVED, f"{caller.name} calls {to.name or number}.")
    words = f"{caller.name} said yes; a moment later it was in no call."
    return ActionResult(caller, Verdict.ACCEPTED, words)


async def hang_up(ctx: Context, caller: Device) -> ActionResult:
    """End the call of a device: PROVED when it is read to be in none."""
    ctx.require(Permission.PUSH)
    link, _ = await open_link(ctx, caller)
    await ctx.gateway.phone(link).hang_up()
    await _note(ctx, caller, "Hang up")
    if rule.phase_of(await ctx.gateway.phone(link).state()) in CALLING:
        return ActionResult(caller, Verdict.DIFFERS, f"{caller.name} said yes, and is still in a call.")
    return ActionResult(caller, Verdict.PROVED, f"{caller.name} is in no call.")


async def phase(ctx: Context, caller: Device) -> CallPhase:
    """What a device is doing now. RefusedError for a model that does not tell."""
    ctx.require(Permission.PUSH)
    link, _ = await open_link(ctx, caller)
    return rule.phase_of(await ctx.gateway.phone(link).state())


async def _note(ctx: Context, device: Device, act: str) -> None:
    await ctx.mirror.write(lambda tx: tx.note_act(DEVICE, device, act), origin=Origin.USER, act="Call")
