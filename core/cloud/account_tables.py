"""Tables of accounts beside their synced rows: second factors, codes, links, permissions, mails, the account log.

Nothing here is synced. What must not be read from a stolen database is sealed (mails, TOTP keys) or kept as a hash.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, false

from core.cloud.db import METADATA


def _id(name: str, *, key: bool = False, may_be_empty: bool = False) -> Column[str]:
    return Column(name, String(32), primary_key=key, nullable=may_be_empty)


def _ms(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, default=False)


ACCOUNT_STATE = Table(
    "account_state",
    METADATA,
    _id("account", key=True),
    _id("tenant"),
    _flag("two_factor"),
    Column("totp", LargeBinary),
    Column("totp_new", LargeBinary),
    Column("totp_step", BigInteger, nullable=False, default=0),
    _flag("reminder"),
    _flag("quiet"),
    _flag("locked"),
    Column("pm_app", Boolean, nullable=False, default=False, server_default=false()),
)
"""`two_factor`: a code by e-mail is demanded by the firm above (ACC-02). `totp`, `totp_new`: sealed keys, the second
one until its first code was given; `totp_step`: the last step used, a code is good once. `reminder`: ACC-06's monthly
prompt. `quiet`: the operator's notifications are off (ACC-04). `locked`: by an operator.
`pm_app`: a property manager's phone app, which costs a fee (ACC-21).
"""

FIRM_STATE = Table(
    "firm_state",
    METADATA,
    _id("org", key=True),
    _id("tenant"),
    _flag("may_pay"),
    _flag("two_factor"),
    _flag("act_offered"),
    _flag("act_granted"),
    Column("settings", Text, nullable=False, default="{}"),
)
"""What a distributor allows an installer (ACC-02, ACC-08, ACC-09), the installer's own grant, its settings (ACC-10)."""

CODE = Table(
    "one_time_code",
    METADATA,
    _id("account", key=True),
    Column("purpose", String(8), primary_key=True),
    _id("tenant"),
    Column("hash", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    _ms("until"),
    _ms("made_at"),
    Column("detail", Text, nullable=False, default=""),
)
"""Codes that went out by mail, as keyed fingerprints; one per account and purpose."""

SPENT = Table(
    "spent_token",
    METADATA,
    Column("hash", String(64), primary_key=True),
    _id("session"),
    _id("account"),
    _ms("at"),
    Index("ix_spent_token_at", "at"),
)
"""Refresh tokens that were exchanged: one that comes again was stolen, from us or from its owner."""

RATE = Table(
    "rate",
    METADATA,
    Column("key", String(96), primary_key=True),
    _ms("since"),
    Column("used", Integer, nullable=False),
)
"""Counts per key and window, for limits that hold over all nodes."""

POLICY = Table(
    "policy",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    _ms("at"),
)
"""Versions of the privacy policy and the terms of service (ACC-03)."""

CONSENT = Table(
    "consent",
    METADATA,
    _id("account", key=True),
    Column("kind", String(16), primary_key=True),
    _id("tenant"),
    Column("version", Integer, nullable=False),
    _ms("at"),
)

LINK = Table(
    "account_link",
    METADATA,
    _id("account", key=True),
    _id("other", key=True),
    _id("tenant"),
    _id("other_tenant"),
    _flag("active"),
    _ms("at"),
)
"""Property managers' accounts that one person joined (ACC-07); one row in each direction."""

MAIL = Table(
    "mail",
    METADATA,
    _id("id", key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", String(8), nullable=False),
    Column("tries", Integer, nullable=False),
    _ms("next_at"),
    _ms("made_at"),
    Column("said", Text, nullable=False, default=""),
    Index("ix_mail_due", "state", "next_at"),
)
"""Mails on their way; any node sends them. `state`: waiting, sent, failed."""

ACCOUNT_LOG = Table(
    "account_log",
    METADATA,
    _id("id", key=True),
    _id("tenant"),
    _ms("at"),
    _id("org"),
    _id("account", may_be_empty=True),
    _id("by", may_be_empty=True),
    _id("acting", may_be_empty=True),
    Column("what", String(48), nullable=False),
    Column("words", Text, nullable=False),
    Index("ix_account_log_org", "tenant", "org", "id"),
    Index("ix_account_log_at", "at"),
)
"""Acts on accounts (LOG-06): about whom, by whom, and the distributor that acted in the installer's name (ACC-08)."""

SERVICE_LINK = Table(
    "service_link",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("url", Text, nullable=False),
)
"""ACC-13: the operator's links to its knowledge base, ticket system and partner programme."""

NEWS = Table(
    "news",
    METADATA,
    _id("id", key=True),
    _ms("at"),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("roles", Text, nullable=False),
)
"""ACC-14: the operator's news. `roles`: for whom, with commas; empty: for everybody."""

NEWS_READ = Table(
    "news_read",
    METADATA,
    _id("account", key=True),
    _id("news", key=True),
    _id("tenant"),
)

MOVE = Table(
    "device_move",
    METADATA,
    _id("id", key=True),
    _id("tenant"),
    _id("org"),
    _id("account"),
    _id("device"),
    _ms("at"),
    _flag("undone"),
    Column("detail", Text, nullable=False),
)
"""Devices that went to another site, and what of theirs ended by it (core.cloud.moves); for taking it back."""

BLOB_GIVER = Table(
    "blob_giver",
    METADATA,
    _id("tenant", key=True),
    Column("sha256", String(64), primary_key=True),
    _id("account", key=True),
    _id("org"),
    _ms("at"),
)
"""Who has given which file, and of which firm they are (core.cloud.blob_access)."""
