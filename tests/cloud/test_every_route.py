"""Isolation over every route there is (I4): each role, nobody, and a session that was revoked, at another firm's rows,
ids and files. A route without a line in `AIMS` fails this test, so none can be forgotten.

Refused means: an answer of 4xx, or one in which nothing of the victim's stands; and nothing of it was changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from core.base.ids import new_id
from core.cloud import admin, db, limits
from core.cloud.app import create_app
from core.cloud.blob_access import note_blob
from core.cloud.cloud import Cloud
from core.cloud.settings import CloudSettings
from core.entities.organisation import ACCOUNT, Role
from core.entities.person import RESIDENT
from core.wire import codec
from core.wire.messages import CheckRequest, FillRequest, PullRequest, PushBatch
from tests.cloud.bench import Hand, installer
from tests.cloud.served import Person, Served, served
from tests.history.world import PASSWORD

pytestmark = pytest.mark.timeout(300)  # generous: a loaded machine takes ten times as long

SECRET = "Hidden-Marigold"
FILE = b"firmware of the victim " + SECRET.encode()
DIGEST = hashlib.sha256(FILE).hexdigest()


@dataclass
class Victim:
    """What the others are after."""

    hand: Hand
    manager: str
    person: str
    epoch: str
    head: int

    @property
    def marks(self) -> list[str]:
        """What must stand in no answer to anybody else."""
        who = self.hand.who
        return [SECRET, who.account, self.manager, self.person, self.hand.site, "Firm of victor"]


@dataclass(frozen=True)
class Shot:
    """One request at the victim's things."""

    path: str
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def packed(message: msgspec.Struct) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    return codec.pack(message), (("content-type", codec.Packing.ZSTD.value),)


def push(v: Victim, p: Person) -> list[Shot]:
    """Edits of the victim's rows, in its scopes and (as if they were there) in one of the shooter's."""
    site, org, hand = v.hand.site, v.hand.who.org, Hand(v.hand.cloud, v.hand.who)
    hand.site = site
    muts = [
        hand.edit(RESIDENT, "patch", v.person, {"remark": "mine"}, base_ver=9),
        hand.edit(RESIDENT, "delete", v.person, {}, base_ver=9),
        hand.create(RESIDENT, site_id=site, apartment_id=v.hand.apartment.entity_id),
        hand.edit(ACCOUNT, "patch", v.hand.who.account, {"full_name": "Mine"}, scope=org, base_ver=9),
        hand.edit(RESIDENT, "patch", v.person, {"remark": "mine"}, base_ver=9, scope=new_id()),
    ]
    batch = PushBatch(proto=1, schema=1, replica=p.replica, acked_n=0, muts=muts)
    return [Shot("/v1/sync/push", *packed(batch))]


def pull(v: Victim, p: Person) -> list[Shot]:
    ask = PullRequest(proto=1, schema=1, replica=p.replica, epoch=v.epoch, seq=0, access_seq=0)
    first = PullRequest(proto=1, schema=1, replica=p.replica, epoch="", seq=0, access_seq=0)
    return [Shot("/v1/sync/pull", *packed(one)) for one in (ask, first)]


def fill(v: Victim, p: Person) -> list[Shot]:
    def ask(scope: str) -> Shot:
        request = FillRequest(
            proto=1, schema=1, replica=p.replica, epoch=v.epoch, scope=scope, after=0, to=v.head
        )
        return Shot("/v1/sync/fill", *packed(request))

    return [ask(scope) for scope in (v.hand.site, v.hand.who.org, v.hand.who.tenant, v.hand.who.account)]


def check(v: Victim, p: Person) -> list[Shot]:
    ask = CheckRequest(proto=1, schema=1, replica=p.replica, epoch=v.epoch, deep=v.hand.site)
    return [Shot("/v1/sync/check", *packed(ask))]


def body(path: str, **members: Any) -> Callable[[Victim, Person], list[Shot]]:
    """A JSON request; `{account}`, `{manager}`, `{org}`, `{site}` in path and members are the victim's."""

    def shots(v: Victim, p: Person) -> list[Shot]:
        who = v.hand.who
        ids = {"account": who.account, "manager": v.manager, "org": who.org, "site": v.hand.site}
        filled = {n: _filled(value, ids, p) for n, value in members.items()}
        paths = {path.format(**{**ids, "account": one}) for one in (who.account, v.manager)}
        return [Shot(f"/v1{one}", msgspec.json.encode(filled)) for one in sorted(paths)]

    return shots


