"""Pushes that share a transaction are answered and stored as if each had come by itself; what may not goes alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from core.base.errors import DataError, SignInError
from core.base.ids import new_id
from core.cloud import auth, service
from core.cloud.cloud import Cloud
from core.cloud.db import SESSION, table_of
from core.cloud.pushes import PLAIN, SMALL, Pushed, Pushes
from core.cloud.service import Offer, push_together
from core.entities.organisation import Role
from core.entities.person import RESIDENT
from core.ports.cloud import BusyError, ForkError
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import PROTOCOL, SCHEMA, Mutation, MutationAnswer, PushAnswer, PushBatch, SignIn
from tests.cloud.bench import Hand
from tests.guards.logs import LogGuard
from tests.history.world import PASSWORD


@dataclass
class Desk:
    """A workstation of anna's with its token; its replica has pushed before."""

    hand: Hand
    token: str

    @classmethod
    def beside(cls, anna: Hand) -> Desk:
        replica = new_id()
        session = auth.sign_in(anna.cloud, SignIn(user="anna", password=PASSWORD, replica=replica))
        hand = Hand(anna.cloud, auth.who_is(anna.cloud, session.access_token))
        hand.site, hand.building, hand.apartment = anna.site, anna.building, anna.apartment
        desk = cls(hand, session.access_token)
        desk.begin()
        return desk

    def begin(self) -> None:
        """With a new person."""
        self.person = self.hand.resident(remark="old", first_name="Ann", last_name="Lee")
        self.hand.must(self.person)

    person: Mutation = field(init=False)

    def edit(self, of: Mutation | None = None, **fields: Any) -> Mutation:
        row = of or self.person
        return self.hand.edit(RESIDENT, "patch", row.entity_id, fields or {"remark": new_id()}, base_ver=1)

    def offer(self, *muts: Mutation, **changes: Any) -> Offer:
        shape = {"proto": PROTOCOL, "schema": SCHEMA, "replica": self.hand.who.replica, "acked_n": 0}
        return Offer(self.token, PushBatch(**{**shape, "muts": list(muts), **changes}))


@pytest.fixture
def desks(anna: Hand) -> list[Desk]:
    return [Desk.beside(anna) for _ in range(3)]


def _remark(anna: Hand, person: Mutation) -> object:
    with anna.cloud.database.read(anna.who.tenant) as c:
        return anna.cloud.rows.by_ids(c, RESIDENT, anna.who.tenant, [person.entity_id])[
            person.entity_id
        ].values["remark"]


def _offered(anna: Hand, *offers: Offer) -> list[list[str] | None]:
    """The statuses that each was answered with; None: it has to go alone."""
    answers = push_together(anna.cloud, anna.who.tenant, offers)
    return [None if one is None else [a.status for a in one.answers] for one in answers]


def test_plain_pushes_share_one_transaction(anna: Hand, desks: list[Desk]) -> None:
    heads: list[int] = []
    anna.cloud.has_moved = lambda _tenant, head: heads.append(head)
    before = anna.pull().head
    assert _offered(anna, *[d.offer(d.edit(remark=f"of {k}")) for k, d in enumerate(desks)]) == [["ok"]] * 3
    assert heads == [before + 3]
    assert [_remark(anna, d.person) for d in desks] == ["of 0", "of 1", "of 2"]


def test_each_is_told_which_numbers_are_of_its_own_rows(anna: Hand, desks: list[Desk]) -> None:
    second = desks[1].hand.resident()
    desks[1].hand.must(second)
    before = anna.pull().head
    offers = [d.offer(d.edit()) for d in desks]
    offers[1] = desks[1].offer(desks[1].edit(), desks[1].edit(second), desks[1].edit(remark="again"))
    answers = [a for a in push_together(anna.cloud, anna.who.tenant, offers) if a is not None]
    places = [(a.before - before, a.head - before) for a in answers]
    assert places == [(0, 1), (1, 3), (3, 4)]
    rows = {m.entity_id for m in offers[1].batch.muts}
    page = anna.pull(anna.pull().epoch, answers[1].before)
    assert {row.id for row in page.rows[:2]} == rows


