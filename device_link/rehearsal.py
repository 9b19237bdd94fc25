"""The whole job against twins of a site's own devices, before anybody travels (W21). Nothing real is spoken to.

Each device gets a simulated unit of its model, firmware and MAC; what is wanted of it is planned, sent, read back and
judged by the same driver as on the day, then planned once more: a second push must find nothing to do. The twins stay
up for what else is played on them, such as the site's firmware.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from core.base.clock import Clock
from core.base.errors import GatewrightError
from core.base.verdict import Verdict
from core.entities.proof import ItemKind
from core.ports.device import Link, Part
from core.rules.desired import Desired, Identity
from core.rules.plan import Judgement, Plan, PlanItem, judge, make_plan, unsent, wanted_only
from device_link.drivers.akuvox.apply_parts import PhotoOf
from device_link.drivers.akuvox.pacing import fast_pacing
from device_link.gateways import MakerGateway
from device_link.simulator import SimLan, SimSpec
from device_link.simulator.life import Timing
from device_link.simulator.twins import is_two_n, profile_for
from device_link.simulator.twon import TwoNDevice, TwoNSpec

STRICT = ("unique-pins",)
"""Faults that twins have unless told otherwise: what some firmware refuses is better heard at the desk."""
AT_ONCE = 8
QUICK = Timing(flash=0.05, boot=0.1, shutdown=0.01)
"""A twin's restart shows what happens, not how long a real one takes, which is minutes."""
ANSWERED_S = 0.05
"""From a twin's answer until what follows it has begun, at the latest."""
_PARTS = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Cast:
    """One device of the site, as its row has it, and what is wanted of it."""

    name: str
    model: str
    firmware: str
    desired: Desired
    faults: tuple[str, ...] = STRICT


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How it went. `twin`: what stood for it, empty for nothing. `again`: changes that a second push would have."""

    cast: Cast
    twin: str
    judgements: tuple[Judgement, ...] = ()
    again: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True)
class Twins:
    """Running twins. `links`: by device id. `settled`: by address, waits until nothing goes on in the twin."""

    links: dict[str, Link]
    settled: dict[str, Callable[[], Awaitable[None]]]


class TwinGateway(MakerGateway):
    """The makers' gateway, for twins: these tell when their restart is over, so nobody waits for what never comes."""

    def __init__(self, clock: Clock, twins: Twins, *, photos: PhotoOf | None = None) -> None:
        super().__init__(clock, pacing=fast_pacing, photos=photos)
        self._twins = twins
        self._clock = clock

    async def wait_back(self, link: Link, *, limit_s: float) -> Identity:
        """See `DeviceGateway.wait_back`; UnreachableError at once of a twin that stays away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._clock.sleep(ANSWERED_S)
                await self._twins.settled[link.url]()
        return await self.identify(link)


async def rehearse(
    casts: Sequence[Cast], links: Mapping[str, Link], gateway: MakerGateway
) -> list[Rehearsed]:
    """Play it through for every device, in the order of `casts`. `links`: device id -> its twin, of `twins`."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(cast: Cast) -> Rehearsed:
        link = links.get(cast.desired.device_id)
        if link is None:
            words = f"The simulator knows no {cast.model or 'device without a model'}; it was not rehearsed."
            return Rehearsed(cast, "", said=words)
        async with gate:
            return await _play(gateway, cast, link)

    return list(await asyncio.gather(*(one(cast) for cast in casts)))


@asynccontextmanager
async def twins(casts: Sequence[Cast], images: Mapping[str, str] | None = None) -> AsyncIterator[Twins]:
    """The twins while the block runs; a model without a twin has none.

    `images`: MD5 of the library's files -> version, since a vendor's image tells a twin nothing of itself.
    SimulatorError for a fault that does not exist.
    """
    async with AsyncExitStack() as stack:
        yield await _start(casts, images or {}, stack)


async def _start(casts: Sequence[Cast], images: Mapping[str, str], stack: AsyncExitStack) -> Twins:
    made = Twins({}, {})
    specs: list[tuple[str, SimSpec]] = []
    for cast in casts:
        device_id = cast.desired.device_id
        what = profile_for(cast.model, cast.firmware)
        if is_two_n(cast.model):
            firmware = cast.firmware or TwoNSpec().firmware
            spec = TwoNSpec(mac=cast.desired.mac, variant=cast.model, firmware=firmware, images=images)
            unit = await stack.enter_async_context(TwoNDevice(spec))
            made.links[device_id] = Link(unit.url, cast.desired.mac, spec.user, spec.password)
            made.settled[unit.url] = unit.settled
        elif what is not None:
            known = cast.firmware if cast.firmware.partition(".")[0] == what.model_id else None
            sim = SimSpec(profile=what.key, firmware=known, mac=cast.desired.mac, faults=cast.faults)
            specs.append((device_id, sim))
    if specs:
        lan = await stack.enter_async_context(await SimLan.start([spec for _, spec in specs], timing=QUICK))
        for (device_id, _), device in zip(specs, lan.devices, strict=True):
            device.unit.known_images = images
            made.links[device_id] = Link(device.url, device.mac, "admin", "admin")
            made.settled[device.url] = device.settled
    return made


async def _play(gateway: MakerGateway, cast: Cast, link: Link) -> Rehearsed:
    desired = cast.desired
    try:
        observed = await gateway.observe(link, desired, _PARTS)
        changes = tuple(i for i in make_plan(desired, observed).changes if _is_played(i))
        results = await gateway.apply(
            link,
            Plan(desired.device_id, changes),
            report=lambda _result: None,
            check_cancel=lambda: None,
        )
        after = make_plan(desired, await gateway.observe(link, desired, _PARTS))
    except GatewrightError as fault:
        judged = unsent(wanted_only(desired), Verdict.REFUSED, str(fault))
        return Rehearsed(cast, cast.model, tuple(judged), said=str(fault))
    found = tuple(j for j in judge(after, results) if j.kind is not ItemKind.FIRMWARE)
    # What the twin refused is said as such; what it took and does not hold would be sent again for ever.
    refused = {(r.kind, r.subject) for r in results if r.verdict is Verdict.REFUSED}
    return Rehearsed(
        cast,
        f"{observed.identity.model} {observed.identity.firmware}",
        found,
        sum(1 for i in after.changes if _is_played(i) and i.key not in refused),
    )


def _is_played(item: PlanItem) -> bool:
    return item.kind is not ItemKind.FIRMWARE
