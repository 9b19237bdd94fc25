"""The LAN by the rule of sightings: moved, reset, gone, closed, twice there; at this site and elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.base.ids import new_id
from core.entities.device import Device, DeviceState, Sighting
from core.entities.site import Site
from core.rules.sightings import standings
from desktop.models.lan import LanLine, LanState, Surroundings, group_of, lan_lines
from desktop.models.places import Places

NOW = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
HERE, THERE = new_id(), new_id()


def device(mac: str, **more: Any) -> Device:
    site = more.pop("site_id", HERE)
    state = more.pop("state", DeviceState.COMMISSIONED)
    return Device(
        id=new_id(), scope_id=site, site_id=site, mac=mac, name=f"Door {mac[-1]}", state=state, **more
    )


def seen(mac: str, host: str, *, ago: int = 0, **more: Any) -> Sighting:
    at = NOW - timedelta(minutes=ago)
    return Sighting(id=new_id(), scope_id="", url=f"http://{host}", mac=mac, seen_at=at, **more)


def lines(sightings: list[Sighting], devices: list[Device], library: set[str]) -> dict[str, LanLine]:
    site = Site(id=HERE, scope_id=HERE, org_id=new_id(), name="Tamarind Court")
    around = Surroundings(Places(site), {HERE: "Tamarind Court", THERE: "Larch Offices"})
    return {x.key: x for x in lan_lines(standings(sightings, devices, library, NOW), around)}


def test_each_device_has_the_one_word_that_the_rule_gives() -> None:
    macs = [f"0C11052A7F{n:02X}" for n in range(8)]
    known, moved, reset, gone, closed, other, new, stranger = macs
    devices = [
        device(known, address="http://10.0.0.1"),
        device(moved, address="http://10.0.0.2"),
        device(reset, address="http://10.0.0.3"),
        device(gone, address="http://10.0.0.4"),
        device(closed, address="http://10.0.0.5"),
        device(other, site_id=THERE, address="http://10.0.0.6"),
    ]
    sightings = [
        seen(known, "10.0.0.1"),
        seen(moved, "10.0.0.22"),
        seen(reset, "10.0.0.3", access="factory"),
        seen(gone, "10.0.0.4", gone=True, ago=90),
        seen(closed, "10.0.0.5", access="blocked", reason="403"),
        seen(other, "10.0.0.6"),
        seen(new, "10.0.0.7", access="open"),
        seen(stranger, "10.0.0.8"),
    ]
    found = lines(sightings, devices, {*macs[:7]})
    states = [found[m].state for m in macs]
    assert states == [
        LanState.HERE,
        LanState.MOVED,
        LanState.FACTORY,
        LanState.UNSEEN,
        LanState.BLOCKED,
        LanState.ELSEWHERE,
        LanState.READY,
        LanState.NOT_OURS,
    ]
    groups = [group_of(found[m]) for m in macs]
    assert groups == ["site"] * 5 + ["elsewhere", "new", "new"]
    assert all(found[m].obstacle for m in macs if m != new)


def test_what_left_is_shown_only_where_it_belongs_and_two_on_one_address_are_odd() -> None:
    one, two = "0C11052A7F01", "0C11052A7F02"
    left = lines(
        [seen(one, "10.0.0.1", gone=True), seen(two, "10.0.0.2", gone=True)],
        [device(two, site_id=THERE)],
        {one},
    )
    assert left == {}
    odd = lines(
        [seen(one, "10.0.0.1"), seen(two, "10.0.0.1")], [device(one, address="http://10.0.0.1")], {one, two}
    )
    assert "Two devices have the address" in odd[one].odd
    assert odd[one].reason == odd[one].odd
    never = lines([], [device(one, state=DeviceState.PLANNED)], {one})
    assert never[one].state is LanState.UNSEEN