def test_what_is_more_than_plain_goes_alone(anna: Hand, desks: list[Desk]) -> None:
    one, two, three = desks
    offers = [one.offer(one.edit(valid_until=5)), two.offer(two.edit()), three.offer(three.hand.resident())]
    assert _offered(anna, *offers) == [None, ["ok"], None]
    assert _offered(anna, two.offer(two.edit(), two.hand.resident())) == [None]
    assert _offered(anna, one.offer()) == [None]


def test_rows_and_replicas_are_of_one_push_only(anna: Hand, desks: list[Desk]) -> None:
    one, two, _ = desks
    assert _offered(anna, one.offer(one.edit()), two.offer(two.edit(one.person))) == [["ok"], None]
    assert _offered(anna, one.offer(one.edit()), one.offer(one.edit())) == [["ok"], None]


def test_a_conflict_is_told_as_it_would_be_alone(anna: Hand, desks: list[Desk]) -> None:
    one, two, _ = desks
    anna.must(anna.edit(RESIDENT, "patch", one.person.entity_id, {"remark": "first of all"}, base_ver=1))
    edit = two.hand.edit(RESIDENT, "patch", one.person.entity_id, {"remark": "late"}, base_ver=1)
    [answer] = push_together(anna.cloud, anna.who.tenant, [two.offer(edit)])
    assert answer is not None
    assert [(a.status, a.clashes[0].theirs) for a in answer.answers] == [("conflict", "first of all")]
    assert answer.answers[0].clashes[0].who == anna.who.full_name


def test_a_repeat_goes_alone_and_is_answered_as_before(anna: Hand, desks: list[Desk]) -> None:
    one, two, _ = desks
    offer = one.offer(one.edit(remark="once"))
    [first] = push_together(anna.cloud, anna.who.tenant, [offer])
    assert _offered(anna, offer, two.offer(two.edit())) == [None, ["ok"]]
    again = service.push(anna.cloud, one.hand.who, offer.batch)
    assert first is not None
    assert again.answers == first.answers


def test_a_fork_beside_others_goes_alone_and_is_found_out(anna: Hand, desks: list[Desk]) -> None:
    one, two, _ = desks
    fork = one.offer(one.hand.edit(RESIDENT, "patch", one.person.entity_id, {"remark": "x"}, base_ver=1, n=1))
    assert _offered(anna, fork, two.offer(two.edit())) == [None, ["ok"]]
    with pytest.raises(ForkError):
        service.push(anna.cloud, one.hand.who, fork.batch)


@pytest.mark.parametrize("replica", ["unheard of", "somebody else's"])
def test_a_replica_that_is_not_known_as_its_own_goes_alone(
    anna: Hand, carl: Hand, desks: list[Desk], replica: str
) -> None:
    one = desks[0]
    other = new_id() if replica == "unheard of" else carl.who.replica
    assert _offered(anna, one.offer(one.edit(), replica=other)) == [None]


def test_a_workstation_that_has_seen_more_goes_alone(anna: Hand, desks: list[Desk]) -> None:
    one = desks[0]
    epoch = anna.pull().epoch
    assert _offered(anna, one.offer(one.edit(), epoch=epoch, seq=anna.pull().head + 1)) == [None]


@pytest.mark.parametrize("change", [{"access_until": 0}, {"before_hash": "0" * 64}, {"acting": "0" * 32}])
def test_a_session_about_which_more_has_to_be_asked_goes_alone(
    anna: Hand, desks: list[Desk], change: dict[str, Any]
) -> None:
    one, two, _ = desks
    with anna.cloud.database.write() as c:
        c.execute(update(SESSION).where(SESSION.c.id == one.hand.who.session).values(**change))
    assert _offered(anna, one.offer(one.edit()), two.offer(two.edit())) == [None, ["ok"]]
    assert _remark(anna, one.person) == "old"


def test_a_token_of_another_firm_changes_nothing_here(anna: Hand, carl: Hand, desks: list[Desk]) -> None:
    session = auth.sign_in(anna.cloud, SignIn(user="carl", password=PASSWORD, replica=carl.who.replica))
    one = desks[0]
    own = carl.edit(RESIDENT, "patch", one.person.entity_id, {"remark": "taken over"}, base_ver=1)
    batch = one.offer(own, replica=carl.who.replica).batch
    assert _offered(anna, Offer(session.access_token, batch)) == [None]
    assert _remark(anna, one.person) == "old"


