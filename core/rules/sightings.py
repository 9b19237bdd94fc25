"""What a sighting means: new, known, moved, on factory settings, closed, somebody else's, gone; and what is odd. Pure.

Identity is the MAC; an address is something that a device has for a while. Sightings hold one row per address and MAC,
so the rows of a MAC are the history of its addresses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from core.base.words import listed
from core.entities.device import Device, Sighting
from core.rules.compile import shown_mac

MOVED_FOR = timedelta(days=7)
"""For so long after a device was last seen at another address its move is told."""
FACTORY = "factory"
"""`Sighting.access` of a device that took a maker's published sign-in."""
OTHER_NETWORK = "other_network"
_CLOSED = frozenset({"needs_login", "blocked", "https", "error", OTHER_NETWORK})
_FOREIGN = "other"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class SightingState(StrEnum):
    """The one word for a sighting: the first that holds, in the order of this list from the end."""

    NEW = "new"
    """Free: no device of ours has its MAC."""
    KNOWN = "known"
    """A device of ours, where it was."""
    CHANGED_ADDRESS = "changed_address"
    """A device of ours, at another address than before."""
    FACTORY_DEFAULT = "factory_default"
    """Takes the maker's published sign-in: never set up, or reset since."""
    NEEDS_ACCESS = "needs_access"
    """Seen, but its API cannot be used as it is; the sighting's reason says why."""
    FOREIGN_MAKER = "foreign_maker"
    """Something answers there that is no device that we can run."""
    GONE = "gone"
    """Was there, and answers no more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to be said about one device or address. `state` is the word for a list; `also` are others that hold too.

    `device` None: none of ours. `conflict` is a sentence about two devices on one address or one device on two; empty
    when nothing is odd. `addresses` are where it was seen, the latest first.
    """

    mac: str
    url: str
    state: SightingState
    also: tuple[SightingState, ...] = ()
    device: Device | None = None
    in_library: bool = False
    conflict: str = ""
    addresses: tuple[tuple[str, datetime | None], ...] = ()
    sighting: Sighting | None = field(default=None, repr=False)


def standings(
    sightings: Sequence[Sighting],
    devices: Sequence[Device],
    library: Collection[str],
    now: datetime,
) -> list[Standing]:
    """One for each MAC, for each address without a MAC, and for each device that was never seen."""
    by_mac: dict[str, list[Sighting]] = defaultdict(list)
    nameless: list[Sighting] = []
    for sighting in sightings:
        if sighting.mac:
            by_mac[sighting.mac].append(sighting)
        else:
            nameless.append(sighting)
    ours = {device.mac: device for device in devices}
    shared = _shared_addresses(sightings)
    found = [_of_mac(mac, rows, ours.get(mac), shared, now) for mac, rows in by_mac.items()]
    found = [replace(one, in_library=one.mac in library) for one in found]
    found += [_nameless(one) for one in nameless]
    found += [
        Standing(d.mac, d.address, SightingState.GONE, device=d, in_library=d.mac in library)
        for d in devices
        if d.mac not in by_mac
    ]
    return found


def host_of(url: str) -> str:
    """The address without scheme and port."""
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or url
    except ValueError:
        return url


def _of_mac(
    mac: str,
    rows: Sequence[Sighting],
    device: Device | None,
    shared: Mapping[str, frozenset[str]],
    now: datetime,
) -> Standing:
    ordered = sorted(rows, key=_age)
    here = [row for row in ordered if not row.gone]
    latest = (here or ordered)[0]
    states = _states(latest, ordered, device, now)
    conflict = _conflict(mac, here, shared)
    return Standing(
        mac=mac,
        url=latest.url,
        state=states[-1],
        also=tuple(states[:-1]),
        device=device,
        conflict=conflict,
        addresses=tuple((row.url, row.seen_at) for row in ordered),
        sighting=latest,
    )


def _age(row: Sighting) -> tuple[bool, float]:
    """For sorting the latest first; of two at one moment the one that is there."""
    return (row.gone, -(row.seen_at or _LONG_AGO).timestamp())


def _states(
    latest: Sighting, ordered: Sequence[Sighting], device: Device | None, now: datetime
) -> list[SightingState]:
    """Every word that holds, the one to show last."""
    states = [SightingState.NEW if device is None else SightingState.KNOWN]
    if latest.gone:
        return [*states, SightingState.GONE]
    if device is not None and _moved(latest, ordered, device, now):
        states.append(SightingState.CHANGED_ADDRESS)
    if latest.access == FACTORY:
        states.append(SightingState.FACTORY_DEFAULT)
    if latest.access in _CLOSED:
        states.append(SightingState.NEEDS_ACCESS)
    if latest.access == _FOREIGN:
        states.append(SightingState.FOREIGN_MAKER)
    return states


def _moved(latest: Sighting, ordered: Sequence[Sighting], device: Device, now: datetime) -> bool:
    here = host_of(latest.url)
    if device.address and host_of(device.address) != here:
        return True
    return any(
        row.gone and host_of(row.url) != here and row.seen_at is not None and now - row.seen_at <= MOVED_FOR
        for row in ordered
    )


