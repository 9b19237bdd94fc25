"""Cross-row rules: what one row may not be because of another. Run by the mirror for the person at once, and by the
cloud, which has the last word (DESIGN.md). Each rule takes a small read interface and yields problems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from core.entities.access import (
    ACCESS_GROUP,
    DOOR_SHARE,
    EMERGENCY_DOOR,
    GROUP_DOOR,
    GROUP_MEMBER,
    RELAY_SCHEDULE,
    AccessGroup,
    DoorShare,
    GroupMember,
)
from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, SCREEN_SAVER
from core.entities.credential import CARD_CHARS, CREDENTIAL, Credential, CredentialKind
from core.entities.device import (
    DEVICE,
    DEVICE_SETTING,
    MAC_ENTRY,
    RELAY,
    AccessMethod,
    Device,
    MacEntry,
)
from core.entities.equipment import CAMERA, PANEL, PANEL_UNIT, RECORDER, SMART_LOCK
from core.entities.firmware import FIRMWARE_RELEASE, ROLLOUT_TARGET
from core.entities.lock import GROUP_LOCK, LOCK, LOCK_CODE, LOCK_HOLD, GroupLock
from core.entities.parking import PARKING_DOOR, PARKING_LOT
from core.entities.person import FLOOR_GRANT, RESIDENT, AccountType, PersonKind, Resident
from core.entities.place import DEPARTMENT, PUBLIC_AREA
from core.entities.plan import FLOOR_PLAN, PLAN_DOOR
from core.entities.site import APARTMENT, BUILDING, SITE, Site, SiteKind
from core.rules.cards import card_number, widths_of
from core.rules.device_rules import (
    camera_links_a_door_phone,
    controller_has_relay,
    controller_of_a_monitor,
    display_can_be_chosen,
    hold_is_for_itec,
    saver_can_be_shown,
)
from core.rules.sharing import Asking, sites_sharing
from core.rules.typed_codes import apartment_typed_once, typed_here, typed_once
from core.rules.validity import METHOD_OF
from core.schema.entity import EntitySpec, Problem
from core.schema.field import Mac

InvariantReader = Asking
"""What a rule may ask."""

Rule = Callable[[InvariantReader, Any], Iterator[Problem]]

UNIQUE: dict[Rule, frozenset[str]] = {}
"""Rules that certain fields together are unique in a scope, with these fields."""


def mac_claimed_once(reader: InvariantReader, device: Device) -> Iterator[Problem]:
    """DEV-01: a MAC is in one place only."""
    for other in reader.find(DEVICE, mac=device.mac):
        if other.id != device.id:
            where = f"'{other.name}'" + ("" if other.site_id == device.site_id else " of another site")
            message = f"MAC {Mac().show(device.mac)} is already used by {where}. Unbind it there first."
            yield Problem("mac", "devices.mac.taken", message)


def few_with_video(reader: InvariantReader, device: Device) -> Iterator[Problem]:
    """SITE-03: videos of 1, 2, 3 or unlimited devices are stored."""
    site = reader.get(SITE, device.site_id) if device.stores_video else None
    if site is None or site.video_devices == 0:
        return
    others = [d for d in reader.find(DEVICE, site_id=site.id, stores_video=True) if d.id != device.id]
    if len(others) >= site.video_devices:
        words = (
            f"Videos of {site.video_devices} devices are stored at this site; that many are chosen already."
        )
        yield Problem("stores_video", "devices.video.many", words)


def video_devices_fit(reader: InvariantReader, site: Site) -> Iterator[Problem]:
    """SITE-03: the number cannot be less than what is chosen."""
    chosen = len(reader.find(DEVICE, site_id=site.id, stores_video=True)) if site.video_devices else 0
    if chosen > site.video_devices > 0:
        words = f"{chosen} devices store videos at this site. Take that from some of them first."
        yield Problem("video_devices", "sites.video_devices.chosen", words)


_UNIQUE_KINDS = {
    CredentialKind.PIN: "PIN",
    CredentialKind.TEMPORARY: "temporary key",
    CredentialKind.CARD: "card",
    CredentialKind.PLATE: "licence plate",
    CredentialKind.UHF: "UHF card",
    CredentialKind.ID_ACCESS: "ID access",
}
PER_PERSON = {CredentialKind.PLATE: 5, CredentialKind.UHF: 5}
"""CRED-02: how many of a kind one person has at most."""


def pin_unique_in_site(reader: InvariantReader, credential: Credential) -> Iterator[Problem]:
    """CRED-01: a PIN is unique where it can be used: at its site and at every site that shares a door with it.

    A card likewise (CRED-02), whatever zeros stand in front of it; a UHF reader hands on a card number too.
    """
    word = _UNIQUE_KINDS.get(credential.kind)
    if word is None or not credential.code:
        return
    is_number = credential.kind in {CredentialKind.CARD, CredentialKind.UHF}
    codes = widths_of(credential.code) if is_number else (credential.code,)
    for scope in sites_sharing(reader, credential.scope_id):
        for code in codes:
            for other in reader.find(CREDENTIAL, code=code, scope_id=scope):
                if other.id != credential.id and METHOD_OF[other.kind] is METHOD_OF[credential.kind]:
                    yield _taken(credential, other, word)
                    return


def _taken(credential: Credential, other: Credential, word: str) -> Problem:
    if other.scope_id != credential.scope_id:
        where, whose = "doors that this site shares with another", "somebody there"
    else:
        where = "doors of this site"
        whose = "this person already" if other.person_id == credential.person_id else "another person"
    message = f"This {word} already opens {where} for {whose}. A {word} is unique where it opens."
    return Problem("code", f"credentials.{credential.kind.value}.taken", message)


def share_without_clash(reader: InvariantReader, share: DoorShare) -> Iterator[Problem]:
    """CRED-01: sites whose people have the same code cannot share a door."""
    if share.guest_site == share.site_id:
        yield Problem(
            "guest_site", "door_shares.own", "A door is shared with another site, not with its own."
        )
        return
    if clash := _shown_at_doors(reader, share.site_id) & _shown_at_doors(reader, share.guest_site):
        message = f"{len(clash)} codes are in use at both sites. Change them before the sites share a door."
        yield Problem("guest_site", "door_shares.clash", message)


def _shown_at_doors(reader: InvariantReader, site_id: str) -> set[tuple[str, str]]:
    """What the people of a site show at doors, in the form in which a door tells it apart."""
    cards = {AccessMethod.CARD}
    codes = (c for c in reader.find(CREDENTIAL, scope_id=site_id) if c.code and c.kind in _UNIQUE_KINDS)
    shown = {
        (method.value, card_number(c.code) if method in cards else c.code)
        for c in codes
        if (method := METHOD_OF[c.kind]) is not AccessMethod.PIN
    }
    return shown | {(AccessMethod.PIN.value, text) for text in typed_here(reader, site_id)}


def few_per_person(reader: InvariantReader, credential: Credential) -> Iterator[Problem]:
    """CRED-02: up to five licence plates and five UHF cards each."""
    limit = PER_PERSON.get(credential.kind)
    if limit is None:
        return
    same = [
        c
        for c in reader.find(CREDENTIAL, person_id=credential.person_id)
        if c.kind is credential.kind and c.id != credential.id
    ]
    if len(same) >= limit:
        word = _UNIQUE_KINDS[credential.kind]
        yield Problem(
            "kind", f"credentials.{credential.kind.value}.many", f"One person has up to {limit} {word}s."
        )


def site_takes_code(reader: InvariantReader, credential: Credential) -> Iterator[Problem]:
    """CRED-05: cards of 17 to 20 characters where Dormakaba is on; CRED-03: ID access where the project allows it."""
    long_card = credential.kind is CredentialKind.CARD and len(credential.code) > CARD_CHARS
    if not long_card and credential.kind is not CredentialKind.ID_ACCESS:
        return
    site = reader.get(SITE, credential.scope_id)
    if site is None:
        return
    if long_card and not site.dormakaba:
        message = (
            "A card has 1 to 16 characters of 0-9 and A-F; up to 20 only where codes go to Dormakaba locks."
        )
        yield Problem("code", "credentials.card.shape", message)
    if credential.kind is CredentialKind.ID_ACCESS and not site.id_access:
        yield Problem("kind", "credentials.id_access.off", "ID access is not switched on at this site.")


def member_has_master(reader: InvariantReader, person: Resident) -> Iterator[Problem]:
    """RES-01: a master comes before its members, and members live in the master's apartment."""
    if person.kind is not PersonKind.RESIDENT or person.account_type is not AccountType.MEMBER:
        return
    where: dict[str, Any] = {"apartment_id": person.apartment_id}
    if person.apartment_id is None:
        where["scope_id"] = person.scope_id
    family = reader.find(RESIDENT, **where)
    if not any(
        p.account_type is AccountType.MASTER and p.kind is person.kind and p.id != person.id for p in family
    ):
        message = "A member needs a family master in the same apartment. Add the master first."
        yield Problem("account_type", "residents.master.missing", message)


