"""What can go wrong with the simulator itself (not with a simulated device: those answer on the wire)."""

from __future__ import annotations


class SimulatorError(Exception):
    """The simulator cannot do as told; the text is one sentence for a person."""


class FaultSyntaxError(SimulatorError):
    """A fault was written that does not exist or has a wrong argument."""


class PortTakenError(SimulatorError):
    """An address that was asked for is in use or does not exist on this machine."""
