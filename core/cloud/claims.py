"""What is owned once, during one push: loaded ahead, moved in memory, written in order (sync.md 3.9).

Keys stand in the table as keyed fingerprints: a PIN has four digits, and a plain hash of it would be no secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, tuple_

from core.cloud.db import CLAIM
from core.cloud.rows import PIECE, Held
from core.cloud.seal import Seal
from core.rules.claims import Claim, ClaimKind, claims_of
from core.schema.entity import EntitySpec
from core.schema.field import Stored

Key = tuple[str, int, str]
Owner = tuple[str, int, str, str]
"""Row id, entity number, tenant, scope."""


class Claims:
    """The claims that one push touches. Releases first, then takes: so a swap within a group is legal."""

    def __init__(self, connection: Connection, seal: Seal, tenant: str) -> None:
        self._connection = connection
        self._seal = seal
        self._tenant = tenant
        self._expected: set[Key] = set()
        self._stored: dict[Key, Owner | None] = {}
        self._now: dict[Key, Owner | None] = {}
        self._draft: dict[Key, Owner | None] = {}

    def expect(self, spec: EntitySpec[Any], scope: str, values: Mapping[str, Stored]) -> None:
        """Note that a row with these values will be judged; its claims are loaded with the others'."""
        self._expected |= {self._key(c) for c in _safe_claims(spec.name, scope, values)}

    def move(self, rows: Sequence[tuple[Held | None, Held]]) -> tuple[ClaimKind, str] | None:
        """Release what the rows (before, after) give up, take what they need; the first that another row owns, as
        (kind, id of the row that wanted it), when there is one.
        """
        gives = [(held, c) for before, held in rows for c in _of(before) if c not in _of(held)]
        takes = [(held, c) for before, held in rows for c in _of(held) if c not in _of(before)]
        for held, claim in gives:
            key = self._key(claim)
            owner = self._owner(key)
            if owner is not None and owner[0] == held.id and owner[2] == self._tenant:
                self._draft[key] = None
        for held, claim in takes:
            key = self._key(claim)
            owner = self._owner(key)
            if owner is not None and (owner[0], owner[2]) != (held.id, self._tenant):
                return claim.kind, held.id
            self._draft[key] = (held.id, held.spec.number, self._tenant, held.scope)
        return None

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
            self._connection.execute(delete(CLAIM).where(_is(key)))
        records = [_record(key, owner) for key in changed if (owner := self._now[key]) is not None]
        if records:
            self._connection.execute(insert(CLAIM), records)

    def _key(self, claim: Claim) -> Key:
        return (
            claim.space,
            int(claim.kind),
            self._seal.blind("claim", claim.space, claim.kind.name, claim.key),
        )

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
                self._stored[r.space, r.kind, r.key] = (r.owner, r.owner_entity, r.tenant, r.scope)


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
    names = ("space", "kind", "key", "owner", "owner_entity", "tenant", "scope")
    return dict(zip(names, (*key, *owner), strict=True))