def _filled(value: Any, ids: dict[str, str], p: Person) -> Any:
    if isinstance(value, list):
        return [_filled(one, ids, p) for one in value]
    return value.format(**ids, replica=p.replica) if isinstance(value, str) else value


def blob(suffix: str = "", content: bytes = b"") -> Callable[[Victim, Person], list[Shot]]:
    return lambda _v, _p: [Shot(f"/v1/blobs/{DIGEST}{suffix}", content)]


Aim = Callable[[Victim, Person], list[Shot]]
TAKEN = "somebody-else"
NOBODY = "nobody is asked"
"""Routes without a sign-in: what they tell is the same for everybody."""

AIMS: dict[tuple[str, str], Aim] = {
    ("POST", "/v1/session"): body("/session", user="victor", password="guess", replica="{replica}"),
    ("POST", "/v1/session/refresh"): body("/session/refresh", refresh_token="guess"),
    ("DELETE", "/v1/session"): body("/session"),
    ("DELETE", "/v1/sessions"): body("/sessions"),
    ("POST", "/v1/sync/push"): push,
    ("POST", "/v1/sync/pull"): pull,
    ("POST", "/v1/sync/fill"): fill,
    ("POST", "/v1/sync/check"): check,
    ("GET", "/v1/blobs/{sha256}"): blob(),
    ("HEAD", "/v1/blobs/{sha256}"): blob(),
    ("PUT", "/v1/blobs/{sha256}"): blob("", b"another content under the victim's digest"),
    ("GET", "/v1/blobs/{sha256}/parts"): blob("/parts"),
    ("PUT", "/v1/blobs/{sha256}/parts/{offset}"): blob("/parts/0?size=4", b"mine"),
    ("GET", "/v1/live"): lambda _v, _p: [],  # endless; tests/cloud/test_live or sync: only the own tenant's number
    ("GET", "/v1/health"): body("/health"),
    ("GET", "/v1/ready"): body("/ready"),
    ("GET", "/v1/metrics"): body("/metrics"),
    ("GET", "/v1/policies"): body("/policies"),
    ("POST", "/v1/password/forgot"): body("/password/forgot", user="victor"),
    ("POST", "/v1/password/reset"): body(
        "/password/reset", user="victor", code="AAAA-BBBB-CCCC", password="my own password"
    ),
    ("GET", "/v1/account"): body("/account"),
    ("PATCH", "/v1/account"): body("/account", quiet=True),
    ("POST", "/v1/account/password"): body("/account/password", old="guess guess", new="my own password"),
    ("POST", "/v1/account/totp"): body("/account/totp", password="guess guess"),
    ("PUT", "/v1/account/totp"): body("/account/totp", code="000000"),
    ("DELETE", "/v1/account/totp"): body("/account/totp", password="guess guess", code="000000"),
    ("GET", "/v1/account/log"): body("/account/log?before=zzzz"),
    ("GET", "/v1/account/links"): body("/account/links"),
    ("POST", "/v1/account/links"): body("/account/links", user="vera", password="guess guess"),
    ("DELETE", "/v1/account/links/{id}"): body("/account/links/{account}"),
    ("POST", "/v1/account/links/{id}/session"): body("/account/links/{account}/session", replica="{replica}"),
    ("GET", "/v1/accounts"): body("/accounts"),
    ("POST", "/v1/accounts"): body(
        "/accounts", user=TAKEN, full_name="X", email="x@mine.example", role="manager",
        password="my own password", sites=["{site}"],
    ),
    ("PATCH", "/v1/accounts/{id}"): body("/accounts/{account}", email="x@mine.example", active=False),
    ("DELETE", "/v1/accounts/{id}"): body("/accounts/{account}"),
    ("PUT", "/v1/accounts/{id}/sites"): body("/accounts/{account}/sites", sites=["{site}"]),
    ("POST", "/v1/accounts/{id}/password"): body("/accounts/{account}/password"),
    ("DELETE", "/v1/accounts/{id}/totp"): body("/accounts/{account}/totp"),
    ("GET", "/v1/firms"): body("/firms"),
    ("POST", "/v1/firms"): body(
        "/firms", name="", user="", full_name="", email="x@mine.example", password="my own password"
    ),
    ("PATCH", "/v1/firms/{id}"): body("/firms/{org}", may_pay=True, act_offered=True),
    ("POST", "/v1/firms/{id}/session"): body("/firms/{org}/session", replica="{replica}"),
    ("PUT", "/v1/firm/grant"): body("/firm/grant", on=True),
    ("GET", "/v1/firm/settings"): body("/firm/settings"),
    ("POST", "/v1/sites/{id}/tickets"): body("/sites/{site}/tickets", pins=["4711"], hours=1),
    ("POST", "/v1/devices/{id}/move"): body("/devices/{site}/move", site="{site}"),
    ("DELETE", "/v1/moves/{id}"): body("/moves/{site}"),
    ("GET", "/v1/account/sites"): body("/account/sites"),
    ("GET", "/v1/service"): body("/service"),
    ("POST", "/v1/service/read"): body("/service/read", ids=["{site}"]),
    ("GET", "/v1/tickets"): body("/tickets"),
    ("DELETE", "/v1/tickets/{id}"): body("/tickets/{site}"),
    ("PUT", "/v1/firm/settings"): body("/firm/settings", time_zone="UTC"),
}  # fmt: skip

