"""Mails: put in a queue by the transaction that is their reason, sent by any node, tried again with growing pauses.

What a mail says (codes, first passwords) stands sealed in the queue and is gone from it once it was sent.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from functools import partial
from typing import Any

import aiosmtplib
import msgspec
from anyio import to_thread
from sqlalchemy import Connection, select, update

from core.base.clock import from_ms, to_ms
from core.base.errors import GatewrightError
from core.base.ids import new_id
from core.base.words import clean
from core.cloud.account_tables import MAIL
from core.cloud.cloud import Cloud
from core.cloud.settings import MailSettings

log = logging.getLogger(__name__)
LEASE_MS, FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 60_000, 5_000, 3_600_000
MOST_TRIES = 20
POLL_S = 5.0
_BATCH = 20


class Letter(msgspec.Struct, frozen=True):
    """What is sealed in the queue."""

    to: str
    subject: str
    text: str

    def __repr__(self) -> str:
        """Without what it says."""
        return "Letter()"


def queue(cloud: Cloud, connection: Connection, letter: Letter) -> None:
    """Put a mail into the queue, in the transaction that is its reason."""
    now_ms, mail_id = to_ms(cloud.clock.now()), new_id()
    sealed = cloud.seal.seal_bytes(msgspec.json.encode(letter), f"mail:{mail_id}")
    values = {"id": mail_id, "sealed": sealed, "state": "waiting", "tries": 0, "said": ""}
    connection.execute(MAIL.insert().values(next_at=now_ms, made_at=now_ms, **values))


class Mailer:
    """Sends what is due. One per node; two nodes never take the same mail while it is leased."""

    def __init__(self, cloud: Cloud, settings: MailSettings) -> None:
        self._cloud = cloud
        self._settings = settings
        self._wake = asyncio.Event()

    def poke(self) -> None:
        """There may be a mail to send; on the loop's thread."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._wake.clear()
            try:
                while await self.send_due():
                    pass
            except GatewrightError as fault:
                log.warning("Mails wait: %s", fault.code)
            try:
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def send_due(self) -> int:
        """Send the mails that are due now; returns how many were tried."""
        letters = await to_thread.run_sync(self._take)
        for mail_id, tries, letter in letters:
            said = await self._send(letter)
            await to_thread.run_sync(partial(self._note, mail_id, tries, said))
        return len(letters)

    def _take(self) -> Sequence[tuple[str, int, Letter]]:
        now_ms = to_ms(self._cloud.clock.now())
        with self._cloud.database.write() as connection:
            due = (MAIL.c.state == "waiting") & (MAIL.c.next_at <= now_ms)
            query = select(MAIL).where(due).order_by(MAIL.c.next_at).limit(_BATCH)
            rows = connection.execute(query.with_for_update(skip_locked=True)).all()
            if rows:
                leased = update(MAIL).where(MAIL.c.id.in_([r.id for r in rows]))
                connection.execute(leased.values(next_at=now_ms + LEASE_MS))
        return [(r.id, r.tries, self._opened(r)) for r in rows]

    def _opened(self, row: Any) -> Letter:
        plain = self._cloud.seal.open_bytes(bytes(row.sealed), f"mail:{row.id}")
        return msgspec.json.decode(plain, type=Letter)

    async def _send(self, letter: Letter) -> str:
        """Empty when it was taken; else why not."""
        message, settings = EmailMessage(), self._settings
        message["From"], message["To"], message["Subject"] = settings.sender, letter.to, letter.subject
        message["Date"] = format_datetime(self._cloud.clock.now())
        message["Message-ID"] = make_msgid(domain=settings.sender.partition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        try:
            await aiosmtplib.send(
                message,
                hostname=settings.host,
                port=settings.port,
                username=settings.user or None,
                password=settings.password or None,
                use_tls=settings.tls == "tls",
                start_tls=settings.tls == "starttls",
                tls_context=ssl.create_default_context() if settings.tls != "none" else None,
                # Else the library asks the network for the name of this machine, which may take long.
                local_hostname=settings.sender.partition("@")[2],
                timeout=20,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as fault:
            return clean(f"{type(fault).__name__}: {fault}", limit=200)
        return ""

    def _note(self, mail_id: str, tries: int, said: str) -> None:
        now_ms = to_ms(self._cloud.clock.now())
        values: dict[str, Any] = {"tries": tries + 1, "said": said}
        if not said:
            values |= {"state": "sent", "sealed": b""}
        elif tries + 1 >= MOST_TRIES:
            values |= {"state": "failed", "sealed": b""}
        else:
            pause = min(FIRST_PAUSE_MS << tries, LONGEST_PAUSE_MS)
            values["next_at"] = now_ms + pause
            log.warning(
                "A mail was not taken (try %d) and waits until %s.", tries + 1, from_ms(now_ms + pause)
            )
        with self._cloud.database.write() as connection:
            connection.execute(update(MAIL).where(MAIL.c.id == mail_id).values(**values))
