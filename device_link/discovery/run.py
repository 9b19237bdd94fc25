"""One scan: what was swept, heard and asked so far, and which devices that makes.

An address is told as soon as it is known what answers there; what answers as a stranger waits for the announcements,
which may know better. What was heard and could not be asked is told at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from core.base.clock import Clock
from core.base.errors import DataError
from core.base.words import clean, listed
from core.ports.lan import AccessState, HeardClaim, Login, NeighbourTable, Sighted, WayReport
from device_link.addresses import maker_of
from device_link.discovery.announced import Announced, Listener
from device_link.discovery.fingerprint import Fingerprint, Hint
from device_link.discovery.others import look_at_camera
from device_link.discovery.sweep import Sweep
from device_link.discovery.targets import Target, on_own_network
from device_link.drivers.onvif.session import PATH

_LOOKS = 16
"""Addresses asked side by side: a look is two to ten small requests, most of its time is waiting."""
_HEARD_AT_MOST = 5000
_LOGINS_AT_MOST = 6
"""Sign-ins tried on one unknown camera."""

Place = tuple[str, int]


@dataclass(slots=True)
class Run:
    """One scan: `read_table`, then `all` while somebody takes the results, then `report` and `heard`."""

    clock: Clock
    fingerprint: Fingerprint
    neighbours: NeighbourTable | None
    listeners: Sequence[Listener]
    logins: Sequence[Login]
    results: asyncio.Queue[Sighted | None] = field(default_factory=asyncio.Queue)
    _methods: dict[Place, set[str]] = field(default_factory=dict)
    _opened_at: dict[Place, float] = field(default_factory=dict)
    _claims: dict[str, list[Announced]] = field(default_factory=dict)
    _count: int = 0
    _told: dict[str, str] = field(default_factory=dict)
    _strangers: list[tuple[Place, Sighted]] = field(default_factory=list)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LOOKS))
    _table: Mapping[str, str] = field(default_factory=dict)
    _table_at: float = float("-inf")
    _table_trouble: str = ""
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def all(self, targets: Sequence[Target], sweep: Sweep) -> None:
        """Everything; ends the results with None, also when it fails."""
        try:
            async with asyncio.TaskGroup() as group:

                def opened(host: str, port: int, scheme: str, method: str = "sweep") -> None:
                    known = (host, port) in self._methods
                    self._methods.setdefault((host, port), set()).add(method)
                    if not known:
                        self._opened_at[host, port] = self.clock.monotonic()
                        group.create_task(self._look(host, port, scheme))

                def heard(claim: Announced) -> None:
                    first = not any(one.way == claim.way for one in self._claims.get(claim.host, ()))
                    if not self._note(claim) or not on_own_network(claim.host):
                        return
                    if claim.port is not None:
                        opened(claim.host, claim.port, "", claim.way)
                    elif first:
                        target = [Target(claim.host)]
                        group.create_task(sweep.run(target, lambda h, p, s: opened(h, p, s, claim.way)))

                group.create_task(sweep.run(targets, opened))
                for listener in self.listeners:
                    group.create_task(listener.run(heard))
            await self._late()
        finally:
            self.results.put_nowait(None)

    def _note(self, claim: Announced) -> bool:
        """Remember a claim; False for one that is known, and when a flood of them comes."""
        there = self._claims.setdefault(claim.host, [])
        if claim in there or self._count >= _HEARD_AT_MOST:
            return False
        there.append(claim)
        self._count += 1
        return True

    # ---------------------------------------------------------------------------------------------- one address

    async def _look(self, host: str, port: int, scheme: str) -> None:
        async with self._gate:
            mac = await self._neighbour(host, port)
            url = f"{scheme or ('https' if port == 443 else 'http')}://{_bracketed(host)}:{port}"
            seen = await self.fingerprint.look(url, self.logins, self._hint(host, port, mac))
        if seen.access is AccessState.OTHER:
            self._strangers.append(((host, port), seen))
        else:
            self._tell(self._completed(seen, (host, port)))

    def _hint(self, host: str, port: int, mac: str) -> Hint:
        claims = self._claims_for(host, port)
        return Hint(
            mac or next((c.mac for c in claims if c.mac), ""),
            next((c.model for c in claims if c.model), ""),
            next((c.firmware for c in claims if c.firmware), ""),
        )

    def _claims_for(self, host: str, port: int) -> list[Announced]:
        """The claims about a place: what names another port is about another server of that host."""
        claims = self._claims.get(host, [])
        exact = [one for one in claims if one.port == port]
        return exact or [one for one in claims if one.port is None]

    def _completed(self, seen: Sighted, place: Place) -> Sighted:
        """With the ways by which it was found, and with the other MACs that were heard at its address."""
        host, port = place
        methods = set(self._methods.get(place, ())) | {one.way for one in self._claims_for(host, port)}
        table = self._known(host, port)
        if table:
            methods.add("neighbour")
        claimed = {one.mac for one in self._claims_for(host, port) if maker_of(one.mac)}
        also = tuple(sorted(({table} | claimed) - {"", seen.mac})) if seen.mac else ()
        reason = seen.reason
        if also:
            words = listed([_shown(mac) for mac in also])
            reason += (
                f" Two devices have this address: {_shown(seen.mac)} answers, {words} was heard there too."
            )
        return replace(seen, methods=tuple(sorted(methods)), also=also, reason=clean(reason, limit=400))

    def _tell(self, seen: Sighted) -> None:
        """Each device once: the same MAC at the same host is one device with two ports or two names."""
        before = self._told.get(seen.mac) if seen.mac else None
        if before is not None and _host(before) == _host(seen.url):
            return
        if before is not None:
            reason = f"{seen.reason} The same MAC answered at {before} too.".strip()
            seen = replace(seen, reason=reason)
        self._told[seen.mac or seen.url] = seen.url
        self.results.put_nowait(seen)

    # -------------------------------------------------------------------------------- what waits for the announcements

    async def _late(self) -> None:
        """Strangers that announced themselves as cameras, then what was heard and never answered."""
        async with asyncio.TaskGroup() as group:
            for place, seen in self._strangers:
                group.create_task(self._stranger(place, seen))
        answered = {host for host, _ in self._methods}
        for host, claims in self._claims.items():
            if host not in answered:
                self._tell(_unanswered(host, claims))

    async def _stranger(self, place: Place, seen: Sighted) -> None:
        host, port = place
        hint = self._hint(host, port, self._known(host, port))
        known = replace(
            seen,
            mac=seen.mac or hint.mac,
            model=seen.model or hint.model,
            firmware=seen.firmware or hint.firmware,
        )
        url = next((one.camera_url for one in self._claims_for(host, port) if one.camera_url), "")
        if url:
            known = await self._camera(known, url)
        self._tell(self._completed(known, place))

    async def _camera(self, seen: Sighted, url: str) -> Sighted:
        settings = self.fingerprint

        async with self._gate, settings.pool.turn(url) as turn:
            found = await look_at_camera(
                url,
                turn,
                list(self.logins)[:_LOGINS_AT_MOST],
                clock=self.clock,
                pacing=lambda model: replace(settings.pacing(model), limits=settings.limits),
            )
        if found is None:
            return seen
        standard = urlsplit(url).path == PATH
        return replace(
            seen,
            url=seen.url if standard else url,
            mac=found.identity.mac or seen.mac,
            model=found.identity.model or seen.model,
            firmware=found.identity.firmware or seen.firmware,
            hardware=found.identity.hardware,
            access=found.access,
            reason=found.reason,
            login=found.login,
        )

    # ------------------------------------------------------------------------------------------------ neighbours

    async def read_table(self) -> None:
        """Read the neighbour table; DataError when it is a damaged file."""
        if self.neighbours is not None:
            self._table_at, self._table = self.clock.monotonic(), await self.neighbours.read()

    async def _neighbour(self, host: str, port: int) -> str:
        """The link layer's MAC. A connection puts its address into the table, so an older table is read anew."""
        async with self._reading:
            if not self._known(host, port) and self._table_at <= self._opened_at[host, port]:
                try:
                    await self.read_table()
                except DataError as fault:
                    self._table, self._table_trouble = {}, fault.message
        return self._known(host, port)

    def _known(self, host: str, port: int) -> str:
        return self._table.get(f"{host}:{port}") or self._table.get(host, "")

    # -------------------------------------------------------------------------------------------------- afterwards

    def report(self, wanted: Sequence[str], targets: Sequence[Target]) -> tuple[WayReport, ...]:
        """What each way did."""
        swept = sum(1 for methods in self._methods.values() if "sweep" in methods)
        ways = [WayReport("sweep", tuple(wanted)[:50], len({target.host for target in targets}), swept)]
        if self.neighbours is not None:
            ways.append(WayReport("neighbour", (), 0, len(self._table), self._table_trouble))
        for listener in self.listeners:
            heard = sum(1 for claims in self._claims.values() if any(c.way == listener.way for c in claims))
            places = listener.places
            ways.append(WayReport(listener.way, places, len(places), heard, listener.trouble))
        return tuple(ways)

    def heard(self) -> tuple[HeardClaim, ...]:
        """Every claim, and every neighbour of a maker that we know."""
        claims = [
            HeardClaim(one.way, host, one.mac, one.model)
            for host, all_ in self._claims.items()
            for one in all_
        ]
        table = [HeardClaim("neighbour", host, mac) for host, mac in self._table.items()]
        return tuple(dict.fromkeys([*claims, *table]))


