"""Two workstations of one firm and one cloud: only one of them works on a device, offline or not (W4)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.base.ids import is_id
from core.entities.task import lease_id
from core.rules.lease import Held, in_the_way, parse_held
from core.usecases import leases
from tests.fixtures_core import START
from tests.link.desks import DEVICE_ID, Two


async def test_with_a_network_the_first_has_it_and_the_other_sees_whose_it_is(two: Two) -> None:
    answer = await leases.take(two.first.ctx, two.site.id, DEVICE_ID)
    assert (answer.mine, answer.sure) == (True, True)
    assert await two.second.confirm()
    answer = await leases.take(two.second.ctx, two.site.id, DEVICE_ID)
    assert not answer.mine
    assert answer.other is not None
    assert answer.other.name == "Van 1"
    await leases.give_back(two.first.ctx, DEVICE_ID)
    assert await two.first.confirm()
    assert await two.second.confirm()
    answer = await leases.take(two.second.ctx, two.site.id, DEVICE_ID)
    assert (answer.mine, answer.sure) == (True, True)


async def test_who_has_not_heard_of_the_other_is_told_by_the_cloud(two: Two) -> None:
    """The second has not synced since, so it takes the lease in good faith; the cloud keeps the first."""
    assert (await leases.take(two.first.ctx, two.site.id, DEVICE_ID)).sure
    answer = await leases.take(two.second.ctx, two.site.id, DEVICE_ID)
    assert not answer.mine
    assert answer.other is not None
    assert answer.other.name == "Van 1"
    assert await two.second.tray() == 0


async def test_without_a_network_it_is_a_warning_and_settled_later(two: Two) -> None:
    for one in (two.first, two.second):
        one.station.wire.online = False
        answer = await leases.take(one.ctx, two.site.id, DEVICE_ID)
        assert (answer.mine, answer.sure) == (True, False)
    for one in (two.second, two.first):
        one.station.wire.online = True
        assert await leases.confirmed(one.ctx)
    assert [await two.first.holder(), await two.second.holder()] == ["Van 2", "Van 2"]
    assert [await two.first.tray(), await two.second.tray()] == [0, 0]
    assert not (await leases.take(two.first.ctx, two.site.id, DEVICE_ID)).mine


@given(st.text(max_size=40), st.text(max_size=30))
def test_a_lease_of_any_text_is_read_without_a_fault(text: str, name: str) -> None:
    assert parse_held(text) is None or in_the_way(text, "me", START) is None or parse_held(text) is not None
    again = parse_held(Held(START, "f" * 32, name).text())
    assert again is not None
    assert (again.until, again.holder) == (START, "f" * 32)
    assert is_id(lease_id(text))
