from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from core.base.verdict import Verdict
from core.entities.device import DeviceState
from core.usecases.desired import device_status
from core.usecases.maclib import remove_mac
from desktop.models.lan import LanState
from desktop.views.adopt_panel import FactsPanel
from desktop.views.widgets.paragraph import Paragraph
from tests.desktop.fakes_window import FakeDevice
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]
NEW = "0C11052A7F0A"


def _line(page: Any, mac: str) -> Any:
    return next(x for x in page.rows.all_rows() if x.mac == mac)


async def _open(opened: Opened, mac: str = NEW) -> Any:
    page = await opened.page("lan")
    page.pane.show_key(mac)
    page.open_panel(page.pane.current())
    await opened.settle()
    return page


def test_new_devices_stand_first_and_each_line_says_what_can_be_done(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("lan")
        groups = [page.rows.row_look(r).group for r in range(page.rows.rowCount())]
        assert [g.title for g in groups if g] == ["New on this LAN", "Tamarind Court", "Other answers"]
        assert _line(page, NEW).state is LanState.READY
        assert _line(page, "0C11052A7F0B").state is LanState.NOT_OURS
        assert "not in your library" in _line(page, "0C11052A7F0B").obstacle
        assert _line(page, "0C11052A7F04").state is LanState.UNSEEN
        assert page.notice.isVisible()

    stage(scene)


def test_adopting_binds_sets_up_and_proves_with_the_steps_beside_the_list(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await _open(opened)
        flow, building = page.flow, opened.made.buildings[0]
        assert [s.mark for s in flow.steps()] == ["todo"] * 5
        page._adopting.adopt()
        assert flow.draft.fault("name") == "Name is missing."
        flow.draft.set_text("name", "North gate")
        flow.draft.set_text("building_id", building.id)
        flow.draft.set_text("relays", "Gate;Barrier")
        page._adopting.adopt()
        await until(lambda: flow.status is not None, what="the job does not end")
        assert [s.mark for s in flow.steps()] == ["proved"] * 5
        assert flow.device.state is DeviceState.COMMISSIONED
        status = await device_status(opened.made.ctx, flow.device.id)
        assert status.verdict() is Verdict.PROVED
        await until(lambda: _line(page, NEW).state is LanState.HERE)
        assert page.panel.isVisible()
        assert _line(page, NEW).words == "Building A · North gate"

    stage(scene)


def test_the_steps_move_while_the_job_runs_and_it_can_be_stopped(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        gateway = opened.made.gateway
        gateway.gate = asyncio.Event()
        page = await _open(opened)
        flow = page.flow
        flow.draft.set_text("name", "North gate")
        flow.draft.set_text("building_id", opened.made.buildings[0].id)
        panel = page._adopting
        panel.adopt()
        await until(lambda: any(s.mark == "running" and "settings" in s.title for s in flow.steps()))
        assert flow.headline()[0] == "Working"
        assert opened.frame.header.jobs.badge == "1"
        panel._act("stop")
        gateway.gate.set()
        await until(lambda: flow.over)
        await until(lambda: flow.status is not None)
        assert flow.status.verdict() is not Verdict.PROVED

    stage(scene)


def test_a_closed_device_shows_the_reason_and_the_way_to_open_it(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        closed = FakeDevice("0C11052A8001", "R29", "29.30.10.438", "http://192.168.10.40", blocked=True)
        opened.made.scanner.devices.append(closed)
        page = await opened.page("lan")
        page.sweep.toggle()
        await until(lambda: not page.sweep.busy)
        await until(lambda: any(x.mac == closed.mac for x in page.rows.all_rows()))
        await opened.settle()
        page.pane.show_key(closed.mac)
        page.open_panel(page.pane.current())
        facts = page.panel.findChildren(FactsPanel)[-1]
        words = " ".join(w.text() for w in facts.findChildren(Paragraph))
        assert "allow-list" in words
        assert "Open http://192.168.10.40 in a browser" in words
        page._adopt_chosen()
        assert page.flow is None

    stage(scene)


def test_a_sweep_counts_what_answers_and_can_be_stopped(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("lan")
        opened.made.scanner.gate = asyncio.Event()
        page.do("sweep")
        await until(lambda: page.button("sweep").label() == "Stop the sweep")
        await until(lambda: page.button("range").reason == "A sweep is running.")
        page.do("sweep")
        await until(lambda: not page.sweep.busy)
        assert page.button("sweep").label() == "Sweep again"
        opened.made.scanner.gate.set()
        page.do("sweep")
        await until(lambda: "swept" in page.sweep.words)

    stage(scene)


def test_a_name_that_is_taken_is_said_beside_its_field(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await _open(opened)
        flow = page.flow
        flow.draft.set_text("name", "x" * 64)
        assert "at most 63" in flow.draft.fault("name")
        flow.draft.set_text("name", "Gate")
        flow.draft.set_text("relays", "a;b;c;d")
        assert flow.draft.fault("relays") == "A R29 has 3 relays; 4 are named."
        assert page._adopting.form.fields["relays"].error.startswith("A R29 has 3")

    stage(scene)


def test_the_mac_library_is_asked_again_at_the_last_moment(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await _open(opened)
        flow = page.flow
        await remove_mac(opened.made.ctx, NEW)
        flow.draft.set_text("name", "North gate")
        page._adopting.adopt()
        await until(lambda: flow.draft.general or flow.draft.faults())
        assert "not in your library" in flow.draft.general

    stage(scene)
