"""The check list before work on a device, filled in from the mirror and the device itself (DEV-20)."""

from __future__ import annotations

from functools import partial

from core.base.errors import GatewrightError, RefusedError
from core.base.verdict import Verdict
from core.entities.device import DEVICE, MAC_ENTRY, Device
from core.ports.device import Part
from core.rules.checklist import Check, Facts, checklist
from core.rules.desired import Desired, WantedSetting
from core.rules.settings import label_of
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.desired import device_status
from core.usecases.lan import open_link

_ASKED = ("cloud_mode", "Config.Network.LAN.DefaultGateway")
LOOKS = 3
"""So many looks at the device: one that is lost shows a network that is not sound."""


async def device_checks(ctx: Context, device_id: str) -> tuple[Check, ...]:
    """The answers of DEV-20 for one device; asks the device, changes nothing, never raises for what it does."""
    ctx.require_signed_in()
    device, registered = await ctx.mirror.read(partial(_known, device_id=device_id))
    status = await device_status(ctx, device_id)
    mistakes = sum(1 for item in status.items if item.verdict is not Verdict.PROVED)
    answered, losses, held = await _ask(ctx, device)
    gateway = held.get(_ASKED[1])
    facts = Facts(
        registered=registered,
        server_mode=held.get("cloud_mode"),
        answered=answered,
        gateway=None if gateway is None else gateway not in {"", "0.0.0.0"},  # noqa: S104  a text from a device
        losses=losses if answered else None,
        mistakes=mistakes,
    )
    return checklist(facts)


def _known(reader: Reader, *, device_id: str) -> tuple[Device, bool]:
    device = reader.require(DEVICE, device_id)
    return device, reader.first(MAC_ENTRY, mac=device.mac) is not None


async def _ask(ctx: Context, device: Device) -> tuple[bool, int, dict[str, str]]:
    """Whether it answered, how many looks were lost, and the settings that tell."""
    answered, losses, held = False, 0, dict[str, str]()
    wanted = Desired(device.id, device.mac, "", tuple(WantedSetting(n, label_of(n), "") for n in _ASKED))
    for _ in range(LOOKS):
        try:
            link, _identity = await open_link(ctx, device)
            answered = True
            found = await ctx.gateway.observe(link, wanted, frozenset({Part.SETTINGS}))
        except RefusedError:
            return True, losses, held
        except GatewrightError:
            losses += 1
            continue
        held = {name: one.value for name, one in (found.settings or {}).items() if one.value is not None}
    return answered, losses, held
