"""What sightings mean, their history in the mirror, and 'why is it not here?' (W11): rule, use case, loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import SystemClock
from core.base.ids import new_id
from core.base.paths import Profile
from core.entities.device import DEVICE, MAC_ENTRY, SIGHTING, Device, Sighting
from core.entities.organisation import Organisation, Role
from core.entities.site import Site
from core.ports.device import DeviceGateway, Link
from core.ports.lan import AccessState, HeardClaim, LanScanner, Login, ScanReport, Sighted, WayReport
from core.rules.sightings import FACTORY, Absence, Clues, SightingState, explain, standings
from core.store.blobs import BlobStore
from core.store.mirror import Mirror
from core.usecases.context import Actor, Context
from core.usecases.lan import explain_absence, keep_login, lan_standings, locate, scan
from device_link.discovery.scanner import Scanner
from device_link.drivers.akuvox.pacing import fast_pacing
from device_link.simulator import SimLan, SimSpec
from tests.fixtures_core import HandClock, Planter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAC, OTHER = "0C1105000001", "0C1105000002"
HOME = "http://10.0.0.5"


def row(
    mac: str = MAC, url: str = HOME, access: str = "signed_in", days: float = 0.0, **more: Any
) -> Sighting:
    seen_at = NOW - timedelta(days=days)
    facts: dict[str, Any] = {"id": new_id(), "url": url, "mac": mac, "access": access, "seen_at": seen_at}
    return Sighting(**(facts | more))


def ours(address: str = HOME, mac: str = MAC) -> Device:
    return Device(id=new_id(), scope_id="s", site_id="s", mac=mac, name="Main entrance", address=address)


STATES: list[tuple[list[Sighting], list[Device], SightingState]] = [
    ([row()], [], SightingState.NEW),
    ([row()], [ours()], SightingState.KNOWN),
    ([row()], [ours("http://10.0.0.6")], SightingState.CHANGED_ADDRESS),
    ([row(), row(url="http://10.0.0.9", days=1, gone=True)], [ours()], SightingState.CHANGED_ADDRESS),
    ([row(), row(url="http://10.0.0.9", days=30, gone=True)], [ours()], SightingState.KNOWN),
    ([row(access=FACTORY)], [], SightingState.FACTORY_DEFAULT),
    ([row(access=FACTORY)], [ours()], SightingState.FACTORY_DEFAULT),
    ([row(access="blocked")], [ours()], SightingState.NEEDS_ACCESS),
    ([row(access="needs_login")], [], SightingState.NEEDS_ACCESS),
    ([row(access="other_network")], [], SightingState.NEEDS_ACCESS),
    ([row(access="other", mac="")], [], SightingState.FOREIGN_MAKER),
    ([row(access="other")], [], SightingState.FOREIGN_MAKER),
    ([row(access="blocked", mac="")], [], SightingState.NEEDS_ACCESS),
    ([row(gone=True)], [ours()], SightingState.GONE),
    ([row(gone=True, mac="")], [], SightingState.GONE),
    ([], [ours()], SightingState.GONE),
]


@pytest.mark.parametrize(("seen", "devices", "state"), STATES)
def test_each_state(seen: list[Sighting], devices: list[Device], state: SightingState) -> None:
    [one] = standings(seen, devices, {MAC}, NOW)
    assert one.state is state
    assert one.in_library is bool(one.mac)
    assert one.device is (devices[0] if devices else None)
    assert one.conflict == ""


def test_a_device_of_ours_with_factory_settings_is_known_too() -> None:
    [one] = standings([row(access=FACTORY)], [ours()], (), NOW)
    assert one.also == (SightingState.KNOWN,), "it was reset: both are to be said"


def test_two_devices_on_one_address_are_named_on_both() -> None:
    found = standings([row(), row(OTHER)], [], (), NOW)
    assert "0C:11:05:00:00:02" in found[0].conflict
    assert "0C:11:05:00:00:01" in found[1].conflict
    assert all("10.0.0.5" in one.conflict for one in found)
    [gone, alone] = standings([row(gone=True), row(OTHER)], [], (), NOW)
    assert gone.conflict == alone.conflict == "", "one after the other is no clash"


def test_one_device_on_two_addresses_is_named_with_its_history() -> None:
    [one] = standings([row(days=0.1), row(url="http://10.0.0.9")], [], (), NOW)
    assert "10.0.0.5" in one.conflict
    assert "10.0.0.9" in one.conflict
    assert [url for url, _ in one.addresses] == ["http://10.0.0.9", HOME]


ROWS = st.lists(
    st.builds(
        row,
        mac=st.sampled_from(["", MAC, OTHER]),
        url=st.sampled_from([HOME, "http://10.0.0.9", "http://10.0.0.9:81", "nonsense", "http://[::1"]),
        access=st.sampled_from([*(state.value for state in AccessState), FACTORY, ""]),
        days=st.floats(0, 60),
        gone=st.booleans(),
    ),
    max_size=8,
)


@given(seen=ROWS, devices=st.lists(st.builds(ours, address=st.sampled_from(["", HOME, "x"])), max_size=1))
def test_every_mac_and_every_nameless_address_is_told_once(
    seen: list[Sighting], devices: list[Device]
) -> None:
    found = standings(seen, devices, (), NOW)
    macs = [one.mac for one in found if one.mac]
    assert len(macs) == len(set(macs))
    assert set(macs) == {one.mac for one in seen if one.mac} | {one.mac for one in devices}
    assert len(found) - len(macs) == sum(1 for one in seen if not one.mac)
    for one in found:
        there = any(r.mac == one.mac and not r.gone for r in seen if one.mac)
        assert not one.mac or (one.state is SightingState.GONE) is not there


@pytest.mark.parametrize(
    ("clues", "cause", "word"),
    [
        (Clues(MAC, found=HOME, others=3), Absence.HERE, "10.0.0.5"),
        (
            Clues(MAC, last="http://10.0.0.9", found=HOME),
            Absence.OTHER_ADDRESS,
            "before, it was at http://10.0.0.9",
        ),
        (
            Clues(MAC, heard=(("pnp", "192.168.1.100"),), reachable_heard=False),
            Absence.OTHER_NETWORK,
            "another network",
        ),
        (Clues(MAC, heard=(("wsd", "10.0.0.5"),)), Absence.HEARD_ONLY, "(wsd)"),
        (Clues(MAC, last=HOME, taken_by=OTHER), Absence.ADDRESS_TAKEN, "0C:11:05:00:00:02"),
        (Clues(MAC, last=HOME, searched=False, others=4), Absence.NOT_SEARCHED, "none of the networks"),
        (Clues(MAC, last=HOME), Absence.NOTHING_ANSWERS, "Nothing at all"),
        (Clues(MAC, last=HOME, others=4), Absence.SILENT, "no sign"),
    ],
)
def test_each_cause_is_said_with_what_to_do(clues: Clues, cause: Absence, word: str) -> None:
    told, words, steps = explain(clues)
    assert told is cause
    assert word in words
    assert steps or cause in {Absence.HERE, Absence.OTHER_ADDRESS}
    if cause is Absence.NOT_SEARCHED:
        assert "10.0.0.0/24" in steps[0]


# ------------------------------------------------------------------------------------------------------- in the mirror


@dataclass
class ScriptedScanner:
    """Tells what it is given, and reports as the real one does."""

    found: list[Sighted] = field(default_factory=list)
    heard: tuple[HeardClaim, ...] = ()
    places: frozenset[str] = frozenset({"10.0.0.5", "10.0.0.9"})
    complete: bool = True
    last_report: ScanReport | None = None

    async def scan(self, targets: Sequence[str], logins: Sequence[Login]) -> AsyncIterator[Sighted]:
        for one in self.found:
            yield one
        ways = (WayReport("sweep", tuple(targets), len(self.places), len(self.found)),)
        self.last_report = ScanReport(NOW, NOW, ways, self.heard, self.places, self.complete)


def sighted(mac: str = MAC, url: str = HOME, **more: Any) -> Sighted:
    facts: dict[str, Any] = {"model": "X912", "firmware": "912.30.1.2", "access": AccessState.SIGNED_IN}
    return Sighted(url, mac, **(facts | {"methods": ("sweep",)} | more))


@pytest.fixture
def scanner() -> ScriptedScanner:
    return ScriptedScanner()


@pytest.fixture
def ctx(
    mirror: Mirror, profile: Profile, hand_clock: HandClock, org: Organisation, scanner: ScriptedScanner
) -> Context:
    return Context(
        clock=hand_clock,
        mirror=mirror,
        blobs=BlobStore(profile.blobs),
        gateway=cast("DeviceGateway", None),
        scanner=cast("LanScanner", scanner),
        actor=Actor(new_id(), org.id, Role.INSTALLER, "Tor Ostby"),
    )


async def states(ctx: Context) -> dict[str, SightingState]:
    return {one.mac or one.url: one.state for one in await lan_standings(ctx)}


async def test_a_device_that_moves_keeps_its_identity_and_its_history(
    ctx: Context, scanner: ScriptedScanner, planted: Planter, site: Site
) -> None:
    device = await planted(DEVICE, site_id=site.id, mac=MAC, address=HOME)
    scanner.found = [sighted()]
    await scan(ctx, [])
    assert await states(ctx) == {MAC: SightingState.KNOWN}
    scanner.found = [sighted(url="http://10.0.0.9")]
    await scan(ctx, [])
    assert await states(ctx) == {MAC: SightingState.CHANGED_ADDRESS}
    assert await locate(ctx, device) == "http://10.0.0.9"
    [one] = await lan_standings(ctx)
    assert [url for url, _ in one.addresses] == ["http://10.0.0.9", HOME]
    scanner.found = []
    await scan(ctx, [])
    assert await states(ctx) == {MAC: SightingState.GONE}


async def test_only_where_it_was_looked_for_is_something_gone(ctx: Context, scanner: ScriptedScanner) -> None:
    scanner.found = [
        sighted(),
        sighted(OTHER, "http://10.9.9.9"),
        sighted("0C1105000003", "http://10.0.0.9:8080"),
    ]
    await scan(ctx, [])
    scanner.found, scanner.complete = [], False
    await scan(ctx, [])
    assert set((await states(ctx)).values()) == {SightingState.NEW}, "a scan that was stopped says nothing"
    scanner.complete = True
    await scan(ctx, [])
    assert await states(ctx) == {
        MAC: SightingState.GONE, OTHER: SightingState.NEW, "0C1105000003": SightingState.NEW,
    }  # fmt: skip


async def test_two_on_one_address_and_a_factory_sign_in_are_kept(
    ctx: Context, scanner: ScriptedScanner
) -> None:
    login = Login("admin", "admin", factory=True)
    scanner.found = [sighted(also=(OTHER,), login=login)]
    await scan(ctx, [])
    found = {one.mac: one for one in await lan_standings(ctx)}
    assert found[MAC].state is SightingState.FACTORY_DEFAULT
    assert "0C:11:05:00:00:02" in found[MAC].conflict
    assert "0C:11:05:00:00:01" in found[OTHER].conflict


async def test_a_device_that_keeps_the_makers_sign_in_is_not_said_to_be_reset(
    ctx: Context, scanner: ScriptedScanner, planted: Planter, site: Site
) -> None:
    await planted(DEVICE, site_id=site.id, mac=MAC, address=HOME)
    makers, own = Login("admin", "admin", factory=True), Login("admin", "httpapi")
    scanner.found = [sighted(login=makers)]
    await scan(ctx, [])
    assert await states(ctx) == {MAC: SightingState.FACTORY_DEFAULT}
    await keep_login(ctx, MAC, Link(HOME, MAC, makers.user, makers.password))
    assert await states(ctx) == {MAC: SightingState.KNOWN}, "set up since it was seen"
    await scan(ctx, [])
    assert await states(ctx) == {MAC: SightingState.KNOWN}, "and seen again"
    await keep_login(ctx, MAC, Link(HOME, MAC, own.user, own.password))
    await scan(ctx, [])
    assert await states(ctx) == {MAC: SightingState.FACTORY_DEFAULT}, "it had another one"


async def test_a_nameless_address_that_tells_its_mac_later_is_one_row(
    ctx: Context, scanner: ScriptedScanner
) -> None:
    scanner.found = [sighted("", access=AccessState.BLOCKED)]
    await scan(ctx, [])
    scanner.found = [sighted()]
    await scan(ctx, [])
    rows = await ctx.mirror.read(lambda r: r.find(SIGHTING))
    assert [(one.mac, one.gone) for one in rows] == [(MAC, False)]


async def test_an_address_of_another_network_never_becomes_a_devices_address(
    ctx: Context, scanner: ScriptedScanner, planted: Planter, site: Site
) -> None:
    device = await planted(DEVICE, site_id=site.id, mac=MAC, address=HOME)
    odd = sighted(
        url="http://192.168.1.100", access=AccessState.OTHER_NETWORK, methods=("pnp",), reason="Use DHCP."
    )
    scanner.found, scanner.heard = [odd], (HeardClaim("pnp", "192.168.1.100", MAC),)
    told = await explain_absence(ctx, MAC)
    assert told.cause is Absence.OTHER_NETWORK
    assert told.steps == ("Use DHCP.",)
    assert await locate(ctx, device) == HOME
    assert await states(ctx) == {MAC: SightingState.NEEDS_ACCESS}


async def test_why_it_is_not_here_tells_what_was_tried_and_where_it_was(
    ctx: Context, scanner: ScriptedScanner, planted: Planter, site: Site
) -> None:
    await planted(DEVICE, site_id=site.id, mac=MAC, name="Gate", address="")
    scanner.found = [sighted()]
    await scan(ctx, [])
    scanner.found = [sighted(OTHER)]
    told = await explain_absence(ctx, MAC, ["10.0.0.0/24"])
    assert (told.cause, told.name) == (Absence.ADDRESS_TAKEN, "Gate")
    assert [url for url, _ in told.history] == [HOME]
    assert told.report is not None
    assert told.report.ways[0].places == ("10.0.0.0/24",)
    scanner.found, scanner.places = [sighted(OTHER, "http://10.5.0.1")], frozenset({"10.5.0.1"})
    assert (await explain_absence(ctx, MAC, ["10.5.0.1"])).cause is Absence.NOT_SEARCHED
    scanner.found, scanner.places = [sighted(OTHER, "http://10.0.0.9")], frozenset({"10.0.0.5", "10.0.0.9"})
    assert (await explain_absence(ctx, MAC)).cause is Absence.SILENT
    scanner.found = []
    assert (await explain_absence(ctx, MAC)).cause is Absence.NOTHING_ANSWERS
    scanner.heard = (HeardClaim("wsd", "10.0.0.5", MAC),)
    assert (await explain_absence(ctx, MAC)).cause is Absence.HEARD_ONLY
    scanner.found = [sighted(url="http://10.0.0.9")]
    assert (await explain_absence(ctx, MAC)).cause is Absence.OTHER_ADDRESS


async def test_with_the_real_scanner_on_loopback(ctx: Context, planted: Planter, org: Organisation) -> None:
    ctx.scanner = Scanner(SystemClock(), pacing=fast_pacing)
    ctx.factory_logins = (Login("admin", "admin", factory=True),)
    async with await SimLan.start([SimSpec(profile="P1"), SimSpec(profile="P2")]) as lan:
        first, second = lan.devices
        await planted(MAC_ENTRY, scope_id=org.id, mac=first.mac)
        targets = [urlsplit(device.url).netloc for device in lan.devices]
        await scan(ctx, targets)
        found = {one.mac: one for one in await lan_standings(ctx)}
        assert found[first.mac].state is SightingState.FACTORY_DEFAULT
        assert (found[first.mac].in_library, found[second.mac].in_library) == (True, False)
        assert (await explain_absence(ctx, first.mac, targets)).cause is Absence.HERE
        await first.stop()
        told = await explain_absence(ctx, first.mac, targets)
        assert told.cause is Absence.SILENT
        assert (await states(ctx))[first.mac] is SightingState.GONE
