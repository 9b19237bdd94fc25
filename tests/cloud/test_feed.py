"""The feed: one order per tenant without gaps, pages, fills, grants and withdrawals (sync.md 3.6, 3.8)."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.base.ids import new_id
from core.cloud import admin, pages
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.dialect import is_sqlite
from core.cloud.statements import Statement
from core.entities.organisation import Role
from core.entities.person import RESIDENT
from core.entities.site import SITE
from core.ports.cloud import ResyncError
from core.wire.messages import WireRow
from tests.cloud.bench import Hand
from tests.history.world import PASSWORD


def changes(hand: Hand, since: int, limit: int = 5000) -> list[WireRow]:
    """Everything after a number, page by page."""
    epoch, rows, seq = hand.pull().epoch, list[WireRow](), since
    while True:
        page = hand.pull(epoch, seq, access_seq=2**40, max_rows=limit)
        rows += page.rows
        assert page.next > seq or not page.more
        seq = page.next
        if not page.more:
            assert seq == page.head
            return rows


def test_a_first_pull_names_scopes_and_brings_no_rows(anna: Hand) -> None:
    first = anna.pull()
    assert (first.rows, first.more, first.next) == ([], False, first.head)
    assert [(s.kind, s.label) for s in first.scopes or []] == [("org", "Firm of anna"), ("site", "Home")]
    assert first.tenant == anna.who.tenant


def test_changes_come_once_each_in_their_newest_image(anna: Hand) -> None:
    head = anna.pull().head
    person = anna.resident(remark="a")
    anna.must(person)
    anna.must(anna.edit(RESIDENT, "patch", person.entity_id, {"remark": "b"}, base_ver=1))
    [row] = changes(anna, head)
    assert (row.id, row.ver, row.op) == (person.entity_id, 2, "p")
    assert row.values[RESIDENT.names.index("remark")] == "b"
    anna.must(anna.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=2))
    assert [(r.ver, r.op, r.values) for r in changes(anna, head)] == [(3, "d", [])]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_of_any_size_give_the_same_rows(anna: Hand, limit: int) -> None:
    anna.must(*[anna.resident() for _ in range(10)])
    whole = changes(anna, 0)
    assert changes(anna, 0, limit) == whole
    filled: list[WireRow] = []
    after, first = 0, anna.pull()
    while True:
        page = anna.fill(anna.site, after=after, to=first.head, max_rows=limit)
        filled += page.rows
        after = page.next
        if not page.more:
            break
    assert filled == [row for row in whole if row.scope == anna.site]
    assert after == first.head


def test_a_fill_ends_where_it_was_told_and_the_pull_goes_on_from_there(anna: Hand) -> None:
    to = anna.pull().head
    anna.must(anna.resident())
    assert RESIDENT.number not in {r.entity for r in anna.fill(anna.site, to=to).rows}
    assert [r.entity for r in changes(anna, to)] == [RESIDENT.number]


def test_rows_that_change_between_pages_of_a_fill_are_missed_by_nobody(anna: Hand) -> None:
    """What has another number by then comes by the pull behind the fill's end, wherever its place is."""
    people = [anna.resident(remark="old") for _ in range(12)]
    anna.must(*people)
    first = anna.pull()
    seen: dict[str, int] = {}
    page, turn = anna.fill(anna.site, to=first.head, max_rows=4), 0
    while True:
        seen |= {row.id: row.ver for row in page.rows}
        if not page.more:
            break
        # One that came already, one that is to come, and a new one.
        for person in (people[turn], people[-1 - turn]):
            anna.must(
                anna.edit(RESIDENT, "patch", person.entity_id, {"remark": f"new {turn}"}, base_ver=2**20)
            )
        anna.must(anna.resident())
        page, turn = anna.fill(anna.site, after=page.next, to=first.head, max_rows=4), turn + 1
    assert turn >= 2
    seen |= {row.id: row.ver for row in changes(anna, first.head)}
    there = {row.id: row.ver for row in changes(anna, 0) if row.scope == anna.site}
    assert {i: ver for i, ver in seen.items() if i in there} == there


def test_sqlite_reads_the_feed_by_its_two_orders(cloud: Cloud) -> None:
    """A pull goes along the numbers, a fill along the rows of the scope; neither looks through the table."""
    if not is_sqlite(cloud.database.engine):
        pytest.skip("how SQLite goes about it")

    def plan(statement: Statement, **values: object) -> str:
        with cloud.database.read() as c:
            sent = statement.with_(c, values)
            found = c.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent.words}", tuple(sent.values))
            return " ".join(str(row[3]) for row in found)

    scope = {"tenant": "", "after": 0, "room": 5, "scope": "", "to": 9}
    assert "feed_scope (tenant=? AND scope=? AND rowid>?)" in plan(pages._OF_SCOPE, **scope)
    assert "feed_scope" in plan(pages._OF_SCOPE_WITHOUT_LOGS, **scope)
    assert "feed_tail (tenant=? AND seq>?)" in plan(pages._SEEN, tenant="", after=0, room=5, scopes="[]")


