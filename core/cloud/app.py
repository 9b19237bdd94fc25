"""The ASGI application: opens the cloud, serves the routes, words every failure as a `Failure`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from core.base.errors import (
    DataError,
    GatewrightError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    SignInError,
    UnreachableError,
    UserError,
)
from core.base.tasks import TaskOwner
from core.cloud import account_routes, health, live, parts, retention
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.limits import TooManyError
from core.cloud.mail import Mailer
from core.cloud.metrics import Metrics, Watch
from core.cloud.openapi import describe
from core.cloud.pushes import Pushes
from core.cloud.routes import router
from core.cloud.settings import CloudSettings
from core.cloud.short_way import ShortWay, Worded
from core.ports.cloud import BusyError, ForkError, ResyncError, TooLargeError, TooOldError
from core.wire.messages import Failure

log = logging.getLogger(__name__)

# The first fitting line counts: special errors stand before their parents.
STATUS: tuple[tuple[type[GatewrightError], int], ...] = (
    (SignInError, 401),
    (NotAllowedError, 403),
    (NotFoundError, 404),
    (ForkError, 409),
    (ResyncError, 410),
    (TooLargeError, 413),
    (TooOldError, 426),
    (RefusedError, 400),
    (TooManyError, 429),
    (UnreachableError, 503),
    (DataError, 400),
    (UserError, 400),
)


def create_app(settings: CloudSettings) -> FastAPI:
    """The service for these settings; the database is opened when the server starts it and closed when it stops."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        cloud = await to_thread.run_sync(open_cloud, settings)
        app.state.cloud = cloud
        app.state.pushes = Pushes(cloud)
        app.state.live = live.Live(cloud.database)
        app.state.live.open()
        cloud.has_moved = app.state.live.nudge
        chores = _chores(cloud)
        try:
            yield
        finally:
            await chores.close()
            await app.state.pushes.close()
            await app.state.live.wait()
            await to_thread.run_sync(cloud.close)

    app = FastAPI(
        title="Gatewright cloud core",
        version="1",
        description="Sync, accounts and files of Gatewright workstations. Times are milliseconds since 1970, UTC.",
        lifespan=life,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.draining = False
    app.state.metrics = Metrics()
    for one in (router, account_routes.router, live.router, parts.router, health.router):
        app.include_router(one)
    vars(app)["openapi"] = lambda: describe(app)  # FastAPI's own way to another document
    _add_handlers(app)
    app.add_middleware(ShortWay, router=router, worded=_worded)
    app.add_middleware(
        Watch, metrics=app.state.metrics, clock=settings.clock, draining=lambda: bool(app.state.draining)
    )
    return app


def _chores(cloud: Cloud) -> TaskOwner:
    """What a node does beside answering: it sends mails, and removes what has had its time."""
    owner = TaskOwner()
    owner.keep(retention.keep_running(cloud), name="retention")
    if cloud.settings.mail is not None:
        mailer = Mailer(cloud, cloud.settings.mail)
        cloud.mail_is_due = mailer.poke
        owner.keep(mailer.run(), name="mail")
    return owner


def _add_handlers(app: FastAPI) -> None:
    for kind, handler in _HANDLERS:
        app.add_exception_handler(kind, handler)


async def _worded(request: Request, fault: Exception) -> Response:
    """What an endpoint raised, as the framework would answer it."""
    return await next(handler for kind, handler in _HANDLERS if isinstance(fault, kind))(request, fault)


async def _refuse(_request: Request, fault: Exception) -> Response:
    if not isinstance(fault, GatewrightError):
        raise fault
    status = next((code for kind, code in STATUS if isinstance(fault, kind)), 500)
    wait = fault.retry_after_s if isinstance(fault, BusyError) else 0
    headers = {"retry-after": str(max(1, round(wait)))} if wait else {}
    return failure(
        status,
        Failure(code=fault.code, message=fault.message, remedy=fault.remedy, field=fault.field),
        headers,
    )


async def _refuse_http(_request: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, HTTPException) else 400
    return failure(status, Failure(code=f"http.{status}", message="There is nothing at this address."))


async def _refuse_shape(_request: Request, _fault: Exception) -> Response:
    return failure(400, Failure(code="http.shape", message="The request makes no sense."))


async def _hang_up(_request: Request, _fault: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it: the connection is gone


async def _own_fault(request: Request, fault: Exception) -> Response:
    facts = {"request": getattr(request.state, "request_id", "")}
    log.error("%s %s failed", request.method, request.url.path, exc_info=fault, extra={"facts": facts})
    return failure(500, Failure(code="internal", message="The cloud failed to answer. It was noted there."))


_HANDLERS: tuple[tuple[type[Exception], Worded], ...] = (
    (GatewrightError, _refuse),
    (HTTPException, _refuse_http),
    (RequestValidationError, _refuse_shape),
    (ClientDisconnect, _hang_up),
    (Exception, _own_fault),
)
"""The first fitting line counts."""


def failure(status: int, body: Failure, headers: dict[str, str] | None = None) -> Response:
    """An answer that is no success."""
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")
