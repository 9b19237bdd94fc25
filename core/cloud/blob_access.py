"""Who may fetch which file. A digest is no password: files are given by a firm, and shown to those who see that firm.

Somebody who has only learned a digest, and names it in a row of their own, gets nothing by that.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, literal, select

from core.base.clock import to_ms
from core.base.errors import NotFoundError
from core.cloud.access import Who, access_of
from core.cloud.account_tables import BLOB_GIVER
from core.cloud.blobstore import is_digest
from core.cloud.cloud import Cloud
from core.cloud.db import BLOB, table_of
from core.cloud.dialect import insert_new
from core.cloud.file_fields import NAMED_BY, naming
from core.entities.organisation import Role


def note_blob(cloud: Cloud, who: Who, sha256: str, size: int) -> None:
    """Remember that an account has given this file: it has shown all of its bytes."""
    at = to_ms(cloud.clock.now())
    with cloud.database.write(who.tenant) as connection:
        record = {"tenant": who.tenant, "sha256": sha256, "size": size, "at": at}
        connection.execute(insert_new(connection, BLOB), record)
        giver = {"tenant": who.tenant, "sha256": sha256, "account": who.account, "org": who.org, "at": at}
        connection.execute(insert_new(connection, BLOB_GIVER), giver)


def path_for(cloud: Cloud, who: Who, sha256: str) -> Path:
    """Where a file is that the account may see. NotFoundError alike for one that it may not see and for none."""
    with cloud.database.read(who.tenant) as connection:
        seen = is_digest(sha256) and _is_seen(connection, who, sha256)
    if not seen or cloud.blobs.size(sha256) is None:
        raise NotFoundError("blob.unknown", "There is no such file.")
    return cloud.blobs.path(sha256)


def _is_seen(connection: Connection, who: Who, sha256: str) -> bool:
    """Given by the account itself or by a firm that it holds; for a property manager by its firm, and named by a row
    of one of its sites.
    """
    given = (BLOB_GIVER.c.tenant == who.tenant) & (BLOB_GIVER.c.sha256 == sha256)
    givers = connection.execute(select(BLOB_GIVER.c.account, BLOB_GIVER.c.org).where(given)).all()
    if any(g.account == who.account for g in givers):
        return True
    scopes = set(access_of(connection, who).scopes)
    if who.role is not Role.MANAGER:
        return any(g.org in scopes for g in givers)
    return any(g.org == who.org for g in givers) and _is_named(connection, who, sha256, scopes)


def _is_named(connection: Connection, who: Who, sha256: str, scopes: set[str]) -> bool:
    for spec, column in NAMED_BY:
        table = table_of(spec)
        query = select(literal(1)).where(table.c.tenant == who.tenant, naming(table, column, sha256))
        query = query.where(table.c.scope.in_(sorted(scopes)), table.c.deleted_at.is_(None)).limit(1)
        if connection.execute(query).first() is not None:
            return True
    return False
