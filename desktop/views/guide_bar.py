"""The bar of the demo's guided path: what to do now, a way to the page, and a way to be rid of it."""

from __future__ import annotations

import asyncio

from core.usecases.progress import main_job
from desktop.models.guide import present_step, steps
from desktop.views.main_window import MainWindow
from desktop.views.widgets.boxes import Act, NoticeBar


class GuideBar(NoticeBar):
    """One line at the top of the window. It moves on by itself when a step is done."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(self.tr("Guided path"), icon="list-checks")
        self._window = window
        self._path = steps()
        self._at = -1
        self.act.connect(self._acted)

    def show_step(self, at: int) -> None:
        """Show a step, or that all are done."""
        if at == self._at:
            return
        self._at = at
        if at >= len(self._path):
            done = self.tr("The main job is done. Everything that was proved is in the cloud.")
            self.set_text(self.tr("Guided path"), done)
            self.set_acts([Act("close", self.tr("Close"), "quiet")])
            return
        step = self._path[at]
        self.set_text(self.tr("{0} of {1} · {2}").format(at + 1, len(self._path), step.title), step.text)
        self.set_acts([Act("go", self.tr("Show me")), Act("close", self.tr("Close"), "quiet")])

    def _acted(self, key: str) -> None:
        if key == "close":
            self.hide()
        elif 0 <= self._at < len(self._path) and self._window.frame is not None:
            self._window.frame.show_page(self._path[self._at].page)


async def go_along(window: MainWindow) -> None:
    """Show the bar over the window's pages and keep it at the step that is due; until cancelled."""
    bar = GuideBar(window)
    window.setMenuWidget(bar)
    news = asyncio.Event()
    news.set()
    window.desk.feed.delivered.connect(lambda _changes: news.set())
    while True:
        await news.wait()
        news.clear()
        bar.show_step(present_step(steps(), await main_job(window.desk.ctx)))
