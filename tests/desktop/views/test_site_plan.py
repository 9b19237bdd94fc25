"""The plan of the doors in the window: drawn by itself, arranged by hand and by keys, over a drawing; its panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.entities.organisation import Role
from core.entities.plan import PLAN_DOOR
from core.entities.task import TASK
from core.usecases import floor_plans
from core.usecases.context import Actor
from desktop.models.site_plan import DoorState
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]


async def plan_page(opened: Opened) -> Any:
    """The page Doors with its plan."""
    page = await opened.page("doors")
    page.do("plan")
    await until(lambda: not page.plan.busy and page.plan.canvas.spots)
    return page


async def _placed(opened: Opened) -> dict[str, tuple[int, int]]:
    rows = await opened.made.mirror.read(lambda r: r.find(PLAN_DOOR))
    return {row.relay_id: (row.x, row.y) for row in rows}


def test_a_door_on_the_plan_opens_its_panel_and_is_the_one_that_acts_are_about(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await plan_page(opened)
        lines = page.rows.all_rows()
        assert set(page.plan.canvas.spots) == {x.relay.id for x in lines}
        gym = next(x for x in lines if x.device.name == "Gym")
        spot = page.plan.canvas.spots[gym.relay.id]
        assert "Gym" in spot.accessibleName()
        assert page.doors_chosen() == []
        spot.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(spot, Qt.Key.Key_Return)
        assert page.shown_row.relay.id == gym.relay.id
        page.hold(gym, 600, 10)
        await until(lambda: page.plan.states()[gym.relay.id] is DoorState.HELD)
        page.close_panel()
        assert page.plan.canvas.here() == gym.relay.id
        moved = [
            k for k in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Down) if _turns(page, gym.relay.id, k)
        ]
        assert moved, "no arrow leads away"
        assert await opened.made.mirror.read(lambda r: r.find(TASK)) == []

    desk_stage(scene)


def _turns(page: Any, here: str, key: Qt.Key) -> bool:
    QTest.keyClick(page.plan.canvas.spots[here], key)
    away = bool(page.plan.canvas.here() != here)
    page.plan.canvas.spots[here].setFocus(Qt.FocusReason.TabFocusReason)
    return away


def test_doors_are_arranged_by_dragging_and_by_keys_and_taken_back(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await plan_page(opened)
        key = next(iter(page.plan.canvas.spots))
        _drag(page.plan.canvas.spots[key], 40, 0)
        assert await _placed(opened) == {}, "a door moved that nobody arranges"
        page.plan.arrange.click()
        _drag(page.plan.canvas.spots[key], 60, 30)
        await until(lambda: page.plan.drawing.key and not page.plan.busy)
        before = (await _placed(opened))[key]
        spot = page.plan.canvas.spots[key]
        QTest.keyClick(spot, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
        await until(lambda: page.plan.canvas.spots[key] is not spot)
        assert (await _placed(opened))[key] == (before[0] + 100, before[1])
        opened.desk.undoing.refresh()
        await opened.settle()
        opened.window.acts.do("undo")
        await opened.settle()
        assert (await _placed(opened))[key] == before

    desk_stage(scene)


def _drag(spot: Any, dx: int, dy: int) -> None:
    start = spot.middle()
    far = QApplication.startDragDistance() + 1
    QTest.mousePress(spot, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(spot, start + QPoint(far, 0))
    QTest.mouseMove(spot, start + QPoint(dx - far, dy))
    QTest.mouseRelease(spot, Qt.MouseButton.LeftButton, pos=start)


def test_a_drawing_is_shown_with_its_doors_and_the_rest_is_offered(desk_stage: Stage, tmp_path: Path) -> None:
    async def scene(opened: Opened) -> None:
        page = await plan_page(opened)
        image = QImage(640, 400, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        file = tmp_path / "floor.png"
        assert image.save(str(file))
        ctx, site = opened.made.ctx, opened.made.site.id
        made = await floor_plans.add_plan(ctx, site_id=site, name="Ground floor", picture=file)
        page.plan._took(made)
        await until(lambda: page.plan.canvas.image is not None)
        total = len(page.rows.all_rows())
        assert (page.plan.canvas.spots, len(page.plan.drawing.absent)) == ({}, total)
        assert page.plan.absent.isVisible()
        offers = page.plan.offers()
        assert len(offers) == total
        offers[0].run()
        await until(lambda: len(page.plan.canvas.spots) == 1)
        assert list((await _placed(opened)).values()) == [(5000, 5000)]
        assert ctx.blobs.path(page.plan.drawing.plan.picture) == page.plan.drawing.file
        ctx.blobs.path(page.plan.drawing.plan.picture).unlink()
        page.plan.refresh()
        await until(lambda: page.plan.drawing.waits)
        assert page.plan.note.text().startswith("The drawing has not arrived")

    desk_stage(scene)


@pytest.mark.parametrize("role", [Role.DISTRIBUTOR])
def test_who_may_not_set_sites_sees_the_plan_and_why_it_stays(desk_stage: Stage, role: Role) -> None:
    async def scene(opened: Opened) -> None:
        page = await plan_page(opened)
        me = opened.made.ctx.me
        opened.made.ctx.actor = Actor(me.account_id, me.org_id, role, me.name)
        page.plan._show(page.plan.drawing)
        assert "may not" in page.plan.arrange.reason or "cannot" in page.plan.arrange.reason
        assert not page.plan.add.isEnabled() or page.plan.add.reason

    desk_stage(scene)
