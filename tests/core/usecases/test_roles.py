"""Who may do what (ACC-12, the table of accounts.md): every verb of people, access and places by role, offline.

The verbs are found, not listed: a new one without a line in TABLE fails.
"""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.credential import CredentialKind
from core.entities.organisation import Role
from core.entities.person import PersonKind
from core.entities.site import SITE
from core.usecases import generic
from core.usecases.context import Actor, Context
from tests.factories import make

INSTALLERS = frozenset({Role.INSTALLER, Role.SUB_INSTALLER})
SITE_PEOPLE = INSTALLERS | {Role.MANAGER}
EVERYBODY = frozenset(Role)

_NAMES = """
access apartments audit card_numbers doors due floor_plans generic ghosts groups handover keys leaving library
lock_codes locks matrix people people_bulk places site_ways sites staff today turnover undo visitor_pass visitors
"""
MODULES = _NAMES.split()
TABLE: dict[str, frozenset[Role]] = {
    "access.explain_access": SITE_PEOPLE,
    "access.who_opens": SITE_PEOPLE,
    "apartments.apartment_lines": SITE_PEOPLE,
    "apartments.change_apartment": SITE_PEOPLE,
    "apartments.edit_apartments": SITE_PEOPLE,
    "apartments.renew_qr_codes": SITE_PEOPLE,
    "apartments.reset_apartments": SITE_PEOPLE,
    "apartments.reset_house": INSTALLERS,
    "audit.audit_entries": EVERYBODY,
    "audit.check_audit": EVERYBODY,
    "card_numbers.add_card": SITE_PEOPLE,
    "card_numbers.card_readings": SITE_PEOPLE,
    "doors.hold_lock_open": SITE_PEOPLE,
    "doors.hold_open": SITE_PEOPLE,
    "doors.set_emergency_doors": SITE_PEOPLE,
    "doors.set_group_doors": SITE_PEOPLE,
    "doors.share_door": INSTALLERS,
    "doors.unshare_door": INSTALLERS,
    "due.run_due": EVERYBODY,
    "floor_plans.add_plan": SITE_PEOPLE,
    "floor_plans.change_plan": SITE_PEOPLE,
    "floor_plans.place_door": SITE_PEOPLE,
    "floor_plans.remove_plan": SITE_PEOPLE,
    "floor_plans.take_off": SITE_PEOPLE,
    "generic.audit_secret_view": SITE_PEOPLE,
    "generic.list_rows": EVERYBODY,
    "generic.put_row": SITE_PEOPLE,
    "generic.remove_row": SITE_PEOPLE,
    "generic.show_row": EVERYBODY,
    "ghosts.find_ghosts": SITE_PEOPLE,
    "groups.add_group": SITE_PEOPLE,
    "groups.add_members": SITE_PEOPLE,
    "groups.change_group": SITE_PEOPLE,
    "groups.list_groups": SITE_PEOPLE,
    "groups.remove_group": SITE_PEOPLE,
    "groups.remove_members": SITE_PEOPLE,
    "groups.set_private_schedule": SITE_PEOPLE,
    "handover.handover": SITE_PEOPLE,
    "keys.extend_keys": SITE_PEOPLE,
    "keys.remove_codes": SITE_PEOPLE,
    "keys.remove_keys": SITE_PEOPLE,
    "leaving.delete_people": SITE_PEOPLE,
    "library.add_lot": SITE_PEOPLE,
    "library.add_vehicle": SITE_PEOPLE,
    "library.codes": SITE_PEOPLE,
    "library.find_code": SITE_PEOPLE,
    "library.list_lots": SITE_PEOPLE,
    "library.note_vehicle": SITE_PEOPLE,
    "library.remove_lot": SITE_PEOPLE,
    "library.reveal_codes": SITE_PEOPLE,
    "library.set_lot": SITE_PEOPLE,
    "lock_codes.lock_work": SITE_PEOPLE,
    "lock_codes.note_lock_items": SITE_PEOPLE,
    "lock_codes.note_lock_work": SITE_PEOPLE,
    "lock_codes.show_lock_code": SITE_PEOPLE,
    "lock_codes.write_lock_sheet": SITE_PEOPLE,
    "locks.add_lock": INSTALLERS,
    "locks.link_lock": INSTALLERS,
    "locks.list_locks": SITE_PEOPLE,
    "locks.offered_locks": SITE_PEOPLE,
    "locks.remove_lock": INSTALLERS,
    "locks.rename_lock": SITE_PEOPLE,
    "matrix.matrix": SITE_PEOPLE,
    "people.add_credential": SITE_PEOPLE,
    "people.add_resident": SITE_PEOPLE,
    "people.change_code": SITE_PEOPLE,
    "people.remove_resident": SITE_PEOPLE,
    "people.renew_sign_in": SITE_PEOPLE,
    "people_bulk.clear_visitors": SITE_PEOPLE,
    "people_bulk.edit_people": SITE_PEOPLE,
    "places.add_apartment": INSTALLERS,
    "places.add_building": INSTALLERS,
    "places.add_site": INSTALLERS,
    "site_ways.site_ways": SITE_PEOPLE,
    "sites.add_house": INSTALLERS,
    "sites.add_public_area": INSTALLERS,
    "sites.change_site": SITE_PEOPLE,
    "sites.list_sites": EVERYBODY,
    "sites.remove_site": INSTALLERS,
    "staff.add_department": INSTALLERS,
    "staff.add_person": SITE_PEOPLE,
    "staff.change_person": SITE_PEOPLE,
    "staff.remove_person_by_id": SITE_PEOPLE,
    "staff.search_people": SITE_PEOPLE,
    "staff.set_floors": SITE_PEOPLE,
    "today.today": SITE_PEOPLE,
    "turnover.move_in": SITE_PEOPLE,
    "turnover.move_out": SITE_PEOPLE,
    "turnover.receipts": SITE_PEOPLE,
    "undo.undo": EVERYBODY,
    "undo.undo_entries": EVERYBODY,
    "visitor_pass.visitor_pass": SITE_PEOPLE,
    "visitors.add_id_access": SITE_PEOPLE,
    "visitors.add_key": SITE_PEOPLE,
    "visitors.extend_key": SITE_PEOPLE,
    "visitors.key_details": SITE_PEOPLE,
    "visitors.key_log": SITE_PEOPLE,
    "visitors.list_keys": SITE_PEOPLE,
    "visitors.remove_visitor": SITE_PEOPLE,
}
"""Which roles a verb lets through its door; what it then finds wrong with the call is no matter of roles."""

