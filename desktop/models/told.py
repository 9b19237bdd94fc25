"""What the cloud tells an account beside its rows: joined accounts (ACC-07), links for help (ACC-13), news (ACC-14).

Kept in the mirror as it was told last, so that menus and the notice centre have it without a network. No widgets.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Signal

from core.base.clock import from_ms
from core.base.errors import GatewrightError, UnreachableError
from core.base.tasks import TaskOwner
from core.entities.organisation import Role
from core.ports.cloud import AccountDoor
from core.usecases import account
from core.usecases.context import Context
from core.wire.service import News, Service, ServiceLink
from desktop.models.joined import JoinedFirm, load_joined
from desktop.models.latest import Latest
from desktop.models.users import account_door
from desktop.models.words import time_word, translate
from desktop.qt.roles import JobRow

AGAIN_S = 600.0
"""How old an answer may become before the next round of sync asks anew."""
TITLE, TEXT, KIND = 120, 600, 40
"""Characters of a piece of news, and of a link's name, that are shown: they come from the network."""


class Told(QObject):
    """Signal `changed()`: joined accounts, links or news were read, or news were noted as read.

    `station` is asked for its door each time: there may be none yet. Needs the running loop.
    """

    changed = Signal()

    def __init__(self, ctx: Context, station: object, tasks: TaskOwner) -> None:
        super().__init__()
        self._ctx, self._station = ctx, station
        self._asked_at = float("-inf")
        self._offline = False
        self.firms: list[JoinedFirm] = []
        self.service = Service()
        self.fault = ""
        """Why the cloud refused the last question, in words; empty when it answered, or was not to be reached."""
        self._latest = Latest(tasks, self._load, failed=self._failed)

    def refresh(self, *, after_s: float = 0.0) -> None:
        """Ask the cloud, or read what it told last; not before so many seconds."""
        self._asked_at = self._ctx.clock.monotonic()
        self._latest.ask(after_s=after_s)

    def follow(self, *, offline: bool) -> None:
        """The sync said how it is: ask anew when the network is back, and when the last answer is old."""
        back, self._offline = self._offline and not offline, offline
        if not offline and (back or self._ctx.clock.monotonic() - self._asked_at > AGAIN_S):
            self.refresh()

    def close(self) -> None:
        """Ask nothing any more."""
        self._latest.close()

    # -- joined accounts

    @property
    def joined(self) -> bool:
        """Whether there is an account to switch to."""
        return any(not firm.own for firm in self.firms)

    # -- help

    def links(self) -> list[tuple[str, str]]:
        """Words and address of each link for help, in the operator's order. Only web pages: anything else that an
        address can start on this computer is left out.
        """
        return [(link_word(one), one.url) for one in self.service.links if is_page(one.url)]

    # -- news

    @property
    def unread(self) -> int:
        """How many news were not read."""
        return max(0, self.service.unread)

    async def read(self, ids: list[str] | None = None) -> None:
        """Note these news, or all, as read. UnreachableError without a network: the cloud counts them."""
        door = self._door()
        if door is None:
            words = translate("The cloud core notes what was read, and there is none to tell.")
            raise UnreachableError("news.offline", words)
        self.service = await account.read_news(self._ctx.mirror, door, ids)
        self.changed.emit()

    def news_rows(self, *, read_word: str, zone: str = "") -> list[JobRow]:
        """Rows of the notice centre, the newest first. A piece that was not read has the act to note it as read."""
        now = self._ctx.clock.now()
        return [
            JobRow(
                _cut(one.title, TITLE),
                _cut(one.text, TEXT),
                "accepted" if one.read else "waiting",
                None,
                time_word(from_ms(one.at), now, zone),
                "" if one.read else "check",
                "" if one.read else read_word,
                one.id,
            )
            for one in self.service.news
        ]

    def find(self, key: object) -> News | None:
        """A piece of news by its id."""
        return next((one for one in self.service.news if one.id == key), None)

    # -- asking

    def _door(self) -> AccountDoor | None:
        return account_door(self._station)

    async def _load(self) -> None:
        door = self._door()
        self._ctx.require_signed_in()
        service = await account.service(self._ctx.mirror, door)
        # Only property managers join accounts: the cloud refuses the question of anybody else.
        manages = self._ctx.me.role is Role.MANAGER
        firms = await load_joined(self._ctx, door) if manages else []
        if self._latest.closed:
            return
        self.service, self.firms, self.fault = service, firms, ""
        self.changed.emit()

    def _failed(self, fault: GatewrightError) -> None:
        self.fault = str(fault)


def is_page(url: str) -> bool:
    """Whether an address is a page of the web, with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def link_word(link: ServiceLink) -> str:
    """The name of a link; of a kind that is not known, as the operator named it."""
    words = {
        "knowledge_base": translate("Manuals and answers"),
        "tickets": translate("Help desk"),
        "partners": translate("Partner programme"),
    }
    return words.get(link.kind) or _cut(link.kind.replace("_", " "), KIND)


def _cut(text: str, most: int) -> str:
    """One line of printable characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: most * 2]).split())
    return line if len(line) <= most else line[: most - 1] + "…"
