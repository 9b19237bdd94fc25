"""The judge of a history: a plain model of the cloud's rules, fed with what the cloud logged (sync.md 3.1)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import select

from core.cloud import db
from core.cloud.account_tables import MOVE
from core.cloud.cloud import Cloud
from core.cloud.moves import Detail
from core.entities import BY_NUMBER, SYNCED
from core.entities.device import DEVICE
from core.entities.person import CREDENTIAL, CredentialKind
from core.store import traybook
from core.store.reader import Reader
from core.store.rebase import edits_of, on_top, shadow_of
from core.store.tables import OUTBOX, SHADOW, SYNC_SCOPE, TRAY, table_of
from core.wire.messages import Mutation, MutationAnswer
from tests.history.world import Station, World

Rows = dict[tuple[str, str], dict[str, Any]]
ACCEPTED = {"ok", "merged"}


def logged(cloud: Cloud) -> list[tuple[str, str, Mutation, MutationAnswer]]:
    """(tenant, replica, mutation, answer) of every judged mutation in the order of judgement."""
    with cloud.database.read() as c:
        # The clock of the tests ticks with each look, so that each batch has a moment of its own.
        rows = (
            c.execute(select(db.MUT_LOG).order_by(db.MUT_LOG.c.received_at, db.MUT_LOG.c.n)).mappings().all()
        )
    return [
        (
            r["tenant"],
            r["replica"],
            msgspec.json.decode(cloud.seal.open_bytes(r["request"]), type=Mutation),
            msgspec.json.decode(cloud.seal.open_bytes(r["response"]), type=MutationAnswer),
        )
        for r in rows
    ]


def judged_at(cloud: Cloud) -> dict[str, int]:
    """When each mutation was judged."""
    with cloud.database.read() as c:
        rows = c.execute(select(db.MUT_LOG.c.mut_id, db.MUT_LOG.c.received_at))
        return {r.mut_id: r.received_at for r in rows}


def moved(cloud: Cloud) -> list[tuple[int, str, Detail]]:
    """(moment, tenant, what became of which row) of every device that went to another site, in order."""
    with cloud.database.read() as c:
        rows = c.execute(select(MOVE).order_by(MOVE.c.at)).all()
    return [(r.at, r.tenant, msgspec.json.decode(r.detail, type=Detail)) for r in rows]


def server_rows(cloud: Cloud, tenant: str) -> Rows:
    """Every live row of a tenant, opened: {(entity, id): {id, scope_id, ver, fields}}."""
    found: Rows = {}
    with cloud.database.read() as c:
        for spec in SYNCED:
            for held in cloud.rows.of_tenant(c, spec, tenant):
                if not held.deleted:
                    fields = {"scope_id": held.scope, "ver": held.ver, **held.values}
                    found[spec.name, held.id] = fields
    return found


class Model:
    """Rows as a reader of sync.md 3.9 expects them: {(tenant, id): [values, ver, {field: (ver, replica)}, live]}.

    `noted`: each workstation's own notes of its edits by mutation id, in the order of making.
    """

    def __init__(self, noted: list[dict[str, dict[str, Any]]]) -> None:
        self.rows: dict[tuple[str, str], list[Any]] = {}
        self._entities: dict[tuple[str, str], tuple[int, str]] = {}
        self._order = {mut_id: place for notes in noted for place, mut_id in enumerate(notes)}
        self._seen: dict[tuple[str, str], set[Any]] = {}
        for notes in noted:
            self._note_seen(notes)
        self._newest: dict[tuple[str, str, str], int] = {}

    def _note_seen(self, notes: dict[str, dict[str, Any]]) -> None:
        """Which values a person had before the eyes at an edit: the one that was changed, and where that was the
        person's own, the one below it.
        """
        last: dict[tuple[str, str], tuple[Any, set[Any]]] = {}
        for mut_id, note in notes.items():
            old = json.loads(note["old"])
            for f, value in json.loads(note["fields"]).items():
                was, below = last.get((note["entity_id"], f), (None, set()))
                seen = {old.get(f)} | (below if old.get(f) == was else set())
                self._seen[mut_id, f] = seen
                last[note["entity_id"], f] = value, seen

    def replay(self, tenant: str, replica: str, m: Mutation, answer: MutationAnswer) -> None:
        """Apply one logged mutation; fails when the cloud's word and the rules differ."""
        key = tenant, m.entity_id
        row = self.rows.get(key)
        if answer.status in {"refused", "blocked"}:
            self._check_claim(tenant, m, answer)
            return
        if m.op in {"create", "restore"} and (row is None or not row[3]):
            ver = row[1] + 1 if row else 1
            values = dict(m.fields)
            self.rows[key] = [values, ver, dict.fromkeys(values, (ver, replica)), True]
            self._entities[key] = m.entity, m.scope
        elif m.op == "delete":
            self._delete(replica, m, answer, row)
        else:
            self._patch(replica, m, answer, row)
        assert answer.ver == self.rows[key][1], (m, answer)

    def move(self, tenant: str, detail: Detail) -> None:
        """A device went to another site at the cloud: its row and those that hang on it are others now."""
        for number, row_id, ver, live, changed in detail.rows:
            row = self.rows.get((tenant, row_id))
            if row is None:
                continue
            assert ver > row[1], (row_id, ver, row)
            row[0].update(changed)
            back = live and not row[3]
            row[2].update(dict.fromkeys(row[0] if back else changed, (ver, detail.replica)))
            row[1], row[3] = ver, live
            self._entities[tenant, row_id] = number, detail.to_site

    def _delete(self, replica: str, m: Mutation, answer: MutationAnswer, row: list[Any] | None) -> None:
        assert row is not None, m
        if not row[3]:
            return
        others = any(w > m.base_ver and r != replica for w, r in row[2].values())
        assert (answer.status == "conflict") == others, (m, answer, row)
        if not others:
            row[1], row[3] = row[1] + 1, False

    def _patch(self, replica: str, m: Mutation, answer: MutationAnswer, row: list[Any] | None) -> None:
        assert row is not None, m
        assert row[3], m
        clashes, wanted = set(), {}
        for f, v in m.fields.items():
            w, r = row[2][f]
            if row[0][f] == v:
                continue
            if w > m.base_ver and r != replica:
                clashes.add(f)
            else:
                wanted[f] = v
                self._check_seen(replica, m, f, before=row[0][f], author=r)
        assert {c.field for c in answer.clashes} == clashes, (m, answer, row)
        assert (answer.status == "conflict") == bool(clashes), (m, answer)
        if wanted:
            row[1] += 1
            row[0].update(wanted)
            row[2].update(dict.fromkeys(wanted, (row[1], replica)))

    def _check_seen(self, replica: str, m: Mutation, f: str, *, before: Any, author: str) -> None:
        """I7: who puts a value over somebody else's has had that one before the eyes; and of one person's edits of a
        field the last one ends on top.
        """
        if author != replica and m.op == "patch":
            assert before in self._seen[m.mut_id, f], (m, f, before)
        place = replica, m.entity_id, f
        assert self._newest.get(place, -1) < self._order[m.mut_id], ("an older edit ended on top", m)
        self._newest[place] = self._order[m.mut_id]

    def _check_claim(self, tenant: str, m: Mutation, answer: MutationAnswer) -> None:
        """What is refused as taken is really held by another live row."""
        if answer.code in {"mac_claimed", "devices.mac.taken"}:
            holders = [i for (_, i), r in self.rows.items() if r[3] and r[0].get("mac") == m.fields["mac"]]
            assert [i for i in holders if i != m.entity_id], (m, answer)
        if answer.code in {"pin_taken", "credentials.pin.taken"}:
            holders = [
                i
                for (t, i), r in self.rows.items()
                if r[3] and r[0].get("code") == m.fields["code"] and self._entities[t, i][1] == m.scope
            ]
            assert [i for i in holders if i != m.entity_id], (m, answer)


