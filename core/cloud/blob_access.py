"""Who may fetch which file. A digest is no password: files are given by a firm, and shown to those who see that firm.

Somebody who has only learned a digest, and names it in a row of their own, gets nothing by that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import Connection, literal, select

from core.base.clock import to_ms
from core.base.errors import NotFoundError
from core.cloud.access import Who, access_of
from core.cloud.account_tables import BLOB_GIVER
from core.cloud.blobstore import is_digest
from core.cloud.cloud import Cloud
from core.cloud.db import BLOB, REPLICA, table_of
from core.cloud.dialect import among, insert_new
from core.cloud.file_fields import NAMED_BY, naming
from core.cloud.rows import Author
from core.entities.organisation import ACCOUNT, Role


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
    of one of its sites. For everybody, where somebody of a firm that gave it has named it in a row of their site: so
    photos and drawings go with a site to the next firm (decision 38).
    """
    given = (BLOB_GIVER.c.tenant == who.tenant) & (BLOB_GIVER.c.sha256 == sha256)
    givers = connection.execute(select(BLOB_GIVER.c.account, BLOB_GIVER.c.org).where(given)).all()
    if any(g.account == who.account for g in givers):
        return True
    firms, scopes = {g.org for g in givers}, set(access_of(connection, who).scopes)
    manages = who.role is Role.MANAGER
    if not firms or (not manages and firms & scopes):
        return bool(firms)
    named_by = set(_senders(connection, who.tenant, sha256, scopes))
    return (manages and bool(named_by) and who.org in firms) or _is_one_of(connection, named_by, firms)


def _senders(connection: Connection, tenant: str, sha256: str, scopes: set[str]) -> Iterator[str]:
    """Replicas that brought the edits by which fields name the file, of the live rows of these scopes."""
    for spec, column in NAMED_BY:
        table = table_of(spec)
        query = select(table.c.fver).where(table.c.tenant == tenant, naming(table, column, sha256))
        query = query.where(among(connection, table.c.scope, scopes), table.c.deleted_at.is_(None))
        for text in connection.execute(query.distinct()).scalars():
            authors = msgspec.json.decode(text, type=dict[str, Author])
            # An author is the replica that made the edit, and behind it those that brought it. Who brings one is
            # known to the cloud; who made it is said by them.
            yield authors.get(column.name, authors["*"])[1].split("/")[:2][-1]


def _is_one_of(connection: Connection, replicas: set[str], firms: set[str]) -> bool:
    """Whether one of the replicas is of one of the firms: who names a file that it has not had gives it to nobody."""
    people = table_of(ACCOUNT)
    query = (
        select(literal(1))
        .join_from(
            REPLICA, people, (people.c.tenant == REPLICA.c.tenant) & (people.c.id == REPLICA.c.account)
        )
        .where(among(connection, REPLICA.c.id, replicas), among(connection, people.c.org_id, firms))
    )
    return connection.execute(query.limit(1)).first() is not None
