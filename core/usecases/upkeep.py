"""What the site agent does by itself: tasks at once, door logs every few minutes, a look at every device now and then.

A look reads a device back against what is wanted and keeps the receipts (W18): what somebody changed at the device
shows as `differs`, is told once, and is put back where the agent was told to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from core.base.errors import GatewrightError
from core.base.verdict import Verdict, worst
from core.entities.device import DEVICE, Device
from core.entities.proof import PROOF
from core.store.reader import Reader
from core.usecases import agent, drift, events
from core.usecases.context import Context
from core.usecases.desired import device_status
from core.usecases.device_list import read_sensors
from core.usecases.due import run_due
from core.usecases.provision import submit

LOGS_EVERY = timedelta(minutes=5)
VERIFY_EVERY = timedelta(hours=6)
_SOUND = frozenset({Verdict.PROVED, Verdict.WAITING})
"""WAITING: nobody has pushed it yet, so nobody has changed it either."""

_NOT_READ = frozenset({Verdict.UNREACHABLE, Verdict.AMBIGUOUS, Verdict.WAITING})
"""A look that ended so has told nothing new about the items."""


@dataclass(frozen=True, slots=True)
class Look:
    """One device, read back. `differs`: titles of what is not as wanted and was pushed before."""

    device: Device
    verdict: Verdict
    differs: tuple[str, ...] = ()
    said: str = ""

    @property
    def words(self) -> str:
        """One line for people."""
        what = f" {', '.join(self.differs[:6])}." if self.differs else ""
        more = f" And {len(self.differs) - 6} more." if len(self.differs) > 6 else ""
        return f"{self.device.name}: {self.verdict.value}.{what}{more} {self.said}".rstrip()


async def verify_site(ctx: Context, site_id: str) -> list[Look]:
    """Read back every device of a site that was pushed to before; sends nothing. One look per device, by name."""

    def pushed_to(reader: Reader) -> list[Device]:
        known = {p.device_id for p in reader.find(PROOF, scope_id=site_id)}
        return sorted(
            (d for d in reader.find(DEVICE, scope_id=site_id) if d.id in known), key=lambda d: d.name
        )

    devices = await ctx.mirror.read(pushed_to)
    looks = []
    for device, job_id in zip(devices, await submit(ctx, devices, send=False), strict=True):
        record = await ctx.jobs.wait(job_id)
        verdict = Verdict(record.result.get("verdict", Verdict.AMBIGUOUS.value))
        if verdict in _NOT_READ:
            looks.append(Look(device, verdict, said=str(record.result.get("why", ""))))
        else:
            looks.append(await look_of(ctx, device))
    return looks


async def look_of(ctx: Context, device: Device) -> Look:
    """What the receipts say of a device now."""
    status = await device_status(ctx, device.id)
    bad = [item for item in status.items if item.verdict not in _SOUND]
    differs = tuple(item.title for item in bad if item.verdict is Verdict.DIFFERS)
    return Look(device, worst([i.verdict for i in bad]), differs, status.reason() if bad else "")


@dataclass(slots=True)
class Upkeep:
    """The agent's rounds at one site. `round` is called again and again; it does what is due and says what came of it.

    `put_back`: settings that somebody changed at a device are sent again. A difference is told once, until it changes.
    """

    ctx: Context
    site_id: str
    verify_every: timedelta = VERIFY_EVERY
    logs_every: timedelta = LOGS_EVERY
    put_back: bool = False
    _logs_at: float = 0.0
    _verify_at: float = 0.0
    _told: dict[str, str] = field(default_factory=dict)

    async def round(self) -> list[str]:
        """Do what is due; lines for people."""
        due = await run_due(self.ctx)
        lines = [f"{receipt.title}: moved out by the clock." for receipt in (*due.moved_out, *due.leases)]
        lines += [line_of(one) for one in await agent.run_once(self.ctx, self.site_id)]
        now = self.ctx.clock.monotonic()
        if now >= self._logs_at:
            # A device that is away is no reason to stop; its events come with the next pull.
            with contextlib.suppress(GatewrightError):
                await events.pull_site(self.ctx, self.site_id)
            await read_sensors(self.ctx, self.site_id)
            self._logs_at = now + self.logs_every.total_seconds()
        if now >= self._verify_at:
            lines += await self._verify()
            self._verify_at = self.ctx.clock.monotonic() + self.verify_every.total_seconds()
        return lines

    async def _verify(self) -> list[str]:
        looks = await verify_site(self.ctx, self.site_id)
        changed = [look.device for look in looks if look.differs]
        if self.put_back and changed:
            await self._restore([device.id for device in changed])
            again = {device.id: await look_of(self.ctx, device) for device in changed}
            looks = [again.get(look.device.id, look) for look in looks]
        else:
            changed = []
        lines = []
        for look in looks:
            restored = look.device in changed and not look.differs
            words = look.words if look.verdict is not Verdict.PROVED else ""
            words = f"{look.device.name}: put back. {words}".rstrip() if restored else words
            if words and self._told.get(look.device.id) != words:
                lines.append(words)
            self._told[look.device.id] = "" if restored else words
        return lines

    async def _restore(self, device_ids: Sequence[str]) -> None:
        for job_id in await drift.put_back(self.ctx, device_ids):
            await self.ctx.jobs.wait(job_id)


def line_of(one: agent.Done) -> str:
    """A task that was done, as one line."""
    return f"{one.task.kind.value}, asked by {one.task.asked_by}: {one.verdict.value}. {one.said}"
