"""The tabs of a device: settings and relays by the catalogue, drift, checks, remote acts, the swap of a dead unit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from core.base.errors import UserError
from core.entities.device import DEVICE, DeviceState, RelayFunction
from core.entities.organisation import Role
from core.rules.maintenance import SIP_NUMBER_KEY, TRANSPORT_KEY, Transport, button_key
from core.usecases.devices import set_extra
from desktop.models.checks import manual_lines, measured_lines
from desktop.models.detail import load_detail
from desktop.models.devices import free_macs
from desktop.models.remote import called_numbers, transport_of, typed_numbers
from desktop.qt.run import tasks
from desktop.views.device_relays import ControllerCard
from desktop.views.device_settings import device_draft
from desktop.views.device_swap import SwapDialog
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import KeyValues
from desktop.views.widgets.paragraph import Paragraph
from tests.desktop.fixtures_window import Drive, Opened, Scene, until
from tests.desktop.furnish_equipment import furnish_controller
from tests.desktop.furnish_window import Furnished

Stage = Callable[[Scene], None]
R29, X915, MONITOR = 2, 0, 8


async def rows(made: Furnished, spec: object, **where: object) -> list[object]:
    return await made.mirror.read(lambda r: r.find(spec, **where))  # type: ignore[arg-type]


async def idle() -> None:
    await until(lambda: not len(tasks()))


def test_what_a_device_or_a_manager_cannot_change_is_locked_and_says_why(
    drive: Drive[None], furnished: Furnished
) -> None:
    async def work() -> None:
        ctx = furnished.ctx
        old = await load_detail(ctx, furnished.devices[R29].id)
        monitor = await load_detail(ctx, furnished.devices[MONITOR].id)
        draft = device_draft(old, Role.INSTALLER)
        assert draft.fields["contact_display"].locked
        assert "29.30.10.205" in draft.fields["contact_display"].hint
        assert not draft.fields["building_id"].locked
        assert device_draft(old, Role.MANAGER).fields["building_id"].locked
        assert {"may_monitor", "contact_display"}.isdisjoint(device_draft(monitor, Role.INSTALLER).fields)

    drive(work())


def test_settings_relays_and_single_values_are_saved_and_wanted(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        made = opened.made
        device = made.devices[R29]
        page = await opened.page("devices", device.id)
        view = page.view
        view.show_tab("settings")
        card = view.settings.card
        card.draft.set_text("name", "Bicycle room south")
        card.draft.set_text("may_call", "no")
        card.bar.save_now()
        await until(lambda: view.detail.device.name == "Bicycle room south")
        assert view.detail.device.may_call is False
        view.settings.key.setText("Config.DoorSetting.RTSP.Enable")
        view.settings.value.setText("1")
        view.settings.want()
        await until(lambda: [s.key for s in view.detail.settings] == ["Config.DoorSetting.RTSP.Enable"])
        view.settings.key.setText("no key")
        view.settings.want()
        await idle()
        assert "Config" in view.settings._key_field.error
        view.show_tab("relays")
        relay = view.detail.relays[0]
        view.relays.edit(relay.id)
        view.relays.card.draft.set_text("methods", "face;card")
        view.relays.card.bar.save_now()
        await until(lambda: set(view.detail.relays[0].methods) == {"face", "card"})
        group = view.detail.groups[0][0]
        view.relays._hold(relay.id, group, True)
        await until(lambda: view.detail.holds == ((relay.id, group),))
        await opened.settle()

    stage(scene)


def test_dev_04_an_indoor_monitors_page_has_arming_its_built_in_relay_and_its_controller(
    stage: Stage,
) -> None:
    """DEV-04: arming is set, the built-in relay gets its function and is switched off, the controller is named with its
    relays and leads to where they are set up; a door phone has none of this.
    """

    async def scene(opened: Opened) -> None:
        made = opened.made
        hung = await furnish_controller(made)
        assert hung is not None
        page = await opened.page("devices", hung.device_id)
        view = page.view
        view.show_tab("settings")
        view.settings.card.draft.set_text("arming", "yes")
        view.settings.card.bar.save_now()
        await until(lambda: view.detail.device.arming)
        view.show_tab("relays")
        [relay] = view.detail.relays
        view.relays.edit(relay.id)
        assert set(view.relays.card.draft.fields) == {"name", "function", "enabled"}
        for name, text in (("name", "Hall lamp"), ("function", "light"), ("enabled", "no")):
            view.relays.card.draft.set_text(name, text)
        view.relays.card.bar.save_now()
        await until(lambda: view.detail.relays[0].function is RelayFunction.LIGHT)
        assert not view.detail.relays[0].enabled
        shown = words_of(view.relays)
        assert {"Function", "Lamp", "HF-8000", "1 · Stair light", "2 · Garage gate"} <= shown, shown
        card = view.relays.findChild(ControllerCard)
        next(b for b in card.findChildren(Button) if b.label() == "Set up its relays").click()
        await until(lambda: opened.frame.page is not None and opened.frame.page.key == "equipment")
        equipment: Any = opened.frame.page
        await until(lambda: [x.name for x in equipment.stock.lines] == ["Stair light", "Garage gate"])
        page = await opened.page("devices", made.devices[R29].id)
        page.view.show_tab("relays")
        assert page.view.relays.findChild(ControllerCard) is None
        assert "arming" not in page.view.settings.card.draft.fields

    stage(scene)


def test_dev_06_the_info_page_has_owner_type_sip_number_door_sensor_connection_and_when_it_answered(
    stage: Stage,
) -> None:
    """DEV-06, DEV-19: what is known of it, read anew by "Read now", and what waits for a firmware."""

    async def scene(opened: Opened) -> None:
        made = opened.made
        device = made.devices[R29]
        page = await opened.page("devices", device.id)
        view = page.view
        held = made.gateway.by_url[view.detail.device.address]
        facts = facts_of(view.overview)
        assert facts["Type"] == "Multi-tenant door phone"
        assert (facts["SIP number"], facts["Door sensor"]) == ("not read yet", "none")
        assert (facts["Connection type"], facts["Status"]) == ("as it is", "Online")
        assert {"Place", "Model", "MAC", "Address", "Firmware", "Hardware", "Last connected"} <= set(facts)
        held.settings[SIP_NUMBER_KEY] = "6100100401"
        await set_extra(made.ctx, device_id=device.id, key=TRANSPORT_KEY, value="1")
        view.do("read")
        await until(lambda: facts_of(view.overview)["SIP number"] == "6100100401")
        assert facts_of(view.overview)["Connection type"] == "TCP"
        assert any("29.30.10.205" in words for words in words_of(view.overview)), (
            "contact display waits for it"
        )
        page = await opened.page("devices", made.devices[MONITOR].id)
        await until(lambda: page.view.detail is not None)
        monitor = facts_of(page.view.overview)
        assert monitor["Type"] == "Indoor monitor"
        assert "Door sensor" not in monitor
        assert monitor["Owner"], "who lives in its apartment"

    stage(scene)


def words_of(widget: QWidget) -> set[str]:
    """Every text that a widget shows."""
    labels, paragraphs = widget.findChildren(QLabel), widget.findChildren(Paragraph)
    return {x.text() for x in labels} | {x.text() for x in paragraphs}


def facts_of(widget: QWidget) -> dict[str, str]:
    """The facts that lists of facts in a widget show, value by label."""
    found: dict[str, str] = {}
    for facts in widget.findChildren(KeyValues):
        grid = facts.layout()
        assert isinstance(grid, QGridLayout)
        for line in range(grid.rowCount()):
            label, value = (item.widget() for at in (1, 2) if (item := grid.itemAtPosition(line, at)))
            assert isinstance(label, QLabel)
            assert isinstance(value, Paragraph)
            found[label.text()] = value.text()
    return found


def test_drift_is_accepted_or_put_back_and_a_baseline_goes_round(stage: Stage, tmp_path: Path) -> None:
    async def scene(opened: Opened) -> None:
        made = opened.made
        device = made.devices[X915]
        held = made.gateway.by_url[device.address or "http://192.168.10.11"]
        page = await opened.page("devices", device.id)
        view = page.view
        held.settings["device_name"] = "Front door"
        view.show_tab("drift")
        view.drift.compare()
        await idle()
        assert [d.subject for d in view.drift.drifts] == ["device_name"]
        assert view.drift.accept_button.reason == ""
        view.drift.accept()
        await until(lambda: view.detail.device.name == "Front door")
        await idle()
        assert view.drift.drifts == []
        held.settings = {"Config.DoorSetting.RTSP.Enable": "1"}  # a real device tells its own keys only
        path = tmp_path / "baseline.json"
        await view.drift.write_baseline(path)
        held.settings["Config.DoorSetting.RTSP.Enable"] = "0"
        await view.drift.read_against(path)
        assert [(d.has, d.wanted) for d in view.drift.drifts] == [("0", "1")]
        assert view.drift.put_button.reason
        path.write_text("{}")
        with pytest.raises(UserError, match="no baseline"):
            await view.drift.read_against(path)
        await opened.settle()

    stage(scene)


def test_the_check_list_fills_itself_and_a_tick_by_hand_says_who(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices", opened.made.devices[X915].id)
        view = page.view
        view.show_tab("checks")
        assert {x.mark for x in view.checks.lines if x.key == "powered"} == {"todo"}
        view.checks.measure()
        await idle()
        marks = {x.key: x.mark for x in view.checks.lines}
        assert (marks["powered"], marks["registered"], marks["clock"]) == ("proved", "proved", "differs")
        view.checks._tick("call", True)
        [ticked] = [x for x in view.checks.lines if x.ticked]
        assert ticked.note.startswith("Tor Ostby, ")
        assert ticked.mark == "todo", "a tick by hand never looks like a measurement"
        view.checks._tick("call", False)
        assert not any(x.ticked for x in view.checks.lines)
        await opened.settle()

    stage(scene)


def test_dev_07_a_line_is_a_button_and_what_a_device_holds_is_shown_in_their_order() -> None:
    assert typed_numbers("101; 102\n\n103 \n") == {1: ["101", "102"], 2: [], 3: ["103"]}
    assert typed_numbers(" ") == {}
    assert called_numbers({button_key(1): "101;102", button_key(3): "103"}) == [["101", "102"], [], ["103"]]
    assert called_numbers({}) == []
    assert transport_of({TRANSPORT_KEY: "1"}) is Transport.TCP
    assert transport_of({TRANSPORT_KEY: "7"}) is transport_of({}) is None


def test_remote_acts_want_the_connection_and_send_commands(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        device = opened.made.devices[R29]
        page = await opened.page("devices", device.id)
        remote = page.view.remote
        page.view.show_tab("remote")
        assert remote.send.reason
        remote.want_transport(Transport.TLS)
        await until(lambda: remote.transport.current() == Transport.TLS)
        remote.text.setPlainText("Config.DoorSetting.RTSP.Enable = 1\nConfig.DoorSetting.RTSP.Enable = 1")
        assert not remote.send.reason
        remote.send_text()
        await until(lambda: len(page.view.detail.settings) == 2)
        await until(lambda: remote.text.toPlainText() == "")
        remote.show_picture(b"no picture")
        assert "no picture" in remote._picture_words.accessibleName()
        await opened.settle()

    stage(scene)


def test_a_swap_shows_what_goes_along_and_refuses_a_mac_of_somebody_else(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        ctx = opened.desk.ctx
        device = opened.made.devices[R29]
        await set_extra(ctx, device_id=device.id, key="Config.DoorSetting.RTSP.Enable", value="1")
        detail = await load_detail(ctx, device.id)
        free = await free_macs(ctx)
        dialog = SwapDialog(opened.desk, opened.window, detail, free)
        assert dialog.swap.reason
        dialog.mac.setText(opened.made.devices[X915].mac)
        dialog._ask()
        await idle()
        assert "already" in dialog.mac_field.error
        dialog._take(free[0][0])
        await idle()
        assert dialog.plan is not None
        assert dialog.plan.mac == free[0][0]
        assert not dialog.swap.reason
        dialog.deleteLater()
        assert (await rows(opened.made, DEVICE, id=device.id))[0].state is DeviceState.COMMISSIONED  # type: ignore[attr-defined]

    stage(scene)


def test_a_list_without_a_look_says_that_nothing_was_measured(
    drive: Drive[None], furnished: Furnished
) -> None:
    async def work() -> None:
        detail = await load_detail(furnished.ctx, furnished.devices[R29].id)
        lines = measured_lines(detail, (), None, furnished.ctx.clock.now(), "Europe/Madrid")
        by_key = {x.key: x for x in lines}
        assert by_key["clock"].mark == "todo"
        assert by_key["firmware"].mark == "differs"
        assert by_key["setting"].mark == "refused"
        assert "HoldDelayB" in by_key["setting"].remedy
        assert by_key["relay:1"].mark == "todo"
        assert [x.ticked for x in manual_lines({"call": "Tor"})][:2] == [True, False]

    drive(work())
