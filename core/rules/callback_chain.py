"""Why a device's events do not arrive: the chain from its settings to our listener, and its first broken link (W12).

Pure: the facts are found out elsewhere. Only the first broken link is named: what comes after it cannot be judged.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from core.rules.settings import ACTION_EVENTS


class Break(StrEnum):
    """Where the chain is broken; NONE: it is whole."""

    OFFLINE = "offline"
    SIGN_IN = "sign_in"
    NO_URLS = "no_urls"
    OFF = "off"
    UNSET = "unset"
    ELSEWHERE = "elsewhere"
    NO_ROUTE = "no_route"
    NOBODY_LISTENS = "nobody_listens"
    BLOCKED = "blocked"
    SILENT = "silent"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What was found out; None where nothing was. `base`: where this workstation listens.

    `urls`: the address that the device calls, by event. `logged`: whether its own log has something since the wait
    began, `called`: whether it called since then.
    """

    base: str
    answered: bool
    signed_in: bool = True
    said: str = ""
    enabled: str | None = None
    urls: Mapping[str, str | None] = field(default_factory=dict)
    device_ip: str = ""
    mask: str = ""
    gateway: str = ""
    listens: bool | None = None
    logged: bool | None = None
    called: bool | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One link: what was looked at, whether it holds (None: not known), and what to do when it does not."""

    what: Break
    words: str
    holds: bool | None
    remedy: str = ""


def chain_of(facts: ChainFacts) -> list[Link]:
    """The links in their order, up to the first that is broken."""
    links: list[Link] = []
    for one in _links(facts):
        links.append(one)
        if one.holds is False:
            break
    return links


def broken_at(links: list[Link]) -> Break:
    """Where the chain is broken."""
    return next((link.what for link in links if link.holds is False), Break.NONE)


def _links(facts: ChainFacts) -> Iterator[Link]:
    yield from _device_links(facts)
    yield from _setting_links(facts)
    yield from _way_links(facts)


def _device_links(facts: ChainFacts) -> Iterator[Link]:
    check = f"{facts.said} Check its power and cable, and scan again.".strip()
    yield Link(Break.OFFLINE, "The device answers.", facts.answered, check)
    yield Link(Break.SIGN_IN, "It takes a sign-in of ours.", facts.signed_in, facts.said)
    other = "This model or firmware cannot; pull its door log instead."
    yield Link(Break.NO_URLS, "It can report events by calling an address.", facts.enabled is not None, other)


def _setting_links(facts: ChainFacts) -> Iterator[Link]:
    there = urlsplit(facts.base).netloc
    unset = [ACTION_EVENTS[event] for event, url in facts.urls.items() if not url]
    others = {urlsplit(url).netloc for url in facts.urls.values() if url and not points_at(url, facts.base)}
    again = "Point the device at this workstation once more."
    yield Link(Break.OFF, "Reporting is switched on.", facts.enabled == "1", again)
    missing = f"None is set for: {', '.join(unset[:4])}. {again}"
    yield Link(Break.UNSET, "An address is set for every event.", not unset, missing)
    astray = f"It calls {', '.join(sorted(others)[:3])}: an old address of this computer, or another program's. {again}"
    yield Link(Break.ELSEWHERE, f"The address is this workstation's: {there}.", not others, astray)


def _way_links(facts: ChainFacts) -> Iterator[Link]:
    there = urlsplit(facts.base).netloc
    route = f"It is in another network than {there} and has no gateway. Give it one, or an address of this network."
    yield Link(Break.NO_ROUTE, "It can send to this network.", has_route(facts), route)
    start = "Start the listener (gatewright events --bind), and let this computer's firewall pass the port."
    yield Link(Break.NOBODY_LISTENS, f"Somebody listens at {there}.", facts.listens, start)
    happened = None if facts.called is None else bool(facts.called or facts.logged)
    act = "Hold any card to the door, or enter a wrong PIN, and try again."
    yield Link(Break.SILENT, "Something happened at the door since the wait began.", happened, act)
    between = (
        "Its own log has the event and its call did not come: a firewall or a separated network is between."
    )
    yield Link(Break.BLOCKED, "Its call arrived.", facts.called, between)


def points_at(url: str, base: str) -> bool:
    """Whether an address that a device calls is one of the listener at `base`."""
    try:
        one, other = urlsplit(url), urlsplit(base)
        return (one.hostname, one.port or 80) == (other.hostname, other.port or 80)
    except ValueError:
        return False


def has_route(facts: ChainFacts) -> bool | None:
    """Whether the device can send to us by its own settings; None where they do not tell."""
    try:
        own = ipaddress.ip_address(urlsplit(facts.base).hostname or "")
        network = ipaddress.ip_network(f"{facts.device_ip}/{facts.mask}", strict=False)
    except ValueError:
        return None
    if own in network:
        return True
    return facts.gateway not in {"", "0.0.0.0"}  # noqa: S104  a text from a device
