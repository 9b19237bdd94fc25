"""`gatewright account` and `gatewright firm` against a served cloud: real mirrors, real sockets, the real parser."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import GatewrightError, SignInError, UserError
from core.base.paths import Profile
from core.cloud import admin, operator, policies
from core.cloud.second_factor import put_state
from desktop.app.workstation import Workstation, open_workstation
from desktop.cli.main import parser
from desktop.cli.output import Output
from tests.cloud.letters import Letters, post_office
from tests.cloud.served import Served, served
from tests.history.world import PASSWORD

pytestmark = pytest.mark.timeout(300)  # generous: a loaded machine takes ten times as long


class Desk:
    """Types commands at one profile."""

    def __init__(self, folder: Path, world: Served, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.world, self._patch = folder, world, patch
        self._station: Workstation | None = None

    async def close(self) -> None:
        if self._station is not None:
            await self._station.close()
            self._station = None

    async def types(self, *words: str, stdin: str = "") -> Any:
        """The document of a command that has to work."""
        args = parser().parse_args(list(words))
        text = io.StringIO()
        self._patch.setattr("sys.stdin", io.StringIO(stdin))
        # Opening a mirror derives its key, which takes time on purpose; the commands of one test share it.
        if self._station is None:
            self._station = await open_workstation(Profile(self.folder))
        code = await args.run(self._station, args, Output(as_json=True, out=text, err=io.StringIO()))
        assert code == 0
        return json.loads(text.getvalue())

    async def signs_in(self, user: str, *more: str) -> Any:
        words = ("sign-in", "--cloud", self.world.url, "--user", user, *more)
        return await self.types(*words, stdin=f"{PASSWORD}\n")

    async def is_told(self, *words: str, stdin: str = "") -> GatewrightError:
        """The error of a command that is refused."""
        with pytest.raises(GatewrightError) as caught:
            await self.types(*words, stdin=stdin)
        return caught.value


@pytest.fixture
async def office() -> AsyncIterator[Letters]:
    async with post_office() as letters:
        yield letters


@pytest.fixture
async def desk(tmp_path: Path, office: Letters, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setenv("GATEWRIGHT_PASSPHRASE", "a passphrase for tests")
    async with served(tmp_path, mail=office.settings) as world:
        top = admin.create_distributor(
            world.cloud, name="Top", user="dora", password=PASSWORD, full_name="Dora"
        )
        admin.create_installer(
            world.cloud, name="North", user="anna", password=PASSWORD, full_name="Anna",
            email="anna@north.example", distributor_id=top.org_id,
        )  # fmt: skip
        made = Desk(tmp_path / "anna", world, monkeypatch)
        try:
            yield made
        finally:
            await made.close()


async def test_a_sign_in_says_what_is_to_be_typed_next(desk: Desk, office: Letters) -> None:
    cloud = desk.world.cloud
    policies.publish(cloud, "privacy", "We keep little.")
    shown = admin.show(cloud)["accounts"]
    [anna] = [a for a in shown if a["user"] == "anna"]
    with cloud.database.write() as c:
        put_state(c, next(iter(admin.show(cloud)["heads"])), anna["id"], two_factor=True)
    words = ("sign-in", "--cloud", desk.world.url, "--user", "anna")
    needs_code = await desk.is_told(*words, stdin=PASSWORD)
    assert (needs_code.code, needs_code.remedy) == ("session.code_needed", "Sign in again with --code CODE.")
    await office.until(1)
    needs_word = await desk.is_told(*words, "--code", office.code(), stdin=PASSWORD)
    assert "--agree privacy:1" in needs_word.remedy
    read = await desk.types("account", "policies", "--cloud", desk.world.url)
    assert read["policies"][0]["text"] == "We keep little."
    desk.world.clock.moment += timedelta(minutes=2)
    await desk.is_told(*words, stdin=PASSWORD)
    await office.until(2)
    done = await desk.signs_in("anna", "--code", office.code(), "--agree", "privacy:1")
    assert (done["name"], done["wants"]) == ("Anna", [])
    odd = await desk.is_told(*words, "--agree", "privacy", stdin=PASSWORD)
    assert isinstance(odd, UserError)


@pytest.mark.soak  # the same verbs by HTTP are in every run: test_accounts
async def test_a_password_is_forgotten_reset_and_changed(desk: Desk, office: Letters) -> None:
    where = ("--cloud", desk.world.url, "--user", "anna")
    await desk.types("account", "forgot", *where)
    await office.until(1)
    wrong = await desk.is_told("account", "reset", *where, "--code", "AAAA", stdin="another password\n")
    assert isinstance(wrong, SignInError)
    await desk.types("account", "reset", *where, "--code", office.code(), stdin=f"{PASSWORD}\n")
    await desk.signs_in("anna")
    said = await desk.types("account", "password", stdin=f"{PASSWORD}\nanother password\n")
    assert "other workstations" in said["message"]
    assert (await desk.types("account", "show"))["user"] == "anna"
    await desk.types("account", "sign-out-everywhere")
    gone = await desk.is_told("account", "show")
    assert gone.code == "session.none"


@pytest.mark.soak  # the same verbs by HTTP are in every run: test_accounts
async def test_managers_are_made_and_managed_and_the_log_tells_it(desk: Desk, office: Letters) -> None:
    await desk.signs_in("anna")
    who = ("--user", "maya", "--name", "Maya", "--email", "maya@home.example")
    made = await desk.types("account", "add", *who, "--password", "--reminder", stdin=f"{PASSWORD}\n")
    assert (made["role"], made["reminder"]) == ("manager", True)
    changed = await desk.types("account", "change", "maya", "--two-factor", "on", "--active", "off")
    assert (changed["two_factor"], changed["active"], changed["reminder"]) == (True, False, True)
    assert (await desk.types("account", "sites", "maya"))["sites"] == []
    await desk.types("account", "reset-password", "maya")
    await desk.types("account", "remove", "maya")
    assert (await desk.types("account", "list"))["accounts"] == []
    missing = await desk.is_told("account", "remove", "maya")
    assert "maya" in missing.message
    log = [e["what"] for e in (await desk.types("account", "log"))["entries"]]
    assert log[:4] == ["account.deleted", "password.reset_by", "account.sites", "account.changed"]


@pytest.mark.soak  # the same verbs by HTTP are in every run: test_firms
async def test_a_distributor_acts_for_an_installer_in_another_profile(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dora = Desk(tmp_path / "dora", desk.world, monkeypatch)
    await dora.signs_in("dora")
    await desk.signs_in("anna")
    await dora.types("firm", "change", "North", "--act-offered", "on")
    assert (await desk.types("firm", "grant", "on"))["act_granted"]
    into = Desk(tmp_path / "acting", desk.world, monkeypatch)
    told = await dora.types("firm", "act", "North", "--into", str(into.folder))
    assert told["name"] == "Dora for North (Anna)"
    await into.types("sync")
    assert (await into.types("status"))["signed_in"] == "Dora for North (Anna)"
    await desk.types("firm", "grant", "off")
    ended = await into.is_told("account", "show")
    assert ended.code in {"session.ended", "acting.ended"}
    await into.close()
    await dora.close()


@pytest.mark.soak  # the same without a command line is in every run: tests/sync (service_centre, tickets, moves)
async def test_joined_sites_news_settings_tickets_and_moves_are_typed(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ACC-07, ACC-10, ACC-13, ACC-14, ACC-21 by the command line."""
    await desk.signs_in("anna")
    operator.tell_news(desk.world.cloud, {"title": "Hello", "text": "World"})
    operator.service_link(desk.world.cloud, {"kind": "tickets", "url": "https://help.example"})
    assert (await desk.types("account", "service"))["unread"] == 1
    assert (await desk.types("account", "read-news"))["unread"] == 0
    assert (await desk.types("firm", "set", "phone_app=off", "contact_phone=1"))["contact_phone"] == "1"
    for user in ("maya", "mona"):
        who = ("--user", user, "--name", user, "--email", f"{user}@home.example", "--password")
        await desk.types("account", "add", *who, stdin=f"{PASSWORD}\n")
    assert (await desk.types("account", "change", "maya", "--pm-app", "on"))["pm_app"] is True
    monkeypatch.setenv("GATEWRIGHT_PACK_PASSPHRASE", "three words and a number 7")
    site = await desk.types("put", "sites", "name=Home", "time_zone=UTC")
    other = await desk.types("put", "sites", "name=Other", "time_zone=UTC")
    await desk.types("put", "mac_entries", "mac=0C1105000001")
    await desk.types("sync")
    packed = await desk.types("pack", "--site", site["id"], "--out", str(tmp_path / "p"), "--pins", "1")
    assert packed["reserved"] == 2
    assert len((await desk.types("tickets", "here"))["books"]) == 1
    [book] = (await desk.types("tickets", "list"))["books"]
    assert "2 tickets" in (await desk.types("tickets", "give-back", book["mark"]))["message"]
    await desk.types("put", "devices", f"site_id={site['id']}", "mac=0C1105000001", "name=Gate")
    await desk.types("sync")
    where = ("--device", "0C1105000001", "--site", other["id"])
    assert (await desk.types("move", *where, "--check"))["move"] == ""
    moved = await desk.types("move", *where)
    assert moved["to_name"] == "Other"
    assert (await desk.types("move", "--back", moved["move"]))["to_name"] == "Home"
    assert (await desk.types("undo", (await desk.types("move", *where))["move"]))["changed"] == 1
    maya = Desk(tmp_path / "maya", desk.world, monkeypatch)
    await maya.signs_in("maya")
    joined = await maya.types("account", "link", "--user", "mona", stdin=f"{PASSWORD}\n")
    assert (await maya.types("account", "joined-sites"))["sites"] == []
    told = await maya.types("account", "switch", joined["links"][0]["account"])
    assert told["name"] == "mona"
    assert (tmp_path / "maya" / "joined" / told["account"] / "mirror.db").exists()
    await maya.close()
    await asyncio.get_running_loop().shutdown_default_executor()
