"""A device goes from one site to another: who sees it, what goes along, what ends, and the way back (fault row 23)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from core.base.errors import (
    GatewrightError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    UserError,
)
from core.cloud import admin
from core.cloud.db import CLAIM, FEED
from core.entities import ALL
from core.entities.access import ACCESS_GROUP, GROUP_DOOR
from core.entities.device import DEVICE, DEVICE_SETTING, MAC_ENTRY, RELAY, DeviceState
from core.entities.event import DOOR_EVENT
from core.entities.lock import LOCK
from core.entities.organisation import Role
from core.entities.proof import PROOF
from core.entities.site import BUILDING, SITE
from core.rules.moving import FATES, OWNERS, Fate
from core.schema.entity import EntitySpec
from core.schema.field import Ref
from core.store import tray
from core.store.reader import Reader
from core.usecases import moves, undo
from core.usecases.context import Context
from core.wire.moves import Moved
from tests.history.world import PASSWORD, World
from tests.reliability.invariants import hold
from tests.sync.conftest import Desk, Home, desk
from tests.sync.test_exchange import context

pytestmark = pytest.mark.timeout(240)


def test_every_row_that_points_at_a_device_has_its_fate() -> None:
    pointing = {
        spec.name
        for spec in ALL
        for column in spec.refs
        if spec.synced and isinstance(column.kind, Ref) and column.kind.to in OWNERS
    }
    assert pointing == set(FATES)


@dataclass
class Scene:
    """Home has the device with everything that hangs on it; Other has a building with its default group."""

    w: World
    anna: Desk
    home: Home
    other: Any
    building: Any
    group: Any
    device: Any
    relay: Any
    lock: Any

    async def ctx(self, d: Desk) -> Context:
        made = await context(d)

        async def confirm() -> bool:
            return await d.station.sync() is not None

        made.confirm = confirm
        return made

    async def move(self, **more: Any) -> Moved:
        to = {"device_id": self.device.id, "site_id": self.other.id, **more}
        return await moves.move_device(await self.ctx(self.anna), self.anna.station.transport, **to)

    async def manager(self, user: str, site: str) -> Desk:
        made = admin.create_account(
            self.w.cloud, org_id=self.home.site.org_id, user=user, password=PASSWORD, role=Role.MANAGER
        )
        admin.assign_manager(self.w.cloud, account_id=made.account_id, site_id=site)
        return await desk(self.w, user)

    def feed(self, row_id: str) -> dict[str, str]:
        with self.w.cloud.database.read() as c:
            query = select(FEED.c.scope, FEED.c.op).where(FEED.c.entity_id == row_id)
            return {r.scope: r.op for r in c.execute(query)}


@pytest.fixture
async def scene(anna: Desk, home: Home, w: World) -> Scene:
    site, put = home.site.id, anna.put
    other = await put(SITE, org_id=home.site.org_id, name="Other", time_zone="UTC")
    building = await put(BUILDING, site_id=other.id, name="B")
    group = await put(
        ACCESS_GROUP,
        scope_id=other.id,
        site_id=other.id,
        name="Residents of B",
        building_id=building.id,
        code=2,
    )
    device = await put(
        DEVICE, site_id=site, mac="0C1105000001", name="Gate", state=DeviceState.COMMISSIONED,
        building_id=home.building.id,
    )  # fmt: skip
    relay = await put(RELAY, scope_id=site, device_id=device.id, number=1, name="Gate")
    await put(DEVICE_SETTING, scope_id=site, device_id=device.id, key="Config.X.Y", value="1")
    doors = await put(ACCESS_GROUP, scope_id=site, site_id=site, name="Staff", code=3)
    await put(GROUP_DOOR, scope_id=site, group_id=doors.id, relay_id=relay.id)
    await put(PROOF, scope_id=site, device_id=device.id)
    await put(DOOR_EVENT, scope_id=site, device_id=device.id)
    lock = await put(LOCK, scope_id=site, site_id=site, name="Bolt", device_id=device.id)
    await anna.sync()
    return Scene(w, anna, home, other, building, group, device, relay, lock)


async def counts(d: Desk, scope: str) -> dict[str, int]:
    """Rows of a site on a workstation, by entity."""
    specs: tuple[EntitySpec[Any], ...] = (
        *(DEVICE, RELAY, DEVICE_SETTING, GROUP_DOOR),
        *(PROOF, DOOR_EVENT, LOCK),
    )

    def read(r: Reader) -> dict[str, int]:
        rows = {spec.name: len(r.find(spec, scope_id=scope)) for spec in specs}
        return {name: count for name, count in rows.items() if count}

    return await d.station.mirror.read(read)


async def test_a_device_goes_with_what_is_its_own_and_leaves_what_is_the_sites(scene: Scene) -> None:
    """Who sees both sites keeps it, who sees one loses or gains it; a push is owed, and the default group opens it."""
    here, there = await scene.manager("mia", scene.home.site.id), await scene.manager("max", scene.other.id)
    assert await here.get(DEVICE, scene.device.id) is not None
    moved = await scene.move(building_id=scene.building.id)
    assert (moved.from_name, moved.to_name) == ("Home", "Other")
    told = {line.what: (line.count, line.fate) for line in moved.lines}
    assert told == {
        "Relay": (1, Fate.GOES.value), "Device setting": (1, Fate.GOES.value),
        "Group door": (1, Fate.ENDS.value), "Proof": (1, Fate.ENDS.value),
        "Door event": (1, Fate.STAYS.value), LOCK.label: (1, Fate.UNLINKED.value),
    }  # fmt: skip
    await scene.anna.sync()
    for d in (here, there):
        await d.sync()
    assert await counts(scene.anna, scene.home.site.id) == {"door_events": 1, "locks": 1}
    assert await counts(here, scene.home.site.id) == {"door_events": 1, "locks": 1}
    arrived = {"devices": 1, "relays": 1, "device_settings": 1, "group_doors": 1}
    assert await counts(there, scene.other.id) == await counts(scene.anna, scene.other.id) == arrived
    device = await there.must(DEVICE, scene.device.id)
    assert (device.site_id, device.building_id, device.state) == (
        scene.other.id, scene.building.id, DeviceState.PLANNED,
    )  # fmt: skip
    (door,) = await there.station.mirror.read(lambda r: r.find(GROUP_DOOR))
    assert (door.group_id, door.relay_id) == (scene.group.id, scene.relay.id)
    assert scene.feed(scene.device.id) == {scene.home.site.id: "l", scene.other.id: "p"}
    with scene.w.cloud.database.read() as c:
        owned = select(CLAIM.c.scope).where(CLAIM.c.owner == scene.device.id)
        assert c.execute(owned).scalars().all() == [scene.other.id]
    await hold(scene.w, scene.home.site.org_id, scene.anna, here, there, replayed=False)


async def test_a_dry_run_tells_the_same_and_changes_nothing(scene: Scene) -> None:
    before = await counts(scene.anna, scene.home.site.id)
    would = await scene.move(check=True)
    assert (would.check, would.move) == (True, "")
    await scene.anna.sync()
    assert await counts(scene.anna, scene.home.site.id) == before
    assert would.lines == (await scene.move()).lines


async def test_a_move_is_taken_back_with_what_ended_by_it(scene: Scene) -> None:
    """And again: from A to B to A to B; the feed tells each mirror what is right at the end."""
    here = await scene.manager("mia", scene.home.site.id)
    before = await counts(scene.anna, scene.home.site.id)
    moved = await scene.move()
    ctx, door = await scene.ctx(scene.anna), scene.anna.station.transport
    back = await moves.take_back(ctx, door, moved.move)
    assert (back.from_site, back.to_site) == (scene.other.id, scene.home.site.id)
    await here.sync()
    assert await counts(scene.anna, scene.home.site.id) == before
    assert await counts(here, scene.home.site.id) == before
    assert await counts(scene.anna, scene.other.id) == {}
    assert (await scene.anna.must(LOCK, scene.lock.id)).device_id == scene.device.id
    device = await scene.anna.must(DEVICE, scene.device.id)
    assert (device.building_id, device.state) == (scene.home.building.id, DeviceState.COMMISSIONED)
    with pytest.raises(GatewrightError, match="was taken back"):
        await moves.take_back(ctx, door, moved.move)
    await scene.move()
    await here.sync()
    assert await here.get(DEVICE, scene.device.id) is None
    await hold(scene.w, scene.home.site.org_id, scene.anna, here, replayed=False)


async def test_a_move_stands_in_the_undo_and_in_the_redo_of_the_window(scene: Scene) -> None:
    """There, back and there again by the list of acts, each time with what ended by it; without a network it is said
    what can be done, and the act stays the next one.
    """
    anna = scene.anna
    ctx = replace(await scene.ctx(anna), door=anna.station.transport)
    before = await counts(anna, scene.home.site.id)
    moved = await scene.move(building_id=scene.building.id)
    after = await counts(anna, scene.other.id)
    for turn in range(2):
        found = await undo.undo_entries(ctx)
        act = undo.next_undo(found) if turn == 0 else undo.next_redo(found)
        assert act is not None
        assert (act.id == moved.move) is (turn == 0)
        assert (undo.next_redo(found) is None) is (turn == 0)
        anna.station.wire.online = False
        with pytest.raises(UnreachableError, match="does not answer") as caught:
            await undo.undo(ctx, act.id)
        assert "remove the device from its site and add it to the other one" in caught.value.remedy
        anna.station.wire.online = True
        report = await undo.undo(ctx, act.id)
        assert ([line.title for line in report.changed], report.cannot) == (["Gate"], ())
        here, there = (before, {}) if turn == 0 else ({"door_events": 1, "locks": 1}, after)
        assert await counts(anna, scene.home.site.id) == here
        assert await counts(anna, scene.other.id) == there
        with pytest.raises(UserError, match="taken back already"):
            await undo.undo(ctx, act.id)
    again = undo.next_undo(await undo.undo_entries(ctx))
    assert again is not None
    assert again.act == "Move device"
    await hold(scene.w, scene.home.site.org_id, anna, replayed=False)


async def test_a_move_that_can_never_be_taken_back_makes_room_in_the_undo(scene: Scene) -> None:
    """A colleague has taken it back already: said once, and the act before it is the next one again."""
    ctx, ben = (
        replace(await scene.ctx(scene.anna), door=scene.anna.station.transport),
        await desk(scene.w, "ben"),
    )
    moved = await scene.move()
    await ben.station.transport.ask("DELETE", f"/v1/moves/{moved.move}", Moved)
    report = await undo.undo(ctx, moved.move)
    assert report.changed == ()
    assert [line.why for line in report.cannot] == [
        "This move was taken back, or the device has been moved again."
    ]
    assert undo.next_undo(await undo.undo_entries(ctx)) is None
    mia = await scene.manager("mia", scene.home.site.id)
    with pytest.raises(NotAllowedError):
        await moves.undo_move(await scene.ctx(mia), (await undo.undo_entries(ctx))[0])


async def test_unsent_edits_follow_a_device_that_was_moved_meanwhile(scene: Scene) -> None:
    """Of a colleague who sees both sites they are taken, of a manager who does not they are in the tray."""
    ben, mia = await desk(scene.w, "ben"), await scene.manager("mia", scene.home.site.id)
    for d, name in ((ben, "Street gate"), (mia, "My gate")):
        d.station.wire.online = False
        await d.patch(DEVICE, await d.must(DEVICE, scene.device.id), name=name)
    await scene.move()
    for d in (ben, mia):
        d.station.wire.online = True
    assert (await ben.sync()).refused == 0
    await ben.sync()
    assert (await ben.must(DEVICE, scene.device.id)).scope_id == scene.other.id
    await mia.sync()
    (entry,) = await mia.tray()
    assert (entry.code, entry.mine) == ("row_gone", {"name": "My gate"})
    await scene.anna.sync()
    assert (await scene.anna.must(DEVICE, scene.device.id)).name == "Street gate"
    await hold(scene.w, scene.home.site.org_id, scene.anna, ben, mia, replayed=False)


async def test_a_removal_follows_it_too_and_no_ghost_is_left(scene: Scene) -> None:
    """Found by a random history: the answer to one's own removal that followed the device brought the device back."""
    await scene.anna.remove(DEVICE, scene.device.id)
    door, path = scene.anna.station.transport, f"/v1/devices/{scene.device.id}/move"
    await door.ask("POST", path, Moved, _to(scene.other.id))
    report = await scene.anna.sync()
    assert (report.pushed, report.refused, report.conflicts) == (1, 0, 0)
    await scene.anna.sync()
    assert await scene.anna.get(DEVICE, scene.device.id) is None
    await hold(scene.w, scene.home.site.org_id, scene.anna, replayed=False)


