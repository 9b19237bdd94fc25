"""The live picture of a door: stream, then stills, then none, each said with its reason; no sign-in in any word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QObject, Signal
from PySide6.QtGui import QColor, QImage

from core.entities.organisation import Role
from core.entities.record import AUDIT_ENTRY
from core.entities.site import SITE
from core.ports.device import Link
from core.store.changes import Origin
from core.usecases.context import Actor
from core.usecases.live_view import ACT, StreamSource, has_camera, open_camera
from desktop.models.live_view import LiveState, LiveView
from desktop.qt import video
from desktop.qt.video import Means
from tests.desktop.fixtures_window import Drive, until
from tests.desktop.furnish_window import Furnished
from tests.desktop.rtsp_server import RtspServer

PASSWORD = "Kq7-unsaid-zz"


def jpeg(width: int = 320, height: int = 240) -> bytes:
    """A picture of one colour."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    assert image.save(buffer, "JPG", 85)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


class HandPlayer(QObject):
    """A player that does what the test says."""

    pictured = Signal(QImage)
    broke = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.source: StreamSource | None = None
        self.closed = False

    def play(self, source: StreamSource) -> None:
        self.source = source

    def close(self) -> None:
        self.closed = True


class Pauses:
    """Waits that last until the test lets them pass; `asked`: how long each would be."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._gate = asyncio.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._gate.acquire()

    async def reach(self, count: int) -> None:
        """Until so many waits were asked for."""
        await until(lambda: len(self.asked) == count)

    def go_on(self) -> None:
        """Let one wait pass."""
        self._gate.release()


async def _state(live: LiveView, state: LiveState) -> None:
    await until(lambda: live.state is state, what=f"{live.state} {live.words}")


def set_up(made: Furnished, *, stream: bool = True) -> Callable[[], None]:
    """The first device has a stream and a camera; gives what makes the camera fail."""
    gateway: Any = made.gateway
    state = {"fails": False}
    whole = gateway.snapshot

    async def address(link: Link) -> str:
        return f"{link.url.replace('http', 'rtsp')}:554/live/ch00_0" if stream else ""

    async def snapshot(link: Link) -> bytes:
        await whole(link)
        return b"no picture" if state["fails"] else jpeg()

    gateway.stream_address, gateway.snapshot = address, snapshot
    return lambda: state.update(fails=True)


def test_a_stream_that_breaks_gives_way_to_stills_and_they_to_words(
    drive: Drive[Any], furnished: Furnished
) -> None:
    async def scene() -> None:
        fail = set_up(furnished)
        players: list[HandPlayer] = []

        def make() -> HandPlayer:
            players.append(HandPlayer())
            return players[-1]

        pauses, shown = Pauses(), []
        device = furnished.devices[0]
        live = LiveView(furnished.ctx, device, lambda: Means(make), wait=pauses)
        live.pictured.connect(lambda image: shown.append(image.width()))
        live.start()
        await until(lambda: players and players[0].source is not None)
        assert live.state is LiveState.CONNECTING
        players[0].pictured.emit(QImage(640, 480, QImage.Format.Format_RGB32))
        assert (live.state, shown) == (LiveState.STREAM, [640])
        players[0].broke.emit("The video stream cannot be opened.")
        await until(lambda: live.state is LiveState.STILLS)
        assert (live.words, shown, players[0].closed) == (
            "The video stream cannot be opened.",
            [640, 320],
            True,
        )
        pauses.go_on()
        await until(lambda: len(shown) == 3)
        assert pauses.asked == [1.0, 1.0]
        fail()
        pauses.go_on()
        await until(lambda: live.state is LiveState.AWAY)
        assert live.words == "What the device sent is no picture."
        live.retry()
        await until(lambda: len(players) == 2)
        live.stop()
        assert (live.state, players[1].closed) == (LiveState.STOPPED, True)

    drive(scene())


def test_a_stream_without_a_picture_or_a_player_or_an_address_says_which(
    drive: Drive[Any], furnished: Furnished
) -> None:
    async def scene() -> None:
        set_up(furnished)
        device = furnished.devices[0]
        silent = LiveView(furnished.ctx, device, lambda: Means(HandPlayer), stall_s=0.02, wait=Pauses())
        none = LiveView(furnished.ctx, device, lambda: Means(None, "No player here."), wait=Pauses())
        for live, words in ((silent, "The stream gave no picture for 0.02 s."), (none, "No player here.")):
            live.start()
            await _state(live, LiveState.STILLS)
            assert live.words == words
            live.stop()
        set_up(furnished, stream=False)
        none.start()
        await until(lambda: none.state is LiveState.STILLS)
        assert none.words == "The device tells of no video stream."
        none.stop()

    drive(scene())


def test_a_device_that_does_not_answer_is_asked_again_less_and_less_often(
    drive: Drive[Any], furnished: Furnished
) -> None:
    async def scene() -> None:
        set_up(furnished)
        device = furnished.devices[0]
        for held in furnished.gateway.by_url.values():
            held.away = True
        pauses = Pauses()
        live = LiveView(furnished.ctx, device, lambda: Means(None, ""), wait=pauses)
        live.start()
        for count in range(1, 8):
            await pauses.reach(count)
            pauses.go_on()
        assert live.state is LiveState.AWAY
        assert "answer" in live.words
        assert pauses.asked[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
        for held in furnished.gateway.by_url.values():
            held.away = False
        pauses.go_on()
        await until(lambda: live.state is LiveState.STILLS)
        live.stop()

    drive(scene())


def test_acc_12_log_06_a_look_is_audited_and_kept_from_managers_by_the_installers_switch(
    drive: Drive[Any], furnished: Furnished
) -> None:
    async def scene() -> None:
        set_up(furnished)
        device = furnished.devices[0]
        camera = await open_camera(furnished.ctx, device)
        assert camera.stream is not None
        noted = await furnished.mirror.read(lambda r: r.find(AUDIT_ENTRY, op=ACT, entity_id=device.id))
        assert len(noted) == 1
        await furnished.mirror.write(
            lambda tx: tx.patch(SITE, tx.require(SITE, device.site_id), pm_captures=False), origin=Origin.USER
        )
        me = furnished.ctx.me
        furnished.ctx.actor = Actor(me.account_id, me.org_id, Role.MANAGER, me.name)
        live = LiveView(furnished.ctx, device, lambda: Means(None, ""), wait=Pauses())
        live.start()
        await until(lambda: live.state is LiveState.AWAY)
        assert "The installer has switched off" in live.words
        live.stop()

    drive(scene())


def test_which_models_have_a_camera(furnished: Furnished) -> None:
    assert has_camera(furnished.devices[0])
    access = next((d for d in furnished.devices if d.model.startswith("A0")), None)
    assert access is None or not has_camera(access)


def test_a_source_does_not_show_its_password() -> None:
    assert PASSWORD not in repr(StreamSource("rtsp://127.0.0.1:9/live", "admin", PASSWORD))


@pytest.fixture(scope="module")
def media() -> Means:
    """The machine's own player."""
    means = video.means()
    if means.player is None:
        pytest.skip(f"no stream can be played on this machine: {means.why}")
    return means


