"""Twins: the simulated device that stands for a real one, chosen by its model and firmware (W21)."""

from __future__ import annotations

from device_link.simulator.errors import SimulatorError
from device_link.simulator.profiles import PROFILES, Profile, profile


def profile_for(model: str, firmware: str = "") -> Profile | None:
    """The profile of a model, else one of the same hardware family by the firmware's first number; None for neither."""
    name = model.strip().split("(")[0].strip()
    for wanted in (name, name.replace(" ", ""), name.partition(" ")[0], name.rstrip("SCKX3")):
        try:
            if wanted:
                return profile(wanted)
        except SimulatorError:
            continue
    family = firmware.partition(".")[0]
    return next((one for one in PROFILES if family and one.model_id == family), None)


def is_two_n(model: str) -> bool:
    """Whether a model is one of 2N's, whose twin is a `TwoNDevice`."""
    return model.upper().startswith("2N")
