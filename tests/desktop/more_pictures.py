"""Pictures of what is no page by itself: the sign-in step by step, the account's menu, the operator's news, sheets, and
pages whose cloud refuses or is away, or whose device is. `python -m tests.desktop.shoot DIR --set more` makes them.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QDialog, QMenu

from core.base.errors import RefusedError, SignInError, UnreachableError
from core.usecases.library import add_lot, note_vehicle
from desktop.models.desk import Desk
from desktop.models.preferences import Preferences
from desktop.qt import shots
from desktop.qt.run import tasks
from desktop.qt.theme import Mode, theme
from desktop.views.main_window import MainWindow
from tests.desktop.fixtures_window import QuietStation, until
from tests.desktop.owning import OwningDoor

SIZE = (1280, 800)
MORE, SIGN_IN_ROLE = "more", "sign-in"
"""The folder of these pictures, and who has not signed in yet."""
TITLE = "What is no page by itself, and what a cloud or device refuses"


@dataclass(slots=True)
class Stage:
    """An open window of a role, with a cloud that tells."""

    window: MainWindow
    station: QuietStation
    door: OwningDoor

    async def page(self, key: str, target: object = None) -> Any:
        """Show a page and wait until it has fetched."""
        assert self.window.frame is not None
        self.window.frame.show_page(key, target)
        page = self.window.frame.page_of(key)
        await until(lambda: page.is_settled and not len(tasks()), what=f"{key} does not settle")
        return page


Shot = Callable[[Stage], Awaitable[object]]


# ------------------------------------------------------------------------------------------------------- sign-in


async def _enter(stage: Stage, fault: Exception | None) -> None:
    view = stage.window.sign_in
    stage.window.show_session()
    stage.station.refusal = fault
    view.user.setText("tor")
    view.password.setText("a long password")
    view.sign_in()
    await until(lambda: not len(tasks()))


async def _start(stage: Stage) -> None:
    stage.window.show_session()


async def _wrong(stage: Stage) -> None:
    await _enter(stage, SignInError("session.wrong", "User name or password is wrong.", field="password"))


async def _away(stage: Stage) -> None:
    words = "The cloud core does not answer. Who was signed in here before goes on without it."
    await _enter(stage, UnreachableError("cloud.away", words))


async def _code(stage: Stage) -> None:
    words = "A code was sent to t•••@ostby.example."
    await _enter(stage, SignInError("session.code_needed", words, field="code"))


async def _policy(stage: Stage) -> None:
    words = "Read and agree to the privacy policy first."
    await _enter(stage, SignInError("session.policy", words, field="privacy:3"))


async def _forgot(stage: Stage) -> None:
    stage.window.show_session()
    stage.window.sign_in.user.setText("tor")
    stage.window.sign_in.ask_new_password()


async def _reset(stage: Stage) -> None:
    await _forgot(stage)
    await stage.window.sign_in.flow.send_mail("tor")


async def _email(stage: Stage) -> None:
    stage.station.wanted = ["email", "password"]
    await _enter(stage, None)


async def _password(stage: Stage) -> None:
    await _email(stage)
    stage.window.sign_in.flow.pass_over()


SIGN_IN: dict[str, Shot] = {
    "sign-in": _start,
    "sign-in-wrong": _wrong,
    "sign-in-offline": _away,
    "sign-in-code": _code,
    "sign-in-policy": _policy,
    "sign-in-forgot": _forgot,
    "sign-in-reset": _reset,
    "sign-in-email": _email,
    "sign-in-password": _password,
}


# --------------------------------------------------------------------------------------------------------- windows


def _settings(tab: str) -> Shot:
    return lambda stage: stage.page("settings", tab)


async def _menu(stage: Stage) -> None:
    frame = stage.window.frame
    assert frame is not None
    await stage.page(frame.page_keys()[0])
    frame.told.refresh()
    await until(lambda: bool(frame.told.service.links))
    stage.window.acts.do("account")
    await until(lambda: bool(_menus()))
    inner = next((a.menu() for a in _menus()[0].actions() if a.menu() is not None), None)
    if isinstance(inner, QMenu):
        inner.popup(_menus()[0].geometry().topRight())


async def _news(stage: Stage) -> None:
    frame = stage.window.frame
    assert frame is not None
    await stage.page(frame.page_keys()[0])
    frame.told.refresh()
    await until(lambda: bool(frame.told.service.news))
    frame.open_notices()
    frame.notices.which.set_current("news")


async def _text(stage: Stage) -> None:
    await stage.page("settings", "privacy" if stage.door.info.role == "installer" else "terms")
    await until(lambda: bool(stage.window.findChildren(QDialog)))


async def _rollout(stage: Stage) -> None:
    page = await stage.page("firmware")
    page.show_tab("library")
    page.library_pane.show_first()
    page.do("rollout")
    await until(lambda: any(d.isVisible() for d in stage.window.findChildren(QDialog)))


async def _parking(stage: Stage) -> None:
    page = await stage.page("parking")
    ctx, site = stage.station.ctx, stage.window.desk.sites.site_id
    if not page.parking.lots:
        doors = [str(key) for key, _ in page.parking.doors]
        lot = await add_lot(ctx, site_id=site, name="Courtyard", relay_ids=doors[:2])
        await add_lot(ctx, site_id=site, name="Under building B", relay_ids=doors[3:4])
        for plate in ("B 4471 KT", "M 902 AX"):
            await note_vehicle(ctx, lot_id=lot.id, plate=plate)
    await until(lambda: page.rows.shown == 2 and page.is_settled)
    page.pane.show_first()
    page.open_panel(page.pane.current())


async def _offline(stage: Stage) -> None:
    page = await stage.page("settings", "firm")
    stage.door.away = True
    page.own.refresh()
    await until(lambda: page.is_settled)
    page.firm.card.draft.set_text("contact_email", "desk@")
    page.firm.card.draft.set_text("tax_number", "ES-B-1234")


def _refused(key: str, tab: str = "") -> Shot:
    async def shot(stage: Stage) -> None:
        words = "This account was closed by its distributor. Ask Northmost Supply."
        stage.door.fault = RefusedError("account.closed", words)
        page = await stage.page(key, tab or None)
        if key == "users":
            page.do("ask")
        await until(lambda: page.is_settled and not len(tasks()))

    return shot


def _unreachable(tab: str, act: str) -> Shot:
    async def shot(stage: Stage) -> None:
        page = await stage.page("devices")
        lines = [page.list.rows.object_at(row) for row in range(page.list.rows.rowCount())]
        line = next(one for one in lines if one is not None and one.device.name == AWAY)
        page.open(line.device.id)
        await until(lambda: page.is_settled and not len(tasks()))
        page.view.show_tab(tab)
        page.do(act)
        await until(lambda: page.is_settled and not len(tasks()))

    return shot


AWAY = "Garage ramp"
"""The device of the furnished site that does not answer."""
BOTH: dict[str, Shot] = {
    "settings-account": _settings("account"),
    "account-menu": _menu,
    "news": _news,
    "text": _text,
}
WINDOWS: dict[str, dict[str, Shot]] = {
    "installer": {
        **BOTH,
        "settings-firm": _settings("firm"),
        "settings-firm-offline": _offline,
        "settings-refused": _refused("settings", "account"),
        "users-refused": _refused("users"),
        "rollout-sheet": _rollout,
        "device-unreachable": _unreachable("overview", "read"),
        "device-unreachable-plan": _unreachable("plan", "verify"),
    },
    "manager": {**BOTH, "settings-site": _settings("site"), "parking-lot": _parking},
}
TWICE = {"account-menu", "settings-firm", "sign-in-policy", "rollout-sheet"}
"""Pictured at 200 % too."""


# ---------------------------------------------------------------------------------------------------------- taking


def _menus() -> list[QMenu]:
    return [w for w in _tops() if isinstance(w, QMenu) and w.isVisible()]


def _tops() -> list[Any]:
    return QApplication.topLevelWidgets()


def _whole(window: MainWindow, scale: float) -> QImage:
    """The window with what is open over it: sheets and menus are windows of their own."""
    image = shots.picture(window, scale)
    over = [w for w in _tops() if w is not window and w.isVisible() and isinstance(w, QDialog | QMenu)]
    painter = QPainter(image)
    try:
        for one in over:
            at = window.mapFromGlobal(one.mapToGlobal(QPoint(0, 0)))
            place = QRect(_inside(window, one, at), one.size())
            painter.drawImage(place.topLeft(), shots.picture(one, scale))
            # The frame that a system draws around its windows.
            painter.setPen(theme().colour("line2"))
            painter.drawRect(place.adjusted(-1, -1, 0, 0))
    finally:
        painter.end()
    return image


def _inside(window: MainWindow, one: Any, at: QPoint) -> QPoint:
    """Where a sheet or menu stands over the window, wherever this machine's screen put it."""
    if isinstance(one, QDialog):
        return QPoint((window.width() - one.width()) // 2, (window.height() - one.height()) // 2)
    x = max(0, min(at.x(), window.width() - one.width()))
    return QPoint(x, max(0, min(at.y(), window.height() - one.height())))


def _close_over(window: MainWindow) -> None:
    for one in _tops():
        if one is not window and isinstance(one, QDialog | QMenu) and one.isVisible():
            one.close()
    if window.frame is not None:
        window.frame.notices.hide()


@asynccontextmanager
async def _opened(station: QuietStation, role: str) -> AsyncIterator[Stage]:
    door = OwningDoor("1" * 32, role)
    station.door = door
    desk = Desk(station, Preferences())
    await desk.begin()
    await desk.tasks.settle(limit_s=30)
    window = MainWindow(desk)
    try:
        window.resize(*SIZE)
        window.begin()
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=True)
        window.show()
        yield Stage(window, station, door)
    finally:
        await window.end()


