"""Numbers for Prometheus, in its text format, and the watch over every request: its id, its log line, its time.

A metric never carries what a person entered: routes stand as their templates, firms and accounts not at all.
"""

from __future__ import annotations

import logging
import re
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from core.base.clock import Clock
from core.base.ids import new_id

log = logging.getLogger("core.cloud.requests")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_UNTOLD = ("/v1/live",)
"""Routes whose requests last as long as a workstation listens; their time says nothing."""


@dataclass
class _Times:
    """A histogram of one route."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0
    count: int = 0


class Metrics:
    """The counters of one node. Prometheus adds the nodes up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str, int], int] = defaultdict(int)
        self._times: dict[str, _Times] = defaultdict(_Times)
        self.in_flight = 0

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request."""
        with self._lock:
            self._answers[method, route, status] += 1
            if route not in _UNTOLD:
                times = self._times[route]
                times.buckets[bisect_left(BUCKETS, seconds)] += 1
                times.seconds += seconds
                times.count += 1

    def text(self, gauges: dict[str, float]) -> str:
        """Everything in Prometheus' text format; `gauges`: numbers read now, by full name with labels."""
        with self._lock:
            lines = ["# TYPE gatewright_requests_total counter"]
            for (method, route, status), count in sorted(self._answers.items()):
                labels = f'method="{method}",route="{route}",status="{status}"'
                lines.append(f"gatewright_requests_total{{{labels}}} {count}")
            lines.append("# TYPE gatewright_request_seconds histogram")
            for route, times in sorted(self._times.items()):
                lines += _histogram(route, times)
        named: set[str] = set()
        for name, value in sorted({**gauges, "gatewright_requests_in_flight": self.in_flight}.items()):
            bare = name.partition("{")[0]
            if bare not in named:
                lines.append(f"# TYPE {bare} gauge")
                named.add(bare)
            lines.append(f"{name} {value:g}")
        return "\n".join(lines) + "\n"


def _histogram(route: str, times: _Times) -> list[str]:
    name, lines, total = "gatewright_request_seconds", [], 0
    for edge, count in zip((*BUCKETS, "+Inf"), times.buckets, strict=True):
        total += count
        lines.append(f'{name}_bucket{{route="{route}",le="{edge}"}} {total}')
    lines.append(f'{name}_sum{{route="{route}"}} {times.seconds:.6f}')
    return [*lines, f'{name}_count{{route="{route}"}} {times.count}']


class Watch:
    """ASGI middleware around the whole app. While the node drains, new requests are sent elsewhere (503)."""

    def __init__(self, app: Any, metrics: Metrics, clock: Clock, draining: Callable[[], bool]) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status, begun = 500, self._clock.monotonic()

        async def tell(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        self._metrics.in_flight += 1
        try:
            if self._draining() and not scope["path"].endswith("/health"):
                await _elsewhere(tell)
            else:
                await self._app(scope, receive, tell)
        finally:
            self._metrics.in_flight -= 1
            self._note(scope, request_id, status, self._clock.monotonic() - begun)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        route, method = template_of(scope), str(scope["method"])[:8]
        self._metrics.note(method, route, status, seconds)
        facts = {"request": request_id, "method": method, "route": route, "status": status}
        log.info("answered", extra={"facts": {**facts, "ms": round(seconds * 1000, 1)}})


def template_of(scope: Scope) -> str:
    """The route's template; what fits none is one word, so that a scanner cannot fill the metrics."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _id_of(scope: Scope) -> str:
    """The caller's own id for the request, where it is a plain word; else a new one."""
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else new_id()


async def _elsewhere(send: Send) -> None:
    body = (
        b'{"code":"cloud.stopping","message":"This node is being stopped; another one answers in a moment."}'
    )
    headers = [
        (b"content-type", b"application/json"),
        (b"retry-after", b"1"),
        (b"connection", b"close"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
