"""Judging a push: one transaction that answers every mutation, repeats included (sync.md 3.7).

Order of locks: replica, rows by id, claims by key, the tenant's counter. The counter comes last (core.cloud.publish).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError

from core.base.clock import to_ms
from core.base.ids import are_ids
from core.base.killpoints import passed
from core.cloud.access import Grant, Who, grants_of_site, managers_again
from core.cloud.bulk_sql import in_order, rows_put
from core.cloud.claims import Claims
from core.cloud.cloud import Cloud
from core.cloud.db import FEED, MUT_LOG, REPLICA, table_of
from core.cloud.dialect import Sent, listed, one_of
from core.cloud.judge import Judge
from core.cloud.lineage import floor_of
from core.cloud.merge import add_carrier
from core.cloud.opening import Opening
from core.cloud.rows import Held
from core.cloud.statements import Row, Statement, ask
from core.cloud.working import Working
from core.entities import BY_NUMBER
from core.entities.organisation import ACCOUNT
from core.entities.site import SITE
from core.ports.cloud import BusyError, ForkError, TooLargeError, TooOldError
from core.wire.convert import OLDEST, upgraded
from core.wire.messages import PROTOCOL, SCHEMA, Clash, Mutation, MutationAnswer, PushAnswer, PushBatch

MAX_MUTATIONS = 5000
"""Of one batch. Workstations send 500; only a group that may not be cut is larger."""
_TRIES = 3


def push(cloud: Cloud, who: Who, batch: PushBatch) -> PushAnswer:
    """Judge a batch. ForkError when the replica's history is another than the cloud's; nothing is applied then."""
    _check_shape(batch)
    who = replace(who, replica=batch.replica)
    for left in reversed(range(_TRIES)):
        try:
            opening = Opening(cloud, who, batch)
            with cloud.database.write_asking(who.tenant, opening.questions) as (connection, told):
                judging = _Push(cloud, connection, who, batch, careful=left < _TRIES - 1)
                answers = judging.run(opening, told)
            passed("cloud.committed")
            if judging.head:
                cloud.has_moved(who.tenant, judging.head)
            return judging.answer(answers)
        except IntegrityError:
            # Another push took the same claim or made the same row between our look and our write; or an edit that
            # came as a new one is known. Judged again, the later one is refused in words, the known one answered.
            if not left:
                raise
    raise BusyError("cloud.busy", "The cloud is busy with the same rows.", retry_after_s=1.0)


def _check_shape(batch: PushBatch) -> None:
    if batch.proto > PROTOCOL:
        raise BusyError(
            "sync.newer",
            "This workstation is newer than the cloud, which will be updated.",
            retry_after_s=600,
        )
    if batch.proto < 1 or batch.schema < OLDEST:
        raise TooOldError(
            "sync.too_old", "This Gatewright is too old for the cloud.", remedy="Update Gatewright."
        )
    if len(batch.muts) > MAX_MUTATIONS:
        raise TooLargeError("sync.too_large", "Too many edits in one batch.")
    numbers = [m.n for m in batch.muts]
    ids = {batch.replica, *(i for m in batch.muts for i in (m.mut_id, m.entity_id, m.scope))}
    ids |= {i for m in batch.muts for i in (m.group, m.origin) if i}
    ordered = numbers == sorted(set(numbers)) and (not numbers or 0 < numbers[0] <= numbers[-1] < 2**62)
    once = len({m.mut_id for m in batch.muts}) == len(batch.muts)
    if not ordered or not once or not are_ids(ids):
        raise ForkError("sync.numbers", "The numbers of these edits make no sense.")


class _Entry(NamedTuple):
    """What the log knows of a mutation."""

    mut_id: str
    body_hash: bytes
    status: str
    response: bytes


_SAME = ("tenant", "replica", "account", "received_at", "acting")
_ENTRIES = Statement(
    lambda alone: select(*[MUT_LOG.c[name] for name in _Entry._fields]).where(
        MUT_LOG.c.tenant == bindparam("tenant"), one_of(alone, MUT_LOG.c.mut_id, "ids")
    )
)


class _Push:
    """One batch inside its transaction."""

    def __init__(
        self, cloud: Cloud, connection: Connection, who: Who, batch: PushBatch, *, careful: bool
    ) -> None:
        self._cloud = cloud
        self._connection = connection
        self._who = who
        self._batch = batch
        self._now_ms = to_ms(cloud.clock.now())
        self._hashes: dict[int, bytes] = {}
        self._careful = careful or any(m.origin for m in batch.muts)
        """Whether to look for answers that were given before. An edit with a new number hardly ever has one, and is
        found out when its entry is written.
        """
        self._epoch = ""
        self._own = 0
        """How many numbers the batch's rows took; 0 where something else did, too."""
        self.head = 0
        """The tenant's number after it; 0 where nothing was changed."""

    def run(self, opening: Opening, told: list[list[Row]]) -> list[MutationAnswer]:
        """Judge, write, number."""
        last_n, clock = opening.place(told)
        self._epoch = clock.epoch
        self._careful = self._careful or any(m.n <= last_n for m in self._batch.muts)
        stored = self._stored_answers(last_n) if self._careful else {}
        fresh = [m for m in self._batch.muts if m.mut_id not in stored]
        answers = dict(stored)
        noted = self._note_carried(stored)
        if fresh:
            access = self._cloud.access.of(self._connection, self._who, clock.access_mark)
            working = Working(self._connection, self._cloud.rows, self._who.tenant, set(access.scopes))
            if not noted:
                opening.fill(working, told)
            claims = Claims(
                self._connection,
                self._cloud.seal,
                self._who.tenant,
                books=self._batch.tickets,
                now_ms=self._now_ms,
            )
            judge = Judge(working, claims, self._who, access, self._now_ms, floor=floor_of(clock.lineage))
            for m in self._batch.muts:
                if m.mut_id in stored:
                    judge.remember(m, stored[m.mut_id])
            present = [upgraded(m, self._batch.schema) for m in fresh]
            judge.prefetch(present)
            for group in _groups(present):
                answers.update({a.mut_id: a for a in judge.judge(group)})
            answers.update(self._named([answers[m.mut_id] for m in fresh]))
            claims.write()
            passed("cloud.judged")
            self._publish(judge, working.changed(), fresh, answers, last_n)
            passed("cloud.numbered")
        return [answers[m.mut_id] for m in self._batch.muts]

    def _publish(
        self,
        judge: Judge,
        changed: list[Held],
        fresh: list[Mutation],
        answers: dict[str, MutationAnswer],
        last_n: int,
    ) -> None:
        grants = self._grants(judge, changed)
        self.head = self._cloud.publisher.publish(
            self._connection,
            self._who.tenant,
            changed,
            at=self._now_ms,
            grants=grants,
            beside=self._notes(fresh, answers, max(last_n, self._batch.muts[-1].n)),
            ends=True,
        )
        self._own = len(changed) if len(fresh) == len(self._batch.muts) and not grants else 0

    def answer(self, answers: list[MutationAnswer]) -> PushAnswer:
        """The batch's answer."""
        plain = PushAnswer(proto=PROTOCOL, schema=SCHEMA, answers=answers)
        if not self._own:
            return plain
        place = {"epoch": self._epoch, "before": self.head - self._own, "head": self.head}
        return msgspec.structs.replace(plain, **place)

    def _note_carried(self, stored: dict[str, MutationAnswer]) -> bool:
        """Who carries an edit that came by its maker already has seen what it wrote: it stands beside the maker, so
        that edits on top of it are no conflict. Whether any row was changed by that.
        """
        known = [m for m in self._batch.muts if m.origin and m.mut_id in stored and m.entity in BY_NUMBER]
        noted = False
        for number in {m.entity for m in known}:
            spec, of_kind = BY_NUMBER[number], [m for m in known if m.entity == number]
            ids = {m.entity_id for m in of_kind}
            rows = self._cloud.rows.by_ids(self._connection, spec, self._who.tenant, ids, lock=True)
            seen = [m for m in of_kind if m.entity_id in rows]
            done = [
                m for m in seen if add_carrier(rows[m.entity_id], m, stored[m.mut_id].ver, self._who.replica)
            ]
            if done:
                self._cloud.rows.write(self._connection, spec, [rows[i] for i in {m.entity_id for m in done}])
                noted = True
        return noted

    def _stored_answers(self, last_n: int) -> dict[str, MutationAnswer]:
        """Answers that were given before, by mutation id. A number that was used for something else is a fork."""
        logged = self._logged()
        stored: dict[str, MutationAnswer] = {}
        for m in self._batch.muts:
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
        ids = listed(self._connection, [m.mut_id for m in self._batch.muts])
        rows = ask(self._connection, _ENTRIES, tenant=self._who.tenant, ids=ids)
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

    def _notes(
        self, fresh: Sequence[Mutation], answers: dict[str, MutationAnswer], last_n: int
    ) -> Iterator[Sent]:
        """What is written beside the rows, made when it is sent."""
        yield self._log(fresh, answers)
        yield self._replica(last_n)

    def _log(self, fresh: Sequence[Mutation], answers: dict[str, MutationAnswer]) -> Sent:
        records, who = [], self._who
        for m in fresh:
            spec, answer = BY_NUMBER.get(m.entity), answers[m.mut_id]
            request, response = msgspec.json.encode(m), msgspec.json.encode(answer)
            if spec is None or spec.secrets:
                request, response = (
                    self._cloud.seal.seal_bytes(request),
                    self._cloud.seal.seal_bytes(response),
                )
            status = "blocked" if _is_left_to_maker(m, answer) else answer.status
            made_at = max(-(2**62), min(m.made_at, 2**62))
            # In the order of the table's columns.
            mark = (who.tenant, m.mut_id, who.replica, m.n, self._hash(m), who.account)
            records.append((*mark, self._now_ms, made_at, status, request, response, who.acting or None))
        # An edit that was blocked has an entry already, which its new judgement replaces.
        return rows_put(self._connection, MUT_LOG, records, new=not self._careful, same=_SAME)

    def _replica(self, last_n: int) -> Sent:
        record = {
            "id": self._who.replica,
            "account": self._who.account,
            "tenant": self._who.tenant,
            "last_n": last_n,
            "acked_n": self._batch.acked_n,
            "schema": self._batch.schema,
            "seen_at": self._now_ms,
        }
        return rows_put(self._connection, REPLICA, in_order(REPLICA, [record]))

    def _grants(self, judge: Judge, changed: Sequence[Held]) -> list[Grant]:
        """Of sites that were made; and of those whose log access was switched (ACC-12)."""
        tenant, made = self._who.tenant, judge.new_sites.items()
        new = [g for site, org in made for g in grants_of_site(self._connection, tenant, site, org)]
        sites = [h for h in changed if h.spec is SITE and h.stored is not None]
        switched = {h.id for h in sites if h.stored and h.stored[1]["pm_logs"] != h.values["pm_logs"]}
        return [*new, *managers_again(self._connection, tenant, switched)]

    def _named(self, answers: list[MutationAnswer]) -> dict[str, MutationAnswer]:
        """Conflicts with the names of those who were first, and when, for the people who read them."""
        conflicts = [a for a in answers if a.clashes]
        if not conflicts:
            return {}
        names = self._names({who for a in conflicts for c in a.clashes for who in c.who.split("/")})
        rows = {m.mut_id: m.entity_id for m in self._batch.muts}
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
            .where(REPLICA.c.id.in_(replicas), REPLICA.c.tenant == self._who.tenant)
        )
        return {row.id: row.full_name for row in self._connection.execute(query)}

    def _times(self, ids: set[str]) -> dict[str, int]:
        query = select(FEED.c.entity_id, FEED.c.at).where(
            FEED.c.tenant == self._who.tenant, FEED.c.entity_id.in_(ids)
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
