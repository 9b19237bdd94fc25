"""Pictures of every page in every state as every role sees it, and of every component: what docs/screenshots holds.

Run: python -m tests.desktop.shoot docs/screenshots [--set pages error] [--only lan residents] [--role manager]
Without options it writes all of them, small, with an index page. Needs no display and no network.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from array import array
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from PIL import Image
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from core.base.clock import SystemClock
from core.entities.person import RESIDENT, PersonKind
from core.sheets.write import write_table
from core.usecases.desk_board import note_arrival
from core.usecases.lan import scan
from desktop.models.desk import Desk, Station
from desktop.models.preferences import Preferences
from desktop.qt import language
from desktop.qt.run import tasks
from desktop.qt.theme import Density, Mode, Theme, theme
from desktop.views.gallery.__main__ import write_shots
from desktop.views.main_window import MainWindow
from desktop.views.page import Page
from desktop.views.shots import Scene, picture_pages
from desktop.views.today import TodayPage
from tests.desktop.broken import broken_reads
from tests.desktop.cloud_window import make_trouble
from tests.desktop.fakes_window import strangers
from tests.desktop.fixtures_window import QuietStation
from tests.desktop.furnish_desk import as_manager, furnish_desk
from tests.desktop.furnish_equipment import furnish_equipment
from tests.desktop.furnish_locks import furnish_locks
from tests.desktop.furnish_supply import FirmsStation, firm_infos, furnish_supply
from tests.desktop.furnish_window import bare_context, furnish, sign_in_locally
from tests.desktop.more_pictures import MORE, SIGN_IN_ROLE, TWICE, WINDOWS, Look, scenes_of, take_more
from tests.desktop.picture_sets import ROLES, SETS, PictureSet
from tests.desktop.shots_page import write_index

COLOURS, SHADES, APART = 160, 96, 12
"""Of a picture; those that are the commonest; how much red, green and blue together differ between two of them."""
GALLERY = ("light", "dark", "contrast")


class PictureClock(SystemClock):
    """Tuesday 24 November, 09:14 in Madrid, when it is made; goes on from there, so that pictures can be compared."""

    def __init__(self) -> None:
        self._began = self.monotonic()

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime(2026, 11, 24, 8, 14, tzinfo=UTC) + timedelta(seconds=self.monotonic() - self._began)


@asynccontextmanager
async def staged(state: str, role: str, folder: Path) -> AsyncIterator[Station]:
    """A workstation of a role with much on it, or with nothing."""
    if state == "empty":
        ctx, runner = bare_context(folder / "profile", [], PictureClock())
        await sign_in_locally(ctx, role)
        try:
            yield QuietStation(ctx)
        finally:
            await runner.close()
            await ctx.mirror.close()
        return
    if role == "distributor":
        made = await furnish_supply(folder, clock=PictureClock())
        try:
            yield FirmsStation(made.ctx, await firm_infos(made))
        finally:
            await made.close()
        return
    made = await furnish(folder, clock=PictureClock())
    await furnish_desk(made)
    await furnish_equipment(made)
    await furnish_locks(made)
    await make_trouble(made)
    made.scanner.devices.extend(strangers())
    await scan(made.ctx, [])
    guests = await made.mirror.read(lambda reader: reader.find(RESIDENT, kind=PersonKind.VISITOR))
    for name in ("Talia Roszak", "Boiler service"):
        await note_arrival(made.ctx, next(one.id for one in guests if RESIDENT.name_of(one) == name))
    if role == "manager":
        as_manager(made)
    try:
        yield QuietStation(made.ctx)
    finally:
        await made.close()


async def shoot(wanted: PictureSet, role: str, folder: Path, choose: Callable[[Scene], bool]) -> list[Path]:
    """The pictures of one set as one role sees them."""
    with tempfile.TemporaryDirectory() as place:
        async with staged(wanted.state, role, Path(place)) as station:
            desk = Desk(station, Preferences())
            await desk.begin()
            await desk.tasks.settle(limit_s=30)
            window = MainWindow(desk)
            broken = broken_reads(desk.ctx.mirror) if wanted.state == "error" else nullcontext()
            try:
                with broken:
                    window.resize(*wanted.size)
                    window.begin()
                    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=True)
                    window.show()
                    return await picture_pages(
                        window,
                        folder / wanted.folder / role,
                        wanted.themes,
                        wanted.scale,
                        choose=choose,
                        more=list(_more(window, Path(place))) if wanted.state == "many" else (),
                    )
            finally:
                await window.end()


def _more(window: MainWindow, folder: Path) -> Iterator[Scene]:
    """What needs a file or typed words first."""
    keys = window.frame.page_keys() if window.frame is not None else []
    if "import" in keys:
        yield Scene("import-faults", "import", lambda page: _open_sheet(page, folder))
    if "today" in keys:
        yield Scene("today-person", "today", _find_castan)


def _open_sheet(page: Page, folder: Path) -> None:
    heads = ["Building", "Apt", "Account Type", "First Name", "Last Name", "Email", "PIN", "RF Card"]
    rows = [
        ["Building A", "0101", "0", "Edda", "Norum", "edda@example.org", "3071", "0A4F1107"],
        ["Building A", "0102", "0", "Ilsa", "Norum", "ilsa@example.org", "9120", "0A4F2290"],
        ["Building A", "0905", "0", "Juno", "Pereda", "j.pereda@example.org", "5520", "0A4F3312"],
        ["Building B", "0201", "0", "Rosa", "Elgueta", "rosa.elgueta@example", "4096", "0A4F6G00"],
        ["Building B", "0202", "0", "Hamid", "Tavaro", "hamid@example.org", "4471", "0A4F6002"],
        ["Building B", "0301", "0", "Lena", "Kostrin", "lena@example.org", "4471", "0A4F6003"],
    ]
    path = folder / "tamarind_nov.xlsx"
    write_table(path, heads, rows)
    page.open_file(path, "residents")  # type: ignore[attr-defined]  # the page of the import


def _find_castan(page: Page) -> None:
    if isinstance(page, TodayPage):
        page.search.setText("castan")
        page.search.textEdited.emit("castan")


@contextmanager
def looking(wanted: PictureSet) -> Iterator[None]:
    """Language and density of a set."""
    before = QLocale()
    language.install(wanted.language)
    theme().set_density(Density.COMFORTABLE if wanted.comfortable else Density.DENSE)
    try:
        yield
    finally:
        language.install("en")
        QLocale.setDefault(before)
        theme().set_density(Density.DENSE)


def chooser(wanted: PictureSet, taken: set[str], only: Sequence[str]) -> Callable[[Scene], bool]:
    """Which scenes of a window are pictured: those of the set, fewer where names are given."""

    def choose(scene: Scene) -> bool:
        new = not wanted.once or scene.name not in taken
        return wanted.wants(scene.name, scene.page) and new and (not only or scene.name in only)

    return choose


def _scene_of(path: Path) -> str:
    return path.stem.rsplit("-", 1)[0]


Colour = tuple[int, int, int]


def shrink(path: Path) -> None:
    """Write a picture again with few colours, as a window has: the file is a third of the size.

    Every colour becomes the nearest of the chosen ones by our own table: the library's way looks at them in steps of
    four and more, and mixes grounds that differ by less.
    """
    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    found = cast("list[tuple[int, Colour]]", whole.getcolors(1 << 24) or [])
    ordered = [colour for _, colour in sorted(found, reverse=True)]
    chosen = _chosen(ordered)
    numbers = {colour: number for number, colour in enumerate(chosen)}
    table = {
        r | g << 8 | b << 16 | 255 << 24: numbers.get((r, g, b), _nearest((r, g, b), chosen))
        for r, g, b in ordered
    }
    small = Image.frombytes(
        "P", whole.size, bytes(map(table.__getitem__, array("I", whole.convert("RGBA").tobytes())))
    )
    small.putpalette([part for colour in chosen for part in colour])
    small.save(path, optimize=True)


def _chosen(ordered: list[Colour]) -> list[Colour]:
    """The commonest colours that can be told apart, and of every hue at least one: a dot of red among many greys."""
    hues: dict[tuple[int, ...], Colour] = {}
    chosen: list[Colour] = []
    for colour in ordered:
        hues.setdefault(tuple(part >> 5 for part in colour), colour)
        if len(chosen) < SHADES and all(_distance(colour, one) >= APART for one in chosen):
            chosen.append(colour)
    return list(dict.fromkeys([*chosen, *hues.values()]))[:COLOURS]


def _nearest(colour: Colour, chosen: list[Colour]) -> int:
    return min(range(len(chosen)), key=lambda number: _distance(colour, chosen[number]))


def _distance(one: Colour, other: Colour) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1]) + abs(one[2] - other[2])


def take_role(runner: asyncio.Runner, role: str, folder: Path, only: Sequence[str]) -> list[Path]:
    """What is no page by itself, as one role sees it: light and dark, and some of it at 200 %."""
    state = "empty" if role == SIGN_IN_ROLE else "many"
    tried = "installer" if role == SIGN_IN_ROLE else role
    written: list[Path] = []
    for mode, scale in ((Mode.LIGHT, 1.0), (Mode.DARK, 1.0), (Mode.LIGHT, 2.0)):
        wanted = [n for n in scenes_of(role) if (not only or n in only) and (scale == 1.0 or n in TWICE)]
        place = folder / (MORE if scale == 1.0 else "double") / role
        if wanted:
            tasks().open()
            look = Look(place, mode, scale)
            written += runner.run(take_more(lambda at: staged(state, tried, at), role, look, wanted))
    return written


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", nargs="+", choices=[*(s.folder for s in SETS), MORE, "gallery"])
    parser.add_argument("--role", nargs="+", default=ROLES, choices=ROLES)
    parser.add_argument("--only", nargs="+", default=(), help="names of scenes, e.g. lan device-plan")
    chosen = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    Theme.install(app).set_reduce_motion(reduce=True)
    written: list[Path] = []
    with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
        for wanted in (s for s in SETS if not chosen.set or s.folder in chosen.set):
            made: list[Path] = []
            for role in (r for r in wanted.roles if r in chosen.role):
                tasks().open()
                with looking(wanted):
                    taken = {_scene_of(path) for path in made}
                    made += runner.run(
                        shoot(
                            wanted,
                            role,
                            chosen.folder,
                            chooser(wanted, taken, chosen.only),
                        )
                    )
                sys.stdout.write(f"{wanted.folder} {role}: {len(made)} pictures so far\n")
                sys.stdout.flush()
            written += made
        if not chosen.set or MORE in chosen.set:
            for role in (r for r in (SIGN_IN_ROLE, *WINDOWS) if r in {SIGN_IN_ROLE, *chosen.role}):
                written += take_role(runner, role, chosen.folder, chosen.only)
    if not chosen.set or "gallery" in chosen.set:
        written += write_shots(chosen.folder / "gallery", modes=tuple(Mode(word) for word in GALLERY))
    for path in written:
        shrink(path)
    if not chosen.set and not chosen.only:
        write_index(chosen.folder)


if __name__ == "__main__":
    main()
