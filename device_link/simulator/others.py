"""Devices of other makers in a simulated LAN: 2N units and ONVIF cameras, started and described like the rest."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

from device_link.simulator.errors import SimulatorError
from device_link.simulator.onvif import CameraSpec, SimCamera
from device_link.simulator.twon import TwoNDevice, TwoNSpec

_TWO_N = frozenset({"2N", "TWO_N", "TWON"})
_CAMERA = frozenset({"CAMERA", "ONVIF"})
TWO_N_FAULTS = frozenset({"no-mac", "no-hold", "drop-after-write", "never-back", "bad-firmware"})


def is_other(name: str) -> bool:
    """Whether a name means a device of another maker."""
    return name.strip().upper() in _TWO_N | _CAMERA


async def start_other(
    name: str, index: int, faults: Sequence[str], where: tuple[str, int], stack: AsyncExitStack
) -> dict[str, str]:
    """Start number `index` of the LAN at an address and port (0: any free one); it is stopped with the stack.

    Returns what a program needs to speak to it. Raises `SimulatorError` for a fault that it does not know.
    """
    if name.strip().upper() in _TWO_N:
        unknown = sorted(set(faults) - TWO_N_FAULTS)
        if unknown:
            known = ", ".join(sorted(TWO_N_FAULTS))
            raise SimulatorError(f"A 2N unit has no fault {unknown[0][:40]!r}. Known are: {known}.")
        return await _two_n(TwoNSpec(mac=f"7C1EB3{index + 1:06X}", faults=tuple(faults)), where, stack)
    if faults:
        raise SimulatorError("A simulated camera has no faults.")
    return await _camera(CameraSpec(mac=f"00408C{index + 1:06X}"), where, stack)


async def _two_n(spec: TwoNSpec, where: tuple[str, int], stack: AsyncExitStack) -> dict[str, str]:
    unit = await TwoNDevice(spec).start(*where)
    stack.push_async_callback(unit.stop)
    facts = {"mac": spec.mac, "model": spec.variant, "firmware": spec.firmware, "url": unit.url}
    return facts | {"auth": spec.auth, "user": spec.user, "password": spec.password}


async def _camera(spec: CameraSpec, where: tuple[str, int], stack: AsyncExitStack) -> dict[str, str]:
    camera = await SimCamera(spec).start(*where)
    stack.push_async_callback(camera.stop)
    facts = {"mac": spec.mac, "model": spec.model, "firmware": spec.firmware, "url": camera.url}
    return facts | {"auth": "digest", "user": spec.user, "password": spec.password}
