"""Messages about the service centre and the operator's news (ACC-13, ACC-14), and the sites of all accounts that one
person joined (ACC-07). Plain JSON, members are never renamed.
"""

from __future__ import annotations

import msgspec


class ServiceLink(msgspec.Struct, frozen=True, kw_only=True):
    """ACC-13: where help is: `knowledge_base`, `tickets` or `partners`."""

    kind: str
    url: str


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of the operator's news. `at`: ms."""

    id: str
    at: int
    title: str
    text: str
    read: bool = False


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """Links and news, newest first; `unread`: 0 for an account that has switched the operator's notifications off."""

    links: list[ServiceLink] = msgspec.field(default_factory=list)
    news: list[News] = msgspec.field(default_factory=list)
    unread: int = 0


class NewsRead(msgspec.Struct, frozen=True, kw_only=True):
    """These were read; empty: all of them."""

    ids: list[str] = msgspec.field(default_factory=list)


class JoinedSite(msgspec.Struct, frozen=True, kw_only=True):
    """A site of one's own account or of a joined one, with who is to be switched to."""

    account: str
    user: str
    firm: str
    site: str
    name: str
    own: bool = False


class JoinedSites(msgspec.Struct, frozen=True, kw_only=True):
    """ACC-07: every site of every joined account, by name: one view to switch in."""

    sites: list[JoinedSite] = msgspec.field(default_factory=list)
