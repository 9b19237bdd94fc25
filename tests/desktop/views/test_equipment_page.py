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
from desktop.models.equipment import KINDS, Stock, facts_of, form_of, load_stock
from desktop.qt.dialogs import QuestionDialog
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
        assert [(x.name, x.building, x.facts) for x in cameras] == [
            ("Bicycle cellar", "Building A", "rtsp://10.0.4.22:554/main"),
            ("Car park", "Building A", "rtsp://10.0.4.21:554/main"),
        ]
        assert shown["smart_locks"].lines[0].facts == "SL21 · 80 %"
        assert shown["panels"].lines[0].parts == (("Window", "Door sensor"),)
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
        await press(opened, "Remove")
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
        await until(lambda: [x.parts for x in page.stock.lines] == [(("Window", "Door sensor"),)])
        await until(lambda: page.pane.show_key(page.stock.lines[0].row.id))
        page.do("remove")
        await press(opened, "Remove")
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
            page.take_picture(tmp_path / name)
        page.do("save")
        await until(lambda: [x.facts for x in page.stock.lines] == ["Image · 2 pictures"])
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


async def cameras(opened: Opened) -> list[Any]:
    return list(await opened.made.mirror.read(lambda r: r.find(CAMERA)))


async def press(opened: Opened, words: str) -> None:
    """Answer the open question by its button."""
    question = await dialog(opened, QuestionDialog)
    next(b for b in question.findChildren(QPushButton) if b.text() == words).click()
