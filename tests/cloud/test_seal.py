"""Secrets at rest: no PIN, card or device password stands in the cloud's files; what was altered does not open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from core.base.errors import DataError
from core.base.ids import new_id
from core.cloud import db
from core.cloud.cloud import Cloud
from core.cloud.seal import Seal
from core.entities.device import DEVICE_LOGIN
from core.entities.person import CREDENTIAL
from core.rules.claims import claims_of
from tests.cloud.bench import Hand

PIN, CARD, DEVICE_WORD = "83512746", "A1B2C3D4E5F6", "sesame-7781-open"


def every_byte(cloud: Cloud, folder: Path) -> bytes:
    """All files of the cloud, write-ahead log included; of a PostgreSQL, whose files are not ours, all its tables."""
    files = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    if cloud.database.engine.dialect.name == "sqlite":
        return files
    with cloud.database.read() as c:
        cursor: Any = c.connection.cursor()
        for table in db.METADATA.sorted_tables:
            with cursor.copy(f'COPY (SELECT * FROM "{table.name}") TO STDOUT (FORMAT binary)') as copy:  # noqa: S608
                files += b"".join(bytes(piece) for piece in copy)
    return files


def test_no_secret_is_found_in_the_database_files(anna: Hand, ben: Hand, tmp_path: Path) -> None:
    person = anna.resident()
    pin = anna.pin(person, PIN)
    kind = CREDENTIAL.by_name["kind"].kind.parse("card")
    card = anna.create(CREDENTIAL, person_id=person.entity_id, kind=kind, code=CARD)
    login = anna.create(DEVICE_LOGIN, user="admin", password=DEVICE_WORD, mac="", scope=anna.who.org)
    anna.must(person, pin, card, login)
    ben.must(ben.edit(CREDENTIAL, "patch", pin.entity_id, {"code": "83512747"}, base_ver=1))
    refused = anna.push(
        anna.pin(anna.resident(), CARD),
        anna.edit(CREDENTIAL, "patch", pin.entity_id, {"code": PIN + "9"}, base_ver=1),
    )
    assert {a.status for a in refused} <= {"refused", "conflict"}
    raw = every_byte(anna.cloud, tmp_path / "cloud")
    assert str(person.fields["first_name"]).encode() in raw, "the search itself must work"
    for secret in (PIN, CARD, DEVICE_WORD, "83512747"):
        assert secret.encode() not in raw
    rows = {r.id: r.values for r in anna.fill(anna.site).rows}
    assert rows[card.entity_id][CREDENTIAL.names.index("code")] == CARD, "what is served is open"


def test_what_was_altered_or_moved_does_not_open(anna: Hand) -> None:
    one, two = anna.resident(), anna.resident()
    first, second = anna.pin(one, "1111"), anna.pin(two, "2222")
    anna.must(one, two, first, second)
    table = db.table_of(CREDENTIAL)
    cloud = anna.cloud
    with cloud.database.write() as c:
        sealed = c.execute(select(table.c.code).where(table.c.id == first.entity_id)).scalar_one()
        c.execute(update(table).where(table.c.id == second.entity_id).values(code=sealed))
    with cloud.database.read() as c, pytest.raises(DataError, match="does not open"):
        cloud.rows.by_ids(c, CREDENTIAL, anna.who.tenant, [second.entity_id])
    with cloud.database.write() as c:
        c.execute(update(table).where(table.c.id == second.entity_id).values(code="2222"))
    with cloud.database.read() as c, pytest.raises(DataError, match="is not"):
        cloud.rows.by_ids(c, CREDENTIAL, anna.who.tenant, [second.entity_id])


def test_sealing_goes_both_ways_and_never_twice_alike() -> None:
    seal = Seal(b"1" * 32)
    one, two = seal.seal_bytes(b"text", "a"), seal.seal_bytes(b"text", "a")
    assert one != two
    assert seal.open_bytes(one, "a") == b"text"
    assert seal.open_bytes(b'{"plain":1}') == b'{"plain":1}'
    for opener, about in ((seal, "b"), (Seal(b"2" * 32), "a")):
        with pytest.raises(DataError):
            opener.open_bytes(one, about)


def test_blind_marks_tell_equal_from_unequal_and_no_more() -> None:
    seal, other = Seal(b"1" * 32), Seal(b"2" * 32)
    assert seal.blind("site", "1234") == seal.blind("site", "1234")
    marks = {
        seal.blind("site", "1234"),
        seal.blind("site2", "1234"),
        seal.blind("site", "1235"),
        other.blind("site", "1234"),
    }
    assert len(marks) == 4
    assert seal.blind("a", "bc") != seal.blind("ab", "c")


def test_claims_do_not_show_their_keys(cloud: Cloud, anna: Hand) -> None:
    person = anna.resident()
    anna.must(person, anna.pin(person, PIN))
    with cloud.database.read() as c:
        stored = [str(tuple(row)) for row in c.execute(select(db.CLAIM))]
    assert stored
    assert not any(PIN in row for row in stored)
    values = dict.fromkeys(CREDENTIAL.names) | {"kind": "pin", "code": PIN}
    assert PIN not in repr(claims_of(CREDENTIAL.name, new_id(), values))
