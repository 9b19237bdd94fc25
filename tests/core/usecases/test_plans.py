"""What a basic plan and one that has expired forbid, feature by feature and kind of site by kind of site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import UserError
from core.entities.device import DEVICE
from core.entities.site import SITE, Plan, SiteKind, VideoPlan
from core.rules.plans import Feature, plan_forbids
from core.store.changes import Origin
from core.usecases import generic
from core.usecases.apartments import change_apartment, edit_apartments
from core.usecases.places import add_site
from core.usecases.sites import change_site
from tests.core.usecases.conftest import Desk
from tests.factories import make
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
