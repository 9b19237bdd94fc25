"""Every entry of the portals' menus has its place here, or says why not; the palette and docs/pages.md tell it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.base.ids import new_id
from core.entities.event import DOOR_EVENT, DoorEvent, EventSource
from core.entities.organisation import Role
from core.store.changes import Origin
from core.store.tx import Tx
from desktop.views import menu_map, registry
from desktop.views.menu_map import MENUS, Stop, menu_of, places_of
from desktop.views.policy_sheet import PolicySheet
from tests.desktop.fixtures_window import Opened, Scene, until
from tests.desktop.furnish_desk import as_manager
from tests.desktop.furnish_window import Furnished
from tests.desktop.owning import OwningDoor

Stage = Callable[[Scene], None]
PAGES = Path(__file__).resolve().parents[3] / "docs" / "pages.md"
INSTALLER = {
    "Dashboard", "Sites", "Users: property managers, sub-installers", "Firmware", "Upgrade", "Message",
    "MAC library", "Subscriptions, payments, automatic payments", "Integration", "Setting: coupon details",
    "Setting: time zone", "Setting: billing information", "Setting: customer service", "Setting: account setting",
    "Setting: log setting", "Setting: single-family e-mail", "Setting: notification", "Notification centre",
    "Privacy policy",
}  # fmt: skip
OFFICE = {
    "Project type at the top left", "Dashboard: offices", "Dashboard: PM list, sub-accounts",
    "Dashboard: template download and import", "People", "Device", "Firmware", "Upgrade", "MAC library",
    "Subscriptions, payments, automatic payments", "Support & service", "A way to the smart-home portal",
    "Account matters under the account name",
}  # fmt: skip
MANAGER = {
    "Dashboard", "Apartments", "Residents", "Visitor & staff: temporary keys", "Visitor & staff: delivery",
    "Visitor & staff: staff", "Visitor & staff: ID access", "Access group", "Logs", "Alarm records",
    "Smart parking", "Library", "Messages", "Devices: intercoms", "Devices: smart locks", "Devices: third-party",
    "Devices: screen saver", "Bookings", "Subscriptions and Payments (where the PM pays)",
    "Settings: basic, time, advanced, emergency", "User agreement",
}  # fmt: skip
TOP = {"Top: Unlock/Lock", "Top: site", "Top: Link site", "Top: account", "Top: Log out"}


def _pages(role: Role) -> set[str]:
    return {entry.key for _, members in registry.entries_of(role) for entry in members}


def _table(stops: list[Stop], role: Role) -> str:
    titles = {e.key: e.title() for _, members in registry.entries_of(role) for e in members}
    lines = ["| entry of the portal | here | how |", "|---|---|---|"]
    for stop in stops:
        here = f"page {titles[stop.page]}" if stop.page else f"act `{stop.act}`" if stop.act else "—"
        lines.append(f"| {stop.name} | {here} | {stop.why or stop.where} |")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        pytest.param(0, INSTALLER, id="acc-15"),
        pytest.param(1, OFFICE, id="acc-16"),
        pytest.param(2, MANAGER, id="acc-17"),
        pytest.param(3, TOP, id="acc-17-top"),
    ],
)
def test_every_entry_of_a_portals_menu_is_a_page_or_says_why_not(
    qapp: object, number: int, wanted: set[str]
) -> None:
    """ACC-15, ACC-16, ACC-17: entry by entry; the tables of docs/pages.md are these."""
    heading, role, make = MENUS[number]
    stops = make()
    assert {stop.name for stop in stops} == wanted
    assert len(stops) == len(wanted)
    for stop in stops:
        assert bool(stop.page) + bool(stop.act) + bool(stop.why) == 1, stop.name
        assert not stop.page or stop.page in _pages(Role(role)), f"{stop.name}: no page {stop.page}"
    text = PAGES.read_text(encoding="utf-8")
    assert f"## {heading}\n\n{_table(stops, Role(role))}\n" in text, f"docs/pages.md: {heading}"


def _follow(stage: Stage, role: Role, door_role: str) -> list[str]:
    """Go to each place of a role by the palette; gives those that were reached."""
    reached: list[str] = []

    async def scene(opened: Opened) -> None:
        opened.station.door = OwningDoor(opened.made.site.id, door_role)
        acts = {act.key for act in opened.window.acts.acts()}
        for stop in menu_of(role):
            assert not stop.act or stop.act in acts, f"{stop.name}: no act {stop.act}"
        glue = opened.window.palette_glue
        assert glue is not None
        stops = list(places_of(role))
        for number, (_, stop) in enumerate(stops):
            glue._do(f"place:{number}")
            page: Any = opened.frame.page_of(stop.page)
            assert opened.frame.nav.here == stop.page, stop.name
            await opened.settle()
            if stop.target in {"privacy", "terms"}:
                await until(partial(opened.window.findChildren, PolicySheet), what=stop.name)
                sheet = opened.window.findChildren(PolicySheet)[0]
                assert "Gatewright keeps" in sheet.text.toPlainText()
                sheet.close_button.click()
            elif stop.page == "settings":
                assert page.tab == stop.target
            elif stop.page == "equipment" and stop.target:
                assert page.kind == stop.target
            elif stop.page == "firmware" and stop.target:
                assert page.tabs.current() == stop.target
            reached.append(stop.name)
        await opened.settle()

    stage(scene)
    return reached


def test_acc_15_an_installer_gets_to_each_place_by_its_old_name(stage: Stage) -> None:
    """ACC-15, ACC-16: the palette leads into the page, at the tab or text that is meant."""
    reached = _follow(stage, Role.INSTALLER, "installer")
    assert {"Upgrade", "Setting: billing information", "Privacy policy"} <= set(reached)


def test_acc_17_a_manager_gets_to_each_place_by_its_old_name(stage: Stage, furnished: Furnished) -> None:
    """ACC-17: the same for a manager; pages of the installer are not among them."""
    as_manager(furnished)
    reached = _follow(stage, Role.MANAGER, "manager")
    assert {"Alarm records", "Devices: screen saver", "Top: Link site", "User agreement"} <= set(reached)


def test_alarm_records_are_the_alarms_of_the_door_log(stage: Stage, furnished: Furnished) -> None:
    """ACC-17, ALM-01: tampering and forced doors, in words; nothing that is no alarm."""
    as_manager(furnished)

    async def scene(opened: Opened) -> None:
        ctx, device = opened.desk.ctx, opened.made.devices[0]
        events = [
            DoorEvent(
                id=new_id(),
                scope_id=opened.made.site.id,
                device_id=device.id,
                at=ctx.clock.now(),
                source=EventSource.CALL,
                event=event,
            )
            for event in ("tamper", "break_in_b", "input_a_triggered")
        ]

        def work(tx: Tx) -> None:
            for event in events:
                tx.put(DOOR_EVENT, event)

        await ctx.mirror.write(work, origin=Origin.PULL, act="Read")
        page = await opened.page("door_log", menu_map.ALARM_RECORDS)
        await until(lambda: page.log.is_settled and page.log.shown == 2)
        shown = {page.log.columns[4].text(page.log.object_at(row)) for row in range(2)}
        assert shown == {"tamper alarm", "door B was forced"}

    stage(scene)
