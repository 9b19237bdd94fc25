"""Who may do what (ACC-12, the table of accounts.md): every verb of people, access and places by role, offline.

The verbs are found, not listed: a new one without a line in TABLE fails.
"""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.base.errors import NotAllowedError, UserError
from core.base.ids import new_id
from core.entities.access import GROUP_MEMBER
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.event import DOOR_EVENT, EventSource
from core.entities.organisation import Role
from core.entities.person import FLOOR_GRANT, RESIDENT, PersonKind
from core.entities.site import SITE, AccessReach, VideoPlan
from core.store.changes import Origin
from core.usecases import events, generic
from core.usecases.apartments import reset_apartments
from core.usecases.bulk import BulkReport
from core.usecases.context import Actor, Context
from core.usecases.groups import NewGroup, add_group, add_members, remove_members, set_private_schedule
from core.usecases.leaving import delete_people
from core.usecases.library import add_vehicle
from core.usecases.people import NewResident, add_credential, change_code, remove_resident
from core.usecases.sites import change_site
from core.usecases.staff import set_floors
from core.usecases.turnover import move_in, move_out
from core.usecases.undo import undo
from tests.core.usecases.conftest import Desk
from tests.factories import make

INSTALLERS = frozenset({Role.INSTALLER, Role.SUB_INSTALLER})
SITE_PEOPLE = INSTALLERS | {Role.MANAGER}
EVERYBODY = frozenset(Role)

