"""A live picture without widgets: the video stream while it runs, else a still each second; never silent about which.

    CONNECTING --frame--> STREAM --broken, or no frame for some seconds--> STILLS --no answer--> AWAY --answer--> STILLS

`retry` begins anew. What a stream is played by is given (`desktop.qt.video`), so that all this runs without one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.base.errors import GatewrightError, RefusedError
from core.base.tasks import TaskOwner
from core.entities.device import DEVICE, RELAY, Device, Relay
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.live_view import Camera, open_camera, still
from desktop.models.words import translate
from desktop.qt.language import spoken
from desktop.qt.video import Means, Player

EVERY_S = 1.0
STALL_S = 8.0
"""A stream without a picture for so long has failed: door phones send a whole picture every one or two seconds."""
LONGEST_GAP_S = 30.0


class LiveState(StrEnum):
    """What is shown."""

    CONNECTING = "connecting"
    STREAM = "stream"
    STILLS = "stills"
    AWAY = "away"
    STOPPED = "stopped"


class LiveView(QObject):
    """One camera that is looked at. Signals: `changed()` state or words; `pictured(QImage)`.

    `means` is asked off the window's thread, once a start: the parts of a player take time to load.
    """

    changed = Signal()
    pictured = Signal(QImage)

    def __init__(
        self,
        ctx: Context,
        device: Device,
        means: Callable[[], Means],
        *,
        stall_s: float = STALL_S,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        super().__init__()
        self._ctx, self.device, self._means = ctx, device, means
        self._stall_s, self._wait = stall_s, wait
        self._tasks = TaskOwner()
        self._task: asyncio.Task[None] | None = None
        self._player: Player | None = None
        self._broken: asyncio.Future[str] | None = None
        self._frames = 0
        self.state, self.words = LiveState.STOPPED, ""
        """`words`: why it is not the stream, or why there is no picture."""

    def start(self) -> None:
        """Look; a look that goes on is begun anew."""
        self.stop()
        self._set(LiveState.CONNECTING)
        self._task = self._tasks.start(self._run(), name="live view")

    retry = start

    def stop(self) -> None:
        """Look no more. Safe to call twice."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._end_player()
        self._set(LiveState.STOPPED)

    def _set(self, state: LiveState, words: str = "") -> None:
        if (state, words) != (self.state, self.words):
            self.state, self.words = state, words
            self.changed.emit()

    async def _run(self) -> None:
        gap = EVERY_S
        while True:
            try:
                camera = await open_camera(self._ctx, self.device)
                why = await self._stream(camera)
                gap = EVERY_S
                await self._stills(camera, why)
            except GatewrightError as fault:
                self._set(LiveState.AWAY, spoken(fault))
            await self._wait(gap)
            gap = min(gap * 2, LONGEST_GAP_S)

    # -- the stream

    async def _stream(self, camera: Camera) -> str:
        """Play until it fails; gives why there is none any more."""
        if camera.stream is None:
            return translate("The device tells of no video stream.")
        means = await asyncio.to_thread(self._means)
        if means.player is None:
            return spoken(means.why)
        self._broken = asyncio.get_running_loop().create_future()
        self._frames = 0
        player = self._player = means.player()
        player.pictured.connect(self._frame)
        player.broke.connect(self._break)
        try:
            player.play(camera.stream)
            return await self._watch(self._broken)
        finally:
            self._end_player()

    async def _watch(self, broken: asyncio.Future[str]) -> str:
        while True:
            before = self._frames
            done, _ = await asyncio.wait({broken}, timeout=self._stall_s)
            if done:
                return broken.result()
            if self._frames == before:
                words = translate("The stream gave no picture for {0} s.")
                return words.format(f"{self._stall_s:g}")

    def _frame(self, image: QImage) -> None:
        if self._player is not None:
            self._frames += 1
            self._set(LiveState.STREAM)
            self.pictured.emit(image)

    def _break(self, words: str) -> None:
        if self._broken is not None and not self._broken.done():
            self._broken.set_result(words)

    def _end_player(self) -> None:
        if self._player is not None:
            self._player.close()
            self._player = None

    # -- stills

    async def _stills(self, camera: Camera, why: str) -> None:
        """A still each second, until one fails: then the way to the device is looked for again."""
        while True:
            image = await asyncio.to_thread(_decoded, await still(self._ctx, camera))
            if image is None:
                raise RefusedError("live.picture", translate("What the device sent is no picture."))
            self._set(LiveState.STILLS, why)
            self.pictured.emit(image)
            await self._wait(EVERY_S)


def _decoded(data: bytes) -> QImage | None:
    image = QImage.fromData(data)
    return None if image.isNull() else image


async def load_watched(ctx: Context, device_id: str) -> tuple[Device, list[Relay]]:
    """A device and its relays in order: what is looked at, and what opens beside it."""

    def work(reader: Reader) -> tuple[Device, list[Relay]]:
        relays = sorted(reader.find(RELAY, device_id=device_id), key=lambda r: r.number)
        return reader.require(DEVICE, device_id), relays

    return await ctx.mirror.read(work)
