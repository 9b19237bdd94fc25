"""How far the main job of a workstation has come; for the guided path of the demo."""

from __future__ import annotations

from dataclasses import dataclass

from core.base.verdict import Verdict
from core.entities.device import DEVICE, SIGHTING, DeviceState
from core.entities.firmware import ROLLOUT_TARGET
from core.entities.proof import PROOF, ItemKind
from core.store import syncmeta
from core.store.reader import Reader
from core.usecases.context import Context


@dataclass(frozen=True, slots=True)
class MainJob:
    """What was reached: counts of what was seen, set up, proved, and what waits for the cloud."""

    seen: int
    commissioned: int
    people_proved: int
    firmware_proved: int
    pending: int


async def main_job(ctx: Context) -> MainJob:
    """Read how far the main job is."""

    def work(reader: Reader) -> MainJob:
        targets = reader.find(ROLLOUT_TARGET, verdict=Verdict.PROVED)
        return MainJob(
            seen=len(reader.find(SIGHTING)),
            commissioned=len(reader.find(DEVICE, state=DeviceState.COMMISSIONED)),
            people_proved=len(reader.find(PROOF, kind=ItemKind.PERSON, verdict=Verdict.PROVED)),
            firmware_proved=len(targets),
            pending=syncmeta.counts(reader).pending,
        )

    return await ctx.mirror.read(work)