_NAMES = """
access apartments audit card_numbers doors due generic ghosts groups keys leaving library locks matrix people
people_bulk places site_ways sites staff today turnover undo visitor_pass visitors
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
    "doors.hold_open": SITE_PEOPLE,
    "doors.set_emergency_doors": SITE_PEOPLE,
    "doors.set_group_doors": SITE_PEOPLE,
    "doors.share_door": INSTALLERS,
    "doors.unshare_door": INSTALLERS,
    "due.run_due": EVERYBODY,
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
    "keys.extend_keys": SITE_PEOPLE,
    "keys.remove_codes": SITE_PEOPLE,
    "keys.remove_keys": SITE_PEOPLE,
    "leaving.delete_people": SITE_PEOPLE,
    "library.add_lot": SITE_PEOPLE,
    "library.add_vehicle": SITE_PEOPLE,
    "library.codes": SITE_PEOPLE,
    "library.list_lots": SITE_PEOPLE,
    "library.note_vehicle": SITE_PEOPLE,
    "library.remove_lot": SITE_PEOPLE,
    "library.set_lot": SITE_PEOPLE,
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
        "devices",
        "device_logins",
        "firmware_releases",
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


# ------------------------------------------------------------------------------------ switches of a site, for managers

SWITCHES: dict[str, tuple[dict[str, Any], str]] = {
    "delete": ({"pm_delete": False}, "deleting accounts"),
    "access": ({"pm_access": AccessReach.PUBLIC_AREA}, "residents' access"),
    "logs": ({"pm_logs": False}, "log access"),
    "video": ({"pm_video": False}, "video storage"),
}


def _codes(desk: Desk) -> Sequence[str]:
    return desk.marks["codes"]


async def _must_see_events(desk: Desk) -> list[Any]:
    found = await generic.list_rows(desk.ctx, DOOR_EVENT, generic.Filter({"scope_id": desk.site.id}))
    if not found:
        raise NotAllowedError("site.not_allowed", "Nothing is shown: log access is off.")
    return found


ACTS: dict[str, tuple[str, Callable[[Desk], Awaitable[Any]]]] = {
    "remove resident": ("delete", lambda d: remove_resident(d.ctx, d.ada.id)),
    "delete people": ("delete", lambda d: delete_people(d.ctx, [d.ada.id], check=True)),
    "remove row": ("delete", lambda d: generic.remove_row(d.ctx, RESIDENT, d.ada.id)),
    "move out": ("delete", lambda d: move_out(d.ctx, person=d.ada.id)),
    "move out, dry run": ("delete", lambda d: move_out(d.ctx, person=d.ada.id, check=True)),
    "reset": ("delete", lambda d: reset_apartments(d.ctx, site_id=d.site.id)),
    "add with PIN": ("access", lambda d: d.person("Kit", pins=("1234",))),
    "add with groups": ("access", lambda d: d.person("Kit", group_ids=())),
    "move in with PIN": (
        "access",
        lambda d: move_in(
            d.ctx, apartment_id=d.home.id, people=[NewResident(d.home.id, "Kit", "B", ("1234",))]
        ),
    ),
    "add credential": (
        "access",
        lambda d: add_credential(d.ctx, person_id=d.ada.id, kind=CredentialKind.PIN, code="1234"),
    ),
    "change code": ("access", lambda d: change_code(d.ctx, credential_id=_codes(d)[0], code="1234")),
    "remove code": ("access", lambda d: generic.remove_row(d.ctx, CREDENTIAL, _codes(d)[0])),
    "put code": ("access", lambda d: generic.put_row(d.ctx, CREDENTIAL, {"code": "77"}, row_id=_codes(d)[0])),
    "add vehicle": ("access", lambda d: add_vehicle(d.ctx, person_id=d.ada.id, plate="1234ABC")),
    "floors": ("access", lambda d: set_floors(d.ctx, person_id=d.ada.id, floors={d.building.id: ["1"]})),
    "put floors": (
        "access",
        lambda d: generic.put_row(
            d.ctx, FLOOR_GRANT, {"person_id": d.ada.id, "building_id": d.building.id, "floors": "1"}
        ),
    ),
    "private schedule": (
        "access",
        lambda d: set_private_schedule(d.ctx, person_id=d.ada.id, relay_ids=d.marks["own"]),
    ),
    "group with people": (
        "access",
        lambda d: add_group(d.ctx, NewGroup(d.site.id, "New", person_ids=[d.ada.id])),
    ),
    "add members": (
        "access",
        lambda d: add_members(d.ctx, group_id=d.marks["other"][0], person_ids=[d.ada.id], check=True),
    ),
    "remove members": (
        "access",
        lambda d: remove_members(d.ctx, group_id=d.marks["group"][0], person_ids=[d.ada.id], check=True),
    ),
    "put member": (
        "access",
        lambda d: generic.put_row(
            d.ctx, GROUP_MEMBER, {"group_id": d.marks["other"][0], "person_id": d.ada.id}
        ),
    ),
    "take back a new resident": ("delete", lambda d: undo(d.ctx, d.marks["undo"][0])),
    "door events": ("logs", _must_see_events),
    "newest events": ("logs", lambda d: events.latest(d.ctx, d.site.id)),
    "video": (
        "video",
        lambda d: change_site(d.ctx, site_id=d.site.id, video_plan=VideoPlan.SUBSCRIBED),
    ),
}


async def furnish(desk: Desk) -> None:
    """What the acts are about."""
    _, own = await desk.add_device("Monitor", apartment_id=desk.home.id)
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Club", person_ids=[desk.ada.id]))
    other = await add_group(desk.ctx, NewGroup(desk.site.id, "Gym"))
    moved = await move_in(
        desk.ctx, apartment_id=desk.home.id, people=[NewResident(desk.home.id, "Max", "Byron")]
    )
    seen = DOOR_EVENT.row(
        id=new_id(),
        scope_id=desk.site.id,
        device_id=desk.device.id,
        at=desk.ctx.clock.now(),
        source=EventSource.LOG,
        event="valid_code",
    )
    await desk.ctx.mirror.write(lambda tx: tx.put(DOOR_EVENT, seen), origin=Origin.PULL)
    codes = [c.id for c in await desk.read(CREDENTIAL, person_id=desk.ada.id)]
    desk.marks |= {"codes": codes, "own": [r.id for r in own], "group": [group.id], "other": [other.id]}
    desk.marks["undo"] = [moved.undo_id]


async def turn(desk: Desk, **changes: Any) -> None:
    """The installer's switches."""
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), **changes), origin=Origin.PULL
    )


@pytest.mark.parametrize("word", sorted(ACTS))
async def test_acc_12_res_03_grp_05_a_switch_that_is_off_stops_every_way_to_the_act(
    desk: Desk, as_manager: Callable[[], None], word: str
) -> None:
    """And the same call goes through once the installer has switched it on."""
    switch, act = ACTS[word]
    changes, said = SWITCHES[switch]
    await furnish(desk)
    as_manager()
    await turn(desk, **changes)
    with pytest.raises(NotAllowedError) as caught:
        _must_have_changed(await act(desk))
    assert said in str(caught.value)
    await turn(desk, pm_delete=True, pm_access=AccessReach.FULL, pm_logs=True, pm_video=True)
    _must_have_changed(await act(desk))


def _must_have_changed(answer: Any) -> None:
    """A report of many rows says in its lines what a single act raises."""
    if isinstance(answer, BulkReport) and not answer.changed:
        raise NotAllowedError("site.not_allowed", answer.cannot[0].why)
