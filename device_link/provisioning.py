"""The provisioning server: devices that pull fetch common file, own file, firmware and contacts (device API 4).

Who may fetch is limited: a file named after a MAC goes to known MACs only, everything else to known addresses. What
was fetched, and what was asked for in vain, is told to the listener, so that a person sees why a device got nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.base.words import clean
from core.rules.autop import common_name
from device_link.small_server import Asked, Given, SmallServer

_MAC_FILE = re.compile(r"([0-9A-Fa-f]{12})\.(cfg|xml)")
_COMMON_FILE = re.compile(r"r\d{12}\.cfg")


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to fetch. Keys of `own` and `contacts`: MACs of twelve upper-case digits; of `common`: model ids.

    `files`: further files by their names, such as firmware. `addresses`: who may fetch what is not named after a MAC;
    empty: everybody who has asked for a MAC's file before.
    """

    own: Mapping[str, str] = field(default_factory=dict)
    common: Mapping[int, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fetched:
    """One request: by whom, for what, and whether it was given. `mac` is empty where the name does not tell."""

    peer: str
    name: str
    mac: str
    status: int


class ProvisioningServer:
    """Serves an offer, which may be replaced at any time."""

    def __init__(self, offer: Offer, on_fetch: Callable[[Fetched], None] = lambda _f: None) -> None:
        self.offer = offer
        self._on_fetch = on_fetch
        self._known: set[str] = set()
        self._server = SmallServer(self._answer)

    async def open(self, host: str, port: int = 0) -> str:
        """Begin to serve; returns the URL that devices are told, with a `/` at its end."""
        return f"{await self._server.open(host, port)}/"

    async def close(self) -> None:
        """Stop serving."""
        await self._server.close()

    async def _answer(self, asked: Asked) -> Given:
        name = asked.path.rpartition("/")[2]
        found = _MAC_FILE.fullmatch(name)
        mac = found[1].upper() if found else ""
        given = Given(405) if asked.method not in {"GET", "HEAD"} else self._find(name, mac, asked.peer)
        self._on_fetch(Fetched(asked.peer, clean(name, limit=80), mac, given.status))
        return given

    def _find(self, name: str, mac: str, peer: str) -> Given:
        if mac:
            texts = self.offer.contacts if name.lower().endswith(".xml") else self.offer.own
            if mac not in texts:
                return Given(403)
            self._known.add(peer)
            return Given(body=texts[mac].encode())
        if peer not in (self.offer.addresses or self._known):
            return Given(403)
        if _COMMON_FILE.fullmatch(name):
            texts_by_name = {common_name(model): text for model, text in self.offer.common.items()}
            text = texts_by_name.get(name)
            return Given(404) if text is None else Given(body=text.encode())
        path = self.offer.files.get(name)
        if path is None or not path.is_file():
            return Given(404)
        return Given(file=path, content_type="application/octet-stream")