def person_has_place(reader: InvariantReader, person: Resident) -> Iterator[Problem]:
    """RES-01 (apartment), SITE-22 (office), VIS-01 (building): where each kind of person belongs."""
    site = reader.get(SITE, person.site_id)
    if site is None:
        return
    if person.kind is PersonKind.RESIDENT and site.kind is SiteKind.COMMUNITY and person.apartment_id is None:
        yield Problem("apartment_id", "residents.apartment_id.missing", "Apartment is missing.")
    if person.kind is PersonKind.OFFICE_USER and site.kind is not SiteKind.OFFICE:
        yield Problem("kind", "residents.kind.site", "Office users belong to an office.")
    if person.kind is PersonKind.VISITOR and site.kind is SiteKind.COMMUNITY and person.building_id is None:
        yield Problem("building_id", "residents.building_id.missing", "Building is missing.")


def office_number_unique(reader: InvariantReader, person: Resident) -> Iterator[Problem]:
    """SITE-22: the ID of an office user is unique; RES-01: so is a UID."""
    if person.kind is PersonKind.OFFICE_USER and person.number:
        for other in reader.find(RESIDENT, number=person.number, scope_id=person.scope_id):
            if other.id != person.id and other.kind is PersonKind.OFFICE_USER:
                yield Problem("number", "residents.number.taken", "Another user of this office has this ID.")
                return
    if person.uid and any(
        o.id != person.id for o in reader.find(RESIDENT, uid=person.uid, scope_id=person.scope_id)
    ):
        yield Problem("uid", "residents.uid.taken", "Another person of this site has this UID.")


