"""A cloud that tells an account of its joined accounts, links and news, or is away."""

from __future__ import annotations

from typing import Any

import msgspec

from core.base.errors import UnreachableError
from core.wire.service import JoinedSite, JoinedSites, News, NewsRead, Service, ServiceLink

OWN, OTHER = "a" * 32, "b" * 32
PIECE, OLDER = "c" * 32, "d" * 32


class TellingDoor:
    """`away` makes it unreachable; requests are kept in `asked`."""

    base_url = "https://core.northmost.example"

    def __init__(self, own_site: str) -> None:
        self.away = False
        self.asked: list[tuple[str, str]] = []
        self.fault: Exception | None = None
        self.sites = JoinedSites(
            sites=[
                JoinedSite(account=OTHER, user="maya2", firm="South", site="2" * 32, name="Quay House"),
                JoinedSite(account=OWN, user="maya", firm="", site=own_site, name="Tamarind Court", own=True),
            ]
        )
        self.service = Service(
            links=[
                ServiceLink(kind="knowledge_base", url="https://help.example/manuals"),
                ServiceLink(kind="tickets", url="file:///etc/hosts"),
                ServiceLink(kind="partners", url="https://help.example/partners"),
            ],
            news=[
                News(
                    id=PIECE, at=1_790_000_000_000, title="MD12 has\nnew firmware", text="Push-button units."
                ),
                News(id=OLDER, at=1_780_000_000_000, title="Night of work", text="Sunday.", read=True),
            ],
            unread=1,
        )

    async def ask(self, method: str, path: str, kind: Any, message: msgspec.Struct | None = None) -> Any:
        """Answers as the cloud does."""
        self.asked.append((method, path))
        if self.away:
            raise UnreachableError("cloud.away", "The cloud core does not answer.")
        if self.fault is not None:
            raise self.fault
        if isinstance(message, NewsRead):
            news = [msgspec.structs.replace(n, read=n.read or n.id in message.ids) for n in self.service.news]
            if not message.ids:
                news = [msgspec.structs.replace(n, read=True) for n in news]
            left = sum(1 for n in news if not n.read)
            self.service = msgspec.structs.replace(self.service, news=news, unread=left)
        answers = {
            "/v1/account/sites": self.sites,
            "/v1/service": self.service,
            "/v1/service/read": self.service,
        }
        return answers[path]

    async def ask_openly(self, method: str, path: str, kind: Any, message: Any = None) -> Any:
        """Nothing here needs it."""
        raise AssertionError(path)

    async def sign_out(self) -> None:
        """Nothing is kept here."""
