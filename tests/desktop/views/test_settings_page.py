"""The page Settings: this computer, one's own account, the firm; over a cloud that answers, refuses or is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.base.errors import RefusedError
from core.wire.accounts import FirmSettings
from desktop.models.own_account import firm_draft, firm_fields
from desktop.qt import dialogs
from desktop.qt.run import tasks
from desktop.views.policy_sheet import PolicySheet
from tests.desktop.fixtures_window import Opened, Scene, until
from tests.desktop.furnish_desk import as_manager
from tests.desktop.furnish_window import Furnished
from tests.desktop.owning import OwningDoor

Stage = Callable[[Scene], None]


async def _open(opened: Opened, tab: str, role: str = "installer") -> tuple[Any, OwningDoor]:
    door = OwningDoor(opened.made.site.id, role)
    opened.station.door = door
    page = await opened.page("settings", tab)
    await until(lambda: page.own.fresh)
    return page, door


async def _idle(page: Any) -> None:
    await until(lambda: page.is_settled and not len(tasks()))


def test_an_installer_sees_and_changes_every_setting_of_the_firm(stage: Stage) -> None:
    """ACC-10: each setting has a field; only what was changed is sent, and a fault stands beside its field."""

    async def scene(opened: Opened) -> None:
        page, door = await _open(opened, "firm")
        form, draft = page.firm.card.form, page.firm.card.draft
        assert set(form.editors) == set(door.settings.__struct_fields__) == {f.name for f in firm_fields()}
        draft.set_text("contact_email", "desk@")
        assert "no e-mail address" in draft.fault("contact_email")
        page.do("save")
        assert ("PUT", "/v1/firm/settings") not in door.asked, "a form with a fault is not sent"
        draft.set_text("contact_email", "front@ostby.example")
        form.editors["project_view"].toggle.click()
        draft.set_text("tax_number", "0")
        page.do("save")
        await _idle(page)
        assert draft.fault("tax_number") == "There is no such tax number.", "the cloud's words, at its field"
        assert door.settings.project_view
        draft.set_text("tax_number", "ES-B-1234")
        page.do("save")
        await _idle(page)
        told = (door.settings.contact_email, door.settings.project_view, door.settings.tax_number)
        assert told == ("front@ostby.example", False, "ES-B-1234")
        assert door.settings.billing_name == "Ostby Doorworks S.L.", "what was not changed stays"
        assert not page.firm.card.draft.dirty()

    stage(scene)


def test_without_the_cloud_the_settings_are_shown_as_told_and_what_is_typed_is_kept(stage: Stage) -> None:
    """ACC-10 offline: words say that saving needs the cloud; the draft outlives the page and saves when it is back."""

    async def scene(opened: Opened) -> None:
        page, door = await _open(opened, "firm")
        door.away = True
        page.do("ask")
        await until(lambda: page.firm.box is not None and not page.own.busy)
        assert page.status()[0].text == "As the cloud told it last"
        draft = page.firm.card.draft
        draft.set_text("tax_number", "ES-B-1234")
        page.do("save")
        await _idle(page)
        assert "What you typed is kept" in draft.general
        assert opened.desk.keeper.texts()["firm:settings"] == {"tax_number": "ES-B-1234"}
        door.away = False
        page.firm.box.act.emit("again")
        await until(lambda: page.firm.box is None and page.own.fresh)
        assert page.firm.card.draft.text("tax_number") == "ES-B-1234"
        page.do("save")
        await _idle(page)
        assert door.settings.tax_number == "ES-B-1234"
        door.fault = RefusedError("account.closed", "This account is closed.")
        page.do("ask")
        await until(lambda: page.own.fault and page.is_settled)
        assert page.status()[0].text == "This account is closed."

    stage(scene)


def test_never_asked_and_no_cloud_the_tab_says_so_and_has_no_empty_form(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("settings", "firm")
        assert page.firm.card is None
        assert page.firm.box is not None
        assert page.status()[0].text == "Not known yet"

    stage(scene)


def test_address_by_the_password_new_password_grant_and_the_text_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ACC-03, ACC-04, ACC-08, ACC-10: one's own account; no password is ever among the kept drafts."""

    async def answer(*_args: Any, **_more: Any) -> str:
        return "hunter-22"

    async def scene(opened: Opened) -> None:
        page, door = await _open(opened, "account")
        tab = page.account
        tab.card.draft.set_text("email", "tor@new.example")
        tab.card.form.editors["notifications"].toggle.click()
        tab.card.bar.save_now()
        await _idle(page)
        assert (door.info.email, door.info.quiet, door.passwords) == ("tor@new.example", True, ["hunter-22"])
        secret = tab.password.draft
        for name, text in (("old", "hunter-22"), ("new", "hunter-33"), ("again", "hunter-34")):
            secret.set_text(name, text)
        tab.password.bar.save_now()
        assert secret.fault("again") == "The two new passwords are not the same."
        assert "hunter" not in str(opened.desk.keeper.texts())
        secret.set_text("again", "hunter-33")
        tab.password.bar.save_now()
        await _idle(page)
        assert door.passwords[-1] == "hunter-33"
        assert not secret.text("old")
        tab.grant.click()
        await until(lambda: door.firm.act_granted)
        await _idle(page)
        tab._read(page.own.told.texts[0])
        sheet = opened.window.findChild(PolicySheet)
        assert sheet is not None
        assert sheet.isVisible()
        assert "What is kept" in sheet.text.toPlainText()
        sheet.close_button.click()

    monkeypatch.setattr(dialogs, "ask_text", answer)
    stage(scene)


def test_a_manager_joins_and_parts_accounts_and_has_no_firm(stage: Stage, furnished: Furnished) -> None:
    """ACC-07, ACC-10: the settings of the firm are installers' alone."""

    async def scene(opened: Opened) -> None:
        page, door = await _open(opened, "account", "manager")
        assert page.firm is None
        assert not [path for _, path in door.asked if path.startswith("/v1/firm")]
        assert page.account.grant is None
        await page.own.part(door.info.links[0].account)
        await until(lambda: not door.info.links and page.own.fresh and page.is_settled)
        for name, text in (("user", "maya3"), ("password", "hunter-44")):
            page.account.join.draft.set_text(name, text)
        page.account.join.bar.save_now()
        await _idle(page)
        assert [link.user for link in door.info.links] == ["maya3"]
        assert not page.account.join.draft.text("password")

    as_manager(furnished)
    stage(scene)


def test_a_typed_address_is_judged_before_the_cloud_is_asked() -> None:
    draft = firm_draft(FirmSettings())
    for text, wrong in (("a@b.example", False), ("a b@c.example", True), ("@c.example", True), ("a@", True)):
        draft.set_text("billing_email", text)
        assert bool(draft.fault("billing_email")) is wrong, text
