"""Simulated intercoms: faithful small servers on real sockets, for tests, demos and rehearsals (device API 9.3).

What is meant for others is named here; everything else is inside. Nothing of the product is imported, and the product's
driver shares no code with it: each was written from the fact sheet, so that one can disprove the other.
"""

from __future__ import annotations

from device_link.simulator.clock import SimClock
from device_link.simulator.command import SimulateOptions, serve
from device_link.simulator.device import SimDevice
from device_link.simulator.doors import Decision, Method
from device_link.simulator.errors import FaultSyntaxError, PortTakenError, SimulatorError
from device_link.simulator.image import ImageInfo, make_image, read_image
from device_link.simulator.lan import SimLan, SimSpec
from device_link.simulator.life import Timing
from device_link.simulator.profiles import PROFILES, Profile, profile

__all__ = [
    "PROFILES",
    "Decision",
    "FaultSyntaxError",
    "ImageInfo",
    "Method",
    "PortTakenError",
    "Profile",
    "SimClock",
    "SimDevice",
    "SimLan",
    "SimSpec",
    "SimulateOptions",
    "SimulatorError",
    "Timing",
    "make_image",
    "profile",
    "read_image",
    "serve",
]
