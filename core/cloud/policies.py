"""The privacy policy and the terms of service: versions, and who has agreed to which (ACC-03)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from core.base.clock import to_ms
from core.base.errors import SignInError, UserError
from core.cloud.account_tables import CONSENT, POLICY
from core.cloud.cloud import Cloud
from core.cloud.dialect import upsert
from core.entities.organisation import Role
from core.wire.accounts import Policies, Policy

PRIVACY, TERMS = "privacy", "terms"
LONGEST = 200_000
_NAMES = {PRIVACY: "privacy policy", TERMS: "terms of service"}


def kinds_for(role: str) -> tuple[str, ...]:
    """What a role has to agree to; the terms of service are for property managers."""
    return (PRIVACY, TERMS) if role == Role.MANAGER.value else (PRIVACY,)


def publish(cloud: Cloud, kind: str, text: str) -> int:
    """A new version of a text; everybody is asked at the next sign-in. Returns its number."""
    if kind not in _NAMES:
        raise UserError("policy.kind", f"'{kind[:20]}' is no policy. Known: {', '.join(_NAMES)}.")
    if not text.strip() or len(text) > LONGEST:
        raise UserError("policy.text", f"A policy has 1 to {LONGEST} characters.")
    with cloud.database.write() as connection:
        last = connection.execute(select(func.max(POLICY.c.version)).where(POLICY.c.kind == kind)).scalar()
        version = (last or 0) + 1
        at = to_ms(cloud.clock.now())
        connection.execute(POLICY.insert().values(kind=kind, version=version, text=text, at=at))
    return version


def newest(cloud: Cloud) -> Policies:
    """The newest version of each text; nobody has to be signed in to read them."""
    with cloud.database.read() as connection:
        newest_of = select(POLICY.c.kind, func.max(POLICY.c.version).label("v")).group_by(POLICY.c.kind)
        last = newest_of.subquery()
        query = select(POLICY).join(last, (POLICY.c.kind == last.c.kind) & (POLICY.c.version == last.c.v))
        rows = connection.execute(query.order_by(POLICY.c.kind)).all()
    return Policies(policies=[Policy(kind=r.kind, version=r.version, text=r.text, at=r.at) for r in rows])


def settle(
    cloud: Cloud, connection: Connection, *, account: str, tenant: str, role: str, agreed: Mapping[str, int]
) -> SignInError | None:
    """Keep what was agreed to now; what is still missing as the refusal to sign in, None when nothing is."""
    query = select(POLICY.c.kind, func.max(POLICY.c.version).label("version")).group_by(POLICY.c.kind)
    last = {r.kind: r.version for r in connection.execute(query) if r.kind in kinds_for(role)}
    if not last:
        return None
    rows = connection.execute(select(CONSENT).where(CONSENT.c.account == account))
    known = {r.kind: r.version for r in rows}
    missing = {kind: version for kind, version in last.items() if known.get(kind, 0) < version}
    for kind, version in list(missing.items()):
        if agreed.get(kind) == version:
            record = {"account": account, "kind": kind, "tenant": tenant, "version": version}
            connection.execute(upsert(connection, CONSENT), {**record, "at": to_ms(cloud.clock.now())})
            del missing[kind]
    if not missing:
        return None
    policies = " and ".join(
        f"{_NAMES[kind]} (version {version})" for kind, version in sorted(missing.items())
    )
    words = f"Read and agree to the {policies} first."
    marks = ",".join(f"{kind}:{version}" for kind, version in sorted(missing.items()))
    return SignInError("session.policy", words, field=marks)
