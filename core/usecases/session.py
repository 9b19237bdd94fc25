"""Signing in and out, and who is signed in here (ACC-01, ACC-11)."""

from __future__ import annotations

from collections.abc import Mapping

from core.base.errors import GatewrightError
from core.entities.organisation import Role
from core.ports.cloud import CloudTransport
from core.store import syncmeta
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Actor
from core.wire.messages import Session, SignIn


async def sign_in(
    mirror: Mirror,
    transport: CloudTransport,
    *,
    user: str,
    password: str,
    code: str = "",
    agreed: Mapping[str, int] | None = None,
) -> Actor:
    """Sign this workstation in at the transport's cloud. SignInError for a wrong name, password or code, and where a
    code (`session.code_needed`) or an agreement to policies (`session.policy`) is still missing; UserError when the
    mirror belongs to another account; UnreachableError without a network. Nothing is kept on failure.
    """
    replica = await mirror.write(_replica, origin=Origin.PULL)
    session = await transport.sign_in(
        SignIn(user=user, password=password, replica=replica, code=code, agreed=dict(agreed or {}))
    )

    def keep(tx: Tx) -> None:
        syncmeta.begin_session(tx, session, transport.base_url)

    await mirror.write(keep, origin=Origin.PULL)
    return actor_of(session)


def _replica(tx: Tx) -> str:
    replica = syncmeta.replica_id(tx)
    syncmeta.put(tx, syncmeta.REPLICA, replica)
    return replica


async def sign_out(mirror: Mirror, transport: CloudTransport | None) -> str:
    """Forget the session here, whatever the cloud says; returns why the cloud could not be told, empty if it was."""
    trouble = ""
    if transport is not None:
        try:
            await transport.sign_out()
        except GatewrightError as fault:
            trouble = str(fault)
    await mirror.write(lambda tx: syncmeta.keep_session(tx, None), origin=Origin.PULL)
    return trouble


async def current_actor(mirror: Mirror) -> Actor | None:
    """Who is signed in on this workstation; holds without a network."""
    session = await mirror.read(syncmeta.session_of)
    return actor_of(session) if session else None


async def current_cloud(mirror: Mirror) -> str:
    """The cloud core that was signed in to last; empty before the first time."""

    def work(reader: Reader) -> str:
        return syncmeta.cloud_url(reader) or ""

    return await mirror.read(work)


def actor_of(session: Session) -> Actor:
    """Who a session belongs to; for one that acts for an installer both names (ACC-08)."""
    return Actor(session.account_id, session.org_id, Role(session.role), session.full_name or session.user)


async def wants(mirror: Mirror) -> list[str]:
    """What the cloud asked at the sign-in to be told: `email` (ACC-04), `password` (ACC-06)."""
    session = await mirror.read(syncmeta.session_of)
    return list(session.wants) if session else []