def edits_under_way(d: Desk, device: str, **fields: str) -> None:
    """The next time a request of this desk is on its way, the device is edited there."""

    async def edited() -> None:
        d.station.wire.meanwhile = None
        await d.patch(DEVICE, await d.must(DEVICE, device), **fields)

    d.station.wire.meanwhile = edited


async def test_an_answer_tells_where_a_row_is_that_was_away_and_came_back(scene: Scene) -> None:
    """Found by a random history on PostgreSQL: an edit of before both moves was answered in full by a conflict; the row
    was thought to be where it had been between the moves, and went with the word that it had left there.
    """
    anna, ben = scene.anna, await desk(scene.w, "ben")
    path, device = f"/v1/devices/{scene.device.id}/move", scene.device.id
    await ben.station.transport.ask("POST", path, Moved, _to(scene.other.id))
    edits_under_way(anna, device, name="Mine")
    await anna.sync()
    assert (await anna.must(DEVICE, device)).scope_id == scene.other.id
    await ben.sync()
    await ben.patch(DEVICE, await ben.must(DEVICE, device), name="Theirs")
    await ben.sync()
    await ben.station.transport.ask("POST", path, Moved, _to(scene.home.site.id))
    assert (await anna.sync()).conflicts == 1
    assert (await anna.must(DEVICE, device)).scope_id == scene.home.site.id
    (entry,) = await anna.tray()
    await anna.settle(tray.keep_theirs, entry.id)
    for d in (ben, anna):
        await d.sync()
    assert (await anna.must(DEVICE, device)).name == "Theirs"
    await hold(scene.w, scene.home.site.org_id, anna, ben, replayed=False)


