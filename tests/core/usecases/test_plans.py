"""What a basic plan and one that has expired forbid, feature by feature and kind of site by kind of site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import UserError
from core.entities import BY_NAME
from core.entities.attachment import RELAY_CONTROLLER
from core.entities.device import DEVICE
from core.entities.site import SITE, Plan, SiteKind, VideoPlan
from core.rules import plans
from core.rules.plans import Feature, plan_forbids
from core.schema.entity import EntitySpec, Scope
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases import equipment, generic, undo
from core.usecases.apartments import change_apartment, edit_apartments
from core.usecases.creators import MAKING
from core.usecases.places import add_site
from core.usecases.sites import change_site
from tests.core.usecases.conftest import Desk
from tests.factories import make, plant
from tests.fixtures_core import HandClock

TIED = {
    Feature.SWITCHES: {SiteKind.COMMUNITY},
    Feature.LANDLINE: {SiteKind.HOUSE, SiteKind.OFFICE},
    Feature.CAMERAS: {SiteKind.HOUSE, SiteKind.COMMUNITY, SiteKind.OFFICE},
    Feature.OFFICE_PIN_QR: {SiteKind.OFFICE},
    Feature.PACKAGES: {SiteKind.OFFICE},
    Feature.BOOKINGS: {SiteKind.COMMUNITY},
}
"""SITE-01, SITE-12, SITE-20, once more from the requirements."""


@pytest.mark.parametrize("kind", list(SiteKind))
@pytest.mark.parametrize("feature", list(Feature))
def test_site_01_site_12_site_20_what_needs_premium_where(
    feature: Feature, kind: SiteKind, hand_clock: HandClock
) -> None:
    now = hand_clock.now()
    tied = kind in TIED[feature]
    basic = make(SITE, kind=kind, plan=Plan.BASIC)
    lasting = make(SITE, kind=kind, plan=Plan.PREMIUM)
    until_now = make(SITE, kind=kind, plan=Plan.PREMIUM, plan_until=now)
    until_later = make(SITE, kind=kind, plan=Plan.PREMIUM, plan_until=now + timedelta(seconds=1))
    assert bool(plan_forbids(basic, feature, now)) == tied
    assert bool(plan_forbids(until_now, feature, now)) == tied
    assert plan_forbids(lasting, feature, now) == plan_forbids(until_later, feature, now) == ""
    if tied:
        assert "plan is basic" in plan_forbids(basic, feature, now)
        assert "has expired" in plan_forbids(until_now, feature, now)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (SiteKind.OFFICE, {"landline_service": True}),
        (SiteKind.OFFICE, {"office_pin_qr": False}),
        (SiteKind.OFFICE, {"package_notices": False}),
        (SiteKind.HOUSE, {"landline_service": True}),
    ],
)
async def test_site_20_site_01_a_setting_of_the_plan_is_refused_at_creation_and_at_every_change(
    desk: Desk, kind: SiteKind, change: dict[str, Any], hand_clock: HandClock
) -> None:
    named: dict[str, Any] = {"kind": kind, "time_zone": "UTC"}
    with pytest.raises(UserError, match="premium"):
        await add_site(desk.ctx, name="New", **named, **change)
    [(field, value)] = change.items()
    texts = {"name": "New", "kind": kind.value, "time_zone": "UTC", field: "yes" if value else "no"}
    with pytest.raises(UserError, match="premium"):
        await generic.put_row(desk.ctx, SITE, texts)
    basic = await add_site(desk.ctx, name="Basic", **named)
    with pytest.raises(UserError, match="premium"):
        await change_site(desk.ctx, site_id=basic.id, **change)
    until = hand_clock.now() + timedelta(hours=1)
    best = await add_site(desk.ctx, name="Best", plan=Plan.PREMIUM, plan_until=until, **named, **change)
    assert getattr(best, field) == value
    hand_clock.advance(3600)
    with pytest.raises(UserError, match="has expired"):
        await change_site(desk.ctx, site_id=best.id, **{field: not value})


async def test_site_12_no_switch_of_an_apartment_moves_on_a_basic_plan_by_any_verb(desk: Desk) -> None:
    for name in ("may_qr", "may_face", "may_id", "may_card", "may_pin"):
        with pytest.raises(UserError, match="premium"):
            await change_apartment(desk.ctx, apartment_id=desk.home.id, **{name: False})
        report = await edit_apartments(desk.ctx, site_id=desk.site.id, changes={name: False})
        assert (len(report.changed), len(report.cannot)) == (0, 1)
    await change_site(desk.ctx, site_id=desk.site.id, plan=Plan.PREMIUM)
    changed = await change_apartment(desk.ctx, apartment_id=desk.home.id, may_card=False)
    assert not changed.may_card


async def test_site_03_videos_of_one_two_three_or_unlimited_devices(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    second, _ = await desk.add_device("Back door")

    async def store(device_id: str) -> None:
        await desk.ctx.mirror.write(
            lambda tx: tx.patch(DEVICE, tx.require(DEVICE, device_id), stores_video=True), origin=Origin.USER
        )

    await store(desk.device.id)
    with pytest.raises(UserError, match="Videos of 1 devices"):
        await store(second.id)
    await change_site(desk.ctx, site_id=desk.site.id, video_devices=2)
    await store(second.id)
    with pytest.raises(UserError, match="2 devices store videos"):
        await change_site(desk.ctx, site_id=desk.site.id, video_devices=1)
    unlimited = await change_site(
        desk.ctx, site_id=desk.site.id, video_devices=0, video_plan=VideoPlan.SUBSCRIBED
    )
    assert unlimited.video_devices == 0
    with pytest.raises(UserError):
        await change_site(desk.ctx, site_id=desk.site.id, video_devices=4)


@pytest.mark.parametrize(
    ("models", "why"),
    [
        ((), "no device yet"),
        (("E16", "X916"), "E16, X916"),
        (("E16", "R29"), ""),
        (("", "E16"), ""),
    ],
)
async def test_site_20_dev_18_package_notices_take_an_r29_of_the_office(
    desk: Desk, models: tuple[str, ...], why: str
) -> None:
    """A model that nobody has read yet may be one; a plan with notices from the start says nothing about devices."""
    office = await add_site(
        desk.ctx, name="Firm", kind=SiteKind.OFFICE, time_zone="UTC", plan=Plan.PREMIUM, package_notices=False
    )
    for model in models:
        row = make(DEVICE, scope_id=office.id, site_id=office.id, model=model, firmware="", **NOWHERE)
        await desk.ctx.mirror.write(lambda tx, row=row: tx.put(DEVICE, row), origin=Origin.USER)  # type: ignore[misc]
    change = change_site(desk.ctx, site_id=office.id, package_notices=True)
    if why:
        with pytest.raises(UserError, match=f"R29; .*{why}") as refused:
            await change
        assert refused.value.field == "package_notices"
    else:
        assert (await change).package_notices
    # The other switch of the plan is no matter of the model.
    assert not (await change_site(desk.ctx, site_id=office.id, office_pin_qr=False)).office_pin_qr


NOWHERE = {
    "building_id": None,
    "apartment_id": None,
    "department_id": None,
    "area_id": None,
    "owner_id": None,
}


# ---------------------------------------------------------------------------------------------------- kinds of rows


def test_every_feature_is_kept_from_basic_plans_somewhere() -> None:
    """A feature is a setting of the site, a switch of apartments, or a kind of rows; a new one has to say which."""
    settings, kinds = set(plans.FIELDS.values()), set(plans.ROWS.values())
    assert settings | kinds | {Feature.SWITCHES, Feature.BOOKINGS} == set(Feature)
    assert not any("booking" in name for name in BY_NAME), "bookings are rows now: they belong into ROWS"
    assert set(plans.ROWS) <= {*generic.EDITABLE, *equipment.EVERY}


def texts_of(spec: EntitySpec[Any], row: Any) -> dict[str, str]:
    """A row's required and given fields as a person would type them."""
    shown = {c.name: (c.kind.show(getattr(row, c.name)), getattr(row, c.name)) for c in spec.columns}
    return {n: str(v) if spec.by_name[n].kind.secret else text for n, (text, v) in shown.items() if text}


