"""A distributor and its installers (ACC-02, ACC-08 to ACC-10), and managers' accounts that were joined (ACC-07)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select

from core.base.ids import new_id
from core.cloud import admin, auth
from core.cloud.db import MUT_LOG
from core.entities.organisation import Role
from core.entities.site import BUILDING
from core.wire.messages import Session
from tests.cloud.bench import Hand
from tests.cloud.served import Person, Served, person, served
from tests.history.world import PASSWORD

pytestmark = pytest.mark.timeout(300)  # generous: a loaded machine takes ten times as long


class Scene:
    """A distributor dora with her installer anna, both signed in."""

    def __init__(self, world: Served, dora: Person, anna: Person, firm: str) -> None:
        self.world, self.dora, self.anna, self.firm = world, dora, anna, firm

    async def offer_and_grant(self) -> None:
        await self.dora.must("PATCH", f"/firms/{self.firm}", {"act_offered": True})
        await self.anna.must("PUT", "/firm/grant", {"on": True})

    async def act(self) -> Person:
        """Dora, as a person of her own at another profile, in anna's account."""
        told = await self.dora.must("POST", f"/firms/{self.firm}/session", {"replica": new_id()})
        return acting(self.dora.http, told)


def acting(http: httpx.AsyncClient, told: Any) -> Person:
    made = Person(http)
    made.session = msgspec.convert(told, Session)
    return made


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(served(tmp_path))
        admin.create_distributor(
            world.cloud, name="Top", user="dora", password=PASSWORD, full_name="Dora Lind"
        )
        dora = await stack.enter_async_context(person(world, "dora"))
        new = {"name": "North", "user": "anna", "full_name": "Anna Berg", "email": "anna@north.example"}
        firm = await dora.must("POST", "/firms", {**new, "password": PASSWORD})
        anna = await stack.enter_async_context(person(world, "anna"))
        yield Scene(world, dora, anna, firm["id"])


async def test_a_distributor_adds_installers_and_says_what_they_may(scene: Scene) -> None:
    """ACC-02, ACC-09."""
    firm = await scene.dora.must("PATCH", f"/firms/{scene.firm}", {"may_pay": True})
    assert firm == {
        "id": scene.firm, "name": "North", "kind": "installer", "may_pay": True, "two_factor": False,
        "act_offered": False, "act_granted": False,
    }  # fmt: skip
    assert (await scene.anna.must("GET", "/firms"))["firms"] == [firm], "the installer sees what it may"
    assert await scene.anna.refused("PATCH", f"/firms/{scene.firm}", {"may_pay": True}) == (
        403,
        "not_allowed",
    )
    new = {"name": "X", "user": "x", "full_name": "X", "email": "x@x.example", "password": PASSWORD}
    assert await scene.anna.refused("POST", "/firms", new) == (403, "not_allowed")
    assert await scene.dora.refused("POST", "/firms", {**new, "email": "x"}) == (400, "account.email")
    assert await scene.dora.refused("POST", "/firms", {**new, "user": "ANNA"}) == (400, "cloud.user_taken")


async def test_acting_needs_the_offer_and_the_grant(scene: Scene) -> None:
    """ACC-08."""
    path, body = f"/firms/{scene.firm}/session", {"replica": new_id()}
    assert await scene.dora.refused("POST", path, body) == (403, "acting.not_granted")
    assert await scene.anna.refused("PUT", "/firm/grant", {"on": True}) == (403, "acting.not_offered")
    await scene.dora.must("PATCH", f"/firms/{scene.firm}", {"act_offered": True})
    assert await scene.dora.refused("POST", path, body) == (403, "acting.not_granted")
    await scene.anna.must("PUT", "/firm/grant", {"on": True})
    assert await scene.dora.refused("POST", path, {"replica": "x"}) == (401, "session.replica")
    told = await scene.dora.must("POST", path, body)
    assert told["role"] == "installer"
    assert told["full_name"] == "Dora Lind for North (Anna Berg)"


