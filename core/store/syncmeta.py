"""Who is signed in here, which installation this is, and how far sync has come; all of it in the encrypted mirror."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import delete

from core.base.clock import from_ms, to_ms
from core.base.errors import UserError
from core.base.ids import new_id
from core.store import direct
from core.store.reader import Reader
from core.store.tables import SYNC_META
from core.store.tx import Tx
from core.wire.messages import Session

REPLICA = "replica_id"
ACCOUNT = "account_id"
CLOUD = "cloud_url"
SESSION = "session"
LAST_OK = "last_ok"
SKIPPED = "skipped_entities"
CLOUD_WIDTHS = "cloud_widths"
"""Fields that an older or newer cloud knows, by entity number; absent when it knows the same as this program."""
FIRST_SCOPE = "first_scope"
"""The site that is in view: it is filled before the others."""


_STATES = "SELECT state, count(*) FROM outbox GROUP BY state"
_SETTLED = "SELECT (SELECT count(*) FROM outbox_done), (SELECT count(*) FROM tray WHERE resolved_at IS NULL)"


@dataclass(frozen=True, slots=True)
class SyncCounts:
    """What the sync pill shows. An edit is on this laptop, then sent, then confirmed; or in the tray, waiting for a
    person. `blocked` edits (counted in `laptop` too) wait for one in the tray.
    """

    laptop: int
    sent: int
    blocked: int
    confirmed: int
    tray: int
    last_ok: datetime | None

    @property
    def pending(self) -> int:
        """Everything that the cloud has not confirmed yet, tray aside."""
        return self.laptop + self.sent


def get(reader: Reader, key: str) -> str | None:
    """One remembered text."""
    found = direct.ask(reader.connection, "SELECT v FROM sync_meta WHERE k=?", key)
    return found[0][0] if found else None


def put(tx: Tx, key: str, value: str | None) -> None:
    """Remember a text, or forget it."""
    if value is None:
        tx.connection.execute(delete(SYNC_META).where(SYNC_META.c.k == key))
        return
    direct.run(tx.connection, "INSERT OR REPLACE INTO sync_meta(k, v) VALUES(?, ?)", key, value)


def replica_id(tx: Tx) -> str:
    """The mark of this installation; made at the first call."""
    return get(tx, REPLICA) or new_replica(tx)


def new_replica(tx: Tx) -> str:
    """Another mark, for a mirror that turned out to be a copy. Numbers go on, so those in the outbox stay good."""
    made = new_id()
    put(tx, REPLICA, made)
    return made


def begin_session(tx: Tx, session: Session, url: str) -> None:
    """Somebody has signed in here. UserError when the mirror belongs to another account: it holds what only that one
    may see, and perhaps edits that only that one may send.
    """
    owner = get(tx, ACCOUNT)
    if owner is not None and owner != session.account_id:
        remedy = "Use another profile (--profile) for this account."
        raise UserError("session.other_account", "This profile belongs to another account.", remedy=remedy)
    put(tx, ACCOUNT, session.account_id)
    put(tx, CLOUD, url)
    keep_session(tx, session)


def keep_session(tx: Tx, session: Session | None) -> None:
    """Remember the present tokens; None after signing out."""
    put(tx, SESSION, msgspec.json.encode(session).decode() if session else None)


def session_of(reader: Reader) -> Session | None:
    """Who is signed in on this workstation; holds without a network, whatever the cloud thinks (ACC-01, ACC-11)."""
    text = get(reader, SESSION)
    return msgspec.json.decode(text, type=Session) if text else None


def cloud_url(reader: Reader) -> str | None:
    """The cloud core that was signed in to last."""
    return get(reader, CLOUD)


def cloud_widths(reader: Reader) -> dict[int, int]:
    """How many fields of each entity the cloud knows; empty when it knows what this program does."""
    found: dict[str, int] = json.loads(get(reader, CLOUD_WIDTHS) or "{}")
    return {int(number): width for number, width in found.items()}


def note_ok(tx: Tx, moment: datetime) -> None:
    """Sync came through to the end."""
    put(tx, LAST_OK, str(to_ms(moment)))


def counts(reader: Reader) -> SyncCounts:
    """For the sync pill."""
    by_state: dict[str, int] = dict(direct.ask(reader.connection, _STATES))
    [(confirmed, tray)] = direct.ask(reader.connection, _SETTLED)
    last_ok = get(reader, LAST_OK)
    blocked = by_state.get("blocked", 0)
    return SyncCounts(
        laptop=by_state.get("pending", 0) + blocked,
        sent=by_state.get("sent", 0),
        blocked=blocked,
        confirmed=confirmed,
        tray=tray,
        last_ok=from_ms(int(last_ok)) if last_ok else None,
    )