OPEN = {
    ("POST", "/v1/session"), ("POST", "/v1/session/refresh"), ("GET", "/v1/health"), ("GET", "/v1/ready"),
    ("GET", "/v1/metrics"), ("GET", "/v1/policies"), ("POST", "/v1/password/forgot"),
    ("POST", "/v1/password/reset"),
}  # fmt: skip
"""Asked without a sign-in: these may answer nobody; all others say 401."""

ROLES = (
    "distributor of another tenant", "installer of another tenant", "manager of another tenant",
    "installer beside, same distributor", "sub-installer beside", "manager beside",
    "manager of the same firm, other site", "nobody", "revoked",
)  # fmt: skip


def routes() -> list[tuple[str, str]]:
    """Every method and path that the app answers."""
    unused = CloudSettings(database_url="sqlite:///unused.db", blobs=Path("unused"), key=b"k" * 32)
    found, left = [], list(create_app(unused).routes)
    while left:
        one = left.pop()
        left += getattr(one, "routes", None) or getattr(getattr(one, "original_router", None), "routes", [])
        if isinstance(one, APIRoute):
            prefix = "" if one.path.startswith("/v1") else "/v1"
            found += [(method, prefix + one.path) for method in one.methods or ()]
    return sorted(set(found))


def test_every_route_has_its_line() -> None:
    words = "say in AIMS how somebody would reach for another's things by this route"
    assert set(routes()) == set(AIMS), words
    assert set(AIMS) >= OPEN


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[tuple[Served, Victim, dict[str, Person]]]:
    """The victim's firm below a distributor, and everybody else, signed in over the socket."""
    async with served(folder) as world, AsyncExitStack() as stack:
        cloud = world.cloud
        top = admin.create_distributor(cloud, name="Top", user="top", password=PASSWORD)
        victor = installer(cloud, "victor", distributor_id=top.org_id)
        resident = victor.resident(first_name=SECRET)
        victor.must(resident)
        vera = admin.create_account(
            cloud, org_id=victor.who.org, user="vera", password=PASSWORD, role=Role.MANAGER,
            full_name=SECRET, email=f"vera@{SECRET}.example",
        )  # fmt: skip
        admin.assign_manager(cloud, account_id=vera.account_id, site_id=victor.site)
        give_file(cloud, victor)
        first = victor.pull()
        victim = Victim(victor, vera.account_id, resident.entity_id, first.epoch, first.head)
        people = {}
        for role, user in zip(ROLES, others(cloud, top.org_id, victor), strict=True):
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=world.url, timeout=40))
            people[role] = Person(http, user)
            if user:
                assert (await people[role].sign_in()).status_code == 200
        assert (await people["revoked"].ask("DELETE", "/session")).status_code == 204
        yield world, victim, people


