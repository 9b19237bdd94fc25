"""Property staff, delivery people and office users (VIS-02, VIS-03, SITE-21 to SITE-26)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.organisation import Role
from core.entities.person import (
    FLOOR_GRANT,
    RESIDENT,
    AccountType,
    FloorGrant,
    PersonKind,
    PersonState,
    Resident,
)
from core.entities.place import DEPARTMENT, Department
from core.entities.site import APARTMENT, SITE, Apartment
from core.rules.cards import widths_of
from core.rules.explain import name_of
from core.rules.floors import tidy_floors
from core.rules.plain_codes import new_uid, plain_code
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.groups import groups_for
from core.usecases.guards import guard_access, guard_change, guard_remove
from core.usecases.people import new_sign_in, put_credential, put_member, remove_person


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What is asked for staff, delivery people and office users. `floors`: by building id; `codes`: kind and text."""

    site_id: str
    kind: PersonKind
    first_name: str
    last_name: str
    codes: Sequence[tuple[CredentialKind, str]] = field(default=(), repr=False)
    group_ids: Sequence[str] = ()
    floors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


async def add_person(ctx: Context, new: NewPerson) -> Resident:
    """Make a person of any kind but residents and visitors, with codes, floors and groups, all or nothing."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> Resident:
        tx.grouped()
        return put_person(tx, new)

    return await ctx.mirror.write(work, origin=Origin.USER, act=f"Add {new.kind.value.replace('_', ' ')}")


def put_person(tx: Tx, new: NewPerson) -> Resident:
    """The rows of `add_person` inside a transaction. An office user's floors are those of the department at first."""
    if new.kind in {PersonKind.RESIDENT, PersonKind.VISITOR}:
        raise UserError("people.kind", "Residents and visitors are added by their own forms.", field="kind")
    more = dict(new.more)
    if new.kind is PersonKind.OFFICE_USER and "floors" not in more and (d := more.get("department_id")):
        more["floors"] = tx.require(DEPARTMENT, d).floors
    person = Resident(
        id=new_id(),
        scope_id=new.site_id,
        site_id=tx.require(SITE, new.site_id).id,
        kind=new.kind,
        first_name=new.first_name.strip(),
        last_name=new.last_name.strip(),
        **{"uid": new_uid(), **more},
    )
    tx.put(RESIDENT, person)
    for kind, text in new.codes:
        put_credential(tx, person, kind, text)
    put_floors(tx, person, new.floors)
    offered = {g.id for g in groups_for(tx, person)}
    for group_id in new.group_ids:
        group = tx.require(ACCESS_GROUP, group_id)
        if group.id not in offered:
            words = f"'{group.name}' opens doors of other departments, which a basic user may not have."
            raise UserError("access_groups.identity", words, field="group_ids")
        put_member(tx, group, person)
    return person


def put_floors(tx: Tx, person: Resident, floors: Mapping[str, Sequence[str]]) -> None:
    """Floors per building; VIS-02: up to ten over all buildings for delivery people and office users."""
    tidy = {building: tidy_floors(names) for building, names in floors.items()}
    total = sum(len(names) for names in tidy.values())
    if person.kind in {PersonKind.DELIVERY, PersonKind.OFFICE_USER} and total + len(person.floors) > 10:
        raise UserError(
            "floor_grants.many", f"{total} floors were chosen; up to 10 are allowed.", field="floors"
        )
    present = {g.building_id: g for g in tx.find(FLOOR_GRANT, person_id=person.id)}
    for building_id in present.keys() - tidy.keys():
        tx.remove(FLOOR_GRANT, present[building_id].id)
    for building_id, names in tidy.items():
        if building_id in present:
            tx.patch(FLOOR_GRANT, present[building_id], floors=names)
        else:
            row = FloorGrant(
                id=new_id(),
                scope_id=person.scope_id,
                person_id=person.id,
                building_id=building_id,
                floors=names,
            )
            tx.put(FLOOR_GRANT, row)