def _unanswered(host: str, claims: Sequence[Announced]) -> Sighted:
    """A device that was heard and cannot be asked: on another network, or without a web server that answers."""
    ways = tuple(sorted({one.way for one in claims}))
    elsewhere = not on_own_network(host)
    mac = next((one.mac for one in claims if one.mac), "")
    model = next((one.model for one in claims if one.model), "")
    if elsewhere:
        reason = other_network_words(host)
    else:
        reason = (
            "It announces itself, but none of its web ports answers: it may be starting, or they are blocked."
        )
    access = AccessState.OTHER_NETWORK if elsewhere else AccessState.ERROR
    if not mac and not model and not elsewhere:
        access = AccessState.OTHER
    firmware = next((one.firmware for one in claims if one.firmware), "")
    return Sighted(
        f"http://{_bracketed(host)}", mac, model, firmware, "", access, clean(reason, limit=400), ways
    )


def other_network_words(host: str) -> str:
    """Why a device that was heard cannot be asked, and the two ways to reach it."""
    prefix, _, last = host.rpartition(".")
    own = f"{prefix}.{250 if last != '250' else 251}"
    return (
        f"It hangs on this cable but has the address {host} of another network: its factory's, or one from before. "
        f"Give this computer the second address {own} with the mask 255.255.255.0 on the same network card and scan "
        "again, or set the device to DHCP at its own menu."
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _shown(mac: str) -> str:
    return ":".join(mac[i : i + 2] for i in range(0, len(mac), 2))
