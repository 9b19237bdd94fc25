"""What tests of the cloud share: an open cloud with firms, and a hand that pushes edits without a workstation."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.base.ids import new_id
from core.cloud import admin, auth, feed, service
from core.cloud.access import Who
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.settings import CloudSettings
from core.entities.person import CREDENTIAL, RESIDENT
from core.entities.site import APARTMENT, BUILDING, SITE
from core.schema.entity import EntitySpec
from core.wire import codec
from core.wire.messages import (
    PROTOCOL,
    SCHEMA,
    FillRequest,
    Mutation,
    MutationAnswer,
    PullPage,
    PullRequest,
    PushBatch,
    SignIn,
)
from tests.factories import make
from tests.history.world import CHEAP, PASSWORD, TEMPLATES, ManualClock

POSTGRES = os.environ.get("GW_POSTGRES", "")
"""Where the tests find a PostgreSQL that they may make databases in, such as `gw@/{}?host=/run/postgresql`; without it
they run on SQLite.
"""
_databases = itertools.count(1)


@contextmanager
def database_for(folder: Path) -> Iterator[str]:
    """The address of a new, empty database."""
    if not POSTGRES:
        TEMPLATES.cloud(folder / "cloud.db")
        yield f"sqlite:///{folder / 'cloud.db'}"
        return
    import psycopg  # noqa: PLC0415  only where PostgreSQL is asked for

    name = f"gatewright_{os.getpid()}_{next(_databases)}"
    maintenance = "postgresql://" + POSTGRES.format("postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield "postgresql+psycopg://" + POSTGRES.format(name)
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def cloud_in(folder: Path) -> Iterator[Cloud]:
    """An open cloud on a database of its own."""
    folder.mkdir(exist_ok=True)
    with database_for(folder) as url, _opened(folder, url) as cloud:
        yield cloud


@contextmanager
def _opened(folder: Path, url: str) -> Iterator[Cloud]:
    settings = CloudSettings(
        database_url=url,
        blobs=folder / "files",
        key=b"k" * 32,
        password_cost=CHEAP,
        clock=ManualClock(),
    )
    cloud = open_cloud(settings)
    try:
        yield cloud
    finally:
        cloud.close()


@dataclass
class Hand:
    """One signed-in account that pushes mutations it makes itself."""

    cloud: Cloud
    who: Who
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    site: str = ""

    @classmethod
    def of(cls, cloud: Cloud, user: str, replica: str | None = None) -> Hand:
        session = auth.sign_in(cloud, SignIn(user=user, password=PASSWORD, replica=replica or new_id()))
        return cls(cloud, auth.who_is(cloud, session.access_token))

    def edit(
        self, spec: EntitySpec[Any], op: str, row_id: str, fields: dict[str, Any], **more: Any
    ) -> Mutation:
        values: dict[str, Any] = {
            "scope": self.site,
            "base_ver": 0,
            "group": None,
            "mut_id": new_id(),
            "made_at": 1,
        }
        values |= {
            "n": next(self.numbers),
            "entity": spec.number,
            "entity_id": row_id,
            "op": op,
            "fields": fields,
        }
        return Mutation(**{**values, **more})

    def create(self, spec: EntitySpec[Any], row_id: str | None = None, **fields: Any) -> Mutation:
        """A creation with valid values for what is not named; fields are Python values."""
        more = {k: fields.pop(k) for k in ("group", "scope", "n", "needs", "mut_id") if k in fields}
        row = make(spec, id=row_id or new_id(), scope_id=self.site, **fields)
        if spec is SITE:
            more.setdefault("scope", row.id)
        return self.edit(spec, "create", row.id, spec.store(row), **more)

    def push(self, *muts: Mutation) -> list[MutationAnswer]:
        batch = PushBatch(proto=PROTOCOL, schema=SCHEMA, replica=self.who.replica, acked_n=0, muts=list(muts))
        return service.push(self.cloud, self.who, batch).answers

    def must(self, *muts: Mutation) -> list[MutationAnswer]:
        """Push edits that all have to be taken."""
        answers = self.push(*muts)
        assert {a.status for a in answers} <= {"ok", "merged"}, answers
        return answers

    def settle_in(self) -> Hand:
        """A site with a building and an apartment."""
        site = self.create(SITE, org_id=self.who.org, time_zone="UTC", name="Home")
        self.site = site.entity_id
        self.building = self.create(BUILDING, site_id=self.site, name="A")
        self.apartment = self.create(
            APARTMENT, site_id=self.site, building_id=self.building.entity_id, number="1"
        )
        self.must(site, self.building, self.apartment)
        return self

    building: Mutation = field(init=False)
    apartment: Mutation = field(init=False)

    def resident(self, **fields: Any) -> Mutation:
        return self.create(RESIDENT, site_id=self.site, apartment_id=self.apartment.entity_id, **fields)

    def pin(self, person: Mutation, code: str, **fields: Any) -> Mutation:
        kind = CREDENTIAL.by_name["kind"].kind.parse("pin")
        return self.create(CREDENTIAL, person_id=person.entity_id, kind=kind, code=code, **fields)

    def pull(self, epoch: str = "", seq: int = 0, access_seq: int = 0, **more: Any) -> PullPage:
        request = PullRequest(
            proto=1, schema=1, replica=self.who.replica, epoch=epoch, seq=seq, access_seq=access_seq, **more
        )
        return codec.parse(feed.pull(self.cloud, self.who, request), PullPage)

    def fill(self, scope: str, *, after: int = 0, to: int | None = None, **more: Any) -> PullPage:
        first = self.pull()
        request = FillRequest(
            proto=1,
            schema=1,
            replica=self.who.replica,
            epoch=first.epoch,
            scope=scope,
            after=after,
            to=first.head if to is None else to,
            **more,
        )
        return codec.parse(feed.fill(self.cloud, self.who, request), PullPage)


def installer(cloud: Cloud, user: str, **more: Any) -> Hand:
    """A firm of its own with one site."""
    admin.create_installer(cloud, name=f"Firm of {user}", user=user, password=PASSWORD, **more)
    return Hand.of(cloud, user).settle_in()


def again(answers: list[MutationAnswer]) -> list[tuple[str, str]]:
    """(status, code) of answers."""
    return [(a.status, a.code) for a in answers]


def settings_like(cloud: Cloud, **changes: Any) -> CloudSettings:
    """The settings of an open cloud with some changed."""
    from dataclasses import replace  # noqa: PLC0415

    return replace(cloud.settings, **changes)
