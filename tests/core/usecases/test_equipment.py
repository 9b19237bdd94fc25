"""Cameras, locks held open, smart locks, recorders, panels, screen savers (DEV-09 to DEV-14, DEV-21)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.base.errors import NotAllowedError, UserError
from core.entities.attachment import (
    CONTROLLER_RELAY,
    RELAY_CONTROLLER,
    SCREEN_SAVER,
    ControllerModel,
    SaverMode,
)
from core.entities.device import DEVICE, DeviceKind
from core.entities.equipment import (
    CAMERA,
    PANEL_UNIT,
    RECORDER,
    Camera,
    RecorderBrand,
    SmartLockModel,
    Terminals,
)
from core.entities.lock import GROUP_LOCK, LOCK, LOCK_HOLD, LockBrand
from core.entities.site import SITE, Plan
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases import generic
from core.usecases.devices import remove_device
from core.usecases.doors import hold_lock_open, set_group_doors
from core.usecases.equipment import (
    add_equipment,
    change_equipment,
    fill_relays,
    has_own_icon,
    link_camera,
    list_equipment,
    offline_code,
    remove_equipment,
    save_equipment,
    set_equipment,
)
from core.usecases.groups import NewGroup, add_group
from core.usecases.locks import add_lock
from core.usecases.undo import undo
from tests.core.usecases.conftest import Desk
from tests.factories import plant, random_mac

AsManager = Callable[[], None]


async def write(desk: Desk, work: Callable[[Tx], Any]) -> Any:
    return await desk.ctx.mirror.write(work, origin=Origin.USER, act="test")


async def monitor(desk: Desk) -> Any:
    made, _ = await desk.add_device("Hall", kind=DeviceKind.MONITOR, apartment_id=desk.home.id)
    return made


async def patched(desk: Desk, **changes: Any) -> Any:
    """The desk's door phone with other fields."""
    return await write(desk, lambda tx: tx.patch(DEVICE, tx.require(DEVICE, desk.device.id), **changes))


# ------------------------------------------------------------------------------------------------------- DEV-09


async def premium(desk: Desk) -> None:
    """DEV-09: cameras need the plan."""
    await write(desk, lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), plan=Plan.PREMIUM))


async def camera(desk: Desk, name: str = "Car park", **more: Any) -> Camera:
    fields = {"address": "rtsp://10.0.0.9:554/main", "user": "view", "password": "seldom-7", **more}
    made: Camera = await add_equipment(desk.ctx, "cameras", site_id=desk.site.id, name=name, **fields)
    return made


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("rtsp://10.0.0.9:554", True),
        ("rtsp://cam.example.org:8554/h264/ch1?x=1", True),
        ("rtsp://[fd00::9]:554/s", True),
        ("rtsp://10.0.0.9/main", False),
        ("http://10.0.0.9:554/main", False),
        ("rtsp://view:code@10.0.0.9:554/main", False),
        ("rtsp://10.0.0.9:99999/main", False),
    ],
)
async def test_dev_09_a_camera_has_an_rtsp_address_with_a_port(desk: Desk, address: str, good: bool) -> None:
    await premium(desk)
    if good:
        assert (await camera(desk, address=address)).address == address
        return
    with pytest.raises(UserError, match="rtsp://address:port"):
        await camera(desk, address=address)


async def test_dev_09_name_address_user_and_password_are_needed_and_the_password_is_never_shown(
    desk: Desk,
) -> None:
    await premium(desk)
    for missing in ("user", "password"):
        with pytest.raises(UserError, match="missing"):
            await camera(desk, **{missing: ""})
    made = await camera(desk)
    assert (made.may_monitor, made.terminals) == (True, Terminals.BOTH)
    assert "seldom-7" not in str(generic.plain(CAMERA, made))


async def test_dev_09_a_linked_camera_is_shown_under_its_door_phone(desk: Desk) -> None:
    await premium(desk)
    made = await camera(desk, apartment_id=desk.home.id)
    assert has_own_icon(made)
    hall = await monitor(desk)
    with pytest.raises(UserError, match="no door phone"):
        await link_camera(desk.ctx, made.id, hall.id)
    linked = await link_camera(desk.ctx, made.id, desk.device.id)
    assert not has_own_icon(linked)
    [row] = await list_equipment(desk.ctx, "cameras", desk.site.id)
    assert (row.building, row.apartment, row.row.name, row.residents, row.linked) == (
        *("Building A", "101", "Car park"),
        *(("Ada Byron",), "Main entrance"),
    )
    assert row.row.made_at == desk.ctx.clock.now()
    await remove_device(desk.ctx, desk.device.id)
    [left] = await desk.read(CAMERA)
    assert left.device_id is None, "the camera stays when its door phone goes"