@pytest.mark.parametrize("more", [False, True], ids=["settled at once", "one by one"])
async def test_an_edit_taken_where_the_row_is_again_does_not_tell_its_version(
    scene: Scene, more: bool
) -> None:
    """Found by a random history: an edit of before one's own two moves was taken as it was, above the way back; the
    row, which stood where it had been between the moves, passed for known and stayed there.
    """
    anna, ben = scene.anna, await desk(scene.w, "ben")
    path, device = f"/v1/devices/{scene.device.id}/move", scene.device.id
    await anna.station.transport.ask("POST", path, Moved, _to(scene.other.id))
    edits_under_way(anna, device, name="Mine")
    await anna.sync()
    assert (await anna.must(DEVICE, device)).scope_id == scene.other.id
    await anna.station.transport.ask("POST", path, Moved, _to(scene.home.site.id))
    if more:
        edits_under_way(anna, device, hardware="26.0.0.1")
    for _ in range(2):
        assert (await anna.sync()).conflicts == 0
    there = await anna.must(DEVICE, device)
    assert (there.scope_id, there.site_id, there.name) == (scene.home.site.id, scene.home.site.id, "Mine")
    await ben.sync()
    await hold(scene.w, scene.home.site.org_id, anna, ben, replayed=False)


async def test_who_may_not_move_it_and_where_it_cannot_go(scene: Scene) -> None:
    mia, carl = await scene.manager("mia", scene.home.site.id), await desk(scene.w, "carl")
    path = f"/v1/devices/{scene.device.id}/move"
    with pytest.raises(NotAllowedError):
        await moves.move_device(
            await scene.ctx(mia), mia.station.transport, device_id=scene.device.id, site_id=scene.other.id
        )
    for d, fault in ((mia, "Only an installer"), (carl, "no such device")):
        with pytest.raises(GatewrightError, match=fault):
            await d.station.transport.ask("POST", path, Moved, _to(scene.other.id))
    with pytest.raises(NotFoundError):
        await scene.move(site_id="0" * 32)
    theirs = await carl.put(SITE, org_id=(await context(carl)).me.org_id, name="South", time_zone="UTC")
    await carl.sync()
    with pytest.raises(NotFoundError, match="no such site"):
        await scene.anna.station.transport.ask("POST", path, Moved, _to(theirs.id))
    with pytest.raises(RefusedError, match="at this site already"):
        await scene.move(site_id=scene.home.site.id)
    with pytest.raises(RefusedError, match="no such building"):
        await scene.move(building_id=scene.home.building.id)
    entry = await scene.anna.put(
        MAC_ENTRY, scope_id=scene.home.site.org_id, mac=scene.device.mac, site_id=scene.home.site.id
    )
    with pytest.raises(RefusedError, match="belongs to an office"):
        await scene.move()
    await scene.anna.patch(MAC_ENTRY, entry, site_id=scene.other.id)
    scene.anna.station.wire.online = False
    with pytest.raises(UnreachableError):
        await scene.move()
    scene.anna.station.wire.online = True
    assert (await scene.move()).to_site == scene.other.id


def _to(site: str) -> Any:
    from core.wire.moves import MoveDevice  # noqa: PLC0415

    return MoveDevice(site=site)
