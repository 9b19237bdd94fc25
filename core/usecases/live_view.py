"""What a door's camera shows now: the way to it once, then stills; where its video stream is, with its sign-in.

The sign-in of a stream stands in its address, as players want it: it is kept apart here, and never shown or logged.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.base.errors import RefusedError
from core.entities.device import DEVICE, Device
from core.entities.site import SITE
from core.ports.device import Link
from core.rules.capabilities import Capability, capabilities_of
from core.rules.desired import Identity
from core.store.changes import Origin
from core.usecases.context import Context, Permission
from core.usecases.lan import open_link

ACT = "Live view"


@dataclass(frozen=True, slots=True)
class StreamSource:
    """Where a stream is (`rtsp://host:port/path`) and its sign-in; both words are empty where none is known."""

    address: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Camera:
    """The proved way to a device that has one. `stream` None: it tells of none."""

    device: Device
    link: Link = field(repr=False)
    stream: StreamSource | None = None


def has_camera(device: Device) -> bool:
    """Whether a device of this model has a camera that can be reached from here; unknown models are asked."""
    if not device.model:
        return True
    known = Identity(device.mac, device.model, device.firmware)
    return Capability.SNAPSHOT in capabilities_of(known)


async def open_camera(ctx: Context, device: Device) -> Camera:
    """Find the device, prove that it is the one, and ask where its stream is. The look is audited (LOG-06).

    NotAllowedError where the installer keeps captures from managers (ACC-12).
    """
    site = await ctx.mirror.read(lambda r: r.get(SITE, device.site_id))
    ctx.require_at(Permission.SEE_CAPTURES, site)
    link, _ = await open_link(ctx, device)
    try:
        address = await ctx.gateway.stream_address(link)
    except RefusedError:
        address = ""
    await ctx.mirror.write(lambda tx: tx.note_act(DEVICE, device, ACT), origin=Origin.USER, act=ACT)
    stream = StreamSource(address, link.user, link.password) if address else None
    return Camera(device, link, stream)


async def still(ctx: Context, camera: Camera) -> bytes:
    """A JPEG of what the camera sees now."""
    ctx.require(Permission.SEE_CAPTURES)
    return await ctx.gateway.snapshot(camera.link)