def check_groups(log: list[tuple[str, str, Mutation, MutationAnswer]]) -> None:
    """A group was taken whole or not at all."""
    groups: dict[str, set[str]] = {}
    for _, _, m, answer in log:
        if m.group:
            groups.setdefault(m.group, set()).add(
                "taken" if answer.status in {*ACCEPTED, "conflict"} else answer.status
            )
    assert all(len(found) == 1 for found in groups.values()), groups


def check_cloud(cloud: Cloud, stations: list[Station], tenants: Mapping[str, Rows] | None = None) -> None:
    """I2, I5 and I7: the log replayed by the rules gives exactly the cloud's rows, and claims are held once. `tenants`:
    their rows, where they have been read already.
    """
    model = Model([station.noted for station in stations])
    log = logged(cloud)
    check_groups(log)
    moves, times = moved(cloud), judged_at(cloud)
    for tenant, replica, m, answer in log:
        while moves and moves[0][0] < times[m.mut_id]:
            model.move(*moves.pop(0)[1:])
        model.replay(tenant, replica, m, answer)
    for _, tenant, detail in moves:
        model.move(tenant, detail)
    assert max(Counter(m.mut_id for _, _, m, _ in log).values(), default=1) == 1
    macs: Counter[str] = Counter()
    pins: Counter[tuple[str, str]] = Counter()
    judged = {t for t, _, _, _ in log}
    tenants = {t: server_rows(cloud, t) for t in judged} if tenants is None else tenants
    assert judged <= tenants.keys()
    for tenant, rows in tenants.items():
        for (name, row_id), fields in rows.items():
            if (tenant, row_id) in model.rows:
                values, ver, _, live = model.rows[tenant, row_id]
                assert live
                assert fields["ver"] == ver, (name, fields, values, ver)
                assert {k: fields[k] for k in values} == values
            if name == DEVICE.name:
                macs[fields["mac"]] += 1
            if name == CREDENTIAL.name and fields["kind"] == CredentialKind.PIN.value:
                pins[fields["scope_id"], fields["code"]] += 1
        live = {i for (t, i), r in model.rows.items() if t == tenant and r[3]}
        assert live <= {i for _, i in rows}
    assert not [k for k, n in (*macs.items(), *pins.items()) if n > 1], "a claim is held twice"