async def test_dev_09_cameras_need_the_premium_plan(desk: Desk) -> None:
    with pytest.raises(UserError, match="premium plan"):
        await camera(desk)
    assert await desk.read(CAMERA) == []
    await premium(desk)
    assert (await camera(desk)).made_at == desk.ctx.clock.now()


# ------------------------------------------------------------------------------------------------------- DEV-10


async def test_dev_10_an_itec_lock_is_held_open_in_the_times_of_chosen_groups(desk: Desk) -> None:
    await write(desk, lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), itec=True))
    lock = await add_lock(desk.ctx, site_id=desk.site.id, name="Store", brand=LockBrand.ITEC)
    groups = [await add_group(desk.ctx, NewGroup(desk.site.id, n, [], [])) for n in ("Day", "Night")]
    wanted = [g.id for g in groups]
    dry = await hold_lock_open(desk.ctx, lock_id=lock.id, group_ids=wanted, check=True)
    assert (len(dry.changed), await desk.read(LOCK_HOLD)) == (2, [])
    done = await hold_lock_open(desk.ctx, lock_id=lock.id, group_ids=[*wanted, "0" * 32])
    assert [line.why for line in done.cannot] == ["It is no public access group of this site."]
    assert {h.group_id for h in await desk.read(LOCK_HOLD)} == set(wanted)
    await hold_lock_open(desk.ctx, lock_id=lock.id, group_ids=wanted[:1])
    assert [h.group_id for h in await desk.read(LOCK_HOLD)] == wanted[:1]
    await undo(desk.ctx, done.undo_id)
    other = await add_lock(desk.ctx, site_id=desk.site.id, name="Gate", brand=LockBrand.SALTO)
    with pytest.raises(UserError, match="no iTec lock"):
        await hold_lock_open(desk.ctx, lock_id=other.id, group_ids=wanted)


# --------------------------------------------------------------------------------------------- DEV-11 to DEV-13


async def test_dev_11_smart_locks_are_added_listed_renamed_and_know_who_added_them(desk: Desk) -> None:
    add = {"site_id": desk.site.id, "apartment_id": desk.home.id}
    for model in SmartLockModel:
        await add_equipment(desk.ctx, "smart_locks", name=model.value, model=model, battery=80, **add)
    rows = await list_equipment(desk.ctx, "smart_locks", desk.site.id)
    assert [r.row.model.value for r in rows] == ["SL20", "SL21", "SL50"]
    assert {(r.apartment, r.residents, r.row.added_by, r.row.battery) for r in rows} == {
        ("101", ("Ada Byron",), "Tor Ostby", 80)
    }
    renamed = await change_equipment(desk.ctx, "smart_locks", rows[0].row.id, name="Front door")
    assert renamed.name == "Front door"


async def test_dev_11_that_no_offline_code_can_be_made_here_is_said_before_it_is_tried(desk: Desk) -> None:
    """DEV-11: a code that the lock would not take must not be handed to a tenant."""
    add = {"site_id": desk.site.id, "apartment_id": desk.home.id}
    sl21 = await add_equipment(desk.ctx, "smart_locks", name="Flat", model=SmartLockModel.SL21, **add)
    sl50 = await add_equipment(desk.ctx, "smart_locks", name="Cellar", model=SmartLockModel.SL50, **add)
    with pytest.raises(UserError, match="maker's service only") as refused:
        await offline_code(desk.ctx, sl21.id)
    assert refused.value.remedy
    with pytest.raises(UserError, match="only an SL21"):
        await offline_code(desk.ctx, sl50.id)


async def test_dev_12_a_recorder_is_watched_in_a_public_area_only(desk: Desk) -> None:
    where = {"site_id": desk.site.id, "brand": RecorderBrand.HIKVISION}
    public = await add_equipment(desk.ctx, "recorders", name="Lobby", building_id=desk.building.id, **where)
    assert (await change_equipment(desk.ctx, "recorders", public.id, may_watch=True)).may_watch
    private = await add_equipment(desk.ctx, "recorders", name="Flat", apartment_id=desk.home.id, **where)
    with pytest.raises(UserError, match="public area only"):
        await change_equipment(desk.ctx, "recorders", private.id, may_watch=True)
    assert {b.value for b in RecorderBrand} == {"milesight", "hikvision"}


