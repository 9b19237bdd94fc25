"""From an HTTP request to an HTTP response for one device: faults of the wire, access, body, endpoint, reply.

Restarting, saving and sending action URLs are the life cycle's (`device`), which hands in what follows a reply.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from device_link.simulator import web
from device_link.simulator.access import Entry, admit
from device_link.simulator.call import Answer, BadCallError, Call, Effect, resolve
from device_link.simulator.endpoints import registry
from device_link.simulator.envelope import Envelope, encode, error_page, invalid
from device_link.simulator.image import ImageReader
from device_link.simulator.messages import BodyTooLargeError, CutConnection, Request, Response
from device_link.simulator.multipart import FormError, MemorySink, Part, Sink, boundary_of, read_form
from device_link.simulator.unit import Unit

BURST = 4
"""So many requests may come within the gap of a device that breaks under speed; the next one does the harm."""

_FORM_LIMIT = 8 * 1024 * 1024


class Frontend:
    """Answers requests for one unit.

    `save` is awaited before a reply whose request changed memory; `after` is called when that reply has left.
    """

    def __init__(
        self, unit: Unit, save: Callable[[], Awaitable[None]], after: Callable[[Effect], None], flash_s: float
    ) -> None:
        self._unit = unit
        self._flash_s = flash_s
        self._save = save
        self._after = after
        self._recent: deque[float] = deque(maxlen=BURST + 1)
        self._sick_until = 0.0

    async def handle(self, request: Request) -> Response:
        """Answer one request. Raises `CutConnection` where a fault drops the connection."""
        response = await self._wire_faults(request) or await self._answer(request)
        response.headers.append(("Server", self._unit.profile.server))
        return response

    async def _answer(self, request: Request) -> Response:
        try:
            if web.is_web(request.path):
                return await self._web(request)
            if request.path == "/api" or request.path.startswith("/api/"):
                return await self._api(request)
        except BodyTooLargeError:
            return _page(413, close=True)
        except FormError:
            return _page(400)
        return _page(404)

    # ----------------------------------------------------------------------------------------------- the wire

    async def _wire_faults(self, request: Request) -> Response | None:
        faults, clock = self._unit.faults, self._unit.clock
        if faults.has("slow"):
            await clock.sleep(faults.number("slow") / 1000)
        if faults.has("https-redirect") and not request.secure:
            tail = f":{self._unit.tls_port}" if self._unit.tls_port else ""
            return Response(308, headers=[("Location", f"https://{self._unit.ip}{tail}{request.target}")])
        if self._too_fast():
            if faults.has("throttle"):
                return _page(401)
            return _page(500)
        return None

    def _too_fast(self) -> bool:
        """A burst makes the device sick; it gets well when it is left alone for the length of the gap."""
        faults = self._unit.faults
        gap = max(faults.number("degrade", self._unit.profile.rapid_ms), faults.number("throttle")) / 1000
        now = self._unit.clock.monotonic()
        self._recent.append(now)
        if len(self._recent) > BURST and now - self._recent[0] < gap:
            self._sick_until = now + gap
        return now < self._sick_until

    # ------------------------------------------------------------------------------------------------ the web

    async def _web(self, request: Request) -> Response:
        response = web.serve(self._unit, request, await request.body.read())
        if self._unit.dirty:
            await self._save()
        response.then = lambda: self._after(Effect.NONE)
        return response

    # ------------------------------------------------------------------------------------------------ the API

    async def _api(self, request: Request) -> Response:
        entry = admit(self._unit, request)
        if isinstance(entry, Response):
            await request.body.drain()
            return entry
        try:
            call = await self._read_call(request)
        except BadCallError:
            call = None
        if entry is Entry.AFTER_BODY:
            await request.body.drain()
            judged = admit(self._unit, request, request.body.md5_hex)
            if isinstance(judged, Response):
                return judged
        if call is None:
            return self._reply(Answer(invalid()))
        return await self._perform(call)

    async def _read_call(self, request: Request) -> Call:
        boundary = boundary_of(request.headers.get("content-type", ""))
        if boundary is None:
            body, form = await request.body.read(), []
        else:
            body, form = b"", await self._read_form(request, boundary)
        return resolve(request.method, request.path, request.query, body, form)

    async def _read_form(self, request: Request, boundary: bytes) -> list[Part]:
        upload = request.path.rstrip("/").endswith("/firmware/upload")

        def sink_for(name: str, _file_name: str) -> Sink:
            if upload and name == "file":
                return self._image_sink(request)
            return MemorySink(_FORM_LIMIT)

        return await read_form(request.body, boundary, sink_for)

    def _image_sink(self, request: Request) -> Sink:
        if not self._unit.faults.strike("drop-mid-upload"):
            return ImageReader()
        return _CuttingSink((request.body.length or 0) // 2)

    async def _perform(self, call: Call) -> Response:
        unit = self._unit
        if (call.target, call.action) == ("user", "add") and self._add_is_broken():
            return _page(500)
        answer, wrote = self._ask(call)
        if wrote:
            await self._save()
        response = self._reply(answer, wrote=wrote)
        response.cut = wrote and unit.faults.strike("drop-after-write")
        effect = answer.effect
        if effect is Effect.UPGRADE and unit.faults.has("upgrade-answer"):
            effect = await self._answer_late(response)
        response.then = lambda: self._after(effect)
        return response

    def _add_is_broken(self) -> bool:
        unit = self._unit
        return unit.state.firmware in unit.profile.broken_add or unit.faults.strike("user-add-500")

    def _ask(self, call: Call) -> tuple[Answer, bool]:
        """Let the endpoint answer; say too whether this call, and no other one, changed memory."""
        unit = self._unit
        unsaved, unit.dirty = unit.dirty, False
        answer = registry.answer(unit, call)
        wrote, unit.dirty = unit.dirty, unit.dirty or unsaved
        return answer, wrote

    async def _answer_late(self, response: Response) -> Effect:
        """Variants of an undocumented moment: the answer comes when the flash is written, or never."""
        variant = self._unit.faults.text("upgrade-answer")
        if variant == "at-once":
            return Effect.UPGRADE
        await self._unit.clock.sleep(self._flash_s)
        response.cut = response.cut or variant == "never"
        return Effect.REBOOT

    # ------------------------------------------------------------------------------------- the reply's shape

    def _reply(self, answer: Answer, *, wrote: bool = False) -> Response:
        if answer.envelope is None:
            return Response(body=answer.raw, content_type=answer.content_type)
        faults, envelope = self._unit.faults, answer.envelope
        if wrote and faults.has("retcode-one") and envelope["retcode"] == 0:
            envelope = {**envelope, "retcode": 1}
        body = _latin_1(envelope) if faults.has("bad-utf8") else encode(envelope)
        if faults.has("trailing-bytes"):
            body += b"\0\r\n<!-- end -->\n"
        return Response(
            body=body, content_type="text/html" if faults.has("wrong-content-type") else "application/json"
        )


class _CuttingSink:
    """Takes bytes until half of the upload is in, then drops the connection."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def feed(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left <= 0:
            raise CutConnection


def _latin_1(envelope: Envelope) -> bytes:
    """A reply that is no UTF-8: its texts as Latin-1, and at least one such byte in a member that says nothing."""
    text = encode({**envelope, "note": "Tür"}).decode("utf-8")
    return text.encode("latin-1", "replace")


def _page(status: int, *, close: bool = False) -> Response:
    return Response(status, error_page(status), "text/html", close=close)