def private_group_stays_private(reader: InvariantReader, member: GroupMember) -> Iterator[Problem]:
    """RES-04: a private schedule is its owner's alone."""
    group = reader.get(ACCESS_GROUP, member.group_id)
    if group is not None and group.owner_id not in {None, member.person_id}:
        yield Problem("person_id", "group_members.private", "This is another person's private schedule.")


def lock_is_offered(reader: InvariantReader, row: GroupLock) -> Iterator[Problem]:
    """GRP-01: a lock that is linked to a door phone follows that phone and is in no group of its own."""
    lock = reader.get(LOCK, row.lock_id)
    if lock is not None and lock.device_id is not None:
        words = f"'{lock.name}' is linked to a door phone and opens for whom that opens."
        yield Problem("lock_id", "group_locks.linked", words)


def _unique(spec: EntitySpec[Any], fields: tuple[str, ...], words: str) -> Rule:
    def rule(reader: InvariantReader, row: Any) -> Iterator[Problem]:
        same = {f: getattr(row, f) for f in (*fields, "scope_id")}
        for other in reader.find(spec, **same):
            if other.id != row.id:
                yield Problem(fields[-1], f"{spec.name}.{fields[-1]}.taken", words)

    UNIQUE[rule] = frozenset(fields)
    return rule


member_once = _unique(GROUP_MEMBER, ("group_id", "person_id"), "This person is already in the group.")


def default_group_stays(reader: InvariantReader, group: AccessGroup) -> Iterator[Problem]:
    """GRP-01: a building's default group cannot be deleted while the building is there."""
    if group.building_id and reader.get(BUILDING, group.building_id) is not None:
        message = f"'{group.name}' is the default group of its building and cannot be deleted."
        yield Problem("building_id", "access_groups.default", message)


def bound_mac_stays(reader: InvariantReader, entry: MacEntry) -> Iterator[Problem]:
    """MAC-03: a bound MAC cannot be removed before it is unbound."""
    for device in reader.find(DEVICE, mac=entry.mac):
        message = f"This MAC is bound to '{device.name}'. Remove the device first."
        yield Problem("mac", "mac_entries.bound", message)


