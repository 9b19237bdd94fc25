"""The cloud's tables (sync.md 3.4): one per synced entity, derived from its spec, and those of feed, claims, accounts.

Ids are text of 32 hexadecimal digits, moments are milliseconds. Everything that a tenant owns has `tenant` in its
key, so that an id of another tenant means nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy.exc import DBAPIError, OperationalError

from core.cloud import dialect
from core.cloud.checkpoints import Checkpoints
from core.cloud.dialect import ALL, Sent
from core.cloud.statements import Row, Statement, ask_all
from core.entities import SYNCED
from core.ports.cloud import BusyError
from core.schema.entity import EntitySpec

METADATA = MetaData()


def _id(name: str, **more: Any) -> Column[str]:
    return Column(name, String(32), **{"nullable": False, **more})


def _ms(name: str, **more: Any) -> Column[int]:
    return Column(name, BigInteger, **{"nullable": False, **more})


def blind_name(field: str) -> str:
    """The column of a secret field's blind index."""
    return f"{field}_blind"


ROOM = 80
"""Per cent of a page of PostgreSQL that new rows fill. An edit leaves the old row for a while: where there is room for
the new one beside it, no index is written, and a thousand edits take 8 ms instead of 28 to 75.
"""


def _entity_table(spec: EntitySpec[Any]) -> Table:
    fields = [Column(c.name, BigInteger if c.kind.sql == "INTEGER" else Text) for c in spec.columns]
    found = [blind_name(c.name) if c.kind.secret else c.name for c in spec.columns if c.kind.indexed]
    blinds = [Column(name, Text) for name in found if name not in spec.names]
    return Table(
        spec.name,
        METADATA,
        _id("tenant", primary_key=True),
        _id("id", primary_key=True),
        _id("scope"),
        Column("ver", Integer, nullable=False),
        Column("fver", Text, nullable=False),
        _ms("deleted_at", nullable=True),
        *fields,
        *blinds,
        *[Index(f"ix_{spec.name}_{name}", "tenant", name) for name in found],
        Index(f"ix_{spec.name}_scope", "tenant", "scope"),
        postgresql_with={"fillfactor": ROOM},
    )


_TABLES = {spec.name: _entity_table(spec) for spec in SYNCED}


def table_of(spec: EntitySpec[Any]) -> Table:
    """The cloud's table of an entity. `fver`: `{field: [version, replica]}` of each field's last write, `*` for the
    fields that were not written since the row was made.
    """
    return _TABLES[spec.name]


TENANT_CLOCK = Table(
    "tenant_clock",
    METADATA,
    _id("tenant", primary_key=True),
    Column("seq", BigInteger, nullable=False),
    _id("epoch"),
    Column("horizon", BigInteger, nullable=False),
    Column("access_seq", BigInteger, nullable=False),
    Column("lineage", BigInteger, nullable=False, server_default="0"),
)
"""The last number given per tenant; updated as the last statement before commit (sync.md 3.6). `lineage`: how often
the database came back from a backup (core.cloud.lineage).
"""

