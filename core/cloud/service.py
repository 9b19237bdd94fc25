"""Judging pushes: one transaction that answers every mutation, repeats included (sync.md 3.7).

Order of locks: replicas, rows by id, claims by key, scopes, the tenant's counter. The counter comes last
(core.cloud.publish). Pushes that came beside each other may share a transaction (core.cloud.pushes).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from core.base.clock import to_ms
from core.base.errors import GatewrightError
from core.base.ids import are_ids
from core.base.killpoints import passed
from core.cloud.access import Who, managers_again
from core.cloud.bulk_sql import in_order, rows_put
from core.cloud.cloud import Cloud
from core.cloud.db import MUT_LOG, REPLICA
from core.cloud.dialect import Sent
from core.cloud.one_push import OnePush
from core.cloud.opening import Opening
from core.cloud.plain import is_plain
from core.cloud.rows import Held
from core.cloud.working import Working
from core.entities.organisation import Role
from core.entities.site import SITE
from core.ports.cloud import BusyError, ForkError, TooLargeError, TooOldError
from core.wire.convert import OLDEST
from core.wire.messages import PROTOCOL, PushAnswer, PushBatch

log = logging.getLogger(__name__)
MAX_MUTATIONS = 5000
"""Of one batch. Workstations send 500; only a group that may not be cut is larger."""
_TRIES = 3


def push(cloud: Cloud, who: Who, batch: PushBatch) -> PushAnswer:
    """Judge a batch. ForkError when the replica's history is another than the cloud's; nothing is applied then."""
    _check_shape(batch)
    who = replace(who, replica=batch.replica)
    for left in reversed(range(_TRIES)):
        try:
            opening = Opening(cloud, who.tenant, [batch])
            with cloud.database.write_asking(who.tenant, opening.questions) as (connection, told):
                opening.read(told)
                one = OnePush(cloud, connection, who, batch, careful=left < _TRIES - 1)
                noted = one.begin(*opening.place(who, batch))
                working = opening.working(connection, filled=not noted)
                written = _write(cloud, connection, working, [one])
            return _committed(cloud, who.tenant, written)[0]
        except IntegrityError:
            # Another push took the same claim or made the same row between our look and our write; or an edit that
            # came as a new one is known. Judged again, the later one is refused in words, the known one answered.
            if not left:
                raise
    raise BusyError("cloud.busy", "The cloud is busy with the same rows.", retry_after_s=1.0)


@dataclass(frozen=True, slots=True)
class Offer:
    """A push of a tenant with its access token, as it came."""

    token: str
    batch: PushBatch


def push_together(cloud: Cloud, tenant: str, offers: Sequence[Offer]) -> list[PushAnswer | None]:
    """Judge some pushes of one tenant in one transaction: what a transaction costs is paid once for all of them, and
    the tenant's counter is held once. None: it has to be pushed by itself. That is every one that is more than fresh
    plain edits (core.cloud.plain) of rows of its own by a session in good order, so that the order in which they are
    judged makes no difference; and all of them if anything is in the way of the transaction.
    """
    fit = _apart(offers)
    if not fit:
        return [None] * len(offers)
    opening = Opening(cloud, tenant, [one.batch for one in fit.values()], [one.token for one in fit.values()])
    try:
        with cloud.database.write_asking(tenant, opening.questions) as (connection, told):
            opening.read(told)
            asked = {place: _shared(cloud, connection, opening, one) for place, one in fit.items()}
            shared = {place: one for place, one in asked.items() if one is not None}
            written = _write(cloud, connection, opening.working(connection), [*shared.values()])
    except BusyError:
        raise
    except Exception as fault:  # noqa: BLE001  whatever it is, it is told to whose push it is of, by itself
        if not isinstance(fault, IntegrityError):
            log.warning("%d pushes go one by one: %s", len(fit), type(fault).__name__)
        return [None] * len(offers)
    answers = dict(zip(shared, _committed(cloud, tenant, written), strict=True))
    return [answers.get(place) for place in range(len(offers))]


def _apart(offers: Sequence[Offer]) -> dict[int, Offer]:
    """Those that may share a transaction, by their place: no two have a replica or a row in common."""
    found: dict[int, Offer] = {}
    taken: set[object] = set()
    for place, offer in enumerate(offers):
        touched = {offer.batch.replica, *((m.entity, m.entity_id) for m in offer.batch.muts)}
        if _may_share(offer.batch) and taken.isdisjoint(touched):
            found[place] = offer
            taken |= touched
    return found


def _may_share(batch: PushBatch) -> bool:
    with suppress(GatewrightError):
        _check_shape(batch)
        return bool(batch.muts) and all(is_plain(Role.INSTALLER, m) and not m.origin for m in batch.muts)
    return False


def _shared(cloud: Cloud, connection: Connection, opening: Opening, offer: Offer) -> OnePush | None:
    """A push that may be judged among others; None: it may not."""
    who = opening.who(offer.token)
    if who is None or not all(is_plain(who.role, m) for m in offer.batch.muts):
        return None
    one = OnePush(cloud, connection, replace(who, replica=offer.batch.replica), offer.batch, careful=False)
    with suppress(GatewrightError):  # by itself it is told what is wrong with it
        last_n, clock = opening.place(one.who, offer.batch)
        if last_n and not one.repeats(last_n):
            one.begin(last_n, clock)
            return one
    return None


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


@dataclass(frozen=True, slots=True)
class _Written:
    """What a transaction has written: the pushes, each with how many rows it changed, and the tenant's head behind all
    of that (0: nothing was changed). `mixed`: numbers were taken by something else, too.
    """

    pushes: Sequence[tuple[OnePush, int]]
    head: int = 0
    mixed: bool = False


def _write(cloud: Cloud, connection: Connection, working: Working, pushes: Sequence[OnePush]) -> _Written:
    """Judge pushes in their order, write what they come to, number it."""
    judged, changed = [], working.changed()
    for one in pushes:
        one.judge(working)
        before, changed = len(changed), working.changed()
        judged.append((one, len(changed) - before))
    fresh = [one for one in pushes if one.fresh]
    if not fresh:
        return _Written(judged)
    passed("cloud.judged")
    grants = [g for one in fresh for g in one.grants]
    grants += managers_again(connection, working.tenant, _switched(changed))
    at, notes = to_ms(cloud.clock.now()), _notes(connection, fresh)
    head = cloud.publisher.publish(
        connection, working.tenant, changed, at=at, grants=grants, beside=notes, ends=True
    )
    passed("cloud.numbered")
    return _Written(judged, head, mixed=bool(grants))


def _committed(cloud: Cloud, tenant: str, written: _Written) -> list[PushAnswer]:
    """The answers of what is in the database for good."""
    passed("cloud.committed")
    if written.head:
        cloud.has_moved(tenant, written.head)
    before = written.head - sum(own for _, own in written.pushes)
    answers = []
    for one, own in written.pushes:
        answers.append(one.answer(before, 0 if written.mixed else own))
        before += own
    return answers


def _switched(changed: Sequence[Held]) -> set[str]:
    """Sites whose log access was switched (ACC-12)."""
    sites = [h for h in changed if h.spec is SITE and h.stored is not None]
    return {h.id for h in sites if h.stored and h.stored[1]["pm_logs"] != h.values["pm_logs"]}


_SAME_IN_ONE = ("tenant", "replica", "account", "received_at", "acting")
_SAME_IN_ALL = ("tenant", "received_at")


def _notes(connection: Connection, pushes: Sequence[OnePush]) -> Iterator[Sent]:
    """What is written beside the rows, made when it is sent."""
    entries = [entry for one in pushes for entry in one.entries()]
    # An edit that was blocked has an entry already, which its new judgement replaces.
    new = not any(one.careful for one in pushes)
    same = _SAME_IN_ONE if len(pushes) == 1 else _SAME_IN_ALL
    yield rows_put(connection, MUT_LOG, entries, new=new, same=same)
    replicas = sorted((one.replica() for one in pushes), key=lambda row: row["id"])
    yield rows_put(connection, REPLICA, in_order(REPLICA, replicas))
