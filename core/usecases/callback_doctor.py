"""Finding out why a device's events do not arrive: asks the device, the listener, and waits for a call (W12)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from core.base.errors import GatewrightError, RefusedError
from core.entities.device import Device
from core.ports.device import Link as DeviceLink
from core.ports.device import Part
from core.rules.callback_chain import Break, ChainFacts, Link, broken_at, chain_of
from core.rules.desired import Desired, WantedSetting
from core.rules.settings import label_of
from core.usecases.context import Context
from core.usecases.events import DEFAULT_EVENTS
from core.usecases.lan import open_link

Probe = Callable[[str, int], Awaitable[bool]]
"""Whether a connection to a host and port comes about."""
Heard = Callable[[], Awaitable[bool]]
"""Waits for a call of the device; whether one came."""

_MASK, _GATEWAY = "Config.Network.LAN.SubnetMask", "Config.Network.LAN.DefaultGateway"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The links that were looked at, and where the chain is broken."""

    device: Device
    links: tuple[Link, ...]
    broken: Break


async def why_silent(
    ctx: Context,
    device: Device,
    base: str,
    *,
    listens: Probe,
    heard: Heard | None = None,
    events: Sequence[str] = DEFAULT_EVENTS,
) -> Diagnosis:
    """Look at every link up to the first that is broken. `base`: where this workstation listens for calls. With `heard`
    a call is waited for, and the device's own log decides what its absence means. Changes nothing.
    """
    ctx.require_signed_in()
    facts = await _facts(ctx, device, base, listens, events)
    if heard is not None and broken_at(chain_of(facts)) is Break.NONE:
        facts = await _with_call(ctx, device, facts, heard)
    links = chain_of(facts)
    return Diagnosis(device, tuple(links), broken_at(links))


async def _facts(
    ctx: Context, device: Device, base: str, listens: Probe, events: Sequence[str]
) -> ChainFacts:
    names = ["action_urls_enabled", *(f"action_url_{event}" for event in events), _MASK, _GATEWAY]
    wanted = Desired(device.id, device.mac, "", tuple(WantedSetting(n, label_of(n), "") for n in names))
    try:
        link, _ = await open_link(ctx, device)
        found = await ctx.gateway.observe(link, wanted, frozenset({Part.SETTINGS}))
    except RefusedError as refusal:
        return ChainFacts(base, answered=True, signed_in=False, said=str(refusal))
    except GatewrightError as fault:
        return ChainFacts(base, answered=False, said=str(fault))
    held = {name: one.value for name, one in (found.settings or {}).items()}
    urls = {event: held.get(f"action_url_{event}") for event in events}
    return ChainFacts(
        base,
        answered=True,
        enabled=held.get("action_urls_enabled"),
        # An event that the model does not know cannot be set; that is no fault of the chain.
        urls={event: url for event, url in urls.items() if url is not None},
        device_ip=urlsplit(link.url).hostname or "",
        mask=held.get(_MASK) or "",
        gateway=held.get(_GATEWAY) or "",
        listens=await listens(*_place(base)),
    )


def _place(base: str) -> tuple[str, int]:
    parts = urlsplit(base)
    return parts.hostname or "", parts.port or 80


async def _with_call(ctx: Context, device: Device, facts: ChainFacts, heard: Heard) -> ChainFacts:
    link, _ = await open_link(ctx, device)
    before = await _newest(ctx, link)
    called = await heard()
    logged = called or await _newest(ctx, link) != before
    return replace(facts, called=called, logged=logged)


async def _newest(ctx: Context, link: DeviceLink) -> str:
    """What the device's log has last; empty where it has nothing or no log."""
    try:
        lines = await ctx.gateway.door_events(link, newest=1)
    except GatewrightError:
        return ""
    return f"{lines[0].ref} {lines[0].local_time}" if lines else ""
