"""A device goes from one site to another: it leaves one scope and enters another, and what belongs to it shares its
fate or does not (core.rules.moving). An act of the cloud, since it changes who may see a row (sync.md 3.8).

In the feed a moved row is first a put in the new scope, then an `l` in the old one: who holds both never misses it, who
holds one loses or gains it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from core.base.clock import to_ms
from core.base.errors import NotAllowedError, NotFoundError, UserError
from core.base.ids import new_id
from core.base.verdict import Verdict
from core.cloud import account_log
from core.cloud.access import SITE_KIND, Who, access_of
from core.cloud.account_tables import MOVE
from core.cloud.cloud import Cloud
from core.cloud.db import CLAIM, TENANT_CLOCK
from core.cloud.lineage import floor_of
from core.cloud.rows import Held
from core.cloud.working import Working
from core.entities import BY_NAME, BY_NUMBER
from core.entities.device import DEVICE, MAC_ENTRY, DeviceState
from core.entities.firmware import ROLLOUT_TARGET, TargetEnd
from core.entities.organisation import Role
from core.entities.site import BUILDING, SITE
from core.entities.task import TASK
from core.rules.invariants import INVARIANTS
from core.rules.moving import COMES_BACK, FATES, NOT_ALONG, OWNERS, UNFIT, Fate
from core.schema.entity import EntitySpec
from core.schema.field import Ref, Stored
from core.wire.moves import Moved, MoveDevice, MoveLine

_INSTALLERS = {Role.INSTALLER, Role.SUB_INSTALLER}
_ON_ITS_WAY = {TargetEnd.OPEN.value, TargetEnd.RUNNING.value, TargetEnd.PARKED.value}


def move(cloud: Cloud, who: Who, message: MoveDevice, device: str) -> Moved:
    """Move a device to another site of the account's; with `check` only say what would become of what.

    NotFoundError alike for a device that is not the account's and none; UserError where a rule of the other site, an
    upgrade that is under way, or an office's own MAC is in the way.
    """
    with cloud.database.write(who.tenant) as connection:
        act = _Act(cloud, connection, who)
        held = act.device(device)
        act.require_site(message.site)
        moved = act.go(held, message.site, {"building_id": message.building})
        return act.finish(moved, check=message.check)


def take_back(cloud: Cloud, who: Who, move_id: str) -> Moved:
    """Take a move back: the device stands where it stood, and what ended there comes back, as far as it still fits."""
    with cloud.database.write(who.tenant) as connection:
        act = _Act(cloud, connection, who)
        here = (MOVE.c.tenant == who.tenant) & (MOVE.c.org == who.org) & (MOVE.c.id == move_id)
        row = connection.execute(select(MOVE).where(here)).one_or_none()
        if row is None:
            raise NotFoundError("move.unknown", "There is no such move.")
        detail = msgspec.json.decode(row.detail, type=Detail)
        held = act.device(row.device)
        if row.undone or held.scope != detail.to_site:
            raise UserError("move.undone", "This move was taken back, or the device has been moved again.")
        act.require_site(detail.from_site)
        moved = act.go(held, detail.from_site, detail.place)
        act.bring_back(detail)
        connection.execute(update(MOVE).where(MOVE.c.id == move_id).values(undone=True))
        return act.finish(moved, check=False)


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a move: for taking it back, and for whoever asks later what became of a row.

    `rows`: entity number, id, version, whether the row is live, and the fields that were changed, in the order of
    writing; `replica`: who stands as their author.
    """

    from_site: str
    to_site: str
    place: dict[str, Stored]
    ended: list[tuple[int, str]]
    unlinked: list[tuple[int, str]]
    rows: list[tuple[int, str, int, bool, dict[str, Stored]]] = msgspec.field(default_factory=list)
    replica: str = ""


