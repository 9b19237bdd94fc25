"""One push inside a transaction, which may hold others: answers that were given before, judging, what the log keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select

from core.base.clock import to_ms
from core.cloud.access import Grant, Who, grants_of_site
from core.cloud.claims import Claims
from core.cloud.clock import Clock
from core.cloud.cloud import Cloud
from core.cloud.db import FEED, MUT_LOG, REPLICA, table_of
from core.cloud.dialect import listed, one_of
from core.cloud.judge import Judge
from core.cloud.lineage import floor_of
from core.cloud.merge import add_carrier
from core.cloud.statements import Statement, ask
from core.cloud.working import Working
from core.entities import BY_NUMBER
from core.entities.organisation import ACCOUNT
from core.ports.cloud import ForkError
from core.wire.convert import upgraded
from core.wire.messages import PROTOCOL, SCHEMA, Clash, Mutation, MutationAnswer, PushAnswer, PushBatch


class _Entry(NamedTuple):
    """What the log knows of a mutation."""

    mut_id: str
    body_hash: bytes
    status: str
    response: bytes


_ENTRIES = Statement(
    lambda alone: select(*[MUT_LOG.c[name] for name in _Entry._fields]).where(
        MUT_LOG.c.tenant == bindparam("tenant"), one_of(alone, MUT_LOG.c.mut_id, "ids")
    )
)


class OnePush:
    """One batch inside its transaction: `begin`, `judge`, and what is to be written of it."""

    def __init__(
        self, cloud: Cloud, connection: Connection, who: Who, batch: PushBatch, *, careful: bool
    ) -> None:
        self.who = who
        self.batch = batch
        self.careful = careful or any(m.origin for m in batch.muts)
        """Whether to look for answers that were given before. An edit with a new number hardly ever has one, and is
        found out when its entry is written.
        """
        self.fresh: list[Mutation] = []
        """The edits that were not answered before."""
        self.grants: list[Grant] = []
        """Of sites that were made."""
        self._cloud = cloud
        self._connection = connection
        self._now_ms = to_ms(cloud.clock.now())
        self._hashes: dict[int, bytes] = {}
        self._answers: dict[str, MutationAnswer] = {}
        self._last_n = 0
        self._clock: Clock | None = None

    def begin(self, last_n: int, clock: Clock) -> bool:
        """Find the answers that were given before; whether that has changed a row. ForkError for other edits under
        numbers that are known.
        """
        self._last_n, self._clock = last_n, clock
        self.careful = self.careful or self.repeats(last_n)
        stored = self._stored_answers(last_n) if self.careful else {}
        self.fresh = [m for m in self.batch.muts if m.mut_id not in stored]
        self._answers = dict(stored)
        return self._note_carried(stored)

    def repeats(self, last_n: int) -> bool:
        """Whether an edit of it was pushed before."""
        return any(m.n <= last_n for m in self.batch.muts)

    def judge(self, working: Working) -> None:
        """Answer the fresh edits; what they change stands in `working`, what they claim is written."""
        if not self.fresh or self._clock is None:
            return
        access = self._cloud.access.of(self._connection, self.who, self._clock.access_mark)
        working.scopes = set(access.scopes)
        books, tenant = self.batch.tickets, self.who.tenant
        claims = Claims(self._connection, self._cloud.seal, tenant, books=books, now_ms=self._now_ms)
        floor = floor_of(self._clock.lineage)
        judge = Judge(working, claims, self.who, access, self._now_ms, floor=floor)
        for m in self.batch.muts:
            if m.mut_id in self._answers:
                judge.remember(m, self._answers[m.mut_id])
        present = [upgraded(m, self.batch.schema) for m in self.fresh]
        judge.prefetch(present)
        for group in _groups(present):
            self._answers.update({a.mut_id: a for a in judge.judge(group)})
        self._answers.update(self._named([self._answers[m.mut_id] for m in self.fresh]))
        made = judge.new_sites.items()
        self.grants = [g for s, org in made for g in grants_of_site(self._connection, tenant, s, org)]
        claims.write()

    def answer(self, before: int, own: int) -> PushAnswer:
        """The batch's answer. `own` numbers behind `before` are of its rows and of nothing else; 0: not known."""
        told = [self._answers[m.mut_id] for m in self.batch.muts]
        plain = PushAnswer(proto=PROTOCOL, schema=SCHEMA, answers=told)
        if not own or self._clock is None or len(self.fresh) < len(self.batch.muts):
            return plain
        return msgspec.structs.replace(plain, epoch=self._clock.epoch, before=before, head=before + own)

    def entries(self) -> Iterator[tuple[Any, ...]]:
        """The log's rows of the fresh edits, in the order of its columns."""
        who, seal = self.who, self._cloud.seal
        for m in self.fresh:
            spec, answer = BY_NUMBER.get(m.entity), self._answers[m.mut_id]
            request, response = msgspec.json.encode(m), msgspec.json.encode(answer)
            if spec is None or spec.secrets:
                request, response = seal.seal_bytes(request), seal.seal_bytes(response)
            status = "blocked" if _is_left_to_maker(m, answer) else answer.status
            made_at = max(-(2**62), min(m.made_at, 2**62))
            mark = (who.tenant, m.mut_id, who.replica, m.n, self._hash(m), who.account)
            yield (*mark, self._now_ms, made_at, status, request, response, who.acting or None)

    def replica(self) -> dict[str, Any]:
        """The replica's row behind it."""
        return {
            "id": self.who.replica,
            "account": self.who.account,
            "tenant": self.who.tenant,
            "last_n": max(self._last_n, self.batch.muts[-1].n),
            "acked_n": self.batch.acked_n,
            "schema": self.batch.schema,
            "seen_at": self._now_ms,
        }

    def _note_carried(self, stored: dict[str, MutationAnswer]) -> bool:
        """Who carries an edit that came by its maker already has seen what it wrote: it stands beside the maker, so
        that edits on top of it are no conflict. Whether any row was changed by that.
        """
        known = [m for m in self.batch.muts if m.origin and m.mut_id in stored and m.entity in BY_NUMBER]
        noted = False
        for number in {m.entity for m in known}:
            spec, of_kind = BY_NUMBER[number], [m for m in known if m.entity == number]
            ids = {m.entity_id for m in of_kind}
            rows = self._cloud.rows.by_ids(self._connection, spec, self.who.tenant, ids, lock=True)
            seen = [m for m in of_kind if m.entity_id in rows]
            done = [
                m for m in seen if add_carrier(rows[m.entity_id], m, stored[m.mut_id].ver, self.who.replica)
            ]
            if done:
                self._cloud.rows.write(self._connection, spec, [rows[i] for i in {m.entity_id for m in done}])
                noted = True
        return noted

    def _stored_answers(self, last_n: int) -> dict[str, MutationAnswer]:
        """Answers that were given before, by mutation id. A number that was used for something else is a fork."""
        logged = self._logged()
        stored: dict[str, MutationAnswer] = {}
        for m in self.batch.muts:
            entry = logged.get(m.mut_id)
            same = entry is not None and entry.body_hash == self._hash(m)
            if m.n <= last_n and not same:
                raise ForkError(
                    "sync.fork", "The cloud knows other edits under these numbers: this mirror is a copy."
                )
            if entry is None or (entry.status == "blocked" and m.n > last_n):
                continue
            if same:
                answer = msgspec.json.decode(self._cloud.seal.open_bytes(entry.response), type=MutationAnswer)
                stored[m.mut_id] = msgspec.structs.replace(answer, n=m.n)
            else:
                words = "This edit has the mark of another one."
                stored[m.mut_id] = MutationAnswer(m.n, m.mut_id, "refused", 0, None, "mut_reused", words)
        return stored

    def _logged(self) -> dict[str, _Entry]:
        ids = listed(self._connection, [m.mut_id for m in self.batch.muts])
        rows = ask(self._connection, _ENTRIES, tenant=self.who.tenant, ids=ids)
        return {row[0]: _Entry(*row) for row in rows}

    def _hash(self, m: Mutation) -> bytes:
        """What makes an edit the same edit; its number changes when it waited for another one."""
        if m.n in self._hashes:
            return self._hashes[m.n]
        parts = (
            m.mut_id,
            m.group,
            m.entity,
            m.entity_id,
            m.scope,
            m.op,
            m.base_ver,
            m.fields,
            m.made_at,
            m.supersedes,
        )
        found = self._hashes[m.n] = self._cloud.seal.mark(msgspec.json.encode(parts))
        return found

    def _named(self, answers: list[MutationAnswer]) -> dict[str, MutationAnswer]:
        """Conflicts with the names of those who were first, and when, for the people who read them."""
        conflicts = [a for a in answers if a.clashes]
        if not conflicts:
            return {}
        names = self._names({who for a in conflicts for c in a.clashes for who in c.who.split("/")})
        rows = {m.mut_id: m.entity_id for m in self.batch.muts}
        times = self._times({rows[a.mut_id] for a in conflicts})
        return {
            a.mut_id: msgspec.structs.replace(
                a,
                clashes=[
                    Clash(c.field, c.theirs, _first(names, c.who), times.get(rows[a.mut_id], 0))
                    for c in a.clashes
                ],
            )
            for a in conflicts
        }

    def _names(self, replicas: set[str]) -> dict[str, str]:
        people = table_of(ACCOUNT)
        query = (
            select(REPLICA.c.id, people.c.full_name)
            .join(people, (people.c.tenant == REPLICA.c.tenant) & (people.c.id == REPLICA.c.account))
            .where(REPLICA.c.id.in_(replicas), REPLICA.c.tenant == self.who.tenant)
        )
        return {row.id: row.full_name for row in self._connection.execute(query)}

    def _times(self, ids: set[str]) -> dict[str, int]:
        query = select(FEED.c.entity_id, FEED.c.at).where(
            FEED.c.tenant == self.who.tenant, FEED.c.entity_id.in_(ids)
        )
        return {row.entity_id: row.at for row in self._connection.execute(query)}


def _first(names: dict[str, str], author: str) -> str:
    return next((names[who] for who in author.split("/") if who in names), "")


def _is_left_to_maker(m: Mutation, answer: MutationAnswer) -> bool:
    """What the carrier of somebody else's edit may not do is not judged for good: the maker may."""
    return m.origin is not None and answer.code in {"not_allowed", "scope_denied"}


def _groups(muts: Sequence[Mutation]) -> Iterator[list[Mutation]]:
    """Runs of mutations that stand or fall together; one without a group is a run of its own."""
    for _, run in groupby(muts, key=lambda m: m.group or m.mut_id):
        yield list(run)
