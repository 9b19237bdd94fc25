"""The installer's switches for property managers (ACC-12): every way to an act is shut by its switch, offline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from core.base.errors import NotAllowedError
from core.base.ids import new_id
from core.entities.access import GROUP_MEMBER
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.event import DOOR_EVENT, EventSource
from core.entities.person import FLOOR_GRANT, RESIDENT
from core.entities.site import SITE, AccessReach, VideoPlan
from core.store.changes import Origin
from core.usecases import events, generic
from core.usecases.apartments import reset_apartments
from core.usecases.bulk import BulkReport
from core.usecases.groups import NewGroup, add_group, add_members, remove_members, set_private_schedule
from core.usecases.leaving import delete_people
from core.usecases.library import add_vehicle
from core.usecases.people import NewResident, add_credential, change_code, remove_resident
from core.usecases.sites import change_site
from core.usecases.staff import set_floors
from core.usecases.turnover import move_in, move_out
from core.usecases.undo import undo
from tests.core.usecases.conftest import Desk

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