def _shared_addresses(sightings: Sequence[Sighting]) -> dict[str, frozenset[str]]:
    """Address -> the MACs that are seen there now, where there are several."""
    macs: dict[str, set[str]] = defaultdict(set)
    for row in sightings:
        if row.mac and not row.gone:
            macs[row.url].add(row.mac)
    return {url: frozenset(found) for url, found in macs.items() if len(found) > 1}


def _conflict(mac: str, here: Sequence[Sighting], shared: Mapping[str, frozenset[str]]) -> str:
    for row in here:
        others = sorted(shared.get(row.url, frozenset()) - {mac})
        if others:
            names = listed([shown_mac(one) for one in others])
            return f"Two devices have the address {host_of(row.url)}: this one and {names}. Give one of them another."
    hosts = list(dict.fromkeys(host_of(row.url) for row in here))
    if len(hosts) > 1:
        return f"This device answers at {listed(hosts)}: it has two network cards, or its MAC exists twice."
    return ""


def _nameless(row: Sighting) -> Standing:
    if row.gone:
        state = SightingState.GONE
    elif row.access == _FOREIGN:
        state = SightingState.FOREIGN_MAKER
    else:
        state = SightingState.NEEDS_ACCESS if row.access in _CLOSED else SightingState.NEW
    return Standing("", row.url, state, addresses=((row.url, row.seen_at),), sighting=row)


# ------------------------------------------------------------------------------------------------- why is it not here?


class Absence(StrEnum):
    """The likeliest cause, by what was heard."""

    HERE = "here"
    OTHER_ADDRESS = "other_address"
    OTHER_NETWORK = "other_network"
    HEARD_ONLY = "heard_only"
    ADDRESS_TAKEN = "address_taken"
    NOT_SEARCHED = "not_searched"
    SILENT = "silent"
    NOTHING_ANSWERS = "nothing_answers"


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known about a device that is looked for. `last` is where it was, `heard` where its MAC was heard now.

    `searched`: whether the place where it was last was among those that were asked. `taken_by`: the MAC that answers
    at its last address now. `others`: how many devices answered at all.
    """

    mac: str
    last: str = ""
    last_at: datetime | None = None
    found: str = ""
    reason: str = ""
    heard: tuple[tuple[str, str], ...] = ()
    reachable_heard: bool = True
    searched: bool = True
    taken_by: str = ""
    others: int = 0


Explanation = tuple[Absence, str, tuple[str, ...]]


def explain(clues: Clues) -> Explanation:
    """The cause, a sentence that says it, and what to do in order."""
    return _explain_heard(clues) or _explain_silent(clues)


def _explain_heard(clues: Clues) -> Explanation | None:
    name = shown_mac(clues.mac)
    steps: tuple[str, ...]
    if clues.heard and not clues.reachable_heard:
        words = f"{name} is on this cable, but with the address {clues.heard[0][1]} of another network."
        steps = (clues.reason or "Set it to DHCP, or give this computer a second address in that network.",)
        return (Absence.OTHER_NETWORK, words, steps)
    if clues.found:
        moved = bool(clues.last) and host_of(clues.last) != host_of(clues.found)
        words = f"{name} answers at {clues.found}" + (f"; before, it was at {clues.last}." if moved else ".")
        steps = (clues.reason,) if clues.reason else ()
        return (Absence.OTHER_ADDRESS if moved else Absence.HERE, words, steps)
    if clues.heard:
        way, host = clues.heard[0]
        words = f"{name} was heard at {host} ({way}), but nothing answers there."
        steps = (
            "Wait a minute: it may be starting.",
            "Restart it if that does not help.",
            "Look for a firewall between this computer and the device.",
        )
        return (Absence.HEARD_ONLY, words, steps)
    return None


def _explain_silent(clues: Clues) -> Explanation:
    name = shown_mac(clues.mac)
    steps: tuple[str, ...]
    if clues.taken_by:
        words = f"At {clues.last}, where {name} was last, answers {shown_mac(clues.taken_by)} now."
        steps = (
            "Scan all networks: the device has another address, or is switched off.",
            "If the device has this address fixed, take it out of what the DHCP server gives away.",
        )
        return (Absence.ADDRESS_TAKEN, words, steps)
    if clues.last and not clues.searched:
        words = f"{name} was last at {clues.last}, which is in none of the networks that were searched."
        steps = (
            f"Scan that range by name, such as {_range(clues.last)}.",
            "Connect this computer to the network of the device.",
        )
        return (Absence.NOT_SEARCHED, words, steps)
    if not clues.others:
        words = "Nothing at all answered: look at this computer's network first, then at the device."
        steps = ("Check this computer's cable and card.", "Name a range to scan.", "Run 'gatewright doctor'.")
        return (Absence.NOTHING_ANSWERS, words, steps)
    steps = (
        "Check its power (PoE) and the light of its socket.",
        "Ask whether its switch port is in another VLAN: devices there are found by naming their range.",
        "Compare the MAC with the label on the device.",
    )
    return (Absence.SILENT, f"{name} gave no sign of itself in any way that was tried.", steps)


def _range(url: str) -> str:
    host = host_of(url)
    return f"{host.rpartition('.')[0]}.0/24" if host.count(".") == 3 else host
