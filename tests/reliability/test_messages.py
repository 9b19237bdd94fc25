"""Faults of sessions and of what messages hold (rows 34 to 36 of the table)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from itertools import cycle

import httpx
import pytest
import zstandard
from sqlalchemy import func, select, update

from core.base.errors import GatewrightError, NotAllowedError, RefusedError
from core.base.ids import new_id
from core.cloud import db
from core.entities.organisation import ACCOUNT
from core.entities.person import RESIDENT
from core.entities.site import BUILDING
from core.store import apply, outbox
from core.store.tables import OUTBOX
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import (
    PROTOCOL,
    SCHEMA,
    CheckRequest,
    FillRequest,
    Mutation,
    PushBatch,
)
from sync.engine import SyncMood
from tests.history.world import World
from tests.reliability.invariants import hold
from tests.sync.conftest import Desk, Home, desk

pytestmark = pytest.mark.timeout(240)


async def count(d: Desk) -> int:
    query = select(func.count()).select_from(OUTBOX)
    return int(await d.station.mirror.read(lambda r: r.connection.execute(query).scalar_one()))


# --------------------------------------------------------------------------------------- 34: sessions, 35: poison


async def test_f34_a_token_that_ends_in_the_middle_of_a_push(
    anna: Desk, home: Home, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    anna.station.engine._pusher._limit = 2
    for number in range(6):
        await anna.put(BUILDING, site_id=home.site.id, name=f"B{number}")

    turns = cycle([True, False, False])

    async def later() -> None:
        if next(turns):
            w.clock.moment += timedelta(seconds=w.settings.access_s + 1)

    anna.station.wire.meanwhile = later
    assert (await anna.sync()).pushed == 6
    anna.station.wire.meanwhile = None
    assert anna.station.wire.seen.count("POST /v1/session/refresh") >= 2
    await hold(w, home.site.org_id, anna)


async def test_f34_an_account_that_was_switched_off_keeps_its_edits(anna: Desk, home: Home, w: World) -> None:
    await anna.patch(RESIDENT, home.resident, remark="kept")
    people = db.table_of(ACCOUNT)
    switch = update(people).where(people.c.user_name == "anna")
    with w.cloud.database.write() as c:
        c.execute(switch.values(active=0))
    with pytest.raises(NotAllowedError):
        await anna.sync()
    state = anna.station.engine.state
    assert (state.mood, await count(anna)) == (SyncMood.DISABLED, 1)
    assert "switched off" in state.said
    with w.cloud.database.write() as c:
        c.execute(switch.values(active=1))
    assert (await anna.sync()).pushed == 1


async def test_f35_poison_in_messages_is_refused_and_nothing_falls_over(
    anna: Desk, home: Home, w: World
) -> None:
    poisons: list[dict[str, object]] = [
        {"remark": "x" * 3_000_000},
        {"remark": "nul \0 inside"},
        {"remark": "smile \U0001f600"},
        {"floor": 2**63 - 1},
        {"remark": 5},
        {"first_name": None},
    ]
    muts = [
        Mutation(n, new_id(), None, RESIDENT.number, home.resident.id, home.site.id, "patch", 1, p, 0)  # type: ignore[arg-type]
        for n, p in enumerate(poisons, 1)
    ]
    batch = PushBatch(proto=PROTOCOL, schema=SCHEMA, replica=new_id(), acked_n=0, muts=muts)
    answer = await anna.station.transport.push(batch)
    assert [a.status for a in answer.answers] == ["refused", "refused", "ok", "refused", "refused", "refused"]
    bomb = zstandard.ZstdCompressor(write_checksum=True).compress(bytes(100 << 20))
    huge = codec.pack_bytes(b'{"muts":[[' + b"9" * 400 + b"]]}")
    assert w.app is not None
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=w.app), base_url="http://cloud.localhost"
    ) as http:
        session = anna.station.transport.session
        assert session is not None
        headers = {"authorization": f"Bearer {session.access_token}", "content-type": Packing.ZSTD.value}
        for body in (bomb, huge, b"", b"\0" * 100, bomb[:50]):
            sent = await http.post("/v1/sync/push", content=body, headers=headers)
            assert sent.status_code in {400, 413}, sent.text
    await anna.sync()
    assert any("\U0001f600" in r.remark for r in await anna.station.mirror.read(lambda r: r.find(RESIDENT)))


# --------------------------------------------------------------------------------------------- 36: another tenant


async def test_f36_ids_of_another_firm_are_refused_as_ids_that_do_not_exist(
    anna: Desk, home: Home, w: World
) -> None:
    carl = await desk(w, "carl")
    here = await carl.station.mirror.read(apply.position)
    line, content = carl.station.transport, b"secret plan"
    path = w.folder / "file"
    path.write_bytes(content)
    name = hashlib.sha256(content).hexdigest()
    await anna.station.transport.put_blob(name, path)
    said = []
    for scope, row in ((home.site.id, home.resident.id), (new_id(), new_id())):
        edit = Mutation(1, new_id(), None, RESIDENT.number, row, scope, "patch", 1, {"remark": "x"}, 0)
        batch = PushBatch(proto=PROTOCOL, schema=SCHEMA, replica=new_id(), acked_n=0, muts=[edit])
        [answer] = (await line.push(batch)).answers
        fill = FillRequest(
            proto=PROTOCOL, schema=SCHEMA, replica=new_id(), epoch=here.epoch, scope=scope, after=0, to=2**40
        )
        with pytest.raises(NotAllowedError) as refused:
            await line.fill(fill)
        check = CheckRequest(proto=PROTOCOL, schema=SCHEMA, replica=new_id(), epoch=here.epoch, deep=scope)
        sums = await line.check(check)
        said.append((answer.code, answer.message, answer.image, answer.ver, str(refused.value), sums.values))
        assert scope not in {s.scope for s in sums.sums}
    assert said[0] == said[1]
    for digest in (name, "0" * 64):
        with pytest.raises((RefusedError, GatewrightError)):
            await line.get_blob(digest, w.folder / "part")
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "old"
