"""Random histories: whatever breaks whenever, in the end the unit holds what is wanted and nobody twice."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace

import pytest

from core.base.errors import GatewrightError
from core.base.verdict import Verdict
from core.rules.desired import ALWAYS, Desired, Grant
from device_link.simulator import SimLan, SimSpec
from device_link.simulator.faults import parse_fault
from tests.device_link.conftest import OFFICE, TAG, Desk, link_to, person, wanted

FAULTS = [
    "drop-after-write:1",
    "drop-after-write:2",
    "trailing-bytes",
    "max-users:12",
    "slow:2",
    "unique-pins",
]


def some_wish(chance: random.Random) -> Desired:
    numbers = chance.sample(range(1, 25), chance.randrange(3, 18))
    people = tuple(
        person(
            number,
            pins=(f"{500000 + chance.randrange(40)}",) if chance.random() < 0.3 else (f"{400000 + number}",),
            grants=(Grant(ALWAYS, "1"), Grant(OFFICE, "1"))
            if chance.random() < 0.5
            else (Grant(ALWAYS, "1"),),
        )
        for number in numbers
    )
    schedules = wanted().schedules if chance.random() < 0.5 else wanted().schedules[:1]
    return replace(wanted(), people=people, schedules=schedules)


@pytest.mark.parametrize("seed", range(12))
async def test_after_any_trouble_one_calm_round_brings_everything_in_order(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    async with await SimLan.start([SimSpec(profile=chance.choice(["P1", "P2", "P3", "S532"]))]) as lan:
        device = lan.devices[0]
        link = link_to(device)
        for _ in range(4):
            wish = some_wish(chance)
            countdown = chance.randrange(6)

            def trouble(fault: str = chance.choice(FAULTS)) -> None:
                nonlocal countdown
                countdown -= 1
                if countdown == 0:
                    device.unit.faults.switch_on(parse_fault(fault))

            # The line may be cut under a read: the next round looks again.
            with suppress(GatewrightError):
                plan = await desk.plan(link, wish)
                told = await desk.gateway.apply(link, plan, report=lambda _: None, check_cancel=trouble)
                assert [(one.kind, one.subject) for one in told] == [item.key for item in plan.changes]
            assert len({one.user_id for one in device.users}) == len(device.users), "somebody is there twice"
            for fault in FAULTS:
                await device.clear_fault(fault.partition(":")[0])
        wish = some_wish(chance)
        judgements = await desk.bring(link, wish)
        assert {one.verdict for one in judgements} == {Verdict.PROVED}, [
            one for one in judgements if one.said
        ]
        assert {one.user_id for one in device.users} == {one.user_id for one in wish.people}
        ours = {one.name for one in device.unit.state.schedules.values() if one.name.startswith(TAG)}
        assert ours == {one.key for one in wish.schedules}
