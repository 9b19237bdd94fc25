"""The operator's functions, the settings, and the check of a database."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from core.base.errors import DataError, NotFoundError, UserError
from core.base.ids import new_id
from core.cloud import admin, db
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.migrations import VERSION, migrate
from core.cloud.settings import KEY_VARIABLE, settings_for
from core.entities.organisation import Role
from core.entities.person import RESIDENT
from tests.cloud.bench import Hand
from tests.history.world import PASSWORD


def test_what_was_made_is_shown_without_secrets(anna: Hand, cloud: Cloud) -> None:
    top = admin.create_distributor(cloud, name="Top", user="dora", password=PASSWORD, full_name="Dora Lind")
    made = admin.create_installer(
        cloud, name="Under", user="una", password=PASSWORD, distributor_id=top.org_id
    )
    assert made.tenant == top.tenant
    shown = admin.show(cloud)
    assert [(o["name"], o["kind"]) for o in shown["organisations"]] == [
        ("Firm of anna", "installer"), ("Top", "distributor"), ("Under", "installer"),
    ]  # fmt: skip
    assert [(a["user"], a["role"]) for a in shown["accounts"]] == [
        ("anna", "installer"), ("dora", "distributor"), ("una", "installer"),
    ]  # fmt: skip
    assert shown["rows"]["sites"] == 1
    assert PASSWORD not in str(shown)
    assert "argon2" not in str(shown)


def test_names_lead_to_organisations(anna: Hand, cloud: Cloud) -> None:
    assert admin.organisation_named(cloud, "Firm of anna") == anna.who.org
    with pytest.raises(NotFoundError, match="Firm of nobody"):
        admin.organisation_named(cloud, "Firm of nobody")


def test_unknown_firms_and_sites_are_refused(anna: Hand, carl: Hand, cloud: Cloud) -> None:
    with pytest.raises(NotFoundError):
        admin.create_account(cloud, org_id=new_id(), user="x", password=PASSWORD, role=Role.MANAGER)
    with pytest.raises(NotFoundError):
        admin.assign_manager(cloud, account_id=anna.who.account, site_id=carl.site)
    with pytest.raises(UserError, match="name"):
        admin.create_installer(cloud, name="North", user="  ", password=PASSWORD)
    with pytest.raises(UserError):
        admin.create_installer(cloud, name="", user="new", password=PASSWORD)


def test_the_check_finds_what_was_done_behind_the_services_back(anna: Hand, cloud: Cloud) -> None:
    person = anna.resident()
    anna.must(person)
    assert admin.check(cloud) == []
    table = db.table_of(RESIDENT)
    with cloud.database.write() as c:
        c.execute(update(table).where(table.c.id == person.entity_id).values(ver=9))
    assert admin.check(cloud) == [
        f"The sum of scope {anna.site} is wrong.", f"Row {person.entity_id} and the feed do not agree.",
    ]  # fmt: skip
    with cloud.database.write() as c:
        c.execute(delete(db.FEED).where(db.FEED.c.entity_id == person.entity_id))
    assert f"Row {person.entity_id} and the feed do not agree." in admin.check(cloud)


# ---------------------------------------------------------------------------------------------------------- settings


def test_an_embedded_service_makes_its_key_beside_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'core.db'}"
    first = settings_for(url, environment={})
    file = tmp_path / "new" / "core.db.key"
    assert len(first.key) == 32
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert settings_for(url, environment={}).key == first.key
    assert first.key.hex() not in repr(first)
    assert settings_for(url, environment={KEY_VARIABLE: "ab" * 32}).key == b"\xab" * 32


def test_a_database_without_its_key_is_not_given_another_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'core.db'}"
    open_cloud(settings_for(url, environment={})).close()
    (tmp_path / "core.db.key").unlink()
    with pytest.raises(UserError, match="key file"):
        settings_for(url, environment={})
    (tmp_path / "core.db.key").write_text("not a key", "ascii")
    with pytest.raises(UserError, match="does not hold"):
        settings_for(url, environment={})


@pytest.mark.parametrize(
    "url,code",
    [
        ("", "cloud.database"),
        ("core.db", "cloud.database"),
        ("mysql://root:secret-word@host/db", "cloud.database"),
        ("postgresql://u:secret-word@host/db", "cloud.blobs"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_password(url: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        settings_for(url, environment={})
    assert caught.value.code == code
    assert "secret-word" not in str(caught.value)


def test_postgresql_needs_its_key_from_outside(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        settings_for("postgresql://u@h/db", blobs=tmp_path, environment={})
    assert caught.value.code == "cloud.key_missing"
    with pytest.raises(UserError, match="64"):
        settings_for("postgresql://u@h/db", blobs=tmp_path, environment={KEY_VARIABLE: "short"})
    made = settings_for("postgres://u@h/db", blobs=tmp_path, environment={KEY_VARIABLE: "00" * 32})
    assert made.database_url == "postgresql+psycopg://u@h/db"


# -------------------------------------------------------------------------------------------------------- migrations


def test_databases_of_others_damaged_and_newer_ones_are_refused(tmp_path: Path) -> None:
    def refused(name: str) -> str:
        url = f"sqlite:///{tmp_path / name}"
        with pytest.raises((DataError, UserError)) as caught:
            open_cloud(settings_for(url, environment={KEY_VARIABLE: "00" * 32}))
        return caught.value.code

    (tmp_path / "damaged.db").write_bytes(
        b"this is no database at all, but long enough to be read as one" * 50
    )
    assert refused("damaged.db") == "cloud.database_unreadable"
    foreign = db.Database(f"sqlite:///{tmp_path / 'foreign.db'}")
    with foreign.write() as c:
        c.exec_driver_sql("CREATE TABLE something(x)")
    foreign.close()
    assert refused("foreign.db") == "cloud.database_foreign"
    newer = db.Database(f"sqlite:///{tmp_path / 'newer.db'}")
    migrate(newer)
    with newer.write() as c:
        c.execute(db.VERSION_TABLE.update().values(version=99))
    newer.close()
    assert refused("newer.db") == "cloud.database_newer"


def test_migrating_twice_changes_nothing(cloud: Cloud) -> None:
    assert migrate(cloud.database) == VERSION
    assert admin.show(cloud)["organisations"] == []