def others(cloud: Cloud, top: str, victor: Hand) -> list[str]:
    """User names in the order of ROLES; empty for nobody."""

    def account(org: str, user: str, role: Role, site: str = "") -> str:
        made = admin.create_account(cloud, org_id=org, user=user, password=PASSWORD, role=role)
        if site:
            admin.assign_manager(cloud, account_id=made.account_id, site_id=site)
        return user

    admin.create_distributor(cloud, name="Else", user="dora", password=PASSWORD)
    far, near = installer(cloud, "carl"), installer(cloud, "nina", distributor_id=top)
    second = Hand.of(cloud, "victor").settle_in()
    return [
        "dora", "carl", account(far.who.org, "marc", Role.MANAGER, far.site),
        "nina", account(near.who.org, "sara", Role.SUB_INSTALLER),
        account(near.who.org, "mona", Role.MANAGER, near.site),
        account(victor.who.org, "mick", Role.MANAGER, second.site), "", "victor",
    ]  # fmt: skip


def give_file(cloud: Cloud, hand: Hand) -> None:
    path = cloud.blobs.path(DIGEST)
    path.parent.mkdir(parents=True)
    path.write_bytes(FILE)
    note_blob(cloud, hand.who, DIGEST, len(FILE))


def state(cloud: Cloud, victim: Victim) -> set[str]:
    """Every row of every table in which an id of the victim's stands, but those that count and note attempts."""
    who, found = victim.hand.who, set()
    ids = (who.account, who.org, victim.hand.site, victim.manager, victim.person, DIGEST)
    passed = {"mut_log", "rate", "login_guard", "account_log", "one_time_code", "mail"}
    with cloud.database.read() as c:
        for table in db.METADATA.sorted_tables:
            for row in c.execute(select(table)) if table.name not in passed else ():
                text = f"{table.name} {tuple(row)}"
                if any(one in text for one in ids):
                    found.add(text)
    return found


def told(answer: httpx.Response) -> str:
    """What stands in an answer, unpacked."""
    kind = answer.headers.get("content-type", "")
    packing = codec.packing_of(kind)
    raw = codec.unpack(answer.content, msgspec.Raw, packing) if packing else answer.content
    return bytes(raw).decode("utf-8", "replace")


async def shots_at(victim: Victim, shooter: Person, role: str) -> list[str]:
    """Try every route in a role; what was told or taken, in sentences. Those that sign out come last."""
    leaving = {("DELETE", "/v1/session"), ("DELETE", "/v1/sessions"), ("POST", "/v1/session/refresh")}
    found = []
    for method, path in sorted(AIMS, key=lambda r: (r in leaving, r[1], r[0])):
        for shot in AIMS[method, path](victim, shooter):
            headers = {**dict(shot.headers), **(shooter.signed if shooter.session else {})}
            answer = await shooter.http.request(method, shot.path, content=shot.content, headers=headers)
            case = f"{role}: {method} {shot.path} -> {answer.status_code} {answer.text[:120]!r}"
            closed = role in {"nobody", "revoked"} and (method, path) not in OPEN
            if answer.status_code >= 500 or (closed and answer.status_code != 401):
                found.append(f"{case}: is not refused as it should be")
            sent, text = shot.path + told_request(shot), told(answer)
            found += [f"{case}: tells {m}" for m in victim.marks if m in text and m not in sent]
    return found


async def test_nobody_reaches_anothers_things_by_any_route(tmp_path: Path) -> None:
    async with scene(tmp_path) as (world, victim, people):
        before = state(world.cloud, victim)
        for role in ROLES:
            assert await shots_at(victim, people[role], role) == []
            changed = before ^ state(world.cloud, victim)
            assert not changed, f"{role} changed {sorted(changed)[:2]}"
        # The marks are real: what the others must not see is there to be seen.
        with world.cloud.database.write() as c:
            limits.forget(c, "victor")  # whose password the others have guessed at
        owner = Person(people["nobody"].http, "victor")
        assert (await owner.sign_in()).status_code == 200
        found = await shots_at(victim, owner, "the owner")
        for mark in (SECRET, victim.person, victim.hand.site, "Firm of victor"):
            assert any(line.endswith(mark) for line in found), mark


def told_request(shot: Shot) -> str:
    packing = codec.packing_of(dict(shot.headers).get("content-type", ""))
    raw = codec.unpack(shot.content, msgspec.Raw, packing) if packing else shot.content
    return bytes(raw).decode("utf-8", "replace")