def test_a_mark_that_was_used_before_sends_everybody_alone(anna: Hand, desks: list[Desk]) -> None:
    one, two, _ = desks
    used = one.edit(remark="first")
    one.hand.must(used)
    again = one.hand.edit(RESIDENT, "patch", one.person.entity_id, {"remark": "x"}, mut_id=used.mut_id)
    assert _offered(anna, one.offer(again), two.offer(two.edit())) == [None, None]
    assert [a.code for a in one.hand.push(again)] == ["mut_reused"]
    assert _remark(anna, two.person) == "old"


def test_a_damaged_row_harms_nobody_but_who_edits_it(
    anna: Hand, desks: list[Desk], log_guard: LogGuard
) -> None:
    one, two, _ = desks
    people = table_of(RESIDENT)
    with anna.cloud.database.write(anna.who.tenant) as c:
        c.execute(update(people).where(people.c.id == one.person.entity_id).values(fver="?"))
    offers = [one.offer(one.edit()), two.offer(two.edit(remark="new"))]
    assert _offered(anna, *offers) == [None, None]
    log_guard.expect("2 pushes go one by one")
    service.push(anna.cloud, two.hand.who, offers[1].batch)
    assert _remark(anna, two.person) == "new"


def test_a_database_that_is_busy_is_told_to_everybody(
    anna: Hand, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise BusyError("cloud.database_busy", "The cloud's database did not answer.", retry_after_s=1.0)

    monkeypatch.setattr(anna.cloud.publisher, "publish", lambda *_, **__: busy())
    with pytest.raises(BusyError):
        _offered(anna, *[d.offer(d.edit()) for d in desks])


# ------------------------------------------------------------------------------------------------------- twins

EDITS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.dictionaries(
            st.sampled_from(["remark", "first_name", "last_name", "birthday"]),
            st.sampled_from(["", "x", "two words", "k" * 40, "nul\0", None]),
            max_size=2,
        ),
        st.integers(0, 2),
    ),
    min_size=2,
    max_size=6,
)


def _told(answer: MutationAnswer) -> tuple[Any, ...]:
    return answer.status, answer.ver, answer.code, answer.field, [c.field for c in answer.clashes]


def _kept(anna: Hand, desks: Sequence[Desk]) -> list[Any]:
    ids = [d.person.entity_id for d in desks]
    with anna.cloud.database.read(anna.who.tenant) as c:
        rows = anna.cloud.rows.by_ids(c, RESIDENT, anna.who.tenant, ids)
    fields = ("remark", "first_name", "last_name")
    return [(rows[i].ver, [rows[i].values[name] for name in fields]) for i in ids]


def test_together_is_as_one_after_the_other(anna: Hand) -> None:
    shared = {"pushes": 0}
    ones, others = ([Desk.beside(anna) for _ in range(3)] for _ in range(2))

    @settings(max_examples=15, deadline=None)
    @given(EDITS)
    def same(edits: list[tuple[int, dict[str, Any], int]]) -> None:
        told = []
        for desks in (ones, others):
            for desk in desks:
                desk.begin()
            for at, fields, _ in edits[::2]:
                desks[at].hand.push(desks[at].edit(**{"remark": "r", **fields}))
            muts: dict[int, list[Mutation]] = {}
            for at, fields, back in edits:
                person, hand = desks[at].person.entity_id, desks[at].hand
                muts.setdefault(at, []).append(
                    hand.edit(RESIDENT, "patch", person, fields, base_ver=max(0, 2 - back))
                )
            offers = [desks[at].offer(*those) for at, those in muts.items()]
            alone = [(desks[at].hand.who, offer) for at, offer in zip(muts, offers, strict=True)]
            found: list[PushAnswer | None] = [None] * len(offers)
            if desks is ones:
                found = push_together(anna.cloud, anna.who.tenant, offers)
                shared["pushes"] += sum(answer is not None for answer in found)
            whole = [
                answer or service.push(anna.cloud, who, offer.batch)
                for answer, (who, offer) in zip(found, alone, strict=True)
            ]
            told.append([[_told(a) for a in answer.answers] for answer in whole])
        assert told[0] == told[1]
        assert _kept(anna, ones) == _kept(anna, others)

    same()
    assert shared["pushes"] > 20, "hardly any push shares"


# ------------------------------------------------------------------------------------------------------- a node