INVARIANTS: dict[str, tuple[Rule, ...]] = {
    BUILDING.name: (
        _unique(BUILDING, ("site_id", "name"), "There is already a building of this name at the site."),
    ),
    APARTMENT.name: (
        _unique(
            APARTMENT,
            ("building_id", "number"),
            "There is already an apartment of this number in the building.",
        ),
        apartment_typed_once,
    ),
    MAC_ENTRY.name: (_unique(MAC_ENTRY, ("mac",), "This MAC is already in the library."),),
    SITE.name: (video_devices_fit,),
    DEVICE.name: (mac_claimed_once, few_with_video, display_can_be_chosen),
    RELAY_CONTROLLER.name: (controller_of_a_monitor,),
    CONTROLLER_RELAY.name: (
        _unique(CONTROLLER_RELAY, ("controller_id", "number"), "The controller already has this relay."),
        controller_has_relay,
    ),
    SCREEN_SAVER.name: (
        _unique(SCREEN_SAVER, ("device_id",), "The device already has a screen saver."),
        saver_can_be_shown,
    ),
    CAMERA.name: (
        _unique(CAMERA, ("site_id", "name"), "There is already a camera of this name at the site."),
        camera_links_a_door_phone,
    ),
    RECORDER.name: (
        _unique(RECORDER, ("site_id", "name"), "There is already a recorder of this name at the site."),
    ),
    SMART_LOCK.name: (
        _unique(SMART_LOCK, ("site_id", "name"), "There is already a smart lock of this name at the site."),
    ),
    PANEL.name: (_unique(PANEL, ("mac",), "This MAC is another panel's."),),
    PANEL_UNIT.name: (
        _unique(PANEL_UNIT, ("panel_id", "name"), "The panel already has a device of this name."),
    ),
    LOCK_HOLD.name: (
        _unique(LOCK_HOLD, ("lock_id", "group_id"), "This group already holds the lock open."),
        hold_is_for_itec,
    ),
    RELAY.name: (_unique(RELAY, ("device_id", "number"), "The device already has this relay."),),
    DEVICE_SETTING.name: (
        _unique(DEVICE_SETTING, ("device_id", "key"), "The device already has this setting."),
    ),
    RESIDENT.name: (person_has_place, member_has_master, office_number_unique),
    CREDENTIAL.name: (site_takes_code, pin_unique_in_site, typed_once, few_per_person),
    FLOOR_GRANT.name: (
        _unique(
            FLOOR_GRANT, ("person_id", "building_id"), "This person already has floors in this building."
        ),
    ),
    DEPARTMENT.name: (
        _unique(DEPARTMENT, ("site_id", "name"), "There is already a department of this name in the office."),
    ),
    PUBLIC_AREA.name: (
        _unique(
            PUBLIC_AREA,
            ("site_id", "building_id", "name"),
            "There is already a public area of this name here.",
        ),
    ),
    RELAY_SCHEDULE.name: (
        _unique(RELAY_SCHEDULE, ("relay_id", "group_id"), "This group already holds the relay open."),
    ),
    EMERGENCY_DOOR.name: (
        _unique(EMERGENCY_DOOR, ("site_id", "relay_id"), "This is an emergency door already."),
    ),
    DOOR_SHARE.name: (
        _unique(DOOR_SHARE, ("guest_group", "relay_id"), "This door is already shared with that group."),
        share_without_clash,
    ),
    PARKING_LOT.name: (
        _unique(PARKING_LOT, ("site_id", "name"), "There is already a parking lot of this name at the site."),
    ),
    FLOOR_PLAN.name: (
        _unique(FLOOR_PLAN, ("site_id", "name"), "There is already a plan of this name at the site."),
    ),
    PLAN_DOOR.name: (_unique(PLAN_DOOR, ("plan_id", "relay_id"), "This door is already on the plan."),),
    PARKING_DOOR.name: (
        _unique(PARKING_DOOR, ("lot_id", "relay_id"), "This door is already one of the lot."),
    ),
    ACCESS_GROUP.name: (
        _unique(
            ACCESS_GROUP, ("site_id", "name"), "There is already an access group of this name at the site."
        ),
        # Files use the ID (GRP-04), and on devices it names the group's schedule.
        _unique(
            ACCESS_GROUP, ("site_id", "code"), "There is already an access group of this ID at the site."
        ),
    ),
    GROUP_MEMBER.name: (
        member_once,
        private_group_stays_private,
    ),
    GROUP_DOOR.name: (_unique(GROUP_DOOR, ("group_id", "relay_id"), "This door is already in the group."),),
    LOCK.name: (_unique(LOCK, ("site_id", "name"), "There is already a lock of this name at the site."),),
    LOCK_CODE.name: (
        _unique(LOCK_CODE, ("lock_id", "person", "mark"), "This code of the lock is noted already."),
    ),
    GROUP_LOCK.name: (
        _unique(GROUP_LOCK, ("group_id", "lock_id"), "This lock is already in the group."),
        lock_is_offered,
    ),
    FIRMWARE_RELEASE.name: (
        _unique(
            FIRMWARE_RELEASE, ("model", "version"), "This version is already in the library for this model."
        ),
    ),
    ROLLOUT_TARGET.name: (
        _unique(ROLLOUT_TARGET, ("rollout_id", "device_id"), "The device is already in this rollout."),
    ),
}
"""By entity name: rules for a row that is added or changed."""

REMOVAL_RULES: dict[str, tuple[Rule, ...]] = {
    ACCESS_GROUP.name: (default_group_stays,),
    MAC_ENTRY.name: (bound_mac_stays,),
}
"""By entity name: rules for a row that is to be removed."""
