"""Verdicts: the one closed list of what can be said about something that was meant for a device."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """`sent` is not `done`: only a read-back that is equal counts as proved."""

    PROVED = "proved"
    """Read back from the device and equal."""
    ACCEPTED = "accepted"
    """The device said yes; not read back."""
    DIFFERS = "differs"
    """Read back, and not as meant."""
    WAITING = "waiting"
    """Not tried yet; the reason says what it waits for."""
    REFUSED = "refused"
    """The device said no, in its own words."""
    UNREACHABLE = "unreachable"
    """Nothing answered."""
    AMBIGUOUS = "ambiguous"
    """The connection broke after the request had left."""
    FOREIGN = "foreign"
    """On the device, nobody's."""


SEVERITY: tuple[Verdict, ...] = (
    Verdict.REFUSED,
    Verdict.DIFFERS,
    Verdict.AMBIGUOUS,
    Verdict.UNREACHABLE,
    Verdict.WAITING,
    Verdict.ACCEPTED,
    Verdict.PROVED,
)
"""Worst first. FOREIGN is a finding about something else and never the verdict of a whole."""


def worst(verdicts: list[Verdict]) -> Verdict:
    """The verdict of a whole: never better than its worst part; of nothing at all, PROVED (nothing was wanted)."""
    return next((v for v in SEVERITY if v in verdicts), Verdict.PROVED)
