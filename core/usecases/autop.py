"""AutoP over devices: regular (kept as wanted settings) or one-time, sent by config/set, read back (DEV-07, DEV-08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.base.errors import GatewrightError, RefusedError, UnreachableError, UserError
from core.base.ids import new_id
from core.base.verdict import Verdict, worst
from core.base.words import clean
from core.entities.device import DEVICE, DEVICE_SETTING, Device, DeviceSetting
from core.jobs.job import JobContext, JobOutcome, RepeatableHandler
from core.ports.device import Part
from core.rules.autop import BATCH, Autop, parse_autop, render
from core.rules.desired import Desired, WantedSetting
from core.rules.plan import Judgement, Plan, judge, make_plan, unsent, wanted_only
from core.rules.settings import is_secret
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.lan import open_link
from core.usecases.provision import submit, verdict_of


@dataclass(frozen=True, slots=True)
class Preview:
    """What one device would get. `text`: the file as rendered, secrets as dots; `changes`: keys that are new."""

    device: Device
    text: str
    changes: tuple[str, ...] = ()


def checked(text: str) -> Autop:
    """The text as understood; UserError that names every faulty line, or says that there is nothing in it."""
    autop = parse_autop(text)
    if autop.faults:
        words = " ".join(f.words for f in autop.faults[:5])
        more = f" And {len(autop.faults) - 5} more." if len(autop.faults) > 5 else ""
        raise UserError("autop.lines", words + more, remedy="Correct these lines; nothing was sent.")
    if not autop.lines:
        remedy = "Write lines such as Config.DoorSetting.RTSP.Enable = 1."
        raise UserError("autop.empty", "There is no Config line in this text.", remedy=remedy)
    return autop


def _not_too_many(device_ids: Sequence[str]) -> list[str]:
    ids = list(dict.fromkeys(device_ids))
    if not ids:
        raise UserError("autop.none", "No device was chosen.")
    if len(ids) > BATCH:
        remedy = "Narrow the search and send it in parts."
        raise UserError("autop.many", f"{len(ids)} devices are more than {BATCH} at once.", remedy=remedy)
    return ids


async def preview(ctx: Context, text: str, device_ids: Sequence[str]) -> list[Preview]:
    """The file of each device: what is wanted of it already and what this text adds. Sends and keeps nothing."""
    ctx.require(Permission.SET_DEVICES)
    autop = checked(text)
    ids = _not_too_many(device_ids)

    def work(reader: Reader) -> list[Preview]:
        found = []
        for device_id in ids:
            device = reader.require(DEVICE, device_id)
            present = {s.key: s.value for s in reader.find(DEVICE_SETTING, device_id=device_id)}
            merged = present | autop.settings
            changes = tuple(k for k, v in autop.settings.items() if present.get(k) != v)
            masked = {k: "••••" if v and is_secret(k) else v for k, v in merged.items()}
            found.append(Preview(device, render(masked, autop.directives, title=device.name), changes))
        return found

    return await ctx.mirror.read(work)


async def apply_regular(ctx: Context, text: str, device_ids: Sequence[str]) -> list[str]:
    """Keep the settings as wanted ones, so that they stay valid, and push them; returns the jobs' ids (DEV-08)."""
    ctx.require(Permission.SET_DEVICES)
    autop, ids = checked(text), _not_too_many(device_ids)
    _no_directives(autop)

    def work(tx: Tx) -> list[Device]:
        return [keep_settings(tx, device_id, autop.settings) for device_id in ids]

    devices = await ctx.mirror.write(work, origin=Origin.USER, act="AutoP")
    return await submit(ctx, devices, parts=frozenset({Part.SETTINGS}))