async def change_person(ctx: Context, *, person_id: str, **changes: Any) -> Resident:
    """Change fields of a person of any kind; a manager's move into a department is noted (SITE-26)."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> Resident:
        person = tx.require(RESIDENT, person_id)
        guard_change(ctx, tx, RESIDENT, person, changes)
        more = dict(changes)
        if changes.get("department_id") and ctx.me.role is Role.MANAGER:
            more["placed_by_manager"] = True
        return tx.patch(RESIDENT, person, **more, **new_sign_in(person, more, tx.now))

    return await ctx.mirror.write(work, origin=Origin.USER, act="Change person")


async def set_floors(ctx: Context, *, person_id: str, floors: Mapping[str, Sequence[str]]) -> None:
    """RES-04: a person reaches exactly these floors per building."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> None:
        tx.grouped()
        person = tx.require(RESIDENT, person_id)
        guard_access(ctx, tx, person)
        put_floors(tx, person, floors)

    await ctx.mirror.write(work, origin=Origin.USER, act="Set floors")


async def remove_person_by_id(ctx: Context, person_id: str) -> None:
    """Delete staff, a delivery person or an office user; accounts only with the permission (ACC-12)."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> None:
        tx.grouped()
        person = tx.require(RESIDENT, person_id)
        guard_remove(ctx, tx, RESIDENT, person)
        remove_person(tx, person)

    await ctx.mirror.write(work, origin=Origin.USER, act="Remove person")


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """RES-03, SITE-23: what a list of people shows; None and empty match everything. `text`: a part of name or ID, or
    a whole PIN or card.
    """

    text: str = ""
    building_id: str = ""
    apartment_id: str = ""
    department_id: str = ""
    account_type: AccountType | None = None
    state: PersonState | None = None
    registered: bool | None = None


async def search_people(
    ctx: Context,
    site_id: str,
    kind: PersonKind,
    *,
    text: str = "",
    wanted: PeopleFilter | None = None,
    sort: str = "name",
) -> list[Resident]:
    """RES-03, VIS-02, VIS-03, SITE-23: people of a kind; sorted by name, apartment, ID or created."""
    ctx.require(Permission.EDIT_PEOPLE)
    asked = wanted or PeopleFilter(text)
    if sort not in _SORTS:
        raise UserError("people.sort", f"People are sorted by {', '.join(_SORTS)}.", field="sort")

    def work(reader: Reader) -> list[Resident]:
        homes = {a.id: a for a in reader.find(APARTMENT, scope_id=site_id)}
        coded = _with_code(reader, site_id, asked.text)
        found = [
            p
            for p in reader.find(RESIDENT, scope_id=site_id, kind=kind)
            if _fits(p, homes.get(p.apartment_id or ""), asked, coded)
        ]
        return sorted(found, key=lambda p: _SORTS[sort](p, homes.get(p.apartment_id or "")))

    return await ctx.mirror.read(work, limit_ms=20_000)


def _with_code(reader: Reader, site_id: str, text: str) -> set[str]:
    """Whose PIN or card is exactly this text, whatever zeros stand in front of the card."""
    plain = plain_code(CredentialKind.CARD, text)
    if not plain:
        return set()
    spelled = (text.strip(), plain, *widths_of(plain))
    return {c.person_id for c in reader.find_in(CREDENTIAL, "code", spelled) if c.scope_id == site_id}


def _fits(person: Resident, home: Apartment | None, asked: PeopleFilter, coded: set[str]) -> bool:
    words = asked.text.strip().lower()
    building = home.building_id if home is not None else person.building_id
    return (
        (words in name_of(person).lower() or words in person.number.lower() or person.id in coded)
        and asked.building_id in {"", building}
        and asked.apartment_id in {"", person.apartment_id}
        and asked.department_id in {"", person.department_id}
        and asked.account_type in {None, person.account_type}
        and asked.state in {None, person.state}
        and asked.registered in {None, person.app_registered}
    )


_SORTS: dict[str, Callable[[Resident, Apartment | None], Any]] = {
    "name": lambda p, _home: (p.last_name.lower(), p.first_name.lower(), p.id),
    "apartment": lambda p, home: (home.number.zfill(32) if home else "", p.last_name.lower(), p.id),
    "id": lambda p, _home: (p.number.lower(), p.id),
    "created": lambda p, _home: p.id,
}


async def add_department(ctx: Context, *, site_id: str, name: str, floors: Sequence[str] = ()) -> Department:
    """SITE-21: a department of an office with up to ten floors."""
    ctx.require(Permission.EDIT_SITES)

    def work(tx: Tx) -> Department:
        site = tx.require(SITE, site_id)
        row = Department(
            id=new_id(), scope_id=site.id, site_id=site.id, name=name, floors=tidy_floors(floors)
        )
        return tx.put(DEPARTMENT, row)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add department")
