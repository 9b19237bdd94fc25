"""Residents, their PINs and cards, and the groups they are in (RES-01, CRED-01, CRED-02, GRP-01)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.access import (
    ACCESS_GROUP,
    GROUP_DOOR,
    GROUP_MEMBER,
    RELAY_SCHEDULE,
    AccessGroup,
    GroupMember,
)
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.device import DEVICE
from core.entities.equipment import CAMERA
from core.entities.lock import GROUP_LOCK, LOCK_HOLD
from core.entities.person import FLOOR_GRANT, RESIDENT, AccountType, PersonKind, PersonState, Resident
from core.entities.site import APARTMENT, SITE, Apartment, SiteKind
from core.rules.explain import name_of
from core.rules.plain_codes import new_uid, plain_code
from core.rules.sign_in_info import Channel, Destination, needs_new_sign_in, sign_in_goes_to
from core.schema.entity import EntitySpec
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.guards import guard_access, guard_remove

ON_GROUPS: tuple[EntitySpec[Any], ...] = (GROUP_DOOR, GROUP_LOCK, LOCK_HOLD, GROUP_MEMBER, RELAY_SCHEDULE)
"""What hangs on an access group and goes with it."""
_OWNED: tuple[EntitySpec[Any], ...] = (DEVICE, CAMERA)
"""What a person owns and stays without the person."""


@dataclass(frozen=True, slots=True)
class NewResident:
    """What is asked for a new resident. `group_ids` None: the default group of the building (RES-04).

    `fee_accepted`: the person who enters it was told that a member beyond the free ones costs a fee (SITE-05, RES-06).
    """

    apartment_id: str
    first_name: str
    last_name: str
    pins: Sequence[str] = field(default=(), repr=False)
    cards: Sequence[str] = field(default=(), repr=False)
    group_ids: Sequence[str] | None = None
    more: dict[str, Any] = field(default_factory=dict)
    fee_accepted: bool = False


async def add_resident(ctx: Context, new: NewResident) -> Resident:
    """Make a resident with credentials and groups, all or nothing, here and at the cloud."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> Resident:
        tx.grouped()
        resident = put_resident(tx, new)
        if sets_access(new):
            guard_access(ctx, tx, resident)
        return resident

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add resident")


def sets_access(new: NewResident) -> bool:
    """Whether a new resident comes with an access set-up ('Next' in RES-01), which takes a right of its own."""
    return bool(new.pins or new.cards or new.group_ids is not None)


def put_resident(tx: Tx, new: NewResident) -> Resident:
    """The rows of `add_resident` inside a transaction."""
    apartment = tx.require(APARTMENT, new.apartment_id)
    resident = Resident(
        id=new_id(),
        scope_id=apartment.site_id,
        site_id=apartment.site_id,
        apartment_id=apartment.id,
        first_name=new.first_name.strip(),
        last_name=new.last_name.strip(),
        **{"uid": new_uid(), **new.more},
    )
    check_members(tx, resident, apartment, fee_accepted=new.fee_accepted)
    tx.put(RESIDENT, resident)
    for pin in new.pins:
        put_credential(tx, resident, CredentialKind.PIN, pin)
    for card in new.cards:
        put_credential(tx, resident, CredentialKind.CARD, card)
    group_ids = new.group_ids if new.group_ids is not None else default_groups(tx, apartment)
    for group_id in group_ids:
        put_member(tx, tx.require(ACCESS_GROUP, group_id), resident)
    return resident


def check_members(
    reader: Reader, person: Resident, apartment: Apartment | None, *, fee_accepted: bool = False
) -> None:
    """SITE-05, SITE-12, RES-06: how many members a family may have, and from which on they cost.

    UserError when the apartment's limit is reached, when the master of a house is not active yet, or when the member
    costs the additional fee and nobody has said yes to it.
    """
    if person.account_type is not AccountType.MEMBER:
        return
    where = {"apartment_id": apartment.id} if apartment else {"scope_id": person.scope_id}
    family = [p for p in reader.find(RESIDENT, **where) if p.id != person.id]
    members = sum(1 for p in family if p.account_type is AccountType.MEMBER)
    site = reader.require(SITE, person.site_id)
    masters = [p for p in family if p.account_type is AccountType.MASTER]
    if site.kind is SiteKind.HOUSE and not any(m.state is PersonState.NORMAL for m in masters):
        raise UserError("residents.master.inactive", "Family members come only after the master is active.")
    if apartment is not None and apartment.member_limit is not None and members >= apartment.member_limit:
        words = f"Apartment {apartment.number} may have {apartment.member_limit} members."
        raise UserError("residents.members.limit", words, field="account_type")
    if members >= site.free_members and not fee_accepted:
        words = f"{site.free_members} members are free; one more costs the 'additional app' fee."
        raise UserError("residents.members.fee", words, remedy="Say yes to the fee to add the member.")


def default_groups(reader: Reader, apartment: Apartment) -> list[str]:
    """Ids of the default group of an apartment's building (GRP-04)."""
    found = reader.find(ACCESS_GROUP, building_id=apartment.building_id)
    return [g.id for g in found if g.owner_id is None]


