"""What the cloud tells an account: joined accounts, links, news; asked, kept for later, and opened (no window)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.base.errors import NotAllowedError, UnreachableError
from core.base.ids import new_id
from core.base.paths import Profile
from core.base.tasks import TaskOwner
from core.ports.cloud import AccountDoor
from core.wire.service import ServiceLink
from desktop.app.joined import joined_profile
from desktop.app.joined_window import open_joined
from desktop.models.joined import JoinedFirm, grouped
from desktop.models.told import Told, is_page, link_word
from tests.desktop.fixtures_window import Drive, until
from tests.desktop.furnish_desk import as_manager
from tests.desktop.furnish_window import Furnished
from tests.desktop.telling import OLDER, PIECE, TellingDoor


class Desk:
    """A station with nothing but a door."""

    def __init__(self, door: AccountDoor | None) -> None:
        self.door = door


def test_joined_accounts_links_and_news_are_told_and_news_are_read(
    drive: Drive[None], furnished: Furnished
) -> None:
    """ACC-07, ACC-13, ACC-14: a link that is no web page is left out; what the cloud was not told of is not read."""
    as_manager(furnished)
    door = TellingDoor(furnished.site.id)

    async def work() -> None:
        tasks = TaskOwner()
        told = Told(furnished.ctx, Desk(door), tasks)
        told.refresh()
        await until(lambda: told.joined)
        assert [(f.firm, [s.name for s in f.sites]) for f in told.firms] == [
            ("", ["Tamarind Court"]),
            ("South", ["Quay House"]),
        ]
        assert [url for _, url in told.links()] == [
            "https://help.example/manuals",
            "https://help.example/partners",
        ]
        rows = told.news_rows(read_word="Read")
        assert [(r.title, r.mark, r.act, r.key) for r in rows] == [
            ("MD12 has new firmware", "waiting", "check", PIECE),
            ("Night of work", "accepted", "", OLDER),
        ]
        assert told.unread == 1
        door.away = True
        with pytest.raises(UnreachableError):
            await told.read([PIECE])
        assert told.unread == 1, "what the cloud does not know of is not read"
        door.away = False
        await told.read([PIECE])
        assert told.unread == 0
        await tasks.close()

    drive(work())


def test_what_was_told_last_is_there_without_a_network(drive: Drive[None], furnished: Furnished) -> None:
    """ACC-07, ACC-13, ACC-14: from the mirror, whole; reading news takes a cloud, which is said."""
    as_manager(furnished)
    door = TellingDoor(furnished.site.id)

    async def work() -> None:
        tasks = TaskOwner()
        told = Told(furnished.ctx, Desk(door), tasks)
        told.refresh()
        await until(lambda: told.joined)
        door.away = True
        later = Told(furnished.ctx, Desk(door), tasks)
        later.refresh()
        await until(lambda: later.joined)
        assert (later.firms, later.service) == (told.firms, told.service)
        alone = Told(furnished.ctx, Desk(None), tasks)
        with pytest.raises(UnreachableError, match="none to tell"):
            await alone.read()
        await tasks.close()

    drive(work())


def test_it_asks_again_with_the_network_and_an_installer_is_not_asked_for_joined_accounts(
    drive: Drive[None], furnished: Furnished
) -> None:
    """ACC-07 is for property managers; a refusal leaves what was told and stands in `fault`."""
    door = TellingDoor(furnished.site.id)

    async def work() -> None:
        tasks = TaskOwner()
        told = Told(furnished.ctx, Desk(door), tasks)
        told.follow(offline=True)
        assert door.asked == []
        told.follow(offline=False)
        await until(lambda: told.unread == 1)
        assert (door.asked, told.joined) == ([("GET", "/v1/service")], False)
        told.follow(offline=False)
        door.fault = NotAllowedError("not_allowed", "This account was closed.")
        told.refresh()
        await until(lambda: told.fault)
        assert (told.fault, told.unread) == ("This account was closed.", 1)
        assert len(door.asked) == 2, "an answer of a moment ago is good enough"
        told.close()
        told.refresh()
        await tasks.close()
        assert len(door.asked) == 2

    drive(work())


def test_only_pages_of_the_web_are_links() -> None:
    """ACC-13: an address from the network starts nothing on this computer."""
    for url in ("https://help.example/desk?x=1", "http://127.0.0.1:80"):
        assert is_page(url)
    for url in ("file:///etc/hosts", "javascript:alert(1)", "https://", "help.example", "http://[::1", ""):
        assert not is_page(url), url
    assert link_word(ServiceLink(kind="status_page", url="")) == "status page"


async def test_a_joined_account_opens_in_a_profile_of_its_own_and_needs_a_network_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ACC-07: never opened and no network is said in words, and no window starts."""
    monkeypatch.setenv("GATEWRIGHT_PASSPHRASE", "a passphrase for a test")
    firm = JoinedFirm(new_id(), "maya2", "South", False, ())
    begun: list[Any] = []
    profile = Profile(tmp_path / "maya")
    with pytest.raises(UnreachableError, match="never opened"):
        await open_joined(profile, None, firm, "2" * 32, begun.append)
    assert begun == []
    inside = joined_profile(profile, firm.account)
    again = joined_profile(inside, new_id())
    assert again.root.parent == inside.root.parent == tmp_path / "maya" / "joined"
    assert grouped([]) == []