async def typed(desk: Desk, spec: EntitySpec[Any]) -> dict[str, str]:
    """What would add a valid row of a kind to a site of a basic plan: what it belongs to is there, itself it is not."""

    def work(tx: Tx) -> dict[str, str]:
        row = plant(tx, spec)
        tx.remove(spec, row.id)
        return texts_of(spec, row)

    return await desk.ctx.mirror.write(work, origin=Origin.JOB)


async def all_of(desk: Desk, spec: EntitySpec[Any]) -> list[str]:
    return await desk.ctx.mirror.read(lambda r: sorted(row.id for row in r.find(spec)))


AT_SITES = [n for n in generic.EDITABLE if BY_NAME[n].scope is Scope.SITE and n not in {*MAKING, SITE.name}]
"""Kinds that are written as they are: what is made by a verb of its own is no equipment, and has rules of its own."""


async def test_dev_09_every_way_to_add_a_row_of_any_kind_asks_the_plan(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if each kind were a premium one: so no kind, and no way to write one, can be forgotten."""
    monkeypatch.setattr(plans, "ROWS", dict.fromkeys(AT_SITES, Feature.CAMERAS))
    asked = 0
    for spec in (BY_NAME[name] for name in AT_SITES):
        texts = await typed(desk, spec)
        site_id = texts.get("site_id", "")
        before = await all_of(desk, spec)
        with pytest.raises(UserError, match="needs a premium plan; the plan is basic") as caught:
            await generic.put_row(desk.ctx, spec, texts)
        assert caught.value.code == "plan.basic", spec.name
        if spec.name in equipment.EVERY:
            asked += 1
            fields = {field: text for field, text in texts.items() if field != "site_id"}
            with pytest.raises(UserError, match="premium plan"):
                await equipment.save_equipment(desk.ctx, spec.name, fields, site_id=site_id)
        assert await all_of(desk, spec) == before, spec.name
    assert asked == len(equipment.EVERY)
    monitor = await desk.ctx.mirror.write(lambda tx: plant(tx, RELAY_CONTROLLER), origin=Origin.JOB)
    with pytest.raises(UserError, match="premium plan"):
        await equipment.fill_relays(desk.ctx, monitor.id)


@pytest.mark.parametrize("name", sorted(plans.ROWS))
async def test_dev_09_what_the_plan_no_longer_gives_is_not_brought_back_either(
    desk: Desk, name: str, hand_clock: HandClock
) -> None:
    """Taken back while the plan was premium, done again after it has expired: said with the reason."""
    spec = BY_NAME[name]
    until = hand_clock.now() + timedelta(hours=1)
    await change_site(desk.ctx, site_id=desk.site.id, plan=Plan.PREMIUM, plan_until=until)
    texts = {field: text for field, text in (await typed(desk, spec)).items() if field != "site_id"}
    row = await equipment.save_equipment(desk.ctx, name, texts, site_id=desk.site.id)
    added = undo.next_undo(await undo.undo_entries(desk.ctx))
    assert added is not None
    back = await undo.undo(desk.ctx, added.id)
    assert back.changed
    hand_clock.advance(3600)
    report = await undo.undo(desk.ctx, back.undo_id)
    assert not report.changed
    assert "premium plan has expired" in report.cannot[0].why
    assert row.id not in await all_of(desk, spec)
    with pytest.raises(UserError, match="has expired"):
        await generic.put_row(desk.ctx, spec, {**texts, "site_id": desk.site.id})
