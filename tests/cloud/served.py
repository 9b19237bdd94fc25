"""The service on a real socket, and a person who speaks HTTP to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from core.base.ids import new_id
from core.base.tasks import TaskOwner
from core.cloud.cloud import Cloud
from core.cloud.run import Service
from core.cloud.settings import CloudSettings, MailSettings
from core.wire.messages import Session
from tests.history.world import CHEAP, PASSWORD, TEMPLATES, ManualClock

T = TypeVar("T", bound=msgspec.Struct)
LIMIT_S = 120


@dataclass
class Served:
    """A running service: its address, its cloud (the same process), its clock."""

    url: str
    service: Service
    clock: ManualClock
    stopped: asyncio.Task[None]

    @property
    def cloud(self) -> Cloud:
        cloud = self.service._app.state.cloud
        assert isinstance(cloud, Cloud)
        return cloud


@asynccontextmanager
async def served(
    folder: Path, *, mail: MailSettings | None = None, url: str = "", **more: Any
) -> AsyncIterator[Served]:
    """The service on a port of its own; stopped in good order at the end."""
    clock = more.pop("clock", None) or ManualClock()
    if not url and not (folder / "served.db").exists():
        TEMPLATES.cloud(folder / "served.db")
    settings = CloudSettings(
        database_url=url or f"sqlite:///{folder / 'served.db'}",
        blobs=folder / "files",
        key=b"k" * 32,
        password_cost=CHEAP,
        clock=clock,
        mail=mail,
        **more,
    )
    owner, ready = TaskOwner(), asyncio.get_running_loop().create_future()
    service = Service(settings, "127.0.0.1", 0, ready.set_result)
    task = owner.start(service.run_here(), name="service")
    async with asyncio.timeout(LIMIT_S):
        await asyncio.wait([ready, task], return_when=asyncio.FIRST_COMPLETED)
        assert ready.done(), task.exception()
    try:
        yield Served(ready.result(), service, clock, task)
    finally:
        service.stop()
        async with asyncio.timeout(LIMIT_S):
            await task


@dataclass
class Person:
    """Somebody at a workstation, by HTTP."""

    http: httpx.AsyncClient
    user: str = ""
    password: str = PASSWORD
    session: Session | None = None
    replica: str = field(default_factory=new_id)

    @property
    def signed(self) -> dict[str, str]:
        assert self.session is not None, "not signed in"
        return {"authorization": f"Bearer {self.session.access_token}"}

    async def sign_in(self, **more: Any) -> httpx.Response:
        """The answer to a sign-in; a session is kept."""
        body = {"user": self.user, "password": self.password, "replica": self.replica, **more}
        answer = await self.http.post("/v1/session", json=body)
        if answer.status_code == 200:
            self.session = msgspec.json.decode(answer.content, type=Session)
        return answer

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One signed request."""
        content = None if body is None else msgspec.json.encode(body)
        return await self.http.request(method, f"/v1{path}", content=content, headers=self.signed)

    async def must(self, method: str, path: str, body: Any = None) -> Any:
        """One signed request that has to be done; its document."""
        answer = await self.ask(method, path, body)
        assert answer.status_code in {200, 204}, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """One signed request that has to be refused: status and code."""
        answer = await self.ask(method, path, body)
        assert answer.status_code >= 400, (method, path, answer.text)
        said = answer.json()
        assert said["message"]
        return answer.status_code, said["code"]


@asynccontextmanager
async def person(world: Served, user: str, *, sign_in: bool = True, **more: Any) -> AsyncIterator[Person]:
    """A person with connections of its own, signed in."""
    async with httpx.AsyncClient(base_url=world.url, timeout=LIMIT_S) as http:
        made = Person(http, user, **more)
        if sign_in:
            answer = await made.sign_in()
            assert answer.status_code == 200, answer.text
        yield made