ENDLESS = frozenset({"keep_due"})
"""What is called once and goes on until it is cancelled."""

Verb = Callable[..., Awaitable[Any]]


def verbs() -> dict[str, Verb]:
    """Every public coroutine of the modules that takes a context."""
    found: dict[str, Verb] = {}
    for name in MODULES:
        module = importlib.import_module(f"core.usecases.{name}")
        for word, function in vars(module).items():
            own = inspect.iscoroutinefunction(function) and function.__module__ == module.__name__
            if (
                own
                and word != "keep_due"
                and not word.startswith("_")
                and "ctx" in inspect.signature(function).parameters
            ):
                found[f"{name}.{word}"] = function
    return found


def test_acc_12_every_verb_has_its_line_in_the_table() -> None:
    assert sorted(verbs()) == sorted(TABLE)


def test_every_verb_on_many_rows_has_a_dry_run() -> None:
    """Whoever takes lists of ids, or answers with a report of many rows, has `check`; making new things is no bulk."""
    missing = []
    for name, function in verbs().items():
        named = inspect.signature(function).parameters
        many = any(word.endswith("_ids") or word == "ids" for word in named)
        report = "BulkReport" in str(typing.get_type_hints(function).get("return"))
        makes = name.partition(".")[2].startswith("add_") and not name.endswith("add_members")
        if (many or report) and not makes and name != "undo.undo" and "check" not in named:
            missing.append(name)
    assert missing == []