FEED = Table(
    "feed",
    METADATA,
    _id("tenant", primary_key=True),
    _id("entity_id", primary_key=True),
    _id("scope", primary_key=True),
    Column("entity", SmallInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("ver", Integer, nullable=False),
    Column("op", String(1), nullable=False),
    _ms("at"),
    Column("body", LargeBinary, nullable=False),
    Index("feed_tail", "tenant", "seq", unique=True),
)
"""The newest image of each row per scope, ready for the wire; sealed where the entity has a secret. Only
`core.cloud.publish` writes it.
"""
FEED_SCOPE = {
    "postgresql": "CREATE INDEX feed_scope ON feed (tenant, scope, seq)",
    "sqlite": "CREATE INDEX feed_scope ON feed (tenant, scope)",
}
"""For the fill of a scope, which goes by number in PostgreSQL. In SQLite it goes by the place of the row in the table,
which stays when the row gets another number: this index was two thirds of the pages that a push writes. PostgreSQL
writes each index of a row that gets another number, whatever is in it.
"""


@event.listens_for(FEED, "after_create")
def _order_scopes(_feed: Table, connection: Connection, **_more: Any) -> None:
    connection.exec_driver_sql(FEED_SCOPE[connection.dialect.name])


CLAIM = Table(
    "claim",
    METADATA,
    _id("space", primary_key=True),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("key", String(64), primary_key=True),
    _id("owner"),
    Column("owner_entity", SmallInteger, nullable=False),
    _id("tenant"),
    _id("scope"),
    _ms("until", nullable=True),
    Index("ix_claim_owner", "owner"),
)
"""Owned by a row; or, while `until` is set, reserved by the ticket book `owner` until then (core.cloud.tickets). One
table for both, so that its key decides who was first.
"""

TICKET_BOOK = Table(
    "ticket_book",
    METADATA,
    _id("id", primary_key=True),
    _id("tenant"),
    _id("org"),
    _id("account"),
    _id("site"),
    _ms("made_at"),
    _ms("until", index=True),
)
"""Reservations for one trip. The id is a secret of those who hold the job pack: whoever shows it may use them."""

REPLICA = Table(
    "replica",
    METADATA,
    _id("id", primary_key=True),
    _id("account"),
    _id("tenant"),
    Column("last_n", BigInteger, nullable=False),
    Column("acked_n", BigInteger, nullable=False),
    Column("schema", Integer, nullable=False),
    _ms("seen_at"),
)

MUT_LOG = Table(
    "mut_log",
    METADATA,
    _id("tenant", primary_key=True),
    _id("mut_id", primary_key=True),
    _id("replica"),
    Column("n", BigInteger, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    _id("account"),
    _ms("received_at"),
    _ms("made_at"),
    Column("status", String(8), nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("response", LargeBinary, nullable=False),
    _id("acting", nullable=True),
    sqlite_with_rowid=False,  # ids grow, so that new ones lie at the end, and there is no second order to be written
)
"""Every mutation that was judged, refused ones too: what reached the cloud survives the laptop. `acting`: the
distributor's account that acted in the installer's name (ACC-08).
"""

SITE_ACCESS = Table(
    "site_access",
    METADATA,
    _id("tenant", primary_key=True),
    _id("scope", primary_key=True),
    _id("principal", primary_key=True),
    Column("kind", String(4), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("gen", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Index("site_access_principal", "tenant", "principal"),
)
"""Who may see a scope: an organisation or an account. `gen` grows at each activation, `seq` is the last change."""

SCOPE_SUM = Table(
    "scope_sum",
    METADATA,
    _id("tenant", primary_key=True),
    _id("scope", primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("h", BigInteger, nullable=False),
)

LOGIN = Table(
    "login",
    METADATA,
    Column("user_name", String(64), primary_key=True),
    _id("account", unique=True),
    _id("tenant"),
    Column("password_hash", Text, nullable=False),
    _ms("changed_at"),
)
"""Passwords (argon2id). `user_name` in lower case, over all tenants."""

LOGIN_GUARD = Table(
    "login_guard",
    METADATA,
    Column("user_name", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    _ms("locked_until"),
)
"""Failed attempts by name, whether such an account exists or not."""

SESSION = Table(
    "session",
    METADATA,
    _id("id", primary_key=True),
    _id("account", index=True),
    _id("tenant"),
    _id("replica"),
    Column("access_hash", String(64), nullable=False, unique=True),
    _ms("access_until"),
    Column("refresh_hash", String(64), nullable=False, unique=True),
    Column("before_hash", String(64), index=True),
    _ms("refresh_until"),
    _ms("made_at"),
    _id("acting", nullable=True),
)
"""Sign-ins. Tokens are kept as SHA-256. `before_hash`: the refresh token that was exchanged last, until the new session
is used; the answer to the exchange may have been lost. `acting`: the account of the distributor that acts here.
"""

BLOB = Table(
    "blob",
    METADATA,
    _id("tenant", primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    _ms("at"),
)
"""Which tenant has given which file; the files themselves are shared."""

VERSION_TABLE = Table(
    "gatewright", METADATA, Column("version", Integer, primary_key=True, autoincrement=False)
)


class Database:
    """Transactions over one database."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = dialect.open_engine(url)
        # Only one transaction can write in SQLite: waiting here is fair, waiting inside SQLite is polling.
        alone: AbstractContextManager[Any] = (
            threading.Lock() if dialect.is_sqlite(self.engine) else nullcontext()
        )
        self._turn = alone
        file = self.engine.url.database if dialect.is_sqlite(self.engine) else None
        self._checkpoints = Checkpoints(Path(file)) if file else None

    @contextmanager
    def read(self, tenant: str = ALL) -> Iterator[Connection]:
        """A transaction that sees one snapshot; in PostgreSQL only rows of the tenant (core.cloud.tenancy)."""
        with _worded(), self.engine.connect() as free, dialect.for_reading(free, tenant).begin():
            yield free

    @contextmanager
    def write_asking(
        self, tenant: str, ask: Callable[[Connection], Sequence[Sent]]
    ) -> Iterator[tuple[Connection, list[list[Row]]]]:
        """As `write`, with the rows of its first questions; in one trip to PostgreSQL with what begins it."""
        options = {dialect.BEGIN: dialect.BEGUN}
        with _worded(), self._turn, self.engine.connect() as free, free.execution_options(**options).begin():
            begin = dialect.writing(free, tenant)
            yield free, ask_all(free, [*begin, *ask(free)])[len(begin) :]
        self._written()

    @contextmanager
    def write(self, tenant: str = ALL) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back by what is raised."""
        with _worded(), self._turn, self.engine.connect() as free, dialect.for_writing(free, tenant).begin():
            yield free
        self._written()

    def _written(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.after_write()

    def ask(self, statement: Statement, about: str = ALL, /, **values: Any) -> list[Row]:
        """The rows of one question about a tenant, as in `read`; a single trip to PostgreSQL."""
        with _worded(), self.engine.connect() as free:
            asked = [*dialect.around(free, about), statement.with_(free, values)]
            end = [] if dialect.is_sqlite(self.engine) else [Sent("COMMIT", told=False)]
            return ask_all(free, [*asked, *end])[len(asked) - 1]

    def close(self) -> None:
        """Close every connection."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        self.engine.dispose()


@contextmanager
def _worded() -> Iterator[None]:
    """A database that is busy or away is a reason to come back; any other fault of it is ours."""
    try:
        yield
    except DBAPIError as fault:
        if not (isinstance(fault, OperationalError) or dialect.was_ended(fault)):
            raise
        raise BusyError(
            "cloud.database_busy", "The cloud's database did not answer.", retry_after_s=1.0
        ) from fault