async def test_dev_13_a_panel_shows_the_zigbee_devices_behind_it(desk: Desk) -> None:
    add = {"site_id": desk.site.id, "apartment_id": desk.home.id}
    panel = await add_equipment(desk.ctx, "panels", name="Hall", mac=random_mac(), **add)
    assert panel.model == "PH81-POE-ST"
    for name, kind in (("Window", "Door sensor"), ("Sofa", "Dimmer")):
        texts = {"panel_id": panel.id, "name": name, "kind": kind, "ieee": "00124B0001020304"}
        await generic.put_row(desk.ctx, PANEL_UNIT, texts)
    [row] = await list_equipment(desk.ctx, "panels", desk.site.id)
    assert sorted((u.name, u.kind) for u in row.behind) == [("Sofa", "Dimmer"), ("Window", "Door sensor")]
    with pytest.raises(UserError, match="16 upper-case"):
        await generic.put_row(desk.ctx, PANEL_UNIT, {"panel_id": panel.id, "name": "Odd", "ieee": "0012"})
    await remove_equipment(desk.ctx, "panels", panel.id)
    assert await desk.read(PANEL_UNIT) == []


# --------------------------------------------------------------------------------- DEV-04, DEV-10: parts, many rows


async def everything(desk: Desk) -> dict[str, list[Any]]:
    """What hangs on the site, whatever version each row has."""
    specs = (RELAY_CONTROLLER, CONTROLLER_RELAY, LOCK, GROUP_LOCK, LOCK_HOLD, CAMERA)
    return {
        s.name: sorted((replace(r, ver=0) for r in await desk.read(s)), key=lambda r: r.id) for s in specs
    }


async def test_dev_04_a_controller_gets_all_its_relays_at_once_and_several_are_switched_together(
    desk: Desk,
) -> None:
    """DEV-04: a dry run writes nothing, does what it said, and each act is taken back as one."""
    hall = await monitor(desk)
    hung = await save_equipment(
        desk.ctx, "relay_controllers", {"device_id": hall.id, "model": ControllerModel.MK485.value}
    )
    first = await save_equipment(
        desk.ctx,
        "controller_relays",
        {"controller_id": hung.id, "number": "3", "name": "Gate", "function": "door"},
    )
    before = await everything(desk)
    dry = await fill_relays(desk.ctx, hung.id, name="Relais {0}", check=True)
    assert (len(dry.changed), [x.title for x in dry.already]) == (7, ["Gate"])
    assert await everything(desk) == before
    done = await fill_relays(desk.ctx, hung.id, name="Relais {0}")
    relays = sorted(await desk.read(CONTROLLER_RELAY), key=lambda r: r.number)
    assert [r.number for r in relays] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [r.name for r in relays][1:3] == ["Relais 2", "Gate"]
    assert [r.enabled for r in relays].count(True) == 1, "what nobody has wired is off"
    on = await set_equipment(desk.ctx, "controller_relays", [r.id for r in relays], changes={"enabled": True})
    assert (len(on.changed), [x.row_id for x in on.already]) == (7, [first.id])
    with pytest.raises(UserError, match="already has this relay"):
        await change_equipment(desk.ctx, "controller_relays", first.id, number=4)
    await undo(desk.ctx, on.undo_id)
    await undo(desk.ctx, done.undo_id)
    assert await everything(desk) == before
    gone = await remove_equipment(desk.ctx, "relay_controllers", hung.id, check=True)
    assert [x.title for x in gone.changed] == [f"{hall.name}: MK485-G2R-8J8C V3.0"]
    assert await everything(desk) == before


async def test_dev_10_a_third_party_lock_that_is_linked_leaves_its_groups_and_goes_with_all_that_is_its(
    desk: Desk,
) -> None:
    """DEV-10: through the page's own verbs, as `link_lock` and `remove_lock` do; both are taken back."""
    await write(desk, lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), itec=True))
    texts = {"name": "Store", "brand": "itec", "gateway": "G-02"}
    lock = await save_equipment(desk.ctx, "locks", texts, site_id=desk.site.id)
    group = await add_group(desk.ctx, NewGroup(desk.site.id, "Day", [], []))
    await set_group_doors(desk.ctx, group_id=group.id, relay_ids=[], lock_ids=[lock.id])
    await hold_lock_open(desk.ctx, lock_id=lock.id, group_ids=[group.id])
    before = await everything(desk)
    assert len(before["group_locks"]) == len(before["lock_holds"]) == 1
    gone = await remove_equipment(desk.ctx, "locks", lock.id)
    after = await everything(desk)
    assert [after[n] for n in ("locks", "group_locks", "lock_holds")] == [[], [], []]
    await undo(desk.ctx, gone.undo_id)
    assert await everything(desk) == before
    await change_equipment(desk.ctx, "locks", lock.id, device_id=desk.device.id)
    assert await desk.read(GROUP_LOCK) == []


