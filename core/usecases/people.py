"""Residents, their PINs and cards, and the groups they are in (RES-01, CRED-01, CRED-02, GRP-01)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, GROUP_MEMBER, AccessGroup, GroupMember
from core.entities.person import CREDENTIAL, RESIDENT, Credential, CredentialKind, Resident
from core.entities.site import APARTMENT, Apartment
from core.rules.cards import plain_card
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission


@dataclass(frozen=True, slots=True)
class NewResident:
    """What is asked for a new resident. `group_ids` None: the default group of the building (RES-04)."""

    apartment_id: str
    first_name: str
    last_name: str
    pins: Sequence[str] = field(default=(), repr=False)
    cards: Sequence[str] = field(default=(), repr=False)
    group_ids: Sequence[str] | None = None
    more: dict[str, Any] = field(default_factory=dict)


async def add_resident(ctx: Context, new: NewResident) -> Resident:
    """Make a resident with credentials and groups, all or nothing, here and at the cloud."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> Resident:
        tx.grouped()
        return put_resident(tx, new)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add resident")


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
        **new.more,
    )
    tx.put(RESIDENT, resident)
    for pin in new.pins:
        put_credential(tx, resident, CredentialKind.PIN, pin)
    for card in new.cards:
        put_credential(tx, resident, CredentialKind.CARD, card)
    group_ids = new.group_ids if new.group_ids is not None else default_groups(tx, apartment)
    for group_id in group_ids:
        put_member(tx, tx.require(ACCESS_GROUP, group_id), resident)
    return resident


def default_groups(reader: Reader, apartment: Apartment) -> list[str]:
    """Ids of the default group of an apartment's building (GRP-04)."""
    return [g.id for g in reader.find(ACCESS_GROUP, building_id=apartment.building_id)]


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


def plain_code(kind: CredentialKind, code: str) -> str:
    """A code as it is kept: cards without separators in upper case, plates without blanks (CRED-02)."""
    if kind in {CredentialKind.CARD, CredentialKind.UHF}:
        return plain_card(code)
    if kind in {CredentialKind.PLATE, CredentialKind.ID_ACCESS}:
        separators = " .·" if kind is CredentialKind.ID_ACCESS else " .·-"
        return "".join(c for c in code.upper() if c not in separators)
    return code.strip()


def put_member(tx: Tx, group: AccessGroup, resident: Resident) -> GroupMember:
    """One membership inside a transaction."""
    if group.site_id != resident.site_id:
        raise UserError("access_groups.other_site", f"'{group.name}' belongs to another site.")
    member = GroupMember(id=new_id(), scope_id=group.scope_id, group_id=group.id, person_id=resident.id)
    return tx.put(GROUP_MEMBER, member)


async def add_credential(ctx: Context, *, person_id: str, kind: CredentialKind, code: str) -> Credential:
    """Give a resident one more PIN or card."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> Credential:
        return put_credential(tx, tx.require(RESIDENT, person_id), kind, code)

    return await ctx.mirror.write(work, origin=Origin.USER, act=f"Add {kind.value}")


async def change_code(ctx: Context, *, credential_id: str, code: str) -> Credential:
    """Put another PIN or card number in the place of one."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> Credential:
        row = tx.require(CREDENTIAL, credential_id)
        return tx.patch(CREDENTIAL, row, code=plain_code(row.kind, code))

    return await ctx.mirror.write(work, origin=Origin.USER, act="Change code")


async def remove_resident(ctx: Context, person_id: str) -> None:
    """Remove a resident with credentials and memberships; devices still hold them until the next push."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> None:
        tx.grouped()
        tx.require(RESIDENT, person_id)
        _remove_all(tx, CREDENTIAL, tx.find(CREDENTIAL, person_id=person_id))
        _remove_all(tx, GROUP_MEMBER, tx.find(GROUP_MEMBER, person_id=person_id))
        tx.remove(RESIDENT, person_id)

    await ctx.mirror.write(work, origin=Origin.USER, act="Remove resident")


def _remove_all(tx: Tx, spec: Any, rows: Iterable[Any]) -> None:
    for row in rows:
        tx.remove(spec, row.id)
