"""The second factor at sign-in (ACC-02, ACC-12): codes by mail and from an authenticator app, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pyotp
import pytest

from core.base.clock import to_ms
from core.cloud import admin
from core.cloud.second_factor import CODE_TRIES
from core.entities.organisation import Role
from core.entities.site import SITE
from tests.cloud.bench import Hand
from tests.cloud.letters import Letters, post_office
from tests.cloud.served import Person, Served, person, served
from tests.history.world import PASSWORD

pytestmark = pytest.mark.timeout(300)  # generous: a loaded machine takes ten times as long

Scene = tuple[Served, Letters, Person]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """A distributor who demands the factor of its installer anna, who has an address."""
    async with AsyncExitStack() as stack:
        letters = await stack.enter_async_context(post_office())
        world = await stack.enter_async_context(served(tmp_path, mail=letters.settings))
        top = admin.create_distributor(world.cloud, name="Top", user="dora", password=PASSWORD)
        admin.create_installer(
            world.cloud, name="North", user="anna", password=PASSWORD, email="anna@north.example",
            distributor_id=top.org_id,
        )  # fmt: skip
        dora = await stack.enter_async_context(person(world, "dora"))
        [firm] = (await dora.must("GET", "/firms"))["firms"]
        await dora.must("PATCH", f"/firms/{firm['id']}", {"two_factor": True})
        anna = await stack.enter_async_context(person(world, "anna", sign_in=False))
        yield world, letters, anna


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def code_of_app(world: Served, key: str, steps: int = 0) -> str:
    return pyotp.TOTP(key).generate_otp(to_ms(world.clock.now()) // 30_000 + steps)


async def test_a_code_by_mail_is_asked_for_and_good_once(scene: Scene) -> None:
    world, letters, anna = scene
    asked = await anna.sign_in()
    assert said(asked) == (401, "session.code_needed")
    assert "a…@north.example" in asked.json()["message"]
    await letters.until(1)
    code = letters.code()
    assert code.isdigit()
    assert len(code) == 6
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert said(await anna.sign_in(code=wrong)) == (401, "session.code_wrong")
    assert said(await anna.sign_in(code=f" {code} ")) == (200, "")
    assert said(await anna.sign_in(code=code)) == (401, "session.code_wrong")
    assert code not in str(world.cloud.settings)


async def test_a_code_is_not_sent_for_a_wrong_password(scene: Scene) -> None:
    _, letters, anna = scene
    anna.password = "guess guess"
    assert said(await anna.sign_in()) == (401, "session.refused")
    assert said(await anna.sign_in(code="123456")) == (401, "session.refused")
    anna.password = PASSWORD
    await anna.sign_in()
    await letters.until(1)
    assert letters.tries == 1


async def test_a_code_ends_and_another_is_not_sent_at_once(scene: Scene) -> None:
    world, letters, anna = scene
    await anna.sign_in()
    await letters.until(1)
    again = await anna.sign_in()
    assert "a moment ago" in again.json()["message"]
    world.clock.moment += timedelta(minutes=10, seconds=1)
    assert said(await anna.sign_in(code=letters.code())) == (401, "session.code_wrong")
    await anna.sign_in()
    await letters.until(2)
    assert said(await anna.sign_in(code=letters.code())) == (200, "")


async def test_a_code_bears_five_tries_and_the_name_is_locked_by_them(scene: Scene) -> None:
    world, letters, anna = scene
    await anna.sign_in()
    await letters.until(1)
    right = letters.code()
    wrong = [f"{(int(right) + n) % 1_000_000:06}" for n in range(1, CODE_TRIES + 1)]
    for code in wrong:
        assert said(await anna.sign_in(code=code)) == (401, "session.code_wrong")
    assert said(await anna.sign_in(code=right)) == (401, "session.locked")
    world.clock.moment += timedelta(seconds=61)
    assert said(await anna.sign_in(code=right)) == (401, "session.code_wrong"), (
        "the code was used up by guesses"
    )


async def test_without_an_address_or_a_mail_server_it_is_told(scene: Scene, tmp_path: Path) -> None:
    world, _, _ = scene
    [firm] = [o["id"] for o in admin.show(world.cloud)["organisations"] if o["name"] == "North"]
    admin.create_account(world.cloud, org_id=firm, user="bert", password=PASSWORD, role=Role.SUB_INSTALLER)
    async with person(world, "bert", sign_in=False) as bert:
        assert said(await bert.sign_in()) == (401, "session.code_unsent")


async def test_a_site_may_demand_it_of_its_managers(scene: Scene) -> None:
    """ACC-12."""
    world, letters, anna = scene
    await anna.sign_in()
    await letters.until(1)
    await anna.sign_in(code=letters.code())
    assert anna.session is not None
    who_hand = Hand(world.cloud, _who(world, anna))
    site = who_hand.create(SITE, org_id=who_hand.who.org, time_zone="UTC", name="Home", pm_two_factor=True)
    who_hand.must(site)
    made = {"user": "maya", "full_name": "Maya", "email": "maya@home.example", "role": "manager"}
    info = await anna.must("POST", "/accounts", {**made, "password": PASSWORD, "sites": [site.entity_id]})
    assert info["sites"] == [site.entity_id]
    async with person(world, "maya", sign_in=False) as maya:
        assert said(await maya.sign_in()) == (401, "session.code_needed")
        await letters.until(3)
        assert said(await maya.sign_in(code=letters.code())) == (200, "")


def _who(world: Served, someone: Person):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from core.cloud import auth  # noqa: PLC0415

    assert someone.session is not None
    return auth.who_is(world.cloud, someone.session.access_token)


async def test_an_authenticator_app_from_its_key_to_its_end(tmp_path: Path) -> None:
    async with served(tmp_path) as world:
        admin.create_installer(world.cloud, name="North", user="anna", password=PASSWORD)
        async with person(world, "anna") as anna:
            assert await anna.refused("POST", "/account/totp", {"password": "wrong"}) == (
                400,
                "password.wrong",
            )
            key = await anna.must("POST", "/account/totp", {"password": PASSWORD})
            assert key["uri"].startswith("otpauth://totp/Gatewright:anna?secret=" + key["key"])
            assert said(await anna.sign_in()) == (200, ""), "not before the first code"
            assert await anna.refused("PUT", "/account/totp", {"code": "12"}) == (400, "totp.wrong")
            await anna.must("PUT", "/account/totp", {"code": code_of_app(world, key["key"])})
            assert said(await anna.sign_in()) == (401, "session.code_needed")
            used = code_of_app(world, key["key"])
            assert said(await anna.sign_in(code=used)) == (401, "session.code_wrong"), "used to begin with"
            world.clock.moment += timedelta(seconds=30)
            fresh = code_of_app(world, key["key"])
            assert said(await anna.sign_in(code=f"{fresh[:3]} {fresh[3:]}")) == (200, "")
            assert said(await anna.sign_in(code=fresh)) == (401, "session.code_wrong"), "good once"
            world.clock.moment += timedelta(seconds=60)
            assert said(await anna.sign_in(code=code_of_app(world, key["key"], -2))) == (
                401,
                "session.code_wrong",
            )
            assert said(await anna.sign_in(code=code_of_app(world, key["key"], 1))) == (200, "")
            world.clock.moment += timedelta(seconds=90)
            proof = {"password": PASSWORD, "code": "000000"}
            assert await anna.refused("DELETE", "/account/totp", proof) == (400, "totp.wrong")
            await anna.must("DELETE", "/account/totp", {**proof, "code": code_of_app(world, key["key"])})
            assert said(await anna.sign_in()) == (200, "")
            log = [e["what"] for e in (await anna.must("GET", "/account/log"))["entries"]]
            assert {"factor.totp_on", "factor.totp_off"} <= set(log)


async def test_a_lost_phone_is_the_installers_to_reset(tmp_path: Path) -> None:
    async with served(tmp_path) as world:
        made = admin.create_installer(world.cloud, name="North", user="anna", password=PASSWORD)
        sub = admin.create_account(
            world.cloud, org_id=made.org_id, user="bert", password=PASSWORD, role=Role.SUB_INSTALLER
        )
        async with person(world, "anna") as anna, person(world, "bert") as bert:
            key = await bert.must("POST", "/account/totp", {"password": PASSWORD})
            await bert.must("PUT", "/account/totp", {"code": code_of_app(world, key["key"])})
            assert await bert.refused("DELETE", f"/accounts/{made.account_id}/totp") == (
                404,
                "account.unknown",
            )
            await anna.must("DELETE", f"/accounts/{sub.account_id}/totp")
            assert (await bert.ask("GET", "/account")).status_code == 401, "signed out by it"
            assert said(await bert.sign_in()) == (200, "")


async def test_keys_and_codes_stand_sealed(scene: Scene) -> None:
    world, letters, anna = scene
    await anna.sign_in()
    await letters.until(1)
    await anna.sign_in(code=letters.code())
    key = await anna.must("POST", "/account/totp", {"password": PASSWORD})
    raw = b"".join(
        p.read_bytes() for p in Path(world.cloud.settings.database_url[10:]).parent.glob("served.db*")
    )
    assert key["key"].encode() not in raw
    assert b"anna@north.example" in raw, "addresses are rows; the search finds what is there"
