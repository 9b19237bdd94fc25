"""Typed tables of the cloud: of a row that is there only what was changed is written, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from core.cloud.bulk_sql import rows_put
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.db import MUT_LOG, table_of
from core.cloud.dialect import among
from core.cloud.rows import Held
from core.cloud.statements import tell_all
from core.entities.credential import CREDENTIAL
from core.entities.person import RESIDENT
from tests.cloud.bench import Hand, installer
from tests.cloud.postgres import Postgres
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


def test_an_array_holds_what_was_put_into_it(postgres: Postgres, tmp_path: Path) -> None:
    """Quotes, backslashes, braces, the word NULL and NULL itself, on the way to PostgreSQL in one statement."""
    texts = [
        "",
        "NULL",
        "null",
        '"',
        "\\",
        "\\\\x41",
        'a","b',
        "{x}",
        ",",
        " ",
        "\t\n\r",
        "é😀\u2028",
        '\\"',
        None,
    ]
    blobs = [b"", b"\0\x01", b'{"a":"\\\\"}', bytes(range(256))]
    with postgres.database() as url:
        cloud = open_cloud(settings(url, tmp_path))
        try:
            with cloud.database.write() as c:
                rows = [("t" * 32, f"{n:032x}", n, texts[n % len(texts)]) for n in range(50)]
                full = [_service_row(*row, blob=blobs[row[2] % len(blobs)]) for row in rows]
                assert tell_all(c, [rows_put(c, MUT_LOG, full)]) == [50]
                tell_all(
                    c, [rows_put(c, MUT_LOG, [[*full[0][:-1], "over"], full[0]])]
                )  # the last of a key stays
                found = c.execute(select(MUT_LOG).order_by(MUT_LOG.c.n)).all()
                assert [tuple(row) for row in found] == [tuple(row) for row in full]
                some = [row[1] for row in rows[:7]]
                there = select(MUT_LOG.c.mut_id).where(among(c, MUT_LOG.c.mut_id, some)).order_by(MUT_LOG.c.n)
                assert list(c.execute(there).scalars()) == some
                with pytest.raises(ValueError, match="no database keeps"):
                    tell_all(
                        c, [rows_put(c, MUT_LOG, [_service_row("t" * 32, "f" * 32, 99, "a\0b", blob=b"")])]
                    )
        finally:
            cloud.close()


def _service_row(tenant: str, mut_id: str, n: int, text: str | None, *, blob: bytes) -> list[object]:
    """A row of the log, with a text of any kind where an optional one stands."""
    made = {"tenant": tenant, "mut_id": mut_id, "n": n, "acting": text, "body_hash": blob, "request": blob}
    made |= {"replica": "r" * 32, "account": "a" * 32, "received_at": 1, "made_at": -n, "status": "ok"}
    return [made.get(c.name, b"{}") for c in MUT_LOG.c]
