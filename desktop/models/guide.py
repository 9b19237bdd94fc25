"""The demo's guided path: five steps of the main job, each done when the mirror says so. No widget here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from core.usecases.progress import MainJob


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step: what to do, on which page, and when it is done."""

    page: str
    title: str
    text: str
    done: Callable[[MainJob], bool]


def _tr(text: str) -> str:
    return QCoreApplication.translate("guide", text)


def steps() -> tuple[GuideStep, ...]:
    """The path, in order."""
    return (
        GuideStep(
            "lan",
            _tr("Find the devices"),
            _tr("Press Sweep again. Eleven of twelve intercoms answer; one does not let us in and says why."),
            lambda job: job.seen > 0,
        ),
        GuideStep(
            "lan",
            _tr("Adopt them"),
            _tr("Tick the devices that wait for their place and press Adopt. Each is set up and read back."),
            lambda job: job.commissioned > 0,
        ),
        GuideStep(
            "devices",
            _tr("Give them their people"),
            _tr("Tick devices and push. One of them says yes and drops every seventh person: see its proof."),
            lambda job: job.people_proved > 0,
        ),
        GuideStep(
            "firmware",
            _tr("Bring two R29 to the new firmware"),
            _tr("Start a rollout of 29.30.10.507: one device first, the other when the first has proved it."),
            lambda job: job.firmware_proved > 0,
        ),
        GuideStep(
            "sync",
            _tr("Send it to the cloud"),
            _tr("Sync runs by itself; here you see what waits and what was confirmed."),
            lambda job: job.firmware_proved > 0 and job.pending == 0,
        ),
    )


def present_step(path: tuple[GuideStep, ...], job: MainJob) -> int:
    """Index of the first step that is not done; the number of steps when all are."""
    return next((i for i, step in enumerate(path) if not step.done(job)), len(path))