def test_a_cursor_of_another_lineage_means_to_begin_again(anna: Hand) -> None:
    first = anna.pull()
    with pytest.raises(ResyncError):
        anna.pull(new_id(), 0)
    with pytest.raises(ResyncError):
        anna.pull(first.epoch, first.head + 1)


def test_a_new_site_is_granted_by_the_next_pull(anna: Hand, ben: Hand) -> None:
    before = ben.pull()
    site = anna.create(SITE, org_id=anna.who.org, time_zone="UTC", name="Annex")
    anna.must(site)
    page = ben.pull(before.epoch, before.next, before.access_seq)
    assert site.entity_id in {s.scope for s in page.scopes or []}
    assert ben.pull(page.epoch, page.next, page.access_seq).scopes is None


def test_taken_away_and_given_back_shows_as_another_generation(anna: Hand) -> None:
    made = admin.create_account(
        anna.cloud, org_id=anna.who.org, user="maya", password=PASSWORD, role=Role.MANAGER
    )

    def assign(active: bool) -> None:
        admin.assign_manager(anna.cloud, account_id=made.account_id, site_id=anna.site, active=active)

    maya = Hand.of(anna.cloud, "maya")
    assign(True)
    first = maya.pull()
    assign(False)
    lost = maya.pull(first.epoch, first.next, first.access_seq)
    assert (lost.scopes, lost.withdrawn) == ([], [anna.site])
    assign(True)
    back = maya.pull(first.epoch, first.next, first.access_seq)
    assert (back.withdrawn, [s.gen for s in back.scopes or []]) == ([], [2])
    assert [s.gen for s in first.scopes or []] == [1]


def test_assigning_twice_changes_nothing(anna: Hand) -> None:
    made = admin.create_account(
        anna.cloud, org_id=anna.who.org, user="maya", password=PASSWORD, role=Role.MANAGER
    )
    maya = Hand.of(anna.cloud, "maya")
    for _ in range(2):
        admin.assign_manager(anna.cloud, account_id=made.account_id, site_id=anna.site)
    assert [s.gen for s in maya.pull().scopes or []] == [1]


@pytest.mark.slow
def test_readers_never_skip_a_row_while_writers_push(anna: Hand, tmp_path: Path) -> None:
    """Fault 6 of sync.md 6: several nodes on one database, writers with pauses, a reader that follows by cursor."""
    nodes = [open_cloud(anna.cloud.settings) for _ in range(3)]
    writers = [_writer(anna, node) for node in nodes]
    start, total = anna.pull(), 3 * 12 * 4
    seen: set[str] = set()
    threads = [threading.Thread(target=_push_all, args=(hand,)) for hand in writers]
    for thread in threads:
        thread.start()
    seq = start.next
    while len(seen) < total and (any(t.is_alive() for t in threads) or seq < anna.pull().head):
        page = anna.pull(start.epoch, seq, start.access_seq, max_rows=7)
        seen |= {row.id for row in page.rows}
        seq = page.next
    for thread in threads:
        thread.join()
    for node in nodes:
        node.close()
    assert len(seen) == total
    assert admin.check(anna.cloud) == []


def _writer(anna: Hand, node: Cloud) -> Hand:
    hand = Hand.of(node, "anna")
    hand.site, hand.building, hand.apartment = anna.site, anna.building, anna.apartment
    return hand


def _push_all(hand: Hand) -> None:
    for _ in range(12):
        hand.must(*[hand.resident() for _ in range(4)])


def test_small_sites_come_in_one_page_and_foreign_ones_do_not(anna: Hand, carl: Hand) -> None:
    sites = [anna.create(SITE, org_id=anna.who.org, time_zone="UTC", name=f"S{n}") for n in range(4)]
    anna.must(*sites)
    ids = [anna.site, *(s.entity_id for s in sites)]
    everything = [row for site in ids for row in anna.fill(site).rows]
    page = anna.fill(anna.site, then=[ids[1], carl.site, *ids[2:], ids[2]])
    assert (page.rows, page.filled, page.partial, page.more) == (everything, ids, "", False)
    got: list[WireRow] = []
    left, after = ids, 0
    while left:
        page = anna.fill(left[0], after=after, then=left[1:], max_rows=2)
        got += page.rows
        assert len(page.rows) <= 2
        left = [s for s in left if s not in page.filled]
        after = page.next if page.partial else 0
        assert left == [] or left[0] == page.partial
    assert sorted(got, key=lambda r: r.id) == sorted(everything, key=lambda r: r.id)
