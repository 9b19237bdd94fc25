"""Cross-row rules: what one row may not be because of another. Run by the mirror for the person at once, and by the
cloud, which has the last word (DESIGN.md). Each rule takes a small read interface and yields problems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER, AccessGroup
from core.entities.device import DEVICE, DEVICE_SETTING, MAC_ENTRY, RELAY, Device, MacEntry
from core.entities.firmware import FIRMWARE_RELEASE, ROLLOUT_TARGET
from core.entities.person import CREDENTIAL, Credential, CredentialKind
from core.entities.site import APARTMENT, BUILDING
from core.schema.entity import EntitySpec, Problem, R


class InvariantReader(Protocol):
    """What a rule may ask."""

    def get(self, spec: EntitySpec[R], row_id: str) -> R | None:
        """The row of that id."""
        ...

    def find(self, spec: EntitySpec[R], **equals: Any) -> list[R]:
        """Rows whose fields equal the given values."""
        ...


Rule = Callable[[InvariantReader, Any], Iterator[Problem]]


def mac_claimed_once(reader: InvariantReader, device: Device) -> Iterator[Problem]:
    """DEV-01: a MAC is in one place only."""
    for other in reader.find(DEVICE, mac=device.mac):
        if other.id != device.id:
            where = f"'{other.name}'" + ("" if other.site_id == device.site_id else " of another site")
            message = f"MAC {DEVICE.by_name['mac'].kind.show(device.mac)} is already used by {where}. Unbind it there first."
            yield Problem("mac", "devices.mac.taken", message)


def pin_unique_in_site(reader: InvariantReader, credential: Credential) -> Iterator[Problem]:
    """CRED-01: a PIN is unique where it can be used; here: in its site. A card likewise (CRED-02)."""
    for other in reader.find(CREDENTIAL, code=credential.code, scope_id=credential.scope_id):
        if other.id != credential.id and other.kind is credential.kind:
            word = "PIN" if credential.kind is CredentialKind.PIN else "card"
            whose = "this person already" if other.person_id == credential.person_id else "another person"
            message = f"This {word} already opens doors of this site for {whose}. A {word} is unique where it opens."
            yield Problem("code", f"credentials.{credential.kind.value}.taken", message)


def _unique(spec: EntitySpec[Any], fields: tuple[str, ...], words: str) -> Rule:
    def rule(reader: InvariantReader, row: Any) -> Iterator[Problem]:
        same = {f: getattr(row, f) for f in (*fields, "scope_id")}
        for other in reader.find(spec, **same):
            if other.id != row.id:
                yield Problem(fields[-1], f"{spec.name}.{fields[-1]}.taken", words)

    return rule


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
    ),
    MAC_ENTRY.name: (_unique(MAC_ENTRY, ("mac",), "This MAC is already in the library."),),
    DEVICE.name: (mac_claimed_once,),
    RELAY.name: (_unique(RELAY, ("device_id", "number"), "The device already has this relay."),),
    DEVICE_SETTING.name: (
        _unique(DEVICE_SETTING, ("device_id", "key"), "The device already has this setting."),
    ),
    CREDENTIAL.name: (pin_unique_in_site,),
    ACCESS_GROUP.name: (
        _unique(
            ACCESS_GROUP, ("site_id", "name"), "There is already an access group of this name at the site."
        ),
    ),
    GROUP_MEMBER.name: (
        _unique(GROUP_MEMBER, ("group_id", "person_id"), "This person is already in the group."),
    ),
    GROUP_DOOR.name: (_unique(GROUP_DOOR, ("group_id", "relay_id"), "This door is already in the group."),),
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