class _Act:
    """One move inside its transaction."""

    def __init__(self, cloud: Cloud, connection: Connection, who: Who) -> None:
        if who.role not in _INSTALLERS:
            raise NotAllowedError("not_allowed", "Only an installer moves devices between sites.")
        self._cloud, self._connection, self._who = cloud, connection, who
        self._scopes = access_of(connection, who).scopes
        self._working = Working(connection, cloud.rows, who.tenant, set(self._scopes))
        self._now_ms = to_ms(cloud.clock.now())
        clock = select(TENANT_CLOCK.c.lineage).where(TENANT_CLOCK.c.tenant == who.tenant)
        self._floor = floor_of(int(connection.execute(clock).scalar_one()))
        self._fates: Counter[tuple[str, str]] = Counter()
        self._ended: list[tuple[int, str]] = []
        self._unlinked: list[tuple[int, str]] = []
        self._place: dict[str, Stored] = {}
        self._device: Held | None = None
        self._to = ""

    def device(self, row_id: str) -> Held:
        """The device, locked. NotFoundError when the account has none of this id."""
        self._working.load(DEVICE, [row_id], lock=True)
        held = self._working.held(DEVICE, row_id)
        if held is None or held.deleted or self._scopes.get(held.scope, ("", 0))[0] != SITE_KIND:
            raise NotFoundError("devices.unknown", "There is no such device.")
        return held

    def require_site(self, site: str) -> None:
        """NotFoundError when the account has no site of this id."""
        held = self._working.held(SITE, site)
        if held is None or held.deleted or self._scopes.get(site, ("", 0))[0] != SITE_KIND:
            raise NotFoundError("sites.unknown", "There is no such site.")

    def go(self, held: Held, to: str, place: dict[str, Stored]) -> Moved:
        """Put the device and what belongs to it where they are to be, as drafts."""
        if held.scope == to:
            raise UserError("move.same", "The device is at this site already.", field="site")
        self._require_free(held, to)
        self._require_building(place.get("building_id"), to)
        self._to = to
        self._place = {n: held.values[n] for n in ("building_id", "state", *NOT_ALONG)}
        away = held.scope
        self._shared(held)
        wanted: dict[str, Stored] = {
            **dict.fromkeys(NOT_ALONG),
            "state": DeviceState.PLANNED.value,
            **place,
            "site_id": to,
        }
        self._device = self._change(held, wanted, scope=to)
        names = [self._name(SITE, one) for one in (away, to)]
        return Moved(
            move="",
            device=held.id,
            name=str(held.values["name"]),
            from_site=away,
            from_name=names[0],
            to_site=to,
            to_name=names[1],
            lines=[],
        )

    def bring_back(self, detail: Detail) -> None:
        """What ended with the move, where what it points at is still there; and the links to the device."""
        for number, row_id in detail.ended:
            held = self._working.held(BY_NUMBER[number], row_id)
            if held is None or not held.deleted or not self._fits(held):
                self._fates[BY_NUMBER[number].label, UNFIT] += 1
                continue
            draft = self._draft(held)
            draft.deleted_at, draft.fver = None, {"*": (draft.ver, self._who.replica)}
            self._fates[held.spec.label, COMES_BACK] += 1
        for number, row_id in detail.unlinked:
            held = self._working.held(BY_NUMBER[number], row_id)
            if held is not None and not held.deleted and held.values["device_id"] is None and self._device:
                self._change(held, {"device_id": self._device.id})
                self._fates[held.spec.label, COMES_BACK] += 1

    def finish(self, moved: Moved, *, check: bool) -> Moved:
        """Judge the drafts by the rules of rows; without `check` write, note and number them."""
        for draft in self._working.drafts():
            if not draft.deleted:
                rules = INVARIANTS.get(draft.spec.name, ())
                problem = next((p for rule in rules for p in rule(self._working, draft.row())), None)
                if problem is not None:
                    raise UserError(problem.code, problem.message, field=problem.field)
        lines = [MoveLine(what=w, count=n, fate=f) for (w, f), n in sorted(self._fates.items())]
        told = msgspec.structs.replace(moved, lines=lines, check=check)
        if check:
            return told
        told = msgspec.structs.replace(told, move=new_id())
        self._working.keep()
        changed = self._working.changed()
        self._note(told, changed)
        self._cloud.publisher.publish(self._connection, self._who.tenant, changed, at=self._now_ms)
        return told

    def _require_free(self, held: Held, to: str) -> None:
        targets = self._find(ROLLOUT_TARGET, "device_id", held.id)
        if any(one.values["end"] in _ON_ITS_WAY for one in targets):
            words = "A firmware upgrade of this device is under way: end it first."
            raise UserError("move.rollout", words)
        for entry in self._find(MAC_ENTRY, "mac", held.values["mac"]):
            if entry.values["site_id"] not in {None, to}:
                words = "Its MAC belongs to an office: free it in the MAC library first (MAC-05)."
                raise UserError("move.mac_of_office", words)

    def _require_building(self, building: Stored, site: str) -> None:
        held = self._working.held(BUILDING, building) if isinstance(building, str) else None
        if building is not None and (held is None or held.deleted or held.scope != site):
            raise UserError("move.building", "There is no such building at that site.", field="building")

    def _shared(self, owner: Held) -> None:
        """What points at a device, or at what goes along with it."""
        for spec, name in _pointing(owner.spec):
            for held in self._find(spec, name, owner.id):
                if held.scope != owner.scope:
                    continue
                fate = FATES[spec.name]
                if spec is TASK and held.values["verdict"] != Verdict.WAITING.value:
                    fate = Fate.STAYS
                self._fates[spec.label, fate.value] += 1
                _DO[fate](self, held)

    def along(self, held: Held) -> None:
        """It goes where its device goes, and so does what belongs to it."""
        if held.spec.name in OWNERS:
            self._shared(held)
        self._change(held, {}, scope=self._to)

    def end(self, held: Held) -> None:
        """It is removed from the old site."""
        draft = self._draft(held)
        draft.deleted_at = self._now_ms
        self._ended.append((held.spec.number, held.id))

    def unlink(self, held: Held) -> None:
        """It stays, and names no device any more."""
        self._change(held, {"device_id": None})
        self._unlinked.append((held.spec.number, held.id))

    def _find(self, spec: EntitySpec[Any], name: str, value: Stored) -> list[Held]:
        rows = self._cloud.rows.equal(self._connection, spec, self._who.tenant, [name], [(value,)])
        self._working.load(spec, [one.id for one in rows], lock=True)
        found = (self._working.held(spec, row_id) for row_id in sorted(one.id for one in rows))
        return [one for one in found if one is not None and not one.deleted]

    def _draft(self, held: Held) -> Held:
        draft = self._working.draft(held.spec, held.id, held.scope)
        if draft.ver == draft.at_ver:
            draft.ver = max(draft.ver + 1, self._floor + 1)
        draft.typed = None
        return draft

    def _change(self, held: Held, values: dict[str, Stored], scope: str = "") -> Held:
        draft = self._draft(held)
        draft.scope = scope or draft.scope
        different = {name: value for name, value in values.items() if draft.values[name] != value}
        draft.values.update(different)
        draft.fver.update(dict.fromkeys(different, (draft.ver, self._who.replica)))
        return draft

    def _fits(self, held: Held) -> bool:
        """Whether everything that a row points at is there, in its site."""
        for column in held.spec.refs:
            target = held.values[column.name]
            if isinstance(column.kind, Ref) and isinstance(target, str):
                found = self._working.held(BY_NAME[column.kind.to], target)
                if found is None or found.deleted or found.scope != held.scope:
                    return False
        return True

    def _name(self, spec: EntitySpec[Any], row_id: str) -> str:
        held = self._working.held(spec, row_id)
        return str(held.values["name"]) if held is not None else ""

    def _note(self, moved: Moved, changed: list[Held]) -> None:
        detail = Detail(
            from_site=moved.from_site,
            to_site=moved.to_site,
            place=self._place,
            ended=self._ended,
            unlinked=self._unlinked,
            rows=[(o.spec.number, o.id, o.ver, not o.deleted, _changed(o)) for o in changed],
            replica=self._who.replica,
        )
        owned = (CLAIM.c.owner == moved.device) & (CLAIM.c.tenant == self._who.tenant)
        self._connection.execute(update(CLAIM).where(owned).values(scope=moved.to_site))
        mine = {"tenant": self._who.tenant, "org": self._who.org, "account": self._who.account}
        row = {"id": moved.move, "device": moved.device, "at": self._now_ms, "undone": False}
        text = msgspec.json.encode(detail).decode()
        self._connection.execute(MOVE.insert().values(**mine, **row, detail=text))
        words = f"Move device {moved.name}: from {moved.from_name} to {moved.to_name}"
        account_log.note_by(self._cloud, self._connection, self._who, "device.moved", words)


_DO: dict[Fate, Callable[[_Act, Held], None]] = {
    Fate.GOES: _Act.along,
    Fate.ENDS: _Act.end,
    Fate.UNLINKED: _Act.unlink,
    Fate.STAYS: lambda _act, _held: None,
}


def _changed(held: Held) -> dict[str, Stored]:
    before = held.stored[1] if held.stored is not None else {}
    return {name: value for name, value in held.values.items() if before.get(name) != value}


def _pointing(spec: EntitySpec[Any]) -> Iterator[tuple[EntitySpec[Any], str]]:
    """Entities with a field that points at rows of this one."""
    for name in FATES:
        for column in BY_NAME[name].refs:
            if isinstance(column.kind, Ref) and column.kind.to == spec.name:
                yield BY_NAME[name], column.name
