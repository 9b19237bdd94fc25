"""Reading and writing a unit's settings (device API 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.base.errors import RefusedError
from core.rules.desired import HeldSetting
from device_link.drivers.akuvox.dialect import held, is_settled, keys_for
from device_link.drivers.akuvox.envelope import Reply, text_of
from device_link.drivers.akuvox.session import Session
from device_link.errors import NonsenseError


async def read_settings(session: Session, names: Sequence[str]) -> dict[str, HeldSetting]:
    """The named settings as the unit has them.

    Asks for their keys only; where the answer leaves open which spelling the unit uses, for the whole map (900 keys
    on a door phone, device API 3.3).
    """
    wanted = sorted({key for name in names for key in keys_for(name)})
    if not wanted:
        return {name: HeldSetting(name, None) for name in names}
    config = await _read_keys(session, wanted)
    if not all(is_settled(name, config) for name in names):
        config = await read_map(session)
    return {name: held(name, config) for name in names}


async def read_map(session: Session) -> dict[str, str]:
    """Every setting of the unit."""
    reply = await session.read("config", "get")
    found = _pairs(reply)
    if not found:
        raise NonsenseError("an empty list of settings", session.base)
    return found


async def _read_keys(session: Session, keys: list[str]) -> dict[str, str]:
    try:
        return _pairs(await session.read_by_post("config", "get", {"item": keys}))
    except RefusedError as refusal:
        if refusal.code not in {"device.refused", "device.unsupported"}:
            raise
        return {}  # Firmware that only knows the whole map: an empty answer makes the caller ask for it.


async def write_settings(session: Session, pairs: Mapping[str, str]) -> Reply:
    """Set all pairs in one request. The reply says what the unit thinks of them as a whole."""
    return await session.offer("config", "set", pairs)


def _pairs(reply: Reply) -> dict[str, str]:
    return {
        text_of(key): text_of(value)
        for key, value in reply.data.items()
        if key.startswith("Config.") and value is not None
    }
