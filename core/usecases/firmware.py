"""Firmware: the library (FW-01), and the names under which rollouts are handled (FW-02 to FW-04)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.words import clean
from core.entities.firmware import FIRMWARE_RELEASE, FirmwareRelease
from core.rules.catalogue import firmware_fits
from core.rules.firmware_image import HEAD, ImageFacts, inspect_image
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.firmware_push import FirmwareHandler, push_firmware
from core.usecases.rollout_drive import RolloutHandler, run_rollout, submit_rollout
from core.usecases.rollout_list import STATUS, RolloutFilter, RolloutRow, delete_rollouts, list_rollouts
from core.usecases.rollouts import (
    Aborted,
    Candidate,
    RolloutOptions,
    abort_rollout,
    candidates,
    edit_rollout,
    open_rollouts,
    pause_rollout,
    plan_rollout,
    resume_rollout,
    set_rollout_state,
    start_rollout,
)

__all__ = [
    "STATUS",
    "Aborted",
    "Candidate",
    "FirmwareHandler",
    "RolloutFilter",
    "RolloutHandler",
    "RolloutOptions",
    "RolloutRow",
    "abort_rollout",
    "add_release",
    "candidates",
    "delete_rollouts",
    "edit_rollout",
    "list_rollouts",
    "open_rollouts",
    "pause_rollout",
    "plan_rollout",
    "push_firmware",
    "resume_rollout",
    "run_rollout",
    "set_rollout_state",
    "start_rollout",
    "submit_rollout",
]


async def add_release(
    ctx: Context, path: Path, *, model: str, version: str = "", notes: str = ""
) -> FirmwareRelease:
    """Take a firmware file into the library. UserError when it is no firmware or belongs to another model."""
    actor = ctx.require(Permission.FIRMWARE)
    image = await asyncio.to_thread(_inspect, path, version)
    if not firmware_fits(model, image.version) or not firmware_fits(model, f"{image.family}.0.0.0"):
        words = f"{clean(path.name)} is firmware of family {image.family}, which does not fit a {model}."
        raise UserError("firmware.other_model", words, field="model")
    facts = await asyncio.to_thread(ctx.blobs.add, path)

    def work(tx: Tx) -> FirmwareRelease:
        present = tx.first(FIRMWARE_RELEASE, model=model, version=image.version)
        if present is not None and present.sha256 == facts.sha256:
            return present
        row = FirmwareRelease(
            id=new_id(),
            scope_id=actor.org_id,
            model=model,
            version=image.version,
            sha256=facts.sha256,
            md5=facts.md5,
            size=facts.size,
            file_name=clean(path.name, limit=128),
            notes=notes,
            created_at=tx.now,
        )
        return tx.put(FIRMWARE_RELEASE, row)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add firmware")


def _inspect(path: Path, version: str) -> ImageFacts:
    if not path.is_file():
        raise UserError("file.missing", f"There is no file {path}.")
    with path.open("rb") as file:
        head = file.read(HEAD)
    return inspect_image(path.name, head, path.stat().st_size, version=version)
