"""Opens a joined account (ACC-07): signs its profile in without a password, and starts a window of its own on it."""

from __future__ import annotations

import os
from collections.abc import Callable

from PySide6.QtCore import QProcess

from core.base.errors import DataError, UnreachableError
from core.base.logs import start_logs, stop_logs
from core.base.paths import Profile
from core.ports.cloud import AccountDoor
from desktop.app.joined import joined_profile
from desktop.app.program import program
from desktop.app.workstation import Workstation, open_workstation
from desktop.models.joined import JoinedFirm, enter
from desktop.models.preferences import Preferences
from desktop.models.words import translate

Launch = Callable[[Profile], None]


def launch_window(profile: Profile) -> None:
    """Start this program on a profile; it outlives the one that started it. DataError when it did not start."""
    command = program()
    child = QProcess()
    child.setProgram(command[0])
    child.setArguments([*command[1:], "--profile", os.fspath(profile.root)])
    if not child.startDetached()[0]:
        words = translate("The window of the other account could not be started.")
        raise DataError("link.not_started", words)


async def open_joined(
    profile: Profile, door: AccountDoor | None, firm: JoinedFirm, site: str, launch: Launch = launch_window
) -> None:
    """Sign a joined account in and show it at a site. Without a network it opens as it was left, when it was opened
    here before; else UnreachableError. UserError while its window is open already.
    """
    target = joined_profile(profile, firm.account)
    other = await open_workstation(target)
    try:
        await _sign_in(other, door, firm)
    finally:
        await other.close()
        # Opening a profile begins its log; what this window says from now on belongs in its own.
        stop_logs(start_logs(target))
    preferences = Preferences(target.settings)
    preferences.load()
    preferences.set("site", site)
    preferences.save()
    launch(target)


async def _sign_in(other: Workstation, door: AccountDoor | None, firm: JoinedFirm) -> None:
    try:
        if door is None:
            words = translate("This account was never opened on this computer; that takes a network once.")
            raise UnreachableError("link.offline", words)
        await enter(door, firm, other.mirror)
    except UnreachableError:
        # Its mirror is here and signed in: a person without a network goes on with what it has.
        if other.ctx.actor is None:
            raise
