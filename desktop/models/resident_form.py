"""The form of one resident without widgets: person, PIN, cards, groups; saved by the use cases of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, GROUP_MEMBER, AccessGroup, GroupMember
from core.entities.person import CREDENTIAL, RESIDENT, Credential, CredentialKind, PersonKind, Resident
from core.rules.cards import plain_card
from core.schema.entity import Problem
from core.schema.field import Items, Secret
from core.store.reader import Reader
from core.usecases import generic
from core.usecases.context import Context
from core.usecases.people import NewResident, add_credential, add_resident, change_code
from core.usecases.staff import NewPerson, add_person
from core.usecases.turnover import move_in
from desktop.models.places import Places, read_places
from desktop.models.record_draft import DraftField, RecordDraft
from desktop.models.words import translate

PERSON_FIELDS = (
    "first_name",
    "last_name",
    "apartment_id",
    "account_type",
    "email",
    "mobile",
    "valid_until",
    "remark",
)


TEAM_FIELDS = ("first_name", "last_name", "valid_until", "remark")


def fields_of(kind: PersonKind) -> tuple[str, ...]:
    """The fields of a person's form: staff and delivery people have no apartment and no account."""
    return PERSON_FIELDS if kind is PersonKind.RESIDENT else TEAM_FIELDS


_NEEDED = frozenset({"first_name", "last_name", "apartment_id"})


@dataclass(frozen=True, slots=True)
class ResidentData:
    """What the form starts from. Codes are in the clear here, since they are edited; nothing of this is logged."""

    resident: Resident | None
    credentials: tuple[Credential, ...]
    group_ids: tuple[str, ...]
    groups: tuple[AccessGroup, ...]
    places: Places
    members: tuple[GroupMember, ...] = ()
    kind: PersonKind = PersonKind.RESIDENT

    def codes(self, kind: CredentialKind) -> tuple[str, ...]:
        """The codes of a kind."""
        return tuple(c.code for c in self.credentials if c.kind is kind)


async def load_resident(
    ctx: Context, site_id: str, person_id: str = "", kind: PersonKind = PersonKind.RESIDENT
) -> ResidentData:
    """Everything the form of a person needs; without an id, of a new one of a kind."""

    def work(reader: Reader) -> ResidentData:
        places = read_places(reader, site_id)
        groups = public_groups(reader, site_id)
        if not person_id:
            return ResidentData(None, (), (), groups, places, kind=kind)
        members = tuple(reader.find(GROUP_MEMBER, person_id=person_id))
        person = reader.require(RESIDENT, person_id)
        return ResidentData(
            person,
            tuple(reader.find(CREDENTIAL, person_id=person_id)),
            tuple(m.group_id for m in members),
            groups,
            places,
            members,
            person.kind,
        )

    return await ctx.mirror.read(work)


def public_groups(reader: Reader, site_id: str) -> tuple[AccessGroup, ...]:
    """The groups of a site that may be chosen, by name: not the private times of one person or key."""
    found = [g for g in reader.find(ACCESS_GROUP, scope_id=site_id) if g.owner_id is None]
    return tuple(sorted(found, key=lambda g: g.name.casefold()))


def blank_resident(site_id: str) -> Resident:
    """A resident that is not there yet, for the checks of the form."""
    return Resident(
        id=new_id(), scope_id=site_id, site_id=site_id, apartment_id="", first_name="", last_name=""
    )


def resident_draft(data: ResidentData, site_id: str) -> RecordDraft:
    """The draft of a resident's form."""
    row = data.resident or replace(blank_resident(site_id), kind=data.kind)
    names = fields_of(data.kind)
    fields = [replace(DraftField.of(RESIDENT.by_name[n]), required=n in _NEEDED) for n in names]
    fields += [
        DraftField(
            "pin", Secret(max_len=8), translate("PIN"), hint=translate("2 to 8 digits, not starting with 9")
        ),
        DraftField(
            "cards",
            Items(max_items=5, max_len=20),
            translate("Cards"),
            hint=translate("at most 5; separate with ;"),
        ),
        DraftField("groups", Items(max_items=64, max_len=32), translate("Access groups")),
    ]
    values: dict[str, Any] = {n: getattr(row, n) for n in names}
    pins = data.codes(CredentialKind.PIN)
    values |= {
        "pin": pins[0] if pins else None,
        "cards": data.codes(CredentialKind.CARD),
        "groups": data.group_ids,
    }
    return RecordDraft(fields, values, check=lambda v: _problems(row, v), new=data.resident is None)


def _problems(row: Resident, values: Mapping[str, Any]) -> list[Problem]:
    person = replace(row, **{n: values[n] for n in PERSON_FIELDS if n in values})
    found = list(RESIDENT.problems(person))
    for code, kind, field in _codes(values):
        made = Credential(id=row.id, scope_id=row.scope_id, person_id=row.id, kind=kind, code=code)
        found += [Problem(field, p.code, p.message) for p in CREDENTIAL.problems(made)]
    return found


