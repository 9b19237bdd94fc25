"""Every page of every role: nothing cut off, no form that scrolls sideways, nothing without a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.base.ids import new_id
from core.entities.organisation import Role
from core.usecases.context import Actor
from desktop.views.shots import choose_first
from tests.desktop.fixtures_window import Drive, Opened, Scene, play
from tests.desktop.furnish_desk import furnish_desk
from tests.desktop.furnish_window import Furnished
from tests.desktop.looking import cut_off, nameless, sideways

Stage = Callable[[Scene], None]
ROLES = (Role.INSTALLER, Role.MANAGER, Role.DISTRIBUTOR)


async def look_at_all(opened: Opened) -> list[str]:
    """What is wrong on any page, with the page's name."""
    found = []
    for key in opened.frame.page_keys():
        page = await opened.page(key)
        choose_first(page)
        await opened.settle()
        for look in (cut_off, sideways, nameless):
            found += [f"{key}: {look.__name__}: {one}" for one in look(page)]
    return found


def become(made: Furnished, role: Role) -> None:
    """The same mirror as another role sees it."""
    before = made.ctx.actor
    assert before is not None
    made.ctx.actor = Actor(new_id(), before.org_id, role, before.name)


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_cut_off_on_any_page(
    theme: Any, drive: Drive[Any], furnished: Furnished, role: Role
) -> None:
    async def scene(opened: Opened) -> None:
        assert len(opened.frame.page_keys()) > 3
        assert await look_at_all(opened) == []

    drive(furnish_desk(furnished))
    become(furnished, role)
    drive(play(furnished, scene))
