"""ACCESS-PUSH, DEV-03, GRP-01: what a device should hold follows from groups, doors, methods and schedules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from core.base.ids import new_id
from core.entities.access import AccessGroup, GroupDoor, GroupMember, Repeat
from core.entities.device import Device, Relay
from core.entities.firmware import FirmwareRelease
from core.entities.person import Credential, CredentialKind, PersonState, Resident
from core.entities.site import Site
from core.rules.compile import SiteRows, compile_device, device_user_id, schedule_key, site_tag
from core.rules.desired import ALWAYS, Desired, Grant
from core.rules.plan import fingerprint
from tests.codes import stands_in

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class World:
    """One site with one device of two relays, one person and one group; tests bend it."""

    def __init__(self) -> None:
        self.site_id = new_id()
        self.site = Site(
            id=self.site_id,
            scope_id=self.site_id,
            org_id=new_id(),
            name="Tamarind",
            time_zone="Europe/Madrid",
        )
        self.device = Device(
            **self.own(), site_id=self.site_id, mac="0C11052A7F31", name="Main entrance", model="R29"
        )
        self.relays = [
            Relay(**self.own(), device_id=self.device.id, number=1, name="Street"),
            Relay(**self.own(), device_id=self.device.id, number=2, name="Inner"),
        ]
        self.person = Resident(
            **self.own(), site_id=self.site_id, apartment_id=new_id(), first_name="Mirela", last_name="Castan"
        )
        self.group = AccessGroup(**self.own(), site_id=self.site_id, name="Residents", code=1001)
        self.credentials = [self.code(CredentialKind.PIN, "4711"), self.code(CredentialKind.CARD, "0A1B2C3D")]
        self.groups = [self.group]
        self.members = [GroupMember(**self.own(), group_id=self.group.id, person_id=self.person.id)]
        self.doors = [GroupDoor(**self.own(), group_id=self.group.id, relay_id=r.id) for r in self.relays]
        self.releases: list[FirmwareRelease] = []

    def own(self) -> dict[str, Any]:
        return {"id": new_id(), "scope_id": self.site_id}

    def code(self, kind: CredentialKind, text: str) -> Credential:
        return Credential(**self.own(), person_id=self.person.id, kind=kind, code=text)

    def rows(self) -> SiteRows:
        return SiteRows(
            site=self.site,
            devices=[self.device],
            relays=self.relays,
            residents=[self.person],
            credentials=self.credentials,
            groups=self.groups,
            members=self.members,
            doors=self.doors,
            releases=self.releases,
        )

    def desired(self, now: datetime = NOW) -> Desired:
        return compile_device(self.rows(), self.device, now)


@pytest.fixture
def world() -> World:
    return World()


def test_access_push_one_person_both_relays_always(world: World) -> None:
    desired = world.desired()
    [person] = desired.people
    assert person.subject == world.person.id
    assert person.user_id == device_user_id(world.site_id, world.person.id)
    assert person.user_id.startswith(site_tag(world.site_id))
    assert (person.pins, person.cards) == (("4711",), ("0A1B2C3D",))
    assert person.grants == (Grant(ALWAYS, "12"),)
    assert desired.schedules == ()


def test_dev_03_a_pin_never_moves_a_relay_that_does_not_list_it(world: World) -> None:
    world.relays[0] = Relay(
        **{**world.own(), "id": world.relays[0].id},
        device_id=world.device.id,
        number=1,
        name="Street",
        methods=("pin",),
    )
    world.relays[1] = Relay(
        **{**world.own(), "id": world.relays[1].id},
        device_id=world.device.id,
        number=2,
        name="Inner",
        methods=("card",),
    )
    by_pin, by_card = world.desired().people
    assert (by_pin.pins, by_pin.cards, by_pin.grants) == (("4711",), (), (Grant(ALWAYS, "1"),))
    assert (by_card.pins, by_card.cards, by_card.grants) == ((), ("0A1B2C3D",), (Grant(ALWAYS, "2"),))
    assert by_pin.user_id != by_card.user_id


def test_dev_03_a_method_that_no_relay_lists_keeps_its_code_off_the_device(world: World) -> None:
    world.relays = [
        Relay(
            **{**world.own(), "id": r.id},
            device_id=world.device.id,
            number=r.number,
            name=r.name,
            methods=("card",),
        )
        for r in world.relays
    ]
    [person] = world.desired().people
    assert person.pins == ()
    assert person.cards == ("0A1B2C3D",)


def test_a_relay_that_is_off_opens_for_nobody(world: World) -> None:
    world.relays[1] = Relay(
        **{**world.own(), "id": world.relays[1].id},
        device_id=world.device.id,
        number=2,
        name="Inner",
        enabled=False,
    )
    [person] = world.desired().people
    assert person.grants == (Grant(ALWAYS, "1"),)
    assert not any("Relay B" in s.label for s in world.desired().settings)


def test_grp_02_a_weekly_group_becomes_a_schedule_under_its_own_key(world: World) -> None:
    world.group = AccessGroup(
        **{**world.own(), "id": world.group.id},
        site_id=world.site_id,
        name="Cleaners",
        code=4711,
        repeat=Repeat.WEEKLY,
        days="531",
        from_time=time(6, 30),
        to_time=time(9, 30),
    )
    world.groups = [world.group]
    desired = world.desired()
    [schedule] = desired.schedules
    assert schedule.key == schedule_key(world.site_id, world.group) == f"{site_tag(world.site_id)}4711"
    assert (schedule.repeat, schedule.days) == (Repeat.WEEKLY, "135")
    assert desired.people[0].grants == (Grant(schedule.key, "12"),)


def test_what_always_opens_is_not_named_again_under_a_schedule(world: World) -> None:
    second = AccessGroup(
        **world.own(),
        site_id=world.site_id,
        name="Cleaners",
        code=4712,
        from_time=time(6, 0),
        to_time=time(9, 0),
    )
    world.groups = [world.group, second]
    world.members.append(GroupMember(**world.own(), group_id=second.id, person_id=world.person.id))
    world.doors = [
        GroupDoor(**world.own(), group_id=world.group.id, relay_id=world.relays[0].id),
        *(GroupDoor(**world.own(), group_id=second.id, relay_id=r.id) for r in world.relays),
    ]
    [person] = world.desired().people
    assert person.grants == (Grant(ALWAYS, "1"), Grant(schedule_key(world.site_id, second), "2"))


@pytest.mark.parametrize("state", [PersonState.INACTIVE, PersonState.EXPIRED])
def test_res_01_who_is_not_active_is_on_no_device(world: World, state: PersonState) -> None:
    world.person = Resident(
        **{**world.own(), "id": world.person.id},
        site_id=world.site_id,
        apartment_id=new_id(),
        first_name="Mirela",
        last_name="Castan",
        state=state,
    )
    assert world.desired().people == ()


def test_site_12_a_lease_that_has_ended_opens_nothing(world: World) -> None:
    world.person = Resident(
        **{**world.own(), "id": world.person.id},
        site_id=world.site_id,
        apartment_id=new_id(),
        first_name="Mirela",
        last_name="Castan",
        valid_until=NOW,
    )
    assert world.desired(NOW - timedelta(seconds=1)).people != ()
    assert world.desired(NOW).people == ()


def test_fw_04_only_a_release_of_the_same_model_is_wanted(world: World) -> None:
    world.device = Device(
        **{**world.own(), "id": world.device.id},
        site_id=world.site_id,
        mac="0C11052A7F31",
        name="Main",
        model="R29",
        wanted_firmware="29.30.10.507",
    )
    digest = "a" * 64
    world.releases = [
        FirmwareRelease(
            **world.own(), model="X915", version="29.30.10.507", sha256="b" * 64, md5="x", size=1
        ),
        FirmwareRelease(**world.own(), model="R29", version="29.30.10.507", sha256=digest, md5="y", size=2),
    ]
    wanted = world.desired().firmware
    assert wanted is not None
    assert (wanted.version, wanted.sha256) == ("29.30.10.507", digest)


def test_codes_do_not_show_in_the_repr_of_what_is_wanted(world: World) -> None:
    assert not stands_in("4711", repr(world.desired()))
    assert not stands_in("0A1B2C3D", repr(world.desired()))


def test_a_fingerprint_of_codes_cannot_be_guessed_without_the_sites_secret(world: World) -> None:
    """Proofs travel with their fingerprints in the clear; a PIN has few values."""
    plain = fingerprint(world.desired().people[0])
    world.site = replace(world.site, proof_key="5ec2e7")
    assert fingerprint(world.desired().people[0]) != plain
    assert "5ec2e7" not in repr(world.desired())
