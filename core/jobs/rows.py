"""Writes of the entity `jobs`: what changes during a job's life, and what a start finds of earlier ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.entities.record import JOB, JobRecord, JobState
from core.jobs.job import ENDED
from core.store.tx import Tx

MAX_TRIES = 5
"""A job under which the program died this often is not tried again: it may be what kills it."""

_CHANGING = ("state", "stage", "journal", "done", "total", "said", "stoppable", "ended_at", "result", "tries")


def patch_job(tx: Tx, record: JobRecord) -> None:
    """Bring the stored row to this record."""
    changes: dict[str, Any] = {name: getattr(record, name) for name in _CHANGING}
    tx.patch(JOB, record, **changes)


def ended(record: JobRecord, state: JobState, said: str, now: datetime) -> JobRecord:
    """The record of a job that ended without having run."""
    return replace(record, state=state, said=said, ended_at=now)


def left_over(tx: Tx, kinds: Collection[str], live: Collection[str]) -> list[JobRecord]:
    """What an earlier process left, oldest first: RUNNING rows become INTERRUPTED.

    Jobs of a kind that nobody handles, and jobs under which the program died too often, are FAILED. `live`: ids of
    jobs of this process.
    """
    open_states = (JobState.RUNNING, JobState.INTERRUPTED, JobState.WAITING)
    kept: list[JobRecord] = []
    for record in sorted(tx.find_in(JOB, "state", open_states), key=lambda r: r.id):
        if record.id in live:
            continue
        now = record
        if record.state is JobState.RUNNING:
            now = replace(record, state=JobState.INTERRUPTED, tries=record.tries + 1)
        if record.kind not in kinds:
            now = ended(now, JobState.FAILED, "This version of Gatewright does not know such work.", tx.now)
        elif now.tries >= MAX_TRIES:
            words = f"Gatewright ended {now.tries} times during this work, so it is not tried again."
            now = ended(now, JobState.FAILED, words, tx.now)
        patch_job(tx, now)
        if now.state not in ENDED:
            kept.append(now)
    return kept
