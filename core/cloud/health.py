"""Addresses for those who watch the service: whether it lives, whether it is ready, its numbers.

`/v1/health`: the process answers and so does its database. `/v1/ready`: send work here; not before the tables are
there, and not once it was told to stop. `/v1/metrics`: from this machine, or with the operator's token.
"""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select

from core.base.clock import to_ms
from core.base.errors import NotAllowedError
from core.cloud.account_tables import MAIL
from core.cloud.cloud import Cloud
from core.cloud.db import SESSION, TENANT_CLOCK
from core.cloud.web import address_of, cloud_of, in_thread
from core.ports.cloud import BusyError
from core.wire.messages import PROTOCOL, SCHEMA

router = APIRouter(prefix="/v1")


@router.get("/health", summary="Whether the service works")
async def get_health(request: Request) -> dict[str, Any]:
    """`ok` when the database answers; no sign-in needed, nothing told."""
    await in_thread(cloud_of(request), _touch_database)
    return {"status": "ok", "proto": PROTOCOL, "schema": SCHEMA}


@router.get("/ready", summary="Whether to send requests here")
async def get_ready(request: Request) -> dict[str, Any]:
    """`ready`; 503 while the node is being stopped or the database is away."""
    if request.app.state.draining:
        raise BusyError("cloud.stopping", "This node is being stopped.", retry_after_s=1.0)
    await in_thread(cloud_of(request), _touch_database)
    return {"status": "ready"}


@router.get("/metrics", summary="Numbers for Prometheus", response_class=Response)
async def get_metrics(request: Request) -> Response:
    """Prometheus' text format. From this machine, or with the token that the operator has set."""
    cloud = cloud_of(request)
    _check_watcher(request, cloud.settings.metrics_token)
    gauges = await in_thread(cloud, _gauges)
    gauges["gatewright_live_listeners"] = request.app.state.live.count
    gauges["gatewright_ready"] = 0 if request.app.state.draining else 1
    text = request.app.state.metrics.text(gauges)
    return Response(text, media_type="text/plain; version=0.0.4")


def _check_watcher(request: Request, token: str) -> None:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if token and kind.lower() == "bearer" and secrets.compare_digest(given.encode(), token.encode()):
        return
    try:
        here = ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        here = False
    if token or not here:
        raise NotAllowedError("metrics.not_allowed", "The numbers are for the operator.")


def _touch_database(cloud: Cloud) -> None:
    with cloud.database.read() as connection:
        connection.execute(TENANT_CLOCK.select().limit(1)).all()


def _gauges(cloud: Cloud) -> dict[str, float]:
    now_ms = to_ms(cloud.clock.now())
    with cloud.database.read() as connection:
        mails = connection.execute(select(MAIL.c.state, func.count()).group_by(MAIL.c.state)).all()
        live = select(func.count()).select_from(SESSION).where(SESSION.c.refresh_until > now_ms)
        oldest = select(func.min(MAIL.c.made_at)).where(MAIL.c.state == "waiting")
        waits_since = connection.execute(oldest).scalar()
        tenants, heads = connection.execute(select(func.count(), func.sum(TENANT_CLOCK.c.seq))).one()
        sessions = connection.execute(live).scalar_one()
    counts = {"waiting": 0, "sent": 0, "failed": 0} | {row[0]: row[1] for row in mails}
    told: dict[str, float] = {f'gatewright_mails{{state="{s}"}}': n for s, n in counts.items()}
    told["gatewright_mail_oldest_seconds"] = (now_ms - waits_since) / 1000 if waits_since else 0
    told["gatewright_sessions"] = sessions
    told["gatewright_tenants"] = tenants
    told["gatewright_feed_numbers"] = float(heads or 0)
    return told
