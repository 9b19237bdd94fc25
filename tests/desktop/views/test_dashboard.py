"""The installer's dashboard: what is counted, where a need leads, and its charts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from core.base.ids import new_id
from core.entities.event import DOOR_EVENT, DoorEvent, EventSource
from core.entities.site import Plan
from core.store.changes import Origin
from core.usecases.sites import change_site
from desktop.models.dashboard import load_dashboard
from desktop.qt.theme import Theme
from desktop.views.widgets.buttons import LinkButton
from desktop.views.widgets.charts import ColumnChart, ColumnData, nice_top
from tests.desktop.cloud_window import make_trouble
from tests.desktop.fixtures_window import Drive, Opened, Scene, until
from tests.desktop.furnish_window import Furnished

Stage = Callable[[Scene], None]


async def ring(made: Furnished, *, worked: bool, days_ago: int = 0) -> None:
    """A door told something."""
    device = made.devices[0]
    event = DoorEvent(
        id=new_id(),
        scope_id=device.scope_id,
        device_id=device.id,
        at=made.ctx.clock.now() - timedelta(days=days_ago),
        source=EventSource.LOG,
        event="opened",
        worked=worked,
    )
    await made.mirror.write(lambda tx: tx.put(DOOR_EVENT, event), origin=Origin.PULL, act="Fill")


def test_everything_is_counted_over_all_sites(drive: Drive[None], furnished: Furnished) -> None:
    async def work() -> None:
        ctx = furnished.ctx
        await make_trouble(furnished)
        soon = ctx.clock.now() + timedelta(days=5)
        await change_site(ctx, site_id=furnished.site.id, plan=Plan.PREMIUM, plan_until=soon)
        for worked, days in ((True, 0), (True, 0), (False, 1), (True, 40)):
            await ring(furnished, worked=worked, days_ago=days)
        found = await load_dashboard(ctx, furnished.site.id, "Europe/Madrid")
        assert (found.devices, found.commissioned, found.free_macs) == (10, 8, 31)
        assert found.proved < found.items
        keys = [n.key.partition(":")[0] for n in found.needs]
        assert keys == ["tray", "items", "lan", "planned", "plan"]
        assert [n.mark for n in found.needs][:2] == ["refused", "refused"]
        assert found.doors[-1].parts == {"proved": 2}
        assert found.doors[-2].parts == {"refused": 1}
        assert sum(sum(d.parts.values()) for d in found.doors) == 3, "what is older is not shown"
        assert sum(sum(d.parts.values()) for d in found.jobs) == 10

    drive(work())


def test_the_chosen_sites_devices_stand_with_the_least_proved_first(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("dashboard")
        worst = page.shown.worst
        left = [one.items - one.proved for one in worst]
        assert len(worst) == 10
        assert left == sorted(left, reverse=True)
        assert left[0] > 0
        total = next(s for s in page.shown.sites if s.site.id == opened.made.site.id)
        assert sum(one.items for one in worst) == total.items
        assert sum(one.proved for one in worst) == total.proved
        named = next(link for link in page.findChildren(LinkButton) if link.text() == worst[0].name)
        named.click()
        await until(lambda: opened.frame.nav.here == "devices")
        other = next(x for x in opened.desk.sites.lines if x.site.name == "Larch Offices")
        opened.desk.sites.choose(other.site.id)
        page = await opened.page("dashboard")
        await until(lambda: page.shown.worst == ())

    stage(scene)


def test_a_need_leads_to_its_page_at_its_site_and_the_page_counts_again(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("dashboard")
        assert opened.frame.page_keys()[0] == "dashboard", "an installer begins here"
        before = page.shown.needs
        other = next(x for x in opened.desk.sites.lines if x.site.name == "Larch Offices")
        opened.desk.sites.choose(other.site.id)
        await opened.settle()
        items = next(n for n in page.shown.needs if n.key.startswith("items:"))
        page.follow(items)
        await until(lambda: opened.frame.nav.here == "devices")
        assert opened.desk.sites.site_id == opened.made.site.id
        await make_trouble(opened.made)
        page = await opened.page("dashboard")
        await until(lambda: len(page.shown.needs) > len(before))
        assert page.shown.needs[0].key == "tray"
        assert opened.desk.badges.of("dashboard").needs
        await until(lambda: opened.desk.sites.site_id == opened.made.site.id)
        await opened.settle()

    stage(scene)


def test_a_column_says_its_figures_and_the_scale_is_round(qapp: QApplication, theme: Theme) -> None:
    assert [nice_top(n) for n in (0.5, 1, 3, 7, 11, 200, 201)] == [1, 1, 5, 10, 20, 200, 500]
    chart = ColumnChart(name="Jobs")
    chart.resize(400, 132)
    chart.set_columns([ColumnData("1.1.", {"proved": 3}, "1.1. 3 proved"), ColumnData("2.1.", {})])
    assert chart.accessibleDescription() == "1.1. 3 proved"
    assert chart.column_at(QPoint(100, 40)) == 0
    assert chart.column_at(QPoint(390, 40)) == 1
    assert chart.column_at(QPoint(2, 40)) == -1
    assert not chart.grab().isNull()
