"""What an account is told beside its rows, on real sockets and kept for later: joined sites, help, news (issue 3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from core.base.errors import NotFoundError, RefusedError, UserError
from core.base.paths import Profile
from core.cloud import admin, operator
from core.entities.organisation import Role
from core.entities.site import SITE
from core.usecases import account
from core.wire.accounts import ChangeAccount, ChangeMe
from core.wire.service import Service
from desktop.app.joined import joined_profile
from desktop.app.joined_window import open_joined
from desktop.app.workstation import open_workstation
from desktop.models.joined import enter, load_joined
from desktop.models.preferences import Preferences
from sync.transport import HttpTransport
from tests.cloud.bench import Hand
from tests.cloud.served import Served, served
from tests.history.world import PASSWORD, opened
from tests.sync.test_tickets import Laptop, laptop

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Served]:
    """Two firms of different tenants, each with a site and a property manager: maya's two accounts."""
    (tmp_path / "cloud").mkdir()
    async with served(tmp_path / "cloud") as made:
        for firm, user in (("North", "maya"), ("South", "maya2")):
            boss = admin.create_installer(made.cloud, name=firm, user=f"boss-{user}", password=PASSWORD)
            hand = Hand.of(made.cloud, f"boss-{user}").settle_in()
            person = admin.create_account(
                made.cloud, org_id=boss.org_id, user=user, password=PASSWORD, role=Role.MANAGER
            )
            admin.assign_manager(made.cloud, account_id=person.account_id, site_id=hand.site)
        yield made


@pytest.fixture
async def maya(world: Served, tmp_path: Path) -> AsyncIterator[Laptop]:
    async with laptop(world, tmp_path / "maya", "maya") as made:
        yield made


async def test_one_sign_in_shows_and_opens_the_sites_of_all_joined_accounts(
    world: Served, maya: Laptop, tmp_path: Path
) -> None:
    """ACC-07: joined once, then one view over all sites, and no password for any of them; offline as last told."""
    alone = await account.joined_sites(maya.mirror, maya.door)
    assert [(s.user, s.own) for s in alone.sites] == [("maya", True)]
    await account.link(maya.door, "maya2", PASSWORD)
    told = await account.joined_sites(maya.mirror, maya.door)
    assert sorted((s.user, s.firm, s.own) for s in told.sites) == [
        ("maya", "", True),
        ("maya2", "South", False),
    ]
    own, joined = await load_joined(maya.ctx, maya.door)
    assert (own.own, own.user, joined.own, joined.firm) == (True, "maya", False, "South")
    other = next(s for s in told.sites if not s.own)
    assert joined.sites == (other,)
    place = joined_profile(Profile(tmp_path / "maya"), other.account).root
    assert place == tmp_path / "maya" / "joined" / other.account
    async with AsyncExitStack() as stack:
        place.mkdir(parents=True)
        mirror = opened(place, world.clock)
        stack.push_async_callback(mirror.close)
        for _ in range(2):  # a second switch finds everything as it was
            actor = await enter(maya.door, joined, mirror)
            assert actor.account_id == other.account
        door = HttpTransport(world.url, mirror, clock=world.clock)
        stack.push_async_callback(door.close)
        engine = type(maya.engine)(mirror, door, maya.ctx.blobs, world.clock)
        await engine.sync_once()
        assert [s.id for s in await mirror.read(lambda r: r.find(SITE))] == [other.site]
        back = await account.joined_sites(mirror, door)
        assert {(s.site, s.user) for s in back.sites} == {(s.site, s.user) for s in told.sites}
    assert await account.joined_sites(maya.mirror, None) == told
    assert await load_joined(maya.ctx, None) == [own, joined]
    assert await account.joined_sites(maya.mirror, _dead(maya, world)) == told


