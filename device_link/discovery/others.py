"""What 2N units and ONVIF cameras say in a scan: by their own drivers, with the sign-ins that may be tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.base.clock import Clock
from core.base.errors import DataError, GatewrightError, RefusedError, UnreachableError
from core.ports.device import Link
from core.ports.lan import AccessState, Login
from core.rules.desired import Identity
from device_link.drivers.akuvox.envelope import first_value
from device_link.drivers.akuvox.pacing import PacingOf
from device_link.drivers.onvif.session import OnvifSession
from device_link.drivers.twon.session import TwoNSession
from device_link.errors import LoginError, NonsenseError
from device_link.pool import Turn
from device_link.recorder import FlightRecorder

NOBODY = Identity("", "", "")


@dataclass(frozen=True, slots=True)
class Found:
    """What came of asking."""

    access: AccessState
    reason: str = ""
    identity: Identity = NOBODY
    login: Login | None = None


def is_two_n(body: bytes) -> bool:
    """Whether a reply is of the 2N API (device API 8): it says whether it succeeded, whatever else it says."""
    try:
        value = first_value(body)
    except NonsenseError:
        return False
    return isinstance(value, dict) and isinstance(value.get("success"), bool)


async def look_at_two_n(
    base: str,
    turn: Turn,
    logins: Sequence[Login],
    *,
    clock: Clock,
    pacing: PacingOf,
    recorder: FlightRecorder | None = None,
) -> Found:
    """What a 2N unit is: without a sign-in, then with those that may be tried."""
    reason = ""
    for login in [Login("", ""), *dict.fromkeys(logins)]:
        session = TwoNSession(
            Link(base, user=login.user, password=login.password),
            turn,
            clock=clock,
            pacing=pacing,
            recorder=recorder,
            basic_in_clear=login.factory,
        )
        try:
            async with session:
                identity = await session.identify()
        except LoginError as refusal:
            reason = reason or str(refusal)
        except RefusedError as refusal:
            return Found(AccessState.BLOCKED, str(refusal), Identity("", "2N", ""))
        except (UnreachableError, DataError) as fault:
            return Found(AccessState.ERROR, str(fault))
        else:
            signed = bool(login.user)
            access = AccessState.SIGNED_IN if signed else AccessState.OPEN
            return Found(access, "", identity, login if signed else None)
    return Found(AccessState.NEEDS_LOGIN, reason, Identity("", "2N", ""))


async def look_at_camera(
    url: str, turn: Turn, logins: Sequence[Login], *, clock: Clock, pacing: PacingOf
) -> Found | None:
    """What an ONVIF camera is; None when none answers at its address."""
    if not await _is_camera(url, turn, clock=clock, pacing=pacing):
        return None
    reason = "A camera that wants a user and a password of its own."
    for login in dict.fromkeys(logins):
        link = Link(url, user=login.user, password=login.password)
        session = OnvifSession(link, turn, clock=clock, pacing=pacing, basic_in_clear=login.factory)
        try:
            async with session:
                return Found(AccessState.SIGNED_IN, "", await session.identify(), login)
        except LoginError:
            continue
        except GatewrightError as fault:
            return Found(AccessState.ERROR, str(fault))
    return Found(AccessState.NEEDS_LOGIN, reason)


async def _is_camera(url: str, turn: Turn, *, clock: Clock, pacing: PacingOf) -> bool:
    """Whether it tells the time as ONVIF asks for it; one that keeps even that to itself is a camera all the same."""
    try:
        async with OnvifSession(Link(url), turn, clock=clock, pacing=pacing) as session:
            await session.device_time()
    except LoginError:
        return True
    except GatewrightError:
        return False
    return True
