"""Pictures of every page of the furnished window, as every role sees it: what docs/screenshots holds.

Run: python -m tests.desktop.shoot FOLDER [--role ...] [--state many empty] [--theme light dark]
     [--language es] [--size 1280x800] [--scale 2]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from core.base.ids import new_id
from core.entities.organisation import Role
from core.usecases.context import Actor, Context
from core.usecases.lan import scan
from desktop.models.preferences import Preferences
from desktop.qt import language
from desktop.qt.run import tasks
from desktop.qt.theme import Theme
from desktop.views.shots import picture_station
from tests.desktop.cloud_window import make_trouble
from tests.desktop.fakes_window import strangers
from tests.desktop.fixtures_window import QuietStation
from tests.desktop.furnish_desk import furnish_desk
from tests.desktop.furnish_window import bare_context, furnish, sign_in_locally

ROLES = ("installer", "manager", "distributor")
STATES = ("many", "empty")


@asynccontextmanager
async def staged(state: str, folder: Path) -> AsyncIterator[Context]:
    """A workstation with much on it, or with nothing."""
    if state == "empty":
        ctx, runner = bare_context(folder / "profile", [])
        await sign_in_locally(ctx)
        try:
            yield ctx
        finally:
            await runner.close()
            await ctx.mirror.close()
        return
    made = await furnish(folder)
    await furnish_desk(made)
    await make_trouble(made)
    made.scanner.devices.extend(strangers())
    await scan(made.ctx, [])
    try:
        yield made.ctx
    finally:
        await made.close()


async def shoot(chosen: argparse.Namespace, state: str, role: str) -> None:
    """The pictures of one state as one role sees it."""
    with tempfile.TemporaryDirectory() as place:
        async with staged(state, Path(place)) as ctx:
            before = ctx.actor
            assert before is not None
            ctx.actor = Actor(
                new_id() if role != "installer" else before.account_id, before.org_id, Role(role), before.name
            )
            station = QuietStation(ctx)
            size = tuple(int(n) for n in chosen.size.split("x"))
            paths = await picture_station(
                station,
                Preferences(),
                Path(chosen.folder) / state / role,
                size=(size[0], size[1]),
                scale=chosen.scale,
                themes=chosen.theme,
            )
            sys.stdout.write("".join(f"{path}\n" for path in paths))


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--role", nargs="+", default=ROLES, choices=ROLES)
    parser.add_argument("--state", nargs="+", default=STATES, choices=STATES)
    parser.add_argument("--theme", nargs="+", default=("light", "dark"))
    parser.add_argument("--language", default="en")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--scale", type=float, default=1.0)
    chosen = parser.parse_args()
    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    language.install(chosen.language)
    Theme.install(app)
    with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
        for state in chosen.state:
            for role in chosen.role:
                tasks().open()
                runner.run(shoot(chosen, state, role))


if __name__ == "__main__":
    main()