async def check_in_view(world: World) -> None:
    """What a person entered and the cloud has not judged yet is what the person sees: image below, edits on top."""

    def read(r: Reader) -> None:
        numbers = {
            (row[0], row[1]) for row in r.connection.execute(select(OUTBOX.c.entity, OUTBOX.c.entity_id))
        }
        created = traybook.open_creates(r.connection)
        for number, row_id in numbers:
            spec = BY_NUMBER[number]
            if row_id in created:
                continue
            image = shadow_of(r.connection, spec, row_id, "")
            assert image is not None, (spec.name, row_id)
            wanted = on_top(image.values, edits_of(r.connection, spec, row_id))
            table = table_of(spec)
            row = r.connection.execute(select(table).where(table.c.id == row_id)).mappings().one_or_none()
            shown = {name: row[name] for name in spec.names} if row is not None else None
            assert shown == wanted, (spec.name, shown, wanted, row_id)

    for station in world.stations:
        await station.mirror.read(read)


async def check_nothing_lost(world: World) -> None:
    """I1: every noted edit is in the outbox, accepted by the cloud, or in the tray; settled ones in exactly one."""
    status = {m.mut_id: a.status for _, _, m, a in logged(world.cloud)}
    for station in world.stations:
        outbox, tray = await station.mirror.read(_places)
        for mut_id, mutation in station.noted.items():
            places = [
                mut_id in outbox,
                mut_id in tray,
                mut_id not in outbox and status.get(mut_id) in ACCEPTED,
            ]
            assert sum(places) == 1, (station.name, places, status.get(mut_id), mutation)


def _places(r: Reader) -> tuple[set[str], set[str]]:
    outbox = {row[0] for row in r.connection.execute(select(OUTBOX.c.mut_id))}
    tray = {row[0] for row in r.connection.execute(select(TRAY.c.mut_id))}
    return outbox, tray


async def check_converged(world: World, station: Station, tenant: str, theirs: Rows | None = None) -> None:
    """I3, I4, I6: with an empty outbox at head, the mirror is the cloud's image of the account's scopes, no more.

    `theirs`: the tenant's rows, where they have been read already.
    """

    def read(r: Reader) -> tuple[Rows, set[str], int, list[str]]:
        rows: Rows = {}
        for spec in SYNCED:
            table = table_of(spec)
            for row in r.connection.execute(select(table)).mappings():
                assert row["flag"] == 0, (spec.name, dict(row))
                fields = {name: row[name] for name in ("scope_id", "ver", *spec.names)}
                rows[spec.name, row["id"]] = fields
        scopes = {
            s[0] for s in r.connection.execute(select(SYNC_SCOPE.c.scope).where(SYNC_SCOPE.c.state == "live"))
        }
        left = len(r.connection.execute(select(OUTBOX.c.n)).all())
        shadows = [s[0] for s in r.connection.execute(select(SHADOW.c.entity_id))]
        return rows, scopes, left, shadows

    rows, scopes, left, shadows = await station.mirror.read(read)
    assert (left, shadows) == (0, []), station.name
    theirs = server_rows(world.cloud, tenant) if theirs is None else theirs
    wanted = {k: v for k, v in theirs.items() if v["scope_id"] in scopes}
    assert rows == wanted, f"{station.name} differs from the cloud: {_difference(rows, wanted)}"


def _difference(mine: Rows, theirs: Rows) -> list[Any]:
    keys = [k for k in {*mine, *theirs} if mine.get(k) != theirs.get(k)]
    return [(k, mine.get(k), theirs.get(k)) for k in keys[:3]]
