"""Lists and look-ups: filter, search, sort, pieces."""

from __future__ import annotations

import pytest

from core.base.errors import NotFoundError, UserError
from core.entities.device import DEVICE, MAC_ENTRY, Device
from core.entities.person import CREDENTIAL
from core.entities.site import Site
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.query import ListQuery, count, row_numbers, rows
from tests.factories import make
from tests.fixtures_core import Planter


@pytest.fixture
async def library(mirror: Mirror) -> None:
    facts = [
        ("0C1105000001", "R29", "spare"),
        ("0C1105000002", "X915", "Spare part"),
        ("0C1105000003", "r20", ""),
        ("0C1105AAAAAA", "R29", "100% ok_"),
    ]
    made = [make(MAC_ENTRY, scope_id="s", mac=m, model=model, note=note) for m, model, note in facts]
    await mirror.write(lambda tx: tx.put_many(MAC_ENTRY, made), origin=Origin.USER)


async def macs(mirror: Mirror, query: ListQuery) -> list[str]:
    found = [row.mac[-1] for row in await mirror.read(lambda r: rows(r, query))]
    numbers = list(await mirror.read(lambda r: row_numbers(r, query)))
    shown = {no: row.mac[-1] for no, row, _ in mirror.rows_now(MAC_ENTRY, numbers)}
    assert [shown[no] for no in numbers] == found
    assert query.limit is not None or await mirror.read(lambda r: count(r, query)) == len(found)
    return found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("spare", "12"),
        ("SPARE x9", "2"),
        ("0c:11:05:00", "123"),
        ("0C-11-05-AA", "A"),
        ("%", "A"),
        ("ok_", "A"),
        ("o_", ""),
        ("nothing", ""),
        ("", "123A"),
        (":", "123A"),
    ],
)
async def test_every_word_is_looked_for_in_every_searchable_field(
    mirror: Mirror, library: None, search: str, found: str
) -> None:
    expected = "" if search == ":" else found
    assert await macs(mirror, ListQuery(MAC_ENTRY, search=search)) == list(expected)


async def test_filter_sort_and_limit(mirror: Mirror, library: None) -> None:
    assert await macs(mirror, ListQuery(MAC_ENTRY, equals={"model": "R29"})) == ["1", "A"]
    assert await macs(mirror, ListQuery(MAC_ENTRY, equals={"model": ("R29", "X915")}, sort="-mac")) == [
        "A",
        "2",
        "1",
    ]
    assert await macs(mirror, ListQuery(MAC_ENTRY, sort="model")) == ["3", "1", "A", "2"]
    assert await macs(mirror, ListQuery(MAC_ENTRY, sort="-model")) == ["2", "A", "1", "3"]
    assert await macs(mirror, ListQuery(MAC_ENTRY, sort="-model", limit=2)) == ["2", "A"]
    assert await macs(mirror, ListQuery(MAC_ENTRY, equals={"scope_id": "t"})) == []


async def test_empty_references(mirror: Mirror, device: Device, site: Site, planted: Planter) -> None:
    lost = await planted(DEVICE, site_id=site.id)
    alone = ListQuery(DEVICE, equals={"building_id": None})
    both = ListQuery(DEVICE, equals={"building_id": (None, device.building_id)})
    assert [d.id for d in await mirror.read(lambda r: rows(r, alone))] == [lost.id]
    assert len(await mirror.read(lambda r: rows(r, both))) == 2
    assert await mirror.read(lambda r: r.find(DEVICE, building_id=None)) == [lost]


@pytest.mark.parametrize(
    "query", [ListQuery(MAC_ENTRY, sort="colour"), ListQuery(MAC_ENTRY, equals={"colour; --": 1})]
)
async def test_a_field_that_does_not_exist_is_said(mirror: Mirror, query: ListQuery) -> None:
    with pytest.raises(UserError, match="MAC entry has no field 'colour"):
        await mirror.read(lambda r: rows(r, query))


async def test_codes_cannot_be_searched_for(mirror: Mirror, planted: Planter) -> None:
    await planted(CREDENTIAL, code="38115522")
    assert await mirror.read(lambda r: count(r, ListQuery(CREDENTIAL, search="38115522"))) == 0


async def test_look_ups(mirror: Mirror, library: None) -> None:
    first = await mirror.read(lambda r: r.first(MAC_ENTRY, model="R29"))
    assert first is not None
    assert first.mac == "0C1105000001"
    assert await mirror.read(lambda r: r.get(MAC_ENTRY, first.id)) == first
    assert await mirror.read(lambda r: r.get(MAC_ENTRY, "none")) is None
    assert await mirror.read(lambda r: r.first(MAC_ENTRY, model="none")) is None
    with pytest.raises(NotFoundError, match="no mac entry with the id none"):
        await mirror.read(lambda r: r.require(MAC_ENTRY, "none"))


async def test_look_ups_of_many_values(mirror: Mirror) -> None:
    made = [make(MAC_ENTRY, scope_id="s", mac=f"{n:012X}") for n in range(1200)]
    await mirror.write(lambda tx: tx.put_many(MAC_ENTRY, made), origin=Origin.USER)
    wanted = [row.mac for row in made] * 2 + ["FFFFFFFFFFFF"]
    found = await mirror.read(lambda r: r.find_in(MAC_ENTRY, "mac", wanted))
    assert found == made
    assert await mirror.read(lambda r: r.find_in(MAC_ENTRY, "mac", [])) == []
    ids = [row.id for row in made]
    assert await mirror.read(lambda r: r.existing("mac_entries", [*ids, "none"])) == set(ids)