def _codes(values: Mapping[str, Any]) -> list[tuple[str, CredentialKind, str]]:
    pins = [(values["pin"], CredentialKind.PIN, "pin")] if values.get("pin") else []
    return pins + [(plain_card(c), CredentialKind.CARD, "cards") for c in values.get("cards") or ()]


async def save_resident(
    ctx: Context, draft: RecordDraft, data: ResidentData, *, site_id: str = "", receipt: bool = False
) -> str:
    """Save the draft and give the person's id. What a use case refuses names the form's own fields.

    `receipt`: somebody new moves in, with a receipt that stays open until each door was read to have followed.
    """
    try:
        if data.resident is None and data.kind is not PersonKind.RESIDENT:
            return await _add_team(ctx, draft, data.kind, site_id)
        if data.resident is None:
            return await _add(ctx, draft, receipt=receipt)
        return await _change(ctx, draft, data, data.resident)
    except UserError as fault:
        raise _at_form_field(fault) from fault


def _at_form_field(fault: UserError) -> UserError:
    """A refused code stands beside the field where it was typed."""
    field = fault.field
    if field == "code":
        field = "cards" if ".card." in fault.code else "pin"
    return UserError(fault.code, fault.message, remedy=fault.remedy, field=field)


async def _add(ctx: Context, draft: RecordDraft, *, receipt: bool) -> str:
    values = draft.values()
    more = {n: values[n] for n in PERSON_FIELDS if n in draft.changes() and n not in _OWN_ARGUMENTS}
    groups = tuple(values.get("groups") or ())
    new = NewResident(
        values["apartment_id"],
        values["first_name"],
        values["last_name"],
        pins=(values["pin"],) if values.get("pin") else (),
        cards=tuple(values.get("cards") or ()),
        group_ids=groups or None,
        more=more,
    )
    if receipt:
        return (await move_in(ctx, apartment_id=new.apartment_id, people=[new])).people[0].id
    return (await add_resident(ctx, new)).id


async def _add_team(ctx: Context, draft: RecordDraft, kind: PersonKind, site_id: str) -> str:
    values = draft.values()
    more = {n: values[n] for n in TEAM_FIELDS[2:] if n in draft.changes()}
    codes = [(k, code) for code, k, _ in _codes(values)]
    groups = tuple(values.get("groups") or ())
    new = NewPerson(site_id, kind, values["first_name"], values["last_name"], codes, groups, more=more)
    return (await add_person(ctx, new)).id


_OWN_ARGUMENTS = frozenset({"first_name", "last_name", "apartment_id"})


async def _change(ctx: Context, draft: RecordDraft, data: ResidentData, resident: Resident) -> str:
    """Person, codes and groups are acts of their own: what was saved before one is refused stays saved."""
    texts = {n: t for n, t in draft.changes().items() if n in PERSON_FIELDS}
    if texts:
        await generic.put_row(ctx, RESIDENT, texts, row_id=resident.id)
    if "pin" in draft.dirty():
        await _change_pin(ctx, draft.text("pin").strip(), data, resident)
    if "cards" in draft.dirty():
        await _change_cards(ctx, [plain_card(c) for c in draft.values().get("cards") or ()], data, resident)
    if "groups" in draft.dirty():
        await _change_groups(ctx, set(draft.values().get("groups") or ()), data, resident)
    return resident.id


async def _change_pin(ctx: Context, pin: str, data: ResidentData, resident: Resident) -> None:
    present = next((c for c in data.credentials if c.kind is CredentialKind.PIN), None)
    if present is None:
        await add_credential(ctx, person_id=resident.id, kind=CredentialKind.PIN, code=pin)
    elif pin:
        await change_code(ctx, credential_id=present.id, code=pin)
    else:
        await generic.remove_row(ctx, CREDENTIAL, present.id)


async def _change_cards(ctx: Context, wanted: list[str], data: ResidentData, resident: Resident) -> None:
    held = {c.code: c for c in data.credentials if c.kind is CredentialKind.CARD}
    for code in wanted:
        if code not in held:
            await add_credential(ctx, person_id=resident.id, kind=CredentialKind.CARD, code=code)
    for code, credential in held.items():
        if code not in wanted:
            await generic.remove_row(ctx, CREDENTIAL, credential.id)


async def _change_groups(ctx: Context, wanted: set[str], data: ResidentData, resident: Resident) -> None:
    held = {m.group_id: m for m in data.members}
    for group_id in sorted(wanted - set(held)):
        await generic.put_row(ctx, GROUP_MEMBER, {"group_id": group_id, "person_id": resident.id})
    for group_id in sorted(set(held) - wanted):
        await generic.remove_row(ctx, GROUP_MEMBER, held[group_id].id)