def put_credential(tx: Tx, resident: Resident, kind: CredentialKind, code: str, **more: Any) -> Credential:
    """One credential of a person inside a transaction, with who made it and when (CRED-04).

    Cards, plates and the like are brought to their plain notation first.
    """
    made = {"made_at": tx.now, "made_by": tx.author.name, **more}
    plain = plain_code(kind, code)
    row = Credential(
        id=new_id(), scope_id=resident.scope_id, person_id=resident.id, kind=kind, code=plain, **made
    )
    return tx.put(CREDENTIAL, row)


def put_member(tx: Tx, group: AccessGroup, resident: Resident) -> GroupMember:
    """One membership inside a transaction."""
    if group.site_id != resident.site_id:
        raise UserError("access_groups.other_site", f"'{group.name}' belongs to another site.")
    member = GroupMember(id=new_id(), scope_id=group.scope_id, group_id=group.id, person_id=resident.id)
    return tx.put(GROUP_MEMBER, member)


async def add_credential(
    ctx: Context, *, person_id: str, kind: CredentialKind, code: str = "", **more: Any
) -> Credential:
    """Give a person one more credential; `more` are further fields of it (a face's `blob`, a period, uses)."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> Credential:
        person = tx.require(RESIDENT, person_id)
        guard_access(ctx, tx, person)
        return put_credential(tx, person, kind, code, **more)

    return await ctx.mirror.write(work, origin=Origin.USER, act=f"Add {kind.value}")


async def change_code(ctx: Context, *, credential_id: str, code: str) -> Credential:
    """Put another PIN or card number in the place of one."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> Credential:
        row = tx.require(CREDENTIAL, credential_id)
        guard_access(ctx, tx, tx.require(RESIDENT, row.person_id))
        return tx.patch(CREDENTIAL, row, code=plain_code(row.kind, code))

    return await ctx.mirror.write(work, origin=Origin.USER, act="Change code")


def new_sign_in(person: Resident, changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """RES-05: another e-mail brings a new sign-in, which the cloud sends to the new address."""
    after = replace(person, **changes)
    return {"sign_in_renewed_at": now} if needs_new_sign_in(person, after) else {}


async def renew_sign_in(ctx: Context, person_id: str) -> Destination:
    """RES-03: reset the password; answers where the new sign-in goes (RES-02). UserError when nobody has an address."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> Destination:
        person = tx.require(RESIDENT, person_id)
        goes = sign_in_goes_to(person, master_of(tx, person))
        if goes.channel is Channel.LATER:
            words = f"Neither {name_of(person)} nor the master has an e-mail address or a mobile number."
            raise UserError("residents.no_address", words, remedy="Enter one first.")
        tx.patch(RESIDENT, person, sign_in_renewed_at=tx.now)
        return goes

    return await ctx.mirror.write(work, origin=Origin.USER, act="Reset password")


def master_of(reader: Reader, person: Resident) -> Resident | None:
    """The family master of a member; None for anybody else."""
    if person.kind is not PersonKind.RESIDENT or person.account_type is not AccountType.MEMBER:
        return None
    where = {"apartment_id": person.apartment_id} if person.apartment_id else {"scope_id": person.scope_id}
    family = reader.find(RESIDENT, **where)
    return next((p for p in family if p.account_type is AccountType.MASTER and p.kind is person.kind), None)


async def remove_resident(ctx: Context, person_id: str) -> None:
    """Remove a person with everything that hangs on it; devices still hold them until the next push.

    Only with the permission to delete accounts (RES-03, ACC-12). UserError for a master who leaves members behind.
    """
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> None:
        tx.grouped()
        person = tx.require(RESIDENT, person_id)
        guard_remove(ctx, tx, RESIDENT, person)
        check_master_may_go(tx, person)
        remove_person(tx, person)

    await ctx.mirror.write(work, origin=Origin.USER, act="Remove resident")


def check_master_may_go(reader: Reader, who: Resident) -> None:
    """RES-01: members live under a master; UserError when the last master would leave members behind."""
    if (
        who.kind is not PersonKind.RESIDENT
        or who.account_type is not AccountType.MASTER
        or not who.apartment_id
    ):
        return
    family = [p for p in reader.find(RESIDENT, apartment_id=who.apartment_id) if p.id != who.id]
    masters = [p for p in family if p.account_type is AccountType.MASTER]
    members = [p for p in family if p.account_type is AccountType.MEMBER]
    if members and not masters:
        words = f"{name_of(who)} is the only master of {len(members)} members."
        raise UserError("residents.members", words, remedy="Move the apartment out, or its members first.")


def remove_person(tx: Tx, person: Resident) -> None:
    """A person's row and everything that hangs on it: codes, memberships, private schedules, floors, ownership."""
    for credential in tx.find(CREDENTIAL, person_id=person.id):
        tx.remove(CREDENTIAL, credential.id)
    for member in tx.find(GROUP_MEMBER, person_id=person.id):
        tx.remove(GROUP_MEMBER, member.id)
    for group in tx.find(ACCESS_GROUP, owner_id=person.id):
        for spec in ON_GROUPS:
            for row in tx.find(spec, group_id=group.id):
                tx.remove(spec, row.id)
        tx.remove(ACCESS_GROUP, group.id)
    for grant in tx.find(FLOOR_GRANT, person_id=person.id):
        tx.remove(FLOOR_GRANT, grant.id)
    for owned in _OWNED:
        for row in tx.find(owned, owner_id=person.id):
            tx.patch(owned, row, owner_id=None)
    tx.remove(RESIDENT, person.id)
