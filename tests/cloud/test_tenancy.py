"""The second lock: PostgreSQL itself shows and takes only rows of the tenant that a transaction was opened for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from core.cloud import tenancy
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.db import FEED, METADATA, table_of
from core.entities.site import SITE
from tests.cloud.bench import Hand, installer
from tests.cloud.postgres import Postgres
from tests.cloud.test_migrations import settings


@pytest.fixture(scope="module")
def shared(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud on PostgreSQL."""
    with postgres.database() as url:
        cloud = open_cloud(settings(url, tmp_path_factory.mktemp("files")))
        yield cloud
        cloud.close()


@pytest.fixture(scope="module")
def two(shared: Cloud) -> tuple[Hand, Hand]:
    return installer(shared, "anna"), installer(shared, "carl")


def test_a_question_without_its_tenant_shows_one_tenant_only(shared: Cloud, two: tuple[Hand, Hand]) -> None:
    anna, carl = two
    forgetful = select(FEED.c.tenant, func.count()).group_by(FEED.c.tenant)
    for hand in two:
        with shared.database.read(hand.who.tenant) as c:
            assert set(c.execute(forgetful).scalars()) == {hand.who.tenant}
    with shared.database.read() as c:
        assert set(c.execute(forgetful).scalars()) == {anna.who.tenant, carl.who.tenant}


def test_rows_of_another_tenant_are_neither_changed_nor_made(shared: Cloud, two: tuple[Hand, Hand]) -> None:
    anna, carl = two
    sites = table_of(SITE)
    with shared.database.write(carl.who.tenant) as c:
        assert c.execute(update(sites).values(name="Mine now")).rowcount == 1
    with shared.database.read() as c:
        assert set(c.execute(select(sites.c.name)).scalars()) == {"Home", "Mine now"}
    with pytest.raises(DBAPIError, match="row-level security"), shared.database.write(carl.who.tenant) as c:
        c.execute(FEED.update().values(tenant=anna.who.tenant))


def test_a_connection_that_was_not_opened_for_anyone_sees_nothing(
    shared: Cloud, two: tuple[Hand, Hand]
) -> None:
    with shared.database.engine.connect() as c:
        assert c.execute(select(func.count()).select_from(FEED)).scalar_one() == 0
    anna, _ = two
    with shared.database.read(anna.who.tenant) as c:
        raw = c.execute(text("SELECT current_setting(:s)"), {"s": "gatewright.tenant"}).scalar()
    assert raw == anna.who.tenant
    with shared.database.engine.connect() as c:  # the pool's connection keeps nothing of the one before
        assert c.execute(select(func.count()).select_from(FEED)).scalar_one() == 0


def test_every_table_of_tenants_is_locked_and_the_role_is_held(shared: Cloud) -> None:
    with shared.database.read() as c:
        query = text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert sorted(c.execute(query).scalars()) == tenancy.locked_tables()
        assert not tenancy.may_bypass(c)
    unlocked = {t.name for t in METADATA.tables.values() if "tenant" in t.c} - set(tenancy.locked_tables())
    assert unlocked == {"claim", "replica"}


def test_sync_works_behind_the_lock(two: tuple[Hand, Hand]) -> None:
    anna, carl = two
    anna.must(anna.resident(first_name="Hidden"))
    assert "Hidden" in str(anna.fill(anna.site).rows)
    first = carl.pull()
    assert "Hidden" not in str(carl.pull(first.epoch, 0))
