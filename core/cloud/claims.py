"""What is owned once, during one push: loaded ahead, moved in memory, written in order (sync.md 3.9). What a ticket
book reserves is free for those who hold the book, and for everybody once its time is over (core.cloud.tickets).

Keys stand in the table as keyed fingerprints: a PIN has four digits, and a plain hash of it would be no secret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, tuple_

from core.base.clock import from_ms
from core.cloud.db import CLAIM, TICKET_BOOK, table_of
from core.cloud.rows import PIECE, Held
from core.cloud.seal import Seal
from core.entities.organisation import ACCOUNT
from core.entities.site import SITE
from core.rules.claims import CODES, RESERVED, Claim, ClaimKind, claims_of, reserved_words, words_of
from core.schema.entity import EntitySpec
from core.schema.field import Stored

Key = tuple[str, int, str]
NOBODY = 0
"""The entity number of a ticket book: no row is of it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns: a row of an entity; or a ticket book, `until` some moment (ms)."""

    id: str
    entity: int
    tenant: str
    scope: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """A claim that a row wanted and somebody else has."""

    kind: ClaimKind
    row_id: str
    owner: Owner


class Claims:
    """The claims that one push touches. Releases first, then takes: so a swap within a group is legal."""

    def __init__(
        self,
        connection: Connection,
        seal: Seal,
        tenant: str,
        *,
        books: Collection[str] = (),
        now_ms: int = 0,
    ) -> None:
        self._connection = connection
        self._seal = seal
        self._tenant = tenant
        self._books = frozenset(books)
        self._now_ms = now_ms
        self._expected: set[Key] = set()
        self._stored: dict[Key, Owner | None] = {}
        self._now: dict[Key, Owner | None] = {}
        self._draft: dict[Key, Owner | None] = {}

    def expect(self, spec: EntitySpec[Any], scope: str, values: Mapping[str, Stored]) -> None:
        """Note that a row with these values will be judged; its claims are loaded with the others'."""
        self._expected |= {self._key(c) for c in _safe_claims(spec.name, scope, values)}

    def move(self, rows: Sequence[tuple[Held | None, Held]]) -> Clash | None:
        """Release what the rows (before, after) give up, take what they need; the first that somebody else has, when
        there is one.
        """
        gives = [(held, c) for before, held in rows for c in _of(before) if c not in _of(held)]
        takes = [(held, c) for before, held in rows for c in _of(held) if c not in _of(before)]
        for held, claim in gives:
            key = self._key(claim)
            owner = self._owner(key)
            if owner is not None and owner.id == held.id and owner.tenant == self._tenant:
                self._draft[key] = None
        for held, claim in takes:
            key = self._key(claim)
            owner = self._owner(key)
            if owner is not None and not self._may_take(owner, held):
                return Clash(claim.kind, held.id, owner)
            self._draft[key] = Owner(held.id, held.spec.number, self._tenant, held.scope)
        return None

    def _may_take(self, owner: Owner, held: Held) -> bool:
        if owner.until is not None:
            return owner.until <= self._now_ms or (owner.id in self._books and owner.tenant == self._tenant)
        return (owner.id, owner.tenant) == (held.id, self._tenant)

    def keep(self) -> None:
        """The group stands."""
        self._now |= self._draft
        self._draft = {}

    def discard(self) -> None:
        """The group falls."""
        self._draft = {}

    def write(self) -> None:
        """Store what changed, in the order of keys. IntegrityError when another push was first: judge again."""
        changed = sorted(k for k, owner in self._now.items() if owner != self._stored.get(k))
        gone = [k for k in changed if self._stored.get(k) is not None]
        for key in gone:
            # Of this owner only: another holder of the same ticket book may have been first.
            owner = self._stored[key]
            still = CLAIM.c.owner == (owner.id if owner else "")
            self._connection.execute(delete(CLAIM).where(_is(key), still))
        records = [_record(key, owner) for key in changed if (owner := self._now[key]) is not None]
        if records:
            self._connection.execute(insert(CLAIM), records)

    def refusal(self, clash: Clash, scopes: Collection[str]) -> tuple[str, str]:
        """Code and words for a person: who reserved it, for where, until when, as far as the account may know that."""
        if clash.owner.until is None:
            return CODES[clash.kind], words_of(clash.kind)
        people, sites = table_of(ACCOUNT), table_of(SITE)
        query = (
            select(people.c.full_name, sites.c.name, TICKET_BOOK.c.org)
            .select_from(TICKET_BOOK)
            .join(people, (people.c.tenant == TICKET_BOOK.c.tenant) & (people.c.id == TICKET_BOOK.c.account))
            .join(sites, (sites.c.tenant == TICKET_BOOK.c.tenant) & (sites.c.id == TICKET_BOOK.c.site))
            .where(TICKET_BOOK.c.id == clash.owner.id, TICKET_BOOK.c.tenant == self._tenant)
        )
        found = self._connection.execute(query).one_or_none()
        may_know = found is not None and (found.org in scopes or clash.owner.scope in scopes)
        who = f"{found.full_name} for the trip to '{found.name}'" if found and may_know else "another firm"
        return RESERVED[clash.kind], reserved_words(clash.kind, who, from_ms(clash.owner.until))

    def _key(self, claim: Claim) -> Key:
        return key_of(self._seal, claim)

    def _owner(self, key: Key) -> Owner | None:
        for layer in (self._draft, self._now):
            if key in layer:
                return layer[key]
        if key not in self._stored:
            self._load(self._expected | {key})
        return self._stored[key]

    def _load(self, keys: set[Key]) -> None:
        wanted = sorted(k for k in keys if k not in self._stored)
        self._stored.update(dict.fromkeys(wanted))
        for start in range(0, len(wanted), PIECE):
            match = tuple_(CLAIM.c.space, CLAIM.c.kind, CLAIM.c.key).in_(wanted[start : start + PIECE])
            for r in self._connection.execute(select(CLAIM).where(match)):
                owner = Owner(r.owner, r.owner_entity, r.tenant, r.scope, r.until)
                self._stored[r.space, r.kind, r.key] = owner


def key_of(seal: Seal, claim: Claim) -> Key:
    """The key under which a claim stands in the table."""
    return claim.space, int(claim.kind), seal.blind("claim", claim.space, claim.kind.name, claim.key)


def _of(held: Held | None) -> tuple[Claim, ...]:
    return () if held is None or held.deleted else claims_of(held.spec.name, held.scope, held.values)


def _safe_claims(entity: str, scope: str, values: Mapping[str, Stored]) -> tuple[Claim, ...]:
    try:
        return claims_of(entity, scope, values)
    except KeyError:
        return ()  # values that will be refused anyway


def _is(key: Key) -> Any:
    return and_(CLAIM.c.space == key[0], CLAIM.c.kind == key[1], CLAIM.c.key == key[2])


def _record(key: Key, owner: Owner) -> dict[str, Any]:
    space, kind, fingerprint = key
    return {
        "space": space,
        "kind": kind,
        "key": fingerprint,
        "owner": owner.id,
        "owner_entity": owner.entity,
        "tenant": owner.tenant,
        "scope": owner.scope,
        "until": owner.until,
    }