async def test_dev_21_what_a_manager_may_not_switch_for_several_is_listed_with_the_reason(
    desk: Desk, as_manager: AsManager
) -> None:
    await premium(desk)
    made = await camera(desk)
    as_manager()
    refused = await set_equipment(desk.ctx, "cameras", [made.id], changes={"address": "rtsp://10.0.0.8:554"})
    assert ([x.why for x in refused.cannot], refused.changed) == (
        ["A manager may not change this of a camera: RTSP address."],
        (),
    )
    hidden = await set_equipment(desk.ctx, "cameras", [made.id], changes={"may_monitor": False})
    assert len(hidden.changed) == 1


# ------------------------------------------------------------------------------------------------------- DEV-14


@pytest.mark.parametrize(("count", "good"), [(0, False), (1, False), (2, True), (5, True), (6, False)])
async def test_dev_14_a_screen_saver_has_two_to_five_pictures(desk: Desk, count: int, good: bool) -> None:
    pictures = tuple(f"{n:064x}" for n in range(count))

    async def put(**more: Any) -> Any:
        return await write(desk, lambda tx: plant(tx, SCREEN_SAVER, device_id=desk.device.id, **more))

    if good:
        assert (await put(pictures=pictures)).mode is SaverMode.IMAGE
    else:
        with pytest.raises(UserError, match=r"2 to 5 pictures|at most 5"):
            await put(pictures=pictures)
    assert (await desk.read(SCREEN_SAVER) != []) is good


async def test_dev_14_dev_19_a_device_without_screen_savers_is_refused_with_the_version_that_has_them(
    desk: Desk,
) -> None:
    pictures = tuple(f"{n:064x}" for n in range(2))

    async def put() -> Any:
        return await write(
            desk, lambda tx: plant(tx, SCREEN_SAVER, device_id=desk.device.id, pictures=pictures)
        )

    await patched(desk, firmware="29.30.3.103")
    with pytest.raises(UserError, match=r"29\.30\.3\.104"):
        await put()
    await patched(desk, model="E18", firmware="18.30.10.236")
    with pytest.raises(UserError, match="has no screen savers"):
        await put()
    await patched(desk, model="R29", firmware="29.30.3.104")
    await put()


# ------------------------------------------------------------------------------------------------------- DEV-21


async def test_dev_21_of_cameras_recorders_and_locks_a_manager_changes_these_and_adds_none(
    desk: Desk, as_manager: AsManager
) -> None:
    await premium(desk)
    made = await camera(desk)
    recorder = await add_equipment(
        desk.ctx, "recorders", site_id=desk.site.id, name="Lobby", brand=RecorderBrand.MILESIGHT
    )
    as_manager()
    changed = await change_equipment(
        desk.ctx, "cameras", made.id, name="Yard", may_monitor=False, terminals=Terminals.APP
    )
    assert (changed.name, changed.terminals) == ("Yard", Terminals.APP)
    assert (await change_equipment(desk.ctx, "recorders", recorder.id, may_watch=True)).may_watch
    for kind, row, more in (
        ("cameras", made.id, {"address": "rtsp://10.0.0.8:554"}),
        ("cameras", made.id, {"password": "other-7"}),
        ("recorders", recorder.id, {"name": "Attic"}),
    ):
        with pytest.raises(NotAllowedError):
            await change_equipment(desk.ctx, kind, row, **more)
    for act in (
        camera(desk, "Second"),
        generic.remove_row(desk.ctx, RECORDER, recorder.id),
        remove_equipment(desk.ctx, "cameras", made.id),
        generic.put_row(
            desk.ctx,
            CAMERA,
            {
                "site_id": desk.site.id,
                "name": "New",
                "address": "rtsp://10.0.0.9:554",
                "user": "u",
                "password": "p",
            },
        ),
    ):
        with pytest.raises(NotAllowedError):
            await act