@pytest.mark.qt_log_level_fail(
    "CRITICAL"
)  # its library warns of what this machine lacks and of the refused sign-in
def test_a_real_stream_is_played_and_a_wrong_password_ends_in_stills(
    drive: Drive[Any], furnished: Furnished, media: Means, capfd: pytest.CaptureFixture[str]
) -> None:
    """Qt Multimedia against an RTSP server on loopback that asks for a sign-in."""

    async def scene() -> None:
        set_up(furnished)
        gateway: Any = furnished.gateway
        async with RtspServer(jpeg(640, 480), "admin", PASSWORD) as server:

            async def address(_link: Link) -> str:
                return server.address

            gateway.stream_address = address
            live = LiveView(furnished.ctx, furnished.devices[0], lambda: media, wait=Pauses())
            live.start()
            await until(lambda: live.state is LiveState.STILLS, limit_s=60.0)
            assert live.words == "The video stream cannot be opened."
            assert "PLAY" not in server.asked
            server.user = ""
            shown: list[QImage] = []
            live.pictured.connect(shown.append)
            live.retry()
            await until(lambda: live.state is LiveState.STREAM and shown, limit_s=60.0)
            colour = shown[-1].pixelColor(300, 200)
            assert (shown[-1].width(), round(colour.green() / 128), round(colour.blue() / 128)) == (640, 1, 1)
            live.stop()
            await _signed_in(media, server)

    drive(scene())
    out = capfd.readouterr()
    assert PASSWORD not in out.out + out.err


async def _signed_in(media: Means, server: RtspServer) -> None:
    """A sign-in stands in the address that the library below would print."""
    assert media.player is not None
    server.user, player = "admin", media.player()
    pictures: list[QImage] = []
    player.pictured.connect(pictures.append)
    player.play(StreamSource(server.address, "admin", PASSWORD))
    await until(lambda: pictures, limit_s=60.0)
    player.close()
    await until(lambda: not video.running(), limit_s=60.0)
