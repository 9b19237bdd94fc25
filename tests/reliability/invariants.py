"""The oracle of the fault table: I1 to I9 of sync.md 3.1, asked after every injected fault.

I1 nothing entered is lost, I2 exactly once, I3 no gap, I4 scope, I5 uniqueness, I6 convergence, I7 no silent change;
I8 (progress) and I9 (bounded restart) are numbers of a single fault and stand in its test.
"""

from __future__ import annotations

from sqlalchemy import text

from core.cloud import admin
from core.store.reader import Reader
from tests.history import oracle
from tests.history.world import World
from tests.sync.conftest import Desk


async def hold(w: World, org: str, *desks: Desk, replayed: bool = True) -> None:
    """Bring the desks to rest and ask everything. `replayed`: the cloud's log is replayed by the model of its rules,
    which is not possible where a log came back from a backup.
    """
    for _ in range(2):
        for desk in desks:
            await desk.sync()
    if replayed:
        oracle.check_cloud(w.cloud, w.stations)
    assert admin.check(w.cloud) == []
    await oracle.check_nothing_lost(w)
    await oracle.check_in_view(w)
    for desk in desks:
        assert await desk.station.mirror.read(_integrity) == "ok"
        if not await desk.tray():
            await oracle.check_converged(w, desk.station, org)


def _integrity(r: Reader) -> str:
    return str(r.connection.execute(text("PRAGMA integrity_check")).scalar_one())
