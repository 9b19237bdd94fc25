"""Typed tables of the cloud: of a row that is there only what was changed is written, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.cloud.cloud import Cloud, open_cloud
from core.cloud.db import table_of
from core.cloud.rows import Held
from core.entities.credential import CREDENTIAL
from core.entities.person import RESIDENT
from tests.cloud.bench import Hand, installer
from tests.cloud.test_migrations import settings
from tests.codes import stands_in

CODE = "4812"


@pytest.fixture(params=["sqlite", "postgresql"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    """An open cloud on each database."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'cloud.db'}"
        else:
            url = stack.enter_context(request.getfixturevalue("postgres").database())
        cloud = open_cloud(settings(url, tmp_path))
        stack.callback(cloud.close)
        yield cloud


@pytest.fixture
def anna(there: Cloud) -> Hand:
    return installer(there, "anna")


def held(hand: Hand, row_id: str) -> Held:
    with hand.cloud.database.read() as c:
        return hand.cloud.rows.by_ids(c, RESIDENT, hand.who.tenant, [row_id])[row_id]


def test_a_draft_knows_what_differs_from_the_database(anna: Hand) -> None:
    person = anna.resident(remark="old")
    anna.must(person)
    stored = held(anna, person.entity_id)
    assert stored.changed() is None, "values that may be changed where they stand cannot be compared"
    draft = stored.copy()
    assert draft.changed() == ()
    draft.values["remark"] = "new"
    assert draft.copy().changed() == ("remark",)
    draft.values = {name: draft.values[name] for name in sorted(draft.values)}
    assert draft.changed() == ("remark",), "in whatever order"
    draft.scope = "f" * 32
    assert draft.changed() == ("scope", "remark")
    assert Held(RESIDENT, stored.tenant, stored.id, stored.scope).changed() is None, (
        "a new row is written whole"
    )


def test_only_what_was_changed_is_written(anna: Hand) -> None:
    person = anna.resident(remark="old", email="ada@example.org")
    anna.must(person)
    table = table_of(RESIDENT)
    mine = table.c.id == person.entity_id
    with anna.cloud.database.write() as c:
        c.execute(table.update().where(mine).values(email="by hand"))
        rows = anna.cloud.rows.by_ids(c, RESIDENT, anna.who.tenant, [person.entity_id])
        draft = rows[person.entity_id].copy()
        c.execute(table.update().where(mine).values(email="meanwhile"))
        draft.values["remark"], draft.ver = "new", draft.ver + 1
        anna.cloud.rows.write(c, RESIDENT, [draft])
    found = held(anna, person.entity_id)
    assert (found.values["remark"], found.values["email"], found.ver) == ("new", "meanwhile", 2)


def test_a_row_that_went_meanwhile_is_written_whole(anna: Hand) -> None:
    people = [anna.resident(remark="old") for _ in range(3)]
    anna.must(*people)
    table = table_of(RESIDENT)
    with anna.cloud.database.write() as c:
        ids = [p.entity_id for p in people]
        drafts = [h.copy() for h in anna.cloud.rows.by_ids(c, RESIDENT, anna.who.tenant, ids).values()]
        c.execute(table.delete().where(table.c.id == ids[0]))
        for draft in drafts:
            draft.values["remark"], draft.ver = "new", draft.ver + 1
        anna.cloud.rows.write(c, RESIDENT, drafts)
    assert {held(anna, i).values["remark"] for i in ids} == {"new"}


def test_a_changed_secret_is_sealed_and_found_by_its_new_value(anna: Hand) -> None:
    person = anna.resident()
    pin = anna.pin(person, "1357")
    anna.must(person, pin)
    anna.must(anna.edit(CREDENTIAL, "patch", pin.entity_id, {"code": CODE}, base_ver=1))
    table = table_of(CREDENTIAL)
    with anna.cloud.database.read() as c:
        rows = anna.cloud.rows
        tenant = anna.who.tenant
        assert [h.id for h in rows.equal(c, CREDENTIAL, tenant, ("code",), [(CODE,)])] == [pin.entity_id]
        assert rows.equal(c, CREDENTIAL, tenant, ("code",), [("1357",)]) == []
        raw = c.execute(table.select().where(table.c.id == pin.entity_id)).one()
        assert not stands_in(CODE, str(raw.code))
