"""Runs the service: uvicorn on one socket, until the task that serves is cancelled or `stop` is called."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from core.base.errors import UserError
from core.base.tasks import TaskOwner
from core.cloud.app import create_app
from core.cloud.cloud import open_cloud
from core.cloud.json_logs import log_to_stderr
from core.cloud.settings import CloudSettings, settings_for

log = logging.getLogger(__name__)
GRACE_S = 10
"""How long requests that are on their way may take after the service was told to stop."""
BACKLOG = 512
LOG_FORMAT_VARIABLE = "GATEWRIGHT_LOG_FORMAT"
"""`json` (one object a line) or `text`."""
PROXIES_VARIABLE = "GATEWRIGHT_TRUSTED_PROXIES"
"""Addresses whose X-Forwarded-For is believed, with commas; this machine's own where it is not set."""


class Service(uvicorn.Server):
    """One server on a socket that is bound already, so that its address is known and a port in use is told in words."""

    def __init__(
        self, settings: CloudSettings, host: str, port: int, on_ready: Callable[[str], None]
    ) -> None:
        self._socket = bound_socket(host, port)
        self.url = f"http://{_shown(host)}:{self._socket.getsockname()[1]}"
        self._on_ready = on_ready
        self._app = create_app(settings)
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
            server_header=False,
            backlog=BACKLOG,
            forwarded_allow_ips=os.environ.get(PROXIES_VARIABLE, "127.0.0.1,::1"),
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then say that the service is ready."""
        await super().startup(sockets)
        if self.started:
            self._on_ready(self.url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which waits for answers that are on their way; those that never end are ended first."""
        self._app.state.draining = True
        self._app.state.live.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the caller's business: it cancels the task, or calls `stop`."""
        yield

    def stop(self) -> None:
        """Ask the server to finish what is on its way and end; from any thread."""
        self.should_exit = True

    async def run_here(self) -> None:
        """Serve until stopped. A cancelled task finishes the requests that are on their way before it ends."""
        owner = TaskOwner()
        serving = owner.start(self.serve(sockets=[self._socket]), name="cloud")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self.stop()
            await serving
            raise
        finally:
            self._socket.close()


async def serve(
    database_url: str,
    host: str,
    port: int,
    *,
    blobs: Path | None = None,
    on_ready: Callable[[str], None],
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Serve until the task is cancelled. `on_ready(url)` is called once, when requests are answered; port 0 takes any.

    UserError or DataError, before anything is served, when the port is in use or the database cannot be opened.
    """
    log_to_stderr(as_json=environment.get(LOG_FORMAT_VARIABLE, "json") != "text")
    settings = settings_for(database_url, blobs=blobs, environment=environment)
    # Says in words what is wrong, where the server would only say that it did not start.
    open_cloud(settings).close()

    with ExitStack() as until_the_end:

        def ready(url: str) -> None:
            until_the_end.enter_context(settled_memory())
            on_ready(url)

        await Service(settings, host, port, ready).run_here()


def new_loop() -> asyncio.AbstractEventLoop:
    """The loop of a process that does nothing but serve: the faster one where there is one."""
    try:
        import uvloop  # noqa: PLC0415  Linux only
    except ImportError:
        return asyncio.new_event_loop()
    made: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return made


@contextmanager
def settled_memory() -> Iterator[None]:
    """What is loaded stays: the collector, which took a tenth of a push's time, looks at it no more, and later. A push
    of a thousand edits makes some tens of thousands of objects, which all go without it. For a process that does
    nothing but serve; afterwards the collector is as it was.
    """
    limits = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*limits)
        gc.unfreeze()


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket. Answers leave at once (TCP_NODELAY): without it a small one waits 44 ms (sync.md 3.13)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
        made.set_inheritable(True)
    except OSError as fault:
        made.close()
        words = f"The service cannot listen on {host}, port {port}: {fault.strerror or fault}."
        raise UserError("cloud.port", words, remedy="Choose another --bind, or stop what uses it.") from fault
    return made


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
