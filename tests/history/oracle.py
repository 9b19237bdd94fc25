"""The judge of a history: a plain model of the cloud's rules, fed with what the cloud logged (sync.md 3.1)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from sqlalchemy import select, text

from core.cloud import db
from core.cloud.cloud import Cloud
from core.entities import BY_NUMBER, SYNCED
from core.entities.device import DEVICE
from core.entities.person import CREDENTIAL, CredentialKind
from core.store.reader import Reader
from core.store.tables import OUTBOX, SHADOW, SYNC_SCOPE, TRAY, table_of
from core.wire.messages import Mutation, MutationAnswer
from tests.history.world import Station, World

Rows = dict[tuple[str, str], dict[str, Any]]
ACCEPTED = {"ok", "merged"}


def logged(cloud: Cloud) -> list[tuple[str, str, Mutation, MutationAnswer]]:
    """(tenant, replica, mutation, answer) of every judged mutation in the order of judgement."""
    with cloud.database.read() as c:
        rows = c.execute(select(db.MUT_LOG).order_by(text("rowid"))).mappings().all()
    return [
        (
            r["tenant"],
            r["replica"],
            msgspec.json.decode(cloud.seal.open_bytes(r["request"]), type=Mutation),
            msgspec.json.decode(cloud.seal.open_bytes(r["response"]), type=MutationAnswer),
        )
        for r in rows
    ]


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
    """Rows as a reader of sync.md 3.9 expects them: {(tenant, id): [values, ver, {field: (ver, replica)}, live]}."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], list[Any]] = {}

    def replay(self, tenant: str, replica: str, m: Mutation, answer: MutationAnswer) -> None:
        """Apply one logged mutation; fails when the cloud's word and the rules differ."""
        key = tenant, m.entity_id
        row = self.rows.get(key)
        if answer.status in {"refused", "blocked"}:
            return
        if m.op in {"create", "restore"} and (row is None or not row[3]):
            ver = row[1] + 1 if row else 1
            values = dict(m.fields)
            self.rows[key] = [values, ver, dict.fromkeys(values, (ver, replica)), True]
        elif m.op == "delete":
            self._delete(replica, m, answer, row)
        else:
            self._patch(replica, m, answer, row)
        assert answer.ver == self.rows[key][1], (m, answer)

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
        assert {c.field for c in answer.clashes} == clashes, (m, answer, row)
        assert (answer.status == "conflict") == bool(clashes), (m, answer)
        if wanted:
            row[1] += 1
            row[0].update(wanted)
            row[2].update(dict.fromkeys(wanted, (row[1], replica)))


def check_cloud(cloud: Cloud) -> None:
    """I2, I5 and I7: the log replayed by the rules gives exactly the cloud's rows, and claims are held once."""
    model = Model()
    log = logged(cloud)
    for entry in log:
        model.replay(*entry)
    assert max(Counter(m.mut_id for _, _, m, _ in log).values(), default=1) == 1
    macs: Counter[str] = Counter()
    pins: Counter[tuple[str, str]] = Counter()
    for tenant in {t for t, _, _, _ in log}:
        rows = server_rows(cloud, tenant)
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


async def check_converged(world: World, station: Station, tenant: str) -> None:
    """I3, I4, I6: with an empty outbox at head, the mirror is the cloud's image of the account's scopes, no more."""

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
    wanted = {k: v for k, v in server_rows(world.cloud, tenant).items() if v["scope_id"] in scopes}
    assert rows == wanted, f"{station.name} differs from the cloud: {_difference(rows, wanted)}"


def _difference(mine: Rows, theirs: Rows) -> list[Any]:
    keys = [k for k in {*mine, *theirs} if mine.get(k) != theirs.get(k)]
    return [(k, mine.get(k), theirs.get(k)) for k in keys[:3]]


def entity_name(number: int) -> str:
    """For messages of a failed history."""
    return BY_NUMBER[number].name