def keep_settings(tx: Tx, device_id: str, settings: Mapping[str, str]) -> Device:
    """Want these values of a device's own keys, inside a transaction; what stands there is overwritten."""
    device = tx.require(DEVICE, device_id)
    present = {s.key: s for s in tx.find(DEVICE_SETTING, device_id=device_id)}
    for key, value in settings.items():
        if key in present:
            tx.patch(DEVICE_SETTING, present[key], value=value)
            continue
        row = DeviceSetting(id=new_id(), scope_id=device.scope_id, device_id=device_id, key=key, value=value)
        tx.put(DEVICE_SETTING, row)
    return device


def _no_directives(autop: Autop) -> None:
    if autop.directives:
        names = ", ".join(line.key for line in autop.directives[:3])
        remedy = "Leave them away, or let the device fetch the file from the provisioning server."
        raise UserError(
            "autop.directives", f"{names} only works in a file that the device fetches.", remedy=remedy
        )


async def apply_once(ctx: Context, text: str, device_ids: Sequence[str]) -> list[str]:
    """Send the settings once: they are gone after a reset and are not wanted any further. Returns the ids of the jobs.

    The text stands in the jobs' rows until they ended, so it must not hold passwords.
    """
    ctx.require(Permission.SET_DEVICES)
    autop, ids = checked(text), _not_too_many(device_ids)
    _no_directives(autop)
    secret = next((k for k, v in autop.settings.items() if v and is_secret(k)), "")
    if secret:
        remedy = "Keep it as a regular setting instead."
        raise UserError("autop.secret", f"{secret} is a password, which is not sent once.", remedy=remedy)
    devices = await ctx.mirror.read(lambda r: [r.require(DEVICE, device_id) for device_id in ids])
    return [
        await ctx.jobs.submit(
            OnceHandler.kind,
            f"device:{d.mac}",
            f"AutoP to {d.name}",
            {"device_id": d.id, "settings": autop.settings},
        )
        for d in devices
    ]


@dataclass
class OnceHandler(RepeatableHandler):
    """Job: settings sent once to one device, and read back."""

    ctx: Context
    kind = "autop"

    async def run(self, job: JobContext, inputs: Mapping[str, Any]) -> JobOutcome:
        """See `send_once`."""
        judgements = await send_once(self.ctx, inputs["device_id"], inputs["settings"], job)
        verdict = worst([j.verdict for j in judgements])
        bad = [f"{j.title}: {j.said}" for j in judgements if j.verdict is not Verdict.PROVED]
        said = clean(" ".join(bad) or f"{len(judgements)} settings were read back as sent.", limit=400)
        items = {j.subject: j.verdict.value for j in judgements}
        return JobOutcome(said=said, result={"verdict": verdict.value, "items": items})


async def send_once(
    ctx: Context, device_id: str, settings: Mapping[str, str], job: JobContext
) -> list[Judgement]:
    """Look, send what differs, read back, judge. No receipts are kept: nobody wants these for longer than now."""
    device = await ctx.mirror.read(partial(_device, device_id=device_id))
    wanted = Desired(device.id, device.mac, "", tuple(WantedSetting(k, k, v) for k, v in settings.items()))
    parts = frozenset({Part.SETTINGS})
    job.progress(0, 1, "reach")
    try:
        link, _ = await open_link(ctx, device)
        plan = make_plan(wanted, await ctx.gateway.observe(link, wanted, parts))
        job.progress(0, 1, "send")
        changes = Plan(plan.device_id, plan.changes)
        results = []
        if changes.items:
            results = await ctx.gateway.apply(
                link, changes, report=lambda _r: None, check_cancel=job.check_cancel
            )
        job.progress(1, 1, "read back")
        return judge(make_plan(wanted, await ctx.gateway.observe(link, wanted, parts)), results)
    except GatewrightError as fault:
        if not isinstance(fault, (RefusedError, UnreachableError)):
            raise
        return unsent(wanted_only(wanted), verdict_of(fault), clean(str(fault), limit=400))


def _device(reader: Reader, *, device_id: str) -> Device:
    return reader.require(DEVICE, device_id)