async def test_what_is_done_by_grant_is_logged_under_both_names(scene: Scene) -> None:
    """ACC-08."""
    await scene.offer_and_grant()
    dora = await scene.act()
    assert dora.session is not None
    assert scene.dora.session is not None
    hand = Hand(scene.world.cloud, auth.who_is(scene.world.cloud, dora.session.access_token)).settle_in()
    assert [s.scope for s in Hand.of(scene.world.cloud, "anna").pull().scopes or [] if s.kind == "site"] == [
        hand.site
    ]
    with scene.world.cloud.database.read() as c:
        rows = c.execute(select(MUT_LOG.c.account, MUT_LOG.c.acting)).all()
    assert set(rows) == {(dora.session.account_id, scene.dora.session.account_id)}
    made = {
        "user": "maya",
        "full_name": "Maya",
        "email": "m@x.example",
        "role": "manager",
        "password": PASSWORD,
    }
    await dora.must("POST", "/accounts", made)
    entries = (await scene.anna.must("GET", "/account/log"))["entries"]
    told = [(e["what"], e["by"], e["acting"]) for e in entries if e["what"] != "login.in"]
    assert told[:2] == [
        ("account.added", "Anna Berg", "Dora Lind"),
        ("acting.began", "Anna Berg", "Dora Lind"),
    ]
    mine = (await scene.dora.must("GET", "/account/log"))["entries"]
    assert ("acting.began", "Anna Berg", "Dora Lind") in [(e["what"], e["about"], e["by"]) for e in mine]


@pytest.mark.parametrize("who", ["installer", "distributor"])
async def test_a_grant_that_is_taken_back_ends_it_at_once(scene: Scene, who: str) -> None:
    """ACC-08."""
    await scene.offer_and_grant()
    dora = await scene.act()
    assert dora.session is not None
    await dora.must("GET", "/accounts")
    if who == "installer":
        await scene.anna.must("PUT", "/firm/grant", {"on": False})
    else:
        await scene.dora.must("PATCH", f"/firms/{scene.firm}", {"act_offered": False})
    assert (await dora.ask("GET", "/accounts")).status_code in {401, 403}
    body = {"refresh_token": dora.session.refresh_token}
    assert (await dora.http.post("/v1/session/refresh", json=body)).status_code in {401, 403}
    await scene.anna.must("GET", "/account")


async def test_who_acts_cannot_change_how_the_installer_signs_in(scene: Scene) -> None:
    """ACC-08: the account stays the installer's."""
    await scene.offer_and_grant()
    dora = await scene.act()
    for method, path, body in (
        ("POST", "/account/password", {"old": PASSWORD, "new": "another password"}),
        ("POST", "/account/totp", {"password": PASSWORD}), ("PUT", "/account/totp", {"code": "000000"}),
        ("PATCH", "/account", {"email": "d@d.example", "password": PASSWORD}),
        ("PUT", "/firm/grant", {"on": True}), ("PUT", "/firm/grant", {"on": False}),
    ):  # fmt: skip
        assert (await dora.refused(method, path, body))[0] == 403, path


async def test_a_distributor_that_signs_out_everywhere_stops_acting(scene: Scene) -> None:
    await scene.offer_and_grant()
    dora = await scene.act()
    await scene.dora.must("DELETE", "/sessions")
    assert (await dora.ask("GET", "/account")).status_code == 401
    await scene.anna.must("GET", "/account")


async def test_a_distributor_without_a_grant_sees_and_does_not_touch(scene: Scene) -> None:
    anna = Hand.of(scene.world.cloud, "anna").settle_in()
    dora = Hand.of(scene.world.cloud, "dora")
    dora.site = anna.site
    [answer] = dora.push(dora.create(BUILDING, site_id=anna.site, name="Mine"))
    assert (answer.status, answer.code) == ("refused", "not_allowed")