async def test_a_joined_account_opens_without_its_password_and_again_without_a_network(
    maya: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ACC-07: signed in and at the wanted site before its window starts; a cut link opens it no more."""
    monkeypatch.setenv("GATEWRIGHT_PASSPHRASE", "a passphrase for a test")
    await account.link(maya.door, "maya2", PASSWORD)
    _, joined = await load_joined(maya.ctx, maya.door)
    site, profile = joined.sites[0].site, Profile(tmp_path / "home")
    begun: list[Profile] = []
    await open_joined(profile, maya.door, joined, site, begun.append)
    await open_joined(profile, None, joined, site, begun.append)
    assert begun == [joined_profile(profile, joined.account)] * 2
    other = await open_workstation(begun[0])
    try:
        assert other.ctx.me.account_id == joined.account
        preferences = Preferences(begun[0].settings)
        preferences.load()
        assert preferences.text("site") == site
        with pytest.raises(UserError):  # its window is open already
            await open_joined(profile, maya.door, joined, site, begun.append)
    finally:
        await other.close()
    await account.unlink(maya.door, joined.account)
    with pytest.raises(NotFoundError):
        await open_joined(profile, maya.door, joined, site, begun.append)
    assert len(begun) == 2


async def test_the_operators_links_and_news_reach_every_account_with_their_unread_count(
    world: Served, maya: Laptop, tmp_path: Path
) -> None:
    """ACC-13, ACC-14: set by the operator's commands, counted until read; kept for a workstation without a network."""
    assert await account.service(maya.mirror, maya.door) == Service()
    cloud = world.cloud
    operator.service_link(cloud, {"kind": "tickets", "url": "https://help.example/desk"})
    operator.service_link(cloud, {"kind": "knowledge_base", "url": "https://help.example/manuals"})
    first = operator.tell_news(cloud, {"title": "MD12 has new\nfirmware", "text": "Push-button units."})
    operator.tell_news(cloud, {"title": "For installers", "text": "x", "role": ["installer"]})
    told = await account.service(maya.mirror, maya.door)
    assert [(x.kind, x.url) for x in told.links] == [
        ("knowledge_base", "https://help.example/manuals"),
        ("tickets", "https://help.example/desk"),
    ]
    assert [(n.title, n.read) for n in told.news] == [("MD12 has new firmware", False)]
    assert told.unread == 1
    assert await account.service(maya.mirror, _dead(maya, world)) == told
    read = await account.read_news(maya.mirror, maya.door, [first["id"]])
    assert (read.unread, read.news[0].read) == (0, True)
    assert await account.service(maya.mirror, None) == read
    async with laptop(world, tmp_path / "boss", "boss-maya") as boss:
        assert (await account.service(boss.mirror, boss.door)).unread == 2
        await account.change(boss.door, ChangeMe(quiet=True))
        quiet = await account.service(boss.mirror, boss.door)
        assert (quiet.unread, len(quiet.news)) == (0, 2), "ACC-04: switched off, still to be read"
        assert (await account.read_news(boss.mirror, boss.door)).news[0].read
    operator.withdraw_news(cloud, {"id": first["id"]})
    assert (await account.service(maya.mirror, maya.door)).news == []
    operator.service_link(cloud, {"kind": "tickets", "url": ""})
    assert len((await account.service(maya.mirror, maya.door)).links) == 1


async def test_what_an_operator_may_not_tell(world: Served) -> None:
    """ACC-13, ACC-14."""
    for url in ("javascript:alert(1)", "help.example", "https://"):
        with pytest.raises(UserError, match="no web address"):
            operator.service_link(world.cloud, {"kind": "partners", "url": url})
    with pytest.raises(UserError, match="title and a text"):
        operator.tell_news(world.cloud, {"title": "x", "text": " "})
    with pytest.raises(UserError, match="no role"):
        operator.tell_news(world.cloud, {"title": "x", "text": "y", "role": ["king"]})
    with pytest.raises(NotFoundError):
        operator.withdraw_news(world.cloud, {"id": "0" * 32})


async def test_the_app_is_an_option_of_a_managers_account(world: Served, tmp_path: Path) -> None:
    """ACC-21: off at first, switched by who made the account; a sub-installer has none."""
    async with laptop(world, tmp_path / "boss", "boss-maya") as boss:
        maya = await account.account_named(boss.door, "maya")
        assert maya.pm_app is False
        changed = await account.change_account(boss.door, maya.id, ChangeAccount(pm_app=True))
        assert changed.pm_app is True
        assert (await account.account_named(boss.door, "maya")).pm_app is True
        assert boss.ctx.actor is not None
        ben = admin.create_account(
            world.cloud, org_id=boss.ctx.actor.org_id, user="ben", password=PASSWORD, role=Role.SUB_INSTALLER
        )
        with pytest.raises(RefusedError, match="option of property managers"):
            await account.change_account(boss.door, ben.account_id, ChangeAccount(pm_app=True))


async def test_settings_are_changed_by_name(world: Served, tmp_path: Path) -> None:
    """ACC-10: one at a time, in words of people; the others stay as they are."""
    async with laptop(world, tmp_path / "boss", "boss-maya") as boss:
        await account.change_firm_settings(boss.door, {"contact_phone": "+47 1", "receive_feedback": "on"})
        told = await account.change_firm_settings(boss.door, {"project_view": "off"})
        assert (told.contact_phone, told.receive_feedback, told.project_view) == ("+47 1", True, False)
        assert await account.firm_settings(boss.door) == told
        for wrong in ({"colour": "red"}, {"phone_app": "yes"}):
            with pytest.raises(UserError):
                await account.change_firm_settings(boss.door, wrong)
        assert await account.firm_settings(boss.door) == told


def _dead(maya: Laptop, world: Served) -> HttpTransport:
    """A door behind which nobody is."""
    return HttpTransport("http://127.0.0.1:1", maya.mirror, clock=world.clock)