def _pushed(offer: Offer, packed: bytes | None = None) -> Pushed:
    return Pushed(offer.token, packed or codec.pack(offer.batch), Packing.ZSTD, Packing.ZSTD)


async def _statuses(answer: asyncio.Task[bytes]) -> list[str]:
    return [a.status for a in codec.unpack(await answer, PushAnswer).answers]


class Gate:
    """Holds the transactions of a node, and notes with how many pushes each was begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[int] = []
        self.open = threading.Event()
        self._loop, self._entered = asyncio.get_running_loop(), asyncio.Semaphore(0)
        monkeypatch.setattr(service, "push_together", self._held)

    def _held(self, cloud: Cloud, tenant: str, offers: Sequence[Offer]) -> list[PushAnswer | None]:
        self.begun.append(len(offers))
        self._loop.call_soon_threadsafe(self._entered.release)
        assert self.open.wait(30)
        return push_together(cloud, tenant, offers)

    async def entered(self) -> None:
        """One more transaction is about to begin."""
        await asyncio.wait_for(self._entered.acquire(), 30)


async def _known(pushes: Pushes, desks: Sequence[Desk]) -> None:
    """The node knows the desks' tokens from a push before."""
    for desk in desks:
        await pushes.push(_pushed(desk.offer(desk.edit())))


async def _beside(pushes: Pushes, *requests: Pushed) -> list[asyncio.Task[bytes]]:
    """Requests on their way; those that can begin have begun."""
    made = [asyncio.get_running_loop().create_task(pushes.push(one)) for one in requests]
    await asyncio.sleep(0)
    return made


async def test_pushes_gather_while_a_node_is_busy(anna: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    desks = [Desk.beside(anna) for _ in range(5)]
    pushes, gate = Pushes(anna.cloud), Gate(monkeypatch)
    await _known(pushes, desks)
    requests = [_pushed(d.offer(d.edit())) for d in desks]
    asked = []
    for request in requests[:2]:
        asked += await _beside(pushes, request)
        await gate.entered()
    asked += await _beside(pushes, *requests[2:])
    gate.open.set()
    assert [await _statuses(one) for one in asked] == [["ok"]] * 5
    await pushes.close()
    assert gate.begun == [1, 1, 3]


async def test_a_damaged_message_harms_nobody_else(anna: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    desks = [Desk.beside(anna) for _ in range(4)]
    pushes, gate = Pushes(anna.cloud), Gate(monkeypatch)
    await _known(pushes, desks)
    requests = [_pushed(d.offer(d.edit())) for d in desks]
    requests[3] = _pushed(desks[3].offer(), packed=requests[3].packed[:-1] + b"?")
    asked = await _beside(pushes, *requests)
    gate.open.set()
    for one in asked[:3]:
        assert await _statuses(one) == ["ok"]
    with pytest.raises(DataError):
        await asked[3]
    await pushes.close()


async def test_a_message_that_grows_too_large_goes_alone(anna: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk.beside(anna)
    pushes, gate = Pushes(anna.cloud), Gate(monkeypatch)
    await _known(pushes, [desk])
    gate.open.set()
    request = _pushed(desk.offer(desk.edit(remark="x" * PLAIN)))
    assert len(request.packed) < SMALL
    [asked] = await _beside(pushes, request)
    assert await _statuses(asked) == ["refused"]  # no remark is so long
    await pushes.close()
    assert gate.begun == [0]


async def test_a_session_that_ended_meanwhile_is_refused(anna: Hand) -> None:
    desk = Desk.beside(anna)
    pushes = Pushes(anna.cloud)
    await _known(pushes, [desk])
    auth.sign_out(anna.cloud, desk.hand.who)
    with pytest.raises(SignInError):
        await pushes.push(_pushed(desk.offer(desk.edit())))
    await pushes.close()


async def test_nobody_waits_beside_a_property_manager(anna: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk.beside(anna)
    pushes, gate = Pushes(anna.cloud), Gate(monkeypatch)
    real = auth.who_is

    def manager(cloud: Cloud, token: str) -> Any:
        return replace(real(cloud, token), role=Role.MANAGER)

    monkeypatch.setattr(auth, "who_is", manager)
    await _known(pushes, [desk, desk])
    await pushes.close()
    assert gate.begun == []
