"""Plays a video stream with Qt Multimedia in a thread of its own; says why where the machine cannot.

Qt Multimedia is the other part of PySide6 (pyside6-addons) and wants libraries of the system, so it may be missing:
then stills are shown. The library below it prints a stream's address with its password; it is silenced before the
first stream, and where that fails no stream with a sign-in is played.
"""

from __future__ import annotations

import ctypes
import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import PySide6
from PySide6.QtCore import (
    QCoreApplication,
    QElapsedTimer,
    QObject,
    QSize,
    Qt,
    QThread,
    QUrl,
    Signal,
    SignalInstance,
    Slot,
)
from PySide6.QtGui import QImage

from core.usecases.live_view import StreamSource

_log = logging.getLogger(__name__)
QUIET = -8
"""AV_LOG_QUIET."""
GAP_MS = 66
"""At most 15 pictures a second are made: doors are looked at, not filmed."""
LARGEST = QSize(1280, 720)
NETWORK_S = 8
PROBE_BYTES = 100_000
"""What is read before the first picture: half a second of a door phone's stream. By itself the library reads 5 s."""
_running: set[_Life] = set()
"""Threads that have not ended, each with what lives in it: both must outlast the last event there."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("video", text)


class Player(Protocol):
    """Plays one stream off the window's thread. `pictured` carries QImages, `broke` words without the address."""

    pictured: SignalInstance
    broke: SignalInstance

    def play(self, source: StreamSource) -> None:
        """Begin; returns at once."""
        ...

    def close(self) -> None:
        """End; returns at once, and nothing is told any more."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What streams are played by; without `player` only stills are shown, and `why` says so."""

    player: Callable[[], Player] | None = None
    why: str = ""


@lru_cache(maxsize=1)
def means() -> Means:
    """What streams are played by on this machine. Loads libraries: not for the window's thread."""
    try:
        # Late, since it is an optional part that takes 0.1 s to load and lacks libraries on some machines.
        media: Any = importlib.import_module("PySide6.QtMultimedia")
    except ImportError as fault:
        _log.info("no Qt Multimedia: %s", fault)
        return Means(None, _tr("This computer plays no video streams: Qt Multimedia is not installed."))
    # The first player loads the libraries below: only then is there something to silence.
    usable = media.QMediaPlayer().isAvailable()
    if not usable or not _silence():
        _log.warning("streams are not played: backend %s, or it could not be silenced", usable)
        return Means(None, _tr("This computer plays no video streams that need a sign-in."))
    return Means(StreamPlayer)


def _silence() -> bool:
    """Keep libavutil from printing: at its usual level it prints addresses with passwords to the error stream."""
    folder = Path(PySide6.__file__).parent
    names = ("Qt/lib/libavutil.so.*", "Qt/lib/libavutil*.dylib", "avutil-*.dll", "libavutil*.so*")
    for path in (found for name in names for found in sorted(folder.glob(name))):
        try:
            ctypes.CDLL(str(path)).av_log_set_level(QUIET)
        except (OSError, AttributeError) as fault:
            _log.info("%s: %s", path.name, fault)
        else:
            return True
    return False


class _Decoder(QObject):
    """Lives in the player's thread: a frame becomes a picture of bounded size there."""

    pictured = Signal(QImage)
    broke = Signal(str)

    def __init__(self, url: QUrl) -> None:
        super().__init__()
        self._url = url
        self._since = QElapsedTimer()
        self._player: Any = None
        self._sink: Any = None

    @Slot()
    def begin(self) -> None:
        """Open the stream; runs in the thread."""
        media: Any = importlib.import_module("PySide6.QtMultimedia")
        self._player, self._sink = media.QMediaPlayer(self), media.QVideoSink(self)
        options = media.QPlaybackOptions()
        options.setProbeSize(PROBE_BYTES)
        options.setPlaybackIntent(media.QPlaybackOptions.PlaybackIntent.LowLatencyStreaming)
        self._player.setPlaybackOptions(options)
        self._player.setVideoSink(self._sink)
        self._sink.videoFrameChanged.connect(self._frame)
        self._player.errorOccurred.connect(self._fault)
        self._player.setSource(self._url)
        self._player.play()

    @Slot()
    def end(self) -> None:
        """Let go of the stream; runs in the thread."""
        if self._player is not None:
            self._player.stop()
            self._player.setSource(QUrl())
            self._player.deleteLater()
            self._sink.deleteLater()
            self._player = self._sink = None
        self.thread().quit()

    def _frame(self, frame: Any) -> None:
        if self._since.isValid() and self._since.elapsed() < GAP_MS:
            return
        self._since.start()
        image = frame.toImage()
        if image.isNull():
            return
        if image.width() > LARGEST.width() or image.height() > LARGEST.height():
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.FastTransformation
            image = image.scaled(LARGEST, keep, smooth)
        self.pictured.emit(image)

    def _fault(self, *_what: object) -> None:
        # The library's own words may hold the address, and with it the password.
        self.broke.emit(_tr("The video stream cannot be opened."))


class _Life(QObject):
    """A thread with its decoder, kept until the thread has ended; itself in the window's thread."""

    def __init__(self, decoder: _Decoder) -> None:
        super().__init__()
        self.decoder, self.thread_ = decoder, QThread()
        self.thread_.setObjectName("live view")
        decoder.moveToThread(self.thread_)
        self.thread_.started.connect(decoder.begin)
        # Queued: a thread object must not be dropped by its own thread.
        self.thread_.finished.connect(self.ended, Qt.ConnectionType.QueuedConnection)
        _running.add(self)
        self.thread_.start()

    @Slot()
    def ended(self) -> None:
        """The thread has told that it ends: wait for its last instruction, then let go."""
        self.thread_.wait()
        _running.discard(self)


class StreamPlayer(QObject):
    """See `Player`. Signals: `pictured(QImage)`, `broke(str)`."""

    pictured = Signal(QImage)
    broke = Signal(str)
    _ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._decoder: _Decoder | None = None

    def play(self, source: StreamSource) -> None:
        """Open the stream in a thread of its own."""
        url = QUrl(source.address)
        if source.user:
            url.setUserName(source.user)
            url.setPassword(source.password)
        decoder = self._decoder = _Decoder(url)
        decoder.pictured.connect(self.pictured, Qt.ConnectionType.QueuedConnection)
        decoder.broke.connect(self.broke, Qt.ConnectionType.QueuedConnection)
        _Life(decoder)
        self._ended.connect(decoder.end, Qt.ConnectionType.QueuedConnection)

    def close(self) -> None:
        """End it; its thread lets go of the stream by itself."""
        if self._decoder is not None:
            self._decoder.pictured.disconnect(self.pictured)
            self._decoder.broke.disconnect(self.broke)
            self._decoder = None
            self._ended.emit()


def wait_ended(limit_ms: int) -> None:
    """Wait for the threads of closed players: at the end of the program."""
    for life in list(_running):
        life.thread_.wait(limit_ms)


def running() -> int:
    """How many threads of players have not ended."""
    return len(_running)
