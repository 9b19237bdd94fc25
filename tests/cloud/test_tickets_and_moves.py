"""Claim tickets, moved devices and kept-back logs at the cloud itself; with GW_POSTGRES on PostgreSQL, where rows of
other tenants are locked away in the database.
"""

from __future__ import annotations

import threading

import pytest

from core.base.errors import NotFoundError
from core.cloud import admin, moves, service, tickets
from core.cloud.cloud import Cloud
from core.entities.device import DEVICE, MAC_ENTRY, RELAY
from core.entities.event import DOOR_EVENT
from core.entities.organisation import Role
from core.entities.site import SITE
from core.wire.messages import PROTOCOL, SCHEMA, Mutation, MutationAnswer, PushBatch
from core.wire.moves import MoveDevice
from core.wire.tickets import NewTickets, TicketBook
from tests.cloud.bench import Hand, again
from tests.history.world import PASSWORD

MACS = ["0C1105000001", "0C1105000002"]


def library(hand: Hand) -> None:
    hand.must(*[hand.create(MAC_ENTRY, scope=hand.who.org, mac=mac, site_id=None) for mac in MACS])


def device(hand: Hand, mac: str) -> Mutation:
    return hand.create(DEVICE, site_id=hand.site, mac=mac, building_id=None, apartment_id=None)


def push_with(hand: Hand, books: list[str], *muts: Mutation) -> list[MutationAnswer]:
    batch = PushBatch(
        proto=PROTOCOL, schema=SCHEMA, replica=hand.who.replica, acked_n=0, muts=list(muts), tickets=books
    )
    return service.push(hand.cloud, hand.who, batch).answers


def test_a_reservation_is_a_claim_for_everybody_else(anna: Hand, carl: Hand) -> None:
    library(anna)
    book = tickets.reserve(anna.cloud, anna.who, NewTickets(macs=MACS), anna.site)
    assert book.macs == MACS
    assert again(carl.push(device(carl, MACS[0]))) == [("refused", "mac_reserved")]
    assert again(anna.push(device(anna, MACS[0]))) == [("refused", "mac_reserved")]
    assert again(push_with(carl, [book.id], device(carl, MACS[0]))) == [("refused", "mac_reserved")]
    taken = device(anna, MACS[0])
    assert again(push_with(anna, [book.id], taken)) == [("ok", "")]
    assert again(carl.push(device(carl, MACS[0]))) == [("refused", "mac_claimed")]
    [told] = tickets.show(anna.cloud, anna.who).books
    assert told.left == 1
    with pytest.raises(NotFoundError):
        tickets.give_back(carl.cloud, carl.who, told.mark)
    tickets.give_back(anna.cloud, anna.who, told.mark)
    assert again(carl.push(device(carl, MACS[1]))) == [("ok", "")]


def test_of_a_reservation_and_a_binding_at_once_one_stands(anna: Hand, carl: Hand) -> None:
    """Twenty times, from two threads: the table's key decides, and the other is told so."""
    library(anna)
    for _ in range(20):
        book, binding, status = at_once(anna, carl)
        assert (book.macs == MACS[:1]) == (status == "refused"), (book, status)
        if book.id:
            tickets.give_back(anna.cloud, anna.who, book.id)
        if status == "ok":
            carl.must(carl.edit(DEVICE, "delete", binding.entity_id, {}, base_ver=99))


def at_once(anna: Hand, carl: Hand) -> tuple[TicketBook, Mutation, str]:
    """One reserves and another binds the same address: what came of each."""
    books: list[TicketBook] = []
    told: list[MutationAnswer] = []
    binding = device(carl, MACS[0])

    def reserve() -> None:
        books.append(tickets.reserve(anna.cloud, anna.who, NewTickets(macs=MACS[:1]), anna.site))

    def bind() -> None:
        told.extend(carl.push(binding))

    threads = [threading.Thread(target=work) for work in (reserve, bind)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return books[0], binding, told[0].status


def test_a_device_leaves_one_scope_for_another_and_comes_back(anna: Hand, cloud: Cloud) -> None:
    second = Hand.of(cloud, "anna").settle_in()
    gate = device(anna, MACS[0])
    relay = anna.create(RELAY, device_id=gate.entity_id, number=1)
    anna.must(gate, relay)
    start = anna.pull()
    moved = moves.move(cloud, anna.who, MoveDevice(site=second.site), gate.entity_id)
    page = anna.pull(start.epoch, start.head, start.access_seq)
    told = [(r.id, r.scope, r.op) for r in page.rows]
    ids = {gate.entity_id, relay.entity_id}
    assert {t for t in told if t[2] == "p"} == {(i, second.site, "p") for i in ids}
    assert told[2:] == [(r.id, anna.site, "l") for r in page.rows[:2]], "behind what was put"
    assert admin.check(cloud) == []
    moves.take_back(cloud, anna.who, moved.move)
    assert {r.scope for r in anna.fill(second.site).rows if r.op == "p"} == {second.site}
    assert ids <= {r.id for r in anna.fill(anna.site).rows if r.op == "p"}
    assert admin.check(cloud) == []


def test_logs_are_no_part_of_what_a_manager_is_given(anna: Hand, cloud: Cloud) -> None:
    made = admin.create_account(cloud, org_id=anna.who.org, user="maya", password=PASSWORD, role=Role.MANAGER)
    admin.assign_manager(cloud, account_id=made.account_id, site_id=anna.site)
    gate = device(anna, MACS[0])
    anna.must(gate, anna.create(DOOR_EVENT, device_id=gate.entity_id, person_id=None))
    maya = Hand.of(cloud, "maya")
    before = {s.scope: s.gen for s in maya.pull().scopes or []}
    logs = DOOR_EVENT.number
    assert [r.entity for r in maya.fill(anna.site).rows].count(logs) == 1
    anna.must(anna.edit(SITE, "patch", anna.site, {"pm_logs": 0}, base_ver=99))
    assert [r.entity for r in maya.fill(anna.site).rows].count(logs) == 0
    assert {s.scope: s.gen for s in maya.pull().scopes or []} == {s: g + 1 for s, g in before.items()}
    assert [r.entity for r in anna.fill(anna.site).rows].count(logs) == 1
