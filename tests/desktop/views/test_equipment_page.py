"""The page Equipment: listed, added, changed, removed and taken back; a manager's part (DEV-09 to DEV-14, DEV-21)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QPushButton

from core.base.ids import new_id
from core.entities.attachment import ControllerModel, RelayController, ScreenSaver, Wiring
from core.entities.equipment import CAMERA, PANEL_UNIT
from core.entities.organisation import Role
from core.entities.site import Site, SiteKind
from core.usecases.groups import NewGroup, add_group
from desktop.models.equipment import KINDS, Stock, form_of, load_stock
from desktop.models.equipment_list import facts_of, part_words, state_of
from desktop.models.places import Places
from desktop.views.equipment_panel import BehindBox, HoldBox
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.dry_run import DryRunSheet
from tests.desktop.fixtures_desk import dialog
from tests.desktop.fixtures_window import Drive, Opened, Scene, until
from tests.desktop.furnish_equipment import PASSWORD, furnish_equipment
from tests.desktop.furnish_window import Furnished

Stage = Callable[[Scene], None]


def test_the_model_names_places_and_facts_and_never_a_password(
    drive: Drive[Any], furnished: Furnished
) -> None:
    async def work() -> None:
        await furnish_equipment(furnished)
        shown = {kind: await load_stock(furnished.ctx, kind, furnished.site.id) for kind in KINDS}
        cameras = shown["cameras"].lines
        assert [(x.name, x.building, facts_of(x.row)) for x in cameras] == [
            ("Bicycle cellar", "Building A", "rtsp://10.0.4.22:554/main"),
            ("Car park", "Building A", "rtsp://10.0.4.21:554/main"),
        ]
        assert (facts_of(shown["smart_locks"].lines[0].row), state_of(shown["smart_locks"].lines[0])) == (
            *("SL21", "80 %"),
        )
        assert [part_words(p) for p in shown["panels"].lines[0].parts] == [("Window", "Door sensor")]
        assert [(x.name, x.linked) for x in shown["panel_units"].lines] == [("Window", "Hall")]
        assert [(x.name, facts_of(x.row), state_of(x)) for x in shown["controller_relays"].lines] == [
            ("Stair light", "Relay 1 · Lamp", "on"),
            ("Garage gate", "Relay 2 · Lamp", "off"),
        ]
        assert {x.linked for x in shown["controller_relays"].lines} == {"Monitor A-0101 · HF-8000"}
        assert [(facts_of(x.row), state_of(x)) for x in shown["locks"].lines] == [
            ("iTec · 77120 · G-02", "active")
        ]
        draft = form_of("cameras", Role.INSTALLER, shown["cameras"], row=cameras[0].row)
        assert draft.text("password") == "", "a saved password is not put into a form"
        assert not draft.faults()
        draft.set_text("name", "Bicycles")
        assert draft.changes() == {"name": "Bicycles"}
        assert (await load_stock(furnished.ctx, "cameras", "")) == Stock()

    drive(work())


def test_dev_21_a_manager_changes_of_a_camera_what_the_rights_name() -> None:
    site = new_id()
    camera = CAMERA.row(
        id=new_id(),
        scope_id=site,
        site_id=site,
        name="Yard",
        address="rtsp://10.0.0.9:554",
        user="u",
        password="p",
    )
    draft = form_of("cameras", Role.MANAGER, Stock(), row=camera)
    assert {n for n, f in draft.fields.items() if not f.locked} == {"name", "may_monitor", "terminals"}


def test_dev_04_dev_14_the_facts_of_a_controller_and_of_a_screen_saver() -> None:
    controller = RelayController(
        id="", device_id="", model=ControllerModel.HF8000, wiring=Wiring.ETHERNET, address="10.0.0.4", port=80
    )
    assert facts_of(controller, [1, 2]) == "HF-8000 · Ethernet · 2 relays"
    assert facts_of(ScreenSaver(id="", device_id="", pictures=("a", "b"))) == "Image · 2 pictures"


def test_dev_09_a_camera_is_added_checked_changed_removed_and_taken_back(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await furnish_equipment(opened.made)
        page = await opened.page("equipment")
        await until(lambda: len(page.stock.lines) == 2)
        page.do("new")
        assert page.form is not None
        for name, text in (("name", "Yard"), ("address", "rtsp://10.0.0.9"), ("user", "view")):
            page.form.draft.set_text(name, text)
        page.do("save")
        assert "rtsp://address:port" in page.form.draft.fault("address") or page.form.draft.fault("password")
        page.form.draft.set_text("password", PASSWORD)
        assert "rtsp://address:port" in page.form.draft.fault("address"), "beside its field"
        page.form.draft.set_text("address", "rtsp://10.0.0.9:554/main")
        page.do("save")
        await until(lambda: [x.name for x in page.stock.lines] == ["Bicycle cellar", "Car park", "Yard"])
        [made] = [x for x in await cameras(opened) if x.name == "Yard"]
        assert made.password == PASSWORD
        await until(lambda: page.pane.show_key(made.id))
        page.open_panel(page.pane.current())
        page.form.draft.set_text("name", "Back yard")
        page.do("save")
        await until(lambda: "Back yard" in [x.name for x in page.stock.lines])
        [changed] = [x for x in await cameras(opened) if x.name == "Back yard"]
        assert changed.password == PASSWORD, "left empty, it stays"
        await until(lambda: page.pane.show_key(made.id))
        page.do("remove")
        await press(opened, "Remove 1")
        await until(lambda: len(page.stock.lines) == 2)
        await until(
            lambda: opened.desk.undoing.back is not None and opened.desk.undoing.back.act == "Remove camera"
        )
        await opened.desk.undoing.take_back()
        await until(lambda: "Back yard" in [x.name for x in page.stock.lines])

    stage(scene)


def test_dev_13_a_panel_is_removed_with_what_is_behind_it_and_both_come_back(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await furnish_equipment(opened.made)
        page = await opened.page("equipment", "panels")
        await until(lambda: [[p.name for p in x.parts] for x in page.stock.lines] == [["Window"]])
        await until(lambda: page.pane.show_key(page.stock.lines[0].row.id))
        page.do("remove")
        await press(opened, "Remove 1")
        await until(lambda: page.stock.lines == ())
        assert await opened.made.mirror.read(lambda r: r.find(PANEL_UNIT)) == []
        await until(lambda: opened.desk.undoing.back is not None)
        await opened.desk.undoing.take_back()
        await until(lambda: [len(x.parts) for x in page.stock.lines] == [1])

    stage(scene)


def test_dev_14_a_screen_saver_takes_its_pictures_from_files_and_stays_on_its_door_phone(
    stage: Stage, tmp_path: Path
) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("equipment", "screen_savers")
        page.do("new")
        page.do("save")
        await until(lambda: "2 to 5 pictures" in page.form.draft.general)
        for name in ("one.png", "two.png"):
            (tmp_path / name).write_bytes(b"\x89PNG" + name.encode())
            page.pictures.take(tmp_path / name)
        page.do("save")
        await until(lambda: [facts_of(x.row) for x in page.stock.lines] == ["Image · 2 pictures"])
        [line] = page.stock.lines
        draft = form_of("screen_savers", Role.MANAGER, page.stock, row=line.row)
        assert [n for n, f in draft.fields.items() if f.locked] == ["device_id"]

    stage(scene)


def test_dev_21_a_manager_adds_and_removes_no_camera_and_is_told_why(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("equipment")
        acts = {act.key: act.reason() for act in page.acts()}
        assert acts["new"] == acts["remove"] == "The installer adds and removes these."

    desk_stage(scene)


def test_dev_04_relays_of_a_controller_are_added_at_once_named_and_switched_on(stage: Stage) -> None:
    """DEV-04: from the controller to its relays, all by the page; the bulk acts show a dry run and are taken back."""

    async def scene(opened: Opened) -> None:
        await furnish_equipment(opened.made)
        page = await opened.page("equipment", "relay_controllers")
        await until(lambda: [len(x.parts) for x in page.stock.lines] == [2])
        page.open_panel(page.stock.lines[0])
        button(page, BehindBox, "Add the other 2…").click()
        await press(opened, "Add 2")
        await until(lambda: [len(x.parts) for x in page.stock.lines] == [4])
        await until(lambda: bool(button(page, BehindBox, "Add…").reason))
        button(page, BehindBox, "Show").click()
        await until(lambda: page.kind == "controller_relays" and page.listing.rowCount() == 4)
        assert state_names(page) == {
            "Stair light": "on",
            "Garage gate": "off",
            "Relay 3": "off",
            "Relay 4": "off",
        }
        for row in (2, 3):
            page.pane.table.set_ticked(row, ticked=True)
        page.do_batch("yes", page.pane.ticked())
        await press(opened, "Change 2")
        await until(lambda: list(state_names(page).values()).count("on") == 3)
        await until(lambda: opened.desk.undoing.back is not None)
        await opened.desk.undoing.take_back()
        await until(lambda: list(state_names(page).values()).count("on") == 1)
        page.new_one()
        assert page.form.draft.text("number") == "5", "the next free one is offered"
        page.form.draft.set_text("name", "Lobby light")
        page.do("save")
        await until(lambda: "has 4 relays" in page.form.draft.fault("number"))

    stage(scene)


def test_dev_13_a_zigbee_device_is_added_behind_the_panel_that_was_open(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await furnish_equipment(opened.made)
        page = await opened.page("equipment", "panels")
        await until(lambda: len(page.stock.lines) == 1)
        panel = page.stock.lines[0]
        page.open_panel(panel)
        button(page, BehindBox, "Add…").click()
        await until(lambda: page.kind == "panel_units" and page.form is not None)
        assert page.form.draft.text("panel_id") == panel.row.id
        page.form.draft.set_text("name", "Door")
        page.form.draft.set_text("ieee", "00xy")
        assert "16 upper-case" in page.form.draft.fault("ieee")
        page.form.draft.set_text("ieee", "00124B0001020304")
        page.do("save")
        await until(lambda: [x.name for x in page.stock.lines] == ["Door", "Window"])

    stage(scene)


def test_dev_10_an_itec_lock_is_held_open_in_the_times_of_ticked_groups(stage: Stage) -> None:
    """DEV-10: listed with gateway and state; the hold is set after a dry run and taken back."""

    async def scene(opened: Opened) -> None:
        await furnish_equipment(opened.made)
        group = await add_group(opened.made.ctx, NewGroup(opened.made.site.id, "Daytime", [], []))
        page = await opened.page("equipment", "locks")
        await until(lambda: len(page.stock.lines) == 1 and (group.id, "Daytime") in page.stock.groups)
        page.open_panel(page.stock.lines[0])
        hold = page.panel.findChild(HoldBox)
        assert hold.set.reason, "nothing is ticked yet"
        hold.boxes[group.id].click()
        hold.set.click()
        await press(opened, "Set 1")
        await until(lambda: [state_of(x) for x in page.stock.lines] == ["active · held open by 1 group"])
        await until(lambda: opened.desk.undoing.back is not None)
        await opened.desk.undoing.take_back()
        await until(lambda: [state_of(x) for x in page.stock.lines] == ["active"])

    stage(scene)


def test_dev_09_a_cameras_owner_is_chosen_in_a_house_and_shown_by_its_apartment_in_a_community() -> None:
    """DEV-09: the owner is shown; in a community it is who lives in the apartment."""
    house, community = (
        Site(id=new_id(), org_id="", name="S", kind=k) for k in (SiteKind.HOUSE, SiteKind.COMMUNITY)
    )
    owned = Stock(places=Places(house), owners=(("p1", "Mo Roe"),))
    assert "owner_id" in owned.fields("cameras")
    assert owned.choices("cameras")["owner_id"] == [("p1", "Mo Roe")]
    assert "owner_id" not in Stock(places=Places(community)).fields("cameras")


def button(page: Any, box: type[Any], words: str) -> Button:
    """A button of what stands under the form."""
    inside: list[Button] = page.panel.findChild(box).findChildren(Button)
    return next(b for b in inside if b.label() == words)


def state_names(page: Any) -> dict[str, str]:
    return {x.name: state_of(x) for x in page.stock.lines}


async def cameras(opened: Opened) -> list[Any]:
    return list(await opened.made.mirror.read(lambda r: r.find(CAMERA)))


async def press(opened: Opened, words: str) -> None:
    """Answer the open dry run by its button."""
    question = await dialog(opened, DryRunSheet)
    next(b for b in question.findChildren(QPushButton) if b.text() == words).click()
