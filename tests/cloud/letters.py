"""A real mail server on loopback that keeps what it is given."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

from core.cloud.settings import MailSettings

LIMIT_S = 120


@dataclass
class Letters:
    """What has arrived. `refusing`: this many mails are refused before one is taken."""

    port: int = 0
    user: str = ""
    password: str = ""
    refusing: int = 0
    got: list[tuple[str, Message]] = field(default_factory=list)
    tries: int = 0
    logins: list[bool] = field(default_factory=list)
    """Whether each sign-in to the mail server was right."""
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def settings(self) -> MailSettings:
        """How the service reaches it."""
        more = {"user": self.user, "password": self.password}
        return MailSettings("127.0.0.1", self.port, "cloud@gatewright.example", "none", **more)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """The hook of aiosmtpd for a mail."""
        self.tries += 1
        self._arrived.set()
        if self.refusing > 0:
            self.refusing -= 1
            return "451 come back later"
        for to in envelope.rcpt_tos:
            self.got.append((to, message_from_bytes(envelope.content, policy=default)))
        return "250 taken"

    async def until(self, count: int) -> None:
        """Wait until so many mails have arrived."""
        async with asyncio.timeout(LIMIT_S):
            while len(self.got) < count:
                self._arrived.clear()
                await self._arrived.wait()

    async def tried(self, count: int) -> None:
        """Wait until so many mails were offered, refused ones too."""
        async with asyncio.timeout(LIMIT_S):
            while self.tries < count:
                self._arrived.clear()
                await self._arrived.wait()

    def text(self, number: int = -1) -> str:
        """What a mail says."""
        return str(self.got[number][1].get_payload())

    def code(self, number: int = -1) -> str:
        """The code in a mail: the line that stands in by four blanks."""
        found = re.search(r"^ {4}([0-9A-Z-]+)\s*$", self.text(number), re.MULTILINE)
        assert found, self.text(number)
        return found.group(1)


@asynccontextmanager
async def post_office(*, user: str = "", password: str = "", refusing: int = 0) -> AsyncIterator[Letters]:
    """The server, on a port of its own."""
    letters = Letters(user=user, password=password, refusing=refusing)

    def check(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        right = (data.login, data.password) == (user.encode(), password.encode())
        letters.logins.append(right)
        return AuthResult(success=right)

    sessions: list[SMTP] = []

    def session() -> SMTP:
        more: dict[str, Any] = {"authenticator": check, "auth_require_tls": False}
        made = SMTP(
            letters,
            hostname="mail.example",
            loop=asyncio.get_running_loop(),
            **(more if user else {}),
        )
        sessions.append(made)
        return made

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    letters.port = server.sockets[0].getsockname()[1]
    try:
        yield letters
    finally:
        server.close()
        await server.wait_closed()
        async with asyncio.timeout(LIMIT_S):
            while any(one.transport is not None for one in sessions):  # noqa: ASYNC110  there is no event for it
                await asyncio.sleep(0.001)
