"""Accounts by HTTP over real sockets: passwords, policies, limits, managers and sub-installers (ACC-03 to ACC-06)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from core.cloud import admin, limits, policies
from core.cloud.limits import FREE_FAILURES
from core.cloud.reset import PER_NAME
from tests.cloud.bench import Hand
from tests.cloud.letters import Letters, post_office
from tests.cloud.served import Person, Served, person, served
from tests.history.world import PASSWORD

pytestmark = pytest.mark.timeout(300)  # generous: a loaded machine takes ten times as long

Scene = tuple[Served, Letters, Person]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """A cloud that sends mail, and an installer with an address, signed in."""
    async with AsyncExitStack() as stack:
        letters = await stack.enter_async_context(post_office())
        world = await stack.enter_async_context(served(tmp_path, mail=letters.settings))
        admin.create_installer(
            world.cloud, name="North", user="anna", password=PASSWORD, email="anna@north.example"
        )
        anna = await stack.enter_async_context(person(world, "anna"))
        yield world, letters, anna


# -------------------------------------------------------------------------------------------------------- passwords


async def test_a_password_is_reset_by_mail_and_everybody_is_signed_out(scene: Scene) -> None:
    _, letters, anna = scene
    for _ in range(FREE_FAILURES):
        await Person(anna.http, "anna", "wrong wrong").sign_in()
    assert (await Person(anna.http, "anna").sign_in()).json()["code"] == "session.locked"
    asked = await anna.http.post("/v1/password/forgot", json={"user": " Anna "})
    unknown = await anna.http.post("/v1/password/forgot", json={"user": "nobody"})
    assert (asked.status_code, asked.text) == (unknown.status_code, unknown.text) == (200, asked.text)
    await letters.until(1)
    code, new = letters.code().lower(), "another password"
    wrong = {"user": "anna", "code": "AAAA-BBBB-CCCC", "password": new}
    assert (await anna.http.post("/v1/password/reset", json=wrong)).json()["code"] == "reset.code"
    short = await anna.http.post("/v1/password/reset", json={**wrong, "code": code, "password": "short"})
    assert short.json()["code"] == "password.length"
    right = {**wrong, "code": code}
    assert (await anna.http.post("/v1/password/reset", json=right)).status_code == 200
    assert (await anna.http.post("/v1/password/reset", json=right)).json()["code"] == "reset.code"
    assert (await anna.ask("GET", "/account")).status_code == 401
    assert (await anna.sign_in()).json()["code"] == "session.refused", "the old one; and the lock is lifted"
    anna.password = new
    assert (await anna.sign_in()).status_code == 200
    log = [e["what"] for e in (await anna.must("GET", "/account/log"))["entries"]]
    assert "password.reset" in log
    assert len(letters.got) == 1


async def test_a_reset_code_ends_after_half_an_hour(scene: Scene) -> None:
    world, letters, anna = scene
    await anna.http.post("/v1/password/forgot", json={"user": "anna"})
    await letters.until(1)
    world.clock.moment += timedelta(minutes=30, seconds=1)
    body = {"user": "anna", "code": letters.code(), "password": "another password"}
    assert (await anna.http.post("/v1/password/reset", json=body)).json()["code"] == "reset.code"


async def test_mails_of_a_name_are_limited_and_the_limit_ends(scene: Scene) -> None:
    world, _, anna = scene
    for _ in range(PER_NAME):
        assert (await anna.http.post("/v1/password/forgot", json={"user": "x"})).status_code == 200
    full = await anna.http.post("/v1/password/forgot", json={"user": "x"})
    assert (full.status_code, full.json()["code"]) == (429, "limit.too_many")
    assert 3500 < int(full.headers["retry-after"]) <= 3600
    world.clock.moment += timedelta(hours=1)
    assert (await anna.http.post("/v1/password/forgot", json={"user": "x"})).status_code == 200


async def test_a_cloud_without_mail_says_so(tmp_path: Path) -> None:
    async with served(tmp_path) as world:
        admin.create_installer(world.cloud, name="North", user="anna", password=PASSWORD)
        async with person(world, "anna") as anna:
            answer = await anna.http.post("/v1/password/forgot", json={"user": "anna"})
            assert (answer.status_code, answer.json()["code"]) == (400, "mail.none")
            made = {"user": "bert", "full_name": "B", "email": "b@x.example", "role": "manager"}
            assert await anna.refused("POST", "/accounts", made) == (400, "account.password")


async def test_a_changed_password_signs_the_other_workstations_out(scene: Scene) -> None:
    world, _, anna = scene
    async with person(world, "anna") as other:
        change = {"old": "wrong wrong", "new": "another password"}
        assert await anna.refused("POST", "/account/password", change) == (400, "password.wrong")
        same = {"old": PASSWORD, "new": PASSWORD}
        assert await anna.refused("POST", "/account/password", same) == (400, "password.same")
        await anna.must("POST", "/account/password", {"old": PASSWORD, "new": "another password"})
        assert (await other.ask("GET", "/account")).status_code == 401
        await anna.must("GET", "/account")


async def test_a_thief_of_a_session_cannot_guess_the_password_through_it(scene: Scene) -> None:
    world, _, anna = scene
    for _ in range(FREE_FAILURES):
        wrong = {"old": "wrong wrong", "new": "another password"}
        assert await anna.refused("POST", "/account/password", wrong) == (400, "password.wrong")
    right = {"old": PASSWORD, "new": "another password"}
    assert (await anna.refused("POST", "/account/password", right))[1] == "session.locked"
    world.clock.moment += timedelta(seconds=61)
    await anna.must("POST", "/account/password", right)


async def test_attempts_that_come_all_at_once_are_all_counted(scene: Scene) -> None:
    _, _, anna = scene
    tries = [Person(anna.http, "anna", "wrong wrong").sign_in() for _ in range(30)]
    codes = [answer.json()["code"] for answer in await asyncio.gather(*tries)]
    assert codes.count("session.refused") == FREE_FAILURES
    assert codes.count("session.locked") == 30 - FREE_FAILURES


async def test_many_names_from_one_address_are_too_many(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _, anna = scene
    monkeypatch.setattr(limits, "ADDRESS_FAILURES", 20)
    for number in range(20):
        answer = await Person(anna.http, f"name{number}", "wrong wrong").sign_in()
        assert answer.status_code == 401
    full = await Person(anna.http, "anna").sign_in()
    assert (full.status_code, full.json()["code"]) == (429, "limit.too_many")
    await anna.must("GET", "/account")  # who is signed in works on
    world.clock.moment += timedelta(minutes=10)
    assert (await Person(anna.http, "anna").sign_in()).status_code == 200


async def test_signing_out_everywhere(scene: Scene) -> None:
    world, _, anna = scene
    async with person(world, "anna") as other:
        await anna.must("DELETE", "/sessions")
        assert [(await one.ask("GET", "/account")).status_code for one in (anna, other)] == [401, 401]


# --------------------------------------------------------------------------------------------- policies and one's own


async def test_nobody_signs_in_without_agreeing_to_the_newest_policies(scene: Scene) -> None:
    """ACC-03."""
    world, _, anna = scene
    assert policies.publish(world.cloud, "privacy", "We keep little.") == 1
    policies.publish(world.cloud, "terms", "Be good.")
    await anna.must("GET", "/account")  # a session goes on; it is asked at the next sign-in
    asked = (await anna.sign_in()).json()
    assert (asked["code"], asked["field"]) == ("session.policy", "privacy:1"), "terms are for managers"
    assert "privacy policy (version 1)" in asked["message"]
    texts = (await anna.http.get("/v1/policies")).json()["policies"]
    assert [(p["kind"], p["version"], p["text"]) for p in texts] == [
        ("privacy", 1, "We keep little."), ("terms", 1, "Be good."),
    ]  # fmt: skip
    assert (await anna.sign_in(agreed={"privacy": 7})).json()["code"] == "session.policy"
    assert (await anna.sign_in(agreed={"privacy": 1})).status_code == 200
    assert (await anna.sign_in()).status_code == 200
    policies.publish(world.cloud, "privacy", "We keep less.")
    assert (await anna.sign_in()).json()["field"] == "privacy:2"
    await add_manager(anna)
    async with person(world, "maya", sign_in=False) as maya:
        assert (await maya.sign_in()).json()["field"] == "privacy:2,terms:1"
        assert (await maya.sign_in(agreed={"privacy": 2})).json()["field"] == "terms:1"
        assert (await maya.sign_in(agreed={"privacy": 2, "terms": 1})).status_code == 200


async def test_an_account_without_an_address_is_asked_for_one(tmp_path: Path) -> None:
    """ACC-04."""
    async with served(tmp_path) as world:
        admin.create_installer(world.cloud, name="North", user="anna", password=PASSWORD)
        async with person(world, "anna") as anna:
            assert anna.session is not None
            assert anna.session.wants == ["email"]
            change = {"email": "anna@north.example"}
            assert await anna.refused("PATCH", "/account", change) == (400, "password.wrong")
            wrong = {"email": "no address", "password": PASSWORD}
            assert await anna.refused("PATCH", "/account", wrong) == (400, "account.email")
            info = await anna.must("PATCH", "/account", {**change, "password": PASSWORD, "quiet": True})
            assert (info["email"], info["quiet"], info["wants"]) == ("anna@north.example", True, [])
            await anna.sign_in()
            assert anna.session.wants == []


async def test_a_new_address_is_told_to_the_old_one_and_reaches_the_workstations(scene: Scene) -> None:
    world, letters, anna = scene
    await anna.must("PATCH", "/account", {"email": "new@north.example", "password": PASSWORD})
    await letters.until(1)
    assert letters.got[0][0] == "anna@north.example"
    hand = Hand.of(world.cloud, "anna")
    assert "new@north.example" in str(hand.fill(hand.who.org).rows)
    assert admin.check(world.cloud) == []


# -------------------------------------------------------------------------------- managers and sub-installers below


async def add_manager(anna: Person, **more: object) -> dict[str, object]:
    made = {"user": "Maya", "full_name": "Maya Lund", "email": "maya@home.example", "role": "manager"}
    info: dict[str, object] = await anna.must("POST", "/accounts", {**made, "password": PASSWORD, **more})
    return info


async def test_a_manager_gets_name_and_password_by_mail(scene: Scene) -> None:
    """ACC-06."""
    world, letters, anna = scene
    info = await add_manager(anna, password="")
    assert (info["user"], info["role"], info["sites"]) == ("maya", "manager", [])
    await letters.until(1)
    assert letters.got[0][0] == "maya@home.example"
    password = letters.text().partition("password:")[2].split()[0]
    async with person(world, "maya", password=password) as maya:
        assert maya.session is not None
        assert maya.session.role == "manager"


async def test_sites_are_assigned_exactly_and_only_ones_own(scene: Scene) -> None:
    world, _, anna = scene
    one, two = (Hand.of(world.cloud, "anna").settle_in() for _ in range(2))
    admin.create_installer(world.cloud, name="Else", user="carl", password=PASSWORD)
    foreign = Hand.of(world.cloud, "carl").settle_in()
    info = await add_manager(anna, sites=[one.site])
    path = f"/accounts/{info['id']}/sites"
    assert await anna.refused("PUT", path, {"sites": [foreign.site]}) == (404, "site.unknown")
    told = await anna.must("PUT", path, {"sites": [two.site]})
    assert told["sites"] == [two.site]
    maya = Hand.of(world.cloud, "maya")
    page = maya.pull()
    assert [s.scope for s in page.scopes or []] == [two.site]
    assert page.withdrawn == [one.site]


async def test_a_monthly_reminder_asks_for_a_new_password(scene: Scene) -> None:
    """ACC-06."""
    world, _, anna = scene
    await add_manager(anna, reminder=True)
    async with person(world, "maya") as maya:
        assert maya.session is not None
        assert maya.session.wants == []
        world.clock.moment += timedelta(days=30)
        await maya.sign_in()
        assert maya.session.wants == ["password"]
        await maya.must("POST", "/account/password", {"old": PASSWORD, "new": "another password"})
        maya.password = "another password"
        await maya.sign_in()
        assert maya.session.wants == []


async def test_a_manager_is_edited_switched_off_reset_and_deleted(scene: Scene) -> None:
    world, letters, anna = scene
    info = await add_manager(anna)
    path = f"/accounts/{info['id']}"
    async with person(world, "maya") as maya:
        told = await anna.must("PATCH", path, {"full_name": "Maya B.", "two_factor": True, "active": False})
        assert (told["full_name"], told["two_factor"], told["active"]) == ("Maya B.", True, False)
        assert (await maya.ask("GET", "/account")).status_code in {401, 403}
        assert (await maya.sign_in()).json()["code"] == "account.disabled"
        await anna.must("PATCH", path, {"two_factor": False, "active": True})
        await anna.must("POST", f"{path}/password")
        await letters.until(2)  # welcome, and the new password
        maya.password = letters.text().partition("password:")[2].split()[0]
        assert (await maya.sign_in()).status_code == 200
        await anna.must("DELETE", path)
        assert (await maya.ask("GET", "/account")).status_code == 401
        assert (await maya.sign_in()).json()["code"] == "session.refused"
    assert (await anna.must("GET", "/accounts"))["accounts"] == []
    await add_manager(anna)  # the name is free again
    assert admin.check(world.cloud) == []


async def test_sub_installers_manage_managers_and_nobody_else(scene: Scene) -> None:
    """ACC-05."""
    world, _, anna = scene
    sub = await add_manager(anna, user="bert", role="sub_installer")
    assert anna.session is not None
    async with person(world, "bert") as bert:
        maya = await add_manager(bert)
        assert [a["user"] for a in (await bert.must("GET", "/accounts"))["accounts"]] == ["maya"]
        again = {"user": "x", "full_name": "X", "email": "x@x.example", "role": "sub_installer"}
        assert (await bert.refused("POST", "/accounts", again))[0] == 403
        for other in (anna.session.account_id, "0" * 32):
            for method, path, body in (
                ("PATCH", f"/accounts/{other}", {"full_name": "X"}), ("DELETE", f"/accounts/{other}", None),
                ("POST", f"/accounts/{other}/password", None),
            ):  # fmt: skip
                assert await bert.refused(method, path, body) == (404, "account.unknown")
        async with person(world, "maya") as manager:
            assert (await manager.refused("POST", "/accounts", again))[0] == 403
            assert await manager.refused("DELETE", f"/accounts/{sub['id']}") == (404, "account.unknown")
    names = [a["user"] for a in (await anna.must("GET", "/accounts"))["accounts"]]
    assert names == ["bert", "maya"]
    taken = {
        "user": "MAYA",
        "full_name": "X",
        "email": "x@x.example",
        "role": "manager",
        "password": PASSWORD,
    }
    assert await anna.refused("POST", "/accounts", taken) == (400, "cloud.user_taken")
    assert maya["role"] == "manager"


async def test_the_log_tells_who_did_what_to_whom_and_no_secret(scene: Scene) -> None:
    """LOG-06."""
    _, _, anna = scene
    info = await add_manager(anna)
    await anna.must("PATCH", f"/accounts/{info['id']}", {"full_name": "Maya B."})
    log = await anna.must("GET", "/account/log")
    assert not log["more"]
    told = [(e["what"], e["about"], e["by"]) for e in log["entries"]]
    assert told[:2] == [("account.changed", "Maya B.", "anna"), ("account.added", "Maya B.", "anna")]
    assert log["entries"][-1]["words"] == "Login Management: Log In: Workstation"
    assert PASSWORD not in str(log)