async def test_an_installers_settings_are_kept_whole(scene: Scene) -> None:
    """ACC-10, LOG-07."""
    first = await scene.anna.must("GET", "/firm/settings")
    assert first == {}, "all as they are at first"
    new = {"time_zone": "Europe/Oslo", "contact_email": "help@north.example", "receive_feedback": True}
    assert await scene.anna.must("PUT", "/firm/settings", new) == new
    assert await scene.anna.must("GET", "/firm/settings") == new
    assert await scene.anna.refused("PUT", "/firm/settings", {"billing_email": "x"}) == (400, "account.email")
    assert (await scene.anna.refused("PUT", "/firm/settings", {"time_zone": "x" * 5000}))[0] == 400
    assert (await scene.dora.refused("GET", "/firm/settings"))[0] == 403


# ----------------------------------------------------------------------------------------------------------- links


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Served, Person, Person]]:
    """One person's two accounts, made by installers of different tenants."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(served(tmp_path))
        people = []
        for firm, user in (("North", "maya"), ("South", "maya2")):
            made = admin.create_installer(world.cloud, name=firm, user=f"boss-{user}", password=PASSWORD)
            hand = Hand.of(world.cloud, f"boss-{user}").settle_in()
            account = admin.create_account(
                world.cloud, org_id=made.org_id, user=user, password=PASSWORD, role=Role.MANAGER
            )
            admin.assign_manager(world.cloud, account_id=account.account_id, site_id=hand.site)
            people.append(await stack.enter_async_context(person(world, user)))
        yield world, people[0], people[1]


async def test_joined_accounts_are_switched_without_a_password(two: tuple[Served, Person, Person]) -> None:
    """ACC-07."""
    world, maya, other = two
    assert other.session is not None
    wrong = {"user": "maya2", "password": "wrong wrong"}
    assert await maya.refused("POST", "/account/links", wrong) == (400, "session.refused")
    told = await maya.must("POST", "/account/links", {"user": "maya2", "password": PASSWORD})
    [link] = told["links"]
    assert (link["user"], link["firm"]) == ("maya2", "South")
    assert [x["user"] for x in (await other.must("GET", "/account"))["links"]] == ["maya"], "from both sides"
    session = await maya.must("POST", f"/account/links/{link['account']}/session", {"replica": new_id()})
    switched = acting(maya.http, session)
    assert switched.session is not None
    assert switched.session.account_id == other.session.account_id
    hand = Hand(world.cloud, auth.who_is(world.cloud, switched.session.access_token))
    assert {s.scope for s in hand.pull().scopes or []} == {
        s.scope for s in Hand.of(world.cloud, "maya2").pull().scopes or []
    }


async def test_a_link_is_cut_from_either_side(two: tuple[Served, Person, Person]) -> None:
    _, maya, other = two
    told = await maya.must("POST", "/account/links", {"user": "maya2", "password": PASSWORD})
    assert maya.session is not None
    await other.must("DELETE", f"/account/links/{maya.session.account_id}")
    path = f"/account/links/{told['links'][0]['account']}"
    assert await maya.refused("POST", f"{path}/session", {"replica": new_id()}) == (404, "link.unknown")
    assert await maya.refused("DELETE", path) == (404, "link.unknown")
    assert (await maya.must("GET", "/account/links"))["links"] == []


async def test_only_managers_accounts_are_joined(two: tuple[Served, Person, Person]) -> None:
    world, maya, _ = two
    boss = {"user": "boss-maya2", "password": PASSWORD}
    assert await maya.refused("POST", "/account/links", boss) == (400, "link.role")
    own = {"user": "maya", "password": PASSWORD}
    assert await maya.refused("POST", "/account/links", own) == (400, "link.self")
    async with person(world, "boss-maya") as installer:
        assert (await installer.refused("POST", "/account/links", own))[0] == 403
