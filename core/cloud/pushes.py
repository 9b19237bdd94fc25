"""The pushes that a node is given: small ones of one tenant that come beside each other share a transaction.

A transaction costs the node and PostgreSQL as much as some fifteen plain edits in it, and a tenant's transactions wait
for each other at its counter. Under load pushes gather while one transaction runs, and the next takes them all; a node
with nothing to do answers each one by itself, at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
from anyio import to_thread

from core.base.errors import DataError
from core.base.together import Together
from core.cloud import auth, service, tokens
from core.cloud.access import Who
from core.cloud.cloud import Cloud
from core.cloud.service import Offer
from core.entities.organisation import Role
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import PushAnswer, PushBatch

SMALL = 16 << 10
"""Bytes of a push that may share: some hundreds of edits. A larger one has no need to."""
PLAIN = 1 << 20
"""Bytes of it unpacked."""
LANES = 2
"""Transactions of one tenant at a time: while the database writes the one, the next is judged."""
MOST = 16
"""Pushes that share one."""
_KNOWN = 10_000
"""Tokens whose tenant is kept."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push as it came."""

    token: str = field(repr=False)
    packed: bytes = field(repr=False)
    packing: Packing
    answered_in: Packing


class Pushes:
    """Serves the pushes of a node."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._together: Together[Pushed, bytes | None] = Together(self._aside, lanes=LANES, most=MOST)
        self._tenants: dict[str, str] = {}
        """Tenants of tokens that were good, by the token's hash: says only with whom a push may wait, and is looked at
        again with every push.
        """

    async def push(self, request: Pushed) -> bytes:
        """The packed PushAnswer to a packed PushBatch. Raises what `auth.who_is` and `service.push` raise."""
        tenant = self._tenants.get(tokens.hashed(request.token)) if len(request.packed) <= SMALL else None
        if tenant is not None:
            answer = await self._together.ask(tenant, request)
            if answer is not None:
                return answer
        return await to_thread.run_sync(self._alone, request)

    async def close(self) -> None:
        """Wait for what is on its way."""
        await self._together.close()

    def _alone(self, request: Pushed) -> bytes:
        batch = codec.unpack(request.packed, PushBatch, request.packing)
        who = auth.who_is(self._cloud, request.token)
        self._note(request.token, who)
        return _packed(service.push(self._cloud, who, batch), request)

    async def _aside(self, tenant: str, requests: Sequence[Pushed]) -> Sequence[bytes | None]:
        return await to_thread.run_sync(self._shared, tenant, requests)

    def _note(self, token: str, who: Who) -> None:
        """What property managers write, and who acts for others, is always looked at closely."""
        if who.role is Role.MANAGER or who.acting:
            return
        if len(self._tenants) >= _KNOWN:
            self._tenants.clear()
        self._tenants[tokens.hashed(token)] = who.tenant

    def _shared(self, tenant: str, requests: Sequence[Pushed]) -> list[bytes | None]:
        found = [(request, _offer(request)) for request in requests]
        offered = [(request, offer) for request, offer in found if offer is not None]
        answers = service.push_together(self._cloud, tenant, [offer for _, offer in offered])
        told = {
            id(request): _packed(answer, request)
            for (request, _), answer in zip(offered, answers, strict=True)
            if answer is not None
        }
        return [told.get(id(request)) for request in requests]


def _offer(request: Pushed) -> Offer | None:
    """None for a message that makes no sense, or grows too large: others do not wait for it."""
    with suppress(DataError):
        return Offer(request.token, codec.unpack(request.packed, PushBatch, request.packing, limit=PLAIN))
    return None


def _packed(answer: PushAnswer, request: Pushed) -> bytes:
    return codec.pack_bytes(msgspec.json.encode(answer), request.answered_in)
