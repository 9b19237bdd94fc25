"""Users: property managers with their sites and sub-installers, asked of a cloud that answers or does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from core.base.errors import UnreachableError
from core.entities.organisation import Role
from core.wire.accounts import AccountInfo, Accounts, ChangeAccount, NewAccount, Said, Sites
from core.wire.service import Service
from desktop.qt.run import tasks
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]


class FakeDoor:
    """A cloud with one manager; `away` makes it unreachable. Requests are kept in `asked`."""

    base_url = "https://core.northmost.example"

    def __init__(self, org: str) -> None:
        self.away = False
        self.asked: list[tuple[str, str]] = []
        pia = AccountInfo(
            id="a" * 32,
            org_id=org,
            user="pia",
            full_name="Pia Manager",
            role="manager",
            email="p@x.example",
            active=True,
        )
        self.accounts = {pia.id: pia}

    async def ask(self, method: str, path: str, kind: Any, message: msgspec.Struct | None = None) -> Any:
        """Answers as the cloud does."""
        if self.away:
            raise UnreachableError("cloud.away", "The cloud core does not answer.")
        if kind is Service:
            return Service()
        self.asked.append((method, path))
        if (method, path) == ("GET", "/v1/accounts"):
            return Accounts(accounts=list(self.accounts.values()))
        if isinstance(message, NewAccount):
            made = AccountInfo(
                id="b" * 32,
                org_id="",
                user=message.user,
                full_name=message.full_name,
                role=message.role,
                email=message.email,
                active=True,
                sites=message.sites,
            )
            self.accounts[made.id] = made
            return made
        one = self.accounts[path.split("/")[3]]
        if method == "DELETE":
            del self.accounts[one.id]
            return Said(message="Deleted.")
        changes: dict[str, Any] = {}
        if isinstance(message, Sites):
            changes = {"sites": message.sites}
        elif isinstance(message, ChangeAccount):
            changes = {n: v for n, v in msgspec.structs.asdict(message).items() if v is not None}
        self.accounts[one.id] = msgspec.structs.replace(one, **changes)
        return self.accounts[one.id]

    async def sign_out(self) -> None:
        """Nothing is kept here."""

    async def ask_openly(self, method: str, path: str, kind: Any, message: Any = None) -> Any:
        """Nothing here needs it."""
        raise AssertionError(path)


def test_managers_are_made_assigned_changed_and_deleted(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        door = FakeDoor(opened.desk.ctx.me.org_id)
        opened.station.door = door
        page = await opened.page("users")
        await until(lambda: page.rows.shown == 1)
        page.open_panel(page.rows.all_rows()[0])
        site = opened.made.site.id
        page._assign(page.shown_row, site, True)
        await until(lambda: page.rows.all_rows()[0].sites == ("Tamarind Court",))
        page.open_panel(page.rows.all_rows()[0])
        page.form.draft.set_text("reminder", "yes")
        page.bar.save_now()
        await until(lambda: door.accounts["a" * 32].reminder)
        page.new_user(Role.SUB_INSTALLER)
        draft = page.form.draft
        page.bar.save_now()
        assert draft.fault("full_name")
        for name, text in (("full_name", "Ona Two"), ("user", "ona"), ("email", "o@x.example")):
            draft.set_text(name, text)
        page.bar.save_now()
        await until(lambda: page.rows.shown == 2)
        assert door.accounts["b" * 32].role == "sub_installer"
        await opened.settle()

    stage(scene)


def test_without_a_cloud_every_act_says_why_and_what_is_typed_stays(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("users")
        reasons = {act.key: act.reason() for act in page.acts()}
        assert all("cloud" in reasons[key] for key in ("new", "ask", "remove"))
        door = FakeDoor(opened.desk.ctx.me.org_id)
        opened.station.door = door
        page.new_user(Role.MANAGER)
        for name, text in (("full_name", "Ona Two"), ("user", "ona"), ("email", "o@x.example")):
            page.form.draft.set_text(name, text)
        door.away = True
        page.bar.save_now()
        await until(lambda: not len(tasks()))
        assert "does not answer" in page.form.draft.general
        assert page.form.draft.text("full_name") == "Ona Two"
        page.do("ask")
        await until(lambda: not len(tasks()))
        assert set(page.pane.nothing.buttons) == {"ask"}, "what was not told is not nobody"
        door.away = False
        page.do("ask")
        await until(lambda: page.rows.shown == 1)
        assert set(page.pane.nothing.buttons) == {"new_manager"}
        await opened.settle()

    stage(scene)