@dataclass(frozen=True, slots=True)
class Look:
    """Where pictures go, in which theme, at how many pixels a point."""

    folder: Path
    mode: Mode
    scale: float


def scenes_of(role: str) -> dict[str, Shot]:
    """The pictures of a role by name; of nobody yet, the sign-in."""
    return SIGN_IN if role == SIGN_IN_ROLE else WINDOWS[role]


async def take_more(
    staged: Callable[[Path], AbstractAsyncContextManager[Any]], role: str, look: Look, names: Sequence[str]
) -> list[Path]:
    """The pictures of a role by these names; `staged(folder)` makes its station."""
    written: list[Path] = []
    theme().set_mode(look.mode)
    with tempfile.TemporaryDirectory() as place:
        async with staged(Path(place)) as station, _opened(station, role) as stage:
            for name in names:
                path = look.folder / f"{name}-{look.mode.value}.png"
                await _take(stage, scenes_of(role)[name], path, look.scale)
                written.append(path)
    return written


async def _take(stage: Stage, shot: Shot, path: Path, scale: float) -> None:
    if "sign-in" in path.stem:
        stage.station.ctx.actor = None
    stage.door.away, stage.door.fault = False, None
    await shot(stage)
    await shots.settled(stage.window)
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread(_whole(stage.window, scale).save, str(path))
    _close_over(stage.window)
    stage.window.toasts.close_all()
    await until(lambda: not len(tasks()))