NOTHING = "0" * 32


class Whatever:
    """Stands for any argument that a verb must not even look at before it has asked who is there."""

    site_id = building_id = apartment_id = first_name = last_name = name = NOTHING
    kind = PersonKind.STAFF

    def __getattr__(self, _name: str) -> Any:
        return ()


def arguments(function: Verb) -> dict[str, Any]:
    """Something for every parameter without a default."""
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    return {p.name: _value(p) for p in needed if p.name != "ctx" and p.kind is not p.VAR_KEYWORD}


def _value(parameter: inspect.Parameter) -> Any:
    text = str(parameter.annotation)
    plain: dict[str, Any] = {
        "str": NOTHING,
        "str | None": NOTHING,
        "date": date(2026, 3, 1),
        "datetime": datetime(2026, 3, 1, tzinfo=UTC),
        "CredentialKind": CredentialKind.PIN,
        "PersonKind": PersonKind.STAFF,
    }
    if parameter.name in {"spec", "row"}:
        return SITE if parameter.name == "spec" else make(SITE)
    if text.startswith(("Sequence", "tuple")):
        return ("a", "b") if parameter.name == "owner" else [NOTHING]
    if text.startswith("Mapping"):
        return {}
    return plain.get(text, Whatever())


async def refusal(ctx: Context, function: Verb) -> str:
    """The code by which the door was shut; empty when it was open, whatever happened behind it."""
    try:
        await function(ctx, **arguments(function))
    except UserError as fault:
        return fault.code if fault.code in {"role.not_allowed", "session.none"} else ""
    except (AttributeError, TypeError, KeyError, ValueError):
        return ""
    return ""


@pytest.mark.parametrize("role", list(Role))
async def test_acc_12_each_verb_lets_in_the_roles_of_the_table_and_no_other(ctx: Context, role: Role) -> None:
    ctx.actor = Actor(new_id(), ctx.me.org_id, role, "Somebody")
    wrong = []
    for name, function in verbs().items():
        shut = await refusal(ctx, function)
        if (shut == "") != (role in TABLE[name]):
            wrong.append((name, shut))
    assert wrong == []


async def test_acc_11_signed_out_no_verb_tells_or_does_anything(ctx: Context) -> None:
    ctx.actor = None
    open_doors = [name for name, one in verbs().items() if await refusal(ctx, one) != "session.none"]
    assert open_doors == ["due.run_due"], "it is called by the clock and does nothing then"


INSTALLERS_ROWS = frozenset(
    {
        "buildings",
        "departments",
        "public_areas",
        "door_shares",
        "device_logins",
        "firmware_releases",
        "smart_locks",
        "panels",
        "panel_units",
    }
)


@pytest.mark.parametrize("role", list(Role))
async def test_acc_12_the_generic_verbs_take_the_same_right_as_the_nouns_own(
    ctx: Context, role: Role
) -> None:
    ctx.actor = Actor(new_id(), ctx.me.org_id, role, "Somebody")
    wrong = []
    for entity in generic.EDITABLE:
        allowed = INSTALLERS if entity in INSTALLERS_ROWS else SITE_PEOPLE
        if entity == "mac_entries":
            allowed = INSTALLERS | {Role.DISTRIBUTOR}
        spec = generic.entity(entity)
        acts = (generic.put_row(ctx, spec, {}, row_id=NOTHING), generic.remove_row(ctx, spec, NOTHING))
        shut = {(await shut_by(act)) == "role.not_allowed" for act in acts}
        if shut != {role not in allowed}:
            wrong.append(entity)
    assert wrong == []


async def shut_by(act: Awaitable[Any]) -> str:
    """The code of what a call was refused with; empty when it was not."""
    try:
        await act
    except UserError as fault:
        return fault.code
    return ""
