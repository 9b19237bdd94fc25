"""The flight recorder on disk: what was said to a device, found again after a restart, without a single secret."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from core.base.ids import new_id
from core.entities.device import SIGHTING, Sighting
from core.ports.device import Link
from core.store.tables import RECORDING
from core.usecases.provision import submit
from core.usecases.recordings import KEPT, RecordingSink, export_recording, recorded
from tests.codes import stands_in
from tests.link.conftest import MakeWorld
from tests.link.world import World, put_people, specs


async def test_a_push_is_kept_and_exported_without_codes(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2))
    await made.write(lambda tx: put_people(tx, made.site, made.building, 5))
    device, unit = made.devices[0], made.lan.devices[0]
    await made.write(lambda tx: tx.put(SIGHTING, Sighting(id=new_id(), url=unit.url, mac=unit.mac)))
    for job in await submit(made.ctx, made.devices):
        await made.ctx.jobs.wait(job)
    sink = RecordingSink(made.mirror)
    for exchange in made.recorder.recent():
        sink(exchange)
    count = await sink.flush()
    assert count == len(made.recorder.recent()) > 20
    assert await sink.flush() == 0
    own = await recorded(made.ctx, mac=device.mac)
    assert 0 < len(own) < count
    assert any("/api/user/add" in one.line for one in own)
    text = await export_recording(made.ctx)
    assert len(text.splitlines()) == count
    assert all(json.loads(line)["url"].startswith("http://127.") for line in text.splitlines())
    assert not any(stands_in(f"{20_000 + n}", text) for n in range(5)), "a PIN stands in the recording"
    assert '"admin"' not in text


async def test_what_is_too_old_goes(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    await made.ctx.gateway.identify(_link(made))
    [first, *_] = made.recorder.recent()
    sink = RecordingSink(made.mirror)
    sink(replace(first, at=first.at - KEPT - timedelta(hours=1)))
    sink(first)
    assert await sink.flush() == 2
    left = await made.read(
        lambda r: r.connection.execute(select(func.count()).select_from(RECORDING)).scalar_one()
    )
    assert left == 1


def _link(made: World) -> Link:
    return Link(made.lan.devices[0].url, made.devices[0].mac, "admin", "admin")
